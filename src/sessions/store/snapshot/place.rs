//! The sites of a snapshot, with their rooms and closures.
use std::collections::BTreeMap;

use super::Subjects;
use crate::db::Ask;
use crate::kernel::Id;
use crate::sessions::snapshot::SiteFacts;
use crate::sites::store::{briefs_asked, closures, licensed_specialties, rooms};

pub(super) fn sites(subjects: &Subjects<'_>) -> Ask<BTreeMap<Id, SiteFacts>> {
    let Subjects { programme, sites, window: (first, last), .. } = subjects;
    let parts = licensed_specialties(programme, sites).and(rooms(programme, sites));
    let parts = parts.and(closures::overlapping(programme, sites, *first, *last));
    briefs_asked(programme, sites).and(parts).map(|(known, ((mut licensed, mut rooms), mut closures))| {
        let facts = known.into_iter().map(|(id, site)| {
            let facts = SiteFacts {
                zone: site.zone,
                level: site.level,
                licensed: licensed.remove(&id).unwrap_or_default(),
                rooms: rooms.remove(&id).into_iter().flatten().map(|room| (room.id.clone(), room)).collect(),
                closures: closures.remove(&id).unwrap_or_default(),
            };
            (id, facts)
        });
        Ok(facts.collect())
    })
}

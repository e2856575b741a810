//! The sites of a snapshot, with their rooms and closures, and whoever is there.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Subjects, Window, busy, people};
use crate::credentials;
use crate::db::Ask;
use crate::kernel::Id;
use crate::sessions::atlas::AtSite;
use crate::sessions::draft::Resource;
use crate::sessions::snapshot::{Hashed, SiteFacts, reach};
use crate::sites::store::{briefs_asked, closures, licensed_specialties, rooms};

/// Asks for everything that is known of sites whoever comes there, in a window; of none nothing is asked.
pub(super) fn at_sites(programme: &Id, sites: Vec<Id>, window: Window) -> Ask<HashMap<Id, AtSite>> {
    if sites.is_empty() {
        return Ask::known(HashMap::new());
    }
    let subjects = Subjects { programme, experts: Vec::new(), sites, window };
    let papers = credentials::store::of_sites(programme, &subjects.sites);
    let taken = busy::taken_at(programme, &subjects.sites, reach(window));
    let there = papers.and(people::stationed(&subjects).and(taken));
    self::sites(&subjects).and(there).map(|(sites, (mut papers, (stationed, taken)))| {
        let at_site = |(id, site)| {
            let papers = papers.remove(&id).unwrap_or_default();
            (id, AtSite { site, papers, assistants: Hashed::default(), busy: Hashed::default() })
        };
        let mut all: HashMap<Id, AtSite> = sites.into_iter().map(at_site).collect();
        let mut stationed_at: Hashed<Id, Id> = Hashed::default();
        for (id, facts) in stationed {
            stationed_at.insert(id.clone(), facts.site.clone());
            if let Some(there) = all.get_mut(&facts.site) {
                there.assistants.insert(id, facts);
            }
        }
        for (resource, busy) in taken.busy {
            let site = match &resource {
                Resource::Expert(_) => None,
                // Who has left is nobody's witness.
                Resource::Assistant(id) => stationed_at.get(id),
                Resource::Room(site, _) => Some(site),
            };
            if let Some(there) = site.and_then(|site| all.get_mut(site)) {
                there.busy.insert(resource, busy);
            }
        }
        Ok(all)
    })
}

pub(super) fn sites(subjects: &Subjects<'_>) -> Ask<BTreeMap<Id, Arc<SiteFacts>>> {
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
            (id, Arc::new(facts))
        });
        Ok(facts.collect())
    })
}

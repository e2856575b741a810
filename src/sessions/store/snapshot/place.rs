//! The sites of a snapshot, with their rooms and closures.
use super::Subjects;
use crate::db::Tx;
use crate::kernel::Result;
use crate::sessions::snapshot::{SiteFacts, Snapshot};
use crate::sites;

pub(super) async fn load(tx: &mut Tx<'_>, subjects: &Subjects<'_>, snapshot: &mut Snapshot) -> Result<()> {
    let (programme, (first, last)) = (subjects.programme, subjects.window);
    let mut closures = sites::store::closures::overlapping(tx, programme, &subjects.sites, first, last).await?;
    for (id, site) in sites::store::many(tx, programme, &subjects.sites).await? {
        let facts = SiteFacts {
            zone: site.profile.zone,
            level: site.profile.level,
            licensed: site.profile.licensed_specialties,
            rooms: site.profile.rooms,
            closures: closures.remove(&id).unwrap_or_default(),
        };
        snapshot.sites.insert(id, facts);
    }
    Ok(())
}

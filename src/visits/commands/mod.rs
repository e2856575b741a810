//! What can be done with visits.
mod create;
mod end;
mod read;
mod update;

pub use create::{CreateVisit, NewVisit};
pub use end::{CancelVisit, EndVisit};
pub use read::{GetVisit, ListVisits};
pub use update::UpdateVisit;

use super::{Inside, Place, Profile, Visit, Visits, store};
use crate::db::{Tx, external_ids};
use crate::experts;
use crate::kernel::{Collection as _, Etag, ExternalId, Id, Name, Result, Zone};
use crate::sessions::{Sessions, predicate::not_found};
use crate::sites::{self, SiteLevel};

/// What is known of a visit's surroundings.
#[derive(Debug)]
pub struct Surroundings {
    programme: Id,
    zone: Zone,
    site_level: SiteLevel,
    expert: experts::Expert,
    sessions: Vec<Inside>,
    taken: Vec<(ExternalId, Id)>,
}

impl Surroundings {
    /// Reads them, for a profile that an expert's visit has or is to have.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND`: the programme, the site, the expert or a session; or a storage error.
    async fn load(tx: &mut Tx<'_>, name: &Name<Visits>, expert: &Id, profile: &Profile) -> Result<Surroundings> {
        let programme = name.programme();
        let site = &profile.host_site;
        let brief = sites::store::briefs(tx, programme, std::slice::from_ref(site)).await?.remove(site);
        let brief = brief.ok_or_else(|| not_found(programme, &format!("sites/{site}")))?;
        let pairs: Vec<(&Id, &Id)> = profile.sessions.iter().map(|session| (expert, session)).collect();
        let mut known = store::inside(tx, programme, &pairs).await?;
        let known = |session: &Id| {
            let inside = known.remove(&(expert.clone(), session.clone()));
            inside.ok_or_else(|| not_found(programme, &format!("{}/{session}", Sessions::COLLECTION)))
        };
        let sessions = profile.sessions.iter().map(known).collect::<Result<Vec<_>>>()?;
        let ids = &profile.external_ids;
        Ok(Surroundings {
            programme: programme.clone(),
            zone: brief.zone,
            site_level: brief.level,
            expert: experts::store::get(tx, &Name::new(programme.clone(), expert.clone())).await?,
            sessions,
            taken: external_ids::taken(tx, programme, Visits::COLLECTION, ids, Some(name.id())).await?,
        })
    }

    /// Where and by what a visit is counted that arrives as the profile says.
    fn place(&self, profile: &Profile) -> Place {
        let date = self.zone.date_of(profile.arrival);
        Place {
            zone: self.zone,
            date,
            site_level: self.site_level,
            home_hospital: experts::home_hospital_on(&self.expert.profile.affiliations, date).cloned(),
            specialty: self.expert.profile.specialties.first().cloned(),
        }
    }

    /// Refuses external ids that other visits have.
    fn check_external_ids(&self) -> Result<()> {
        external_ids::refuse_taken(&self.programme, Visits::COLLECTION, self.taken.clone())
    }
}

/// Refuses a stale etag.
fn check_etag(etag: Option<&str>, visit: &Visit) -> Result<()> {
    Etag::check(etag, &visit.name.to_string(), visit.meta.revision)
}

/// The visit as it is now: the answer to a repeated request.
async fn recalled(tx: &mut Tx<'_>, name: &Name<Visits>) -> Result<Visit> {
    store::get(tx, name).await
}

//! What writes sites, their closures and the journeys between them: one struct per use case.

mod close;
mod create;
mod delete;
mod travel;
mod update;

pub use close::{CloseSite, ReopenSite};
pub use create::CreateSite;
pub use delete::DeleteSite;
pub use travel::SetTravelMinutes;
pub use update::UpdateSite;

use super::{Profile, Sites};
use crate::db::{Ask, external_ids};
use crate::hospitals::{self, Hospitals};
use crate::kernel::{Collection, Error, ExternalId, Id, Name, Result};

/// What a profile leans on outside its site.
pub struct Surroundings {
    /// The profile's hospital, where there is no such hospital.
    missing: Option<Name<Hospitals>>,
    external_ids: Vec<(ExternalId, Id)>,
}

/// Asks whether a profile's hospital is there, and who else has its external ids.
fn surroundings(name: &Name<Sites>, profile: &Profile) -> Ask<Surroundings> {
    let programme = name.programme().clone();
    let hospital = profile.hospital.clone();
    let there = hospitals::store::present_asked(&programme, hospital.as_slice());
    let taken = external_ids::taken_asked(&programme, Sites::COLLECTION, &profile.external_ids, Some(name.id()));
    there.and(taken).map(move |(there, external_ids)| {
        let missing = hospital.filter(|id| !there.contains(id)).map(|id| Name::new(programme, id));
        Ok(Surroundings { missing, external_ids })
    })
}

impl Surroundings {
    /// Refuses a hospital that isn't there and external ids that another site has.
    fn refuse(self, name: &Name<Sites>) -> Result<()> {
        match self.missing {
            Some(hospital) => Err(Error::not_found(hospital)),
            None => external_ids::refuse_taken(name.programme(), Sites::COLLECTION, self.external_ids),
        }
    }
}

/// The name that a repeated request touched first.
fn first_name<C: Collection>(names: &[String]) -> Result<Name<C>> {
    let name = names.first().and_then(|name| Name::parse(name).ok());
    name.ok_or(Error::Internal("a request id was stored without the resource that it touched"))
}

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
use crate::db::{Tx, external_ids};
use crate::hospitals::{self, Hospitals};
use crate::kernel::{Collection, Error, ExternalId, Id, Name, Result};

/// What a profile leans on outside its site.
pub struct Surroundings {
    /// The profile's hospital, where there is no such hospital.
    missing: Option<Name<Hospitals>>,
    external_ids: Vec<(ExternalId, Id)>,
}

/// Reads whether a profile's hospital is there, and who else has its external ids.
async fn surroundings(tx: &mut Tx<'_>, name: &Name<Sites>, profile: &Profile) -> Result<Surroundings> {
    let programme = name.programme();
    let missing = match &profile.hospital {
        Some(id) if !hospitals::store::present(tx, programme, std::slice::from_ref(id)).await?.contains(id) => {
            Some(Name::new(programme.clone(), id.clone()))
        }
        Some(_) | None => None,
    };
    let external_ids =
        external_ids::taken(tx, programme, Sites::COLLECTION, &profile.external_ids, Some(name.id())).await?;
    Ok(Surroundings { missing, external_ids })
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

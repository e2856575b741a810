//! What writes hospitals: one struct per use case.

mod create;
mod delete;
mod update;

pub use create::CreateHospital;
pub use delete::DeleteHospital;
pub use update::UpdateHospital;

use super::{Hospital, Hospitals, NameKey, Profile, store};
use crate::db::{Tx, external_ids};
use crate::kernel::{Collection, Error, ExternalId, Id, Name, Result};

/// What a profile's fate depends on outside its hospital.
pub struct Claims {
    met: store::Met,
    external_ids: Vec<(ExternalId, Id)>,
}

/// Reads who has the id, the names and external ids of a profile, this hospital aside.
async fn claims(tx: &mut Tx<'_>, name: &Name<Hospitals>, profile: &Profile) -> Result<Claims> {
    let keys: Vec<NameKey> = profile.names().map(|(key, _)| key).collect();
    let (programme, ids) = (name.programme(), &profile.external_ids);
    let others = external_ids::taken_asked(programme, Hospitals::COLLECTION, ids, Some(name.id()));
    let (met, external_ids) = tx.ask(store::met(name, &keys).and(others)).await?;
    Ok(Claims { met, external_ids })
}

impl Claims {
    /// Whether the id is taken.
    fn exists(&self) -> bool {
        self.met.present
    }

    /// Refuses names and external ids that another hospital has.
    fn refuse(self, name: &Name<Hospitals>, profile: &Profile) -> Result<()> {
        super::refuse_taken_names(name, profile, &self.met.names)?;
        external_ids::refuse_taken(name.programme(), Hospitals::COLLECTION, self.external_ids)
    }
}

/// The hospital that a repeated request touched the first time, as it is now.
async fn recalled(tx: &mut Tx<'_>, names: &[String]) -> Result<Hospital> {
    let name = names.first().and_then(|name| Name::parse(name).ok());
    store::get(tx, &name.ok_or(Error::Internal("a request id was stored without its hospital"))?).await
}

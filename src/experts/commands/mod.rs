//! What can be done with experts: one struct per use case, and what they share.

mod create;
mod merge;
mod roster;
mod update;

pub use create::CreateExpert;
pub use merge::MergeExperts;
pub use roster::{EndExpert, PauseExpert, ResumeExpert};
pub use update::{Patch, UpdateExpert};

use super::{Expert, Experts, LicenceHash, LicenceNumber, LicenceSecret, store};
use crate::db::{Decision, Tx, external_ids};
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Collection as _, Error, Etag, ExternalId, Id, Name, Reason, Result, Timestamp, Verb};

/// The expert, if it may be changed by who read this etag.
fn checked(expert: Expert, etag: Option<&str>) -> Result<Expert> {
    Etag::check(etag, &expert.name.to_string(), expert.meta.revision)?;
    Ok(expert)
}

/// An expert before and after a command.
pub struct Step {
    before: Expert,
    after: Expert,
}

impl Step {
    /// The decision to make this step, whose one change has the verb.
    fn decided(self, verb: Verb, now: Timestamp) -> Decision<Step, Expert> {
        let Step { before, mut after } = self;
        after.meta = before.meta.touched(now);
        let change = Change::new(&after.name, verb, after.meta.revision);
        Decision::new(Step { before, after: after.clone() }, after, vec![change])
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, &self.before, &self.after).await
    }
}

/// What stands in the way of an expert's new fields.
pub struct Obstacles {
    taken: Vec<(ExternalId, Id)>,
    missing_hospital: Option<Id>,
    licence: Option<Licensed>,
}

/// A licence number that has become a hash.
struct Licensed {
    hash: LicenceHash,
    holder: Option<Id>,
    /// Set where the programme had no secret yet.
    new_secret: Option<LicenceSecret>,
}

impl Obstacles {
    /// Looks for what an expert's new external ids, hospitals and licence may run into.
    async fn load(
        tx: &mut Tx<'_>,
        name: &Name<Experts>,
        external_ids: &[ExternalId],
        hospitals: &[Id],
        licence: Option<(&LicenceNumber, &LicenceSecret)>,
    ) -> Result<Self> {
        let (programme, id) = (name.programme(), name.id());
        let taken = external_ids::taken(tx, programme, Experts::COLLECTION, external_ids, Some(id)).await?;
        let missing_hospital = missing_hospital(tx, programme, hospitals).await?;
        let licence = match licence {
            Some((number, candidate)) => Some(licensed(tx, name, number, candidate).await?),
            None => None,
        };
        Ok(Obstacles { taken, missing_hospital, licence })
    }

    /// Errors: `EXTERNAL_ID_TAKEN`, `RESOURCE_NOT_FOUND` (a hospital), `LICENCE_TAKEN`.
    fn none(&self, name: &Name<Experts>) -> Result<()> {
        let programme = name.programme();
        external_ids::refuse_taken(programme, Experts::COLLECTION, self.taken.clone())?;
        if let Some(hospital) = &self.missing_hospital {
            return Err(Error::not_found(Name::<Hospitals>::new(programme.clone(), hospital.clone())));
        }
        match self.licence.as_ref().and_then(|licence| licence.holder.as_ref()) {
            Some(holder) => Err(Error::refused(Reason::LicenceTaken, "another expert has this licence")
                .with("name", Name::<Experts>::new(programme.clone(), holder.clone()))),
            None => Ok(()),
        }
    }
}

async fn missing_hospital(tx: &mut Tx<'_>, programme: &Id, hospitals: &[Id]) -> Result<Option<Id>> {
    let there = crate::hospitals::store::present(tx, programme, hospitals).await?;
    Ok(hospitals.iter().find(|id| !there.contains(id)).cloned())
}

async fn licensed(
    tx: &mut Tx<'_>,
    name: &Name<Experts>,
    number: &LicenceNumber,
    candidate: &LicenceSecret,
) -> Result<Licensed> {
    let kept = store::secret(tx, name.programme()).await?;
    let new_secret = if kept.is_some() { None } else { Some(candidate.clone()) };
    let hash = number.hashed(kept.as_ref().unwrap_or(candidate));
    let holder = store::licence_holder(tx, name.programme(), &hash).await?.filter(|holder| holder != name.id());
    Ok(Licensed { hash, holder, new_secret })
}

/// The expert that a first run touched, as it is now.
async fn recalled(tx: &mut Tx<'_>, names: &[String]) -> Result<Expert> {
    let name = names.iter().find_map(|name| Name::<Experts>::parse(name).ok());
    store::get(tx, &name.ok_or(Error::Internal("a replay without the expert's name"))?).await
}

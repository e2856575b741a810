//! Changes a hospital's fields.

use super::super::{Hospital, Hospitals, Profile, store};
use super::{Claims, claims, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Etag, Id, Mask, Name, Result};

/// Replaces the fields of a hospital that the mask has.
#[derive(Debug)]
pub struct UpdateHospital {
    /// Which hospital.
    pub name: Name<Hospitals>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// Which fields.
    pub mask: Mask,
    /// Their new values; fields that the mask doesn't have aren't looked at.
    pub profile: Profile,
}

impl Command for UpdateHospital {
    type Facts = (Hospital, Profile, Claims);
    type Effects = Hospital;
    type Output = Hospital;
    const METHOD: &'static str = "HospitalService.UpdateHospital";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let hospital = store::get(tx, &self.name).await?;
        let profile = hospital.profile.updated(&self.mask, &self.profile);
        let claims = claims(tx, &self.name, &profile).await?;
        Ok((hospital, profile, claims))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Hospital, Hospital>> {
        let (before, profile, claims) = facts;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        profile.refuse_repeated_name()?;
        claims.refuse(&self.name, &profile)?;
        let hospital = Hospital { profile, meta: before.meta.touched(context.now), ..before };
        let change = Change::updated(&self.name, hospital.meta.revision);
        Ok(Decision::new(hospital.clone(), hospital, vec![change]))
    }

    async fn apply(&self, hospital: &Hospital, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, hospital).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Hospital> {
        recalled(tx, names).await
    }
}

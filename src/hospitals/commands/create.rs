//! Adds a hospital.

use super::super::{Hospital, Hospitals, Profile, store};
use super::{Claims, claims, recalled};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::kernel::{Change, Error, Id, Meta, Name, Result};

/// Adds a hospital with these fields.
#[derive(Debug)]
pub struct CreateHospital {
    /// The name it will have.
    pub name: Name<Hospitals>,
    /// Its fields; no name stands twice in them.
    pub profile: Profile,
}

impl Command for CreateHospital {
    type Facts = Claims;
    type Effects = Hospital;
    type Output = Hospital;
    const METHOD: &'static str = "HospitalService.CreateHospital";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    fn touches(&self) -> Option<Vec<String>> {
        let names = self.profile.names().map(|(key, _)| format!("name {}", key.as_str()));
        let own = std::iter::once(format!("id {}", self.name.id()));
        Some(own.chain(names).chain(external_ids::touched(&self.profile.external_ids)).collect())
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        claims(tx, &self.name, &self.profile).await
    }

    fn decide(&self, claims: Claims, context: &Context<'_>) -> Result<Decision<Hospital, Hospital>> {
        if claims.exists() {
            return Err(Error::already_exists(&self.name));
        }
        claims.refuse(&self.name, &self.profile)?;
        let meta = Meta::new(context.now);
        let hospital = Hospital { name: self.name.clone(), profile: self.profile.clone(), meta };
        Ok(Decision::new(hospital.clone(), hospital, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, hospital: &Hospital, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, hospital).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Hospital> {
        recalled(tx, names).await
    }
}

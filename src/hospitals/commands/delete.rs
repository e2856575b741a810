//! Removes a hospital that nothing refers to; who refers to it objects by a reaction.

use super::super::{Hospital, Hospitals, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Etag, Id, Name, Result};

/// Removes a hospital with its names and external ids.
#[derive(Debug)]
pub struct DeleteHospital {
    /// Which hospital.
    pub name: Name<Hospitals>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
}

impl Command for DeleteHospital {
    type Facts = Hospital;
    type Effects = ();
    type Output = ();
    const METHOD: &'static str = "HospitalService.DeleteHospital";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        store::get(tx, &self.name).await
    }

    fn decide(&self, hospital: Hospital, _context: &Context<'_>) -> Result<Decision<(), ()>> {
        let revision = hospital.meta.revision;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), revision)?;
        Ok(Decision::new((), (), vec![Change::deleted(&self.name, revision)]))
    }

    async fn apply(&self, (): &(), tx: &mut Tx<'_>) -> Result<()> {
        store::delete(tx, &self.name).await
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<()> {
        Ok(())
    }
}

//! What writes credentials, dossiers and checklists: one struct per use case.
mod credential;
mod dossier;
mod onboarding;

pub use credential::{BatchCreateCredentials, CreateCredential, EndCredential, Entry, Known};
pub use dossier::{CreateDossier, FileDossierPapers, NewDossier, ReportBackDossier, WithdrawDossier};
pub use onboarding::{CreateOnboarding, NewOnboarding, UpdateOnboarding};

use std::collections::HashMap;

use crate::db::Tx;
use crate::experts::{self, Experts, Roster};
use crate::kernel::{Error, Id, Name, Result, Zone};
use crate::sites::{self, Sites};

/// The experts and sites that papers name, those that are there.
#[derive(Debug, Default)]
pub struct People {
    experts: HashMap<Id, Roster>,
    zones: HashMap<Id, Zone>,
}

impl People {
    async fn load(tx: &mut Tx<'_>, programme: &Id, experts: &[Id], sites: &[Id]) -> Result<People> {
        let mut people = People::default();
        if !experts.is_empty() {
            people.experts = experts::store::rosters(tx, programme, experts).await?;
        }
        if !sites.is_empty() {
            let briefs = sites::store::briefs(tx, programme, sites).await?;
            people.zones = briefs.into_iter().map(|(id, brief)| (id, brief.zone)).collect();
        }
        Ok(people)
    }

    /// Refuses an expert who isn't there, or is a duplicate: the paper is the survivor's.
    fn must_have_expert(&self, programme: &Id, expert: &Id, verb: &'static str) -> Result<()> {
        let name = Name::<Experts>::new(programme.clone(), expert.clone());
        match self.experts.get(expert) {
            None => Err(Error::not_found(name)),
            Some(roster) => roster.changeable(&name, verb),
        }
    }

    /// The zone of a site that must be there.
    fn zone(&self, programme: &Id, site: &Id) -> Result<Zone> {
        let zone = self.zones.get(site).copied();
        zone.ok_or_else(|| Error::not_found(Name::<Sites>::new(programme.clone(), site.clone())))
    }
}

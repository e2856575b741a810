//! Changing a charter: the office tightens, the expert's word loosens.
use std::collections::BTreeSet;

use super::{expert_name, roster};
use crate::charters::{Charter, Charters, Limits, loosened, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{Consent, Roster};
use crate::kernel::{Change, Error, Etag, Id, Mask, Name, Result, Verb};
use crate::sites::{self, Sites};

/// Changes the limits that the mask names.
#[derive(Debug)]
pub struct UpdateCharter {
    /// The charter, by its expert's id.
    pub name: Name<Charters>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// Which limits.
    pub mask: Mask,
    /// Their new values.
    pub limits: Limits,
    /// The expert's word, if it was heard.
    pub word: Option<Consent>,
}

/// What a change of a charter rests on.
#[derive(Debug)]
pub struct Known {
    roster: Roster,
    charter: Charter,
    sites: BTreeSet<Id>,
}

impl UpdateCharter {
    /// What an update can change.
    pub const FIELDS: &'static [&'static str] = &[
        "sessions_a_day",
        "sessions_a_week",
        "sessions_a_month",
        "patients_a_clinic",
        "hours_a_visit",
        "quiet_dates",
        "notice_hours",
        "travel_minutes_a_day",
        "kinds",
        "sites",
        "contacts_a_week",
    ];

    fn applied_to(&self, before: &Limits) -> Limits {
        let (mut after, given) = (before.clone(), self.limits.clone());
        for field in self.mask.iter() {
            match field {
                "sessions_a_day" => after.sessions_a_day = given.sessions_a_day,
                "sessions_a_week" => after.sessions_a_week = given.sessions_a_week,
                "sessions_a_month" => after.sessions_a_month = given.sessions_a_month,
                "patients_a_clinic" => after.patients_a_clinic = given.patients_a_clinic,
                "hours_a_visit" => after.hours_a_visit = given.hours_a_visit,
                "quiet_dates" => after.quiet_dates.clone_from(&given.quiet_dates),
                "notice_hours" => after.notice_hours = given.notice_hours,
                "travel_minutes_a_day" => after.travel_minutes_a_day = given.travel_minutes_a_day,
                "kinds" => after.kinds.clone_from(&given.kinds),
                "sites" => after.sites.clone_from(&given.sites),
                "contacts_a_week" => after.contacts_a_week = given.contacts_a_week,
                _ => {}
            }
        }
        after
    }
}

impl Command for UpdateCharter {
    type Facts = Known;
    type Effects = (Charter, Vec<&'static str>);
    type Output = Charter;
    const METHOD: &'static str = "CharterService.UpdateCharter";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Known> {
        let programme = self.name.programme();
        let named: &[Id] = if self.mask.has("sites") { &self.limits.sites } else { &[] };
        Ok(Known {
            roster: roster(tx, programme, self.name.id()).await?,
            charter: store::get(tx, &self.name).await?,
            sites: sites::store::briefs(tx, programme, named).await?.into_keys().collect(),
        })
    }

    fn decide(&self, known: Known, context: &Context<'_>) -> Result<Decision<Self::Effects, Charter>> {
        let before = known.charter;
        Etag::check(self.etag.as_deref(), &before.name.to_string(), before.revision())?;
        let (programme, expert) = (self.name.programme(), self.name.id());
        known.roster.changeable(&expert_name(programme, expert), "update")?;
        let missing = |site: &&Id| self.mask.has("sites") && !known.sites.contains(*site);
        if let Some(site) = self.limits.sites.iter().find(missing) {
            return Err(Error::not_found(Name::<Sites>::new(programme.clone(), site.clone())));
        }
        let after = before.amended(self.applied_to(&before.limits), self.word.clone(), context.now)?;
        let looser = loosened(&before.limits, &after.limits);
        let change = Change::new(&after.name, Verb::UPDATE, after.revision());
        Ok(Decision::new((after.clone(), looser), after, vec![change]))
    }

    async fn apply(&self, (charter, loosened): &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        store::put(tx, charter, loosened).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Charter> {
        store::get(tx, &self.name).await
    }
}

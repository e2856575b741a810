//! Changing visits that are open.
use super::{Surroundings, check_etag, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Id, Mask, Name, Reason, Result, Verb};
use crate::visits::{LONGEST_DAYS, Profile, Visit, Visits, discrepancies, must_fit, store};

/// Changes the fields that the mask names.
#[derive(Debug)]
pub struct UpdateVisit {
    /// The visit.
    pub name: Name<Visits>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// Which fields.
    pub mask: Mask,
    /// Their new values.
    pub profile: Profile,
}

impl UpdateVisit {
    /// What an update can change.
    pub const FIELDS: &'static [&'static str] =
        &["host_site", "arrival_time", "departure_time", "sessions", "external_ids"];

    fn applied_to(&self, before: &Profile) -> Profile {
        let mut profile = before.clone();
        if self.mask.has("host_site") {
            profile.host_site.clone_from(&self.profile.host_site);
        }
        if self.mask.has("arrival_time") {
            profile.arrival = self.profile.arrival;
        }
        if self.mask.has("departure_time") {
            profile.departure = self.profile.departure;
        }
        if self.mask.has("sessions") {
            profile.sessions.clone_from(&self.profile.sessions);
        }
        if self.mask.has("external_ids") {
            profile.external_ids.clone_from(&self.profile.external_ids);
        }
        profile
    }
}

impl Command for UpdateVisit {
    type Facts = (Visit, Surroundings);
    type Effects = Visit;
    type Output = Visit;
    const METHOD: &'static str = "VisitService.UpdateVisit";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Visit, Surroundings)> {
        let visit = store::get(tx, &self.name).await?;
        let profile = self.applied_to(&visit.profile);
        let around = Surroundings::load(tx, &self.name, &visit.expert, &profile).await?;
        Ok((visit, around))
    }

    fn decide(&self, (before, around): (Visit, Surroundings), context: &Context<'_>) -> Result<Decision<Visit, Visit>> {
        check_etag(self.etag.as_deref(), &before)?;
        before.must_be_open("update")?;
        let profile = self.applied_to(&before.profile);
        must_be_a_trip(&profile, "visit.departure_time")?;
        around.check_external_ids()?;
        let discrepancies = discrepancies(&profile, &around.sessions);
        must_fit(&discrepancies)?;
        around.must_keep_to_charter(&profile, context.now)?;
        let place = around.place(&profile);
        let visit = Visit { profile, place, discrepancies, meta: before.meta.touched(context.now), ..before };
        let change = Change::new(&visit.name, Verb::UPDATE, visit.meta.revision);
        Ok(Decision::new(visit.clone(), visit, vec![change]))
    }

    async fn apply(&self, visit: &Visit, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, visit).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Visit> {
        recalled(tx, &self.name).await
    }
}

/// Refuses a departure that isn't later than the arrival, or much too late.
pub(super) fn must_be_a_trip(profile: &Profile, field: &str) -> Result<()> {
    let longest = profile.arrival.plus_minutes(LONGEST_DAYS * 24 * 60);
    if profile.arrival < profile.departure && profile.departure <= longest {
        return Ok(());
    }
    let text = format!("must be later than the arrival, by at most {LONGEST_DAYS} days");
    Err(crate::kernel::Error::field(field, Reason::Inconsistent, text))
}

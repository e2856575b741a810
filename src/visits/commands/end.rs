//! Ending visits: made, which is a fact, or not made.
use super::update::must_be_a_trip;
use super::{Surroundings, check_etag, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Fact, Id, Name, Reason, Result, Timestamp, Verb};
use crate::visits::{Profile, Visit, VisitState, Visits, discrepancies, store};

/// Ends a visit with its actual times; from now on it counts.
#[derive(Debug)]
pub struct EndVisit {
    /// The visit.
    pub name: Name<Visits>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The actual arrival; none: as planned.
    pub arrival: Option<Timestamp>,
    /// The actual departure; none: as planned.
    pub departure: Option<Timestamp>,
}

impl EndVisit {
    fn applied_to(&self, before: &Profile) -> Profile {
        Profile {
            arrival: self.arrival.unwrap_or(before.arrival),
            departure: self.departure.unwrap_or(before.departure),
            ..before.clone()
        }
    }
}

impl Command for EndVisit {
    type Facts = (Visit, Surroundings);
    type Effects = Visit;
    type Output = Visit;
    const METHOD: &'static str = "VisitService.EndVisit";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Visit, Surroundings)> {
        let visit = store::get(tx, &self.name).await?;
        let around = Surroundings::load(tx, &self.name, &visit.expert, &self.applied_to(&visit.profile)).await?;
        Ok((visit, around))
    }

    fn decide(&self, (before, around): (Visit, Surroundings), context: &Context<'_>) -> Result<Decision<Visit, Visit>> {
        check_etag(self.etag.as_deref(), &before)?;
        before.must_be_open("end")?;
        let profile = self.applied_to(&before.profile);
        must_be_a_trip(&profile, "departure_time")?;
        if profile.departure > context.now {
            return Err(Error::field("departure_time", Reason::OutOfRange, "must not be in the future"));
        }
        let discrepancies = discrepancies(&profile, &around.sessions);
        let (place, meta) = (around.place(&profile), before.meta.touched(context.now));
        let visit = Visit { profile, place, discrepancies, state: VisitState::Ended, meta, ..before };
        let change = Change::new(&visit.name, Verb::new("end"), visit.meta.revision);
        let fact = Fact { name: visit.name.to_string(), kind: "visit", before: None, after: visit.leaf() };
        Ok(Decision { effects: visit.clone(), output: visit, changes: vec![change], facts: vec![fact] })
    }

    async fn apply(&self, visit: &Visit, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, visit).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Visit> {
        recalled(tx, &self.name).await
    }
}

/// Cancels a visit that wasn't made.
#[derive(Debug)]
pub struct CancelVisit {
    /// The visit.
    pub name: Name<Visits>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for CancelVisit {
    type Facts = Visit;
    type Effects = Visit;
    type Output = Visit;
    const METHOD: &'static str = "VisitService.CancelVisit";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Visit> {
        store::get(tx, &self.name).await
    }

    fn decide(&self, before: Visit, context: &Context<'_>) -> Result<Decision<Visit, Visit>> {
        check_etag(self.etag.as_deref(), &before)?;
        before.must_be_open("cancel")?;
        let visit = Visit { state: VisitState::Cancelled, meta: before.meta.touched(context.now), ..before };
        let change = Change::new(&visit.name, Verb::new("cancel"), visit.meta.revision);
        Ok(Decision::new(visit.clone(), visit, vec![change]))
    }

    async fn apply(&self, visit: &Visit, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, visit).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Visit> {
        recalled(tx, &self.name).await
    }
}

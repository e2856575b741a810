//! Recording trips, one or up to 500; amending them, and taking them back.

use std::collections::HashMap;

use super::intake::{self, Around, Gone, Row};
use crate::activities::VoidReason;
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Id, Mask, Name, Reason, Result, Violation, Vocabulary as _, etag};
use crate::savings::encounter::Encounter;
use crate::savings::settle::{Draft, settle};
use crate::savings::store::{encounters, trips};
use crate::savings::trip::{Trip, TripCause, TripState, Trips};

/// Records one trip.
#[derive(Clone, Debug)]
pub struct RecordTrip {
    /// The programme.
    pub programme: Id,
    /// The trip.
    pub row: Row,
}

impl Command for RecordTrip {
    type Facts = Around;
    type Effects = Trip;
    type Output = Trip;
    const METHOD: &'static str = "TripService.RecordTrip";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Around> {
        intake::load(tx, &self.programme, &[(&self.row.id, &self.row.draft)]).await
    }

    fn decide(&self, mut around: Around, context: &Context<'_>) -> Result<Decision<Trip, Trip>> {
        let trip = intake::admit(&self.programme, &self.row, &mut around, context)?;
        Ok(Decision {
            changes: vec![intake::change(&trip, intake::RECORD)],
            facts: vec![intake::fact(None, &trip)?],
            effects: trip.clone(),
            output: trip,
        })
    }

    async fn apply(&self, trip: &Trip, tx: &mut Tx<'_>) -> Result<()> {
        trips::insert(tx, &self.programme, std::slice::from_ref(trip)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Trip> {
        let recorded = recorded(tx, &self.programme, names).await?;
        recorded.into_values().next().ok_or(Error::Internal("a recorded trip is gone"))
    }
}

async fn recorded(tx: &mut Tx<'_>, programme: &Id, names: &[String]) -> Result<HashMap<Id, Trip>> {
    let ids = names.iter().map(|name| Name::<Trips>::parse(name).map(Name::into_id));
    let ids = ids.collect::<Result<Vec<_>, _>>().map_err(Error::Internal)?;
    trips::current(tx, programme, &ids.iter().collect::<Vec<_>>()).await
}

/// Records many trips, each by itself: what one is refused for concerns no other.
#[derive(Clone, Debug)]
pub struct BatchRecordTrips {
    /// The programme.
    pub programme: Id,
    /// The trips; those whose fields are wrong can't be recorded.
    pub rows: Vec<Result<Row, Vec<Violation>>>,
}

impl BatchRecordTrips {
    /// The most rows of a batch.
    pub const MOST_ROWS: usize = 500;
}

impl Command for BatchRecordTrips {
    type Facts = Around;
    type Effects = Vec<Trip>;
    type Output = Vec<Result<Trip>>;
    const METHOD: &'static str = "TripService.BatchRecordTrips";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Around> {
        let readable = self.rows.iter().filter_map(|row| row.as_ref().ok());
        let drafts: Vec<_> = readable.map(|row| (&row.id, &row.draft)).collect();
        intake::load(tx, &self.programme, &drafts).await
    }

    fn decide(&self, mut around: Around, context: &Context<'_>) -> Result<Decision<Vec<Trip>, Vec<Result<Trip>>>> {
        let admit = |row: &Result<Row, Vec<Violation>>| match row {
            Ok(row) => intake::admit(&self.programme, row, &mut around, context),
            Err(violations) => Err(Error::Invalid(violations.clone())),
        };
        let output: Vec<Result<Trip>> = self.rows.iter().map(admit).collect();
        let effects: Vec<Trip> = output.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
        Ok(Decision {
            changes: effects.iter().map(|trip| intake::change(trip, intake::RECORD)).collect(),
            facts: effects.iter().map(|trip| intake::fact(None, trip)).collect::<Result<_>>()?,
            effects,
            output,
        })
    }

    async fn apply(&self, effects: &Vec<Trip>, tx: &mut Tx<'_>) -> Result<()> {
        trips::insert(tx, &self.programme, effects).await
    }

    /// Rows that were recorded answer their trips; the others are never recorded late under an answered request.
    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<Result<Trip>>> {
        let mut by_place: HashMap<i64, Trip> = HashMap::new();
        for trip in recorded(tx, &self.programme, names).await?.into_values() {
            let place = trip.batch_row.ok_or(Error::Internal("a batch's trip has no place in it"))?;
            by_place.insert(place, trip);
        }
        Ok((0..).zip(&self.rows).map(|(place, row)| recalled(place, row, by_place.remove(&place))).collect())
    }
}

/// What a row of a batch answers when its request comes again.
pub(super) fn recalled<R, T>(place: i64, row: &Result<R, Vec<Violation>>, made: Option<T>) -> Result<T> {
    match (row, made) {
        (_, Some(made)) => Ok(made),
        (Err(violations), None) => Err(Error::Invalid(violations.clone())),
        (Ok(_), None) => {
            let message = "the row was refused when this request first ran: send it under a new request id";
            Err(Error::refused(Reason::RefusedBefore, message).with("row", place))
        }
    }
}

/// Adds a version with other words.
#[derive(Clone, Debug)]
pub struct AmendTrip {
    /// The trip.
    pub name: Name<Trips>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// The new words.
    pub draft: Draft,
    /// Which of them.
    pub mask: Mask,
}

impl Command for AmendTrip {
    type Facts = (Trip, Draft, Around);
    type Effects = Trip;
    type Output = Trip;
    const METHOD: &'static str = "TripService.AmendTrip";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let trip = get(tx, &self.name).await?;
        let draft = Draft::of(&trip).amended(&self.draft, &self.mask);
        let around = intake::load(tx, self.name.programme(), &[(self.name.id(), &draft)]).await?;
        Ok((trip, draft, around))
    }

    fn decide(&self, (trip, draft, around): Self::Facts, context: &Context<'_>) -> Result<Decision<Trip, Trip>> {
        etag::check(self.etag.as_deref(), &self.name.to_string(), trip.meta.revision)?;
        must_stand(&self.name, trip.state, "amend")?;
        let (programme, id) = (self.name.programme(), self.name.id());
        intake::refuse_taken(programme, id, &draft.external_ids, &around.known)?;
        let settled = settle(programme, id, &draft, trip.basis.bill.as_ref(), &around.known, context.now)?;
        let next = intake::next(&trip, TripCause::Amended, context, around.sequence);
        let next = Trip { external_ids: draft.external_ids, ..intake::with(next, settled) };
        if next.encounter.is_some() && next.patient != trip.patient {
            let message =
                "the trip has a bill, which is its patient's: void the bill before the trip becomes another's";
            let refusal = Error::refused(Reason::TripUnfit, message).with("name", &self.name);
            return Err(refusal.with("state", trip.state.code()));
        }
        Ok(Decision {
            changes: vec![intake::change(&next, intake::AMEND)],
            facts: vec![intake::fact(Some(&trip), &next)?],
            effects: next.clone(),
            output: next,
        })
    }

    async fn apply(&self, next: &Trip, tx: &mut Tx<'_>) -> Result<()> {
        trips::replace(tx, next).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Trip> {
        get(tx, &self.name).await
    }
}

/// Takes a trip back, with its bill.
#[derive(Clone, Debug)]
pub struct VoidTrip {
    /// The trip.
    pub name: Name<Trips>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// Why.
    pub reason: VoidReason,
}

impl Command for VoidTrip {
    type Facts = (Trip, Option<Encounter>, i64);
    type Effects = Gone;
    type Output = Trip;
    const METHOD: &'static str = "TripService.VoidTrip";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let trip = get(tx, &self.name).await?;
        let encounter = bill_of(tx, &trip).await?;
        Ok((trip, encounter, tx.sequence()))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Gone, Trip>> {
        let (trip, encounter, sequence) = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), trip.meta.revision)?;
        must_stand(&self.name, trip.state, "void")?;
        let gone = intake::gone(&trip, encounter, self.reason, context, sequence);
        Ok(Decision {
            changes: gone.changes(),
            facts: vec![intake::fact(Some(&trip), &gone.trip)?],
            output: gone.trip.clone(),
            effects: gone,
        })
    }

    async fn apply(&self, gone: &Gone, tx: &mut Tx<'_>) -> Result<()> {
        gone.write(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Trip> {
        get(tx, &self.name).await
    }
}

/// A trip's current version.
pub(super) async fn get(tx: &mut Tx<'_>, name: &Name<Trips>) -> Result<Trip> {
    let found = trips::current(tx, name.programme(), &[name.id()]).await?.remove(name.id());
    found.ok_or_else(|| Error::not_found(name))
}

/// The bill that hangs on a trip.
pub(in crate::savings) async fn bill_of(tx: &mut Tx<'_>, trip: &Trip) -> Result<Option<Encounter>> {
    let Some(id) = &trip.encounter else { return Ok(None) };
    Ok(encounters::many(tx, trip.name.programme(), &[id]).await?.remove(id))
}

/// Refuses what was taken back.
pub(super) fn must_stand(name: impl std::fmt::Display, state: TripState, verb: &'static str) -> Result<()> {
    match state {
        TripState::Recorded => Ok(()),
        TripState::Voided => {
            let refusal = Error::refused(Reason::IllegalTransition, "it was taken back: record it anew");
            Err(refusal.with("name", name).with("state", state.code()).with("verb", verb))
        }
    }
}

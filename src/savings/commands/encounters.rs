//! Recording the bills of trips, one or up to 500, and taking them back.

use std::collections::{HashMap, HashSet};

use super::intake;
use super::trips::{must_stand, recalled};
use crate::activities::VoidReason;
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, ExternalId, Id, Meta, Name, Reason, Result, Violation, Vocabulary as _, etag};
use crate::persons::{self, Restricted};
use crate::savings::encounter::{Encounter, Encounters};
use crate::savings::store::{encounters, trips};
use crate::savings::trip::{Basis, Billed, Prices, Trip, TripCause, TripState, Trips};

/// One bill to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRow {
    /// Its id.
    pub id: Id,
    /// The trip that it hangs on.
    pub trip: Id,
    /// Its number where it was settled.
    pub number: ExternalId,
    /// What it says.
    pub bill: Billed,
    /// Its place in its batch, from 0; none: recorded by itself.
    pub place: Option<i64>,
}

/// What bills are judged by; every admitted one changes it for the next.
#[derive(Debug)]
pub struct Around {
    trips: HashMap<Id, Trip>,
    prices: Prices,
    ids: HashSet<Id>,
    numbers: HashMap<ExternalId, Id>,
    restricted: Restricted,
    sequence: i64,
}

/// A bill with its trip before and after it.
#[derive(Clone, Debug)]
pub struct Hung {
    encounter: Encounter,
    before: Trip,
    after: Trip,
}

async fn load(tx: &mut Tx<'_>, programme: &Id, rows: &[&BillRow]) -> Result<Around> {
    let trip_ids: Vec<&Id> = rows.iter().map(|row| &row.trip).collect::<HashSet<_>>().into_iter().collect();
    let trips = trips::current(tx, programme, &trip_ids).await?;
    let prices = prices_for(tx, programme, trips.values()).await?;
    let ids: Vec<&Id> = rows.iter().map(|row| &row.id).collect();
    let numbers: Vec<&ExternalId> = rows.iter().map(|row| &row.number).collect();
    let restricted = persons::store::on_record(tx, programme, trips.values().map(|trip| &trip.patient)).await?;
    Ok(Around {
        restricted,
        trips,
        prices,
        ids: encounters::existing(tx, programme, &ids).await?,
        numbers: encounters::numbers(tx, programme, &numbers).await?,
        sequence: tx.sequence(),
    })
}

/// The prices by which some trips are reckoned anew.
pub(in crate::savings) async fn prices_for(
    tx: &mut Tx<'_>,
    programme: &Id,
    trips: impl Iterator<Item = &Trip>,
) -> Result<Prices> {
    let places = |trip: &Trip| {
        let Basis { words, near, .. } = &trip.basis;
        (words.origin.clone(), words.destination.clone(), near.clone())
    };
    trips::prices(tx, programme, &trips.map(places).collect::<Vec<_>>()).await
}

fn admit(programme: &Id, row: &BillRow, around: &mut Around, context: &Context<'_>) -> Result<Hung> {
    let name = Name::<Encounters>::new(programme.clone(), row.id.clone());
    if around.ids.contains(&row.id) {
        return Err(Error::already_exists(name));
    }
    if let Some(other) = around.numbers.get(&row.number) {
        let message = "the encounter's bill is on record: it counts once";
        let refusal = Error::refused(Reason::ExternalIdTaken, message).with("system", row.number.system());
        return Err(refusal.with("name", Name::<Encounters>::new(programme.clone(), other.clone())));
    }
    let trip_name = Name::<Trips>::new(programme.clone(), row.trip.clone());
    let before = around.trips.get(&row.trip).cloned().ok_or_else(|| Error::not_found(&trip_name))?;
    let unfit = |message: &str, name: String| {
        Error::refused(Reason::TripUnfit, message).with("name", name).with("state", before.state.code())
    };
    match before.state {
        TripState::Recorded => {}
        TripState::Voided => return Err(unfit("the trip was taken back", trip_name.to_string())),
    }
    // A bill's number names its patient in the hospital.
    around.restricted.refuse(&before.patient)?;
    if let Some(other) = &before.encounter {
        let message = "the trip has a bill: void that one first, or sum a stay's encounters up in one bill";
        return Err(unfit(message, Name::<Encounters>::new(programme.clone(), other.clone()).to_string()));
    }
    if before.session.is_some() {
        return Err(unfit("nobody was treated on a trip in vain: it has no bill", trip_name.to_string()));
    }
    // The bill's change comes first, then its trip's.
    let next = intake::next(&before, TripCause::Bill, context, around.sequence + 1);
    let basis = Basis { bill: Some(row.bill.clone()), ..next.basis.clone() };
    let (reckoned, _) = around.prices.reckon(next.dimensions.date, &basis)?;
    let after = Trip { basis, reckoned, encounter: Some(row.id.clone()), ..next };
    let encounter = Encounter {
        name,
        trip: row.trip.clone(),
        number: row.number.clone(),
        bill: row.bill.clone(),
        state: TripState::Recorded,
        void_reason: None,
        recorder: context.call.caller.subject.clone(),
        batch_row: row.place,
        meta: Meta::new(context.now),
    };
    around.ids.insert(row.id.clone());
    around.numbers.insert(row.number.clone(), row.id.clone());
    around.trips.insert(row.trip.clone(), after.clone());
    around.sequence += 2;
    Ok(Hung { encounter, before, after })
}

impl Hung {
    fn changes(&self) -> [Change; 2] {
        let encounter = &self.encounter;
        let bill = Change::new(&encounter.name, intake::RECORD, encounter.meta.revision);
        [bill, intake::change(&self.after, intake::BILL)]
    }
}

async fn write(tx: &mut Tx<'_>, programme: &Id, hung: &[Hung]) -> Result<()> {
    let bills: Vec<Encounter> = hung.iter().map(|it| it.encounter.clone()).collect();
    encounters::insert(tx, programme, &bills).await?;
    let billed: Vec<Trip> = hung.iter().map(|it| it.after.clone()).collect();
    trips::restate(tx, &billed).await
}

/// Records one bill.
#[derive(Clone, Debug)]
pub struct RecordEncounter {
    /// The programme.
    pub programme: Id,
    /// The bill.
    pub row: BillRow,
}

impl Command for RecordEncounter {
    type Facts = Around;
    type Effects = Hung;
    type Output = Encounter;
    const METHOD: &'static str = "TripService.RecordEncounter";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Around> {
        load(tx, &self.programme, &[&self.row]).await
    }

    fn decide(&self, mut around: Around, context: &Context<'_>) -> Result<Decision<Hung, Encounter>> {
        let hung = admit(&self.programme, &self.row, &mut around, context)?;
        Ok(Decision {
            changes: hung.changes().to_vec(),
            facts: vec![intake::fact(Some(&hung.before), &hung.after)?],
            output: hung.encounter.clone(),
            effects: hung,
        })
    }

    async fn apply(&self, hung: &Hung, tx: &mut Tx<'_>) -> Result<()> {
        write(tx, &self.programme, std::slice::from_ref(hung)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Encounter> {
        recorded(tx, &self.programme, names).await?.pop().ok_or(Error::Internal("a recorded bill is gone"))
    }
}

/// The bills among the resources that a first run touched, as they are now.
async fn recorded(tx: &mut Tx<'_>, programme: &Id, names: &[String]) -> Result<Vec<Encounter>> {
    let ids: Vec<Id> =
        names.iter().filter_map(|name| Name::<Encounters>::parse(name).ok().map(Name::into_id)).collect();
    Ok(encounters::many(tx, programme, &ids.iter().collect::<Vec<_>>()).await?.into_values().collect())
}

/// Records many bills, each by itself.
#[derive(Clone, Debug)]
pub struct BatchRecordEncounters {
    /// The programme.
    pub programme: Id,
    /// The bills; those whose fields are wrong can't be recorded.
    pub rows: Vec<Result<BillRow, Vec<Violation>>>,
}

impl BatchRecordEncounters {
    /// The most rows of a batch.
    pub const MOST_ROWS: usize = 500;
}

impl Command for BatchRecordEncounters {
    type Facts = Around;
    type Effects = Vec<Hung>;
    type Output = Vec<Result<Encounter>>;
    const METHOD: &'static str = "TripService.BatchRecordEncounters";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Around> {
        let rows: Vec<_> = self.rows.iter().filter_map(|row| row.as_ref().ok()).collect();
        load(tx, &self.programme, &rows).await
    }

    fn decide(&self, mut around: Around, context: &Context<'_>) -> Result<Decision<Vec<Hung>, Vec<Result<Encounter>>>> {
        let mut effects = Vec::with_capacity(self.rows.len());
        let output = self.rows.iter().map(|row| match row {
            Ok(row) => admit(&self.programme, row, &mut around, context).map(|hung| {
                effects.push(hung.clone());
                hung.encounter
            }),
            Err(violations) => Err(Error::Invalid(violations.clone())),
        });
        let output = output.collect();
        let facts = effects.iter().map(|hung| intake::fact(Some(&hung.before), &hung.after));
        Ok(Decision {
            facts: facts.collect::<Result<_>>()?,
            changes: effects.iter().flat_map(Hung::changes).collect(),
            effects,
            output,
        })
    }

    async fn apply(&self, effects: &Vec<Hung>, tx: &mut Tx<'_>) -> Result<()> {
        write(tx, &self.programme, effects).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<Result<Encounter>>> {
        let made = recorded(tx, &self.programme, names).await?;
        let mut by_place: HashMap<i64, Encounter> =
            made.into_iter().filter_map(|it| Some((it.batch_row?, it))).collect();
        Ok((0..).zip(&self.rows).map(|(place, row)| recalled(place, row, by_place.remove(&place))).collect())
    }
}

/// Takes a bill back.
#[derive(Clone, Debug)]
pub struct VoidEncounter {
    /// The bill.
    pub name: Name<Encounters>,
    /// The etag that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// Why.
    pub reason: VoidReason,
}

impl Command for VoidEncounter {
    type Facts = (Encounter, Trip, Prices, i64);
    type Effects = Hung;
    type Output = Encounter;
    const METHOD: &'static str = "TripService.VoidEncounter";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let programme = self.name.programme();
        let encounter = get(tx, &self.name).await?;
        let trip = trips::current(tx, programme, &[&encounter.trip]).await?.remove(&encounter.trip);
        let trip = trip.ok_or(Error::Internal("a bill's trip is gone"))?;
        let prices = prices_for(tx, programme, std::iter::once(&trip)).await?;
        Ok((encounter, trip, prices, tx.sequence()))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Hung, Encounter>> {
        let (encounter, before, prices, sequence) = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), encounter.meta.revision)?;
        must_stand(&self.name, encounter.state, "void")?;
        let next = intake::next(&before, TripCause::Bill, context, sequence + 1);
        let basis = Basis { bill: None, ..next.basis.clone() };
        let (reckoned, _) = prices.reckon(next.dimensions.date, &basis)?;
        let after = Trip { basis, reckoned, encounter: None, ..next };
        let encounter = intake::voided(encounter, self.reason, context);
        let bill = Change::new(&encounter.name, intake::VOID, encounter.meta.revision);
        Ok(Decision {
            changes: vec![bill, intake::change(&after, intake::BILL)],
            facts: vec![intake::fact(Some(&before), &after)?],
            output: encounter.clone(),
            effects: Hung { encounter, before, after },
        })
    }

    async fn apply(&self, hung: &Hung, tx: &mut Tx<'_>) -> Result<()> {
        encounters::void(tx, &hung.encounter).await?;
        trips::restate(tx, std::slice::from_ref(&hung.after)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Encounter> {
        get(tx, &self.name).await
    }
}

/// A bill.
pub(super) async fn get(tx: &mut Tx<'_>, name: &Name<Encounters>) -> Result<Encounter> {
    let found = encounters::many(tx, name.programme(), &[name.id()]).await?.remove(name.id());
    found.ok_or_else(|| Error::not_found(name))
}

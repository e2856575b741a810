//! Reading trips and bills, and explaining what a trip saved.

use super::encounters::get as get_bill;
use super::trips::get as get_trip;
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Date, Error, Id, Key, Name, Page, PageRequest, Result};
use crate::programmes;
use crate::savings::Saving;
use crate::savings::encounter::{Encounter, Encounters};
use crate::savings::line::Rule;
use crate::savings::store::encounters;
use crate::savings::store::trips::{self, Double, Filter};
use crate::savings::trip::{Trip, TripState, Trips};

/// A trip's current version.
#[derive(Clone, Debug)]
pub struct GetTrip {
    /// Which.
    pub name: Name<Trips>,
}

impl Query for GetTrip {
    type Output = Trip;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Trip> {
        get_trip(tx, &self.name).await
    }
}

/// Current versions by service date and id.
#[derive(Clone, Debug)]
pub struct ListTrips {
    /// The programme.
    pub programme: Id,
    /// Which of them.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListTrips {
    type Output = Page<Trip>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Trip>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut select = trips::list(&self.programme, &self.filter);
        let rows = tx.select(select.page(&self.page)).await?;
        let trips = trips::with_external_ids(tx, &self.programme, rows).await?;
        let cursor = |it: &Trip| Cursor(vec![Key::from(it.dimensions.date), Key::from(it.name.id())]);
        Ok(Page::cut_sized(trips, &self.page, &self.bound_to, cursor, Trip::bytes))
    }
}

/// Every version of a trip, the first one first.
#[derive(Clone, Debug)]
pub struct ListTripVersions {
    /// Which.
    pub name: Name<Trips>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListTripVersions {
    type Output = Page<Trip>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Trip>> {
        let programme = self.name.programme();
        let mut select = trips::versions(programme, self.name.id());
        let rows = tx.select(select.page(&self.page)).await?;
        if rows.is_empty() && self.page.after.is_none() {
            return Err(Error::not_found(&self.name));
        }
        let versions = trips::with_external_ids(tx, programme, rows).await?;
        Ok(Page::cut_sized(versions, &self.page, &self.bound_to, |it| Cursor::from([it.meta.revision]), Trip::bytes))
    }
}

/// Trips of different issuers' patients that may be one.
#[derive(Clone, Debug)]
pub struct ListPossibleDoubles {
    /// The programme.
    pub programme: Id,
    /// On or after this day.
    pub from: Option<Date>,
    /// On or before this day.
    pub to: Option<Date>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListPossibleDoubles {
    type Output = Page<Double>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Double>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut select = trips::doubles(&self.programme, self.from, self.to);
        let rows = tx.select(select.page(&self.page)).await?;
        let doubles = rows.iter().map(trips::double).collect::<Result<Vec<_>>>()?;
        let key = |it: &Double| Cursor(vec![Key::from(it.date), Key::from(&it.trip.0), Key::from(&it.other.0)]);
        Ok(Page::cut(doubles, &self.page, &self.bound_to, key))
    }
}

/// A saving with every line, and what it was before.
#[derive(Clone, Debug)]
pub struct ExplainSaving {
    /// Of which trip.
    pub name: Name<Trips>,
    /// Which version; none: the current one.
    pub revision: Option<i64>,
}

/// An explained saving.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The version.
    pub trip: Trip,
    /// What it saved, line by line.
    pub saving: Saving,
    /// The last versions, the first one first.
    pub history: Vec<Trip>,
}

/// The most versions that stand beside an explanation.
const MOST_HISTORY: i64 = 100;

impl Query for ExplainSaving {
    type Output = Explained;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Explained> {
        let (programme, id) = (self.name.programme(), self.name.id());
        let trip = match self.revision {
            None => get_trip(tx, &self.name).await?,
            Some(revision) => {
                let found = trips::version(tx, programme, id, revision).await?;
                found.ok_or_else(|| Error::not_found(format!("{} revision {revision}", self.name)))?
            }
        };
        let prices = trips::prices_of(tx, programme, &trip.reckoned).await?;
        let (again, saving) = prices.reckon(trip.dimensions.date, &trip.basis)?;
        if again.parts != trip.reckoned.parts || !saving.adds_up()? {
            return Err(Error::Internal("a stored saving isn't what its lines sum to"));
        }
        let saving = match trip.state {
            TripState::Recorded => saving,
            TripState::Voided => saving.reversed(Rule::Void)?,
        };
        let history = trips::history(tx, programme, id, MOST_HISTORY).await?;
        Ok(Explained { trip, saving, history })
    }
}

/// A bill.
#[derive(Clone, Debug)]
pub struct GetEncounter {
    /// Which.
    pub name: Name<Encounters>,
}

impl Query for GetEncounter {
    type Output = Encounter;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Encounter> {
        get_bill(tx, &self.name).await
    }
}

/// Bills by id.
#[derive(Clone, Debug)]
pub struct ListEncounters {
    /// The programme.
    pub programme: Id,
    /// Only this trip's.
    pub trip: Option<Id>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListEncounters {
    type Output = Page<Encounter>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Encounter>> {
        programmes::store::state(tx, &self.programme).await?;
        let bills = encounters::list(tx, &self.programme, self.trip.as_ref(), &self.page).await?;
        Ok(Page::cut_sized(bills, &self.page, &self.bound_to, |it| Cursor::from([it.name.id()]), Encounter::bytes))
    }
}

//! The tables of trips: versions that are added to and closed, and which activities are on one.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::columns::{self, code, patient, version_row};
use super::{policy, tariff};
use crate::db::{List, Row, Select, Sql, Tx, Value, external_ids};
use crate::kernel::{Collection as _, Date, Id, Leaf, Patient, Result, Vocabulary as _};
use crate::rows;
use crate::savings::settle::JourneyKey;
use crate::savings::tariff::Book;
use crate::savings::trip::{Prices, Reckoned, Trip, TripState, Trips};
use crate::sites::DivisionCode;

const INSERT: Sql = rows!(
    "INSERT INTO trip_versions (programme, trip, revision, since_sequence, state, cause, void_reason, patient_issuer, patient_token, \
     activities, session, encounter, date, half_day, site, site_level, expert, home_hospital, specialty, session_kind, residence, \
     origin, destination, basis, policy, tariffs, stratum, parts, travel_fen, lodging_fen, meals_fen, bill_fen, time_fen, fund_fen, \
     recorder, batch_row, create_time, update_time) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), \
     CAST(r.value->>3 AS BIGINT), r.value->>4, r.value->>5, r.value->>6, \
     r.value->>7, r.value->>8, r.value->>9, r.value->>10, r.value->>11, \
     r.value->>12, r.value->>13, r.value->>14, r.value->>15, r.value->>16, \
     r.value->>17, r.value->>18, r.value->>19, r.value->>20, r.value->>21, \
     r.value->>22, r.value->>23, r.value->>24, r.value->>25, r.value->>26, r.value->>27, \
     CAST(r.value->>28 AS BIGINT), CAST(r.value->>29 AS BIGINT), CAST(r.value->>30 AS BIGINT), \
     CAST(r.value->>31 AS BIGINT), CAST(r.value->>32 AS BIGINT), CAST(r.value->>33 AS BIGINT), \
     r.value->>34, CAST(r.value->>35 AS BIGINT), CAST(r.value->>36 AS BIGINT), \
     CAST(r.value->>37 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const CLOSE: Sql = rows!(
    "UPDATE trip_versions SET until_sequence = CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE trip_versions.programme = r.value->>0 AND trip_versions.trip = r.value->>1 \
     AND trip_versions.revision = CAST(r.value->>2 AS BIGINT)"
);
const LINK: Sql = rows!(
    "INSERT INTO trip_activities (programme, activity, trip) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const UNLINK: Sql = Sql::new("DELETE FROM trip_activities WHERE programme = $1 AND trip = $2");
// COALESCE keeps the partial indexes of current versions out: what is looked for is a key.
const CURRENT: Sql = rows!(
    "SELECT v.* FROM ",
    "JOIN trip_versions v ON v.programme = r.value->>0 AND v.trip = r.value->>1 WHERE COALESCE(v.until_sequence, 0) = 0"
);
const VERSION: Sql =
    Sql::new("SELECT v.* FROM trip_versions v WHERE v.programme = $1 AND v.trip = $2 AND v.revision = $3");
const HISTORY: Sql = Sql::new(
    "SELECT v.* FROM trip_versions v WHERE v.programme = $1 AND v.trip = $2 ORDER BY v.revision DESC LIMIT $3 + 0",
);
const EXISTING: Sql = rows!(
    "SELECT v.trip FROM ",
    "JOIN trip_versions v ON v.programme = r.value->>0 AND v.trip = r.value->>1 AND v.revision = CAST(r.value->>2 AS BIGINT)"
);
const ON_TRIP: Sql = rows!(
    "SELECT l.activity, l.trip FROM ",
    "JOIN trip_activities l ON l.programme = r.value->>0 AND l.activity = r.value->>1"
);
const JOURNEYS: Sql = rows!(
    "SELECT v.trip, v.patient_issuer, v.patient_token, v.destination, v.date FROM ",
    "JOIN trip_versions v ON v.programme = r.value->>0 AND v.patient_issuer = r.value->>1 AND v.patient_token = r.value->>2 \
     AND v.until_sequence IS NULL WHERE v.state = 'RECORDED'"
);
const SITES: Sql =
    rows!("SELECT s.site, s.division_code FROM ", "JOIN sites s ON s.programme = r.value->>0 AND s.site = r.value->>1");
// SQLite would look through every tariff of the programme for each journey.
const PRICES: Sql = rows!(
    "SELECT t.* FROM ",
    "JOIN tariffs t ",
    hint: "INDEXED BY tariffs_by_key ",
    "ON t.programme = r.value->>0 AND t.origin = r.value->>1 AND t.destination = r.value->>2 WHERE t.state = 'APPROVED'"
);
const IN_VAIN: Sql = Sql::new(
    "SELECT v.trip FROM trip_versions v WHERE v.programme = $1 AND v.session = $2 AND v.until_sequence IS NULL \
     AND v.state = 'RECORDED' ORDER BY v.trip",
);
const LEAVES: Sql = Sql::new(
    "SELECT v.* FROM trip_versions v WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.until_sequence IS NULL \
     AND v.state = 'RECORDED'",
);
const LEAVES_AS_OF: Sql = Sql::new(
    "SELECT v.* FROM trip_versions v WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.since_sequence <= $4 \
     AND (v.until_sequence IS NULL OR v.until_sequence > $4) AND v.state = 'RECORDED'",
);
const SPAN: Sql = Sql::new(
    "SELECT MIN(v.date) AS first_date, MAX(v.date) AS last_date FROM trip_versions v WHERE v.programme = $1 AND v.until_sequence IS NULL",
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("INSERT", INSERT),
    ("CLOSE", CLOSE),
    ("LINK", LINK),
    ("UNLINK", UNLINK),
    ("CURRENT", CURRENT),
    ("VERSION", VERSION),
    ("HISTORY", HISTORY),
    ("EXISTING", EXISTING),
    ("ON_TRIP", ON_TRIP),
    ("JOURNEYS", JOURNEYS),
    ("SITES", SITES),
    ("PRICES", PRICES),
    ("IN_VAIN", IN_VAIN),
    ("LEAVES", LEAVES),
    ("LEAVES_AS_OF", LEAVES_AS_OF),
    ("SPAN", SPAN),
];

static LIST: List = List {
    head: "SELECT v.* FROM trip_versions v WHERE v.programme = ? AND v.until_sequence IS NULL",
    filters: &[
        "v.date >= ?",
        "v.date <= ?",
        "v.patient_issuer = ? AND v.patient_token = ?",
        "v.trip IN (SELECT l.trip FROM trip_activities l WHERE l.programme = v.programme AND l.activity = ?)",
        "v.state = ?",
    ],
    after: "(v.date, v.trip) > (?, ?)",
    order: "ORDER BY v.date, v.trip",
};
static VERSIONS: List = List {
    head: "SELECT v.* FROM trip_versions v WHERE v.programme = ? AND v.trip = ?",
    filters: &[],
    after: "v.revision > ?",
    order: "ORDER BY v.revision",
};
static DOUBLES: List = List {
    head: "SELECT v.date, v.trip, w.trip AS other, v.patient_issuer AS issuer, w.patient_issuer AS other_issuer \
           FROM trip_versions v JOIN trip_versions w ON w.programme = v.programme AND w.date = v.date AND w.trip > v.trip \
           AND w.until_sequence IS NULL WHERE v.programme = ? AND v.until_sequence IS NULL AND v.state = 'RECORDED' \
           AND w.state = 'RECORDED' AND w.patient_issuer <> v.patient_issuer AND w.origin = v.origin \
           AND w.destination = v.destination AND w.site = v.site",
    filters: &["v.date >= ?", "v.date <= ?"],
    after: "(v.date, v.trip, w.trip) > (?, ?, ?)",
    order: "ORDER BY v.date, v.trip, w.trip",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("TRIPS", &LIST), ("TRIP_VERSIONS", &VERSIONS), ("DOUBLES", &DOUBLES)];

/// What a list of trips narrows by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// On or after this day.
    pub from: Option<Date>,
    /// On or before this day.
    pub to: Option<Date>,
    /// This patient's.
    pub patient: Option<Patient>,
    /// The one that this activity is on.
    pub activity: Option<Id>,
    /// In this state.
    pub state: Option<TripState>,
}

/// Current versions by date and id, before the page is cut.
#[must_use]
pub fn list(programme: &Id, filter: &Filter) -> Select {
    let mut select = LIST.select([Value::from(programme)]);
    let mut narrow = |index: usize, values: Option<Vec<Value>>| {
        if let Some(values) = values {
            select.filter(index, values);
        }
    };
    narrow(0, filter.from.map(|day| vec![day.into()]));
    narrow(1, filter.to.map(|day| vec![day.into()]));
    narrow(2, filter.patient.as_ref().map(|patient| vec![patient.issuer().into(), patient.token().into()]));
    narrow(3, filter.activity.as_ref().map(|id| vec![id.into()]));
    narrow(4, filter.state.map(|state| vec![state.code().into()]));
    select
}

/// The versions of one trip, before the page is cut.
#[must_use]
pub fn versions(programme: &Id, trip: &Id) -> Select {
    VERSIONS.select([Value::from(programme), Value::from(trip)])
}

/// Trips that may be doubles, before the page is cut.
#[must_use]
pub fn doubles(programme: &Id, from: Option<Date>, to: Option<Date>) -> Select {
    let mut select = DOUBLES.select([Value::from(programme)]);
    for (index, day) in [from, to].into_iter().enumerate() {
        if let Some(day) = day {
            select.filter(index, [Value::from(day)]);
        }
    }
    select
}

/// Two trips that may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// The day.
    pub date: Date,
    /// The one whose id comes first, and who issued its token.
    pub trip: (Id, String),
    /// The other, and who issued its token.
    pub other: (Id, String),
}

/// A possible double of a row.
///
/// # Errors
/// A storage error.
pub fn double(row: &Row) -> Result<Double> {
    Ok(Double {
        date: row.get("date")?,
        trip: (row.get("trip")?, row.get("issuer")?),
        other: (row.get("other")?, row.get("other_issuer")?),
    })
}

/// Adds the first versions of new trips, with what is on them and their external ids.
///
/// # Errors
/// A storage error, also when an id or an activity is taken.
pub async fn insert(tx: &mut Tx<'_>, programme: &Id, trips: &[Trip]) -> Result<()> {
    if trips.is_empty() {
        return Ok(());
    }
    insert_versions(tx, trips).await?;
    link(tx, trips).await?;
    let external: Vec<_> = trips
        .iter()
        .filter(|trip| !trip.external_ids.is_empty())
        .map(|trip| (trip.name.id(), trip.external_ids.as_slice()))
        .collect();
    external_ids::insert_all(tx, programme, Trips::COLLECTION, &external).await
}

/// Closes the current versions of trips and puts others in their place; what is on them stays on them.
///
/// # Errors
/// A storage error.
pub async fn restate(tx: &mut Tx<'_>, trips: &[Trip]) -> Result<()> {
    if trips.is_empty() {
        return Ok(());
    }
    let before = |trip: &Trip| {
        let (programme, id) = (trip.name.programme().clone(), trip.name.id().clone());
        (programme, id, trip.meta.revision - 1, trip.since_sequence)
    };
    tx.sql(CLOSE).bind_rows(&trips.iter().map(before).collect::<Vec<_>>()).execute().await?;
    insert_versions(tx, trips).await
}

/// Closes the current version of a trip and puts another in its place, with what is on it now; nothing is on a voided one.
///
/// # Errors
/// A storage error.
pub async fn replace(tx: &mut Tx<'_>, trip: &Trip) -> Result<()> {
    restate(tx, std::slice::from_ref(trip)).await?;
    let (programme, id) = (trip.name.programme(), trip.name.id());
    tx.sql(UNLINK).bind(programme).bind(id).execute().await?;
    match trip.state {
        TripState::Recorded => link(tx, std::slice::from_ref(trip)).await?,
        TripState::Voided => {}
    }
    external_ids::put(tx, programme, Trips::COLLECTION, id, &trip.external_ids).await
}

async fn insert_versions(tx: &mut Tx<'_>, trips: &[Trip]) -> Result<()> {
    let rows = trips.iter().map(version_row).collect::<Result<Vec<_>>>()?;
    tx.sql(INSERT).bind_rows(&rows).execute().await
}

async fn link(tx: &mut Tx<'_>, trips: &[Trip]) -> Result<()> {
    let on = |trip: &'_ Trip| {
        let (programme, id) = (trip.name.programme().clone(), trip.name.id().clone());
        trip.activities
            .iter()
            .map(move |activity| (programme.clone(), activity.clone(), id.clone()))
            .collect::<Vec<_>>()
    };
    let links: Vec<_> = trips.iter().flat_map(on).collect();
    if links.is_empty() { Ok(()) } else { tx.sql(LINK).bind_rows(&links).execute().await }
}

/// The current versions of these trips; one that isn't there is left out.
///
/// # Errors
/// A storage error.
pub async fn current(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<HashMap<Id, Trip>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(CURRENT).bind_rows(&keys).fetch_all().await?;
    let trips = with_external_ids(tx, programme, rows).await?;
    Ok(trips.into_iter().map(|trip| (trip.name.id().clone(), trip)).collect())
}

/// One version of a trip.
///
/// # Errors
/// A storage error.
pub async fn version(tx: &mut Tx<'_>, programme: &Id, trip: &Id, revision: i64) -> Result<Option<Trip>> {
    let rows = tx.sql(VERSION).bind(programme).bind(trip).bind(revision).fetch_all().await?;
    Ok(with_external_ids(tx, programme, rows).await?.pop())
}

/// The last versions of a trip, at most so many, the first one first.
///
/// # Errors
/// A storage error.
pub async fn history(tx: &mut Tx<'_>, programme: &Id, trip: &Id, most: i64) -> Result<Vec<Trip>> {
    let rows = tx.sql(HISTORY).bind(programme).bind(trip).bind(most).fetch_all().await?;
    rows.iter().rev().map(columns::trip).collect()
}

/// The trips of rows, with the external ids that they have now.
///
/// # Errors
/// A storage error.
pub async fn with_external_ids(tx: &mut Tx<'_>, programme: &Id, rows: Vec<Row>) -> Result<Vec<Trip>> {
    let mut trips = rows.iter().map(columns::trip).collect::<Result<Vec<_>>>()?;
    let ids: BTreeSet<&Id> = trips.iter().map(|trip| trip.name.id()).collect();
    let ids: Vec<&Id> = ids.into_iter().collect();
    let external_ids = external_ids::of(tx, programme, Trips::COLLECTION, &ids).await?;
    for trip in &mut trips {
        trip.external_ids = external_ids.get(trip.name.id()).cloned().unwrap_or_default();
    }
    Ok(trips)
}

/// Which of these ids are taken.
///
/// # Errors
/// A storage error.
pub async fn existing(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<HashSet<Id>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id, 1)).collect();
    tx.sql(EXISTING).bind_rows(&keys).fetch_all().await?.iter().map(|row| row.get("trip")).collect()
}

/// Which trip each of these activities is on.
///
/// # Errors
/// A storage error.
pub async fn on_trip(tx: &mut Tx<'_>, programme: &Id, activities: &[&Id]) -> Result<HashMap<Id, Id>> {
    let keys: Vec<_> = activities.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(ON_TRIP).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("activity")?, row.get("trip")?))).collect()
}

/// The standing journeys of these patients.
///
/// # Errors
/// A storage error.
pub async fn journeys(tx: &mut Tx<'_>, programme: &Id, patients: &[&Patient]) -> Result<HashMap<JourneyKey, Id>> {
    let keys: Vec<_> = patients.iter().map(|patient| (programme, patient.issuer(), patient.token())).collect();
    let rows = tx.sql(JOURNEYS).bind_rows(&keys).fetch_all().await?;
    rows.iter()
        .map(|row| Ok(((patient(row)?, code(row, "destination")?, row.get("date")?), row.get("trip")?)))
        .collect()
}

/// Where these sites are.
///
/// # Errors
/// A storage error.
pub async fn sites(tx: &mut Tx<'_>, programme: &Id, sites: &[&Id]) -> Result<HashMap<Id, DivisionCode>> {
    let keys: Vec<_> = sites.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(SITES).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("site")?, code(row, "division_code")?))).collect()
}

/// Every approved policy, and the approved tariffs that journeys between some places (home, far, near) can ask for on any day.
///
/// # Errors
/// A storage error, or `TARIFF_OVERLAP`.
pub async fn prices(
    tx: &mut Tx<'_>,
    programme: &Id,
    places: &[(DivisionCode, DivisionCode, DivisionCode)],
) -> Result<Prices> {
    let keys: BTreeSet<(&str, &str)> = places
        .iter()
        .flat_map(|(origin, far, near)| {
            let (origin, far, near) = (origin.as_str(), far.as_str(), near.as_str());
            [(origin, far), (origin, near), (origin, ""), ("", far), ("", near)]
        })
        .collect();
    let rows: Vec<_> = keys.into_iter().map(|(origin, destination)| (programme, origin, destination)).collect();
    let tariffs = tx.sql(PRICES).bind_rows(&rows).fetch_all().await?;
    let tariffs = tariffs.iter().map(|row| Ok(tariff(row)?.draft.version)).collect::<Result<Vec<_>>>()?;
    let policies = super::approved_policies(tx, programme).await?;
    Ok(Prices { policies, book: Book::new(tariffs)? })
}

/// The very versions that a saving was reckoned by, whatever stands in their place now.
///
/// # Errors
/// A storage error.
pub async fn prices_of(tx: &mut Tx<'_>, programme: &Id, reckoned: &Reckoned) -> Result<Prices> {
    let tariffs = super::recomputations::tariffs(tx, programme, &reckoned.tariffs).await?;
    let rows = tx.sql(super::GET_POLICY).bind(programme).bind(&reckoned.policy).fetch_all().await?;
    let policies = rows.iter().map(|row| Ok(policy(row)?.draft.policy)).collect::<Result<_>>()?;
    Ok(Prices { policies, book: Book::new(tariffs)? })
}

/// The trips that somebody made in vain to a session.
///
/// # Errors
/// A storage error.
pub async fn in_vain(tx: &mut Tx<'_>, programme: &Id, session: &Id) -> Result<Vec<Id>> {
    tx.sql(IN_VAIN).bind(programme).bind(session).fetch_all().await?.iter().map(|row| row.get("trip")).collect()
}

/// The trips that stand from a day to a day, without external ids; `as_of`: those that stood at a sequence.
///
/// # Errors
/// A storage error.
pub async fn standing(
    tx: &mut Tx<'_>,
    programme: &Id,
    (from, to): (Date, Date),
    as_of: Option<i64>,
) -> Result<Vec<Trip>> {
    let rows = match as_of {
        None => tx.sql(LEAVES).bind(programme).bind(from).bind(to).fetch_all().await?,
        Some(sequence) => tx.sql(LEAVES_AS_OF).bind(programme).bind(from).bind(to).bind(sequence).fetch_all().await?,
    };
    rows.iter().map(columns::trip).collect()
}

/// What the trips from a day to a day count.
///
/// # Errors
/// A storage error.
pub async fn leaves(tx: &mut Tx<'_>, programme: &Id, days: (Date, Date), as_of: Option<i64>) -> Result<Vec<Leaf>> {
    let trips = standing(tx, programme, days, as_of).await?;
    trips.iter().filter_map(|trip| trip.leaf().transpose()).collect()
}

/// The first and the last day of any trip.
///
/// # Errors
/// A storage error.
pub async fn span(tx: &mut Tx<'_>, programme: &Id) -> Result<Option<(Date, Date)>> {
    let row = tx.sql(SPAN).bind(programme).fetch_one().await?;
    Ok(row.get::<Option<Date>>("first_date")?.zip(row.get::<Option<Date>>("last_date")?))
}

//! The table `travel_minutes`: SQL, and rows to journeys. A journey without a row is unknown.

use std::collections::HashMap;

use crate::db::{Ask, List, Read, Row, Sql, Tx, Value};
use crate::kernel::{Id, Name, PageRequest, Result};
use crate::rows;
use crate::sites::{Journey, Sites};

const AMONG: Sql = rows!(
    "SELECT t.origin, t.destination, t.minutes FROM ",
    "JOIN travel_minutes AS t ON t.programme = r.value->>0 AND t.origin = r.value->>1 AND t.destination = r.value->>2"
);
const SET: Sql = rows!(
    "INSERT INTO travel_minutes (programme, origin, destination, minutes) \
     SELECT $2, r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT) FROM ",
    "WHERE TRUE ON CONFLICT (programme, origin, destination) DO UPDATE SET minutes = excluded.minutes"
);
const FORGET: Sql = rows!(
    "DELETE FROM travel_minutes WHERE (programme, origin, destination) IN \
     (SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    ")"
);
const DELETE_FROM: Sql = Sql::new("DELETE FROM travel_minutes WHERE programme = $1 AND origin = $2");
const DELETE_TO: Sql = Sql::new("DELETE FROM travel_minutes WHERE programme = $1 AND destination = $2");

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("AMONG", AMONG), ("SET", SET), ("FORGET", FORGET), ("DELETE_FROM", DELETE_FROM), ("DELETE_TO", DELETE_TO)];

pub(super) static LIST: List = List {
    head: "SELECT t.origin, t.destination, t.minutes FROM travel_minutes AS t WHERE t.programme = ?",
    filters: &["t.origin = ?", "t.destination = ?"],
    after: "(t.origin, t.destination) > (?, ?)",
    order: "ORDER BY t.origin, t.destination",
};

/// What a list can be narrowed by; everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Starting at this site.
    pub origin: Option<Id>,
    /// Ending at this site.
    pub destination: Option<Id>,
}

/// Asks how many minutes each of these journeys (origin, destination) takes; an unknown one isn't in the answer.
/// Staying at a site is no journey: don't ask for it.
pub fn minutes(programme: &Id, pairs: &[(Id, Id)]) -> Ask<HashMap<(Id, Id), i64>> {
    if pairs.is_empty() {
        return Ask::known(HashMap::new());
    }
    let keys: Vec<_> = pairs.iter().map(|(from, to)| (programme.as_str(), from.as_str(), to.as_str())).collect();
    Ask::rows(Read::of(AMONG).bind_rows(&keys), |rows| {
        rows.iter().map(|row| Ok(((row.get("origin")?, row.get("destination")?), row.get("minutes")?))).collect()
    })
}

/// The journeys that pass a filter, by origin and destination: a page and one more.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Journey>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(origin) = &filter.origin {
        select.filter(0, [origin.into()]);
    }
    if let Some(destination) = &filter.destination {
        select.filter(1, [destination.into()]);
    }
    select.page(page);
    tx.select(&select).await?.iter().map(journey).collect()
}

/// Writes journeys over what was known, and forgets those without minutes.
///
/// # Errors
/// A storage error.
pub async fn set(tx: &mut Tx<'_>, programme: &Id, journeys: &[Journey]) -> Result<()> {
    let known: Vec<_> = journeys
        .iter()
        .filter_map(|each| Some((each.origin.as_str(), each.destination.as_str(), each.minutes?)))
        .collect();
    if !known.is_empty() {
        tx.sql(SET).bind_rows(&known).bind(programme).execute().await?;
    }
    let unknown: Vec<_> = journeys
        .iter()
        .filter(|each| each.minutes.is_none())
        .map(|each| (programme.as_str(), each.origin.as_str(), each.destination.as_str()))
        .collect();
    if !unknown.is_empty() {
        tx.sql(FORGET).bind_rows(&unknown).execute().await?;
    }
    Ok(())
}

/// Removes the journeys from and to a site.
pub(super) async fn delete(tx: &mut Tx<'_>, site: &Name<Sites>) -> Result<()> {
    tx.sql(DELETE_FROM).bind(site.programme()).bind(site.id()).execute().await?;
    tx.sql(DELETE_TO).bind(site.programme()).bind(site.id()).execute().await?;
    Ok(())
}

fn journey(row: &Row) -> Result<Journey> {
    Ok(Journey { origin: row.get("origin")?, destination: row.get("destination")?, minutes: row.get("minutes")? })
}

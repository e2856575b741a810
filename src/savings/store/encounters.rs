//! The table of bills: what was settled, and whether it stands.

use std::collections::{HashMap, HashSet};

use crate::db::{List, Row, Sql, Tx, Value, external_ids};
use crate::kernel::{Collection as _, Error, ExternalId, Id, Name, PageRequest, Result, Vocabulary as _};
use crate::rows;
use crate::savings::encounter::{Encounter, Encounters};
use crate::savings::trip::TripState;

const INSERT: Sql = rows!(
    "INSERT INTO encounters (programme, encounter, trip, number_system, number_value, bill, state, recorder, batch_row, revision, \
     create_time, update_time) SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, \
     r.value->>4, r.value->>5, r.value->>6, r.value->>7, \
     CAST(r.value->>8 AS BIGINT), CAST(r.value->>9 AS BIGINT), CAST(r.value->>10 AS BIGINT), \
     CAST(r.value->>11 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const VOID: Sql = Sql::new(
    "UPDATE encounters SET state = 'VOIDED', void_reason = $3, revision = $4, update_time = $5 WHERE programme = $1 AND encounter = $2",
);
const GET: Sql =
    rows!("SELECT e.* FROM ", "JOIN encounters e ON e.programme = r.value->>0 AND e.encounter = r.value->>1");

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("INSERT", INSERT), ("VOID", VOID), ("GET", GET)];

static LIST: List = List {
    head: "SELECT e.* FROM encounters e WHERE e.programme = ?",
    filters: &["e.trip = ?"],
    after: "e.encounter > ?",
    order: "ORDER BY e.encounter",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("ENCOUNTERS", &LIST)];

crate::row! {
    struct EncounterRow<'a> {
        programme: &'a str,
        encounter: &'a str,
        trip: &'a str,
        number_system: &'a str,
        number_value: &'a str,
        bill: String,
        state: &'static str,
        recorder: &'a str,
        batch_row: Option<i64>,
        revision: i64,
        create_time: i64,
        update_time: i64,
    }
}

/// Writes new bills, and takes their numbers.
///
/// # Errors
/// A storage error, also when an id or a number is taken.
pub async fn insert(tx: &mut Tx<'_>, programme: &Id, encounters: &[Encounter]) -> Result<()> {
    if encounters.is_empty() {
        return Ok(());
    }
    let row = |it: &'_ Encounter| -> Result<serde_json::Value> {
        let row = EncounterRow {
            programme: it.name.programme().as_str(),
            encounter: it.name.id().as_str(),
            trip: it.trip.as_str(),
            number_system: it.number.system(),
            number_value: it.number.value(),
            bill: serde_json::to_string(&it.bill).map_err(Error::storage)?,
            state: it.state.code(),
            recorder: &it.recorder,
            batch_row: it.batch_row,
            revision: it.meta.revision,
            create_time: it.meta.create_time.micros(),
            update_time: it.meta.update_time.micros(),
        };
        serde_json::to_value(row).map_err(Error::storage)
    };
    let rows = encounters.iter().map(row).collect::<Result<Vec<_>>>()?;
    tx.sql(INSERT).bind_rows(&rows).execute().await?;
    let numbers: Vec<_> = encounters.iter().map(|it| (it.name.id(), std::slice::from_ref(&it.number))).collect();
    external_ids::insert_all(tx, programme, Encounters::COLLECTION, &numbers).await
}

/// Writes that a bill was taken back, and gives its number free.
///
/// # Errors
/// A storage error.
pub async fn void(tx: &mut Tx<'_>, encounter: &Encounter) -> Result<()> {
    let (programme, id) = (encounter.name.programme(), encounter.name.id());
    let stmt = tx.sql(VOID).bind(programme).bind(id).bind(encounter.void_reason.map(|reason| reason.code()));
    stmt.bind(encounter.meta.revision).bind(encounter.meta.update_time).execute().await?;
    external_ids::put(tx, programme, Encounters::COLLECTION, id, &[]).await
}

/// These bills; one that isn't there is left out.
///
/// # Errors
/// A storage error.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<HashMap<Id, Encounter>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(GET).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("encounter")?, encounter(row)?))).collect()
}

/// Whose numbers these are.
///
/// # Errors
/// A storage error.
pub async fn numbers(tx: &mut Tx<'_>, programme: &Id, numbers: &[&ExternalId]) -> Result<HashMap<ExternalId, Id>> {
    external_ids::find_all(tx, programme, Encounters::COLLECTION, numbers).await
}

/// Which of these ids are taken.
///
/// # Errors
/// A storage error.
pub async fn existing(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<HashSet<Id>> {
    Ok(many(tx, programme, ids).await?.into_keys().collect())
}

/// A page of bills by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, trip: Option<&Id>, page: &PageRequest) -> Result<Vec<Encounter>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(trip) = trip {
        select.filter(0, [Value::from(trip)]);
    }
    tx.select(select.page(page)).await?.iter().map(encounter).collect()
}

fn encounter(row: &Row) -> Result<Encounter> {
    let (system, value) = (row.get::<String>("number_system")?, row.get::<String>("number_value")?);
    Ok(Encounter {
        name: Name::new(row.get("programme")?, row.get("encounter")?),
        trip: row.get("trip")?,
        number: ExternalId::parse(&system, &value).map_err(|_| Error::storage("encounters.number is none"))?,
        bill: row.json("bill")?,
        state: row.code::<TripState>("state")?,
        void_reason: row.optional_code("void_reason")?,
        recorder: row.get("recorder")?,
        batch_row: row.get("batch_row")?,
        meta: row.meta()?,
    })
}

//! The table of recomputations, and the trips that one has still to do.

use crate::db::{List, Row, Sql, Tx, Value};
use crate::kernel::{Date, Error, Id, Name, PageRequest, Result, Vocabulary as _};
use crate::rows;
use crate::savings::recomputation::{Comparison, Recomputation, RecomputationState, Running};
use crate::savings::tariff::Version;
use crate::savings::trip::Trip;

const GET: Sql = Sql::new("SELECT j.* FROM recomputations j WHERE j.programme = $1 AND j.recomputation = $2");
const INSERT: Sql = Sql::new(
    "INSERT INTO recomputations (programme, recomputation, from_date, to_date, note, state, done_date, done_trip, examined, changed, \
     gaps, figures, recorder, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
);
const MOVE: Sql = Sql::new(
    "UPDATE recomputations SET state = $3, done_date = $4, done_trip = $5, examined = $6, changed = $7, gaps = $8, figures = $9, \
     revision = $10, update_time = $11 WHERE programme = $1 AND recomputation = $2",
);
const RUNNING: Sql = Sql::new(
    "SELECT j.create_time, j.programme, j.recomputation FROM recomputations j WHERE j.state = 'RUNNING' \
     AND (j.create_time, j.programme, j.recomputation) > ($1, $2, $3) \
     AND (SELECT 1 FROM programmes p WHERE p.programme = j.programme AND p.state = 'ACTIVE' LIMIT 1) IS NOT NULL \
     ORDER BY j.create_time, j.programme, j.recomputation LIMIT 100",
);
const CHUNK: Sql = Sql::new(
    "SELECT v.* FROM trip_versions v WHERE v.programme = $1 AND (v.date, v.trip) > ($2, $3) AND v.date <= $4 \
     AND v.until_sequence IS NULL AND v.state = 'RECORDED' ORDER BY v.date, v.trip LIMIT $5 + 0",
);
const TARIFFS: Sql =
    rows!("SELECT t.* FROM ", "JOIN tariffs t ON t.programme = r.value->>0 AND t.tariff = r.value->>1");

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("GET", GET), ("INSERT", INSERT), ("MOVE", MOVE), ("RUNNING", RUNNING), ("CHUNK", CHUNK), ("TARIFFS", TARIFFS)];

static LIST: List = List {
    head: "SELECT j.* FROM recomputations j WHERE j.programme = ?",
    filters: &[],
    after: "j.recomputation > ?",
    order: "ORDER BY j.recomputation",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("RECOMPUTATIONS", &LIST)];

/// A recomputation, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, programme: &Id, id: &Id) -> Result<Option<Recomputation>> {
    tx.sql(GET).bind(programme).bind(id).fetch_optional().await?.as_ref().map(recomputation).transpose()
}

/// Writes a new one.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, job: &Recomputation) -> Result<()> {
    let (date, trip) = done(job);
    let stmt = tx.sql(INSERT).bind(job.name.programme()).bind(job.name.id()).bind(job.from).bind(job.to);
    let stmt = stmt.bind(job.note.as_str()).bind(job.state.code()).bind(date).bind(trip);
    let stmt = stmt.bind(job.comparison.examined).bind(job.comparison.changed).bind(job.comparison.gaps);
    let stmt = stmt.bind(figures(job)?).bind(job.recorder.as_str()).bind(job.meta.revision);
    stmt.bind(job.meta.create_time).bind(job.meta.update_time).execute().await
}

/// Writes where one stands.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, job: &Recomputation) -> Result<()> {
    let (date, trip) = done(job);
    let stmt = tx.sql(MOVE).bind(job.name.programme()).bind(job.name.id()).bind(job.state.code()).bind(date).bind(trip);
    let stmt = stmt.bind(job.comparison.examined).bind(job.comparison.changed).bind(job.comparison.gaps);
    stmt.bind(figures(job)?).bind(job.meta.revision).bind(job.meta.update_time).execute().await
}

/// How far one has come; empty texts: nowhere.
fn done(job: &Recomputation) -> (String, String) {
    job.done.as_ref().map_or_else(Default::default, |(date, trip)| (date.to_string(), trip.to_string()))
}

fn figures(job: &Recomputation) -> Result<String> {
    serde_json::to_string(&job.comparison.figures).map_err(Error::storage)
}

/// Those of every programme that aren't done, the oldest first, after one; 100 of them at most.
///
/// # Errors
/// A storage error.
pub async fn running(tx: &mut Tx<'_>, after: Option<&Running>) -> Result<Vec<Running>> {
    // No id is empty, and nothing began before all time.
    let (begun, programme, id) = after.map_or((i64::MIN, "", ""), |Running { begun, name }| {
        (begun.micros(), name.programme().as_str(), name.id().as_str())
    });
    let rows = tx.sql(RUNNING).bind(begun).bind(programme).bind(id).fetch_all().await?;
    let running = |row: &Row| {
        let name = Name::new(row.get("programme")?, row.get("recomputation")?);
        Ok(Running { begun: row.get("create_time")?, name })
    };
    rows.iter().map(running).collect()
}

/// The next trips by service date and id, at most so many: after one, or from a day on.
///
/// # Errors
/// A storage error.
pub async fn chunk(
    tx: &mut Tx<'_>,
    programme: &Id,
    (from, to): (Date, Date),
    after: Option<&(Date, Id)>,
    most: i64,
) -> Result<Vec<Trip>> {
    // No id is empty, so this is before every trip of the day.
    let (date, trip) = after.map_or((from, ""), |(date, trip)| (*date, trip.as_str()));
    let stmt = tx.sql(CHUNK).bind(programme).bind(date).bind(trip).bind(to).bind(most);
    stmt.fetch_all().await?.iter().map(super::columns::trip).collect()
}

/// These versions of tariffs, in whatever state; one that isn't there is left out.
///
/// # Errors
/// A storage error.
pub async fn tariffs(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<Vec<Version>> {
    let rows = tx.sql(TARIFFS).bind_rows(&crate::db::keys(programme, ids)).fetch_all().await?;
    rows.iter().map(|row| Ok(super::tariff(row)?.draft.version)).collect()
}

/// A page of recomputations by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, page: &PageRequest) -> Result<Vec<Recomputation>> {
    let mut select = LIST.select([Value::from(programme)]);
    tx.select(select.page(page)).await?.iter().map(recomputation).collect()
}

fn recomputation(row: &Row) -> Result<Recomputation> {
    let (date, trip) = (row.get::<String>("done_date")?, row.get::<String>("done_trip")?);
    let date: Option<Date> = if date.is_empty() { None } else { Some(date.parse().map_err(Error::storage)?) };
    Ok(Recomputation {
        name: Name::new(row.get("programme")?, row.get("recomputation")?),
        from: row.get("from_date")?,
        to: row.get("to_date")?,
        note: row.get("note")?,
        state: row.code::<RecomputationState>("state")?,
        done: date.zip(Id::parse(&trip).ok()),
        comparison: Comparison {
            examined: row.get("examined")?,
            changed: row.get("changed")?,
            gaps: row.get("gaps")?,
            figures: row.json("figures")?,
        },
        recorder: row.get("recorder")?,
        meta: row.meta()?,
    })
}

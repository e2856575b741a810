//! SQL of reservations, and rows to types: registers here, reservations, the queue and what lapses beside.
use std::collections::BTreeMap;

use super::register::{Job, Register, Registers};
use super::{Grant, Policy};
use crate::db::{self, Row, Sql, Tx};
use crate::kernel::{Error, Id, Name, Result, Timestamp, Vocabulary as _};
use crate::rows;

mod columns;
pub mod desks;
pub mod list;
pub mod needs;
pub mod patients;
pub mod sweeps;

pub use columns::{register_of, reservation_of};

/// The tables that this slice writes.
pub const TABLES: &[&str] =
    &["registers", "extra_places", "reservations", "reservation_policies", "register_sweeps", "needs"];

macro_rules! register_columns {
    () => {
        "g.programme, g.session, g.session_state, g.expert, g.start_time, g.end_time, g.capacity, g.granted, g.place_minutes, \
         g.open_time, g.close_time, g.next_place, g.taken, g.freed, g.waiting, g.next_arrival, g.due_time, g.job, g.job_cause, \
         g.job_time, g.job_after, g.guard, g.revision, g.create_time, g.update_time "
    };
}
use register_columns;

const GET: Sql = Sql::pair(
    concat!(
        "SELECT ",
        register_columns!(),
        "FROM jsonb_each($1) AS r JOIN registers g ON g.programme = r.value->>0 AND g.session = r.value->>1"
    ),
    concat!(
        "SELECT ",
        register_columns!(),
        "FROM jsonb_array_elements(CAST($1 AS JSONB)) AS r JOIN registers g ON g.programme = r.value->>0 AND g.session = r.value->>1"
    ),
);
const INSERT: Sql = rows!(
    "INSERT INTO registers (programme, session, session_state, expert, start_time, end_time, capacity, granted, place_minutes, \
     open_time, close_time, next_place, taken, freed, waiting, next_arrival, guard, revision, create_time, update_time) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, CAST(r.value->>4 AS BIGINT), CAST(r.value->>5 AS BIGINT), \
     CAST(r.value->>6 AS BIGINT), 0, CAST(r.value->>7 AS BIGINT), CAST(r.value->>8 AS BIGINT), CAST(r.value->>9 AS BIGINT), \
     1, 0, '', 0, 1, 1, 1, CAST(r.value->>10 AS BIGINT), CAST(r.value->>10 AS BIGINT) FROM ",
    "WHERE TRUE"
);
/// What the site and the session change.
const UPDATE: Sql = rows!(
    "UPDATE registers SET session_state = r.value->>2, expert = r.value->>3, start_time = CAST(r.value->>4 AS BIGINT), \
     end_time = CAST(r.value->>5 AS BIGINT), granted = CAST(r.value->>6 AS BIGINT), place_minutes = CAST(r.value->>7 AS BIGINT), \
     open_time = CAST(r.value->>8 AS BIGINT), close_time = CAST(r.value->>9 AS BIGINT), job = r.value->>10, \
     job_cause = r.value->>11, job_time = CAST(r.value->>12 AS BIGINT), job_after = r.value->>13, \
     revision = CAST(r.value->>14 AS BIGINT), update_time = CAST(r.value->>15 AS BIGINT) FROM ",
    "WHERE registers.programme = r.value->>0 AND registers.session = r.value->>1"
);
/// What bookings change, guarded.
const TAKE: Sql = rows!(
    "UPDATE registers SET next_place = CAST(r.value->>3 AS BIGINT), taken = CAST(r.value->>4 AS BIGINT), freed = r.value->>5, \
     waiting = CAST(r.value->>6 AS BIGINT), next_arrival = CAST(r.value->>7 AS BIGINT), due_time = CAST(r.value->>8 AS BIGINT), \
     guard = CAST(r.value->>9 AS BIGINT) FROM ",
    "WHERE registers.programme = r.value->>0 AND registers.session = r.value->>1 AND registers.guard = CAST(r.value->>2 AS BIGINT)"
);
const GRANTS: Sql = Sql::new(
    "SELECT e.number, e.places, e.heard_by, e.medium, e.heard_time, e.words, e.record_time FROM extra_places e \
     WHERE e.programme = $1 AND e.session = $2 ORDER BY e.number",
);
const INSERT_GRANT: Sql = Sql::new(
    "INSERT INTO extra_places (programme, session, number, places, heard_by, medium, heard_time, words, record_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const POLICY: Sql = Sql::new(
    "SELECT p.waitlist, p.offer_minutes, p.records_consultations, p.on_cancel, p.on_move, p.revision, p.create_time, \
     p.update_time FROM reservation_policies p WHERE p.programme = $1",
);
const PUT_POLICY: Sql = Sql::new(
    "INSERT INTO reservation_policies (programme, waitlist, offer_minutes, records_consultations, on_cancel, on_move, revision, \
     create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     ON CONFLICT (programme) DO UPDATE SET waitlist = excluded.waitlist, offer_minutes = excluded.offer_minutes, \
     records_consultations = excluded.records_consultations, on_cancel = excluded.on_cancel, on_move = excluded.on_move, \
     revision = excluded.revision, update_time = excluded.update_time",
);

const LAPSED: Sql = rows!(
    "SELECT r.value->>1 AS session, (SELECT COUNT(*) FROM reservations x WHERE x.programme = r.value->>0 \
     AND x.session = r.value->>1 AND x.lapse_time <= CAST(r.value->>2 AS BIGINT)) AS lapsed FROM ",
    "WHERE TRUE"
);

/// The statements about registers and policies, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("TAKE", TAKE),
    ("GRANTS", GRANTS),
    ("INSERT_GRANT", INSERT_GRANT),
    ("POLICY", POLICY),
    ("PUT_POLICY", PUT_POLICY),
    ("LAPSED", LAPSED),
];

/// The register of a session.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, naming the register, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Registers>) -> Result<Register> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The register of a session, if it has one.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Registers>) -> Result<Option<Register>> {
    Ok(many(tx, name.programme(), std::slice::from_ref(name.id())).await?.pop())
}

/// The registers of these sessions, in no particular order; a session without one is left out.
///
/// # Errors
/// A storage error.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, sessions: &[Id]) -> Result<Vec<Register>> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.sql(GET).bind_rows(&db::keys(programme, sessions)).fetch_all().await?;
    rows.iter().map(register_of).collect()
}

/// Writes a new register.
///
/// # Errors
/// A storage error, also when the session has one.
pub async fn insert(tx: &mut Tx<'_>, register: &Register) -> Result<()> {
    let row = (
        register.name.programme(),
        register.name.id(),
        register.session_state.code(),
        &register.expert,
        register.start,
        register.end,
        register.capacity,
        register.place_minutes,
        register.open,
        register.close,
        register.meta.create_time,
    );
    tx.sql(INSERT).bind_rows(&[row]).execute().await
}

/// Writes what the site and the session change in a register.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, register: &Register) -> Result<()> {
    let job = register.job.as_ref();
    let row = (
        register.name.programme(),
        register.name.id(),
        register.session_state.code(),
        &register.expert,
        register.start,
        register.end,
        register.granted,
        register.place_minutes,
        register.open,
        register.close,
        job.map(|job| job.kind),
        job.and_then(|job| job.cause),
        job.map(|job| job.time),
        job.and_then(|job| job.after.as_ref()),
        register.meta.revision,
        register.meta.update_time,
    );
    tx.sql(UPDATE).bind_rows(&[row]).execute().await
}

/// Writes what bookings change in registers, each with the guard that it was read with.
///
/// # Errors
/// A storage error; `INTERNAL`, when a register isn't as it was read: nobody else writes while a programme's head is locked.
pub async fn take(tx: &mut Tx<'_>, registers: &[(&Register, i64)]) -> Result<()> {
    if registers.is_empty() {
        return Ok(());
    }
    let row = |(register, read): &(&Register, i64)| {
        let name = register.name.clone();
        let freed = columns::freed(&register.freed);
        let places = (register.next_place, register.taken, freed, register.waiting, register.next_arrival);
        let (next, taken, freed, waiting, arrival) = places;
        let (programme, session) = (name.programme().to_string(), name.into_id());
        (programme, session, *read, next, taken, freed, waiting, arrival, register.due, register.guard)
    };
    let rows: Vec<_> = registers.iter().map(row).collect();
    let written = tx.sql(TAKE).bind_rows(&rows).count().await?;
    if written == rows.len() as u64 { Ok(()) } else { Err(Error::Internal("a register moved while it was written")) }
}

/// The extra places that an expert granted in a session, the first first.
///
/// # Errors
/// A storage error.
pub async fn grants(tx: &mut Tx<'_>, name: &Name<Registers>) -> Result<Vec<Grant>> {
    let rows = tx.sql(GRANTS).bind(name.programme()).bind(name.id()).fetch_all().await?;
    rows.iter().map(columns::grant_of).collect()
}

/// Writes a new grant.
///
/// # Errors
/// A storage error.
pub async fn insert_grant(tx: &mut Tx<'_>, name: &Name<Registers>, grant: &Grant) -> Result<()> {
    let Grant { number, places, consent, time } = grant;
    let stmt = tx.sql(INSERT_GRANT).bind(name.programme()).bind(name.id()).bind(*number).bind(*places);
    let stmt = stmt.bind(&consent.heard_by).bind(consent.medium.code()).bind(consent.heard_time);
    stmt.bind(&consent.words).bind(*time).execute().await
}

/// How a programme treats reservations.
///
/// # Errors
/// A storage error.
pub async fn policy(tx: &mut Tx<'_>, programme: &Id) -> Result<Policy> {
    let row = tx.sql(POLICY).bind(programme).fetch_optional().await?;
    row.as_ref().map_or(Ok(Policy::unset()), policy_of)
}

fn policy_of(row: &Row) -> Result<Policy> {
    Ok(Policy {
        waitlist: row.code("waitlist")?,
        offer_minutes: row.get("offer_minutes")?,
        records_consultations: row.get("records_consultations")?,
        on_cancel: row.code("on_cancel")?,
        on_move: row.code("on_move")?,
        meta: Some(row.meta()?),
    })
}

/// Writes how a programme treats reservations.
///
/// # Errors
/// A storage error.
pub async fn put_policy(tx: &mut Tx<'_>, programme: &Id, policy: &Policy) -> Result<()> {
    let times = policy.meta.map_or((Timestamp::default(), Timestamp::default()), |m| (m.create_time, m.update_time));
    let stmt = tx.sql(PUT_POLICY).bind(programme).bind(policy.waitlist.code()).bind(policy.offer_minutes);
    let stmt = stmt.bind(policy.records_consultations).bind(policy.on_cancel.code()).bind(policy.on_move.code());
    stmt.bind(policy.revision()).bind(times.0).bind(times.1).execute().await
}

/// How many holds and offers of these sessions have lapsed by an instant and stand there still.
///
/// # Errors
/// A storage error.
pub async fn lapsed(tx: &mut Tx<'_>, programme: &Id, sessions: &[Id], now: Timestamp) -> Result<BTreeMap<Id, i64>> {
    let keys: Vec<_> = sessions.iter().map(|session| (programme, session, now)).collect();
    let rows = tx.sql(LAPSED).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("session")?, row.get("lapsed")?))).collect()
}

/// The job of a register's row.
fn job_of(row: &Row) -> Result<Option<Job>> {
    let Some(kind) = row.optional_code("job")? else { return Ok(None) };
    let job =
        Job { kind, cause: row.optional_code("job_cause")?, time: row.get("job_time")?, after: row.get("job_after")? };
    Ok(Some(job))
}

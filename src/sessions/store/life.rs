//! SQL of what happens to sessions that stand: what lapses, what is freed, who comes, and whom a change elsewhere touches.
use std::collections::BTreeSet;

use serde_json::json;

use super::super::{ExpertConsent, Session, SessionState};
use super::{INSERT_CO_EXPERTS, INSERT_CONSENTS, co_expert_rows, consent_rows};
use crate::db::{self, Row, Sql, Tx};
use crate::kernel::{Id, Result, Timestamp};
use crate::rows;

// SQLite would look through whatever the programme has taken for the sessions: it takes the key's first part for choosy.
pub(super) const RELEASE: Sql = rows!(
    "DELETE FROM occupancy ",
    hint: "INDEXED BY occupancy_by_session ",
    "WHERE (programme, session) IN (SELECT r.value->>0, r.value->>1 FROM ",
    ")"
);
pub(super) const RELEASE_MOVES: Sql = rows!(
    "DELETE FROM occupancy ",
    hint: "INDEXED BY occupancy_by_session ",
    "WHERE lapses IS NOT NULL AND (programme, session) IN (SELECT r.value->>0, r.value->>1 FROM ",
    ")"
);
/// A session that is confirmed stays so: only its proposed move lapses.
pub(super) const LAPSE: Sql = rows!(
    "UPDATE sessions SET state = CASE WHEN state = 'CONFIRMED' THEN state ELSE 'LAPSED' END, \
     lapse_cause = CASE WHEN state = 'CONFIRMED' THEN NULL ELSE 'DEADLINE' END, \
     lapse_time = NULL, awaiting = NULL, proposed_move = NULL, \
     revision = revision + 1, update_time = CAST(r.value->>2 AS BIGINT) FROM ",
    "WHERE sessions.programme = r.value->>0 AND sessions.session = r.value->>1"
);
pub(super) const DELETE_CO_EXPERTS: Sql =
    Sql::new("DELETE FROM session_co_experts WHERE programme = $1 AND session = $2");
pub(super) const SUPERSEDE: Sql = Sql::new(
    "UPDATE session_consents SET superseded = TRUE \
     WHERE programme = $1 AND session = $2 AND expert = $3 AND heard_time = $4",
);
/// What is due, in programmes that nobody else sweeps and that haven't ended.
pub(super) const DUE_PROGRAMMES: Sql = Sql::new(
    "SELECT s.programme FROM sessions s WHERE s.lapse_time <= $1 \
     AND (SELECT 1 FROM programmes p WHERE p.programme = s.programme AND p.state = 'ACTIVE' LIMIT 1) IS NOT NULL \
     AND (SELECT 1 FROM session_sweeps w WHERE w.programme = s.programme AND w.holder <> $2 AND w.term_until > $1 \
     LIMIT 1) IS NULL ORDER BY s.lapse_time LIMIT 1000",
);
pub(super) const DUE: Sql = Sql::new(
    "SELECT s.session, s.state, s.revision FROM sessions s WHERE s.programme = $1 AND s.lapse_time <= $2 \
     ORDER BY s.lapse_time, s.session LIMIT 500",
);
pub(super) const LEASE: Sql = Sql::new(
    "INSERT INTO session_sweeps (programme, holder, term_until) VALUES ($1, $2, $3) \
     ON CONFLICT (programme) DO UPDATE SET holder = excluded.holder, term_until = excluded.term_until",
);
pub(super) const LEASE_OF: Sql = Sql::new("SELECT w.holder, w.term_until FROM session_sweeps w WHERE w.programme = $1");

pub(super) const TOUCHED_AT_SITE: Sql = Sql::new(
    "SELECT s.session, s.revision, s.room FROM sessions s WHERE s.programme = $1 AND s.site = $2 \
     AND s.start_time > $3 AND s.start_time < $4 AND s.end_time > $5 \
     AND s.state IN ('TENTATIVE', 'PROPOSED', 'CONFIRMED') ORDER BY s.start_time, s.session LIMIT 1000",
);
pub(super) const TOUCHED_WITH_EXPERT: Sql = Sql::new(
    "SELECT s.session, s.revision, s.room FROM sessions s WHERE s.programme = $1 AND s.expert = $2 \
     AND s.start_time > $3 AND s.start_time < $4 AND s.end_time > $5 \
     AND s.state IN ('TENTATIVE', 'PROPOSED', 'CONFIRMED') ORDER BY s.start_time, s.session LIMIT 1000",
);
pub(super) const TOUCHED_BESIDE: Sql = Sql::new(
    "SELECT s.session, s.revision, s.room FROM session_co_experts c \
     JOIN sessions s ON s.programme = c.programme AND s.session = c.session WHERE c.programme = $1 AND c.expert = $2 \
     AND c.start_time > $3 AND c.start_time < $4 AND s.end_time > $5 \
     AND s.state IN ('TENTATIVE', 'PROPOSED', 'CONFIRMED') ORDER BY c.start_time, c.session LIMIT 1000",
);
pub(super) const TOUCHED_WITH_ASSISTANT: Sql = Sql::new(
    "SELECT s.session, s.revision, s.room FROM sessions s WHERE s.programme = $1 AND s.assistant = $2 \
     AND s.start_time > $3 AND s.start_time < $4 AND s.end_time > $5 \
     AND s.state IN ('TENTATIVE', 'PROPOSED', 'CONFIRMED') ORDER BY s.start_time, s.session LIMIT 1000",
);

/// Frees everything that sessions take.
///
/// # Errors
/// A storage error.
pub async fn release(tx: &mut Tx<'_>, programme: &Id, sessions: &[Id]) -> Result<()> {
    if !sessions.is_empty() {
        tx.sql(RELEASE).bind_rows(&db::keys(programme, sessions)).execute().await?;
    }
    Ok(())
}

/// Frees what proposed moves of sessions take.
///
/// # Errors
/// A storage error.
pub async fn release_moves(tx: &mut Tx<'_>, programme: &Id, sessions: &[Id]) -> Result<()> {
    if !sessions.is_empty() {
        tx.sql(RELEASE_MOVES).bind_rows(&db::keys(programme, sessions)).execute().await?;
    }
    Ok(())
}

/// Writes that sessions, or the proposed moves of those that are confirmed, have lapsed, and frees what they took.
///
/// # Errors
/// A storage error.
pub async fn lapse(tx: &mut Tx<'_>, programme: &Id, sessions: &[Id], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = sessions.iter().map(|session| json!([programme, session, now.micros()])).collect();
    if !rows.is_empty() {
        tx.sql(LAPSE).bind_rows(&rows).execute().await?;
    }
    release_moves(tx, programme, sessions).await
}

/// Writes who comes to a session and what they said yes with, where that changed. What was said to other times or in other
/// company is kept, superseded.
///
/// # Errors
/// A storage error.
pub async fn update_people(tx: &mut Tx<'_>, before: &Session, after: &Session, now: Timestamp) -> Result<()> {
    let (programme, session) = (&after.plan.programme, &after.plan.session);
    if (&before.plan.co_experts, before.plan.start) != (&after.plan.co_experts, after.plan.start) {
        tx.sql(DELETE_CO_EXPERTS).bind(programme).bind(session).execute().await?;
        let rows: Vec<_> = co_expert_rows(after).collect();
        if !rows.is_empty() {
            tx.sql(INSERT_CO_EXPERTS).bind_rows(&rows).execute().await?;
        }
    }
    let is_new = |given: &&ExpertConsent| !before.consents().contains(given);
    let rows = consent_rows(after, after.consents().iter().filter(is_new), now);
    for gone in before.consents().iter().filter(|given| !after.consents().contains(given)) {
        let stmt = tx.sql(SUPERSEDE).bind(programme).bind(session).bind(&gone.expert);
        stmt.bind(gone.consent.heard_time).execute().await?;
    }
    if !rows.is_empty() {
        tx.sql(INSERT_CONSENTS).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// A session whose time has run out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub session: Id,
    /// Its revision.
    pub revision: i64,
    /// Whether only a proposed move of it lapses.
    pub is_move: bool,
}

/// Which server sweeps a programme, and until when it alone does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The server's own id.
    pub holder: String,
    /// The first instant at which another may.
    pub until: Timestamp,
}

/// The programmes that have been due the longest at `now` and that this holder may sweep.
///
/// # Errors
/// A storage error.
pub async fn due_programmes(tx: &mut Tx<'_>, now: Timestamp, holder: &str) -> Result<Vec<Id>> {
    let rows = tx.sql(DUE_PROGRAMMES).bind(now).bind(holder).fetch_all().await?;
    let programmes = rows.iter().map(|row| row.get("programme")).collect::<Result<BTreeSet<Id>>>()?;
    Ok(programmes.into_iter().collect())
}

/// What is due in a programme at `now`, the longest due first: at most 500.
///
/// # Errors
/// A storage error.
pub async fn due(tx: &mut Tx<'_>, programme: &Id, now: Timestamp) -> Result<Vec<Due>> {
    let due = |row: &Row| {
        let is_move = row.code::<SessionState>("state")? == SessionState::Confirmed;
        Ok(Due { session: row.get("session")?, revision: row.get("revision")?, is_move })
    };
    tx.sql(DUE).bind(programme).bind(now).fetch_all().await?.iter().map(due).collect()
}

/// Who sweeps a programme.
///
/// # Errors
/// A storage error.
pub async fn lease_of(tx: &mut Tx<'_>, programme: &Id) -> Result<Option<Lease>> {
    let row = tx.sql(LEASE_OF).bind(programme).fetch_optional().await?;
    row.map(|row| Ok(Lease { holder: row.get("holder")?, until: row.get("term_until")? })).transpose()
}

/// Writes who sweeps a programme.
///
/// # Errors
/// A storage error.
pub async fn lease(tx: &mut Tx<'_>, programme: &Id, lease: &Lease) -> Result<()> {
    tx.sql(LEASE).bind(programme).bind(&lease.holder).bind(lease.until).execute().await?;
    Ok(())
}

/// A plan that a change elsewhere touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The session.
    pub session: Id,
    /// Its revision.
    pub revision: i64,
    /// Its room.
    pub room: Option<Id>,
}

/// The plans at a site that have an instant in `[from, until)`, by start: the first 1,000.
///
/// # Errors
/// A storage error.
pub async fn touched_at_site(
    tx: &mut Tx<'_>,
    programme: &Id,
    site: &Id,
    window: (Timestamp, Timestamp),
) -> Result<Vec<Touched>> {
    touched(tx, TOUCHED_AT_SITE, programme, site, window).await
}

/// The plans that an expert leads, and those beside another, that have an instant in `[from, until)`: the first 1,000 of each, by
/// start.
///
/// # Errors
/// A storage error.
pub async fn touched_with_expert(
    tx: &mut Tx<'_>,
    programme: &Id,
    expert: &Id,
    window: (Timestamp, Timestamp),
) -> Result<Vec<Touched>> {
    let mut plans = touched(tx, TOUCHED_WITH_EXPERT, programme, expert, window).await?;
    plans.extend(touched(tx, TOUCHED_BESIDE, programme, expert, window).await?);
    Ok(plans)
}

/// The plans with an assistant that have an instant in `[from, until)`, by start: the first 1,000.
///
/// # Errors
/// A storage error.
pub async fn touched_with_assistant(
    tx: &mut Tx<'_>,
    programme: &Id,
    assistant: &Id,
    window: (Timestamp, Timestamp),
) -> Result<Vec<Touched>> {
    touched(tx, TOUCHED_WITH_ASSISTANT, programme, assistant, window).await
}

async fn touched(
    tx: &mut Tx<'_>,
    sql: Sql,
    programme: &Id,
    of: &Id,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Touched>> {
    // No session is longer than a day.
    let earliest = from.plus_minutes(-super::super::draft::LONGEST_MINUTES);
    let stmt = tx.sql(sql).bind(programme).bind(of).bind(earliest).bind(until).bind(from);
    let touched = |row: &Row| {
        Ok(Touched { session: row.get("session")?, revision: row.get("revision")?, room: row.get("room")? })
    };
    stmt.fetch_all().await?.iter().map(touched).collect()
}

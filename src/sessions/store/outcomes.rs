//! SQL of outcomes, of what counts, and of what plans occupy.
use serde_json::json;

use super::super::{ControlTotals, Held, OutcomeResult, OutcomeVersion, Resource, Session, SessionState};
use super::columns::outcome_of;
use crate::db::{List, Row, Sql, Tx, Value};
use crate::kernel::{Date, HalfDay, Id, PageRequest, Result, SessionKind, Timestamp};
use crate::rows;

pub(super) const INSERT: Sql = rows!(
    "INSERT INTO session_outcomes (programme, session, version, state, date, half_day, actual_start_time, actual_end_time, \
     early_end_cause, credited_expert, site_level, home_hospital, specialty, not_held_cause, note, since_sequence, recorder) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4, r.value->>5, \
     CAST(r.value->>6 AS BIGINT), CAST(r.value->>7 AS BIGINT), r.value->>8, r.value->>9, r.value->>10, r.value->>11, \
     r.value->>12, r.value->>13, r.value->>14, CAST(r.value->>15 AS BIGINT), r.value->>16 FROM ",
    "WHERE TRUE"
);
pub(super) const CLOSE: Sql = Sql::new(
    "UPDATE session_outcomes SET until_sequence = $4 \
     WHERE programme = $1 AND session = $2 AND version = $3 AND until_sequence IS NULL",
);
pub(super) const OCCUPY: Sql = rows!(
    "INSERT INTO occupancy (programme, resource, busy_from, busy_until, session, lapses) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), CAST(r.value->>3 AS BIGINT), r.value->>4, \
     CAST(r.value->>5 AS BIGINT) FROM ",
    "WHERE TRUE"
);

pub(super) const HELD_CLINICS: Sql = rows!(
    "SELECT s.session, s.kind, s.site, s.site_level, s.service_specialty AS specialty, s.credited_expert, s.home_hospital, \
     s.date, s.half_day, s.actual_start_time FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.credited_expert = r.value->>1 AND s.date = r.value->>2 \
     AND s.site = r.value->>3 WHERE s.kind = 'CLINIC'"
);
pub(super) const HELD_PAGE: Sql = Sql::new(
    "SELECT x.session, s.kind, s.site, x.site_level, x.specialty, x.credited_expert, x.home_hospital, x.date, x.half_day, \
     x.actual_start_time \
     FROM session_outcomes x JOIN sessions s ON s.programme = x.programme AND s.session = x.session \
     WHERE x.programme = $1 AND x.state = 'COMPLETED' AND x.since_sequence <= $2 \
     AND (x.until_sequence IS NULL OR x.until_sequence > $2) AND (x.credited_expert, x.date) > ($3, $4) \
     ORDER BY x.credited_expert, x.date, x.session LIMIT $5 + 0",
);
pub(super) const COUNT: Sql =
    Sql::new("SELECT COUNT(*) AS sessions FROM sessions s WHERE s.programme = $1 AND s.confirmed");
pub(super) const COUNT_BY_STATE: Sql = Sql::new(
    "SELECT s.state, COUNT(*) AS sessions, CAST(SUM(CASE WHEN s.end_time <= $2 THEN 1 ELSE 0 END) AS BIGINT) AS past \
     FROM sessions s WHERE s.programme = $1 AND s.confirmed GROUP BY s.state",
);
pub(super) const COUNT_OUTCOMES: Sql = Sql::new(
    "SELECT x.state, COUNT(*) AS sessions FROM session_outcomes x \
     WHERE x.programme = $1 AND x.until_sequence IS NULL GROUP BY x.state",
);
pub(super) const LIST: List = List {
    head: "SELECT x.version, x.state, x.date, x.half_day, x.actual_start_time, x.actual_end_time, x.early_end_cause, \
           x.credited_expert, x.not_held_cause, x.note, x.since_sequence, x.until_sequence \
           FROM session_outcomes x WHERE x.programme = ? AND x.session = ?",
    filters: &[],
    after: "x.version > ?",
    order: "ORDER BY x.version",
};

/// The present outcome of a session, to be written as its newest version.
#[derive(Clone, Copy, Debug)]
pub struct NewOutcome<'a> {
    /// The session as it is from now on.
    pub session: &'a Session,
    /// Why it was corrected; empty in the first version.
    pub note: &'a str,
    /// Who says so.
    pub recorder: &'a str,
}

/// Writes the present outcomes of sessions as their newest versions, which hold from the command's first change on, and
/// closes the versions before. A session without an outcome is passed over.
///
/// # Errors
/// A storage error.
pub async fn insert_outcomes(tx: &mut Tx<'_>, outcomes: &[NewOutcome<'_>]) -> Result<()> {
    let since = tx.sequence();
    let mut rows = Vec::with_capacity(outcomes.len());
    for NewOutcome { session, note, recorder } in outcomes {
        let Some(outcome) = &session.outcome else { continue };
        let (programme, id) = (&session.plan.programme, &session.plan.session);
        if outcome.version > 1 {
            let stmt = tx.sql(CLOSE).bind(programme).bind(id).bind(outcome.version - 1).bind(since);
            stmt.execute().await?;
        }
        let (start, end, early_end, cause) = match &outcome.result {
            OutcomeResult::Held { start, end, early_end, .. } => {
                (Some(start.micros()), Some(end.micros()), *early_end, None)
            }
            OutcomeResult::NotHeld { cause } => (None, None, None, Some(*cause)),
        };
        let (place, expert) = (&session.place, session.credited_expert());
        let (date, version) = (place.date.to_string(), outcome.version);
        rows.push(json!([
            programme,
            id,
            version,
            session.state,
            date,
            place.half_day,
            start,
            end,
            early_end,
            expert,
            place.site_level,
            place.home_hospital,
            place.specialty,
            cause,
            note,
            since,
            recorder
        ]));
    }
    if !rows.is_empty() {
        tx.sql(INSERT).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// A page of a session's outcomes, the oldest first, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn outcome_page(
    tx: &mut Tx<'_>,
    programme: &Id,
    session: &Id,
    page: &PageRequest,
) -> Result<Vec<OutcomeVersion>> {
    let mut select = LIST.select([Value::from(programme), Value::from(session)]);
    let rows = tx.select(select.page(page)).await?;
    let versions = rows.iter().map(|row| {
        let Some(outcome) = outcome_of(row, row.get("version")?)? else { return Ok(None) };
        Ok(Some(OutcomeVersion {
            outcome,
            note: row.get("note")?,
            date: row.get("date")?,
            half_day: row.code("half_day")?,
            since_sequence: row.get("since_sequence")?,
            until_sequence: row.get("until_sequence")?,
        }))
    });
    Ok(versions.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Somebody's or something's time that a session takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whose.
    pub resource: Resource,
    /// The first instant, buffers counted.
    pub from: Timestamp,
    /// The first instant after it, buffers or turnover counted.
    pub until: Timestamp,
    /// By which session.
    pub session: Id,
    /// From when on it isn't taken any more; none: it doesn't lapse.
    pub lapses: Option<Timestamp>,
}

/// Takes resources for sessions.
///
/// # Errors
/// A storage error, also where one is taken already: the belt behind the predicate.
pub async fn occupy(tx: &mut Tx<'_>, programme: &Id, taken: &[Taken]) -> Result<()> {
    let row = |Taken { resource, from, until, session, lapses }: &Taken| {
        json!([programme, resource.key(), from.micros(), until.micros(), session, lapses.map(Timestamp::micros)])
    };
    if !taken.is_empty() {
        tx.sql(OCCUPY).bind_rows(&taken.iter().map(row).collect::<Vec<_>>()).execute().await?;
    }
    Ok(())
}

/// Ends the last version of a session's outcome without another: from now on it counts no more.
///
/// # Errors
/// A storage error.
pub async fn close_outcome(tx: &mut Tx<'_>, session: &Session) -> Result<()> {
    let Some(outcome) = &session.outcome else { return Ok(()) };
    let since = tx.sequence();
    let stmt = tx.sql(CLOSE).bind(&session.plan.programme).bind(&session.plan.session);
    stmt.bind(outcome.version).bind(since).execute().await?;
    Ok(())
}

/// All held clinics of each (expert, day, site): what decides which of them carries a sitting.
///
/// # Errors
/// A storage error.
pub async fn held_clinics(tx: &mut Tx<'_>, programme: &Id, groups: &[(Id, Date, Id)]) -> Result<Vec<Held>> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys: Vec<_> = groups
        .iter()
        .map(|(expert, date, site)| (programme.as_str(), expert.as_str(), date.to_string(), site.as_str()))
        .collect();
    keys.sort();
    keys.dedup();
    tx.sql(HELD_CLINICS).bind_rows(&keys).fetch_all().await?.iter().map(held_of).collect()
}

/// Where a page of held sessions ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// The expert of the last group.
    pub expert: String,
    /// Its day, as `YYYY-MM-DD`.
    pub date: String,
}

/// A page of the sessions that were held as of a sequence (`i64::MAX`: now), by who came, day and id, for a recount by
/// [`super::super::leaves`]; and where the next page begins. A page holds all of each (expert, day) that it holds any of, so it may
/// be a little longer than `size` asks.
///
/// # Errors
/// A storage error.
pub async fn held_page(
    tx: &mut Tx<'_>,
    programme: &Id,
    as_of: i64,
    after: Option<&HeldKey>,
    size: i64,
) -> Result<(Vec<Held>, Option<HeldKey>)> {
    let mut size = size.max(1);
    let (expert, date) = after.map_or(("", ""), |key| (key.expert.as_str(), key.date.as_str()));
    loop {
        let stmt = tx.sql(HELD_PAGE).bind(programme).bind(as_of).bind(expert).bind(date).bind(size);
        let mut held = stmt.fetch_all().await?.iter().map(held_of).collect::<Result<Vec<Held>>>()?;
        let is_last = i64::try_from(held.len()).is_ok_and(|count| count < size);
        let Some((expert, date)) = held.last().map(|last| (last.expert.clone(), last.date)) else {
            return Ok((held, None));
        };
        if is_last {
            return Ok((held, None));
        }
        held.retain(|one| (&one.expert, one.date) != (&expert, date));
        if let Some(last) = held.last() {
            let key = HeldKey { expert: last.expert.to_string(), date: last.date.to_string() };
            return Ok((held, Some(key)));
        }
        // One expert's one day fills the page: ask for more of it.
        size *= 2;
    }
}

fn held_of(row: &Row) -> Result<Held> {
    Ok(Held {
        session: row.get("session")?,
        kind: row.code::<SessionKind>("kind")?,
        expert: row.get("credited_expert")?,
        site: row.get("site")?,
        site_level: row.code("site_level")?,
        home_hospital: row.get("home_hospital")?,
        specialty: row.get("specialty")?,
        date: row.get("date")?,
        half_day: row.code::<HalfDay>("half_day")?,
        start: row.get("actual_start_time")?,
    })
}

/// Counts the sessions by what became of them: the whole from the sessions, held and not held from their outcomes.
///
/// # Errors
/// A storage error.
pub async fn control_totals(tx: &mut Tx<'_>, programme: &Id, now: Timestamp) -> Result<ControlTotals> {
    let whole = tx.sql(COUNT).bind(programme).fetch_one().await?.get("sessions")?;
    let mut totals = ControlTotals { ever_confirmed: whole, ..ControlTotals::default() };
    for row in tx.sql(COUNT_BY_STATE).bind(programme).bind(now).fetch_all().await? {
        let sessions: i64 = row.get("sessions")?;
        match row.code::<SessionState>("state")? {
            SessionState::Confirmed => {
                totals.unresolved = row.get("past")?;
                totals.future = sessions - totals.unresolved;
            }
            SessionState::InProgress => totals.in_progress = sessions,
            SessionState::Cancelled => totals.cancelled = sessions,
            SessionState::Voided => totals.voided = sessions,
            // What has an outcome is counted by it; what never was confirmed isn't among these.
            SessionState::Completed
            | SessionState::NotHeld
            | SessionState::Tentative
            | SessionState::Proposed
            | SessionState::Lapsed => {}
        }
    }
    for row in tx.sql(COUNT_OUTCOMES).bind(programme).fetch_all().await? {
        match row.code::<SessionState>("state")? {
            SessionState::Completed => totals.completed = row.get("sessions")?,
            SessionState::NotHeld => totals.not_held = row.get("sessions")?,
            SessionState::Tentative
            | SessionState::Proposed
            | SessionState::Confirmed
            | SessionState::InProgress
            | SessionState::Cancelled
            | SessionState::Lapsed
            | SessionState::Voided => {}
        }
    }
    Ok(totals)
}

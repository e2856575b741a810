//! What accounts read from the tables of earlier slices in ways that those don't; no table is theirs.
use super::certificate::Done;
use crate::activities::leaf::Sums;
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Date, Id, Result, Timestamp};

/// The tables that this slice writes: none.
pub const TABLES: &[&str] = &[];

const SESSIONS: Sql = Sql::new(
    "SELECT s.session FROM sessions s WHERE s.programme = $1 AND s.expert = $2 AND s.start_time >= $3 AND s.start_time < $4 \
     UNION SELECT s.session FROM sessions s WHERE s.programme = $1 AND s.expert = $2 AND s.proposed_time >= $3 AND s.proposed_time < $4 \
     UNION SELECT c.session FROM session_co_experts c \
     WHERE c.programme = $1 AND c.expert = $2 AND c.start_time >= $3 AND c.start_time < $4 \
     UNION SELECT s.session FROM sessions s \
     WHERE s.programme = $1 AND s.credited_expert = $2 AND s.date >= $5 AND s.date <= $6",
);
const DONE: Sql = Sql::new(
    "SELECT v.kind, v.performer, v.site, v.date, COUNT(*) AS records, CAST(SUM(v.quantity) AS BIGINT) AS quantity \
     FROM activity_versions v WHERE v.programme = $1 AND v.lead_expert = $2 AND v.date >= $3 AND v.date <= $4 \
     AND v.until_sequence IS NULL AND v.state <> 'VOIDED' GROUP BY v.kind, v.performer, v.site, v.date",
);
const DONE_BESIDE: Sql = Sql::new(
    "SELECT v.kind, v.performer, v.site, v.date, COUNT(*) AS records, CAST(SUM(v.quantity) AS BIGINT) AS quantity \
     FROM activity_co_experts x JOIN activity_versions v ON v.programme = x.programme AND v.activity = x.activity \
     AND v.until_sequence IS NULL \
     WHERE x.programme = $1 AND x.expert = $2 AND v.date >= $3 AND v.date <= $4 AND v.state <> 'VOIDED' \
     GROUP BY v.kind, v.performer, v.site, v.date",
);
const ANY_CONTACT: Sql = Sql::new(
    "SELECT c.contact FROM contacts c WHERE c.programme = $1 AND c.contact_time >= $2 AND c.contact_time < $3 \
     ORDER BY c.contact_time, c.contact LIMIT 1",
);

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("SESSIONS", SESSIONS), ("DONE", DONE), ("DONE_BESIDE", DONE_BESIDE), ("ANY_CONTACT", ANY_CONTACT)];

/// The sessions of an expert that start or were proposed from an instant until another, or that the expert held on these days.
///
/// # Errors
/// A storage error.
pub async fn sessions_of(
    tx: &mut Tx<'_>,
    programme: &Id,
    expert: &Id,
    window: (Timestamp, Timestamp),
    days: (Date, Date),
) -> Result<Vec<Id>> {
    let stmt = tx.sql(SESSIONS).bind(programme).bind(expert).bind(window.0).bind(window.1).bind(days.0).bind(days.1);
    stmt.fetch_all().await?.iter().map(|row| row.get("session")).collect()
}

/// What was done by an expert on these days, credited or beside, by kind, performer, site and day.
///
/// # Errors
/// A storage error.
pub async fn done_by(tx: &mut Tx<'_>, programme: &Id, expert: &Id, days: (Date, Date)) -> Result<Vec<Done>> {
    let mut done = Vec::new();
    for (sql, beside) in [(DONE, false), (DONE_BESIDE, true)] {
        let rows = tx.sql(sql).bind(programme).bind(expert).bind(days.0).bind(days.1).fetch_all().await?;
        for row in &rows {
            done.push(done_of(row, beside)?);
        }
    }
    Ok(done)
}

/// Whether anybody recorded a contact with anybody from an instant until another.
///
/// # Errors
/// A storage error.
pub async fn has_contacts(tx: &mut Tx<'_>, programme: &Id, window: (Timestamp, Timestamp)) -> Result<bool> {
    let row = tx.sql(ANY_CONTACT).bind(programme).bind(window.0).bind(window.1).fetch_optional().await?;
    Ok(row.is_some())
}

fn done_of(row: &Row, beside: bool) -> Result<Done> {
    Ok(Done {
        kind: row.code("kind")?,
        performer: row.optional_code("performer")?,
        site: row.get("site")?,
        date: row.get("date")?,
        sums: Sums { records: row.get("records")?, quantity: row.get("quantity")?, saving_fen: 0 },
        beside,
    })
}

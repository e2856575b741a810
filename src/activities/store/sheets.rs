//! Sheets, and the records that one would cover.

use std::collections::BTreeSet;

use super::with_external_ids;
use crate::activities::sheet::{MOST_ACTIVITIES, Scope, Sheet, Sheets};
use crate::activities::{Activity, State};
use crate::db::{List, Row, Select, Sql, Tx, Value};
use crate::kernel::{Date, Error, Id, Name, Result, Zone};
use crate::rows;

const INSERT: Sql = Sql::new(
    "INSERT INTO sheets (programme, sheet, session, site, from_date, to_date, attested, operations, checks, digest, attester, \
     since_sequence, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);
const GET: Sql = Sql::new("SELECT h.* FROM sheets h WHERE h.programme = $1 AND h.sheet = $2");
const OF_SESSION: Sql = Sql::new(
    "SELECT v.* FROM activity_versions v WHERE v.programme = $1 AND v.session = $2 AND v.until_sequence IS NULL \
     AND v.state = 'RECORDED' ORDER BY v.date, v.activity LIMIT $3 + 0",
);
const OF_DAYS: Sql = Sql::new(
    "SELECT v.* FROM activity_versions v WHERE v.programme = $1 AND v.site = $2 AND v.date >= $3 AND v.date <= $4 \
     AND v.until_sequence IS NULL AND v.state = 'RECORDED' ORDER BY v.date, v.activity LIMIT $5 + 0",
);
const STATES_OF_SESSION: Sql = Sql::new(
    "SELECT v.state, COUNT(*) AS activities FROM activity_versions v WHERE v.programme = $1 AND v.session = $2 \
     AND v.until_sequence IS NULL GROUP BY v.state",
);
const STATES_OF_DAYS: Sql = Sql::new(
    "SELECT v.state, COUNT(*) AS activities FROM activity_versions v WHERE v.programme = $1 AND v.site = $2 \
     AND v.date >= $3 AND v.date <= $4 AND v.until_sequence IS NULL GROUP BY v.state",
);
const HAS_HELD: Sql = Sql::new(
    "SELECT s.session FROM sessions s WHERE s.programme = $1 AND s.date >= $3 AND s.date <= $4 AND s.site = $2 \
     AND s.state = 'COMPLETED' LIMIT 1",
);
const ZONE: Sql = Sql::new("SELECT s.zone FROM sites s WHERE s.programme = $1 AND s.site = $2");
// Who disputes a record, or dismisses that, makes a version of it, and none of its words.
const RECORDERS: Sql = rows!(
    "SELECT DISTINCT COALESCE(v.author, v.recorder) AS recorder, v.activity FROM ",
    "JOIN activity_versions v ON v.programme = r.value->>0 AND v.activity = r.value->>1 \
     WHERE v.author IS NOT NULL OR v.state = 'RECORDED'"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("INSERT", INSERT),
    ("GET", GET),
    ("OF_SESSION", OF_SESSION),
    ("OF_DAYS", OF_DAYS),
    ("STATES_OF_SESSION", STATES_OF_SESSION),
    ("STATES_OF_DAYS", STATES_OF_DAYS),
    ("HAS_HELD", HAS_HELD),
    ("ZONE", ZONE),
    ("RECORDERS", RECORDERS),
];

static LIST: List = List {
    head: "SELECT h.* FROM sheets h WHERE h.programme = ?",
    filters: &["h.session = ?", "h.site = ?"],
    after: "h.sheet > ?",
    order: "ORDER BY h.sheet",
};

// Held sessions whose present outcome no sheet has attested, with who said it.
static HELD: List = List {
    head: "SELECT x.session, x.recorder FROM session_outcomes x JOIN sessions s ON s.programme = x.programme AND s.session = x.session \
           WHERE x.programme = ? AND x.until_sequence IS NULL AND x.state = 'COMPLETED' AND x.recorder IS NOT NULL \
           AND (SELECT 1 FROM sheets h WHERE h.programme = x.programme AND h.session = x.session \
           AND h.since_sequence >= x.since_sequence LIMIT 1) IS NULL \
           AND (SELECT 1 FROM sheets h WHERE h.programme = x.programme AND h.site = s.site AND h.from_date <= x.date \
           AND h.to_date >= x.date AND h.since_sequence >= x.since_sequence LIMIT 1) IS NULL",
    filters: &["x.session = ?", "x.date >= ? AND x.date <= ? AND s.site = ?"],
    after: "x.session > ?",
    order: "ORDER BY x.session",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST), ("HELD", &HELD)];

/// What a sheet would cover, and what it leaves out.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// What nobody has attested yet, by day and id, one more than a sheet can have.
    pub recorded: Vec<Activity>,
    /// How many are disputed.
    pub disputed: i64,
    /// How many were attested before.
    pub attested: i64,
}

/// What a sheet about something would cover.
///
/// # Errors
/// A storage error.
pub async fn covered(tx: &mut Tx<'_>, programme: &Id, scope: &Scope) -> Result<Covered> {
    let most = i64::try_from(MOST_ACTIVITIES).unwrap_or(i64::MAX) + 1;
    let (rows, states) = match scope {
        Scope::Session(session) => (
            tx.sql(OF_SESSION).bind(programme).bind(session).bind(most).fetch_all().await?,
            tx.sql(STATES_OF_SESSION).bind(programme).bind(session).fetch_all().await?,
        ),
        Scope::Days { site, from, to } => (
            tx.sql(OF_DAYS).bind(programme).bind(site).bind(*from).bind(*to).bind(most).fetch_all().await?,
            tx.sql(STATES_OF_DAYS).bind(programme).bind(site).bind(*from).bind(*to).fetch_all().await?,
        ),
    };
    let mut covered = Covered { recorded: with_external_ids(tx, programme, rows).await?, ..Covered::default() };
    for row in &states {
        match row.code::<State>("state")? {
            State::Attested => covered.attested = row.get("activities")?,
            State::Disputed => covered.disputed = row.get("activities")?,
            State::Recorded | State::Voided => {}
        }
    }
    Ok(covered)
}

/// Whether a session was held at a site on one of some days.
///
/// # Errors
/// A storage error.
pub async fn has_held(tx: &mut Tx<'_>, programme: &Id, site: &Id, from: Date, to: Date) -> Result<bool> {
    Ok(tx.sql(HAS_HELD).bind(programme).bind(site).bind(from).bind(to).fetch_optional().await?.is_some())
}

/// The zone in which a site's days are told, if it is there.
///
/// # Errors
/// A storage error.
pub async fn zone_of(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Zone>> {
    tx.sql(ZONE).bind(programme).bind(site).fetch_optional().await?.map(|row| row.get("zone")).transpose()
}

/// Who has recorded or amended which of some activities, in whichever version.
///
/// # Errors
/// A storage error.
pub async fn recorders(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id]) -> Result<BTreeSet<(String, Id)>> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(RECORDERS).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("recorder")?, row.get("activity")?))).collect()
}

/// Who has said of which session that it was held, of those that a sheet would be the first to attest.
///
/// # Errors
/// A storage error.
pub async fn held_by(tx: &mut Tx<'_>, programme: &Id, scope: &Scope) -> Result<Vec<(String, Id)>> {
    let mut select = HELD.select([Value::from(programme)]);
    match scope {
        Scope::Session(session) => select.filter(0, [Value::from(session)]),
        Scope::Days { site, from, to } => select.filter(1, [Value::from(*from), Value::from(*to), Value::from(site)]),
    };
    let rows = tx.select(&select).await?;
    rows.iter().map(|row| Ok((row.get("recorder")?, row.get("session")?))).collect()
}

/// A sheet, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Sheets>) -> Result<Option<Sheet>> {
    let row = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_optional().await?;
    row.map(|row| sheet(&row)).transpose()
}

/// Sheets by id, before the page is cut.
#[must_use]
pub fn list(programme: &Id, session: Option<&Id>, site: Option<&Id>) -> Select {
    let mut select = LIST.select([Value::from(programme)]);
    for (index, id) in [(0, session), (1, site)] {
        if let Some(id) = id {
            select.filter(index, [Value::from(id)]);
        }
    }
    select
}

/// Writes a new sheet.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, sheet: &Sheet) -> Result<()> {
    let (session, days) = match &sheet.scope {
        Scope::Session(session) => (Some(session), None),
        Scope::Days { site, from, to } => (None, Some((site, *from, *to))),
    };
    let checks = serde_json::to_string(&sheet.checks).map_err(Error::storage)?;
    let stmt = tx.sql(INSERT).bind(sheet.name.programme()).bind(sheet.name.id()).bind(session.map(Id::to_string));
    let stmt = stmt.bind(days.map(|(site, ..)| site.to_string())).bind(days.map(|(_, from, _)| from));
    let stmt = stmt.bind(days.map(|(.., to)| to)).bind(sheet.attested).bind(sheet.operations).bind(checks);
    let stmt = stmt.bind(&sheet.digest).bind(&sheet.attester).bind(sheet.since_sequence).bind(sheet.create_time);
    stmt.execute().await
}

/// A row of `sheets`.
///
/// # Errors
/// A storage error.
pub fn sheet(row: &Row) -> Result<Sheet> {
    let scope = match row.get::<Option<Id>>("session")? {
        Some(session) => Scope::Session(session),
        None => Scope::Days { site: row.get("site")?, from: row.get("from_date")?, to: row.get("to_date")? },
    };
    Ok(Sheet {
        name: Name::new(row.get("programme")?, row.get("sheet")?),
        scope,
        attested: row.get("attested")?,
        operations: row.get("operations")?,
        checks: row.json("checks")?,
        digest: row.get("digest")?,
        attester: row.get("attester")?,
        since_sequence: row.get("since_sequence")?,
        create_time: row.get("create_time")?,
    })
}

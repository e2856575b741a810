//! Statements: written once, never changed. There is nothing here that updates one.

use crate::db::{List, Row, Select, Sql, Tx, Value};
use crate::kernel::{Date, Error, Id, Name, Result, Vocabulary as _};
use crate::tallies::statement::{Statement, Statements};

const INSERT: Sql = Sql::new(
    "INSERT INTO statements (programme, statement, kind, from_date, to_date, ordinal, sequence, content, closer, create_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const GET: Sql = Sql::new("SELECT t.* FROM statements t WHERE t.programme = $1 AND t.statement = $2");
const LAST: Sql = Sql::new(
    "SELECT t.* FROM statements t WHERE t.programme = $1 AND t.from_date = $2 AND t.to_date = $3 ORDER BY t.ordinal DESC LIMIT 1",
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("INSERT", INSERT), ("GET", GET), ("LAST", LAST)];

static LIST: List = List {
    head: "SELECT t.* FROM statements t WHERE t.programme = ?",
    filters: &[],
    after: "(t.from_date, t.to_date, t.ordinal) > (?, ?, ?)",
    order: "ORDER BY t.from_date, t.to_date, t.ordinal",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// A statement, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Statements>) -> Result<Option<Statement>> {
    let row = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_optional().await?;
    row.map(|row| statement(&row)).transpose()
}

/// A statement.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Statements>) -> Result<Statement> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The last statement of a period, if it is closed.
///
/// # Errors
/// A storage error.
pub async fn last(tx: &mut Tx<'_>, programme: &Id, from: Date, to: Date) -> Result<Option<Statement>> {
    let row = tx.sql(LAST).bind(programme).bind(from).bind(to).fetch_optional().await?;
    row.map(|row| statement(&row)).transpose()
}

/// Statements by period, the closing one of each first, before the page is cut.
#[must_use]
pub fn list(programme: &Id) -> Select {
    LIST.select([Value::from(programme)])
}

/// Writes a new statement.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, it: &Statement) -> Result<()> {
    let stmt = tx.sql(INSERT).bind(it.name.programme()).bind(it.name.id()).bind(it.kind.code());
    let stmt = stmt.bind(it.from).bind(it.to).bind(it.ordinal).bind(it.sequence).bind(&it.text);
    stmt.bind(&it.closer).bind(it.create_time).execute().await
}

/// A row of `statements`.
///
/// # Errors
/// A storage error.
pub fn statement(row: &Row) -> Result<Statement> {
    Ok(Statement {
        name: Name::new(row.get("programme")?, row.get("statement")?),
        kind: row.code("kind")?,
        from: row.get("from_date")?,
        to: row.get("to_date")?,
        ordinal: row.get("ordinal")?,
        sequence: row.get("sequence")?,
        text: row.get("content")?,
        closer: row.get("closer")?,
        create_time: row.get("create_time")?,
    })
}

//! Copies all rows of a database to an empty one, whatever engine each is on, and verifies the copy before it counts.
//!
//! Both have this version's tables. The source is read in one snapshot, the copy is one transaction: what is broken off leaves nothing.
//! Rows travel as JSON texts, page by page in the order of their keys, so that memory stays flat. Not here: bringing an old database to
//! this version, which every start does.
use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::command::Query as _;
use super::engine::{Conn, Engine, OpenError, Pool, Purpose, Target};
use super::migrations;
use super::pending::Write;
use super::row::Row;
use super::sql::Sql;
use super::tx::Tx;
use super::value::Value;
use super::verify::{Verified, VerifyLedger};
use crate::kernel::{Error, Result};

/// Rows of a page.
const PAGE: usize = 1_000;

const COLUMNS: Sql = Sql::pair(
    "SELECT m.name AS \"table\", c.name AS \"column\", c.type AS type, c.pk AS pk FROM sqlite_schema m \
     JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND SUBSTR(m.name, 1, 7) <> 'sqlite_' AND m.name <> '_sqlx_migrations' \
     ORDER BY m.name, c.cid",
    "SELECT CAST(c.table_name AS TEXT) AS \"table\", CAST(c.column_name AS TEXT) AS \"column\", CAST(c.data_type AS TEXT) AS type, \
     COALESCE((SELECT CAST(k.ordinal_position AS BIGINT) FROM information_schema.table_constraints p \
     JOIN information_schema.key_column_usage k ON k.table_schema = p.table_schema AND k.constraint_name = p.constraint_name \
     WHERE p.constraint_type = 'PRIMARY KEY' AND p.table_schema = c.table_schema AND p.table_name = c.table_name \
     AND k.column_name = c.column_name), 0) AS pk FROM information_schema.columns c \
     WHERE c.table_schema = current_schema() AND c.table_name <> '_sqlx_migrations' ORDER BY c.table_name, c.ordinal_position",
);
const PARENTS: Sql = Sql::pair(
    "SELECT DISTINCT m.name AS \"table\", f.\"table\" AS parent FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f \
     WHERE m.type = 'table'",
    "SELECT DISTINCT CAST(CAST(c.conrelid AS regclass) AS TEXT) AS \"table\", CAST(CAST(c.confrelid AS regclass) AS TEXT) AS parent \
     FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.connamespace = CAST(current_schema() AS regnamespace)",
);
const NEWEST: Sql = Sql::new("SELECT COALESCE(MAX(m.version), 0) AS version FROM _sqlx_migrations m");
const HEADS: Sql = Sql::new("SELECT h.programme, h.sequence, h.entry, h.link FROM heads h ORDER BY h.programme");

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateDataError {
    /// One of the databases can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The source is of another version.
    #[error("{0} is of an older version: start `homecoming serve` on it once, stop it, and run this again")]
    Older(String),
    /// The target isn't empty.
    #[error("{target} has rows in {table} already: choose a database without any")]
    NotEmpty {
        /// Which database.
        target: String,
        /// Where.
        table: String,
    },
    /// The source went on.
    #[error("{0} was written to while it was copied: stop every server on it, and run this again; nothing was kept")]
    Moved(String),
    /// The copy isn't what the source is.
    #[error("the copy isn't whole: {0}; nothing was kept")]
    NotWhole(String),
    /// An engine refused.
    #[error("the databases could not be read or written: {}; nothing was kept", source_of(.0))]
    Storage(#[from] Error),
}

/// The engine's own words, for the operator who runs this.
fn source_of(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Where a programme's ledger ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The programme.
    pub programme: String,
    /// Its newest change.
    pub sequence: i64,
    /// Its newest audit entry.
    pub entry: i64,
    /// That entry's link.
    pub link: String,
}

/// What was copied and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Each table's rows, in the order in which they were copied.
    pub tables: Vec<(String, u64)>,
    /// The heads, which both have.
    pub heads: Vec<Head>,
    /// What was found in the copy's ledger.
    pub verified: Verified,
}

/// Copies everything from one database to another that is empty or not there yet.
///
/// # Errors
/// [`MigrateDataError`]; the target has no rows then.
pub async fn migrate_data(from: &Target, to: &Target) -> Result<Migrated, MigrateDataError> {
    migrations::check_before_opening(from).await?;
    migrations::check_before_opening(to).await?;
    let unreachable = |target: &Target, error: sqlx::Error| migrations::why_not_opened(target, &error);
    let source = Pool::open(from, Purpose::Read, 2, 0).await.map_err(|error| unreachable(from, error))?;
    let target = Pool::open(to, Purpose::Write, 1, 0).await.map_err(|error| unreachable(to, error))?;
    migrations::migrate(&target, to).await?;
    let migrated = copy(&source, from, &target, to).await;
    source.close().await;
    target.close().await;
    migrated
}

async fn copy(source: &Pool, from: &Target, target: &Pool, to: &Target) -> Result<Migrated, MigrateDataError> {
    let failed = |error: sqlx::Error| MigrateDataError::Storage(super::fault::storage(error));
    let mut reading: Conn = source.acquire().await?;
    let mut read = reading.begin_read().await.map_err(failed)?;
    check_version(&mut read, from).await?;
    let mut writing: Conn = target.acquire().await?;
    let mut write = writing.begin_write().await.map_err(failed)?;
    let there = tables(&mut read).await?;
    let ours = tables(&mut write).await?;
    let order = in_order(&ours.keys().cloned().collect(), &parents(&mut write).await?);
    for name in &order {
        if count(&mut write, name).await? > 0 {
            return Err(MigrateDataError::NotEmpty { target: to.to_string(), table: name.clone() });
        }
    }
    let mut copied = Vec::with_capacity(order.len());
    for name in order {
        let (Some(source), Some(target)) = (there.get(&name), ours.get(&name)) else {
            return Err(MigrateDataError::NotWhole(format!("{from} has no table {name}")));
        };
        let route = Route::new(&name, source, from.engine(), target, to.engine())?;
        let rows = route.copy(&mut read, &mut write).await?;
        let (expected, found) = (count(&mut read, &name).await?, count(&mut write, &name).await?);
        if (rows, found) != (expected, expected) {
            return Err(MigrateDataError::NotWhole(format!("{name} has {expected} rows, its copy {found}")));
        }
        copied.push((name, rows));
    }
    let (heads, expected) = (heads(&mut write).await?, heads(&mut read).await?);
    if heads != expected {
        return Err(MigrateDataError::NotWhole("its heads are others".to_owned()));
    }
    let verified = VerifyLedger.run(&mut write).await?;
    if !verified.wrong.is_empty() {
        return Err(MigrateDataError::NotWhole(verified.wrong.join("; ")));
    }
    drop(read);
    let mut again: Conn = source.acquire().await?;
    let mut now = again.begin_read().await.map_err(failed)?;
    if self::heads(&mut now).await? != heads {
        return Err(MigrateDataError::Moved(from.to_string()));
    }
    write.commit().await.map_err(failed)?;
    writing.gather_statistics().await.map_err(failed)?;
    Ok(Migrated { tables: copied, heads, verified })
}

async fn check_version(tx: &mut Tx<'_>, from: &Target) -> Result<(), MigrateDataError> {
    let version: i64 = tx.sql(NEWEST).fetch_one().await?.get("version")?;
    if version > migrations::newest() {
        return Err(OpenError::Newer { target: from.to_string(), version }.into());
    }
    if version < migrations::newest() {
        return Err(MigrateDataError::Older(from.to_string()));
    }
    Ok(())
}

async fn heads(tx: &mut Tx<'_>) -> Result<Vec<Head>> {
    let head = |row: &Row| {
        let (programme, sequence) = (row.get("programme")?, row.get("sequence")?);
        Ok(Head { programme, sequence, entry: row.get("entry")?, link: row.get("link")? })
    };
    tx.sql(HEADS).fetch_all().await?.iter().map(head).collect()
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    Number,
    Truth,
}

#[derive(Debug)]
struct Column {
    name: String,
    holds: Holds,
    /// Its place in the primary key, from 1; 0: it is no part of it.
    key: i64,
}

type Tables = BTreeMap<String, Vec<Column>>;

async fn tables(tx: &mut Tx<'_>) -> Result<Tables> {
    let mut tables = Tables::new();
    for row in tx.sql(COLUMNS).fetch_all().await? {
        let holds = match row.get::<String>("type")?.to_ascii_uppercase().as_str() {
            "TEXT" => Holds::Text,
            "INTEGER" | "BIGINT" => Holds::Number,
            "BOOLEAN" => Holds::Truth,
            other => return Err(Error::storage(format!("a column of a type that isn't ours: {other}"))),
        };
        let column = Column { name: row.get("column")?, holds, key: row.get("pk")? };
        tables.entry(row.get("table")?).or_default().push(column);
    }
    Ok(tables)
}

async fn parents(tx: &mut Tx<'_>) -> Result<BTreeSet<(String, String)>> {
    let pair = |row: &Row| Ok((row.get("table")?, row.get("parent")?));
    tx.sql(PARENTS).fetch_all().await?.iter().map(pair).collect()
}

/// Tables so that each comes after those whose rows its own name.
fn in_order(tables: &BTreeSet<String>, parents: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    let mut left: BTreeSet<&String> = tables.iter().collect();
    while !left.is_empty() {
        let waits = |table: &&&String| {
            let mut named = parents.iter().filter(|(child, parent)| child == **table && parent != **table);
            named.any(|(_, parent)| left.contains(parent))
        };
        let mut free: Vec<&String> = left.iter().filter(|table| !waits(table)).copied().collect();
        if free.is_empty() {
            free = left.iter().copied().collect(); // a circle: the engine says what it thinks of it
        }
        for table in free {
            left.remove(table);
            order.push(table.clone());
        }
    }
    order
}

async fn count(tx: &mut Tx<'_>, table: &str) -> Result<u64> {
    let text = AssertSqlSafe(format!("SELECT COUNT(*) AS rows FROM {table}")).into_sql_str();
    let row = tx.fetch(text, Vec::new()).await?.pop().ok_or(Error::Internal("a count has one row"))?;
    Ok(row.get::<i64>("rows")?.unsigned_abs())
}

/// How the rows of one table are read and written. Names come from the engines' own catalogues of our tables.
struct Route {
    first: String,
    next: String,
    write: String,
    /// The places of the key's columns in a row, in the key's order.
    key: Vec<usize>,
}

impl Route {
    fn new(table: &str, source: &[Column], from: Engine, target: &[Column], to: Engine) -> Result<Route> {
        let mut columns = Vec::with_capacity(target.len());
        for column in target {
            let same = source.iter().find(|it| it.name == column.name);
            columns
                .push((same.ok_or_else(|| Error::storage(format!("{table} has no column {}", column.name)))?, column));
        }
        if source.len() != target.len() {
            return Err(Error::storage(format!("{table} has other columns")));
        }
        let read: Vec<String> = columns.iter().map(|(column, _)| column.read()).collect();
        let read = match from {
            // A text, which isn't taken for a part of whatever JSON it is put into.
            Engine::Sqlite => format!("json_array({}) || ''", read.join(", ")),
            Engine::Postgres => format!("CAST(jsonb_build_array({}) AS TEXT)", read.join(", ")),
        };
        let written: Vec<String> =
            columns.iter().enumerate().map(|(place, (_, column))| column.written(place)).collect();
        let rows = match to {
            Engine::Sqlite => "json_each($1)",
            Engine::Postgres => "jsonb_array_elements(CAST($1 AS JSONB))",
        };
        let mut key: Vec<(i64, usize)> =
            target.iter().enumerate().filter(|(_, it)| it.key > 0).map(|(place, it)| (it.key, place)).collect();
        key.sort_unstable();
        let key: Vec<usize> = key.into_iter().map(|(_, place)| place).collect();
        let names: Vec<&str> = key.iter().map(|place| target[*place].name.as_str()).collect();
        let values: Vec<String> = (1..=key.len()).map(|number| format!("${number}")).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        let all: Vec<&str> = target.iter().map(|column| column.name.as_str()).collect();
        Ok(Route {
            first: format!("SELECT {read} AS line FROM {table} ORDER BY {names} LIMIT {PAGE}"),
            next: format!(
                "SELECT {read} AS line FROM {table} WHERE ({names}) > ({values}) ORDER BY {names} LIMIT {PAGE}"
            ),
            write: format!(
                "INSERT INTO {table} ({}) SELECT {} FROM {rows} AS r WHERE TRUE",
                all.join(", "),
                written.join(", ")
            ),
            key,
        })
    }

    /// Copies page by page; returns how many rows there were.
    async fn copy(&self, read: &mut Tx<'_>, write: &mut Tx<'_>) -> Result<u64> {
        let sql = |text: &str| -> SqlStr { AssertSqlSafe(text.to_owned()).into_sql_str() };
        let mut copied = 0;
        let mut after: Option<Vec<Value>> = None;
        loop {
            let page = match after.take() {
                None => read.fetch(sql(&self.first), Vec::new()).await?,
                Some(key) => read.fetch(sql(&self.next), key).await?,
            };
            let lines = page.iter().map(|row| row.get("line")).collect::<Result<Vec<String>>>()?;
            let Some(last) = lines.last() else { return Ok(copied) };
            after = Some(self.key_of(last)?);
            copied += lines.len() as u64;
            let rows = Value::Text(Some(format!("[{}]", lines.join(","))));
            write.execute(Write { text: sql(&self.write), values: vec![rows], adds: false }).await?;
            if lines.len() < PAGE {
                return Ok(copied);
            }
        }
    }

    fn key_of(&self, line: &str) -> Result<Vec<Value>> {
        let cells: Vec<serde_json::Value> = serde_json::from_str(line).map_err(Error::storage)?;
        let value = |place: &usize| match cells.get(*place) {
            Some(serde_json::Value::String(text)) => Ok(Value::from(text.as_str())),
            Some(serde_json::Value::Number(number)) if number.is_i64() => Ok(Value::from(number.as_i64())),
            Some(_) | None => Err(Error::storage("a key that is neither a text nor a number")),
        };
        self.key.iter().map(value).collect()
    }
}

impl Column {
    /// As a part of a JSON array; a truth value as 0 or 1, as the other engine keeps it.
    fn read(&self) -> String {
        match self.holds {
            Holds::Text | Holds::Number => self.name.clone(),
            Holds::Truth => format!("CAST({} AS INTEGER)", self.name),
        }
    }

    /// From a place of a JSON array.
    fn written(&self, place: usize) -> String {
        match self.holds {
            Holds::Text => format!("r.value->>{place}"),
            Holds::Number => format!("CAST(r.value->>{place} AS BIGINT)"),
            Holds::Truth => format!("CAST(r.value->>{place} AS BIGINT) = 1"),
        }
    }
}

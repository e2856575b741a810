//! SQL of imports: which rows were brought in, and what was understood of them.

use std::collections::HashMap;

use super::fingerprint::Fingerprint;
use super::record::Key;
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Id, Result, Timestamp};
use crate::rows;

/// The tables that this slice writes.
pub const TABLES: &[&str] = &["import_rows"];

const FIND: Sql = rows!(
    "SELECT i.row_key, i.fingerprint, i.marks FROM ",
    "JOIN import_rows i ON i.programme = r.value->>0 AND i.imported_table = r.value->>1 AND i.row_key = r.value->>2"
);
const INSERT: Sql = rows!(
    "INSERT INTO import_rows (programme, imported_table, row_key, fingerprint, marks, import_time) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, CAST(r.value->>5 AS BIGINT) FROM ",
    "WHERE TRUE"
);

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("FIND", FIND), ("INSERT", INSERT)];

/// What was understood of rows when they were brought in; a row that wasn't is left out.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, programme: &Id, table: &str, keys: &[&Key]) -> Result<HashMap<Key, Fingerprint>> {
    let rows: Vec<_> = keys.iter().map(|key| (programme.as_str(), table, key.as_str())).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let found = tx.sql(FIND).bind_rows(&rows).fetch_all().await?;
    let known = |row: &Row| {
        let fingerprint = Fingerprint::stored(row.get("fingerprint")?, row.get("marks")?);
        Ok((Key::stored(row.get("row_key")?), fingerprint))
    };
    found.iter().map(known).collect()
}

/// Notes that rows were brought in.
///
/// # Errors
/// A storage error.
pub async fn insert(
    tx: &mut Tx<'_>,
    programme: &Id,
    table: &str,
    rows: &[(&Key, &Fingerprint)],
    now: Timestamp,
) -> Result<()> {
    let noted = |(key, print): &(&Key, &Fingerprint)| {
        serde_json::json!([programme.as_str(), table, key.as_str(), print.whole(), print.marks(), now.micros()])
    };
    let noted: Vec<_> = rows.iter().map(noted).collect();
    if !noted.is_empty() {
        tx.sql(INSERT).bind_rows(&noted).execute().await?;
    }
    Ok(())
}

//! What was deleted doesn't stay in an SQLite file: freed bytes are overwritten as they are freed (`secure_delete`, set where connections
//! are opened), and the write-ahead log, which has earlier pages, is emptied here. PostgreSQL's way is in docs/security.md.
use std::time::Duration;

use sqlx::Row as _;

use super::engine::Conn;
use super::fault::storage;
use super::writer::Setup;
use crate::kernel::Result;

/// For so long at most the writer waits behind an attempt, and so often it is tried: who reads an old snapshot is in the way.
const PATIENCE: Duration = Duration::from_millis(250);
const ATTEMPTS: usize = 8;
/// What connections wait else.
const USUAL: Duration = super::engine::BUSY_TIMEOUT;

/// Writes the log into the file and empties it. Whether it is empty now; always on PostgreSQL, which has none.
pub(super) async fn empty_log(setup: &Setup) -> Result<bool> {
    let Conn::Sqlite(mut conn) = setup.pool.acquire().await? else { return Ok(true) };
    let patience = |time: Duration| sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {}", time.as_millis()));
    sqlx::query(patience(PATIENCE)).execute(&mut *conn).await.map_err(storage)?;
    let mut is_empty = false;
    for _ in 0..ATTEMPTS {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await;
        is_empty = row.and_then(|row| row.try_get::<i64, _>(0)).map_err(storage)? == 0;
        if is_empty {
            break;
        }
    }
    sqlx::query(patience(USUAL)).execute(&mut *conn).await.map_err(storage)?;
    Ok(is_empty)
}

//! What was destroyed doesn't stay in an SQLite file: freed bytes are overwritten as they are freed (`secure_delete`, set where connections
//! are opened), and the write-ahead log, which has earlier pages, is emptied here. PostgreSQL's way is in docs/security.md.
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use sqlx::Row as _;

use super::engine::Conn;
use super::fault::storage;
use super::writer::Setup;
use crate::kernel::Result;

/// For so long at most the writer waits behind an attempt, and so often it is tried: who reads an old snapshot is in the way.
const PATIENCE: Duration = Duration::from_millis(50);
const ATTEMPTS: usize = 8;
/// Between two attempts the writer has its turn, and whoever is in the way goes on.
const PAUSE: Duration = Duration::from_millis(250);

/// Whether something was destroyed since the log was emptied last.
#[derive(Debug)]
pub(super) struct Scrub {
    destroyed: AtomicU64,
    emptied: AtomicU64,
}

impl Default for Scrub {
    /// What a server destroyed before this one began may be in the log still.
    fn default() -> Scrub {
        Scrub { destroyed: AtomicU64::new(1), emptied: AtomicU64::new(0) }
    }
}

impl Scrub {
    /// A transaction has ended that destroyed something.
    pub(super) fn destroyed(&self) {
        self.destroyed.fetch_add(1, SeqCst);
    }
}

/// Writes the log into the file and empties it, if something was destroyed since it was last. Whether there is nothing of that in it now;
/// always so on PostgreSQL, which has no such log.
pub(super) async fn empty_log(setup: &Setup) -> Result<bool> {
    let destroyed = setup.scrub.destroyed.load(SeqCst);
    if setup.scrub.emptied.load(SeqCst) >= destroyed {
        return Ok(true);
    }
    let Conn::Sqlite(mut conn) = setup.beside.acquire().await? else {
        setup.scrub.emptied.fetch_max(destroyed, SeqCst);
        return Ok(true);
    };
    conn.close_on_drop(); // it is less patient than others may be
    let patience = sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis()));
    sqlx::query(patience).execute(&mut *conn).await.map_err(storage)?;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            pause().await;
        }
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await;
        if row.and_then(|row| row.try_get::<i64, _>(0)).map_err(storage)? == 0 {
            setup.scrub.emptied.fetch_max(destroyed, SeqCst);
            return Ok(true);
        }
    }
    Ok(false)
}

#[expect(clippy::disallowed_methods, reason = "between two attempts: nobody says when the reader in the way has gone")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

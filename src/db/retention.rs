//! Forgets changes that are older than they are kept. What is expired is said in the head first, so that nobody takes a log
//! with a hole for a whole one.
//!
//! The audit chain is never shortened.
use super::engine::Conn;
use super::fault::storage;
use super::sql::Sql;
use super::tx::Tx;
use super::writer::Setup;
use crate::kernel::{Id, Result, Timestamp};

const HEADS: Sql = Sql::new("SELECT h.programme FROM heads h WHERE h.sequence > h.expired ORDER BY h.programme");
/// The last of the next 1,000 changes that is too old. Times follow the sequence.
const OLD: Sql = Sql::new(
    "SELECT MAX(recent.sequence) AS last FROM (SELECT c.sequence, c.time FROM changes c WHERE c.programme = $1 \
     AND c.sequence > (SELECT h.expired FROM heads h WHERE h.programme = $1) ORDER BY c.sequence LIMIT 1000) recent WHERE recent.time < $2",
);
const EXPIRE: Sql = Sql::new("UPDATE heads SET expired = $2 WHERE programme = $1 AND expired < $2");
const FORGET: Sql = Sql::new("DELETE FROM changes WHERE programme = $1 AND sequence <= $2");

/// The statements of this file, for the test that prepares and explains them.
pub const STATEMENTS: &[(&str, Sql)] = &[("HEADS", HEADS), ("OLD", OLD), ("EXPIRE", EXPIRE), ("FORGET", FORGET)];

const DAY_MICROS: i64 = 86_400_000_000;

/// Forgets the changes of every programme that are older than so many days, 1,000 at a time, on a connection beside the
/// writer's; returns how many.
pub(super) async fn forget_changes(setup: &Setup, days: u32) -> Result<u64> {
    let before = setup.clock.now().plus_micros(-i64::from(days) * DAY_MICROS);
    let mut conn = setup.beside.acquire().await?;
    let forgotten = forget_all(&mut conn, before).await;
    conn.after(forgotten)
}

async fn forget_all(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    let mut tx = conn.begin_read().await.map_err(storage)?;
    let rows = tx.sql(HEADS).fetch_all().await?;
    let programmes: Vec<Id> = rows.iter().map(|row| row.get("programme")).collect::<Result<_>>()?;
    tx.rollback().await.map_err(storage)?;
    let mut forgotten = 0;
    for programme in &programmes {
        loop {
            let mut tx = conn.begin_write().await.map_err(storage)?;
            let chunk = forget_chunk(&mut tx, programme, before).await?;
            tx.commit().await.map_err(storage)?;
            forgotten += chunk;
            if chunk == 0 {
                break;
            }
        }
    }
    Ok(forgotten)
}

async fn forget_chunk(tx: &mut Tx<'_>, programme: &Id, before: Timestamp) -> Result<u64> {
    let row = tx.sql(OLD).bind(programme).bind(before).fetch_one().await?;
    let Some(last) = row.get::<Option<i64>>("last")? else { return Ok(0) };
    tx.sql(EXPIRE).bind(programme).bind(last).count().await?;
    tx.sql(FORGET).bind(programme).bind(last).count().await
}

//! Reads the tables `changes` and `heads`, which `db` writes.
use super::{Extent, Logged};
use crate::db::{Sql, Tx};
use crate::kernel::{Error, Id, ProgrammeName, Result};

/// None: the log is written by `db`.
pub const TABLES: &[&str] = &[];

const EXTENT: Sql =
    Sql::new("SELECT h.sequence, h.expired, h.time FROM heads h WHERE h.programme = $1 AND h.entry > 0");
const AFTER: Sql = Sql::new(
    "SELECT c.sequence, c.name, c.verb, c.revision, c.time FROM changes c \
     WHERE c.programme = $1 AND c.sequence > $2 ORDER BY c.sequence LIMIT $3 + 0",
);

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("EXTENT", EXTENT), ("AFTER", AFTER)];

/// Where a programme's log begins and ends.
///
/// # Errors
/// `RESOURCE_NOT_FOUND` (the programme), or a storage error.
pub async fn extent(tx: &mut Tx<'_>, programme: &Id) -> Result<Extent> {
    let row = tx.sql(EXTENT).bind(programme).fetch_optional().await?;
    let row = row.ok_or_else(|| Error::not_found(ProgrammeName::new(programme.clone())))?;
    Ok(Extent { newest: row.get("sequence")?, expired: row.get("expired")?, time: row.get("time")? })
}

/// The changes after a sequence number, in order, so many at most.
///
/// # Errors
/// A storage error.
pub async fn after(tx: &mut Tx<'_>, programme: &Id, after: i64, most: usize) -> Result<Vec<Logged>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = tx.sql(AFTER).bind(programme).bind(after).bind(most).fetch_all().await?;
    rows.iter()
        .map(|row| {
            Ok(Logged {
                sequence: row.get("sequence")?,
                name: row.get("name")?,
                verb: row.get("verb")?,
                revision: row.get("revision")?,
                time: row.get("time")?,
            })
        })
        .collect()
}

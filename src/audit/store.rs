//! Reads the tables `audit_entries` and `heads`, which `db` writes.
use super::{Head, Recorded};
use crate::db::chain::Entry;
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Error, Id, ProgrammeName, Result};

const HEAD: Sql = Sql::new("SELECT h.entry, h.link FROM heads h WHERE h.programme = $1 AND h.entry > 0");
const AFTER: Sql = Sql::new(
    "SELECT a.entry, a.time, a.subject, a.on_behalf_of, a.method, a.names, a.digest, a.link FROM audit_entries a \
     WHERE a.programme = $1 AND a.entry > $2 ORDER BY a.entry LIMIT $3 + 0",
);

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("HEAD", HEAD), ("AFTER", AFTER)];

/// Where a programme's chain ends.
///
/// # Errors
/// `RESOURCE_NOT_FOUND` (the programme), or a storage error.
pub async fn head(tx: &mut Tx<'_>, programme: &Id) -> Result<Head> {
    let row = tx.sql(HEAD).bind(programme).fetch_optional().await?;
    let row = row.ok_or_else(|| Error::not_found(ProgrammeName::new(programme.clone())))?;
    Ok(Head { entry: row.get("entry")?, link: row.get("link")? })
}

/// The entries after a number, in order, so many at most.
///
/// # Errors
/// A storage error.
pub async fn after(tx: &mut Tx<'_>, programme: &Id, after: i64, most: usize) -> Result<Vec<Recorded>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = tx.sql(AFTER).bind(programme).bind(after).bind(most).fetch_all().await?;
    rows.iter().map(|row| recorded(row, programme)).collect()
}

fn recorded(row: &Row, programme: &Id) -> Result<Recorded> {
    let entry = Entry {
        programme: programme.to_string(),
        entry: row.get("entry")?,
        time: row.get("time")?,
        subject: row.get("subject")?,
        on_behalf_of: row.get("on_behalf_of")?,
        method: row.get("method")?,
        names: row.get("names")?,
        digest: row.get("digest")?,
    };
    Ok(Recorded { entry, link: row.get("link")? })
}

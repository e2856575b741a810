//! How programmes treat records.

use crate::activities::policy::Policy;
use crate::db::{Sql, Tx};
use crate::kernel::{Id, Result};

const GET: Sql = Sql::new("SELECT p.* FROM activity_policies p WHERE p.programme = $1");
const PUT: Sql = Sql::new(
    "INSERT INTO activity_policies (programme, late_entry_days, recheck_percent, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (programme) DO UPDATE SET late_entry_days = excluded.late_entry_days, \
     recheck_percent = excluded.recheck_percent, revision = excluded.revision, update_time = excluded.update_time",
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("GET", GET), ("PUT", PUT)];

/// How a programme treats records.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, programme: &Id) -> Result<Policy> {
    let Some(row) = tx.sql(GET).bind(programme).fetch_optional().await? else { return Ok(Policy::default()) };
    Ok(Policy {
        late_entry_days: row.get("late_entry_days")?,
        recheck_percent: row.get("recheck_percent")?,
        meta: Some(row.meta()?),
    })
}

/// Writes how a programme treats records.
///
/// # Errors
/// A storage error.
pub async fn put(tx: &mut Tx<'_>, programme: &Id, policy: &Policy) -> Result<()> {
    let Some(meta) = policy.meta else { return Ok(()) };
    let stmt = tx.sql(PUT).bind(programme).bind(policy.late_entry_days).bind(policy.recheck_percent);
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await
}

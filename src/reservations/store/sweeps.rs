//! SQL of who does what is due at registers: the registers, and the server that alone does so for a term.
use std::collections::BTreeMap;

use crate::db::{Sql, Tx};
use crate::kernel::{Id, Result};
use crate::sessions::store::Lease;

/// What is due, in programmes that nobody else sweeps and that haven't ended.
const DUE: Sql = Sql::new(
    "SELECT g.programme, g.session FROM registers g WHERE g.due_time <= $1 \
     AND (SELECT 1 FROM programmes p WHERE p.programme = g.programme AND p.state = 'ACTIVE' LIMIT 1) IS NOT NULL \
     AND (SELECT 1 FROM register_sweeps w WHERE w.programme = g.programme AND w.holder <> $2 AND w.term_until > $1 \
     LIMIT 1) IS NULL ORDER BY g.due_time, g.programme, g.session LIMIT $3 + 0",
);
const LEASE: Sql = Sql::new(
    "INSERT INTO register_sweeps (programme, holder, term_until) VALUES ($1, $2, $3) \
     ON CONFLICT (programme) DO UPDATE SET holder = excluded.holder, term_until = excluded.term_until",
);
const LEASE_OF: Sql = Sql::new("SELECT w.holder, w.term_until FROM register_sweeps w WHERE w.programme = $1");

/// The statements about sweeps, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("DUE", DUE), ("LEASE", LEASE), ("LEASE_OF", LEASE_OF)];

/// The registers that have been due the longest by now and that this holder may sweep, at most so many, by programme.
///
/// # Errors
/// A storage error.
pub async fn due(tx: &mut Tx<'_>, holder: &str, most: i64) -> Result<BTreeMap<Id, Vec<Id>>> {
    let now = tx.now();
    let mut due: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for row in tx.sql(DUE).bind(now).bind(holder).bind(most).fetch_all().await? {
        due.entry(row.get("programme")?).or_default().push(row.get("session")?);
    }
    Ok(due)
}

/// Who sweeps a programme's registers.
///
/// # Errors
/// A storage error.
pub async fn lease_of(tx: &mut Tx<'_>, programme: &Id) -> Result<Option<Lease>> {
    let row = tx.sql(LEASE_OF).bind(programme).fetch_optional().await?;
    row.map(|row| Ok(Lease { holder: row.get("holder")?, until: row.get("term_until")? })).transpose()
}

/// Writes who sweeps a programme's registers.
///
/// # Errors
/// A storage error.
pub async fn lease(tx: &mut Tx<'_>, programme: &Id, lease: &Lease) -> Result<()> {
    tx.sql(LEASE).bind(programme).bind(&lease.holder).bind(lease.until).execute().await
}

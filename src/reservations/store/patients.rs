//! A patient's token in reservations and needs, as a restriction asks for it.
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Id, Result};
use crate::persons::store::Swap;

const SWAP_RESERVATIONS: Sql = Sql::new(
    "UPDATE reservations SET patient_token = $4, revision = revision + 1 \
     WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 RETURNING reservation AS id, revision",
);
const SWAP_NEEDS: Sql = Sql::new(
    "UPDATE needs SET patient_token = $4, revision = revision + 1 \
     WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 RETURNING need AS id, revision",
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("SWAP_RESERVATIONS", SWAP_RESERVATIONS), ("SWAP_NEEDS", SWAP_NEEDS)];

/// Puts one token in place of another: the reservations and the needs that have it, with their revisions.
///
/// # Errors
/// A storage error.
pub async fn swap_patient(tx: &mut Tx<'_>, swap: &Swap) -> Result<[Vec<(Id, i64)>; 2]> {
    let programme = swap.restriction.name.programme();
    let mut touched = [Vec::new(), Vec::new()];
    for (sql, into) in [SWAP_RESERVATIONS, SWAP_NEEDS].into_iter().zip(&mut touched) {
        let stmt = tx.sql(sql).bind(programme).bind(&swap.issuer).bind(&swap.from).bind(&swap.to);
        let each = |row: &Row| Ok((row.get("id")?, row.get("revision")?));
        *into = stmt.fetch_all().await?.iter().map(each).collect::<Result<_>>()?;
    }
    Ok(touched)
}

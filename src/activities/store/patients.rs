//! A patient's token in all versions: the one change that reaches versions which were replaced, asked for by a restriction.
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Id, Result};
use crate::persons::store::Swap;

pub(super) const SWAP_STANDING: Sql = Sql::new(
    "UPDATE activity_versions SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 \
     AND until_sequence IS NULL RETURNING activity, revision",
);
pub(super) const SWAP_REPLACED: Sql = Sql::new(
    "UPDATE activity_versions SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 \
     AND until_sequence IS NOT NULL RETURNING activity, revision",
);

/// Puts one token in place of another. The activities whose present version has it, with its revision, and those that had it before.
///
/// # Errors
/// A storage error.
pub async fn swap_patient(tx: &mut Tx<'_>, swap: &Swap) -> Result<(Vec<(Id, i64)>, Vec<Id>)> {
    let programme = swap.restriction.name.programme();
    let mut touched = Vec::with_capacity(2);
    for sql in [SWAP_STANDING, SWAP_REPLACED] {
        let stmt = tx.sql(sql).bind(programme).bind(&swap.issuer).bind(&swap.from).bind(&swap.to);
        let activity = |row: &Row| Ok((row.get("activity")?, row.get("revision")?));
        touched.push(stmt.fetch_all().await?.iter().map(activity).collect::<Result<Vec<(Id, i64)>>>()?);
    }
    let replaced = touched.pop().unwrap_or_default().into_iter().map(|(id, _)| id).collect();
    Ok((touched.pop().unwrap_or_default(), replaced))
}

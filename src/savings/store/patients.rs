//! A patient's token in all versions of trips, and the numbers of their bills, as a restriction asks for it.
use std::collections::BTreeSet;

use crate::db::{Sql, Tx};
use crate::kernel::{Id, Result};
use crate::persons::store::Swap;
use crate::rows;

const SWAP_STANDING: Sql = Sql::new(
    "UPDATE trip_versions SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 \
     AND until_sequence IS NULL RETURNING trip, revision, encounter",
);
const SWAP_REPLACED: Sql = Sql::new(
    "UPDATE trip_versions SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 \
     AND until_sequence IS NOT NULL RETURNING trip, revision, encounter",
);
const NUMBER: Sql = rows!(
    "UPDATE encounters SET number_value = r.value->>2, revision = CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE programme = r.value->>0 AND encounter = r.value->>1"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("SWAP_STANDING", SWAP_STANDING), ("SWAP_REPLACED", SWAP_REPLACED), ("NUMBER", NUMBER)];

/// What had a token that another one has taken the place of.
#[derive(Debug, Default)]
pub struct Swapped {
    /// The trips whose present version had it, with its revision.
    pub standing: Vec<(Id, i64)>,
    /// The trips of which an earlier version had it.
    pub replaced: Vec<Id>,
    /// The bills that hung on any such version, also those that were taken back since.
    pub bills: BTreeSet<Id>,
}

/// Puts one token in place of another.
///
/// # Errors
/// A storage error.
pub async fn swap_patient(tx: &mut Tx<'_>, swap: &Swap) -> Result<Swapped> {
    let programme = swap.restriction.name.programme();
    let mut swapped = Swapped::default();
    for (sql, is_standing) in [(SWAP_STANDING, true), (SWAP_REPLACED, false)] {
        let stmt = tx.sql(sql).bind(programme).bind(&swap.issuer).bind(&swap.from).bind(&swap.to);
        for row in stmt.fetch_all().await? {
            if is_standing {
                swapped.standing.push((row.get("trip")?, row.get("revision")?));
            } else {
                swapped.replaced.push(row.get("trip")?);
            }
            swapped.bills.extend(row.get::<Option<Id>>("encounter")?);
        }
    }
    Ok(swapped)
}

/// Writes the numbers of bills, each with its revision.
///
/// # Errors
/// A storage error.
pub async fn put_numbers(tx: &mut Tx<'_>, programme: &Id, numbers: &[(Id, String, i64)]) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = numbers.iter().map(|(id, number, revision)| (programme, id, number, revision)).collect();
    tx.sql(NUMBER).bind_rows(&rows).execute().await
}

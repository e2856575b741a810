//! A patient's token in all versions of trips, and the numbers of their bills, as a restriction asks for it.
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Id, Result};
use crate::persons::store::Swap;
use crate::rows;

const SWAP_STANDING: Sql = Sql::new(
    "UPDATE trip_versions SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 \
     AND until_sequence IS NULL RETURNING trip, revision",
);
const SWAP_REPLACED: Sql = Sql::new(
    "UPDATE trip_versions SET patient_token = $4 WHERE programme = $1 AND patient_issuer = $2 AND patient_token = $3 \
     AND until_sequence IS NOT NULL RETURNING trip, revision",
);
const BILLS: Sql = rows!(
    "SELECT e.encounter, e.revision FROM ",
    "JOIN encounters e ON e.programme = r.value->>0 AND e.trip = r.value->>1 ORDER BY e.encounter"
);
const NUMBER: Sql = rows!(
    "UPDATE encounters SET number_value = r.value->>2, revision = CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE programme = r.value->>0 AND encounter = r.value->>1"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("SWAP_STANDING", SWAP_STANDING), ("SWAP_REPLACED", SWAP_REPLACED), ("BILLS", BILLS), ("NUMBER", NUMBER)];

/// Puts one token in place of another. The trips whose present version has it, with its revision, and those that had it before.
///
/// # Errors
/// A storage error.
pub async fn swap_patient(tx: &mut Tx<'_>, swap: &Swap) -> Result<(Vec<(Id, i64)>, Vec<Id>)> {
    let programme = swap.restriction.name.programme();
    let mut touched = Vec::with_capacity(2);
    for sql in [SWAP_STANDING, SWAP_REPLACED] {
        let stmt = tx.sql(sql).bind(programme).bind(&swap.issuer).bind(&swap.from).bind(&swap.to);
        let trip = |row: &Row| Ok((row.get("trip")?, row.get("revision")?));
        touched.push(stmt.fetch_all().await?.iter().map(trip).collect::<Result<Vec<(Id, i64)>>>()?);
    }
    let replaced = touched.pop().unwrap_or_default().into_iter().map(|(id, _)| id).collect();
    Ok((touched.pop().unwrap_or_default(), replaced))
}

/// The bills of trips, with their revisions.
///
/// # Errors
/// A storage error.
pub async fn bills(tx: &mut Tx<'_>, programme: &Id, trips: &[&Id]) -> Result<Vec<(Id, i64)>> {
    let keys: Vec<_> = trips.iter().map(|trip| (programme, trip)).collect();
    let rows = tx.sql(BILLS).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("encounter")?, row.get("revision")?))).collect()
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

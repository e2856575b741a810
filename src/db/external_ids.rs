//! Identifiers of resources in other systems: one table for all collections.
//!
//! A slice calls these within its commands and lists; the table is written here alone.
use std::collections::HashMap;

use super::ask::{Ask, Read};
use super::fault::Corrupt;
use super::row::Row;
use super::sql::Sql;
use super::tx::Tx;
use crate::kernel::{Error, ExternalId, Id, Reason, Result};
use crate::rows;

/// The tables that this file writes.
pub const TABLES: &[&str] = &["external_ids"];

const DELETE: Sql = rows!(
    "DELETE FROM external_ids WHERE (programme, collection, id) IN (SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    ")"
);
const INSERT: Sql = rows!(
    "INSERT INTO external_ids (programme, collection, system, value, id) SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4 FROM ",
    "WHERE TRUE"
);
const OF: Sql = rows!(
    "SELECT x.id, x.system, x.value FROM ",
    "JOIN external_ids x ON x.programme = r.value->>0 AND x.collection = r.value->>1 AND x.id = r.value->>2 ORDER BY x.id, x.system, x.value"
);
const FIND: Sql = rows!(
    "SELECT x.system, x.value, x.id FROM ",
    "JOIN external_ids x ON x.programme = r.value->>0 AND x.collection = r.value->>1 AND x.system = r.value->>2 AND x.value = r.value->>3"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("DELETE", DELETE), ("INSERT", INSERT), ("OF", OF), ("FIND", FIND)];

/// Writes the external ids of many resources that have none yet.
///
/// # Errors
/// A storage error, also when one is taken: look with [`refuse_taken`] first.
pub async fn insert_all(tx: &mut Tx<'_>, programme: &Id, collection: &str, of: &[(&Id, &[ExternalId])]) -> Result<()> {
    let rows: Vec<_> = of
        .iter()
        .flat_map(|(id, ids)| {
            ids.iter().map(move |x| (programme.as_str(), collection, x.system(), x.value(), id.as_str()))
        })
        .collect();
    if !rows.is_empty() {
        tx.sql(INSERT).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// Makes these the external ids of a resource.
///
/// # Errors
/// A storage error, also when one is taken: look with [`refuse_taken`] first.
pub async fn put(tx: &mut Tx<'_>, programme: &Id, collection: &str, id: &Id, ids: &[ExternalId]) -> Result<()> {
    tx.sql(DELETE).bind_rows(&[(programme.as_str(), collection, id.as_str())]).execute().await?;
    insert_all(tx, programme, collection, &[(id, ids)]).await
}

/// The external ids of many resources; one that has none is left out.
///
/// # Errors
/// A storage error.
pub async fn of(
    tx: &mut Tx<'_>,
    programme: &Id,
    collection: &str,
    ids: &[&Id],
) -> Result<HashMap<Id, Vec<ExternalId>>> {
    tx.ask(of_asked(programme, collection, ids)).await
}

/// Asks for the external ids of many resources; one that has none is left out.
pub fn of_asked(programme: &Id, collection: &str, ids: &[&Id]) -> Ask<HashMap<Id, Vec<ExternalId>>> {
    if ids.is_empty() {
        return Ask::known(HashMap::new());
    }
    let keys: Vec<_> = ids.iter().map(|id| (programme.as_str(), collection, id.as_str())).collect();
    Ask::rows(Read::of(OF).bind_rows(&keys), |rows| {
        let mut found: HashMap<Id, Vec<ExternalId>> = HashMap::new();
        for row in &rows {
            found.entry(row.get("id")?).or_default().push(external_id(row)?);
        }
        Ok(found)
    })
}

/// The resources that have these external ids; one that nobody has is left out.
///
/// # Errors
/// A storage error.
pub async fn find_all(
    tx: &mut Tx<'_>,
    programme: &Id,
    collection: &str,
    ids: &[&ExternalId],
) -> Result<HashMap<ExternalId, Id>> {
    tx.ask(find_all_asked(programme, collection, ids)).await
}

fn find_all_asked(programme: &Id, collection: &str, ids: &[&ExternalId]) -> Ask<HashMap<ExternalId, Id>> {
    if ids.is_empty() {
        return Ask::known(HashMap::new());
    }
    let keys: Vec<_> = ids.iter().map(|x| (programme.as_str(), collection, x.system(), x.value())).collect();
    let found = |rows: Vec<Row>| rows.iter().map(|row| Ok((external_id(row)?, row.get("id")?))).collect();
    Ask::rows(Read::of(FIND).bind_rows(&keys), found)
}

fn external_id(row: &Row) -> Result<ExternalId> {
    let (system, value): (String, String) = (row.get("system")?, row.get("value")?);
    ExternalId::parse(&system, &value).map_err(|_| Corrupt::error("external_ids.value", "not an external id"))
}

/// The resource that has this external id.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, programme: &Id, collection: &str, id: &ExternalId) -> Result<Option<Id>> {
    Ok(find_all(tx, programme, collection, &[id]).await?.remove(id))
}

/// Who, other than `but`, has one of these external ids already: what a command loads before it decides.
///
/// # Errors
/// A storage error.
pub async fn taken(
    tx: &mut Tx<'_>,
    programme: &Id,
    collection: &str,
    ids: &[ExternalId],
    but: Option<&Id>,
) -> Result<Vec<(ExternalId, Id)>> {
    tx.ask(taken_asked(programme, collection, ids, but)).await
}

/// Asks who, other than `but`, has one of these external ids already.
pub fn taken_asked(
    programme: &Id,
    collection: &str,
    ids: &[ExternalId],
    but: Option<&Id>,
) -> Ask<Vec<(ExternalId, Id)>> {
    let (ids, but): (Vec<&ExternalId>, _) = (ids.iter().collect(), but.cloned());
    let others = move |found: HashMap<ExternalId, Id>| {
        Ok(found.into_iter().filter(|(_, id)| Some(id) != but.as_ref()).collect())
    };
    find_all_asked(programme, collection, &ids).map(others)
}

/// Keys for these external ids, of what a command touches ([`super::Command::touches`]).
pub fn touched(ids: &[ExternalId]) -> impl Iterator<Item = String> {
    ids.iter().map(|id| format!("external id {} {}", id.system(), id.value()))
}

/// Refuses external ids that others have: pure.
///
/// # Errors
/// `EXTERNAL_ID_TAKEN` with the first of them in order and who has it.
pub fn refuse_taken(programme: &Id, collection: &str, mut taken: Vec<(ExternalId, Id)>) -> Result<()> {
    taken.sort();
    match taken.into_iter().next() {
        Some((external, id)) => {
            let name = format!("programmes/{programme}/{collection}/{id}");
            let message = format!("{name} has this external id of {} already", external.system());
            Err(Error::refused(Reason::ExternalIdTaken, message).with("system", external.system()).with("name", name))
        }
        None => Ok(()),
    }
}

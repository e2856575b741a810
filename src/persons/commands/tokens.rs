//! What every slice that holds tokens does besides swapping them: external ids name a patient's records elsewhere, and are sealed too.
use crate::db::{Tx, external_ids};
use crate::kernel::{Change, Error, Id, Result, Verb};
use crate::persons::Seal;
use crate::persons::store::{self, Swap};

/// Seals the external ids of records whose token was swapped, or puts them back, and says what changed: the records that stand, each
/// with its revision.
///
/// # Errors
/// `EXTERNAL_ID_TAKEN`, where another record has one by now; a storage error.
pub async fn settle(
    tx: &mut Tx<'_>,
    swap: &Swap,
    collection: &'static str,
    standing: &[(Id, i64)],
    replaced: &[Id],
) -> Result<Vec<Change>> {
    let programme = swap.restriction.name.programme();
    if swap.seals {
        let mut ids: Vec<&Id> = standing.iter().map(|(id, _)| id).chain(replaced).collect();
        ids.sort();
        ids.dedup();
        let known = external_ids::of(tx, programme, collection, &ids).await?;
        let mut seals = Vec::with_capacity(ids.len());
        for id in ids {
            let own = known.get(id).map(Vec::as_slice).unwrap_or_default();
            if !own.is_empty() {
                external_ids::put(tx, programme, collection, id, &[]).await?;
            }
            let value = serde_json::to_string(own).map_err(Error::storage)?;
            seals.push(Seal { part: collection, key: id.to_string(), value });
        }
        store::seal(tx, &swap.restriction, &seals).await?;
    } else {
        for (id, value) in store::unsealed(tx, &swap.restriction, collection).await? {
            let own = store::numbers(&value)?;
            let id = Id::parse(&id).map_err(Error::Internal)?;
            external_ids::refuse_taken(
                programme,
                collection,
                external_ids::taken(tx, programme, collection, &own, Some(&id)).await?,
            )?;
            external_ids::put(tx, programme, collection, &id, &own).await?;
        }
    }
    let change = |(id, revision): &(Id, i64)| {
        Change::new(format!("programmes/{programme}/{collection}/{id}"), Verb::UPDATE, *revision)
    };
    Ok(standing.iter().map(change).collect())
}

//! What discrepancies do when a patient is restricted: a hospital's number of the patient's record names the patient there.
use futures_util::future::BoxFuture;

use super::extract::Discrepancies;
use super::store::discrepancies;
use crate::activities::Activities;
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::experts::sealed::SEALED;
use crate::kernel::{Change, Collection as _, Error, Id, Name, Result, Verb};
use crate::persons::store::{Swap, holds};
use crate::persons::{self, PersonRestrictions, RESTRICT, Seal};

/// The reactions of this slice; after those of activities.
pub const REACTIONS: &[Reaction] = &[Reaction {
    what: "discrepancies seal the hospital's number of a restricted patient's record, or of what was missing here, and put it back when that is lifted",
    collection: "personRestrictions",
    verbs: &["restrict", "lift"],
    react: React::Follow(seal_numbers),
}];

fn seal_numbers<'a>(tx: &'a mut Tx<'_>, change: &'a Change, context: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = Name::<PersonRestrictions>::parse(&change.name).map_err(Error::Internal)?;
        let restriction = persons::store::get(tx, &name).await?;
        let swap = persons::store::swap(tx, change).await?;
        let numbers: Vec<(Id, String)> = if change.verb == RESTRICT {
            let numbers = persons::store::sealed_numbers(tx, &restriction, Activities::COLLECTION).await?;
            let mut found = discrepancies::of_sealed(tx, name.programme(), name.id(), &numbers).await?;
            if let Some(Swap { issuer, from, .. }) = &swap {
                found.extend(discrepancies::of_patient(tx, name.programme(), issuer, from).await?);
            }
            // Another restriction of the same record may have the number already, and some have none.
            let seal = |(id, value): (&Id, &String)| Seal {
                part: Discrepancies::COLLECTION,
                key: id.to_string(),
                value: Some(value).filter(|value| holds(value)).cloned().unwrap_or_default(),
            };
            persons::store::seal(tx, &restriction, &found.iter().map(seal).collect::<Vec<_>>()).await?;
            found.into_iter().filter(|(_, value)| holds(value)).map(|(id, _)| (id, SEALED.to_owned())).collect()
        } else {
            let sealed = persons::store::unsealed(tx, &restriction, Discrepancies::COLLECTION).await?;
            let back = |(id, value): (String, String)| Ok((Id::parse(&id).map_err(Error::Internal)?, value));
            sealed.into_iter().map(back).collect::<Result<_>>()?
        };
        if let Some(swap) = &swap {
            discrepancies::swap_patient(tx, name.programme(), swap).await?;
        }
        let written = discrepancies::put_numbers(tx, name.programme(), &numbers, context.now).await?;
        let update = |(id, revision): (Id, i64)| {
            Change::new(Name::<Discrepancies>::new(name.programme().clone(), id), Verb::UPDATE, revision)
        };
        Ok(Reacted { changes: written.into_iter().map(update).collect(), facts: Vec::new() })
    })
}

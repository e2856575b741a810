//! What this slice does once everybody has put back what was sealed.
use futures_util::future::BoxFuture;

use super::{PersonRestrictions, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::kernel::{Change, Error, Name, Result};

/// Registered after all that put back.
pub const REACTIONS: &[Reaction] = &[Reaction {
    what: "persons forget what was sealed, once it has been put back",
    collection: "personRestrictions",
    verbs: &["lift"],
    react: React::Follow(forget),
}];

fn forget<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = Name::<PersonRestrictions>::parse(&change.name).map_err(Error::Internal)?;
        store::forget(tx, &name).await?;
        Ok(Reacted::default())
    })
}

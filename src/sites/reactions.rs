//! What sites do when an earlier slice changes something.

use futures_util::future::BoxFuture;

use super::store;
use crate::db::{Context, React, Reaction, Tx};
use crate::kernel::{Change, Error, Name, Reason, Result};

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[Reaction {
    what: "sites refuse the deletion of the hospital that they are or belong to",
    collection: "hospitals",
    verbs: &["delete"],
    react: React::Object(keep_hospital),
}];

fn keep_hospital<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _context: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let hospital = Name::parse(&change.name).map_err(Error::Internal)?;
        match store::of_hospital(tx, &hospital).await? {
            None => Ok(()),
            Some(site) => Err(Error::refused(Reason::InUse, "a site is or belongs to this hospital")
                .with("name", hospital)
                .with("referrer", site)),
        }
    })
}

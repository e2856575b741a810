//! What sessions do when an earlier slice changes something.
use futures_util::future::BoxFuture;

use super::store;
use crate::db::{Context, React, Reaction, Tx};
use crate::kernel::{Change, Error, Name, Reason, Result};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[Reaction {
    what: "sessions refuse the deletion of the site that they are at",
    collection: "sites",
    verbs: &["delete"],
    react: React::Object(keep_site),
}];

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _context: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site: Name<Sites> = Name::parse(&change.name).map_err(Error::Internal)?;
        match store::first_at_site(tx, site.programme(), site.id()).await? {
            None => Ok(()),
            Some(session) => Err(Error::refused(Reason::InUse, "sessions are or were at this site")
                .with("name", &site)
                .with("referrer", format!("programmes/{}/sessions/{session}", site.programme()))),
        }
    })
}

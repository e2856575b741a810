//! What experts do when an earlier slice changes something that they refer to.

use futures_util::future::BoxFuture;

use super::{Experts, store};
use crate::db::{Context, React, Reaction, Tx};
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Error, Name, Reason, Result};

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[Reaction {
    what: "experts refuse the deletion of a hospital that an affiliation names",
    collection: "hospitals",
    verbs: &["delete"],
    react: React::Object(keep_hospital),
}];

fn keep_hospital<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let hospital = Name::<Hospitals>::parse(&change.name).map_err(Error::Internal)?;
        match store::affiliated(tx, hospital.programme(), hospital.id()).await? {
            None => Ok(()),
            Some(expert) => Err(Error::refused(Reason::InUse, "an expert's affiliation names this hospital")
                .with("referrer", Name::<Experts>::new(hospital.programme().clone(), expert))
                .with("name", hospital)),
        }
    })
}

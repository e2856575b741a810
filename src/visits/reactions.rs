//! What visits do when an earlier slice changes something.
use futures_util::future::BoxFuture;

use super::store;
use crate::db::{Context, React, Reaction, Tx};
use crate::experts::Experts;
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Error, Name, Reason, Result};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "visits refuse the deletion of the site that hosts them",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "visits refuse the deletion of a hospital from which their expert came",
        collection: "hospitals",
        verbs: &["delete"],
        react: React::Object(keep_hospital),
    },
    Reaction {
        what: "visits refuse the merge of an expert who is still to come: cancel or end them first",
        collection: "experts",
        verbs: &["merge"],
        react: React::Object(keep_visitor),
    },
];

/// The duplicate's change alone is a `merge`; the survivor's is an `absorb`.
fn keep_visitor<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let expert: Name<Experts> = Name::parse(&change.name).map_err(Error::Internal)?;
        match store::first_open(tx, expert.programme(), expert.id()).await? {
            None => Ok(()),
            Some(visit) => Err(Error::refused(Reason::InUse, "a visit of the duplicate is still open")
                .with("referrer", format!("programmes/{}/visits/{visit}", expert.programme()))
                .with("name", expert)),
        }
    })
}

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _context: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site: Name<Sites> = Name::parse(&change.name).map_err(Error::Internal)?;
        match store::first_at_site(tx, site.programme(), site.id()).await? {
            None => Ok(()),
            Some(visit) => Err(Error::refused(Reason::InUse, "the site hosts or hosted visits")
                .with("name", &site)
                .with("referrer", format!("programmes/{}/visits/{visit}", site.programme()))),
        }
    })
}

fn keep_hospital<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _context: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let hospital: Name<Hospitals> = Name::parse(&change.name).map_err(Error::Internal)?;
        match store::first_from(tx, hospital.programme(), hospital.id()).await? {
            None => Ok(()),
            Some(visit) => Err(Error::refused(Reason::InUse, "an expert came from this hospital on a visit")
                .with("name", &hospital)
                .with("referrer", format!("programmes/{}/visits/{visit}", hospital.programme()))),
        }
    })
}

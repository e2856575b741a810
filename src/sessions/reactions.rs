//! What sessions do when an earlier slice changes something.
use futures_util::future::BoxFuture;

use super::{Resource, Sessions, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::experts::{self, Experts};
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Error, Id, Name, Reason, Result};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "sessions refuse the deletion of a hospital from which their expert came",
        collection: "hospitals",
        verbs: &["delete"],
        react: React::Object(keep_hospital),
    },
    Reaction {
        what: "sessions refuse the deletion of the site that they are at",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "sessions refuse that a room which they are to take is removed",
        collection: "sites",
        verbs: &["update"],
        react: React::Follow(keep_room),
    },
    Reaction {
        what: "sessions refuse the merge of an expert whose time they still take: cancel or complete them first",
        collection: "experts",
        verbs: &["merge"],
        react: React::Follow(keep_time),
    },
];

fn keep_hospital<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let hospital: Name<Hospitals> = Name::parse(&change.name).map_err(Error::Internal)?;
        let session = store::first_from_hospital(tx, hospital.programme(), hospital.id()).await?;
        objection(&hospital, session, "an expert came from this hospital to a session")
    })
}

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site: Name<Sites> = Name::parse(&change.name).map_err(Error::Internal)?;
        let session = store::first_at_site(tx, site.programme(), site.id()).await?;
        objection(&site, session, "sessions are or were at this site")
    })
}

/// Which rooms a site loses stands in its new row only, so this looks after the update.
fn keep_room<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let site: Name<Sites> = Name::parse(&change.name).map_err(Error::Internal)?;
        let session = store::first_without_room(tx, site.programme(), site.id()).await?;
        objection(&site, session, "a session is to take a room that would be removed").map(|()| Reacted::default())
    })
}

/// Which of the two experts is the duplicate stands in its new row only, so this looks after the merge.
fn keep_time<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let expert: Name<Experts> = Name::parse(&change.name).map_err(Error::Internal)?;
        if !experts::store::is_merged(tx, &expert).await? {
            return Ok(Reacted::default());
        }
        let resource = Resource::Expert(expert.id().clone());
        let session = store::first_occupying(tx, expert.programme(), &resource).await?;
        objection(&expert, session, "a session takes the duplicate's time").map(|()| Reacted::default())
    })
}

/// `IN_USE`, where a session refers to the resource.
fn objection<C: crate::kernel::Collection>(name: &Name<C>, session: Option<Id>, message: &str) -> Result<()> {
    match session {
        None => Ok(()),
        Some(session) => Err(Error::refused(Reason::InUse, message)
            .with("name", name)
            .with("referrer", Name::<Sessions>::new(name.programme().clone(), session))),
    }
}

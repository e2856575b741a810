//! What sessions do when an earlier slice changes something.
use futures_util::future::BoxFuture;

use super::{Resource, Sessions, store};
use crate::db::{Context, React, Reaction, Tx};
use crate::experts::Experts;
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Error, Id, Name, Reason, Result};
use crate::sites::{RoomName, Sites};

mod attention;

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
        collection: "rooms",
        verbs: &["delete"],
        react: React::Object(keep_room),
    },
    Reaction {
        what: "sessions refuse the merge of an expert whose time they still take: cancel or complete them first",
        collection: "experts",
        verbs: &["merge"],
        react: React::Object(keep_time),
    },
    Reaction {
        what: "sessions call attention to those that are planned where and when a site or a room closes or opens again",
        collection: "closures",
        verbs: &["create", "reopen"],
        react: React::Follow(attention::of_closure),
    },
    Reaction {
        what: "sessions call attention to those of an expert who pauses, comes back or leaves",
        collection: "experts",
        verbs: &["pause", "resume", "end"],
        react: React::Follow(attention::of_expert),
    },
    Reaction {
        what: "sessions call attention to those of an assistant who is away or leaves",
        collection: "assistants",
        verbs: &["update", "end"],
        react: React::Follow(attention::of_assistant),
    },
    Reaction {
        what: "sessions call attention to those inside an offer that is withdrawn",
        collection: "offers",
        verbs: &["withdraw"],
        react: React::Follow(attention::of_offer),
    },
    Reaction {
        what: "sessions call attention to those in an expert's absence, said or taken back",
        collection: "expert-absences",
        verbs: &["create", "withdraw"],
        react: React::Follow(attention::of_absence),
    },
    Reaction {
        what: "sessions call attention to those that rest on a paper that ends",
        collection: "credentials",
        verbs: &["end"],
        react: React::Follow(attention::of_paper),
    },
    Reaction {
        what: "sessions call attention to those of an expert whose limits change",
        collection: "charters",
        verbs: &["update"],
        react: React::Follow(attention::of_charter),
    },
    Reaction {
        what: "sessions call attention to those that a delay disturbs",
        collection: "sessions",
        verbs: &["delay"],
        react: React::Follow(attention::of_delay),
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

fn keep_room<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let RoomName { site, room } = RoomName::parse(&change.name).map_err(Error::Internal)?;
        let resource = Resource::Room(site.id().clone(), room);
        let session = store::first_occupying(tx, site.programme(), &resource).await?;
        objection(&site, session, "a session is to take a room that would be removed")
    })
}

/// The duplicate's change alone is a `merge`; the survivor's is an `absorb`.
fn keep_time<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let expert: Name<Experts> = Name::parse(&change.name).map_err(Error::Internal)?;
        let resource = Resource::Expert(expert.id().clone());
        let session = store::first_occupying(tx, expert.programme(), &resource).await?;
        objection(&expert, session, "a session takes the duplicate's time")
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

//! What calendars do when an earlier slice changes something that they rest on.

use futures_util::future::BoxFuture;

use super::{CalendarName, Offers, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::experts::{self, Experts, Standing};
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Error, Name, Reason, Result};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "calendars refuse the deletion of a site that an offer names",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "calendars refuse the deletion of a hospital that has a calendar of its own",
        collection: "hospitals",
        verbs: &["delete"],
        react: React::Object(keep_hospital),
    },
    Reaction {
        what: "offers and absences of a duplicate expert move to the survivor",
        collection: "experts",
        verbs: &["merge"],
        react: React::Follow(move_to_survivor),
    },
];

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site = Name::<Sites>::parse(&change.name).map_err(Error::Internal)?;
        match store::offers::at_site(tx, site.programme(), site.id()).await? {
            None => Ok(()),
            Some(offer) => Err(Error::refused(Reason::InUse, "an offer names this site")
                .with("referrer", Name::<Offers>::new(site.programme().clone(), offer))
                .with("name", site)),
        }
    })
}

fn keep_hospital<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let name = Name::<Hospitals>::parse(&change.name).map_err(Error::Internal)?;
        let (programme, hospital) = (name.programme().clone(), Some(name.id().clone()));
        match store::days::of_hospital(tx, &programme, name.id()).await? {
            None => Ok(()),
            Some(year) => Err(Error::refused(Reason::InUse, "this hospital has a calendar of its own")
                .with("referrer", CalendarName { programme, hospital, year })
                .with("name", name)),
        }
    })
}

fn move_to_survivor<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = Name::<Experts>::parse(&change.name).map_err(Error::Internal)?;
        let programme = name.programme();
        let roster = experts::store::rosters(tx, programme, std::slice::from_ref(name.id())).await?.remove(name.id());
        // A merge touches two experts; the survivor's change asks for nothing.
        let Some(Standing::Merged { into }) = roster.map(|roster| roster.standing) else {
            return Ok(Reacted::default());
        };
        let mut changes = Vec::new();
        for mut offer in store::offers::all_of_expert(tx, programme, name.id()).await? {
            (offer.expert, offer.meta) = (into.clone(), offer.meta.touched(context.now));
            store::offers::update(tx, &offer).await?;
            changes.push(Change::updated(&offer.name, offer.meta.revision));
        }
        for mut absence in store::absences::all_of_expert(tx, programme, name.id()).await? {
            (absence.expert, absence.meta) = (into.clone(), absence.meta.touched(context.now));
            store::absences::update(tx, &absence).await?;
            changes.push(Change::updated(&absence.name, absence.meta.revision));
        }
        Ok(Reacted { changes, facts: Vec::new() })
    })
}

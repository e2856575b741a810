//! What assistants and pairings do when an earlier slice changes something that they rest on.

use futures_util::future::BoxFuture;

use super::commands::PairingChanges;
use super::{Assistants, absorbed, cut_at, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::experts::{self, Experts, Standing};
use crate::kernel::{Change, Error, Name, Reason, Result, Verb};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "assistants refuse the deletion of the site where one is stationed",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "pairings end when the expert leaves the roster; those that begin later are deleted",
        collection: "experts",
        verbs: &["end"],
        react: React::Follow(end_with_expert),
    },
    Reaction {
        what: "pairings of a duplicate expert move to the survivor",
        collection: "experts",
        verbs: &["merge"],
        react: React::Follow(move_to_survivor),
    },
];

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site = Name::<Sites>::parse(&change.name).map_err(Error::Internal)?;
        match store::stationed_at(tx, site.programme(), site.id()).await? {
            None => Ok(()),
            Some(assistant) => Err(Error::refused(Reason::InUse, "an assistant is or was stationed at this site")
                .with("referrer", Name::<Assistants>::new(site.programme().clone(), assistant))
                .with("name", site)),
        }
    })
}

fn end_with_expert<'a>(tx: &'a mut Tx<'_>, change: &'a Change, context: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = Name::<Experts>::parse(&change.name).map_err(Error::Internal)?;
        let ids = std::slice::from_ref(name.id());
        let roster = experts::store::rosters(tx, name.programme(), ids).await?.remove(name.id());
        let Some(exit) = roster.and_then(|roster| roster.exit) else { return Ok(Reacted::default()) };
        let pairings = store::pairings::of_experts(tx, name.programme(), ids).await?;
        let (shortened, deleted) = cut_at(&pairings, exit);
        reacted(tx, PairingChanges::new(shortened, deleted, context.now), Verb::new("end")).await
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
        let Some(Standing::Merged { into }) = roster.map(|roster| roster.standing) else {
            return Ok(Reacted::default());
        };
        let both = store::pairings::of_experts(tx, programme, &[into.clone(), name.id().clone()]).await?;
        let (own, moved): (Vec<_>, Vec<_>) = both.into_iter().partition(|pairing| pairing.expert == into);
        let after = absorbed(&into, &own, &moved)?;
        reacted(tx, PairingChanges::new(after.changed, after.deleted, context.now), Verb::UPDATE).await
    })
}

async fn reacted(tx: &mut Tx<'_>, pairings: PairingChanges, verb: Verb) -> Result<Reacted> {
    pairings.apply(tx).await?;
    Ok(Reacted { changes: pairings.changes(verb), facts: Vec::new() })
}

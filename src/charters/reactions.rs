//! What charters do when an earlier slice changes something.
use futures_util::future::BoxFuture;

use super::{Charters, loosened, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::experts::{self, Experts, Standing};
use crate::kernel::{Change, Error, Name, Reason, Result, Verb};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "charters refuse the deletion of a site that one names",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "the charter of a duplicate expert binds the survivor too, the tighter limit of both; contacts move",
        collection: "experts",
        verbs: &["merge"],
        react: React::Follow(join_charters),
    },
];

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site = Name::<Sites>::parse(&change.name).map_err(Error::Internal)?;
        match store::naming_site(tx, site.programme(), site.id()).await? {
            None => Ok(()),
            Some(expert) => Err(Error::refused(Reason::InUse, "a charter names this site")
                .with("referrer", Name::<Charters>::new(site.programme().clone(), expert))
                .with("name", site)),
        }
    })
}

fn join_charters<'a>(tx: &'a mut Tx<'_>, change: &'a Change, context: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let duplicate = Name::<Experts>::parse(&change.name).map_err(Error::Internal)?;
        let (programme, id) = (duplicate.programme(), duplicate.id());
        let roster = experts::store::rosters(tx, programme, std::slice::from_ref(id)).await?.remove(id);
        // A merge touches two experts; the survivor's change asks for nothing.
        let Some(Standing::Merged { into }) = roster.map(|roster| roster.standing) else {
            return Ok(Reacted::default());
        };
        store::move_contacts(tx, programme, id, &into).await?;
        let mut both = tx.ask(store::of_experts(programme, &[into.clone(), id.clone()])).await?;
        let Some(theirs) = both.remove(id) else { return Ok(Reacted::default()) };
        store::forget_sites(tx, &theirs.name).await?;
        let own = match both.remove(&into) {
            Some(own) => own,
            None => super::Charter::unset(programme.clone(), into),
        };
        // Tighter in every field, so that nobody's word is asked for.
        let after = own.amended(own.limits.joined(&theirs.limits), None, context.now)?;
        store::put(tx, &after, &loosened(&own.limits, &after.limits)).await?;
        let change = Change::new(&after.name, Verb::UPDATE, after.revision());
        Ok(Reacted { changes: vec![change], facts: Vec::new() })
    })
}

//! What activities do when a session turns out not to have been held, or a site is deleted.
//!
//! A session with recorded activities can't become CANCELLED or NOT_HELD: one of the two records is wrong, and whoever corrects
//! the session has to say which. Voiding the activities by themselves would change figures that nobody looked at.

use futures_util::future::BoxFuture;

use super::{Activities, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::kernel::{Change, Error, Name, Reason, Result};
use crate::sessions::{SessionState, Sessions};
use crate::sites::Sites;

/// The reactions of this slice.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "activities refuse that a session in which they were done becomes cancelled or not held",
        collection: "sessions",
        verbs: &["cancel", "mark_not_held", "correct_outcome"],
        react: React::Follow(refuse_contradiction),
    },
    Reaction {
        what: "activities refuse the deletion of a site where something was done",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
];

fn refuse_contradiction<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let session = Name::<Sessions>::parse(&change.name).map_err(Error::Internal)?;
        match store::session_state(tx, &session).await? {
            Some(SessionState::NotHeld | SessionState::Cancelled) => {}
            Some(SessionState::Confirmed | SessionState::InProgress | SessionState::Completed) | None => {
                return Ok(Reacted::default());
            }
        }
        let Some(activity) = store::standing_in(tx, session.programme(), session.id()).await? else {
            return Ok(Reacted::default());
        };
        let activity = Name::<Activities>::new(session.programme().clone(), activity);
        let message = "activities are recorded in the session: void them first";
        let refusal = Error::refused(Reason::SessionHasActivities, message);
        Err(refusal.with("name", session).with("activity", activity))
    })
}

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site = Name::<Sites>::parse(&change.name).map_err(Error::Internal)?;
        match store::first_at(tx, site.programme(), site.id()).await? {
            None => Ok(()),
            Some(activity) => Err(Error::refused(Reason::InUse, "activities were done at this site")
                .with("referrer", Name::<Activities>::new(site.programme().clone(), activity))
                .with("name", site)),
        }
    })
}

//! What activities do when a session turns out not to have been held, or a site or a hospital is deleted.
//!
//! A session with recorded activities can't become CANCELLED or NOT_HELD: one of the two records is wrong, and whoever corrects
//! the session has to say which. Voiding the activities by themselves would change figures that nobody looked at.
//! Whoever voids the session says it: it was recorded in error, and they with it.

use futures_util::future::BoxFuture;

use super::commands::{Voided, voided};
use super::{Activities, VoidReason, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::hospitals::Hospitals;
use crate::kernel::{Change, Collection as _, Error, Name, Reason, Result};
use crate::persons;
use crate::sessions::{SessionState, Sessions, Transition};
use crate::sites::Sites;

/// The reactions of this slice.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "activities refuse that a session in which they were done becomes cancelled or not held",
        collection: "sessions",
        verbs: &["cancel", "mark_not_held", "correct_outcome"],
        react: React::Object(keep_held),
    },
    Reaction {
        what: "activities are voided with the session in which they were done",
        collection: "sessions",
        verbs: &["void"],
        react: React::Follow(void_with_session),
    },
    Reaction {
        what: "activities refuse the deletion of a site where something was done",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "activities refuse the deletion of a hospital from which an expert came to one",
        collection: "hospitals",
        verbs: &["delete"],
        react: React::Object(keep_hospital),
    },
    Reaction {
        what: "activities put another token in a restricted patient's place, and the own one back when that is lifted",
        collection: "personRestrictions",
        verbs: &["restrict", "lift"],
        react: React::Follow(swap_patient),
    },
];

fn swap_patient<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let Some(swap) = persons::store::swap(tx, change).await? else { return Ok(Reacted::default()) };
        let (standing, replaced) = store::swap_patient(tx, &swap).await?;
        let changes = persons::commands::settle(tx, &swap, Activities::COLLECTION, &standing, &replaced).await?;
        Ok(Reacted { changes, facts: Vec::new() })
    })
}

fn keep_held<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let session = Name::<Sessions>::parse(&change.name).map_err(Error::Internal)?;
        let Some(state) = store::session_state(tx, &session).await? else { return Ok(()) };
        if !becomes_not_held(state, change.verb.as_str()) {
            return Ok(());
        }
        match store::standing_in(tx, session.programme(), session.id()).await? {
            None => Ok(()),
            Some(activity) => {
                let activity = Name::<Activities>::new(session.programme().clone(), activity);
                let message = "activities are recorded in the session: void them first";
                let refusal = Error::refused(Reason::SessionHasActivities, message);
                Err(refusal.with("name", session).with("activity", activity))
            }
        }
    })
}

/// A session that is voided was recorded in error, and so was what was recorded in it.
fn void_with_session<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let session = Name::<Sessions>::parse(&change.name).map_err(Error::Internal)?;
        let mut reacted = Reacted::default();
        let sequences = tx.sequence()..;
        for (current, sequence) in
            store::all_standing_in(tx, session.programme(), session.id()).await?.iter().zip(sequences)
        {
            let Voided { next, change, fact } = voided(current, VoidReason::EntryError, &context, sequence);
            store::replace(tx, &next).await?;
            reacted.changes.push(change);
            reacted.facts.push(fact);
        }
        Ok(reacted)
    })
}

/// Whether a verb leads a session in a state to one in which nothing was done.
fn becomes_not_held(state: SessionState, verb: &str) -> bool {
    let leads = |transition: &Transition| transition.verb() == verb && transition.is_legal_in(state);
    Transition::ALL.iter().filter(|transition| leads(transition)).any(|transition| match transition.target() {
        SessionState::NotHeld | SessionState::Cancelled | SessionState::Lapsed => true,
        // What is voided takes its activities with it.
        SessionState::Tentative
        | SessionState::Proposed
        | SessionState::Confirmed
        | SessionState::InProgress
        | SessionState::Completed
        | SessionState::Voided => false,
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

/// Also where the expert's affiliation was corrected since: the record keeps the hospital of its day, in every version.
fn keep_hospital<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let hospital = Name::<Hospitals>::parse(&change.name).map_err(Error::Internal)?;
        match store::first_from(tx, hospital.programme(), hospital.id()).await? {
            None => Ok(()),
            Some(activity) => Err(Error::refused(Reason::InUse, "an expert came from this hospital to an activity")
                .with("referrer", Name::<Activities>::new(hospital.programme().clone(), activity))
                .with("name", hospital)),
        }
    })
}

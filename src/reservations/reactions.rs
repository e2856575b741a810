//! What registers and reservations do when their session changes.
//!
//! The register copies the session's state, times and expert, so that a booking reads one row. What patients have to be told becomes a
//! mark; up to 500 reservations in the session's own transaction, the rest by the sweeper, the register saying so meanwhile.
use futures_util::future::BoxFuture;

use super::store::desks::{self, Written};
use super::{Desk, Registers, Reservations, need::Needs, store};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::kernel::{Change, Collection as _, Error, Name, Result};
use crate::persons;
use crate::sessions::{self, Sessions};

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "registers follow their session, and its reservations do as the programme's policy says",
        collection: "sessions",
        verbs: &[
            "start",
            "complete",
            "cancel",
            "mark_not_held",
            "correct_outcome",
            "void",
            "reschedule",
            "replace_expert",
            "delay",
            "accept",
        ],
        react: React::Follow(follow),
    },
    Reaction {
        what: "reservations and needs put another token in a restricted patient's place, and the own one back when that is lifted",
        collection: "personRestrictions",
        verbs: &["restrict", "lift"],
        react: React::Follow(swap_patient),
    },
];

fn swap_patient<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let Some(swap) = persons::store::swap(tx, change).await? else { return Ok(Reacted::default()) };
        let [reservations, needs] = store::patients::swap_patient(tx, &swap).await?;
        let collection = Reservations::COLLECTION;
        let mut changes = persons::commands::settle(tx, &swap, collection, &reservations, &[]).await?;
        changes.extend(persons::commands::settle(tx, &swap, Needs::COLLECTION, &needs, &[]).await?);
        Ok(Reacted { changes, facts: Vec::new() })
    })
}

fn follow<'a>(tx: &'a mut Tx<'_>, change: &'a Change, context: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let session: Name<Sessions> = Name::parse(&change.name).map_err(Error::Internal)?;
        let name: Name<Registers> = Name::new(session.programme().clone(), session.id().clone());
        let Some(before) = store::find(tx, &name).await? else { return Ok(Reacted::default()) };
        let session = sessions::store::get(tx, session.programme(), session.id()).await?;
        let policy = store::policy(tx, name.programme()).await?;
        let facts = super::register::facts_of(&session);
        let after = before.following(&facts, change.verb.as_str() == "delay", &policy, context.now);
        if after == before {
            return Ok(Reacted::default());
        }
        let mut desk = Desk::new(after);
        let mut written = Written::default();
        if let Some(job) = desk.register.job.clone().filter(|_| desk.register.job != before.job) {
            let rows = desks::chunk(tx, &name, &job).await?;
            written.updated = desk.carry(rows, context.now);
        }
        desk.register.meta = before.meta.touched(context.now);
        desk.touch();
        let mut changes = vec![desk.register.change("follow")];
        changes.extend(written.updated.iter().map(|(reservation, act)| reservation.change(*act)));
        store::update(tx, &desk.register).await?;
        written.registers.push((desk.register, desk.read));
        desks::write(tx, name.programme(), &written).await?;
        Ok(Reacted { changes, ..Reacted::default() })
    })
}

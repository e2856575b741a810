//! Reactions: how a later slice follows what an earlier one does, in the same transaction.
use futures_util::future::BoxFuture;

use super::command::Context;
use super::tx::Tx;
use crate::kernel::{Change, Error, Fact, Result};

/// What a reaction did.
#[derive(Debug, Default)]
pub struct Reacted {
    /// One for each resource that it touched.
    pub changes: Vec<Change>,
    /// What projections fold into tallies.
    pub facts: Vec<Fact>,
}

/// Looks whether a change may be: it reads, and refuses by an error. Runs before anything is written, and for
/// `validate_only` too.
pub type Object = for<'a, 't> fn(&'a mut Tx<'t>, &'a Change, Context<'a>) -> BoxFuture<'a, Result<()>>;

/// Follows a change that has been written: writes tables of its own slice only. An error refuses the command.
pub type Follow = for<'a, 't> fn(&'a mut Tx<'t>, &'a Change, Context<'a>) -> BoxFuture<'a, Result<Reacted>>;

/// What a reaction does, and when.
#[derive(Clone, Copy)]
pub enum React {
    /// Before the command writes.
    Object(Object),
    /// After it.
    Follow(Follow),
}

/// A function of a later slice that runs with each command that touches a resource of a collection.
#[derive(Clone, Copy)]
pub struct Reaction {
    /// Who follows whom, for ARCHITECTURE.md and for messages: `assistants end pairings when an expert exits`.
    pub what: &'static str,
    /// The collection whose changes it follows, such as `experts`.
    pub collection: &'static str,
    /// The verbs it follows.
    pub verbs: &'static [&'static str],
    /// What it does.
    pub react: React,
}

/// Reactions may follow reactions, but not for ever.
const MOST_CHANGES: usize = 10_000;

/// Asks every reaction that may object to these changes.
pub(super) async fn object(
    tx: &mut Tx<'_>,
    reactions: &[Reaction],
    changes: &[Change],
    context: Context<'_>,
) -> Result<()> {
    for change in changes {
        for reaction in concerned(reactions, change) {
            if let React::Object(object) = reaction.react {
                object(tx, change, context).await?;
            }
        }
    }
    Ok(())
}

/// Runs what follows a command's changes, and theirs; nobody objects to the former any more.
pub(super) async fn follow(
    tx: &mut Tx<'_>,
    reactions: &[Reaction],
    changes: &mut Vec<Change>,
    facts: &mut Vec<Fact>,
    context: Context<'_>,
) -> Result<()> {
    if reactions.is_empty() {
        return Ok(());
    }
    let first = tx.sequence();
    let mut next = 0;
    while next < changes.len() {
        if concerned(reactions, &changes[next]).next().is_none() {
            next += 1;
            continue;
        }
        let change = changes[next].clone();
        next += 1;
        for reaction in concerned(reactions, &change) {
            tx.number(first.saturating_add_unsigned(changes.len() as u64));
            let React::Follow(follow) = reaction.react else { continue };
            let reacted = follow(tx, &change, context).await?;
            object(tx, reactions, &reacted.changes, context).await?;
            changes.extend(reacted.changes);
            facts.extend(reacted.facts);
        }
        if changes.len() > MOST_CHANGES {
            return Err(Error::Internal("reactions follow each other without an end"));
        }
    }
    Ok(())
}

/// The reactions to a change.
fn concerned<'r>(reactions: &'r [Reaction], change: &'r Change) -> impl Iterator<Item = &'r Reaction> {
    let collection = change.name.rsplit('/').nth(1).unwrap_or_default();
    let concerns =
        move |reaction: &&Reaction| reaction.collection == collection && reaction.verbs.contains(&change.verb.as_str());
    reactions.iter().filter(concerns)
}

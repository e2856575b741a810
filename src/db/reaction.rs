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

/// The body of a reaction. It writes tables of its own slice only; an error refuses the command that it follows.
pub type React = for<'a, 't> fn(&'a mut Tx<'t>, &'a Change, Context<'a>) -> BoxFuture<'a, Result<Reacted>>;

/// A function of a later slice that runs after each command that touched a resource of a collection.
#[derive(Clone, Copy)]
pub struct Reaction {
    /// Who follows whom, for ARCHITECTURE.md and for messages: `assistants end pairings when an expert exits`.
    pub what: &'static str,
    /// The collection whose changes it follows, such as `experts`.
    pub collection: &'static str,
    /// The verbs it follows.
    pub verbs: &'static [&'static str],
    /// What it does.
    pub run: React,
}

/// Reactions may follow reactions, but not for ever.
const MOST_CHANGES: usize = 10_000;

/// Runs every reaction to a command's changes, and to theirs.
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
        let change = changes[next].clone();
        next += 1;
        for reaction in reactions.iter().filter(|reaction| concerns(reaction, &change)) {
            tx.number(first.saturating_add_unsigned(changes.len() as u64));
            let reacted = (reaction.run)(tx, &change, context).await?;
            changes.extend(reacted.changes);
            facts.extend(reacted.facts);
        }
        if changes.len() > MOST_CHANGES {
            return Err(Error::Internal("reactions follow each other without an end"));
        }
    }
    Ok(())
}

fn concerns(reaction: &Reaction, change: &Change) -> bool {
    let collection = change.name.rsplit('/').nth(1);
    collection == Some(reaction.collection) && reaction.verbs.contains(&change.verb.as_str())
}

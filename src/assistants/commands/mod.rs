//! What can be done with assistants and pairings: one struct per use case.

mod assistant;
mod pairing;

pub use assistant::{AssistantPatch, CreateAssistant, EndAssistant, UpdateAssistant};
pub use pairing::{CreatePairing, EndPairing, PairingPatch, UpdatePairing};

use super::{Pairing, store};
use crate::db::Tx;
use crate::kernel::{Change, Result, Timestamp, Verb};

/// Pairings that change with something else.
#[derive(Debug, Default)]
pub struct PairingChanges {
    changed: Vec<Pairing>,
    deleted: Vec<Pairing>,
}

impl PairingChanges {
    /// The changed ones at their next revision.
    pub(super) fn new(mut changed: Vec<Pairing>, deleted: Vec<Pairing>, now: Timestamp) -> Self {
        for pairing in &mut changed {
            pairing.meta = pairing.meta.touched(now);
        }
        PairingChanges { changed, deleted }
    }

    /// A change for each, with the verb, and a tombstone for each that is deleted.
    pub(super) fn changes(&self, verb: Verb) -> Vec<Change> {
        let changed = self.changed.iter().map(|pairing| Change::new(&pairing.name, verb, pairing.meta.revision));
        let deleted = self.deleted.iter().map(|pairing| Change::deleted(&pairing.name, pairing.meta.revision));
        changed.chain(deleted).collect()
    }

    pub(super) async fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        for pairing in &self.deleted {
            store::pairings::delete(tx, &pairing.name).await?;
        }
        for pairing in &self.changed {
            store::pairings::update(tx, pairing).await?;
        }
        Ok(())
    }
}

//! When PostgreSQL is asked to look at its tables: plans that were made for a table of four rows stay until it is counted again, and an
//! import outruns the engine's own minute.
//!
//! SQLite plans by the shape of indexes alone, the same on every machine.
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::engine::{Engine, Pool};
use super::writer::Setup;

/// After so many changes the tables are looked at for the first time, and then with every sixteenth more, at least this many again.
const FIRST: u64 = 256;

/// The engine's processes say what they have written up to ten seconds later: so many quiet looks have seen all of it.
const QUIET_LOOKS: u64 = 3;

/// What is known of the last look.
pub(super) struct Looks {
    /// At how many changes the next one comes while a batch is written.
    next: AtomicU64,
    /// How many changes there were at the last one of the rhythm, and how many of those since saw no more.
    seen: AtomicU64,
    quiet: AtomicU64,
}

impl Default for Looks {
    fn default() -> Self {
        Looks { next: FIRST.into(), seen: AtomicU64::default(), quiet: AtomicU64::default() }
    }
}

/// After a batch: beside the lane, where so much was written since the last time.
pub(super) fn after_batch(setup: &Setup) {
    let (changes, at) = (setup.stats.counts().changes, setup.looks.next.load(Relaxed));
    let next = changes.saturating_add(FIRST.max(changes / 16));
    if changes >= at && setup.looks.next.compare_exchange(at, next, Relaxed, Relaxed).is_ok() {
        tokio::spawn(gather(setup.beside.clone()));
    }
}

/// In a rhythm of some seconds: what came last, and will be read next, is counted too.
pub(super) async fn look(engine: Engine, setup: &Setup) {
    let changes = setup.stats.counts().changes;
    let is_quiet = setup.looks.seen.swap(changes, Relaxed) == changes;
    let quiet = if is_quiet { setup.looks.quiet.load(Relaxed) + 1 } else { 0 };
    setup.looks.quiet.store(quiet.min(QUIET_LOOKS + 1), Relaxed);
    if engine == Engine::Postgres && quiet <= QUIET_LOOKS {
        gather(setup.beside.clone()).await;
    }
}

/// On a connection of its own; what fails here costs time only.
async fn gather(pool: Pool) {
    let Ok(mut conn) = pool.acquire().await else { return };
    if conn.gather_statistics().await.is_err() {
        conn.discard();
    }
}

//! What the writer counts, for its bench and for whoever watches it.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub struct Stats {
    /// Transactions that the writer began for commands.
    pub batches: AtomicU64,
    /// Commands that were run, refused ones among them.
    pub commands: AtomicU64,
    /// Messages sent to the engine, BEGIN and COMMIT among them.
    pub messages: AtomicU64,
    /// Commits: each flushes the log once.
    pub commits: AtomicU64,
    /// Changes written, those of transactions that were run again among them.
    pub changes: AtomicU64,
    /// Transactions that were run again, which needs a reason: a bad command, or the engine.
    pub reruns: AtomicU64,
    /// Commands refused because the queue was full.
    pub overloads: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// See [`Stats::batches`].
    pub batches: u64,
    /// See [`Stats::commands`].
    pub commands: u64,
    /// See [`Stats::messages`].
    pub messages: u64,
    /// See [`Stats::commits`].
    pub commits: u64,
    /// See [`Stats::changes`].
    pub changes: u64,
    /// See [`Stats::reruns`].
    pub reruns: u64,
    /// See [`Stats::overloads`].
    pub overloads: u64,
}

impl Stats {
    pub(super) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Relaxed);
    }

    /// All counters, each read once.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            batches: self.batches.load(Relaxed),
            commands: self.commands.load(Relaxed),
            messages: self.messages.load(Relaxed),
            commits: self.commits.load(Relaxed),
            changes: self.changes.load(Relaxed),
            reruns: self.reruns.load(Relaxed),
            overloads: self.overloads.load(Relaxed),
        }
    }
}

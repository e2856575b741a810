//! Changes: what happened to a programme's resources, in the order in which it was committed, for whoever keeps a copy.
//!
//! A change names a resource and never holds its content; what the resource looks like now is joined in when it is sent.
//! Changes are written by `db` with every command, and by nobody else: there is nothing here that writes.
use crate::kernel::{Error, Id, ProgrammeName, Reason, Result, Timestamp, Verb};

pub mod queries;
pub mod service;
pub mod store;
mod wire;

/// A change as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Dense in its programme, from 1, in the order of commits.
    pub sequence: i64,
    /// The resource.
    pub name: String,
    /// What was done to it, such as `create`, `delete` or `complete`.
    pub verb: String,
    /// Its revision after it; for a deletion, one more than its last.
    pub revision: i64,
    /// When; never before that of an earlier sequence number.
    pub time: Timestamp,
}

impl Logged {
    /// Whether the resource is gone: what is left of it is this.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.verb == Verb::DELETE.as_str()
    }

    /// The resource's collection, such as `experts`.
    #[must_use]
    pub fn collection(&self) -> &str {
        self.name.rsplit('/').nth(1).unwrap_or_default()
    }
}

/// Where a programme's log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The newest sequence number; 0 where nothing has changed yet.
    pub newest: i64,
    /// What was changed up to this sequence number isn't kept any more; 0 where all is.
    pub expired: i64,
    /// When the newest change was.
    pub time: Timestamp,
}

impl Extent {
    /// Refuses to go on after a sequence number when what comes next isn't kept any more, or when the number was never given.
    ///
    /// # Errors
    /// `SEQUENCE_EXPIRED`, `SEQUENCE_AHEAD`.
    pub fn check(&self, programme: &Id, after: i64) -> Result<()> {
        let name = ProgrammeName::new(programme.clone());
        if after < self.expired {
            let text = "changes after this one aren't kept any more: begin with a snapshot";
            let refused = Error::refused(Reason::SequenceExpired, text).with("name", name);
            return Err(refused.with("oldest", self.expired.saturating_add(1)));
        }
        if after > self.newest {
            let text = "the programme has no such change; after a restore of an older backup begin with a snapshot";
            return Err(Error::refused(Reason::SequenceAhead, text).with("name", name).with("newest", self.newest));
        }
        Ok(())
    }
}

/// Which changes somebody wants, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Of these collections; empty: of all.
    pub collections: Vec<String>,
    /// Whether the resources' present states come with them.
    pub with_state: bool,
}

impl Interest {
    /// Whether a change is among them.
    #[must_use]
    pub fn has(&self, change: &Logged) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|collection| collection == change.collection())
    }
}

/// A watcher that had caught up and is more changes behind than this is cut.
pub const MOST_BEHIND: i64 = 10_000;

/// Refuses to go on with a watcher who doesn't keep up. `last`: what it was sent.
///
/// # Errors
/// `WATCHER_TOO_SLOW`.
pub fn refuse_too_slow(programme: &Id, last: i64, newest: i64) -> Result<()> {
    if newest.saturating_sub(last) <= MOST_BEHIND {
        return Ok(());
    }
    let text = format!("the watcher is more than {MOST_BEHIND} changes behind; it can go on where it stopped");
    let name = ProgrammeName::new(programme.clone());
    Err(Error::refused(Reason::WatcherTooSlow, text).with("name", name).with("sequence", last))
}

//! Slots: sessions that could be. The search is pure, over a snapshot; it passes over time that can't do by sorted intervals and
//! never decides: whatever it gives out, the one predicate has passed on the same snapshot.
//!
//! Not here: what stands against a session (`predicate`), what a snapshot holds (`snapshot`), keeping time free (`commands`).
use crate::kernel::{Id, SessionKind, Timestamp, Zone, vocabulary};

use super::{Purpose, SessionDraft};

mod explain;
mod search;
mod spans;
mod witness;

pub use explain::{Explanation, explain};
pub use search::{Cursor, Search, Step};
pub use spans::{Grid, Spans};

/// The most sites of one search.
pub const MOST_SITES: usize = 200;
/// The most starts that one answer looks at, each further try with another assistant or room counted as one more.
pub const MOST_EXAMINED: usize = 300_000;
/// How far from a session its alternatives may lie, in minutes: 14 days.
pub const ALTERNATIVE_MINUTES: i64 = 14 * 24 * 60;

vocabulary! {
    /// What a slot is wanted for.
    pub enum SlotPurpose: "SlotPurpose" {
        /// To be confirmed at once.
        Book = 1 => "BOOK",
        /// To be held for a while.
        Hold = 2 => "HOLD",
        /// To be proposed.
        Propose = 3 => "PROPOSE",
    }
}

impl SlotPurpose {
    /// What its drafts are judged for.
    #[must_use]
    pub const fn judged_for(self) -> Purpose {
        match self {
            SlotPurpose::Book => Purpose::Book,
            SlotPurpose::Hold => Purpose::Hold,
            SlotPurpose::Propose => Purpose::Propose,
        }
    }
}

/// Whether only what is offered can do: where no yes is asked for and none was heard.
#[must_use]
pub const fn needs_offer(purpose: SlotPurpose) -> bool {
    match purpose {
        SlotPurpose::Book | SlotPurpose::Hold => true,
        SlotPurpose::Propose => false,
    }
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What for.
    pub purpose: SlotPurpose,
    /// What every slot is like: its expert, site, kind, room, assistant, start and end are the search's to fill in.
    pub template: SessionDraft,
    /// Whom, by id.
    pub experts: Vec<Id>,
    /// Where, by id.
    pub sites: Vec<Id>,
    /// What, by number.
    pub kinds: Vec<SessionKind>,
    /// The window that slots lie in.
    pub window: (Timestamp, Timestamp),
    /// How many minutes starts are apart.
    pub grid_minutes: i64,
    /// How long, in minutes.
    pub minutes: i64,
}

/// A session that could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The session, with an assistant and a room that would do.
    pub draft: SessionDraft,
    /// The site's zone.
    pub zone: Zone,
}

impl Slot {
    /// Where it stands in the order of slots: by start, expert, site and kind.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let SessionDraft { start, expert, site, kind, .. } = &self.draft;
        Cursor { start: *start, after: Some((expert.clone(), site.clone(), *kind)) }
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        260 + 3 * (16 + self.draft.programme.as_str().len() + Id::MAX)
    }
}

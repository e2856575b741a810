//! What is said about a session beside its plan: a move that waits for a yes, rules that were set aside, a delay.
//!
//! Who may say so, and when, is decided in `commands`.
use serde::{Deserialize, Serialize};

use super::{Awaiting, Irregularity, SessionDraft};
use crate::kernel::{Id, Timestamp};

/// A change of a session that waits for a yes; what was planned stands until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedMove {
    /// The proposed start.
    pub start: Timestamp,
    /// The proposed end.
    pub end: Timestamp,
    /// Who would lead it.
    pub expert: Id,
    /// The assistant.
    pub assistant: Option<Id>,
    /// The room, by its id within the site.
    pub room: Option<Id>,
    /// Whose answer it waits for.
    pub awaiting: Awaiting,
    /// When it is dropped by itself.
    pub lapses: Timestamp,
}

impl ProposedMove {
    /// The plan as it would be.
    #[must_use]
    pub fn applied_to(&self, plan: &SessionDraft) -> SessionDraft {
        let mut moved = SessionDraft {
            start: self.start,
            end: self.end,
            expert: self.expert.clone(),
            assistant: self.assistant.clone(),
            room: self.room.clone(),
            ..plan.clone()
        };
        moved.co_experts.retain(|id| *id != self.expert);
        moved
    }
}

/// Planning rules that somebody set aside for a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overridden {
    /// Which.
    pub irregularities: Vec<Irregularity>,
    /// Why, 1 to 500 characters.
    pub note: String,
    /// Who: the caller's subject.
    pub subject: String,
    /// When.
    pub time: Timestamp,
}

/// How late a session starts, as last reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// The start that was planned first.
    pub planned_start: Timestamp,
    /// When it was reported.
    pub reported: Timestamp,
}

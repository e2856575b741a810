//! What is said about a session beside its plan: a move that waits for a yes, rules that were set aside, a delay.
//!
//! Who may say so, and when, is decided in `commands`.
use serde::{Deserialize, Serialize};

use super::{Awaiting, ExpertConsent, Irregularity, SessionDraft};
use crate::kernel::{Id, Timestamp};

/// A change of a session that waits for a yes; what was planned stands until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedMove {
    /// What would change.
    pub to: Move,
    /// Whose answer it waits for.
    pub awaiting: Awaiting,
    /// When it is dropped by itself.
    pub lapses: Timestamp,
}

/// The time, the people and the room that a session moves to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Who leads it.
    pub expert: Id,
    /// The assistant.
    pub assistant: Option<Id>,
    /// The room, by its id within the site.
    pub room: Option<Id>,
    /// What its experts said yes to the move with, so far.
    pub consents: Vec<ExpertConsent>,
}

impl Move {
    /// To where the plan is already.
    #[must_use]
    pub fn of(plan: &SessionDraft) -> Move {
        Move {
            start: plan.start,
            end: plan.end,
            expert: plan.expert.clone(),
            assistant: plan.assistant.clone(),
            room: plan.room.clone(),
            consents: Vec::new(),
        }
    }

    /// The plan once moved. A yes to other times is none to these, and one of who doesn't come any more is none at all.
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
        if (self.start, self.end) != (plan.start, plan.end) {
            moved.consents.clear();
        }
        let comes: Vec<Id> = moved.experts().cloned().collect();
        moved.consents.retain(|given| comes.contains(&given.expert));
        moved.consents.extend(self.consents.iter().filter(|given| comes.contains(&given.expert)).cloned());
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

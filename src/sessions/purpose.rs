//! What a draft is judged for: which rules bind differs between a plan, a proposal, a start and a record.

/// What a draft is judged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A plan that stands at once: inside a standing offer, or with a recorded consent.
    Book,
    /// A plan that is kept for a while: inside a standing offer only.
    Hold,
    /// A question to the expert: everything but the yes.
    Propose,
    /// Another time, expert, assistant or room for a plan that stands: as to book.
    Move,
    /// The start of a plan: its papers again, nothing of its time, which it has.
    Start,
    /// A plan that stands, looked at again: what has come between since; what was due before it was made isn't asked.
    Review,
    /// A record of what happened: everything is listed, nothing refuses.
    Record,
}

impl Purpose {
    /// Whether it is a record of what happened, judged against what happened, not against what was planned.
    #[must_use]
    pub const fn is_record(self) -> bool {
        match self {
            Purpose::Record => true,
            Purpose::Book | Purpose::Hold | Purpose::Propose | Purpose::Move | Purpose::Start | Purpose::Review => {
                false
            }
        }
    }

    /// Whether it is about a plan, which is judged against the plans that occupy.
    #[must_use]
    pub const fn is_plan(self) -> bool {
        !self.is_record()
    }

    /// Whether only the papers are looked at: whoever starts has taken the time already.
    #[must_use]
    pub const fn is_start(self) -> bool {
        match self {
            Purpose::Start => true,
            Purpose::Book | Purpose::Hold | Purpose::Propose | Purpose::Move | Purpose::Review | Purpose::Record => {
                false
            }
        }
    }
}

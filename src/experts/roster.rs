//! The roster 在册: from which day to which an expert belongs to the programme, and how the states follow each other.

use super::{Days, ExpertState, Experts};
use crate::kernel::{Date, Error, Id, Name, Reason, Result, Vocabulary as _};

/// An expert's time on the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// First day.
    pub entry: Date,
    /// Last day; not before the entry.
    pub exit: Option<Date>,
    /// Where the expert stands.
    pub standing: Standing,
}

/// Where an expert stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Open to plans.
    Active,
    /// Not to be planned with.
    Paused {
        /// The last day of the pause; after it plans may include the expert again. `None`: until resumed.
        until: Option<Date>,
    },
    /// The roster exit is recorded.
    Exited,
    /// A duplicate.
    Merged {
        /// The expert that it is.
        into: Id,
    },
}

impl Standing {
    /// The state that is shown and stored.
    #[must_use]
    pub fn state(&self) -> ExpertState {
        match self {
            Standing::Active => ExpertState::Active,
            Standing::Paused { .. } => ExpertState::Paused,
            Standing::Exited => ExpertState::Exited,
            Standing::Merged { .. } => ExpertState::Merged,
        }
    }
}

impl Roster {
    /// A new entry.
    #[must_use]
    pub fn entered(entry: Date) -> Self {
        Roster { entry, exit: None, standing: Standing::Active }
    }

    /// Its days, whatever the state.
    #[must_use]
    pub fn days(&self) -> Days {
        Days { from: self.entry, to: self.exit }
    }

    /// Whether the expert is on the roster on a day. A duplicate never is: its survivor is counted.
    #[must_use]
    pub fn on_roster(&self, day: Date) -> bool {
        match self.standing {
            Standing::Merged { .. } => false,
            Standing::Active | Standing::Paused { .. } | Standing::Exited => self.days().contains(day),
        }
    }

    /// Whether plans for a day may include the expert: on the roster then, and not paused.
    #[must_use]
    pub fn plannable_on(&self, day: Date) -> bool {
        let paused = match self.standing {
            Standing::Paused { until } => until.is_none_or(|until| day <= until),
            Standing::Active | Standing::Exited | Standing::Merged { .. } => false,
        };
        self.on_roster(day) && !paused
    }

    /// Pauses, or moves the end of a pause. Errors: `ILLEGAL_TRANSITION` after an exit or a merge.
    pub fn paused(&self, name: &Name<Experts>, until: Option<Date>) -> Result<Self> {
        match self.standing {
            Standing::Active | Standing::Paused { .. } => Ok(self.with(Standing::Paused { until })),
            Standing::Exited | Standing::Merged { .. } => Err(self.illegal(name, "pause")),
        }
    }

    /// Ends a pause. Errors: `ILLEGAL_TRANSITION` when there is none.
    pub fn resumed(&self, name: &Name<Experts>) -> Result<Self> {
        match self.standing {
            Standing::Paused { .. } => Ok(self.with(Standing::Active)),
            Standing::Active | Standing::Exited | Standing::Merged { .. } => Err(self.illegal(name, "resume")),
        }
    }

    /// Records the last day, or corrects it; it isn't before the entry, which the caller has checked.
    /// Errors: `ILLEGAL_TRANSITION` after a merge.
    pub fn ended(&self, name: &Name<Experts>, exit: Date) -> Result<Self> {
        self.changeable(name, "end")?;
        Ok(Roster { exit: Some(exit), ..self.with(Standing::Exited) })
    }

    /// Errors: `ILLEGAL_TRANSITION` after a merge, when nothing changes any more.
    pub fn changeable(&self, name: &Name<Experts>, verb: &'static str) -> Result<()> {
        match self.standing {
            Standing::Active | Standing::Paused { .. } | Standing::Exited => Ok(()),
            Standing::Merged { .. } => Err(self.illegal(name, verb)),
        }
    }

    /// The time of two that are one expert: from the first entry to the last exit. Only two exits are an exit; where
    /// one is open, that one's standing counts.
    #[must_use]
    pub fn joined(&self, other: &Roster) -> Roster {
        let days = self.days().hull(&other.days());
        let standing = if self.exit.is_some() && other.exit.is_none() { &other.standing } else { &self.standing };
        Roster { entry: days.from, exit: days.to, standing: standing.clone() }
    }

    fn with(&self, standing: Standing) -> Self {
        Roster { standing, ..self.clone() }
    }

    fn illegal(&self, name: &Name<Experts>, verb: &'static str) -> Error {
        Error::refused(Reason::IllegalTransition, "the expert's state doesn't allow this")
            .with("name", name)
            .with("state", self.standing.state().code())
            .with("verb", verb)
    }
}

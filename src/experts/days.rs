//! Civil days from a first to a last, both part of it, as counties write terms, leave and affiliations.
//!
//! Instants and their half-open intervals are elsewhere: a day is a day in the zone of whoever wrote it down.

use crate::kernel::Date;

/// From a day to a day, both part of it; without a last day it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    /// First day.
    pub from: Date,
    /// Last day, not before `from`; `None`: no end is known.
    pub to: Option<Date>,
}

impl Days {
    /// The days, unless the last is before the first.
    #[must_use]
    pub fn new(from: Date, to: Option<Date>) -> Option<Self> {
        to.is_none_or(|to| from <= to).then_some(Days { from, to })
    }

    /// Whether a day is one of them.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether all of another's days are among them.
    #[must_use]
    pub fn covers(&self, other: &Days) -> bool {
        let reaches = match (self.to, other.to) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other <= own,
        };
        self.from <= other.from && reaches
    }

    /// The days that both have.
    #[must_use]
    pub fn common(&self, other: &Days) -> Option<Days> {
        let to = match (self.to, other.to) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
        Days::new(self.from.max(other.from), to)
    }

    /// From the earlier first day to the later last one.
    #[must_use]
    pub fn hull(&self, other: &Days) -> Days {
        Days { from: self.from.min(other.from), to: self.to.zip(other.to).map(|(own, other)| own.max(other)) }
    }

    /// Whether no day lies between them: they overlap, or one follows the other.
    #[must_use]
    pub fn touches(&self, other: &Days) -> bool {
        let reaches =
            |end: Option<Date>, start: Date| end.and_then(|end| end.succ_opt()).is_none_or(|next| start <= next);
        reaches(self.to, other.from) && reaches(other.to, self.from)
    }

    /// The days up to and with a last one; `None` when they all come later.
    #[must_use]
    pub fn until(&self, last: Date) -> Option<Days> {
        Days::new(self.from, Some(self.to.map_or(last, |to| to.min(last))))
    }
}

impl std::fmt::Display for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to {
            Some(to) => write!(f, "{} to {to}", self.from),
            None => write!(f, "from {}", self.from),
        }
    }
}

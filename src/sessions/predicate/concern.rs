//! Who or what a finding concerns, as a value. Thousands of findings of a search are never read: words are made of those that are.
use std::fmt;

use crate::kernel::{Date, Id, Specialty, Timestamp};

/// Who or what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concern {
    /// A resource, by the last segment of its name.
    Id(Id),
    /// A specialty.
    Specialty(Specialty),
    /// A civil day.
    Date(Date),
    /// An instant.
    Time(Timestamp),
    /// The code of a kind, or the field of a limit.
    Code(&'static str),
    /// A number.
    Number(i64),
    /// What a limit allows.
    Text(String),
}

impl Concern {
    /// The resource, if it is one.
    #[must_use]
    pub const fn id(&self) -> Option<&Id> {
        match self {
            Concern::Id(id) => Some(id),
            Concern::Specialty(_)
            | Concern::Date(_)
            | Concern::Time(_)
            | Concern::Code(_)
            | Concern::Number(_)
            | Concern::Text(_) => None,
        }
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Concern::Id(id) => id.fmt(out),
            Concern::Specialty(specialty) => specialty.fmt(out),
            Concern::Date(date) => date.fmt(out),
            Concern::Time(time) => time.fmt(out),
            Concern::Code(code) => out.write_str(code),
            Concern::Number(number) => number.fmt(out),
            Concern::Text(text) => out.write_str(text),
        }
    }
}

impl From<&Id> for Concern {
    fn from(id: &Id) -> Concern {
        Concern::Id(id.clone())
    }
}

impl From<&Specialty> for Concern {
    fn from(specialty: &Specialty) -> Concern {
        Concern::Specialty(specialty.clone())
    }
}

impl From<Date> for Concern {
    fn from(date: Date) -> Concern {
        Concern::Date(date)
    }
}

impl From<Timestamp> for Concern {
    fn from(time: Timestamp) -> Concern {
        Concern::Time(time)
    }
}

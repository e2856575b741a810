//! Assistants: the local clinicians at the sites, with which expert each is paired, and which experts suit a site.
//!
//! Not here: an assistant's sessions (`sessions`), and what an assistant learned (`activities`). The search for experts
//! is here, not in `experts`, because a match may rest on a pairing.

use crate::experts::Days;
use crate::kernel::{Collection, Date, ExternalId, HalfDay, Id, Meta, Name, Specialty, vocabulary};

pub mod commands;
mod pairing;
pub mod queries;
pub mod reactions;
pub mod sealed;
pub mod search;
pub mod service;
pub mod store;
pub mod wire;

pub use pairing::{Absorbed, Pairing, absorbed, admitted, cut_at};

/// The collection `assistants`.
pub enum Assistants {}

impl Collection for Assistants {
    const COLLECTION: &'static str = "assistants";
}

/// The collection `pairings`.
pub enum Pairings {}

impl Collection for Pairings {
    const COLLECTION: &'static str = "pairings";
}

vocabulary! {
    /// Where an assistant stands.
    pub enum AssistantState: "AssistantState" {
        /// Stationed at the site.
        Active = 1 => "ACTIVE",
        /// The end of the time at the site is recorded.
        Ended = 2 => "ENDED",
    }
}

vocabulary! {
    /// Kinds of absence.
    pub enum AbsenceKind: "AbsenceKind" {
        /// 休假: away.
        Leave = 1 => "LEAVE",
        /// 值班: on duty elsewhere in the house.
        Duty = 2 => "DUTY",
    }
}

vocabulary! {
    /// What an assistant is to an expert.
    pub enum PairingRole: "PairingRole" {
        /// The assistant, one per expert, site and day.
        Primary = 1 => "PRIMARY",
        /// Steps in; any number.
        Backup = 2 => "BACKUP",
    }
}

/// A local clinician 助手.
#[derive(Clone, Debug, PartialEq)]
pub struct Assistant {
    /// `programmes/{programme}/assistants/{assistant}`.
    pub name: Name<Assistants>,
    /// Where the assistant is stationed; it never changes.
    pub site: Id,
    /// What an update can replace.
    pub profile: Profile,
    /// The last day at the site, once it is recorded.
    pub end: Option<Date>,
    /// Revision and times.
    pub meta: Meta,
}

/// What an update can replace.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// A pseudonym or number, 1 to 64 characters.
    pub display_name: String,
    /// At most 100, the foremost first, none twice.
    pub specialties: Vec<Specialty>,
    /// When the licence is in force; `None`: not known.
    pub licence: Option<Days>,
    /// At most 500.
    pub absences: Vec<Absence>,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Profile {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        600 + self.display_name.len()
            + self.specialties.len() * 10
            + self.absences.len() * 30
            + external_ids.sum::<usize>()
    }
}

/// Days on which an assistant is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Why in kind, no more.
    pub kind: AbsenceKind,
    /// First day.
    pub from: Date,
    /// Last day, part of it, not before the first.
    pub to: Date,
    /// Only this half of each day; `None`: whole days.
    pub half_day: Option<HalfDay>,
}

impl Absence {
    /// Whether it takes this half of a day; `None` asks for any part of the day.
    #[must_use]
    pub fn takes(&self, day: Date, half_day: Option<HalfDay>) -> bool {
        let same_half = self.half_day.zip(half_day).is_none_or(|(own, asked)| own == asked);
        (self.from..=self.to).contains(&day) && same_half
    }
}

impl Assistant {
    /// The state that is shown, stored and filtered.
    #[must_use]
    pub fn state(&self) -> AssistantState {
        if self.end.is_some() { AssistantState::Ended } else { AssistantState::Active }
    }
}

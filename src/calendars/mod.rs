//! Calendars: what kinds of days there are, when experts have offered to come, and when they can't.
//!
//! A day's kind informs and never blocks. Not here: limits that an expert sets (`charters`), and what an offer allows a
//! session (`sessions` judges it, and marks the sessions that a withdrawal or an absence touches).

use crate::experts::Consent;
use crate::kernel::{
    Collection, Error, ExternalId, Id, Meta, Name, Reason, Result, SessionKind, Timestamp, Vocabulary as _,
};
use crate::kernel::{Verb, vocabulary};

pub mod commands;
pub mod days;
pub mod queries;
pub mod reactions;
pub mod service;
pub mod shape;
pub mod store;
pub mod wire;

pub use days::{Calendar, CalendarName, CalendarYear, Day, DayKind, SpecialDay};
pub use shape::{Absent, Shape, Span, WallTime, Weekday, Weekly, merged};

/// The collection `offers`.
pub enum Offers {}

impl Collection for Offers {
    const COLLECTION: &'static str = "offers";
}

/// The collection `expert-absences`.
pub enum ExpertAbsences {}

impl Collection for ExpertAbsences {
    const COLLECTION: &'static str = "expert-absences";
}

/// The verb that takes an offer or an absence back.
pub const WITHDRAW: Verb = Verb::new("withdraw");

vocabulary! {
    /// What an offer lets the county do.
    pub enum OfferMode: "OfferMode" {
        /// It is a consent to whatever fits into it: booked at once.
        Standing = 1 => "STANDING",
        /// The expert can probably come, and is asked each time.
        OnRequest = 2 => "ON_REQUEST",
    }
}

vocabulary! {
    /// Whether an offer holds.
    pub enum OfferState: "OfferState" {
        /// It holds.
        Open = 1 => "OPEN",
        /// It was taken back.
        Withdrawn = 2 => "WITHDRAWN",
    }
}

vocabulary! {
    /// Whether an expert's absence holds.
    pub enum ExpertAbsenceState: "ExpertAbsenceState" {
        /// It holds.
        Open = 1 => "OPEN",
        /// It was taken back.
        Withdrawn = 2 => "WITHDRAWN",
    }
}

/// Time that an expert has freely offered 可用时间. Its terms never change: another word is another offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// `programmes/{programme}/offers/{offer}`.
    pub name: Name<Offers>,
    /// Whose time.
    pub expert: Id,
    /// What for, none twice; empty: any kind of session.
    pub kinds: Vec<SessionKind>,
    /// Where, none twice; empty: any site.
    pub sites: Vec<Id>,
    /// Whether it is booked at once or asked for.
    pub mode: OfferMode,
    /// When.
    pub shape: Shape,
    /// The tz database by which the instants were reckoned when it was made; none where it was given as instants.
    pub tz_version: Option<String>,
    /// Who heard it, how, when, in which words.
    pub consent: Consent,
    /// When it was taken back; none while it holds.
    pub withdrawn: Option<Timestamp>,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Revision and times.
    pub meta: Meta,
}

impl Offer {
    /// The state that is shown, stored and filtered.
    #[must_use]
    pub fn state(&self) -> OfferState {
        if self.withdrawn.is_some() { OfferState::Withdrawn } else { OfferState::Open }
    }

    /// Whether it may be booked at once.
    #[must_use]
    pub fn is_standing(&self) -> bool {
        self.mode == OfferMode::Standing
    }

    /// Whether it is for this kind of session at this site.
    #[must_use]
    pub fn is_for(&self, kind: SessionKind, site: &Id) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind)) && (self.sites.is_empty() || self.sites.contains(site))
    }

    /// The time of `[from, until)` that it covers, in order; what touches or overlaps is one interval.
    #[must_use]
    pub fn intervals(&self, from: Timestamp, until: Timestamp) -> Vec<Span> {
        self.shape.intervals(from, until)
    }

    /// Takes it back. Errors: `ILLEGAL_TRANSITION` when it was before.
    pub fn withdraw(&self, now: Timestamp) -> Result<Offer> {
        refuse_withdrawn(&self.name, self.withdrawn, self.state().code())?;
        Ok(Offer { withdrawn: Some(now), meta: self.meta.touched(now), ..self.clone() })
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        let dates = self.shape.weekly().map_or(0, |weekly| weekly.except.len());
        let said = self.consent.heard_by.len() + self.consent.words.len();
        1600 + said + self.sites.len() * 160 + self.kinds.len() * 3 + dates * 12 + external_ids.sum::<usize>()
    }
}

/// Time in which an expert can't come. Nobody asks why.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertAbsence {
    /// `programmes/{programme}/expert-absences/{absence}`.
    pub name: Name<ExpertAbsences>,
    /// Who can't.
    pub expert: Id,
    /// When.
    pub when: Absent,
    /// The tz database by which the instants were reckoned when it was made; none where it was given as instants.
    pub tz_version: Option<String>,
    /// When it was taken back; none while it holds.
    pub withdrawn: Option<Timestamp>,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Revision and times.
    pub meta: Meta,
}

impl ExpertAbsence {
    /// The state that is shown, stored and filtered.
    #[must_use]
    pub fn state(&self) -> ExpertAbsenceState {
        if self.withdrawn.is_some() { ExpertAbsenceState::Withdrawn } else { ExpertAbsenceState::Open }
    }

    /// First instant, and the first one after it.
    #[must_use]
    pub fn span(&self) -> Span {
        self.when.span()
    }

    /// Whether some instant of `[from, until)` is in it.
    #[must_use]
    pub fn takes(&self, from: Timestamp, until: Timestamp) -> bool {
        let (start, end) = self.span();
        start < until && from < end
    }

    /// Takes it back. Errors: `ILLEGAL_TRANSITION` when it was before.
    pub fn withdraw(&self, now: Timestamp) -> Result<ExpertAbsence> {
        refuse_withdrawn(&self.name, self.withdrawn, self.state().code())?;
        Ok(ExpertAbsence { withdrawn: Some(now), meta: self.meta.touched(now), ..self.clone() })
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        800 + external_ids.sum::<usize>()
    }
}

fn refuse_withdrawn(name: impl std::fmt::Display, withdrawn: Option<Timestamp>, state: &'static str) -> Result<()> {
    match withdrawn {
        None => Ok(()),
        Some(_) => Err(Error::refused(Reason::IllegalTransition, format!("{name} was withdrawn before"))
            .with("name", name)
            .with("state", state)
            .with("verb", WITHDRAW)),
    }
}

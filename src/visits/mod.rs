//! Visits 行程: one expert's trip, from arrival to departure, with the sessions inside it.
//!
//! Plans that don't fit are refused; once made, a visit is a fact, and what doesn't fit is listed. Not here: the sessions
//! themselves (`sessions`), fares and lodging (`savings`).
use crate::kernel::{
    Collection, Date, Dimensions, Error, ExternalId, Id, Leaf, Measure, Meta, Name, Reason, Residence, Result,
    Specialty, Timestamp, Violation, Vocabulary as _, Zone, vocabulary,
};
use crate::sessions::SessionState;
use crate::sites::SiteLevel;

pub mod commands;
pub mod reactions;
pub mod service;
pub mod store;
mod wire;

/// The collection `visits`.
pub enum Visits {}

impl Collection for Visits {
    const COLLECTION: &'static str = "visits";
}

vocabulary! {
    /// Where a visit is in its life.
    pub enum VisitState: "VisitState" {
        /// Planned or under way.
        Open = 1 => "OPEN",
        /// Made, and counted.
        Ended = 2 => "ENDED",
        /// Not made.
        Cancelled = 3 => "CANCELLED",
    }
}

vocabulary! {
    /// What doesn't fit between a visit and one of its sessions.
    pub enum VisitDiscrepancy: "VisitDiscrepancy" {
        /// The visit's expert is neither the session's nor beside them.
        OtherExpert = 1 => "OTHER_EXPERT",
        /// The session, actual times counted, isn't inside the visit.
        OutsideVisit = 2 => "OUTSIDE_VISIT",
        /// The session was cancelled or not held.
        SessionNotHeld = 3 => "SESSION_NOT_HELD",
    }
}

/// The longest visit, in days.
pub const LONGEST_DAYS: i64 = 366;
/// The most sessions of a visit.
pub const MOST_SESSIONS: usize = 100;

/// A visit 行程.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// `programmes/{programme}/visits/{visit}`.
    pub name: Name<Visits>,
    /// Whose trip.
    pub expert: Id,
    /// What an update can replace.
    pub profile: Profile,
    /// Where it is in its life.
    pub state: VisitState,
    /// Where and by what it is counted.
    pub place: Place,
    /// What doesn't fit, as things are now.
    pub discrepancies: Vec<Discrepancy>,
    /// Revision and times.
    pub meta: Meta,
}

/// What an update can replace.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The site that hosts the expert.
    pub host_site: Id,
    /// The arrival: planned, then actual.
    pub arrival: Timestamp,
    /// The departure, later than the arrival by at most [`LONGEST_DAYS`]: planned, then actual.
    pub departure: Timestamp,
    /// The sessions inside, at most [`MOST_SESSIONS`], none twice.
    pub sessions: Vec<Id>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

/// Where and by what a visit is counted, copied as of the day of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host site's zone.
    pub zone: Zone,
    /// The civil day of the arrival at the host site.
    pub date: Date,
    /// What kind of place the host site was.
    pub site_level: SiteLevel,
    /// The expert's home hospital that day.
    pub home_hospital: Option<Id>,
    /// The expert's foremost specialty.
    pub specialty: Option<Specialty>,
}

/// One thing that doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// What.
    pub discrepancy: VisitDiscrepancy,
    /// The session.
    pub session: Id,
}

/// What a visit looks at in one of its sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    /// The session.
    pub session: Id,
    /// Whether the visit's expert leads it, is beside, or came.
    pub has_expert: bool,
    /// Where it is in its life.
    pub state: SessionState,
    /// The first instant: the actual one where it was held.
    pub start: Timestamp,
    /// The first instant after it, as `start`.
    pub end: Timestamp,
}

/// What doesn't fit between a visit and its sessions, by session in the order given.
#[must_use]
pub fn discrepancies(profile: &Profile, sessions: &[Inside]) -> Vec<Discrepancy> {
    let mut found = Vec::new();
    for session in sessions {
        let not_held = match session.state {
            SessionState::Cancelled | SessionState::NotHeld | SessionState::Lapsed | SessionState::Voided => true,
            SessionState::Tentative
            | SessionState::Proposed
            | SessionState::Confirmed
            | SessionState::InProgress
            | SessionState::Completed => false,
        };
        let checks = [
            (!session.has_expert, VisitDiscrepancy::OtherExpert),
            (session.start < profile.arrival || profile.departure < session.end, VisitDiscrepancy::OutsideVisit),
            (not_held, VisitDiscrepancy::SessionNotHeld),
        ];
        let is_found = checks.into_iter().filter(|(is_found, _)| *is_found);
        found.extend(is_found.map(|(_, discrepancy)| Discrepancy { discrepancy, session: session.session.clone() }));
    }
    found
}

/// Refuses a plan whose sessions are another expert's or outside the visit.
///
/// # Errors
/// `VISIT_SESSION_UNFIT`, with every session that doesn't fit as a violation.
pub fn must_fit(found: &[Discrepancy]) -> Result<()> {
    let unfit = |one: &&Discrepancy| match one.discrepancy {
        VisitDiscrepancy::OtherExpert | VisitDiscrepancy::OutsideVisit => true,
        VisitDiscrepancy::SessionNotHeld => false,
    };
    let unfit: Vec<&Discrepancy> = found.iter().filter(unfit).collect();
    let Some(first) = unfit.first() else { return Ok(()) };
    let text = |one: &Discrepancy| format!("session {} doesn't fit: {}", one.session, one.discrepancy.code());
    let violation = |one: &&Discrepancy| Violation {
        field: "visit.sessions".to_owned(),
        reason: Reason::VisitSessionUnfit,
        description: text(one),
    };
    let error = Error::refused(Reason::VisitSessionUnfit, text(first)).with("session", &first.session);
    Err(error.with("discrepancy", first.discrepancy.code()).with_violations(unfit.iter().map(violation).collect()))
}

impl Visit {
    /// Refuses what only an OPEN visit can take.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION`.
    pub fn must_be_open(&self, verb: &'static str) -> Result<()> {
        match self.state {
            VisitState::Open => Ok(()),
            VisitState::Ended | VisitState::Cancelled => {
                let message = format!("a visit that is {} can't take this", self.state.code());
                let error = Error::refused(Reason::IllegalTransition, message).with("name", &self.name);
                Err(error.with("state", self.state.code()).with("verb", verb))
            }
        }
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // `programmes/`, the programme, a collection and an id of at most 63.
        let name = 95 + self.name.programme().as_str().len();
        let names = 3 + self.profile.sessions.len() + self.discrepancies.len();
        let external_ids = self.profile.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        200 + names * name + external_ids.sum::<usize>()
    }

    /// What it counts for, once ENDED.
    #[must_use]
    pub fn leaf(&self) -> Option<Leaf> {
        match self.state {
            VisitState::Ended => {}
            VisitState::Open | VisitState::Cancelled => return None,
        }
        let dimensions = Dimensions {
            date: self.place.date,
            half_day: None,
            site: self.profile.host_site.clone(),
            site_level: self.place.site_level.code().to_owned(),
            expert: Some(self.expert.clone()),
            home_hospital: self.place.home_hospital.clone(),
            specialty: self.place.specialty.as_ref().map(ToString::to_string).unwrap_or_default(),
            kind: String::new(),
            residence: Residence::Unknown,
        };
        Some(Leaf { dimensions, quantities: vec![(Measure::VISITS, 1)], attested: false })
    }
}

//! The need list 待诊登记: patients who wait for an expert or a specialty before any session is planned.
use super::Reservations;
use crate::kernel::{
    Change, Collection, Error, ExternalId, Id, Meta, Name, Patient, Reason, Result, Specialty, Timestamp, Verb,
    Vocabulary as _, vocabulary,
};

/// The collection `needs`.
pub enum Needs {}

impl Collection for Needs {
    const COLLECTION: &'static str = "needs";
}

vocabulary! {
    /// How soon a patient should be seen.
    pub enum NeedUrgency: "NeedUrgency" {
        /// As it comes.
        Routine = 1 => "ROUTINE",
        /// Within weeks.
        Soon = 2 => "SOON",
        /// As soon as may be; what can't wait for a session isn't on this list.
        Urgent = 3 => "URGENT",
    }
}

impl NeedUrgency {
    /// Its place in the order in which a session is filled: the most urgent first.
    #[must_use]
    pub fn rank(self) -> i64 {
        3 - i64::from(self.number())
    }
}

vocabulary! {
    /// Where a need is in its life.
    pub enum NeedState: "NeedState" {
        /// The patient waits for a session.
        Open = 1 => "OPEN",
        /// The patient got a place.
        Filled = 2 => "FILLED",
        /// It was taken back.
        Withdrawn = 3 => "WITHDRAWN",
    }
}

/// What a patient waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This expert, wherever they come.
    Expert(Id),
    /// Whoever comes for this specialty, or for one below it.
    Specialty(Specialty),
}

impl Wanted {
    /// The key by which needs for it are found.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Wanted::Expert(expert) => format!("experts/{expert}"),
            Wanted::Specialty(specialty) => format!("specialties/{specialty}"),
        }
    }

    /// Everything that a session of this expert and this specialty is waited for as.
    #[must_use]
    pub fn met_by(expert: &Id, specialty: &Specialty) -> Vec<Wanted> {
        let specialties = specialty.with_parents().into_iter().map(Wanted::Specialty);
        std::iter::once(Wanted::Expert(expert.clone())).chain(specialties).collect()
    }
}

/// One patient's wait for a session that isn't planned yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// `programmes/{programme}/needs/{need}`.
    pub name: Name<Needs>,
    /// What for.
    pub wanted: Wanted,
    /// How soon.
    pub urgency: NeedUrgency,
    /// Who.
    pub patient: Patient,
    /// Where it is in its life.
    pub state: NeedState,
    /// The place that the patient got; FILLED only.
    pub reservation: Option<Id>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Revision and times; the order of arrival is that of the first.
    pub meta: Meta,
}

impl Need {
    /// The need once the patient has got a place.
    #[must_use]
    pub fn filled(&self, reservation: &Name<Reservations>, now: Timestamp) -> Need {
        let reservation = Some(reservation.id().clone());
        Need { state: NeedState::Filled, reservation, meta: self.meta.touched(now), ..self.clone() }
    }

    /// The need once it is taken back.
    ///
    /// # Errors
    /// ILLEGAL_TRANSITION with its `name`, its `state` and the `verb`, unless it is OPEN.
    pub fn withdrawn(&self, now: Timestamp) -> Result<Need> {
        if self.state != NeedState::Open {
            return Err(Error::refused(Reason::IllegalTransition, "only an open need can be withdrawn")
                .with("name", &self.name)
                .with("state", self.state.code())
                .with("verb", "withdraw"));
        }
        Ok(Need { state: NeedState::Withdrawn, meta: self.meta.touched(now), ..self.clone() })
    }

    /// What a change log says of it.
    #[must_use]
    pub fn change(&self, verb: &'static str) -> Change {
        Change::new(&self.name, Verb::new(verb), self.meta.revision)
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        250 + 3 * name + external_ids.sum::<usize>()
    }
}

/// The most places that one call fills from the list.
pub const MOST_FILLED: i64 = 200;

//! Reservations 预约: patients' numbered places 号 in sessions, and who waits for one.
//!
//! Here: the register of a session (how many places, who has which number, who waits), the reservation and its life, and the
//! programme's policy. Not here: the session (`sessions`), what was done for a patient (`activities`). Patients are tokens; none
//! stands in an error, a change or a log.
use crate::kernel::{Change, Collection, ExternalId, Id, Meta, Name, Patient, Timestamp, Verb, vocabulary};

pub mod commands;
pub mod desk;
pub mod need;
pub mod queries;
pub mod reactions;
pub mod register;
pub mod service;
pub mod state;
pub mod store;
mod wire;

pub use desk::Desk;
pub use register::{Grant, Register, Registers};
pub use state::{Act, AffectedCause, CancelledBy, ReservationState};

/// The collection `reservations`.
pub enum Reservations {}

impl Collection for Reservations {
    const COLLECTION: &'static str = "reservations";
}

/// The collection `reservationPolicies`, which has one: `default`.
pub enum ReservationPolicies {}

impl Collection for ReservationPolicies {
    const COLLECTION: &'static str = "reservationPolicies";
}

/// One patient's place in a session, or in the queue for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// `programmes/{programme}/reservations/{reservation}`; it stays when the place moves to another session.
    pub name: Name<Reservations>,
    /// In which session.
    pub session: Id,
    /// Whose.
    pub patient: Patient,
    /// The subject that made it: a hospital's system sees its own alone.
    pub made_by: String,
    /// Where it is in its life.
    pub state: ReservationState,
    /// The number of the place, from 1; none while the patient waits, and after a wait that ended without one.
    pub place: Option<i64>,
    /// The number in the queue, from 1, of whoever waits or waited; numbers of one session rise with arrival.
    pub arrival: Option<i64>,
    /// When it lapses by itself; HELD and OFFERED only.
    pub lapse_time: Option<Timestamp>,
    /// What happened to the session that the patient has to be told, and when; none: nothing, or the patient was told.
    pub affected: Option<(AffectedCause, Timestamp)>,
    /// On whose side it was cancelled; CANCELLED only.
    pub cancelled_by: Option<CancelledBy>,
    /// The consultation that was recorded when the patient was served.
    pub activity: Option<Id>,
    /// When the place's turn is expected, and whether the expert added the place 加号; as the register has it at present.
    pub expected: Option<Expected>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Revision and times.
    pub meta: Meta,
}

/// What a place's number comes to in its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// When its turn is expected.
    pub time: Timestamp,
    /// Whether it is beyond the session's capacity: a place that the expert added 加号.
    pub extra: bool,
}

impl Reservation {
    /// The reservation as it is at an instant: a hold or an offer whose time has run out has lapsed, whether or not anybody has
    /// written so.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Reservation {
        if self.is_due(now) {
            self.state = ReservationState::Lapsed;
            self.lapse_time = None;
        }
        self
    }

    /// The one predicate by which holds and offers lapse.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.lapse_time.is_some_and(|lapses| lapses <= now)
    }

    /// The reservation after an act, one revision later, in the state that the act leads to.
    #[must_use]
    pub fn after(&self, act: Act, now: Timestamp) -> Reservation {
        let mut after = self.clone();
        if let Some(state) = act.target() {
            after.state = state;
        }
        if !after.state.may_lapse() {
            after.lapse_time = None;
        }
        after.meta = self.meta.touched(now);
        after
    }

    /// What a change log says of it.
    #[must_use]
    pub fn change(&self, act: Act) -> Change {
        Change::new(&self.name, Verb::new(act.verb()), self.meta.revision)
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        300 + 3 * name + external_ids.sum::<usize>()
    }
}

vocabulary! {
    /// What becomes of a place that is free again while somebody waits.
    pub enum WaitlistRule: "WaitlistRule" {
        /// It is offered to the first in the queue, with a deadline.
        Offer = 1 => "OFFER",
        /// It is the first one's at once.
        Give = 2 => "GIVE",
    }
}

vocabulary! {
    /// What becomes of the reservations of a session that isn't to be held any more.
    pub enum CancelRule: "CancelRule" {
        /// They are cancelled with it, and marked.
        Cancel = 1 => "CANCEL",
        /// They are marked: the site moves or cancels each.
        Mark = 2 => "MARK",
    }
}

vocabulary! {
    /// What becomes of the reservations of a session that is held at another time.
    pub enum MoveRule: "MoveRule" {
        /// They move along.
        Keep = 1 => "KEEP",
        /// They move along and are marked, so that each patient is told.
        Mark = 2 => "MARK",
    }
}

/// How a programme treats reservations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What becomes of a freed place.
    pub waitlist: WaitlistRule,
    /// How long an offered place is kept, in minutes, 5 to [`Policy::LONGEST_OFFER_MINUTES`].
    pub offer_minutes: i64,
    /// Whether a patient who is marked as served is recorded as a consultation.
    pub records_consultations: bool,
    /// A session that isn't to be held any more.
    pub on_cancel: CancelRule,
    /// A session that is held at another time.
    pub on_move: MoveRule,
    /// Revision and times; none as long as the programme has said nothing.
    pub meta: Option<Meta>,
}

impl Policy {
    /// The longest that an offered place is kept: two days.
    pub const LONGEST_OFFER_MINUTES: i64 = 2 * 24 * 60;
    /// The fields that an update can name.
    pub const FIELDS: &'static [&'static str] =
        &["waitlist", "offer_minutes", "records_consultations", "on_cancel", "on_move"];

    /// What holds where a programme has said nothing.
    #[must_use]
    pub const fn unset() -> Policy {
        Policy {
            waitlist: WaitlistRule::Offer,
            offer_minutes: 60,
            records_consultations: false,
            on_cancel: CancelRule::Cancel,
            on_move: MoveRule::Mark,
            meta: None,
        }
    }

    /// The number of its present version; 0 as long as the programme has said nothing.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.meta.map_or(0, |meta| meta.revision)
    }
}

/// How long a hold lasts that asks for nothing else, in minutes.
pub const HOLD_MINUTES: i64 = 5;
/// The longest hold, in minutes.
pub const LONGEST_HOLD_MINUTES: i64 = 15;
/// The most patients that wait for a place of one session.
pub const LONGEST_WAITLIST: i64 = 200;

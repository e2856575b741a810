//! The register of a session: how many places it has, which numbers are taken, who may take one when.
//!
//! The row carries everything that a booking is decided on, so that a booking reads nothing else of the session.
use super::{CancelRule, Expected, MoveRule, Policy, Reservation, state::AffectedCause};
use crate::experts::Consent;
use crate::kernel::{
    Change, Collection, Error, Id, Meta, Name, Reason, Result, Timestamp, Verb, Vocabulary as _, vocabulary,
};
use crate::sessions::{Session, SessionState, Sessions};

/// The collection `registers`; a register's id is its session's.
pub enum Registers {}

impl Collection for Registers {
    const COLLECTION: &'static str = "registers";
}

/// The longest place, in minutes.
pub const LONGEST_PLACE_MINUTES: i64 = 240;
/// The most places that an expert adds to one session.
pub const MOST_EXTRA_PLACES: i64 = 200;

/// The places of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// `programmes/{programme}/registers/{session}`.
    pub name: Name<Registers>,
    /// The session's state.
    pub session_state: SessionState,
    /// Who leads the session.
    pub expert: Id,
    /// When the session starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The session's capacity.
    pub capacity: i64,
    /// Places that the expert added 加号.
    pub granted: i64,
    /// How long a place takes, in minutes, 1 to [`LONGEST_PLACE_MINUTES`].
    pub place_minutes: i64,
    /// From when on places are to be had.
    pub open: Timestamp,
    /// Until when; none: until the session ends.
    pub close: Option<Timestamp>,
    /// The next number that nobody has had.
    pub next_place: i64,
    /// How many places are taken: held, offered, booked and after.
    pub taken: i64,
    /// Lower numbers that are free again, in order.
    pub freed: Vec<i64>,
    /// How many patients wait.
    pub waiting: i64,
    /// The number in the queue of the next one who waits.
    pub next_arrival: i64,
    /// When there is something to do here without being asked: not later than the first hold or offer lapses; at once while a job runs.
    pub due: Option<Timestamp>,
    /// What a change of the session still has to do to its reservations.
    pub job: Option<Job>,
    /// One more with every booking; what a write is guarded by. The revision counts only what the site or the session changed.
    pub guard: i64,
    /// Revision and times.
    pub meta: Meta,
}

vocabulary! {
    /// What a change of a session does to its reservations.
    pub enum JobKind: "RegisterJob" {
        /// Cancels them, and marks them.
        Cancel = 1 => "CANCEL",
        /// Marks them.
        Mark = 2 => "MARK",
        /// Ends holds, offers and waiting: the session is over.
        End = 3 => "END",
    }
}

/// A change of a session that is being carried through its reservations, at most 500 at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What is done.
    pub kind: JobKind,
    /// What the patients are to be told; none for [`JobKind::End`].
    pub cause: Option<AffectedCause>,
    /// When the session changed: reservations that were made later aren't concerned.
    pub time: Timestamp,
    /// The last reservation that was done, by id; none at first.
    pub after: Option<Id>,
}

/// Extra places that an expert granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// 1 for a register's first.
    pub number: i64,
    /// How many.
    pub places: i64,
    /// The expert's yes.
    pub consent: Consent,
    /// When it was recorded.
    pub time: Timestamp,
}

impl Register {
    /// A new register of a session.
    #[must_use]
    pub fn new(name: Name<Registers>, session: &Facts, times: Times, now: Timestamp) -> Register {
        Register {
            name,
            session_state: session.state,
            expert: session.expert.clone(),
            start: session.start,
            end: session.end,
            capacity: session.capacity,
            granted: 0,
            place_minutes: times.place_minutes,
            open: times.open,
            close: times.close,
            next_place: 1,
            taken: 0,
            freed: Vec::new(),
            waiting: 0,
            next_arrival: 1,
            due: None,
            job: None,
            guard: 1,
            meta: Meta::new(now),
        }
    }

    /// The session's id.
    #[must_use]
    pub fn session(&self) -> &Id {
        self.name.id()
    }

    /// All places, those that the expert added among them.
    #[must_use]
    pub fn places(&self) -> i64 {
        self.capacity + self.granted
    }

    /// How many places nobody has.
    #[must_use]
    pub fn free(&self) -> i64 {
        (self.places() - self.taken).max(0)
    }

    /// When the last place can be taken at the latest.
    #[must_use]
    pub fn closes(&self) -> Timestamp {
        self.close.unwrap_or(self.end).min(self.end)
    }

    /// Whether places are to be had at an instant.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        takes_patients(self.session_state) && self.open <= now && now < self.closes()
    }

    /// The register once its session is as these facts say, with what that does to its reservations. Where nothing that it copies
    /// changed, it is as before.
    #[must_use]
    pub fn following(&self, session: &Facts, is_delay: bool, policy: &Policy, now: Timestamp) -> Register {
        let mut after = self.clone();
        after.session_state = session.state;
        after.expert = session.expert.clone();
        (after.start, after.end) = (session.start, session.end);
        let over = |cause| match policy.on_cancel {
            CancelRule::Cancel => (JobKind::Cancel, Some(cause)),
            CancelRule::Mark => (JobKind::Mark, Some(cause)),
        };
        let has_moved = (self.start, self.end) != (after.start, after.end);
        let what = if self.session_state == after.session_state && !takes_patients(after.session_state) {
            None
        } else {
            match after.session_state {
                SessionState::Cancelled | SessionState::Lapsed => Some(over(AffectedCause::SessionCancelled)),
                SessionState::NotHeld => Some(over(AffectedCause::SessionNotHeld)),
                SessionState::Voided => Some(over(AffectedCause::SessionVoided)),
                SessionState::Completed => Some((JobKind::End, None)),
                SessionState::Confirmed
                | SessionState::InProgress
                | SessionState::Tentative
                | SessionState::Proposed => {
                    if self.expert != after.expert {
                        Some((JobKind::Mark, Some(AffectedCause::ExpertChanged)))
                    } else if has_moved && policy.on_move == MoveRule::Mark {
                        let delayed =
                            if is_delay { AffectedCause::SessionDelayed } else { AffectedCause::SessionMoved };
                        Some((JobKind::Mark, Some(delayed)))
                    } else {
                        None
                    }
                }
            }
        };
        if let Some((kind, cause)) = what {
            after.job = Some(Job { kind, cause, time: now, after: None });
        }
        after
    }

    /// Refuses when no places are to be had at present.
    ///
    /// # Errors
    /// REGISTER_CLOSED with the `session`, its `state`, `open_time` and `close_time`.
    pub fn must_be_open(&self, now: Timestamp) -> Result<()> {
        if self.is_open(now) {
            return Ok(());
        }
        Err(Error::refused(Reason::RegisterClosed, "no places of this session are to be had at present")
            .with("session", self.session_name())
            .with("state", self.session_state.code())
            .with("open_time", self.open)
            .with("close_time", self.closes()))
    }

    /// Takes the lowest free number, if there is a free place.
    pub fn take(&mut self) -> Option<i64> {
        if self.free() == 0 {
            return None;
        }
        self.taken += 1;
        if self.freed.is_empty() {
            self.next_place += 1;
            return Some(self.next_place - 1);
        }
        Some(self.freed.remove(0))
    }

    /// Gives a number back.
    pub fn give_back(&mut self, place: i64) {
        self.taken -= 1;
        let at = self.freed.partition_point(|freed| *freed < place);
        self.freed.insert(at, place);
        // What was numbered last and is free again was never numbered.
        while self.freed.last().is_some_and(|last| *last == self.next_place - 1) {
            self.freed.pop();
            self.next_place -= 1;
        }
    }

    /// Something is to be done here not later than then.
    pub fn remind(&mut self, time: Timestamp) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }

    /// What a number comes to.
    #[must_use]
    pub fn expected(&self, place: i64) -> Expected {
        expected(self.start, self.place_minutes, self.capacity, place)
    }

    /// A reservation with what its number comes to here.
    #[must_use]
    pub fn told(&self, mut reservation: Reservation) -> Reservation {
        reservation.expected = reservation.place.map(|place| self.expected(place));
        reservation
    }

    /// `programmes/{programme}/sessions/{session}`.
    #[must_use]
    pub fn session_name(&self) -> Name<Sessions> {
        Name::new(self.name.programme().clone(), self.name.id().clone())
    }

    /// What a change log says of it.
    #[must_use]
    pub fn change(&self, verb: &'static str) -> Change {
        Change::new(&self.name, Verb::new(verb), self.meta.revision)
    }
}

/// What a place's number comes to in a session that starts then.
#[must_use]
pub fn expected(start: Timestamp, place_minutes: i64, capacity: i64, place: i64) -> Expected {
    Expected { time: start.plus_minutes((place - 1).saturating_mul(place_minutes)), extra: place > capacity }
}

/// Whether a session in this state takes patients.
#[must_use]
pub const fn takes_patients(state: SessionState) -> bool {
    match state {
        SessionState::Confirmed | SessionState::InProgress => true,
        SessionState::Tentative
        | SessionState::Proposed
        | SessionState::Completed
        | SessionState::NotHeld
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => false,
    }
}

/// What a register copies of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its state.
    pub state: SessionState,
    /// Who leads it.
    pub expert: Id,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Its capacity.
    pub capacity: i64,
}

/// What a register copies of a session.
#[must_use]
pub fn facts_of(session: &Session) -> Facts {
    let plan = &session.plan;
    let (start, end) = (plan.start, plan.end);
    Facts { state: session.state, expert: plan.expert.clone(), start, end, capacity: plan.capacity }
}

/// When places are to be had, and how long each takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Minutes a place.
    pub place_minutes: i64,
    /// From when on.
    pub open: Timestamp,
    /// Until when; none: until the session ends.
    pub close: Option<Timestamp>,
}

//! The states of a reservation, and the acts between them.
//!
//! Whether there is a place is the desk's to say; who may act is authority's.
use super::Reservations;
use crate::kernel::{Error, Name, Reason, Result, Vocabulary as _, vocabulary};

vocabulary! {
    /// Where a reservation is in its life.
    pub enum ReservationState: "ReservationState" {
        /// A place is kept for the patient for some minutes.
        Held = 1 => "HELD",
        /// The place is the patient's.
        Booked = 2 => "BOOKED",
        /// The patient is at the site.
        CheckedIn = 3 => "CHECKED_IN",
        /// The patient was seen.
        Served = 4 => "SERVED",
        /// The patient didn't come.
        NoShow = 5 => "NO_SHOW",
        /// The patient wasn't seen, through the site or the session: it ended early, or the patient was sent on.
        NotServed = 6 => "NOT_SERVED",
        /// It was cancelled; its place is free.
        Cancelled = 7 => "CANCELLED",
        /// Its time ran out; its place is free.
        Lapsed = 8 => "LAPSED",
        /// The patient waits for a place.
        Waiting = 9 => "WAITING",
        /// A freed place is kept for the first in the queue until a deadline.
        Offered = 10 => "OFFERED",
    }
}

impl ReservationState {
    /// Whether it counts as the one reservation that a patient can have in a session.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Lapsed)
    }

    /// Whether time can end it.
    #[must_use]
    pub const fn may_lapse(self) -> bool {
        matches!(self, Self::Held | Self::Offered)
    }

    /// Whether the patient is still to be seen: what happens to the session concerns it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Booked | Self::CheckedIn | Self::Waiting | Self::Offered)
    }
}

vocabulary! {
    /// What happened to a session that its patients have to be told.
    pub enum AffectedCause: "AffectedCause" {
        /// It was cancelled.
        SessionCancelled = 1 => "SESSION_CANCELLED",
        /// It is held at another time.
        SessionMoved = 2 => "SESSION_MOVED",
        /// It starts later that day.
        SessionDelayed = 3 => "SESSION_DELAYED",
        /// Another expert comes.
        ExpertChanged = 4 => "EXPERT_CHANGED",
        /// It wasn't held.
        SessionNotHeld = 5 => "SESSION_NOT_HELD",
        /// It was recorded in error.
        SessionVoided = 6 => "SESSION_VOIDED",
    }
}

vocabulary! {
    /// On whose side a reservation was cancelled.
    pub enum CancelledBy: "CancelledBy" {
        /// The patient's.
        Patient = 1 => "PATIENT",
        /// The site's.
        Site = 2 => "SITE",
        /// With its session.
        Session = 3 => "SESSION",
    }
}

/// What is done to a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// HoldReservation.
    Hold,
    /// BookReservation, at once, of a hold or of an offer.
    Book,
    /// JoinWaitlist.
    Join,
    /// A freed place is offered to who waits.
    Offer,
    /// A freed place is given to who waits.
    Give,
    /// CancelReservation, or its session was.
    Cancel,
    /// MoveReservation.
    Move,
    /// CheckInReservation.
    CheckIn,
    /// MarkReservationServed.
    Serve,
    /// MarkReservationNoShow.
    NoShow,
    /// MarkReservationNotServed.
    NotServed,
    /// Its time ran out.
    Lapse,
    /// Something happened to its session.
    Mark,
    /// AcknowledgeReservation.
    Acknowledge,
}

impl Act {
    /// The state that it leads to; none: the one it is in.
    #[must_use]
    pub const fn target(self) -> Option<ReservationState> {
        match self {
            Act::Hold => Some(ReservationState::Held),
            Act::Book | Act::Give | Act::Move => Some(ReservationState::Booked),
            Act::Join => Some(ReservationState::Waiting),
            Act::Offer => Some(ReservationState::Offered),
            Act::Cancel => Some(ReservationState::Cancelled),
            Act::CheckIn => Some(ReservationState::CheckedIn),
            Act::Serve => Some(ReservationState::Served),
            Act::NoShow => Some(ReservationState::NoShow),
            Act::NotServed => Some(ReservationState::NotServed),
            Act::Lapse => Some(ReservationState::Lapsed),
            Act::Mark | Act::Acknowledge => None,
        }
    }

    /// Whether it can be done to a reservation in this state.
    #[must_use]
    pub const fn is_legal_in(self, state: ReservationState) -> bool {
        use ReservationState::{Booked, CheckedIn, Held, NoShow, Offered, Waiting};
        match self {
            Act::Hold | Act::Join => false,
            Act::Book | Act::Lapse => matches!(state, Held | Offered),
            Act::Offer | Act::Give => matches!(state, Waiting),
            Act::Cancel => state.is_open(),
            Act::Move | Act::NoShow => matches!(state, Booked),
            // Who came after all.
            Act::CheckIn => matches!(state, Booked | NoShow),
            Act::Serve | Act::NotServed => matches!(state, Booked | CheckedIn),
            Act::Mark => state.is_open(),
            Act::Acknowledge => true,
        }
    }

    /// The verb, as errors and the change log name it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Act::Hold => "hold",
            Act::Book => "book",
            Act::Join => "join",
            Act::Offer => "offer",
            Act::Give => "give",
            Act::Cancel => "cancel",
            Act::Move => "move",
            Act::CheckIn => "check_in",
            Act::Serve => "serve",
            Act::NoShow => "no_show",
            Act::NotServed => "not_served",
            Act::Lapse => "lapse",
            Act::Mark => "mark",
            Act::Acknowledge => "acknowledge",
        }
    }

    /// Refuses the act in a state that doesn't allow it.
    ///
    /// # Errors
    /// ILLEGAL_TRANSITION with the reservation's `name`, its `state` and the `verb`.
    pub fn check(self, name: &Name<Reservations>, state: ReservationState) -> Result<()> {
        if self.is_legal_in(state) {
            return Ok(());
        }
        let message = format!("a reservation that is {} doesn't allow {}", state.code(), self.verb());
        Err(Error::refused(Reason::IllegalTransition, message)
            .with("name", name)
            .with("state", state.code())
            .with("verb", self.verb()))
    }
}

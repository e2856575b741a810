//! The states of a session, the verbs between them, and the causes that go with them.
//!
//! Who may use a verb is decided elsewhere (authority); what a verb writes is decided in `commands`.
use crate::kernel::{Error, Name, Reason, Result, Vocabulary as _, vocabulary};

use super::Sessions;

vocabulary! {
    /// Where a session is in its life.
    pub enum SessionState: "SessionState" {
        /// Held inside a standing offer for a while; everything that it needs is occupied until it lapses.
        Tentative = 1 => "TENTATIVE",
        /// Proposed; its room and its assistant are occupied until it lapses, the expert's time isn't.
        Proposed = 2 => "PROPOSED",
        /// Planned with the expert's consent; its people and its room are occupied.
        Confirmed = 3 => "CONFIRMED",
        /// Started.
        InProgress = 4 => "IN_PROGRESS",
        /// Held.
        Completed = 5 => "COMPLETED",
        /// Planned and not held.
        NotHeld = 6 => "NOT_HELD",
        /// Cancelled before it started.
        Cancelled = 7 => "CANCELLED",
        /// Declined, or not answered or confirmed in time.
        Lapsed = 8 => "LAPSED",
        /// Recorded in error, and taken out of everything that is counted.
        Voided = 9 => "VOIDED",
    }
}

vocabulary! {
    /// Whose answer a proposal waits for.
    pub enum Awaiting: "Awaiting" {
        /// The expert's.
        Expert = 1 => "EXPERT",
        /// The programme's office's.
        Office = 2 => "OFFICE",
    }
}

vocabulary! {
    /// Whether a proposal lapsed by a no or by silence: the expert's alone to see.
    pub enum LapseCause: "LapseCause" {
        /// It was declined.
        Declined = 1 => "DECLINED",
        /// Its time ran out.
        Deadline = 2 => "DEADLINE",
    }
}

vocabulary! {
    /// How soon a session has to be.
    pub enum Urgency: "Urgency" {
        /// It can be planned.
        Elective = 1 => "ELECTIVE",
        /// It can't wait for papers: it starts, and they are due afterwards.
        Emergency = 2 => "EMERGENCY",
    }
}

vocabulary! {
    /// Who cancelled a session.
    pub enum CancelParty: "CancelParty" {
        /// The expert, who is asked for no reason.
        Expert = 1 => "EXPERT",
        /// The site.
        Site = 2 => "SITE",
        /// The expert's home hospital.
        HomeHospital = 3 => "HOME_HOSPITAL",
        /// The programme's office.
        Office = 4 => "OFFICE",
    }
}

vocabulary! {
    /// Why a session was cancelled.
    pub enum CancelCode: "CancelCode" {
        /// The site is closed.
        SiteClosed = 1 => "SITE_CLOSED",
        /// The room can't be used.
        RoomUnavailable = 2 => "ROOM_UNAVAILABLE",
        /// No assistant is free.
        AssistantUnavailable = 3 => "ASSISTANT_UNAVAILABLE",
        /// Too few patients.
        TooFewPatients = 4 => "TOO_FEW_PATIENTS",
        /// Weather, roads, an epidemic: nobody's doing.
        ForceMajeure = 5 => "FORCE_MAJEURE",
        /// Planned by mistake, or twice.
        PlannedInError = 6 => "PLANNED_IN_ERROR",
        /// Needed at the home hospital.
        HomeDuty = 7 => "HOME_DUTY",
        /// Another reason.
        Other = 8 => "OTHER",
    }
}

vocabulary! {
    /// Why a session ended early.
    pub enum EarlyEndCause: "EarlyEndCause" {
        /// The expert was called away.
        CalledAway = 1 => "CALLED_AWAY",
        /// No patients were left.
        NoMorePatients = 2 => "NO_MORE_PATIENTS",
        /// The site couldn't go on.
        SiteUnavailable = 3 => "SITE_UNAVAILABLE",
        /// Weather, roads, an epidemic: nobody's doing.
        ForceMajeure = 4 => "FORCE_MAJEURE",
        /// Another reason.
        Other = 5 => "OTHER",
    }
}

vocabulary! {
    /// Why a session wasn't held. An expert who couldn't come isn't asked why: nobody is late or absent here.
    pub enum NotHeldCause: "NotHeldCause" {
        /// Weather, roads, an epidemic: nobody's doing, and reported apart.
        ForceMajeure = 1 => "FORCE_MAJEURE",
        /// The expert couldn't come.
        ExpertUnable = 2 => "EXPERT_UNABLE",
        /// The site or its room couldn't be used.
        SiteUnavailable = 3 => "SITE_UNAVAILABLE",
        /// No assistant was there.
        AssistantUnavailable = 4 => "ASSISTANT_UNAVAILABLE",
        /// No patients came.
        NoPatients = 5 => "NO_PATIENTS",
        /// It was recorded as held by mistake.
        RecordedInError = 6 => "RECORDED_IN_ERROR",
        /// Another reason.
        Other = 7 => "OTHER",
    }
}

/// What moves a session from one state to another, or changes it where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// BookSession of a hold.
    Confirm,
    /// RespondSession: yes.
    Accept,
    /// RespondSession: no.
    Decline,
    /// RespondSession: yes to other times.
    Counter,
    /// Nobody answered or confirmed in time.
    Lapse,
    /// CancelSession.
    Cancel,
    /// RescheduleSession.
    Reschedule,
    /// ReplaceSessionExpert.
    ReplaceExpert,
    /// ReplaceSessionAssistant.
    ReplaceAssistant,
    /// ReplaceSessionRoom.
    ReplaceRoom,
    /// RespondSession to a proposed move, whatever the answer.
    RespondToMove,
    /// ReportSessionDelay.
    Delay,
    /// StartSession.
    Start,
    /// CompleteSession.
    Complete,
    /// MarkSessionNotHeld.
    MarkNotHeld,
    /// CorrectSessionOutcome, to COMPLETED.
    CorrectToCompleted,
    /// CorrectSessionOutcome, to NOT_HELD.
    CorrectToNotHeld,
    /// VoidSession.
    Void,
}

impl Transition {
    /// All of them.
    pub const ALL: [Transition; 18] = [
        Transition::Confirm,
        Transition::Accept,
        Transition::Decline,
        Transition::Counter,
        Transition::Lapse,
        Transition::Cancel,
        Transition::Reschedule,
        Transition::ReplaceExpert,
        Transition::ReplaceAssistant,
        Transition::ReplaceRoom,
        Transition::RespondToMove,
        Transition::Delay,
        Transition::Start,
        Transition::Complete,
        Transition::MarkNotHeld,
        Transition::CorrectToCompleted,
        Transition::CorrectToNotHeld,
        Transition::Void,
    ];

    /// The state that it leads to.
    #[must_use]
    pub const fn target(self) -> SessionState {
        match self {
            Transition::Decline | Transition::Lapse => SessionState::Lapsed,
            Transition::Counter => SessionState::Proposed,
            Transition::Confirm
            | Transition::Accept
            | Transition::Reschedule
            | Transition::ReplaceExpert
            | Transition::ReplaceAssistant
            | Transition::ReplaceRoom
            | Transition::RespondToMove
            | Transition::Delay => SessionState::Confirmed,
            Transition::Cancel => SessionState::Cancelled,
            Transition::Start => SessionState::InProgress,
            Transition::Complete | Transition::CorrectToCompleted => SessionState::Completed,
            Transition::MarkNotHeld | Transition::CorrectToNotHeld => SessionState::NotHeld,
            Transition::Void => SessionState::Voided,
        }
    }

    /// Whether it can be used in this state.
    #[must_use]
    pub const fn is_legal_in(self, state: SessionState) -> bool {
        use SessionState::{Completed, Confirmed, InProgress, NotHeld, Proposed, Tentative};
        match self {
            Transition::Confirm => matches!(state, Tentative),
            Transition::Accept | Transition::Decline | Transition::Counter => matches!(state, Proposed),
            Transition::Lapse => matches!(state, Tentative | Proposed),
            Transition::Cancel => matches!(state, Tentative | Proposed | Confirmed),
            Transition::Start
            | Transition::Reschedule
            | Transition::ReplaceExpert
            | Transition::ReplaceAssistant
            | Transition::ReplaceRoom
            | Transition::RespondToMove
            | Transition::Delay => matches!(state, Confirmed),
            Transition::Complete | Transition::MarkNotHeld => matches!(state, Confirmed | InProgress),
            Transition::CorrectToCompleted => matches!(state, NotHeld),
            Transition::CorrectToNotHeld => matches!(state, Completed),
            Transition::Void => matches!(state, Completed | NotHeld),
        }
    }

    /// The verb, as errors and the change log name it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Transition::Confirm => "confirm",
            Transition::Accept | Transition::RespondToMove => "accept",
            Transition::Decline => "decline",
            Transition::Counter => "counter",
            Transition::Lapse => "lapse",
            Transition::Cancel => "cancel",
            Transition::Reschedule => "reschedule",
            Transition::ReplaceExpert => "replace_expert",
            Transition::ReplaceAssistant => "replace_assistant",
            Transition::ReplaceRoom => "replace_room",
            Transition::Delay => "delay",
            Transition::Start => "start",
            Transition::Complete => "complete",
            Transition::MarkNotHeld => "mark_not_held",
            Transition::CorrectToCompleted | Transition::CorrectToNotHeld => "correct_outcome",
            Transition::Void => "void",
        }
    }

    /// The state that a session comes to.
    ///
    /// # Errors
    /// ILLEGAL_TRANSITION, with the session's `name`, its `state`, the `target` and the `verb`.
    pub fn of(self, name: &Name<Sessions>, state: SessionState) -> Result<SessionState> {
        if self.is_legal_in(state) {
            return Ok(self.target());
        }
        let message = format!("a session that is {} can't become {}", state.code(), self.target().code());
        Err(Error::refused(Reason::IllegalTransition, message)
            .with("name", name)
            .with("state", state.code())
            .with("target", self.target().code())
            .with("verb", self.verb()))
    }
}

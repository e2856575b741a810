//! Sessions 场次: one expert at one site for one interval, planned or recorded, and what became of it.
//!
//! Here: the session, its states, the one predicate and how held sessions count. Not here: what was done in a session
//! (`activities`), an expert's trips (`visits`), the sums (`tallies`).
use serde::{Deserialize, Serialize};

use crate::experts::Experts;
use crate::kernel::{Change, Collection, Date, Fact, HalfDay, Id, Leaf, Meta, Name, Specialty, Timestamp, Verb, Zone};
use crate::sites::SiteLevel;

pub mod atlas;
pub mod commands;
pub mod draft;
mod pending;
pub mod predicate;
mod purpose;
pub mod reactions;
pub mod service;
pub mod sittings;
pub mod slots;
pub mod snapshot;
pub mod state;
pub mod store;
mod wire;

pub use draft::{ExpertConsent, Resource, SessionDraft};
pub use pending::{Delay, Move, Overridden, ProposedMove};
pub use predicate::Irregularity;
pub use purpose::Purpose;
pub use sittings::{Held, leaves};
pub use state::{
    Awaiting, CancelCode, CancelParty, EarlyEndCause, LapseCause, NotHeldCause, SessionState, Transition, Urgency,
};

/// The collection `sessions`.
pub enum Sessions {}

impl Collection for Sessions {
    const COLLECTION: &'static str = "sessions";
}

/// A session 场次 and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// What was planned; for one recorded afterwards, what was held.
    pub plan: SessionDraft,
    /// Where it is in its life.
    pub state: SessionState,
    /// Whether it was recorded after it was held, never having been planned.
    pub recorded: bool,
    /// The site's zone, in which its day and half-day are told.
    pub zone: Zone,
    /// Where and by what it is counted; the day is the actual start's once held.
    pub place: Place,
    /// Who cancelled it, and why where a reason was asked; CANCELLED only.
    pub cancelled: Option<(CancelParty, Option<CancelCode>)>,
    /// The present version of what became of it; none before, 0 versions.
    pub outcome: Option<Outcome>,
    /// When it really started; set from the start on, kept until an outcome says otherwise.
    pub started: Option<Timestamp>,
    /// What was missing or broken when it was recorded or completed.
    pub irregularities: Vec<IrregularityNote>,
    /// When it lapses by itself; TENTATIVE and PROPOSED only.
    pub lapse_time: Option<Timestamp>,
    /// Whose answer it waits for; PROPOSED only.
    pub awaiting: Option<Awaiting>,
    /// When it was proposed to the expert first.
    pub proposed_time: Option<Timestamp>,
    /// Whether it lapsed by a no or by silence; LAPSED only, and the expert's alone to see.
    pub lapse_cause: Option<LapseCause>,
    /// Whether it was ever confirmed, or recorded as held.
    pub confirmed: bool,
    /// A move that waits for a yes; CONFIRMED only.
    pub proposed_move: Option<ProposedMove>,
    /// Planning rules that were set aside.
    pub overridden: Option<Overridden>,
    /// How late it starts, where a delay was reported.
    pub delay: Option<Delay>,
    /// Why it was voided, 1 to 500 characters; VOIDED only.
    pub void_note: Option<String>,
    /// The tz database by which its civil day was told; empty in sessions of earlier versions.
    pub tz_version: String,
    /// Revision and times.
    pub meta: Meta,
}

/// Where and by what a session is counted, copied as of its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The civil day at the site.
    pub date: Date,
    /// The half-day at the site.
    pub half_day: HalfDay,
    /// What kind of place the site was.
    pub site_level: SiteLevel,
    /// The home hospital that day of who came, or is to come.
    pub home_hospital: Option<Id>,
    /// The specialty that was needed, else the expert's foremost.
    pub specialty: Specialty,
}

/// One version of what became of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// 1 for the first.
    pub version: i64,
    /// What.
    pub result: OutcomeResult,
}

/// What became of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutcomeResult {
    /// It was held.
    Held {
        /// The actual start.
        start: Timestamp,
        /// The actual end, later than the start.
        end: Timestamp,
        /// Why it ended early, where it did.
        early_end: Option<EarlyEndCause>,
        /// Who came.
        expert: Id,
    },
    /// It wasn't.
    NotHeld {
        /// Why.
        cause: NotHeldCause,
    },
}

/// A version of an outcome as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeVersion {
    /// What became of the session.
    pub outcome: Outcome,
    /// Why it was corrected, 1 to 500 characters; empty in the first version.
    pub note: String,
    /// The day that it counts on.
    pub date: Date,
    /// The half-day that it counts in.
    pub half_day: HalfDay,
    /// The programme's sequence from which it holds.
    pub since_sequence: i64,
    /// The sequence from which the next one holds; none while this one does.
    pub until_sequence: Option<i64>,
}

impl OutcomeVersion {
    /// About how large it is on the wire, in bytes, rounded up.
    #[must_use]
    pub fn bytes(&self) -> usize {
        300 + self.note.len()
    }
}

/// Something that was missing or broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IrregularityNote {
    /// What.
    pub irregularity: Irregularity,
    /// Whom or what it concerns, as a resource name's tail such as `sessions/s1`.
    pub concerns: Option<String>,
}

/// The sessions that were ever confirmed, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlTotals {
    /// All.
    pub ever_confirmed: i64,
    /// COMPLETED.
    pub completed: i64,
    /// CANCELLED.
    pub cancelled: i64,
    /// NOT_HELD.
    pub not_held: i64,
    /// IN_PROGRESS.
    pub in_progress: i64,
    /// CONFIRMED, with an end that has passed.
    pub unresolved: i64,
    /// CONFIRMED, with an end to come.
    pub future: i64,
    /// VOIDED.
    pub voided: i64,
}

impl ControlTotals {
    /// Whether the parts add up to the whole.
    #[must_use]
    pub const fn balanced(&self) -> bool {
        let ended = self.completed + self.cancelled + self.not_held + self.voided;
        self.ever_confirmed == ended + self.in_progress + self.unresolved + self.future
    }
}

impl Session {
    /// A session of a draft, new in this state.
    #[must_use]
    pub fn planned(plan: SessionDraft, state: SessionState, zone: Zone, place: Place, now: Timestamp) -> Session {
        Session {
            plan,
            state,
            recorded: false,
            zone,
            place,
            cancelled: None,
            outcome: None,
            started: None,
            irregularities: Vec::new(),
            lapse_time: None,
            awaiting: None,
            proposed_time: None,
            lapse_cause: None,
            confirmed: matches!(state, SessionState::Confirmed | SessionState::Completed),
            proposed_move: None,
            overridden: None,
            delay: None,
            void_note: None,
            tz_version: Zone::tz_version().to_owned(),
            meta: Meta::new(now),
        }
    }

    /// The same, and nothing of it waits for anybody any more.
    #[must_use]
    pub fn settled(self) -> Session {
        Session { lapse_time: None, awaiting: None, proposed_move: None, ..self }
    }

    /// The same, planned so and counted there.
    #[must_use]
    pub fn planned_as(self, plan: SessionDraft, place: Place) -> Session {
        Session { plan, place, tz_version: Zone::tz_version().to_owned(), ..self }
    }

    /// The same, confirmed as planned so.
    #[must_use]
    pub fn confirmed(self, plan: SessionDraft, place: Place) -> Session {
        Session { state: SessionState::Confirmed, confirmed: true, ..self.planned_as(plan, place) }
    }

    /// The session as it is at an instant: what has lapsed by then is LAPSED, and a move that has isn't proposed any more,
    /// whether or not anybody has written so.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Session {
        if self.proposed_move.as_ref().is_some_and(|proposed| proposed.lapses <= now) {
            self.proposed_move = None;
        }
        if self.lapse_time.is_some_and(|lapses| lapses <= now) {
            self.state = SessionState::Lapsed;
            self.lapse_cause = Some(LapseCause::Deadline);
            (self.lapse_time, self.awaiting) = (None, None);
        }
        self
    }

    /// `programmes/{programme}/sessions/{session}`.
    #[must_use]
    pub fn name(&self) -> Name<Sessions> {
        Name::new(self.plan.programme.clone(), self.plan.session.clone())
    }

    /// What a change log says of it.
    #[must_use]
    pub fn change(&self, verb: &'static str) -> Change {
        Change::new(self.name(), Verb::new(verb), self.meta.revision)
    }

    /// Who came, once held.
    #[must_use]
    pub fn credited_expert(&self) -> Option<&Id> {
        match &self.outcome.as_ref()?.result {
            OutcomeResult::Held { expert, .. } => Some(expert),
            OutcomeResult::NotHeld { .. } => None,
        }
    }

    /// The interval that it took, or is to take: actual where it was held.
    #[must_use]
    pub fn interval(&self) -> (Timestamp, Timestamp) {
        match self.outcome.as_ref().map(|outcome| &outcome.result) {
            Some(OutcomeResult::Held { start, end, .. }) => (*start, *end),
            Some(OutcomeResult::NotHeld { .. }) | None => (self.plan.start, self.plan.end),
        }
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // `programmes/`, the programme, a collection and an id of at most 63; some ten names are always there.
        let name = 95 + self.plan.programme.as_str().len();
        let consents =
            self.consents().iter().map(|given| 90 + name + given.consent.heard_by.len() + given.consent.words.len());
        let external_ids = self.plan.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        let names = 10 + self.plan.co_experts.len() + self.irregularities.len();
        let notes = self.void_note.as_ref().map_or(0, String::len)
            + self.overridden.as_ref().map_or(0, |overridden| 200 + overridden.note.len() + overridden.subject.len());
        let moved = if self.proposed_move.is_some() { 100 + 3 * name } else { 0 };
        500 + notes + moved + names * name + consents.sum::<usize>() + external_ids.sum::<usize>()
    }

    /// Whether its people and its room are taken by it as a plan.
    #[must_use]
    pub const fn occupies(&self) -> bool {
        occupies(self.state)
    }

    /// What it counts by, once held.
    #[must_use]
    pub fn held(&self) -> Option<Held> {
        let OutcomeResult::Held { start, expert, .. } = &self.outcome.as_ref()?.result else { return None };
        Some(Held {
            session: self.plan.session.clone(),
            kind: self.plan.kind,
            expert: expert.clone(),
            site: self.plan.site.clone(),
            site_level: self.place.site_level,
            home_hospital: self.place.home_hospital.clone(),
            specialty: self.place.specialty.clone(),
            date: self.place.date,
            half_day: self.place.half_day,
            start: *start,
        })
    }

    /// The name of the leading expert.
    #[must_use]
    pub fn expert_name(&self) -> Name<Experts> {
        Name::new(self.plan.programme.clone(), self.plan.expert.clone())
    }

    /// The consents on record, the oldest first.
    #[must_use]
    pub fn consents(&self) -> &[ExpertConsent] {
        &self.plan.consents
    }
}

/// Whether a session in this state takes its people's and its room's time.
#[must_use]
pub const fn occupies(state: SessionState) -> bool {
    match state {
        SessionState::Tentative | SessionState::Proposed | SessionState::Confirmed | SessionState::InProgress => true,
        SessionState::Completed
        | SessionState::NotHeld
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => false,
    }
}

/// What changed in the leaves of some sessions, as facts: one for each session that counts differently now.
#[must_use]
pub fn facts(
    programme: &Id,
    before: &std::collections::BTreeMap<Id, Leaf>,
    after: &std::collections::BTreeMap<Id, Leaf>,
) -> Vec<Fact> {
    let ids: std::collections::BTreeSet<&Id> = before.keys().chain(after.keys()).collect();
    let changed = ids.into_iter().filter(|id| before.get(*id) != after.get(*id));
    changed
        .map(|id| Fact {
            name: Name::<Sessions>::new(programme.clone(), id.clone()).to_string(),
            kind: "sitting",
            before: before.get(id).cloned(),
            after: after.get(id).cloned(),
        })
        .collect()
}

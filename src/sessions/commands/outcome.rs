//! What became of sessions: completed, not held, corrections of either, each a version of its own, and what is voided.
use super::amend::{Deed, Known, Target, Turn};
use super::written::Time;
use super::{is_near_plan, must_have_passed, notes};
use crate::db::Context;
use crate::kernel::{Error, Id, Reason, Result, Timestamp, Violation};
use crate::sessions::draft::LONGEST_MINUTES;
use crate::sessions::{
    EarlyEndCause, NotHeldCause, Outcome, OutcomeResult, Place, Purpose, Session, SessionDraft, Transition, predicate,
};

/// What the caller says of a session that was held; what isn't said is as planned.
#[derive(Clone, Debug, Default)]
pub struct Actual {
    /// When it really started.
    pub start: Option<Timestamp>,
    /// When it really ended.
    pub end: Option<Timestamp>,
    /// Why it ended early.
    pub early_end: Option<EarlyEndCause>,
    /// Who came.
    pub expert: Option<Id>,
}

impl Actual {
    /// The session as it was held: its plan with the actual times and the expert who came.
    fn applied_to(&self, session: &Session) -> SessionDraft {
        let mut draft = session.plan.clone();
        draft.start = self.start.or(session.started).unwrap_or(draft.start);
        draft.end = self.end.unwrap_or(draft.end);
        if let Some(expert) = &self.expert {
            draft.expert = expert.clone();
            draft.co_experts.retain(|id| id != expert);
        }
        draft
    }
}

/// Completes a session with its actual times.
#[derive(Debug)]
pub struct CompleteSession {
    /// Which.
    pub target: Target,
    /// What it was like.
    pub actual: Actual,
}

impl Deed for CompleteSession {
    const METHOD: &'static str = "SessionService.CompleteSession";

    fn target(&self) -> &Target {
        &self.target
    }

    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        Some((self.actual.applied_to(session), Purpose::Record))
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let session = held(known, &self.actual, Transition::Complete, context.now)?;
        Ok(resolved(session, Transition::Complete, String::new()))
    }
}

/// Marks a session as not held.
#[derive(Debug)]
pub struct MarkSessionNotHeld {
    /// Which.
    pub target: Target,
    /// Why.
    pub cause: NotHeldCause,
}

impl Deed for MarkSessionNotHeld {
    const METHOD: &'static str = "SessionService.MarkSessionNotHeld";

    fn target(&self) -> &Target {
        &self.target
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let session = not_held(&known.session, self.cause, Transition::MarkNotHeld)?;
        must_have_passed(&session, "name", session.plan.start, context.now)?;
        Ok(resolved(session, Transition::MarkNotHeld, String::new()))
    }
}

/// What an outcome is corrected to.
#[derive(Clone, Debug)]
pub enum Correction {
    /// COMPLETED.
    Held(Actual),
    /// NOT_HELD.
    NotHeld(NotHeldCause),
}

/// Corrects what became of a session; the version before is kept.
#[derive(Debug)]
pub struct CorrectSessionOutcome {
    /// Which.
    pub target: Target,
    /// What it is corrected to.
    pub correction: Correction,
    /// Why, 1 to 500 characters.
    pub note: String,
}

impl Deed for CorrectSessionOutcome {
    const METHOD: &'static str = "SessionService.CorrectSessionOutcome";

    fn target(&self) -> &Target {
        &self.target
    }

    fn draft(&self, session: &Session) -> Option<(SessionDraft, Purpose)> {
        match &self.correction {
            Correction::Held(actual) => Some((actual.applied_to(session), Purpose::Record)),
            Correction::NotHeld(_) => None,
        }
    }

    fn decide(&self, known: &Known, context: &Context<'_>) -> Result<Turn> {
        let (session, transition) = match &self.correction {
            Correction::Held(actual) => {
                let transition = Transition::CorrectToCompleted;
                (held(known, actual, transition, context.now)?, transition)
            }
            Correction::NotHeld(cause) => {
                let transition = Transition::CorrectToNotHeld;
                (not_held(&known.session, *cause, transition)?, transition)
            }
        };
        Ok(resolved(session, transition, self.note.clone()))
    }
}

/// Takes back what was recorded of a session; its versions are kept, and count no more.
#[derive(Debug)]
pub struct VoidSession {
    /// Which.
    pub target: Target,
    /// Why, 1 to 500 characters.
    pub note: String,
}

impl Deed for VoidSession {
    const METHOD: &'static str = "SessionService.VoidSession";

    fn target(&self) -> &Target {
        &self.target
    }

    fn decide(&self, known: &Known, _: &Context<'_>) -> Result<Turn> {
        let before = &known.session;
        let state = Transition::Void.of(&before.name(), before.state)?;
        let void_note = Some(self.note.clone());
        let session = Session { state, outcome: None, started: None, void_note, ..before.clone() };
        Ok(Turn::new(session, Transition::Void.verb(), Time::Keep))
    }
}

/// The session with its new outcome; nobody's time is taken any more.
fn resolved(session: Session, transition: Transition, note: String) -> Turn {
    Turn { outcome: Some(note), ..Turn::new(session.settled(), transition.verb(), Time::Free) }
}

/// The session as held.
fn held(known: &Known, actual: &Actual, transition: Transition, now: Timestamp) -> Result<Session> {
    let before = &known.session;
    let state = transition.of(&before.name(), before.state)?;
    let draft = actual.applied_to(before);
    let wrong = wrong_times(before, &draft, actual);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    must_have_passed(before, "actual_end_time", draft.end, now)?;
    // What the plan names was there when it was booked; only who came may be new.
    if let Some(tail) = predicate::unknown_expert(&draft, &known.snapshot) {
        return Err(predicate::not_found(&draft.programme, &tail));
    }
    let Some(site) = known.snapshot.sites.get(&draft.site) else {
        return Err(Error::Internal("a session's site isn't in its snapshot"));
    };
    let place = super::intake::place(&draft, site, &known.snapshot)?;
    let irregularities = notes(&predicate::findings(&draft, &known.snapshot, Purpose::Record));
    let SessionDraft { start, end, expert, .. } = draft;
    let result = OutcomeResult::Held { start, end, early_end: actual.early_end, expert };
    let outcome = Some(Outcome { version: next_version(before), result });
    Ok(Session { state, place, outcome, started: Some(start), irregularities, ..before.clone() })
}

/// The session as not held, on the day that was planned.
fn not_held(before: &Session, cause: NotHeldCause, transition: Transition) -> Result<Session> {
    let state = transition.of(&before.name(), before.state)?;
    let (zone, start) = (before.zone, before.plan.start);
    let place = Place { date: zone.date_of(start), half_day: zone.half_day_of(start), ..before.place.clone() };
    let result = OutcomeResult::NotHeld { cause };
    let outcome = Some(Outcome { version: next_version(before), result });
    // The start that a corrected outcome told is that version's; one that was recorded by itself stays.
    let started = before.started.filter(|_| before.outcome.is_none());
    Ok(Session { state, place, outcome, started, irregularities: Vec::new(), ..before.clone() })
}

fn next_version(session: &Session) -> i64 {
    session.outcome.as_ref().map_or(0, |outcome| outcome.version) + 1
}

/// What is wrong with the actual times.
fn wrong_times(before: &Session, draft: &SessionDraft, actual: &Actual) -> Vec<Violation> {
    let minutes = draft.end.minutes_since(draft.start);
    let checks = [
        (draft.end <= draft.start, "actual_end_time", "must be later than the actual start"),
        (minutes > LONGEST_MINUTES, "actual_end_time", "must be within 24 hours of the actual start"),
        (
            !is_near_plan(before, draft.start),
            "actual_start_time",
            "must be within 24 hours of the planned start: record another session",
        ),
        (
            actual.early_end.is_some() && draft.end >= before.plan.end,
            "early_end_cause",
            "must not be set: the session didn't end before its plan",
        ),
    ];
    let wrong = checks.into_iter().filter(|(is_wrong, ..)| *is_wrong);
    let violation = |(_, field, description): (bool, &str, &str)| Violation {
        field: field.to_owned(),
        reason: Reason::Inconsistent,
        description: description.to_owned(),
    };
    wrong.map(violation).collect()
}

//! What became of sessions: completed, not held, and corrections of either, each a version of its own.
use super::{Known, is_near_plan, must_have_passed, notes, read_known};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Id, Name, Reason, Result, Timestamp, Violation};
use crate::sessions::draft::LONGEST_MINUTES;
use crate::sessions::snapshot::Snapshot;
use crate::sessions::store::{self, NewOutcome};
use crate::sessions::{
    EarlyEndCause, Held, NotHeldCause, Outcome, OutcomeResult, Place, Purpose, Session, SessionDraft, Sessions,
    Transition, facts, leaves, predicate,
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

/// What a decision on an outcome rests on.
#[derive(Debug)]
pub struct OutcomeFacts {
    known: Known,
    snapshot: Snapshot,
    clinics: Vec<Held>,
}

/// The session with its new outcome, and the note of a correction.
#[derive(Debug)]
pub struct Resolved {
    session: Session,
    note: String,
}

/// Completes a session with its actual times.
#[derive(Debug)]
pub struct CompleteSession {
    /// The session.
    pub name: Name<Sessions>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// What it was like.
    pub actual: Actual,
}

impl Command for CompleteSession {
    type Facts = OutcomeFacts;
    type Effects = Resolved;
    type Output = Session;
    const METHOD: &'static str = "SessionService.CompleteSession";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<OutcomeFacts> {
        load(tx, &self.name, Some(&self.actual)).await
    }

    fn decide(&self, facts: OutcomeFacts, context: &Context<'_>) -> Result<Decision<Resolved, Session>> {
        facts.known.check(&self.name, self.etag.as_deref())?;
        let held = facts.held(&self.actual, Transition::Complete, context.now)?;
        Ok(facts.resolve(held, Transition::Complete, String::new()))
    }

    async fn apply(&self, resolved: &Resolved, tx: &mut Tx<'_>) -> Result<()> {
        write(tx, resolved).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Session> {
        store::get(tx, self.name.programme(), self.name.id()).await
    }
}

/// Marks a session as not held.
#[derive(Debug)]
pub struct MarkSessionNotHeld {
    /// The session.
    pub name: Name<Sessions>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// Why.
    pub cause: NotHeldCause,
}

impl Command for MarkSessionNotHeld {
    type Facts = OutcomeFacts;
    type Effects = Resolved;
    type Output = Session;
    const METHOD: &'static str = "SessionService.MarkSessionNotHeld";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<OutcomeFacts> {
        load(tx, &self.name, None).await
    }

    fn decide(&self, facts: OutcomeFacts, context: &Context<'_>) -> Result<Decision<Resolved, Session>> {
        facts.known.check(&self.name, self.etag.as_deref())?;
        let session = facts.not_held(self.cause, Transition::MarkNotHeld, context.now)?;
        must_have_passed(&session, "name", session.plan.start, context.now)?;
        Ok(facts.resolve(session, Transition::MarkNotHeld, String::new()))
    }

    async fn apply(&self, resolved: &Resolved, tx: &mut Tx<'_>) -> Result<()> {
        write(tx, resolved).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Session> {
        store::get(tx, self.name.programme(), self.name.id()).await
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
    /// The session.
    pub name: Name<Sessions>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// What it is corrected to.
    pub correction: Correction,
    /// Why, 1 to 500 characters.
    pub note: String,
}

impl Command for CorrectSessionOutcome {
    type Facts = OutcomeFacts;
    type Effects = Resolved;
    type Output = Session;
    const METHOD: &'static str = "SessionService.CorrectSessionOutcome";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<OutcomeFacts> {
        let actual = match &self.correction {
            Correction::Held(actual) => Some(actual),
            Correction::NotHeld(_) => None,
        };
        load(tx, &self.name, actual).await
    }

    fn decide(&self, facts: OutcomeFacts, context: &Context<'_>) -> Result<Decision<Resolved, Session>> {
        facts.known.check(&self.name, self.etag.as_deref())?;
        let (session, transition) = match &self.correction {
            Correction::Held(actual) => {
                let transition = Transition::CorrectToCompleted;
                (facts.held(actual, transition, context.now)?, transition)
            }
            Correction::NotHeld(cause) => {
                let transition = Transition::CorrectToNotHeld;
                (facts.not_held(*cause, transition, context.now)?, transition)
            }
        };
        Ok(facts.resolve(session, transition, self.note.clone()))
    }

    async fn apply(&self, resolved: &Resolved, tx: &mut Tx<'_>) -> Result<()> {
        write(tx, resolved).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Session> {
        store::get(tx, self.name.programme(), self.name.id()).await
    }
}

async fn load(tx: &mut Tx<'_>, name: &Name<Sessions>, actual: Option<&Actual>) -> Result<OutcomeFacts> {
    let known = read_known(tx, name).await?;
    let session = &known.session;
    let mut groups: Vec<_> = session.held().map(|held| (held.expert, held.date, held.site)).into_iter().collect();
    let mut snapshot = Snapshot::default();
    if let Some(actual) = actual {
        let draft = actual.applied_to(session);
        groups.push((draft.expert.clone(), session.zone.date_of(draft.start), draft.site.clone()));
        snapshot = store::load_snapshot(tx, name.programme(), &[&draft], Purpose::Record).await?;
        // A session keeps the zone in which it was booked, whatever its site's is corrected to.
        if let Some(site) = snapshot.sites.get_mut(&draft.site) {
            site.zone = session.zone;
        }
    }
    let clinics = store::held_clinics(tx, name.programme(), &groups).await?;
    Ok(OutcomeFacts { known, snapshot, clinics })
}

async fn write(tx: &mut Tx<'_>, Resolved { session, note }: &Resolved) -> Result<()> {
    store::update(tx, session).await?;
    store::insert_outcomes(tx, &[NewOutcome { session, note }]).await?;
    store::release(tx, &session.plan.programme, &session.plan.session).await
}

impl OutcomeFacts {
    /// The session as held.
    fn held(&self, actual: &Actual, transition: Transition, now: Timestamp) -> Result<Session> {
        let before = &self.known.session;
        let state = transition.of(&before.name(), before.state)?;
        let draft = actual.applied_to(before);
        let wrong = wrong_times(before, &draft, actual);
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        must_have_passed(before, "actual_end_time", draft.end, now)?;
        // What the plan names was there when it was booked; only who came may be new.
        if let Some(tail) = predicate::unknown_expert(&draft, &self.snapshot) {
            return Err(predicate::not_found(&draft.programme, &tail));
        }
        let Some(site) = self.snapshot.sites.get(&draft.site) else {
            return Err(Error::Internal("a session's site isn't in its snapshot"));
        };
        let place = super::intake::place(&draft, site, &self.snapshot)?;
        let irregularities = notes(&predicate::findings(&draft, &self.snapshot, Purpose::Record));
        let SessionDraft { start, end, expert, .. } = draft;
        let result = OutcomeResult::Held { start, end, early_end: actual.early_end, expert };
        let outcome = Some(Outcome { version: next_version(before), result });
        let meta = before.meta.touched(now);
        Ok(Session { state, place, outcome, started: Some(start), irregularities, meta, ..before.clone() })
    }

    /// The session as not held, on the day that was planned.
    fn not_held(&self, cause: NotHeldCause, transition: Transition, now: Timestamp) -> Result<Session> {
        let before = &self.known.session;
        let state = transition.of(&before.name(), before.state)?;
        let (zone, start) = (before.zone, before.plan.start);
        let place = Place { date: zone.date_of(start), half_day: zone.half_day_of(start), ..before.place.clone() };
        let result = OutcomeResult::NotHeld { cause };
        let outcome = Some(Outcome { version: next_version(before), result });
        let meta = before.meta.touched(now);
        // The start that a corrected outcome told is that version's; one that was recorded by itself stays.
        let started = before.started.filter(|_| before.outcome.is_none());
        Ok(Session { state, place, outcome, started, irregularities: Vec::new(), meta, ..before.clone() })
    }

    /// The decision: the session, and what counts differently now, siblings that lose or gain a sitting among it.
    fn resolve(self, session: Session, transition: Transition, note: String) -> Decision<Resolved, Session> {
        let OutcomeFacts { known, clinics, .. } = self;
        let unit = |date| known.programme.sitting_unit_on(date);
        let others = |held: &&Held| held.session != session.plan.session;
        let others: Vec<Held> = clinics.iter().filter(others).cloned().collect();
        let with = |own: Option<Held>| leaves(&others.iter().cloned().chain(own).collect::<Vec<_>>(), unit);
        let facts = facts(&session.plan.programme, &with(known.session.held()), &with(session.held()));
        let changes = vec![session.change(transition.verb())];
        Decision { effects: Resolved { session: session.clone(), note }, output: session, changes, facts }
    }
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

//! Drafts that become sessions: judged one after another in one snapshot, and written together.
//!
//! What is booked, held, proposed and recorded goes through here; the commands themselves are in `new`.
use std::collections::{HashMap, HashSet};

use super::admit::admit;
use super::written::Written;
use crate::db::{Context, Decision, Tx, external_ids};
use crate::kernel::{
    Collection as _, Error, ExternalId, Fact, Id, Reason, Result, Timestamp, Violation, Vocabulary as _,
};
use crate::programmes::{self, Programme};
use crate::sessions::snapshot::{SiteFacts, Snapshot};
use crate::sessions::{
    Awaiting, Held, IrregularityNote, Outcome, OutcomeResult, Place, Purpose, Session, SessionDraft, SessionState,
    Sessions, facts, leaves, predicate, store,
};

/// One row: a draft, or what is wrong with its fields.
pub type Entry = Result<SessionDraft, Vec<Violation>>;

/// Drafts to become sessions.
#[derive(Debug)]
pub(super) struct Intake {
    /// The programme.
    pub programme: Id,
    /// The drafts, in the order in which they are judged.
    pub entries: Vec<Entry>,
    /// What they are to become.
    pub purpose: Purpose,
    /// When they lapse by themselves; what is held or proposed only.
    pub lapses: Option<Timestamp>,
    /// Why planning rules are to be set aside, where they are.
    pub overriding: Option<String>,
}

/// What they are judged on.
#[derive(Debug)]
pub struct IntakeFacts {
    programme: Programme,
    snapshot: Snapshot,
    taken: HashMap<ExternalId, Id>,
    clinics: Vec<Held>,
}

/// What became of each row.
pub type Verdicts = Vec<Result<Session>>;

impl IntakeFacts {
    /// Takes out what has lapsed by now.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.snapshot.settle(now);
    }

    /// Whether something has lapsed by now and still has rows.
    pub(super) fn has_lapsed(&self, now: Timestamp) -> bool {
        self.snapshot.lapsed(now).next().is_some()
    }
}

impl Intake {
    pub(super) async fn load(&self, tx: &mut Tx<'_>) -> Result<IntakeFacts> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let drafts: Vec<&SessionDraft> = self.entries.iter().filter_map(|entry| entry.as_ref().ok()).collect();
        let snapshot = store::load_snapshot(tx, &self.programme, &drafts, self.purpose).await?;
        let ids: Vec<&ExternalId> = drafts.iter().flat_map(|draft| &draft.external_ids).collect();
        let taken = external_ids::find_all(tx, &self.programme, Sessions::COLLECTION, &ids).await?;
        let clinics = if self.purpose.is_record() {
            let group = |draft: &&SessionDraft| {
                let site = snapshot.sites.get(&draft.site)?;
                Some((draft.expert.clone(), site.zone.date_of(draft.start), draft.site.clone()))
            };
            let groups: Vec<_> = drafts.iter().filter_map(group).collect();
            store::held_clinics(tx, &self.programme, &groups).await?
        } else {
            Vec::new()
        };
        Ok(IntakeFacts { programme, snapshot, taken, clinics })
    }

    /// Judges every row in the state of things that the rows before it left.
    pub(super) fn decide(&self, mut known: IntakeFacts, context: &Context<'_>) -> Result<Decision<Written, Verdicts>> {
        let mut written = Written::new(&self.programme, context.now);
        known.settle(context.now);
        let verdicts = self.judge_all(&mut known, &mut written, context);
        // Its own first: a replay finds by it what was made.
        let mut changes: Vec<_> = written.made().iter().map(|session| session.change("create")).collect();
        if !changes.is_empty() {
            changes.extend(written.sweep(&known.snapshot, None));
        }
        let facts = self.facts(&known, written.made());
        Ok(Decision { effects: written, output: verdicts, changes, facts })
    }

    /// A verdict for each row; what is made changes the state of things for the next.
    pub(super) fn judge_all(&self, known: &mut IntakeFacts, written: &mut Written, context: &Context<'_>) -> Verdicts {
        let mut verdicts = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let verdict = match entry {
                Ok(draft) => self.judge(draft, known, context),
                Err(violations) => Err(Error::Invalid(violations.clone())),
            };
            if let (Ok(draft), Ok(session)) = (entry, &verdict) {
                written.make(session, &known.snapshot, context.call.caller.actor());
                known.snapshot.add(draft);
                known.taken.extend(draft.external_ids.iter().map(|id| (id.clone(), draft.session.clone())));
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    fn facts(&self, known: &IntakeFacts, sessions: &[Session]) -> Vec<Fact> {
        let unit = |date| known.programme.sitting_unit_on(date);
        let before = leaves(&known.clinics, unit);
        let held: Vec<Held> = known.clinics.iter().cloned().chain(sessions.iter().filter_map(Session::held)).collect();
        facts(&self.programme, &before, &leaves(&held, unit))
    }

    /// The session that a draft becomes, or why not.
    fn judge(&self, draft: &SessionDraft, known: &IntakeFacts, context: &Context<'_>) -> Result<Session> {
        let (programme, snapshot) = (&draft.programme, &known.snapshot);
        if snapshot.existing.contains(&draft.session) {
            return Err(Error::already_exists(format!("programmes/{programme}/sessions/{}", draft.session)));
        }
        let holder = |id: &ExternalId| Some((id.clone(), known.taken.get(id)?.clone()));
        let taken = draft.external_ids.iter().filter_map(holder).collect();
        external_ids::refuse_taken(programme, Sessions::COLLECTION, taken)?;
        if let Some(tail) = predicate::unknown(draft, snapshot) {
            return Err(predicate::not_found(programme, &tail));
        }
        let Some(site) = snapshot.sites.get(&draft.site) else {
            return Err(Error::Internal("a site that is known isn't in the snapshot"));
        };
        let found = predicate::findings(draft, snapshot, self.purpose);
        let place = place(draft, site, snapshot)?;
        let state = becomes(self.purpose);
        let mut session = Session::planned(draft.clone(), state, site.zone, place, context.now);
        if self.purpose.is_plan() {
            session.overridden = admit(&found, self.overriding.as_deref(), context)?;
            session.lapse_time = self.lapses;
            if state == SessionState::Proposed {
                (session.awaiting, session.proposed_time) = (Some(Awaiting::Expert), Some(context.now));
            }
            return Ok(session);
        }
        super::must_have_passed(&session, "session.end_time", draft.end, context.now)?;
        session.recorded = true;
        session.irregularities = super::notes(&found);
        let result =
            OutcomeResult::Held { start: draft.start, end: draft.end, early_end: None, expert: draft.expert.clone() };
        session.outcome = Some(Outcome { version: 1, result });
        session.started = Some(draft.start);
        Ok(session)
    }

    /// The one session that a first run made.
    pub(super) async fn recall_one(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Session> {
        let name = names.first().ok_or(Error::Internal("a session was made without a change"))?;
        let id = name.rsplit('/').next().and_then(|id| Id::parse(id).ok());
        store::get(tx, &self.programme, &id.ok_or(Error::Internal("a change with a malformed name"))?).await
    }

    /// What a first run made, row by row; a row that it refused says so.
    pub(super) async fn recall_all(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Verdicts> {
        let ids = self.entries.iter().map(|entry| entry.as_ref().ok().map(|draft| &draft.session));
        recalled(tx, &self.programme, ids, names).await
    }
}

/// The state that a draft comes to when it is admitted.
const fn becomes(purpose: Purpose) -> SessionState {
    match purpose {
        Purpose::Hold => SessionState::Tentative,
        Purpose::Propose => SessionState::Proposed,
        Purpose::Book | Purpose::Move | Purpose::Start | Purpose::Review => SessionState::Confirmed,
        Purpose::Record => SessionState::Completed,
    }
}

/// The sessions that a first run touched, in the order of its rows; a row that it refused says so.
pub(super) async fn recalled<'a>(
    tx: &mut Tx<'_>,
    programme: &Id,
    rows: impl Iterator<Item = Option<&'a Id>>,
    names: &[String],
) -> Result<Verdicts> {
    let touched: HashSet<&str> = names.iter().filter_map(|name| name.rsplit('/').next()).collect();
    let rows: Vec<Option<&Id>> = rows.collect();
    let ids: Vec<&Id> = rows.iter().flatten().copied().filter(|id| touched.contains(id.as_str())).collect();
    let found = store::get_many(tx, programme, &ids).await?;
    let mut found: HashMap<Id, Session> =
        found.into_iter().map(|session| (session.plan.session.clone(), session)).collect();
    let verdict = |(at, id): (usize, Option<&Id>)| id.and_then(|id| found.remove(id)).ok_or_else(|| refused_before(at));
    Ok(rows.into_iter().enumerate().map(verdict).collect())
}

/// The error of a row that was refused when its batch first ran.
fn refused_before(row: usize) -> Error {
    let message = "the row was refused when this request first ran; send it under a new request id";
    Error::refused(Reason::RefusedBefore, message).with("row", row)
}

/// Refuses a batch as a whole when one of its rows is refused: all rows' violations, the first row's reason. `field` is what
/// the request calls its rows.
///
/// # Errors
/// `BATCH_REFUSED`.
pub(super) fn all_or_nothing(verdicts: &Verdicts, field: &str) -> Result<()> {
    let mut violations = Vec::new();
    let mut first = None;
    for (row, error) in verdicts.iter().enumerate().filter_map(|(row, verdict)| Some((row, verdict.as_ref().err()?))) {
        first.get_or_insert((row, error.reason()));
        let at = |violation: &Violation| Violation {
            field: format!("{field}[{row}].{}", violation.field),
            ..violation.clone()
        };
        let own = violations_of(error);
        if own.is_empty() {
            let field = format!("{field}[{row}]");
            violations.push(Violation { field, reason: error.reason(), description: error.to_string() });
        }
        violations.extend(own.iter().map(at));
    }
    let Some((row, reason)) = first else { return Ok(()) };
    let error = Error::refused(Reason::BatchRefused, format!("row {row} is refused, and so nothing was written"));
    Err(error.with("row", row).with("reason", reason.code()).with_violations(violations))
}

/// The violations that an error lists.
pub(in crate::sessions) fn violations_of(error: &Error) -> &[Violation] {
    if let Error::Invalid(violations) = error {
        violations
    } else if let Error::Refused(refusal) = error {
        &refusal.violations
    } else {
        &[]
    }
}

/// Where and by what a session is counted that is led by the draft's expert and starts when the draft does.
pub(super) fn place(draft: &SessionDraft, site: &SiteFacts, snapshot: &Snapshot) -> Result<Place> {
    let date = site.zone.date_of(draft.start);
    let expert = snapshot.experts.get(&draft.expert);
    let specialty = draft.specialty.as_ref().or(expert.and_then(|expert| expert.foremost()));
    let specialty = specialty.cloned().ok_or_else(|| {
        Error::field("session.specialty", Reason::Required, "must be set: the expert has none on record")
    })?;
    Ok(Place {
        date,
        half_day: site.zone.half_day_of(draft.start),
        site_level: site.level,
        home_hospital: expert.and_then(|expert| expert.home_on(date)).cloned(),
        specialty,
    })
}

/// The notes of what was found.
pub(super) fn notes(found: &[predicate::Finding]) -> Vec<IrregularityNote> {
    let note = |finding: &predicate::Finding| IrregularityNote {
        irregularity: finding.irregularity,
        concerns: finding.subject(),
    };
    found.iter().map(note).collect()
}

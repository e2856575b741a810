//! Sessions, outcomes and verdicts to messages.
use super::super::commands::{Seen, Suspended, violations_of};
use super::super::{
    ControlTotals, Delay, ExpertConsent, IrregularityNote, OutcomeResult, OutcomeVersion, Overridden, ProposedMove,
    Session, SessionDraft, SessionState,
};
use crate::kernel::{Error, Id, Result, Timestamp, Vocabulary};
use crate::pb;
use crate::sites;

/// A session as it is at an instant.
pub(in crate::sessions) fn session(session: Session, now: Timestamp) -> pb::Session {
    let session = session.at(now);
    let name = session.name();
    let programme = session.plan.programme.clone();
    let expert = |id: &Id| resource(&programme, "experts", id);
    let (early_end, not_held) = causes(session.outcome.as_ref().map(|outcome| &outcome.result));
    let ended = session.outcome.as_ref().and_then(|outcome| match outcome.result {
        OutcomeResult::Held { end, .. } => Some(end),
        OutcomeResult::NotHeld { .. } => None,
    });
    let given = |given: &ExpertConsent| pb::ExpertConsent {
        expert: expert(&given.expert),
        consent: Some(given.consent.clone().into()),
    };
    pb::Session {
        name: name.to_string(),
        state: session.state.number(),
        recorded: session.recorded,
        date: Some(session.place.date.into()),
        half_day: session.place.half_day.number(),
        local_start_time: session.zone.told(session.plan.start),
        local_end_time: session.zone.told(session.plan.end),
        actual_start_time: session.started.map(Into::into),
        actual_end_time: ended.map(Into::into),
        early_end_cause: early_end,
        credited_expert: session.credited_expert().map(expert).unwrap_or_default(),
        cancel_party: session.cancelled.map_or(0, |(party, _)| party.number()),
        cancel_code: number(session.cancelled.and_then(|(_, code)| code)),
        not_held_cause: not_held,
        irregularities: notes(&programme, &session.irregularities),
        consents: session.consents().iter().map(given).collect(),
        site_level: session.place.site_level.code().to_owned(),
        home_hospital: optional(&programme, "hospitals", session.place.home_hospital.as_ref()),
        service_specialty: session.place.specialty.to_string(),
        etag: session.meta.etag(&name),
        create_time: Some(session.meta.create_time.into()),
        update_time: Some(session.meta.update_time.into()),
        lapse_time: session.lapse_time.map(Into::into),
        awaiting: number(session.awaiting),
        proposed_time: session.proposed_time.map(Into::into),
        tz_version: session.tz_version,
        proposed_move: session.proposed_move.as_ref().map(|proposed| proposed_move(&programme, proposed)),
        planning_override: session.overridden.map(planning_override),
        delay: session.delay.map(|reported| delay(reported, session.plan.start)),
        // The expert's alone to see.
        lapse_cause: 0,
        needs_attention: false,
        attention: Vec::new(),
        void_note: session.void_note.unwrap_or_default(),
        plan: Some(plan(session.plan)),
    }
}

fn plan(plan: SessionDraft) -> pb::SessionPlan {
    let programme = &plan.programme;
    let assistant = |id: &Option<Id>| optional(programme, "assistants", id.as_ref());
    // Numbers were checked against limits far below.
    let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    pb::SessionPlan {
        kind: plan.kind.number(),
        site: resource(programme, "sites", &plan.site),
        room: plan.room.as_ref().map(ToString::to_string).unwrap_or_default(),
        expert: resource(programme, "experts", &plan.expert),
        co_experts: plan.co_experts.iter().map(|id| resource(programme, "experts", id)).collect(),
        accompanying: small(plan.accompanying),
        assistant: assistant(&plan.assistant),
        specialty: plan.specialty.as_ref().map(ToString::to_string).unwrap_or_default(),
        capacity: small(plan.capacity),
        before_minutes: small(plan.before_minutes),
        after_minutes: small(plan.after_minutes),
        start_time: Some(plan.start.into()),
        end_time: Some(plan.end.into()),
        responsible_before: assistant(&plan.responsible_before),
        responsible_after: assistant(&plan.responsible_after),
        grade: plan.grade.map_or(0, |grade| small(grade.number())),
        dossier: optional(programme, "dossiers", plan.dossier.as_ref()),
        urgency: plan.urgency.number(),
        external_ids: plan.external_ids.iter().map(Into::into).collect(),
    }
}

fn notes(programme: &Id, notes: &[IrregularityNote]) -> Vec<pb::IrregularityNote> {
    let note = |note: &IrregularityNote| pb::IrregularityNote {
        irregularity: note.irregularity.number(),
        concerns: note.concerns.as_ref().map_or_else(String::new, |tail| format!("programmes/{programme}/{tail}")),
    };
    notes.iter().map(note).collect()
}

/// A session as a caller sees it.
pub(in crate::sessions) fn seen(seen: Seen, now: Timestamp) -> pb::Session {
    let Seen { session: shown, attention, is_own } = seen;
    let programme = shown.plan.programme.clone();
    let lapse_cause = number(shown.lapse_cause.filter(|_| is_own));
    let attention = notes(&programme, &attention.unwrap_or_default());
    pb::Session { lapse_cause, needs_attention: !attention.is_empty(), attention, ..session(shown, now) }
}

pub(in crate::sessions) fn suspended(suspended: Suspended, now: Timestamp) -> pb::SuspendSiteResponse {
    pb::SuspendSiteResponse {
        closure: Some(sites::wire::closure(suspended.closure)),
        sessions: suspended.sessions.into_iter().map(|touched| session(touched, now)).collect(),
        touched_count: i32::try_from(suspended.touched).unwrap_or(i32::MAX),
    }
}

fn proposed_move(programme: &Id, proposed: &ProposedMove) -> pb::ProposedMove {
    pb::ProposedMove {
        start_time: Some(proposed.to.start.into()),
        end_time: Some(proposed.to.end.into()),
        expert: resource(programme, "experts", &proposed.to.expert),
        assistant: optional(programme, "assistants", proposed.to.assistant.as_ref()),
        room: proposed.to.room.as_ref().map(ToString::to_string).unwrap_or_default(),
        awaiting: proposed.awaiting.number(),
        lapse_time: Some(proposed.lapses.into()),
    }
}

fn planning_override(overridden: Overridden) -> pb::PlanningOverride {
    pb::PlanningOverride {
        irregularities: overridden.irregularities.into_iter().map(Vocabulary::number).collect(),
        note: overridden.note,
        subject: overridden.subject,
        time: Some(overridden.time.into()),
    }
}

fn delay(delay: Delay, start: Timestamp) -> pb::SessionDelay {
    pb::SessionDelay {
        minutes: i32::try_from(start.minutes_since(delay.planned_start)).unwrap_or(i32::MAX),
        planned_start_time: Some(delay.planned_start.into()),
        report_time: Some(delay.reported.into()),
    }
}

pub(in crate::sessions) fn outcome(programme: &Id, version: OutcomeVersion) -> pb::SessionOutcome {
    let (early_end_cause, not_held_cause) = causes(Some(&version.outcome.result));
    let (state, held) = match &version.outcome.result {
        OutcomeResult::Held { start, end, expert, .. } => (SessionState::Completed, Some((*start, *end, expert))),
        OutcomeResult::NotHeld { .. } => (SessionState::NotHeld, None),
    };
    pb::SessionOutcome {
        version: i32::try_from(version.outcome.version).unwrap_or(i32::MAX),
        state: state.number(),
        date: Some(version.date.into()),
        half_day: version.half_day.number(),
        actual_start_time: held.map(|(start, ..)| start.into()),
        actual_end_time: held.map(|(_, end, _)| end.into()),
        early_end_cause,
        credited_expert: held.map(|(.., expert)| resource(programme, "experts", expert)).unwrap_or_default(),
        not_held_cause,
        note: version.note,
        since_sequence: version.since_sequence,
        until_sequence: version.until_sequence.unwrap_or_default(),
    }
}

/// The numbers of why it ended early and why it wasn't held.
fn causes(result: Option<&OutcomeResult>) -> (i32, i32) {
    match result {
        Some(OutcomeResult::Held { early_end, .. }) => (number(*early_end), 0),
        Some(OutcomeResult::NotHeld { cause }) => (0, cause.number()),
        None => (0, 0),
    }
}

pub(in crate::sessions) fn results(verdicts: Vec<Result<Session>>, now: Timestamp) -> Vec<pb::SessionResult> {
    let result = |verdict| match verdict {
        Ok(written) => pb::session_result::Result::Session(session(written, now)),
        Err(error) => pb::session_result::Result::Refusal(refusal(&error)),
    };
    verdicts.into_iter().map(|verdict| pb::SessionResult { result: Some(result(verdict)) }).collect()
}

pub(super) fn refusal(error: &Error) -> pb::SessionRefusal {
    let (message, metadata) = match error {
        Error::Refused(refusal) => {
            let metadata = refusal.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
            (refusal.message.clone(), metadata.collect())
        }
        Error::NotFound { name } | Error::AlreadyExists { name } | Error::Stale { name } => {
            (error.to_string(), [("name".to_owned(), name.clone())].into())
        }
        Error::Invalid(_)
        | Error::RequestIdReused { .. }
        | Error::CallerInvalid { .. }
        | Error::Overloaded { .. }
        | Error::Unavailable
        | Error::ShuttingDown
        | Error::Storage(_)
        | Error::Internal(_) => (error.to_string(), Default::default()),
    };
    let violations = violations_of(error).iter().map(|violation| pb::SessionViolation {
        field: violation.field.clone(),
        reason: violation.reason.code().to_owned(),
        description: violation.description.clone(),
    });
    pb::SessionRefusal { reason: error.reason().code().to_owned(), message, metadata, violations: violations.collect() }
}

pub(in crate::sessions) fn totals(totals: ControlTotals) -> pb::SessionControlTotals {
    pb::SessionControlTotals {
        ever_confirmed: totals.ever_confirmed,
        completed: totals.completed,
        cancelled: totals.cancelled,
        not_held: totals.not_held,
        in_progress: totals.in_progress,
        unresolved: totals.unresolved,
        future: totals.future,
        voided: totals.voided,
        balanced: totals.balanced(),
    }
}

pub(super) fn resource(programme: &Id, collection: &str, id: &Id) -> String {
    format!("programmes/{programme}/{collection}/{id}")
}

pub(super) fn optional(programme: &Id, collection: &str, id: Option<&Id>) -> String {
    id.map(|id| resource(programme, collection, id)).unwrap_or_default()
}

fn number<V: Vocabulary>(value: Option<V>) -> i32 {
    value.map_or(0, V::number)
}

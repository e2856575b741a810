//! Messages of sessions to commands and queries, and sessions to messages.
use std::collections::BTreeSet;

use super::commands::{
    Actual, Amend, BatchBookSessions, BatchRecordHeldSessions, BookSession, CancelSession, CompleteSession,
    ConfirmHold, CorrectSessionOutcome, Correction, Entry, GetControlTotals, GetSession, ListOutcomes, ListSessions,
    MarkSessionNotHeld, RecordHeldSession, StartSession, Target,
};
use super::draft::{LARGEST_CAPACITY, LONGEST_BUFFER_MINUTES, LONGEST_MINUTES, MOST_CO_EXPERTS};
use super::store::Filter;
use super::{CancelCode, CancelParty, ExpertConsent, SessionDraft, SessionState, Urgency};
use crate::assistants::Assistants;
use crate::credentials::Dossiers;
use crate::experts::{self, Consent, Experts};
use crate::kernel::{Caller, Error, Fields, Grade, Id, Reason, Timestamp};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

mod answers;
mod slots;
mod verbs;

pub(super) use answers::{outcome, results, seen, session, suspended, totals};
pub(super) use slots::{batch_find, check_slot, checked, explain_slot, explanation, find, found};
pub(super) use verbs::{
    batch_cancel, book_series, delay, hold, plan_series, propose, replace_assistant, replace_expert, replace_room,
    reschedule, respond, suspend, void,
};

mutations!(
    pb::BookSessionRequest,
    pb::BatchBookSessionsRequest,
    pb::RecordHeldSessionRequest,
    pb::BatchRecordHeldSessionsRequest,
    pb::CancelSessionRequest,
    pb::StartSessionRequest,
    pb::CompleteSessionRequest,
    pb::MarkSessionNotHeldRequest,
    pb::CorrectSessionOutcomeRequest,
    pb::CreateHoldRequest,
    pb::ProposeSessionRequest,
    pb::RespondSessionRequest,
    pb::BookSeriesRequest,
    pb::BatchCancelSessionsRequest,
    pb::RescheduleSessionRequest,
    pb::ReplaceSessionExpertRequest,
    pb::ReplaceSessionAssistantRequest,
    pb::ReplaceSessionRoomRequest,
    pb::ReportSessionDelayRequest,
    pb::VoidSessionRequest,
    pb::SuspendSiteRequest,
);

/// The most rows of a batch.
const MOST_ROWS: usize = 200;
/// The longest note, in characters.
const MAX_NOTE: usize = 500;
/// The most people who come along.
const MOST_ACCOMPANYING: i64 = 50;

/// What BookSession asks for.
pub(super) enum Booking {
    /// A new session.
    New(BookSession),
    /// The one that is held.
    Held(Amend<ConfirmHold>),
}

pub(super) fn book(fields: &mut Fields, request: pb::BookSessionRequest, now: Timestamp) -> Booking {
    let programme = fields.parent("parent", &request.parent);
    let overriding = override_note(fields, &request.override_note);
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    if request.hold.is_empty() {
        let id = fields.id("session_id", &request.session_id).unwrap_or_else(|| Id::fresh(now));
        let draft = draft(fields, programme, id, request.session, said, now);
        return Booking::New(BookSession::new(draft).overriding(overriding));
    }
    if !request.session_id.is_empty() || request.session.is_some() {
        fields.refuse("hold", Reason::Inconsistent, "must not be set with session_id or session: a hold has both");
    }
    let target = target(fields, &request.hold, &request.etag, "hold");
    if *target.name.programme() != programme {
        fields.refuse("hold", Reason::Inconsistent, "must be of the request's programme");
    }
    let leading = leading(fields, said.consent.as_ref(), now);
    let consents = consents(fields, "co_expert_consents", &said.beside, MOST_CO_EXPERTS, &programme, now);
    Booking::Held(Amend(ConfirmHold { target, leading, consents, overriding }))
}

pub(super) fn record(fields: &mut Fields, request: pb::RecordHeldSessionRequest, now: Timestamp) -> RecordHeldSession {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("session_id", &request.session_id).unwrap_or_else(|| Id::fresh(now));
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    RecordHeldSession::new(draft(fields, programme, id, request.session, said, now))
}

pub(super) fn batch_book(
    fields: &mut Fields,
    request: pb::BatchBookSessionsRequest,
    now: Timestamp,
) -> BatchBookSessions {
    let programme = fields.parent("parent", &request.parent);
    let rows = request.requests.into_iter().map(|row| Row {
        parent: row.parent,
        session_id: row.session_id,
        session: row.session,
        said: Said { consent: row.consent, beside: row.co_expert_consents },
    });
    let entries = entries(fields, &programme, rows.collect(), now);
    let overriding = override_note(fields, &request.override_note);
    BatchBookSessions::new(programme, entries, request.all_or_nothing).overriding(overriding)
}

pub(super) fn batch_record(
    fields: &mut Fields,
    request: pb::BatchRecordHeldSessionsRequest,
    now: Timestamp,
) -> BatchRecordHeldSessions {
    let programme = fields.parent("parent", &request.parent);
    let rows = request.requests.into_iter().map(|row| Row {
        parent: row.parent,
        session_id: row.session_id,
        session: row.session,
        said: Said { consent: row.consent, beside: row.co_expert_consents },
    });
    let entries = entries(fields, &programme, rows.collect(), now);
    BatchRecordHeldSessions::new(programme, entries, request.all_or_nothing)
}

/// A row of either batch.
struct Row {
    parent: String,
    session_id: String,
    session: Option<pb::SessionPlan>,
    said: Said,
}

/// What the experts of a session said yes with.
#[derive(Default)]
struct Said {
    /// The leading one.
    consent: Option<pb::Consent>,
    /// Those beside.
    beside: Vec<pb::ExpertConsent>,
}

/// The rows of a batch, each with its own fields, so that a wrong one doesn't stop the others.
fn entries(fields: &mut Fields, programme: &Id, rows: Vec<Row>, now: Timestamp) -> Vec<Entry> {
    if !(1..=MOST_ROWS).contains(&rows.len()) {
        fields.refuse("requests", Reason::OutOfRange, format!("must have 1 to {MOST_ROWS} entries"));
        return Vec::new();
    }
    let read = |row: Row| {
        let mut fields = Fields::new();
        if !row.parent.is_empty() && fields.parent("parent", &row.parent) != *programme {
            fields.refuse("parent", Reason::Inconsistent, "must be empty or the batch's");
        }
        let id = fields.id("session_id", &row.session_id);
        if row.session_id.is_empty() {
            fields.refuse(
                "session_id",
                Reason::Required,
                "must be set in a batch: a repeated call finds what it made by it",
            );
        }
        let id = id.unwrap_or_else(|| Id::fresh(now));
        let draft = draft(&mut fields, programme.clone(), id, row.session, row.said, now);
        match fields.check() {
            Ok(()) => Ok(draft),
            Err(Error::Invalid(violations)) => Err(violations),
            // Fields refuse nothing otherwise.
            Err(_) => Err(Vec::new()),
        }
    };
    rows.into_iter().map(read).collect()
}

fn draft(
    fields: &mut Fields,
    programme: Id,
    session: Id,
    plan: Option<pb::SessionPlan>,
    said: Said,
    now: Timestamp,
) -> SessionDraft {
    draft_in(fields, "session", programme, session, plan, said, now)
}

/// The draft in a field of the request; what was said about it stands beside.
fn draft_in(
    fields: &mut Fields,
    field: &str,
    programme: Id,
    session: Id,
    plan: Option<pb::SessionPlan>,
    said: Said,
    now: Timestamp,
) -> SessionDraft {
    let plan = fields.message(field, plan);
    let Said { consent, beside } = said;
    let consent = leading(fields, consent.as_ref(), now);
    let beside = consents(fields, "co_expert_consents", &beside, MOST_CO_EXPERTS, &programme, now);
    fields.within(field, |fields| {
        let expert = fields.name_in::<Experts>("expert", &plan.expert, &programme);
        let co_experts = co_experts(fields, &plan.co_experts, &expert, &programme);
        let (start, end) = interval(fields, plan.start_time.as_ref(), plan.end_time.as_ref());
        let leads = consent.map(|consent| ExpertConsent { expert: expert.clone(), consent });
        SessionDraft {
            session,
            kind: fields.choice("kind", plan.kind),
            site: fields.name_in::<Sites>("site", &plan.site, &programme),
            room: fields.id("room", &plan.room),
            expert,
            co_experts,
            accompanying: fields.number("accompanying", plan.accompanying, 0..=MOST_ACCOMPANYING),
            assistant: assistant(fields, "assistant", &plan.assistant, &programme),
            specialty: fields.optional_specialty("specialty", &plan.specialty),
            capacity: fields.number("capacity", plan.capacity, 0..=LARGEST_CAPACITY),
            before_minutes: fields.number("before_minutes", plan.before_minutes, 0..=LONGEST_BUFFER_MINUTES),
            after_minutes: fields.number("after_minutes", plan.after_minutes, 0..=LONGEST_BUFFER_MINUTES),
            start,
            end,
            responsible_before: assistant(fields, "responsible_before", &plan.responsible_before, &programme),
            responsible_after: assistant(fields, "responsible_after", &plan.responsible_after, &programme),
            grade: Grade::new(fields.number("grade", plan.grade, 0..=4)),
            dossier: fields.optional_name_in::<Dossiers>("dossier", &plan.dossier, &programme),
            urgency: fields.optional_choice("urgency", plan.urgency).unwrap_or(Urgency::Elective),
            external_ids: fields.external_ids("external_ids", &plan.external_ids),
            consents: leads.into_iter().chain(beside).collect(),
            programme,
        }
    })
}

/// The leading expert's yes, where there is one.
fn leading(fields: &mut Fields, consent: Option<&pb::Consent>, now: Timestamp) -> Option<Consent> {
    consent.and_then(|consent| experts::wire::consent(fields, "consent", Some(consent), now))
}

/// Consents by name, in a field of the request.
fn consents(
    fields: &mut Fields,
    field: &str,
    given: &[pb::ExpertConsent],
    most: usize,
    programme: &Id,
    now: Timestamp,
) -> Vec<ExpertConsent> {
    let read = fields.list(field, given, most, |fields, given| {
        let expert = fields.name_in::<Experts>("expert", &given.expert, programme);
        let consent = experts::wire::consent(fields, "consent", given.consent.as_ref(), now)?;
        Some(ExpertConsent { expert, consent })
    });
    read.into_iter().flatten().collect()
}

/// Why planning rules are to be set aside; none where nothing is said.
fn override_note(fields: &mut Fields, note: &str) -> Option<String> {
    Some(fields.prose("override_note", note, MAX_NOTE)).filter(|note| !note.trim().is_empty())
}

/// The session that a verb is about.
fn target(fields: &mut Fields, name: &str, etag: &str, field: &str) -> Target {
    Target { name: fields.name(field, name), etag: fields.etag("etag", etag) }
}

fn assistant(fields: &mut Fields, field: &str, name: &str, programme: &Id) -> Option<Id> {
    fields.optional_name_in::<Assistants>(field, name, programme)
}

fn co_experts(fields: &mut Fields, names: &[String], leading: &Id, programme: &Id) -> Vec<Id> {
    let mut seen = BTreeSet::from([leading.clone()]);
    fields.list("co_experts", names, MOST_CO_EXPERTS, |fields, name| {
        let id = fields.name_in::<Experts>("", name, programme);
        if !seen.insert(id.clone()) {
            fields.refuse("", Reason::Duplicate, "leads the session or stands twice");
        }
        id
    })
}

fn interval(
    fields: &mut Fields,
    start: Option<&prost_types::Timestamp>,
    end: Option<&prost_types::Timestamp>,
) -> (Timestamp, Timestamp) {
    let are_set = start.is_some() && end.is_some();
    let (start, end) = (fields.time("start_time", start), fields.time("end_time", end));
    if are_set && end <= start {
        fields.refuse("end_time", Reason::Inconsistent, "must be later than start_time");
    } else if are_set && end > start.plus_minutes(LONGEST_MINUTES) {
        fields.refuse("end_time", Reason::OutOfRange, "must be within 24 hours of start_time");
    }
    (start, end)
}

pub(super) fn cancel(fields: &mut Fields, request: pb::CancelSessionRequest, _now: Timestamp) -> Amend<CancelSession> {
    let (party, code) = cancelling(fields, request.party, request.code);
    Amend(CancelSession { target: target(fields, &request.name, &request.etag, "name"), party, code })
}

/// Who cancels and why; an expert isn't asked.
fn cancelling(fields: &mut Fields, party: i32, code: i32) -> (CancelParty, Option<CancelCode>) {
    let party = fields.choice("party", party);
    if party != CancelParty::Expert && code == 0 {
        fields.refuse("code", Reason::Required, "must be set unless the expert cancels");
    }
    (party, fields.optional_choice("code", code))
}

pub(super) fn start(fields: &mut Fields, request: pb::StartSessionRequest, _now: Timestamp) -> Amend<StartSession> {
    Amend(StartSession {
        target: target(fields, &request.name, &request.etag, "name"),
        start: fields.optional_time("actual_start_time", request.actual_start_time.as_ref()),
    })
}

pub(super) fn complete(
    fields: &mut Fields,
    request: pb::CompleteSessionRequest,
    _now: Timestamp,
) -> Amend<CompleteSession> {
    let target = target(fields, &request.name, &request.etag, "name");
    let programme = target.name.programme();
    let actual = Actual {
        start: fields.optional_time("actual_start_time", request.actual_start_time.as_ref()),
        end: fields.optional_time("actual_end_time", request.actual_end_time.as_ref()),
        early_end: fields.optional_choice("early_end_cause", request.early_end_cause),
        expert: fields.optional_name_in::<Experts>("credited_expert", &request.credited_expert, programme),
    };
    Amend(CompleteSession { target, actual })
}

pub(super) fn mark_not_held(
    fields: &mut Fields,
    request: pb::MarkSessionNotHeldRequest,
    _now: Timestamp,
) -> Amend<MarkSessionNotHeld> {
    let target = target(fields, &request.name, &request.etag, "name");
    Amend(MarkSessionNotHeld { target, cause: fields.choice("cause", request.cause) })
}

pub(super) fn correct(
    fields: &mut Fields,
    request: pb::CorrectSessionOutcomeRequest,
    _now: Timestamp,
) -> Amend<CorrectSessionOutcome> {
    let target = target(fields, &request.name, &request.etag, "name");
    let programme = target.name.programme();
    let actual = Actual {
        start: fields.optional_time("actual_start_time", request.actual_start_time.as_ref()),
        end: fields.optional_time("actual_end_time", request.actual_end_time.as_ref()),
        early_end: None,
        expert: fields.optional_name_in::<Experts>("credited_expert", &request.credited_expert, programme),
    };
    let correction = match fields.choice::<SessionState>("state", request.state) {
        SessionState::Completed => {
            if request.cause != 0 {
                fields.refuse("cause", Reason::Inconsistent, "must not be set for a session that was held");
            }
            Correction::Held(actual)
        }
        SessionState::NotHeld => {
            if actual.start.is_some() || actual.end.is_some() || actual.expert.is_some() {
                fields.refuse(
                    "state",
                    Reason::Inconsistent,
                    "a session that wasn't held has no actual times and nobody came",
                );
            }
            Correction::NotHeld(fields.choice("cause", request.cause))
        }
        SessionState::Tentative
        | SessionState::Proposed
        | SessionState::Confirmed
        | SessionState::InProgress
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => {
            if request.state != 0 {
                fields.refuse("state", Reason::UnknownValue, "must be COMPLETED or NOT_HELD");
            }
            Correction::Held(actual)
        }
    };
    let note = fields.required("note", &request.note, MAX_NOTE);
    Amend(CorrectSessionOutcome { target, correction, note })
}

pub(super) fn get(fields: &mut Fields, request: pb::GetSessionRequest, caller: Caller, now: Timestamp) -> GetSession {
    GetSession { name: fields.name("name", &request.name), now, person: caller.person }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListSessionsRequest, now: Timestamp) -> ListSessions {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        start_from: fields.optional_time("start_time_from", request.start_time_from.as_ref()),
        start_until: fields.optional_time("start_time_until", request.start_time_until.as_ref()),
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        co_expert: fields.optional_name_in::<Experts>("co_expert", &request.co_expert, &programme),
        assistant: assistant(fields, "assistant", &request.assistant, &programme),
        state: fields.optional_choice("state", request.state),
        now,
        kind: fields.optional_choice("kind", request.kind),
        half_day: fields.optional_choice("half_day", request.half_day),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = ListSessions::bound_to(&programme, &filter);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListSessions { programme, filter, with_attention: request.with_attention, page, bound_to }
}

pub(super) fn list_outcomes(fields: &mut Fields, request: pb::ListSessionOutcomesRequest) -> ListOutcomes {
    let session = fields.name("parent", &request.parent);
    let bound_to = ListOutcomes::bound_to(&session);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListOutcomes { session, page, bound_to }
}

pub(super) fn control_totals(
    fields: &mut Fields,
    request: pb::GetSessionControlTotalsRequest,
    now: Timestamp,
) -> GetControlTotals {
    GetControlTotals { programme: fields.parent("parent", &request.parent), now }
}

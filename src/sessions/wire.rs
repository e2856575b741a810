//! Messages of sessions to commands and queries, and sessions to messages.
use std::collections::BTreeSet;

use super::commands::{
    Actual, BatchBookSessions, BatchRecordHeldSessions, BookSession, CancelSession, CompleteSession,
    CorrectSessionOutcome, Correction, Entry, GetControlTotals, GetSession, ListOutcomes, ListSessions,
    MarkSessionNotHeld, RecordHeldSession, StartSession,
};
use super::draft::{LARGEST_CAPACITY, LONGEST_BUFFER_MINUTES, LONGEST_MINUTES, MOST_CO_EXPERTS};
use super::store::Filter;
use super::{CancelParty, Dossiers, ExpertConsent, SessionDraft, SessionState, Sessions, Urgency};
use crate::assistants::Assistants;
use crate::experts::{self, Experts};
use crate::kernel::{Error, Fields, Grade, Id, Name, Reason, Timestamp};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

mod answers;
mod slots;

pub(super) use answers::{outcome, results, session, totals};
pub(super) use slots::{batch_find, check_slot, checked, explain_slot, explanation, find, found};

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
);

/// The most rows of a batch.
const MOST_ROWS: usize = 200;
/// The most people who come along.
const MOST_ACCOMPANYING: i64 = 50;

pub(super) fn book(fields: &mut Fields, request: pb::BookSessionRequest, now: Timestamp) -> BookSession {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("session_id", &request.session_id).unwrap_or_else(|| Id::fresh(now));
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    BookSession::new(draft(fields, programme, id, request.session, said, now))
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
    BatchBookSessions::new(programme, entries, request.all_or_nothing)
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
    let plan = fields.message("session", plan);
    let Said { consent, beside } = said;
    let consent = consent.and_then(|consent| experts::wire::consent(fields, "consent", Some(&consent), now));
    let beside = fields.list("co_expert_consents", &beside, MOST_CO_EXPERTS, |fields, given| {
        let expert = fields.name_in::<Experts>("expert", &given.expert, &programme);
        let consent = experts::wire::consent(fields, "consent", given.consent.as_ref(), now)?;
        Some(ExpertConsent { expert, consent })
    });
    fields.within("session", |fields| {
        let expert = fields.name_in::<Experts>("expert", &plan.expert, &programme);
        let co_experts = co_experts(fields, &plan.co_experts, &expert, &programme);
        let (start, end) = interval(fields, &plan);
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
            consents: leads.into_iter().chain(beside.into_iter().flatten()).collect(),
            programme,
        }
    })
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

fn interval(fields: &mut Fields, plan: &pb::SessionPlan) -> (Timestamp, Timestamp) {
    let start = fields.time("start_time", plan.start_time.as_ref());
    let end = fields.time("end_time", plan.end_time.as_ref());
    if plan.start_time.is_some() && plan.end_time.is_some() {
        if end <= start {
            fields.refuse("end_time", Reason::Inconsistent, "must be later than start_time");
        } else if end > start.plus_minutes(LONGEST_MINUTES) {
            fields.refuse("end_time", Reason::OutOfRange, "must be within 24 hours of start_time");
        }
    }
    (start, end)
}

pub(super) fn cancel(fields: &mut Fields, request: pb::CancelSessionRequest, _now: Timestamp) -> CancelSession {
    let party = fields.choice("party", request.party);
    let code = fields.optional_choice("code", request.code);
    if party != CancelParty::Expert && request.code == 0 {
        fields.refuse("code", Reason::Required, "must be set unless the expert cancels");
    }
    CancelSession { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag), party, code }
}

pub(super) fn start(fields: &mut Fields, request: pb::StartSessionRequest, _now: Timestamp) -> StartSession {
    StartSession {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        start: fields.optional_time("actual_start_time", request.actual_start_time.as_ref()),
    }
}

pub(super) fn complete(fields: &mut Fields, request: pb::CompleteSessionRequest, _now: Timestamp) -> CompleteSession {
    let name: Name<Sessions> = fields.name("name", &request.name);
    CompleteSession {
        etag: fields.etag("etag", &request.etag),
        actual: Actual {
            start: fields.optional_time("actual_start_time", request.actual_start_time.as_ref()),
            end: fields.optional_time("actual_end_time", request.actual_end_time.as_ref()),
            early_end: fields.optional_choice("early_end_cause", request.early_end_cause),
            expert: fields.optional_name_in::<Experts>("credited_expert", &request.credited_expert, name.programme()),
        },
        name,
    }
}

pub(super) fn mark_not_held(
    fields: &mut Fields,
    request: pb::MarkSessionNotHeldRequest,
    _now: Timestamp,
) -> MarkSessionNotHeld {
    MarkSessionNotHeld {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        cause: fields.choice("cause", request.cause),
    }
}

pub(super) fn correct(
    fields: &mut Fields,
    request: pb::CorrectSessionOutcomeRequest,
    _now: Timestamp,
) -> CorrectSessionOutcome {
    let name: Name<Sessions> = fields.name("name", &request.name);
    let actual = Actual {
        start: fields.optional_time("actual_start_time", request.actual_start_time.as_ref()),
        end: fields.optional_time("actual_end_time", request.actual_end_time.as_ref()),
        early_end: None,
        expert: fields.optional_name_in::<Experts>("credited_expert", &request.credited_expert, name.programme()),
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
    let note = fields.required("note", &request.note, 500);
    CorrectSessionOutcome { etag: fields.etag("etag", &request.etag), correction, note, name }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetSessionRequest) -> GetSession {
    GetSession { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListSessionsRequest) -> ListSessions {
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
        kind: fields.optional_choice("kind", request.kind),
        half_day: fields.optional_choice("half_day", request.half_day),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = ListSessions::bound_to(&programme, &filter);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListSessions { programme, filter, page, bound_to }
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

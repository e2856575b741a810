//! Requests to hold, propose, answer, move and take back sessions, to commands.
use super::super::commands::{
    Amend, Answer, BatchCancelSessions, BookSeries, CreateHold, MOST_OCCURRENCES, Moving, Pattern, PlanSeries,
    ProposeSession, ReplaceAssistant, ReplaceExpert, ReplaceRoom, ReportDelay, RescheduleSession, RespondSession,
    Series, Slot, SuspendSite, Target, VoidSession,
};
use super::super::draft::MOST_CO_EXPERTS;
use super::super::{Awaiting, Sessions};
use super::{
    MAX_NOTE, MOST_ROWS, Said, assistant, cancelling, consents, draft, draft_in, interval, leading, override_note,
    target,
};
use crate::calendars::{self, Weekday};
use crate::experts::{self, Experts};
use crate::kernel::{Caller, Fields, Id, Name, Reason, Timestamp};
use crate::pb;
use crate::sites;

/// For how many minutes a session is held where nobody says.
const HOLD_MINUTES: i64 = 15;
/// The longest hold, in minutes.
const LONGEST_HOLD_MINUTES: i64 = 48 * 60;
/// The longest delay of one report, in minutes.
const LONGEST_DELAY_MINUTES: i64 = 720;
/// The most slots of a series' week.
const MOST_SLOTS: usize = 21;
/// The most days that a series leaves out.
const MOST_EXCEPT_DAYS: usize = 200;
/// The longest prefix of a series' ids, in characters.
const LONGEST_PREFIX: usize = 40;

pub(in crate::sessions) fn hold(fields: &mut Fields, request: pb::CreateHoldRequest, now: Timestamp) -> CreateHold {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("session_id", &request.session_id).unwrap_or_else(|| Id::fresh(now));
    let asked = i64::from(request.minutes);
    if asked > LONGEST_HOLD_MINUTES {
        fields.refuse("minutes", Reason::HoldTooLong, "must be at most 2880: 48 hours");
    }
    let minutes = if asked == 0 { HOLD_MINUTES } else { asked.min(LONGEST_HOLD_MINUTES) };
    let minutes = fields.number("minutes", minutes, 1..=LONGEST_HOLD_MINUTES);
    let overriding = override_note(fields, &request.override_note);
    let draft = draft(fields, programme, id, request.session, Said::default(), now);
    CreateHold::new(draft).lapsing(now.plus_minutes(minutes)).overriding(overriding)
}

pub(in crate::sessions) fn propose(
    fields: &mut Fields,
    request: pb::ProposeSessionRequest,
    now: Timestamp,
) -> ProposeSession {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("session_id", &request.session_id).unwrap_or_else(|| Id::fresh(now));
    let lapses = fields.time("deadline", request.deadline.as_ref());
    let overriding = override_note(fields, &request.override_note);
    let given = consents(fields, "consents", &request.consents, MOST_CO_EXPERTS + 1, &programme, now);
    let mut draft = draft(fields, programme, id, request.session, Said::default(), now);
    draft.consents = given;
    if request.deadline.is_some() && (lapses <= now || lapses > draft.start) {
        fields.refuse("deadline", Reason::Inconsistent, "must be in the future and not after the session's start");
    }
    ProposeSession::new(draft).lapsing(lapses).overriding(overriding)
}

pub(in crate::sessions) fn respond(
    fields: &mut Fields,
    request: pb::RespondSessionRequest,
    now: Timestamp,
) -> Amend<RespondSession> {
    let target = target(fields, &request.name, &request.etag, "name");
    let party = fields.choice("party", request.party);
    let answer = answer(fields, &request, party, now);
    let expert = fields.optional_name_in::<Experts>("expert", &request.expert, target.name.programme());
    let says_yes = party == Awaiting::Expert && !matches!(answer, Answer::Decline);
    let mut consent = None;
    if says_yes || request.consent.is_some() {
        consent = experts::wire::consent(fields, "consent", request.consent.as_ref(), now);
    }
    if party == Awaiting::Office && request.consent.is_some() {
        fields.refuse("consent", Reason::Inconsistent, "must not be set: the office's answer is no expert's yes");
    }
    let overriding = override_note(fields, &request.override_note);
    Amend(RespondSession { target, party, answer, expert, consent, overriding })
}

fn answer(fields: &mut Fields, request: &pb::RespondSessionRequest, party: Awaiting, now: Timestamp) -> Answer {
    let is_counter = match pb::SessionAnswer::try_from(request.answer) {
        Ok(pb::SessionAnswer::Counter) => true,
        Ok(pb::SessionAnswer::Accept | pb::SessionAnswer::Decline) => false,
        Ok(pb::SessionAnswer::Unspecified) => {
            fields.refuse("answer", Reason::Required, "must be set");
            false
        }
        Err(_) => {
            fields.refuse("answer", Reason::UnknownValue, "SessionAnswer has no such value");
            false
        }
    };
    if !is_counter {
        if request.start_time.is_some() || request.end_time.is_some() || request.deadline.is_some() {
            fields.refuse("answer", Reason::Inconsistent, "only a counter has times");
        }
        let declines = request.answer == pb::SessionAnswer::Decline as i32;
        return if declines { Answer::Decline } else { Answer::Accept };
    }
    if party == Awaiting::Office {
        fields.refuse("answer", Reason::Inconsistent, "the office doesn't counter: it declines and proposes anew");
    }
    let (start, end) = interval(fields, request.start_time.as_ref(), request.end_time.as_ref());
    Answer::Counter { start, end, lapses: future(fields, request.deadline.as_ref(), now) }
}

/// A deadline, which lies in the future where it is set.
fn future(fields: &mut Fields, deadline: Option<&prost_types::Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let lapses = fields.optional_time("deadline", deadline);
    if lapses.is_some_and(|lapses| lapses <= now) {
        fields.refuse("deadline", Reason::Inconsistent, "must be in the future");
    }
    lapses
}

pub(in crate::sessions) fn reschedule(
    fields: &mut Fields,
    request: pb::RescheduleSessionRequest,
    now: Timestamp,
) -> Amend<RescheduleSession> {
    let (start, end) = interval(fields, request.start_time.as_ref(), request.end_time.as_ref());
    let target = target(fields, &request.name, &request.etag, "name");
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    let moving = moving(fields, target, said, request.deadline.as_ref(), &request.override_note, now);
    Amend(RescheduleSession { moving, start, end })
}

pub(in crate::sessions) fn replace_expert(
    fields: &mut Fields,
    request: pb::ReplaceSessionExpertRequest,
    now: Timestamp,
) -> Amend<ReplaceExpert> {
    let target = target(fields, &request.name, &request.etag, "name");
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    let expert = fields.name_in::<Experts>("expert", &request.expert, target.name.programme());
    let moving = moving(fields, target, said, request.deadline.as_ref(), &request.override_note, now);
    Amend(ReplaceExpert { moving, expert })
}

pub(in crate::sessions) fn replace_assistant(
    fields: &mut Fields,
    request: pb::ReplaceSessionAssistantRequest,
    now: Timestamp,
) -> Amend<ReplaceAssistant> {
    let target = target(fields, &request.name, &request.etag, "name");
    let assistant = assistant(fields, "assistant", &request.assistant, target.name.programme());
    let moving = moving(fields, target, Said::default(), None, &request.override_note, now);
    Amend(ReplaceAssistant { moving, assistant })
}

pub(in crate::sessions) fn replace_room(
    fields: &mut Fields,
    request: pb::ReplaceSessionRoomRequest,
    now: Timestamp,
) -> Amend<ReplaceRoom> {
    let target = target(fields, &request.name, &request.etag, "name");
    let room = fields.id("room", &request.room);
    let moving = moving(fields, target, Said::default(), None, &request.override_note, now);
    Amend(ReplaceRoom { moving, room })
}

fn moving(
    fields: &mut Fields,
    target: Target,
    said: Said,
    deadline: Option<&prost_types::Timestamp>,
    note: &str,
    now: Timestamp,
) -> Moving {
    let programme = target.name.programme().clone();
    let leading = leading(fields, said.consent.as_ref(), now);
    let consents = consents(fields, "co_expert_consents", &said.beside, MOST_CO_EXPERTS, &programme, now);
    let lapses = future(fields, deadline, now);
    Moving { target, leading, consents, lapses, overriding: override_note(fields, note) }
}

pub(in crate::sessions) fn delay(
    fields: &mut Fields,
    request: pb::ReportSessionDelayRequest,
    _now: Timestamp,
) -> Amend<ReportDelay> {
    Amend(ReportDelay {
        target: target(fields, &request.name, &request.etag, "name"),
        minutes: fields.number("minutes", request.minutes, 1..=LONGEST_DELAY_MINUTES),
        keeps_end: request.keep_end,
    })
}

pub(in crate::sessions) fn void(
    fields: &mut Fields,
    request: pb::VoidSessionRequest,
    _now: Timestamp,
) -> Amend<VoidSession> {
    let target = target(fields, &request.name, &request.etag, "name");
    Amend(VoidSession { target, note: fields.required("note", &request.note, MAX_NOTE) })
}

pub(in crate::sessions) fn batch_cancel(
    fields: &mut Fields,
    request: pb::BatchCancelSessionsRequest,
    _now: Timestamp,
) -> BatchCancelSessions {
    let programme = fields.parent("parent", &request.parent);
    let (party, code) = cancelling(fields, request.party, request.code);
    if request.names.is_empty() {
        fields.refuse("names", Reason::Required, "must have an entry");
    }
    let mut seen: Vec<Id> = Vec::new();
    let targets = fields.list("names", &request.names, MOST_ROWS, |fields, name| {
        let id = fields.name_in::<Sessions>("", name, &programme);
        if seen.contains(&id) {
            fields.refuse("", Reason::Duplicate, "stands twice");
        }
        seen.push(id.clone());
        Target { name: Name::new(programme.clone(), id), etag: None }
    });
    BatchCancelSessions { programme, targets, party, code, all_or_nothing: request.all_or_nothing }
}

pub(in crate::sessions) fn suspend(
    fields: &mut Fields,
    request: pb::SuspendSiteRequest,
    now: Timestamp,
) -> SuspendSite {
    let close = pb::CloseSiteRequest {
        name: request.name,
        closure_id: request.closure_id,
        room_id: request.room_id,
        start_time: request.start_time,
        end_time: request.end_time,
        cause: request.cause,
        note: request.note,
        request_id: request.request_id,
        validate_only: request.validate_only,
    };
    SuspendSite(sites::wire::close(fields, close, now))
}

pub(in crate::sessions) fn plan_series(
    fields: &mut Fields,
    request: pb::PlanSeriesRequest,
    caller: Caller,
    now: Timestamp,
) -> PlanSeries {
    let programme = fields.parent("parent", &request.parent);
    let series = series(fields, programme, request.series, &request.override_note, now);
    PlanSeries { series, now, caller }
}

pub(in crate::sessions) fn book_series(
    fields: &mut Fields,
    request: pb::BookSeriesRequest,
    now: Timestamp,
) -> BookSeries {
    let programme = fields.parent("parent", &request.parent);
    let all_or_nothing = match pb::SeriesMode::try_from(request.mode) {
        Ok(pb::SeriesMode::All) => true,
        Ok(pb::SeriesMode::FeasibleOnly) => false,
        Ok(pb::SeriesMode::Unspecified) => {
            fields.refuse("mode", Reason::Required, "must be set");
            true
        }
        Err(_) => {
            fields.refuse("mode", Reason::UnknownValue, "SeriesMode has no such value");
            true
        }
    };
    let series = series(fields, programme, request.series, &request.override_note, now);
    BookSeries { series, all_or_nothing }
}

fn series(fields: &mut Fields, programme: Id, series: Option<pb::SessionSeries>, note: &str, now: Timestamp) -> Series {
    let overriding = override_note(fields, note);
    let series = fields.message("series", series);
    fields.within("series", |fields| {
        let prefix = fields.required("session_id_prefix", &series.session_id_prefix, LONGEST_PREFIX);
        if Id::parse(&format!("{prefix}-20260101")).is_err() {
            fields.refuse("session_id_prefix", Reason::Malformed, "must be 1 to 40 of [a-z0-9-], no hyphen first");
        }
        let pattern = pattern(fields, &series);
        let mut plan = fields.message("template", series.template);
        if plan.start_time.is_some() || plan.end_time.is_some() || !plan.external_ids.is_empty() {
            let text = "must have no times and no external ids: each of its sessions has its own";
            fields.refuse("template", Reason::Inconsistent, text);
        }
        // A plan has times; those of a template are never looked at.
        (plan.start_time, plan.end_time) = (Some(now.into()), Some(now.plus_minutes(1).into()));
        let said = Said { consent: series.consent, beside: series.co_expert_consents };
        let template = draft_in(fields, "template", programme, Id::fresh(now), Some(plan), said, now);
        if let Some(at) = pattern.overlap(template.before_minutes, template.after_minutes) {
            let text = "begins before another has ended, the people's minutes before and after counted";
            fields.refuse(&format!("slots[{at}]"), Reason::SeriesOverlaps, text);
        }
        Series { template, pattern, prefix, overriding }
    })
}

fn pattern(fields: &mut Fields, series: &pb::SessionSeries) -> Pattern {
    if series.slots.is_empty() {
        fields.refuse("slots", Reason::Required, "must have an entry");
    }
    let slots = fields.list("slots", &series.slots, MOST_SLOTS, |fields, slot| {
        let weekday: Weekday = fields.choice("weekday", slot.weekday);
        let start = calendars::wire::start_time(fields, slot.start);
        let end = calendars::wire::end_time(fields, slot.end);
        if slot.start.is_some() && slot.end.is_some() && end <= start {
            fields.refuse("end", Reason::Inconsistent, "must be later than start");
        }
        Slot { weekday, start, end }
    });
    let first = fields.date("first_date", series.first_date.as_ref());
    let last = fields.date("last_date", series.last_date.as_ref());
    if series.first_date.is_some() && series.last_date.is_some() && last < first {
        fields.refuse("last_date", Reason::Inconsistent, "must not be before first_date");
    }
    let except =
        fields.list("except_dates", &series.except_dates, MOST_EXCEPT_DAYS, |fields, date| fields.date("", Some(date)));
    let pattern = Pattern { slots, first, last, except };
    if pattern.occurrences().len() > MOST_OCCURRENCES {
        let text = format!("must leave at most {MOST_OCCURRENCES} sessions");
        fields.refuse("last_date", Reason::OutOfRange, text);
    }
    pattern
}

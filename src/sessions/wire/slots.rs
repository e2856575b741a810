//! Messages of slots to queries, and what they find to messages.
use std::sync::Arc;

use super::super::atlas::Atlas;
use super::super::commands::{BatchFindSlots, ExplainSlot, FindSlots, Found};
use super::super::draft::{LARGEST_CAPACITY, LONGEST_BUFFER_MINUTES, LONGEST_MINUTES};
use super::super::predicate::{Finding, RuleClass};
use super::super::slots::{Explanation, MOST_SITES, Slot, SlotPurpose, Wanted};
use super::super::{SessionDraft, Urgency};
use super::answers::{optional, refusal, resource};
use super::{Said, draft};
use crate::credentials::Dossiers;
use crate::experts::Experts;
use crate::kernel::{Error, Fields, Grade, Id, Reason, Result, SessionKind, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::Sites;

/// The shortest session that is looked for, and the shortest step, in minutes.
const SHORTEST_MINUTES: i64 = 5;
/// The step that is taken where none is asked for.
const USUAL_GRID_MINUTES: i64 = 30;
/// The most searches of a batch.
const MOST_SEARCHES: usize = 20;
/// The most slots of one search in a batch.
const MOST_IN_BATCH: usize = 50;

pub(in crate::sessions) fn find(
    fields: &mut Fields,
    request: pb::FindSlotsRequest,
    atlas: &Arc<Atlas>,
    now: Timestamp,
) -> FindSlots {
    let programme = fields.parent("parent", &request.parent);
    find_in(fields, programme, request, atlas, now)
}

pub(in crate::sessions) fn batch_find(
    fields: &mut Fields,
    request: pb::BatchFindSlotsRequest,
    atlas: &Arc<Atlas>,
    now: Timestamp,
) -> BatchFindSlots {
    let programme = fields.parent("parent", &request.parent);
    if request.requests.is_empty() {
        fields.refuse("requests", Reason::Required, "must have an entry");
    }
    BatchFindSlots(fields.list("requests", &request.requests, MOST_SEARCHES, |fields, request| {
        if !request.parent.is_empty() && fields.parent("parent", &request.parent) != programme {
            fields.refuse("parent", Reason::Inconsistent, "must be empty or the batch's");
        }
        let mut find = find_in(fields, programme.clone(), request.clone(), atlas, now);
        find.page.size = find.page.size.min(MOST_IN_BATCH);
        find
    }))
}

fn find_in(
    fields: &mut Fields,
    programme: Id,
    request: pb::FindSlotsRequest,
    atlas: &Arc<Atlas>,
    now: Timestamp,
) -> FindSlots {
    let bounds = fields.bounds();
    let experts = names(fields, "experts", &request.experts, bounds.window_experts, |fields, name| {
        fields.name_in::<Experts>("", name, &programme)
    });
    let sites = names(fields, "sites", &request.sites, MOST_SITES, |fields, name| {
        fields.name_in::<Sites>("", name, &programme)
    });
    let mut kinds: Vec<SessionKind> = fields.choices("kinds", &request.kinds);
    if request.kinds.is_empty() {
        fields.refuse("kinds", Reason::Required, "must have at least one");
    }
    kinds.sort();
    let window = fields.window("window", request.window.as_ref(), bounds.window_days);
    let buffer = 0..=LONGEST_BUFFER_MINUTES;
    let minutes = fields.number("duration_minutes", request.duration_minutes, SHORTEST_MINUTES..=LONGEST_MINUTES);
    let template = SessionDraft {
        specialty: fields.optional_specialty("specialty", &request.specialty),
        grade: grade(fields, request.grade),
        dossier: fields.optional_name_in::<Dossiers>("dossier", &request.dossier, &programme),
        capacity: fields.number("capacity", request.capacity, 0..=LARGEST_CAPACITY),
        before_minutes: fields.number("before_minutes", request.before_minutes, buffer.clone()),
        after_minutes: fields.number("after_minutes", request.after_minutes, buffer),
        ..blank(programme, now, window)
    };
    let purpose = purpose(fields, request.purpose);
    let grid_minutes = grid(fields, request.grid_minutes);
    let wanted = Wanted { purpose, template, experts, sites, kinds, window, grid_minutes, minutes };
    let bound_to = FindSlots::bound_to(&wanted);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    let (count_all, most_experts) = (request.count_all, bounds.window_experts);
    FindSlots { wanted, page, bound_to, count_all, most_experts, now, atlas: Arc::clone(atlas) }
}

/// What a slot is like before anything is said of it.
fn blank(programme: Id, now: Timestamp, (start, end): (Timestamp, Timestamp)) -> SessionDraft {
    let nobody = Id::fresh(now);
    SessionDraft {
        programme,
        session: nobody.clone(),
        kind: SessionKind::Clinic,
        site: nobody.clone(),
        room: None,
        expert: nobody,
        co_experts: Vec::new(),
        accompanying: 0,
        assistant: None,
        specialty: None,
        capacity: 0,
        before_minutes: 0,
        after_minutes: 0,
        start,
        end,
        responsible_before: None,
        responsible_after: None,
        grade: None,
        dossier: None,
        urgency: Urgency::Elective,
        external_ids: Vec::new(),
        consents: Vec::new(),
    }
}

fn names(
    fields: &mut Fields,
    field: &str,
    names: &[String],
    most: usize,
    mut read: impl FnMut(&mut Fields, &str) -> Id,
) -> Vec<Id> {
    let mut ids = fields.list(field, names, most, |fields, name| read(fields, name));
    ids.sort();
    ids.dedup();
    ids
}

fn grade(fields: &mut Fields, number: i32) -> Option<Grade> {
    Grade::new(fields.number("grade", number, 0..=4))
}

fn purpose(fields: &mut Fields, number: i32) -> SlotPurpose {
    fields.optional_choice("purpose", number).unwrap_or(SlotPurpose::Book)
}

fn grid(fields: &mut Fields, minutes: i32) -> i64 {
    if minutes == 0 {
        return USUAL_GRID_MINUTES;
    }
    fields.number("grid_minutes", minutes, SHORTEST_MINUTES..=LONGEST_MINUTES)
}

pub(in crate::sessions) fn explain_slot(
    fields: &mut Fields,
    request: pb::ExplainSlotRequest,
    now: Timestamp,
) -> ExplainSlot {
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    let programme = fields.parent("parent", &request.parent);
    let draft = draft(fields, programme, Id::fresh(now), request.session, said, now);
    let purpose = purpose(fields, request.purpose);
    refuse_words(fields, purpose, &draft);
    ExplainSlot { draft, purpose, grid_minutes: grid(fields, request.grid_minutes), now }
}

pub(in crate::sessions) fn check_slot(
    fields: &mut Fields,
    request: pb::CheckSlotRequest,
    now: Timestamp,
) -> (SlotPurpose, SessionDraft) {
    let said = Said { consent: request.consent, beside: request.co_expert_consents };
    let programme = fields.parent("parent", &request.parent);
    let draft = draft(fields, programme, Id::fresh(now), request.session, said, now);
    let purpose = purpose(fields, request.purpose);
    refuse_words(fields, purpose, &draft);
    (purpose, draft)
}

/// A hold rests on an offer, and a proposal asks: a yes that was heard has no place in either.
fn refuse_words(fields: &mut Fields, purpose: SlotPurpose, draft: &SessionDraft) {
    let has_place = match purpose {
        SlotPurpose::Book => true,
        SlotPurpose::Hold | SlotPurpose::Propose => draft.consents.is_empty(),
    };
    if !has_place {
        fields.refuse("consent", Reason::Inconsistent, "must not be set unless the purpose is BOOK");
    }
}

pub(in crate::sessions) fn found(found: Found) -> pb::FindSlotsResponse {
    let next_page_token = found.page.next_page_token();
    let slots = found.page.items.into_iter().map(|one| slot(&one)).collect();
    pb::FindSlotsResponse { slots, next_page_token, total_count: found.total }
}

fn slot(slot: &Slot) -> pb::Slot {
    let SessionDraft { programme, expert, site, kind, specialty, grade, start, end, assistant, room, .. } = &slot.draft;
    pb::Slot {
        expert: resource(programme, "experts", expert),
        site: resource(programme, "sites", site),
        kind: kind.number(),
        specialty: specialty.as_ref().map(ToString::to_string).unwrap_or_default(),
        grade: grade.and_then(|grade| i32::try_from(grade.number()).ok()).unwrap_or_default(),
        start_time: Some((*start).into()),
        end_time: Some((*end).into()),
        local_start_time: slot.zone.told(*start),
        local_end_time: slot.zone.told(*end),
        assistant: optional(programme, "assistants", assistant.as_ref()),
        room: room.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// What a check came to; what isn't about the session itself stays an error.
pub(in crate::sessions) fn checked<T>(verdict: Result<T>) -> Result<pb::CheckSlotResponse> {
    match verdict {
        Ok(_) => Ok(pb::CheckSlotResponse { passes: true, refusal: None }),
        Err(error @ Error::Refused(_)) if error.reason() != Reason::ProgrammeEnded => {
            Ok(pb::CheckSlotResponse { passes: false, refusal: Some(refusal(&error)) })
        }
        Err(error) => Err(error),
    }
}

pub(in crate::sessions) fn explanation(programme: &Id, explained: Explanation) -> pb::ExplainSlotResponse {
    let (refusing, noted): (Vec<Finding>, Vec<Finding>) = explained.findings.into_iter().partition(Finding::refuses);
    let messages = |findings: Vec<Finding>| findings.iter().map(|one| finding(programme, one)).collect();
    let alternatives = pb::SlotAlternatives {
        before: explained.before.as_ref().map(slot),
        after: explained.after.as_ref().map(slot),
        assistants: explained.assistants.iter().map(|id| resource(programme, "assistants", id)).collect(),
        rooms: explained.rooms.iter().map(ToString::to_string).collect(),
    };
    pb::ExplainSlotResponse { findings: messages(refusing), remarks: messages(noted), alternatives: Some(alternatives) }
}

fn finding(programme: &Id, finding: &Finding) -> pb::SlotFinding {
    let (class, reason) = (finding.irregularity.class(), finding.irregularity.refusal());
    pb::SlotFinding {
        irregularity: finding.irregularity.number(),
        rule_class: class.number(),
        overridable: reason.is_some() && class == RuleClass::Planning,
        reason: reason.map(|reason| reason.code().to_owned()).unwrap_or_default(),
        field: format!("session.{}", finding.field),
        blocked_by: finding.subject().map(|tail| format!("programmes/{programme}/{tail}")).unwrap_or_default(),
        blocked_until: finding.until.map(Into::into),
        metadata: finding.concerns.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect(),
        description: finding.text(),
    }
}

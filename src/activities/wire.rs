//! Messages of activities to commands and queries, and activities to messages.

use super::commands::{
    AmendActivity, BatchRecordActivities, DismissDispute, DisputeActivity, RecordActivity, Row, VoidActivity,
};
use super::details::MOST_TECHNIQUE;
use super::queries::{GetActivity, ListActivities, ListActivityVersions};
use super::record::{AMENDABLE, Draft, MOST_CO_EXPERTS, MOST_QUANTITY, MOST_SAVING_FEN};
use super::sheet::{MOST_NOTE, Sheets};
use super::store::Filter;
use super::{Activities, Activity, Details, Kind, Operation, Procedure, ProcedureCode, operation};
use crate::assistants::Assistants;
use crate::experts::Experts;
use crate::hospitals::Hospitals;
use crate::kernel::{
    Collection as _, Error, Fen, Fields, Grade, Id, Mask, Name, Patient, Reason, Residence, Result, Timestamp,
    Violation, Vocabulary as _,
};
use crate::pb;
use crate::sessions::Sessions;
use crate::sites::Sites;
use crate::wire::mutations;

pub(super) mod sheets;

mutations!(
    pb::RecordActivityRequest,
    pb::BatchRecordActivitiesRequest,
    pb::AmendActivityRequest,
    pb::VoidActivityRequest,
    pb::DisputeActivityRequest,
    pb::DismissDisputeRequest,
);

pub(super) fn record(fields: &mut Fields, request: pb::RecordActivityRequest, now: Timestamp) -> RecordActivity {
    let programme = fields.parent("parent", &request.parent);
    let row = pb::ActivityRow { activity_id: request.activity_id, activity: request.activity };
    let row = read_row(fields, &programme, row, None, now);
    RecordActivity { programme, row }
}

pub(super) fn batch(
    fields: &mut Fields,
    request: pb::BatchRecordActivitiesRequest,
    now: Timestamp,
) -> BatchRecordActivities {
    let programme = fields.parent("parent", &request.parent);
    let most = BatchRecordActivities::MOST_ROWS;
    if request.rows.is_empty() {
        fields.refuse("rows", Reason::Required, "must have at least one row");
    } else if request.rows.len() > most {
        fields.refuse("rows", Reason::OutOfRange, format!("must have at most {most} rows"));
    }
    let rows = request.rows.into_iter().take(most).zip(0..);
    let rows = rows.map(|(message, place)| row(&programme, message, Some(place), now)).collect();
    BatchRecordActivities { programme, rows }
}

/// A row of a batch or stream by itself: what is wrong with its fields concerns no other row.
pub(super) fn row(
    programme: &Id,
    message: pb::ActivityRow,
    place: Option<i64>,
    now: Timestamp,
) -> Result<Row, Vec<Violation>> {
    let mut fields = Fields::new();
    let row = read_row(&mut fields, programme, message, place, now);
    match fields.check() {
        Ok(()) => Ok(row),
        Err(error) => Err(if let Error::Invalid(violations) = error { violations } else { Vec::new() }),
    }
}

fn read_row(fields: &mut Fields, programme: &Id, message: pb::ActivityRow, place: Option<i64>, now: Timestamp) -> Row {
    let id = fields.id("activity_id", &message.activity_id).unwrap_or_else(|| Id::fresh(now));
    let activity = fields.message("activity", message.activity);
    let draft = fields.within("activity", |fields| {
        let kind = fields.choice("kind", activity.kind);
        let all = Mask::parse(fields, &[], AMENDABLE);
        let draft = draft(fields, programme, kind, &activity, &all);
        draft.refuse_unfit(fields);
        draft
    });
    Row { id, draft, place }
}

pub(super) fn amend(fields: &mut Fields, request: pb::AmendActivityRequest, _now: Timestamp) -> AmendActivity {
    let mask = fields.mask(&request.update_mask, AMENDABLE);
    let message = fields.message("activity", request.activity);
    fields.within("activity", |fields| {
        let name = fields.name::<Activities>("name", &message.name);
        // The kind of the record stands; the draft's isn't looked at.
        let draft = draft(fields, name.programme(), Kind::Consultation, &message, &mask);
        AmendActivity { etag: fields.etag("etag", &message.etag), name, draft, mask }
    })
}

pub(super) fn void(fields: &mut Fields, request: pb::VoidActivityRequest, _now: Timestamp) -> VoidActivity {
    VoidActivity {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        reason: fields.choice("reason", request.reason),
    }
}

pub(super) fn dispute(fields: &mut Fields, request: pb::DisputeActivityRequest, _now: Timestamp) -> DisputeActivity {
    DisputeActivity {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        note: fields.required("note", &request.note, MOST_NOTE),
    }
}

pub(super) fn dismiss_dispute(
    fields: &mut Fields,
    request: pb::DismissDisputeRequest,
    _now: Timestamp,
) -> DismissDispute {
    DismissDispute { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetActivityRequest) -> GetActivity {
    GetActivity { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListActivitiesRequest) -> ListActivities {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        session: fields.optional_name_in::<Sessions>("session", &request.session, &programme),
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        from: fields.optional_date("from_date", request.from_date.as_ref()),
        to: fields.optional_date("to_date", request.to_date.as_ref()),
        kind: fields.optional_choice("kind", request.kind),
        patient: fields.patient("patient", request.patient.as_ref()),
        activity: None,
        state: fields.optional_choice("state", request.state),
    };
    if filter.from.zip(filter.to).is_some_and(|(from, to)| to < from) {
        fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
    }
    let external_id = external_id.and_then(|it| fields.external_id("external_id", &it.system, &it.value));
    // `Debug` of a patient has no token, so the digest takes it by itself.
    let token = filter.patient.as_ref().map(Patient::token);
    let bound_to = format!("ListActivities {programme} {filter:?} {token:?} {external_id:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListActivities { programme, filter, external_id, page, bound_to }
}

pub(super) fn list_versions(fields: &mut Fields, request: pb::ListActivityVersionsRequest) -> ListActivityVersions {
    let name = fields.name::<Activities>("name", &request.name);
    let bound_to = format!("ListActivityVersions {name}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListActivityVersions { name, page, bound_to }
}

fn draft(fields: &mut Fields, programme: &Id, kind: Kind, message: &pb::Activity, mask: &Mask) -> Draft {
    let m = message;
    let session = |f: &mut Fields| f.optional_name_in::<Sessions>("session", &m.session, programme);
    let co_experts = |f: &mut Fields| {
        f.list("co_experts", &m.co_experts, MOST_CO_EXPERTS, |f, name| f.name_in::<Experts>("", name, programme))
    };
    let saving = -MOST_SAVING_FEN..=MOST_SAVING_FEN;
    Draft {
        kind,
        session: fields.masked(mask, "session", session),
        site: fields.masked(mask, "site", |f| f.optional_name_in::<Sites>("site", &m.site, programme)),
        date: fields.masked(mask, "date", |f| f.optional_date("date", m.date.as_ref())),
        half_day: fields.masked(mask, "half_day", |f| f.optional_choice("half_day", m.half_day)),
        session_kind: fields.masked(mask, "session_kind", |f| f.optional_choice("session_kind", m.session_kind)),
        lead_expert: fields
            .masked(mask, "lead_expert", |f| f.optional_name_in::<Experts>("lead_expert", &m.lead_expert, programme)),
        co_experts: fields.masked(mask, "co_experts", co_experts),
        specialty: fields.masked(mask, "specialty", |f| f.optional_specialty("specialty", &m.specialty)),
        residence: fields
            .masked(mask, "residence", |f| f.optional_choice("residence", m.residence))
            .unwrap_or(Residence::Unknown),
        patient: fields.masked(mask, "patient", |f| f.patient("patient", m.patient.as_ref())),
        quantity: fields.masked(mask, "quantity", |f| f.number("quantity", m.quantity, 0..=MOST_QUANTITY)),
        operation: fields.masked(mask, "operation", |f| {
            let case = m.operation.as_ref()?;
            f.within("operation", |f| operation(f, case))
        }),
        details: details(fields, programme, message, mask),
        declared_saving: fields.masked(mask, "declared_saving_fen", |f| {
            f.optional_number("declared_saving_fen", m.declared_saving_fen, saving).map(Fen::new)
        }),
        external_ids: fields.masked(mask, "external_ids", |f| f.external_ids("external_ids", &m.external_ids)),
    }
}

fn details(fields: &mut Fields, programme: &Id, message: &pb::Activity, mask: &Mask) -> Details {
    let m = message;
    Details {
        consultation_type: fields
            .masked(mask, "consultation_type", |f| f.optional_choice("consultation_type", m.consultation_type)),
        assistant: fields
            .masked(mask, "assistant", |f| f.optional_name_in::<Assistants>("assistant", &m.assistant, programme)),
        part: fields.masked(mask, "assistant_part", |f| f.optional_choice("assistant_part", m.assistant_part)),
        technique: fields.masked(mask, "technique", |f| f.text("technique", &m.technique, MOST_TECHNIQUE)),
        gap_level: fields.masked(mask, "gap_level", |f| f.optional_choice("gap_level", m.gap_level)),
    }
}

fn operation(fields: &mut Fields, case: &pb::OperationCase) -> Option<Operation> {
    if case.procedures.is_empty() {
        fields.refuse("procedures", Reason::Required, "must have at least one line");
    }
    let procedures = fields.list("procedures", &case.procedures, operation::MOST_PROCEDURES, |fields, line| {
        let code = fields.shaped("code", &line.code, ProcedureCode::SHAPE, |code| ProcedureCode::parse(code).ok_or(()));
        let system = fields.shaped("system", &line.system, operation::SYSTEM_SHAPE, operation::system);
        let version = fields.required("version", &line.version, 32);
        Some(Procedure { code: code?, system: system?, version, main: line.main })
    });
    let grade = fields.number("grade", case.grade, 1..=4);
    Some(Operation {
        procedures: procedures.into_iter().flatten().collect(),
        grade_list: fields.required("grade_list", &case.grade_list, 64),
        performer: fields.choice("performer", case.performer),
        grade: Grade::new(grade)?,
    })
}

pub(super) fn activity(activity: Activity) -> pb::Activity {
    let programme = activity.name.programme().clone();
    let name = activity.name.to_string();
    let record = activity.record;
    let details = record.details;
    let of = |id: Id, collection: &str| format!("programmes/{programme}/{collection}/{id}");
    let expert = |id: Id| Name::<Experts>::new(programme.clone(), id).to_string();
    pb::Activity {
        etag: activity.meta.etag(&name),
        name,
        kind: record.kind.number(),
        state: activity.state.number(),
        session: record.session.map(|id| of(id, "sessions")).unwrap_or_default(),
        site: of(record.site, "sites"),
        date: Some(record.date.into()),
        half_day: record.half_day.map_or(0, |half_day| half_day.number()),
        session_kind: record.session_kind.number(),
        lead_expert: record.lead_expert.map(expert).unwrap_or_default(),
        co_experts: record.co_experts.into_iter().map(expert).collect(),
        specialty: record.specialty.into(),
        residence: record.residence.number(),
        patient: record.patient.map(|it| pb::Patient { issuer: it.issuer().to_owned(), token: it.token().to_owned() }),
        quantity: record.quantity,
        operation: record.operation.map(operation_case),
        declared_saving_fen: record.declared_saving.map(Fen::get),
        external_ids: activity.external_ids.into_iter().map(Into::into).collect(),
        site_level: record.site_level.number(),
        home_hospital: record
            .home_hospital
            .map(|id| Name::<Hospitals>::new(programme.clone(), id).to_string())
            .unwrap_or_default(),
        irregularities: record.irregularities.into_iter().map(|it| it.number()).collect(),
        void_reason: activity.void_reason.map_or(0, |reason| reason.number()),
        recorder: activity.recorder,
        revision: activity.meta.revision,
        since_sequence: activity.since_sequence,
        until_sequence: activity.until_sequence.unwrap_or_default(),
        create_time: Some(activity.meta.create_time.into()),
        update_time: Some(activity.meta.update_time.into()),
        consultation_type: details.consultation_type.map_or(0, |it| it.number()),
        assistant: details.assistant.map(|id| of(id, Assistants::COLLECTION)).unwrap_or_default(),
        assistant_part: details.part.map_or(0, |it| it.number()),
        technique: details.technique,
        gap_level: details.gap_level.map_or(0, |it| it.number()),
        sheet: activity.sheet.map(|id| of(id, Sheets::COLLECTION)).unwrap_or_default(),
        dispute_note: activity.dispute_note.unwrap_or_default(),
    }
}

fn operation_case(operation: Operation) -> pb::OperationCase {
    let line = |line: Procedure| pb::Procedure {
        code: line.code.as_str().to_owned(),
        system: line.system,
        version: line.version,
        main: line.main,
    };
    pb::OperationCase {
        procedures: operation.procedures.into_iter().map(line).collect(),
        grade: i32::try_from(operation.grade.number()).unwrap_or_default(),
        grade_list: operation.grade_list,
        performer: operation.performer.number(),
    }
}

pub(super) fn result(row: i64, outcome: Result<Activity>) -> pb::ActivityResult {
    let result = match outcome {
        Ok(recorded) => pb::activity_result::Result::Activity(activity(recorded)),
        Err(error) => pb::activity_result::Result::Refusal(error.into()),
    };
    pb::ActivityResult { row, result: Some(result) }
}

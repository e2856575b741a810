//! Versions as rows, and rows as versions.

use serde::Serialize;

use crate::activities::operation::{Operation, Procedure};
use crate::activities::{Activity, Details, Performer, Record};
use crate::db::{Row, Sql};
use crate::kernel::{Error, Fen, Grade, HalfDay, Id, Name, Patient, Result, SessionKind, Vocabulary as _};
use crate::rows;

pub(super) const INSERT: Sql = rows!(
    "INSERT INTO activity_versions (programme, activity, revision, since_sequence, state, kind, session, session_kind, site, \
     site_level, date, half_day, lead_expert, home_hospital, specialty, residence, patient_issuer, patient_token, quantity, \
     performer, grade, grade_list, procedures, co_experts, declared_saving_fen, irregularities, void_reason, recorder, batch_row, \
     create_time, update_time, consultation_type, assistant, assistant_part, technique, gap_level, main_system, main_procedure, sheet, \
     dispute_note, made_by, author) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), \
     CAST(r.value->>3 AS BIGINT), r.value->>4, r.value->>5, r.value->>6, \
     r.value->>7, r.value->>8, r.value->>9, r.value->>10, r.value->>11, \
     r.value->>12, r.value->>13, r.value->>14, r.value->>15, \
     r.value->>16, r.value->>17, CAST(r.value->>18 AS BIGINT), r.value->>19, \
     CAST(r.value->>20 AS BIGINT), r.value->>21, r.value->>22, r.value->>23, \
     CAST(r.value->>24 AS BIGINT), r.value->>25, r.value->>26, \
     r.value->>27, CAST(r.value->>28 AS BIGINT), CAST(r.value->>29 AS BIGINT), \
     CAST(r.value->>30 AS BIGINT), r.value->>31, r.value->>32, r.value->>33, \
     r.value->>34, r.value->>35, r.value->>36, r.value->>37, r.value->>38, \
     r.value->>39, r.value->>40, r.value->>41 FROM ",
    "WHERE TRUE"
);

crate::row! {
    pub(super) struct VersionRow<'a> {
        programme: &'a str,
        activity: &'a str,
        revision: i64,
        since_sequence: i64,
        state: &'static str,
        kind: &'static str,
        session: Option<&'a str>,
        session_kind: &'static str,
        site: &'a str,
        site_level: &'static str,
        date: String,
        half_day: Option<&'static str>,
        lead_expert: Option<&'a str>,
        home_hospital: Option<&'a str>,
        specialty: &'a str,
        residence: &'static str,
        patient_issuer: Option<&'a str>,
        patient_token: Option<&'a str>,
        quantity: i64,
        performer: Option<&'static str>,
        grade: Option<i64>,
        grade_list: Option<&'a str>,
        procedures: String,
        co_experts: String,
        declared_saving_fen: Option<i64>,
        irregularities: String,
        void_reason: Option<&'static str>,
        recorder: &'a str,
        batch_row: Option<i64>,
        create_time: i64,
        update_time: i64,
        consultation_type: Option<&'static str>,
        assistant: Option<&'a str>,
        assistant_part: Option<&'static str>,
        technique: &'a str,
        gap_level: Option<&'static str>,
        main_system: Option<&'a str>,
        main_procedure: Option<&'a str>,
        sheet: Option<&'a str>,
        dispute_note: Option<&'a str>,
        made_by: Option<&'a str>,
        author: Option<&'a str>,
    }
}

pub(super) fn version_row(activity: &Activity) -> Result<VersionRow<'_>> {
    let record = &activity.record;
    let operation = record.operation.as_ref();
    let main = operation.and_then(|operation| operation.procedures.iter().find(|line| line.main));
    let details = &record.details;
    Ok(VersionRow {
        programme: activity.name.programme().as_str(),
        activity: activity.name.id().as_str(),
        revision: activity.meta.revision,
        since_sequence: activity.since_sequence,
        state: activity.state.code(),
        kind: record.kind.code(),
        session: record.session.as_ref().map(Id::as_str),
        session_kind: record.session_kind.code(),
        site: record.site.as_str(),
        site_level: record.site_level.code(),
        date: record.date.to_string(),
        half_day: record.half_day.map(HalfDay::code),
        lead_expert: record.lead_expert.as_ref().map(Id::as_str),
        home_hospital: record.home_hospital.as_ref().map(Id::as_str),
        specialty: record.specialty.as_str(),
        residence: record.residence.code(),
        patient_issuer: record.patient.as_ref().map(Patient::issuer),
        patient_token: record.patient.as_ref().map(Patient::token),
        quantity: record.quantity,
        performer: operation.map(|operation| operation.performer.code()),
        grade: operation.map(|operation| operation.grade.number()),
        grade_list: operation.map(|operation| operation.grade_list.as_str()),
        procedures: json(operation.map_or(&[], |operation| operation.procedures.as_slice()))?,
        co_experts: json(&record.co_experts)?,
        declared_saving_fen: record.declared_saving.map(Fen::get),
        irregularities: json(&record.irregularities)?,
        void_reason: activity.void_reason.map(|reason| reason.code()),
        recorder: &activity.recorder,
        batch_row: activity.batch_row,
        create_time: activity.meta.create_time.micros(),
        update_time: activity.meta.update_time.micros(),
        consultation_type: details.consultation_type.map(|it| it.code()),
        assistant: details.assistant.as_ref().map(Id::as_str),
        assistant_part: details.part.map(|it| it.code()),
        technique: &details.technique,
        gap_level: details.gap_level.map(|it| it.code()),
        main_system: main.map(|line| line.system.as_str()),
        main_procedure: main.map(|line| line.code.as_str()),
        sheet: activity.sheet.as_ref().map(Id::as_str),
        dispute_note: activity.dispute_note.as_deref(),
        made_by: activity.made_by.as_deref(),
        author: activity.author.as_deref(),
    })
}

fn json<T: Serialize>(list: &[T]) -> Result<String> {
    if list.is_empty() { Ok("[]".to_owned()) } else { serde_json::to_string(list).map_err(Error::storage) }
}

/// A version, still without external ids.
pub(super) fn activity(row: &Row) -> Result<Activity> {
    Ok(Activity {
        name: Name::new(row.get("programme")?, row.get("activity")?),
        record: record(row)?,
        state: row.code("state")?,
        void_reason: row.optional_code("void_reason")?,
        sheet: row.get("sheet")?,
        dispute_note: row.get("dispute_note")?,
        recorder: row.get("recorder")?,
        made_by: row.get("made_by")?,
        author: row.get("author")?,
        batch_row: row.get("batch_row")?,
        since_sequence: row.get("since_sequence")?,
        until_sequence: row.get("until_sequence")?,
        meta: row.meta()?,
        external_ids: Vec::new(),
    })
}

fn record(row: &Row) -> Result<Record> {
    let corrupt = |column: &'static str| Error::storage(format!("activity_versions.{column} has no such shape"));
    let patient = match (row.get::<Option<String>>("patient_issuer")?, row.get::<Option<String>>("patient_token")?) {
        (Some(issuer), Some(token)) => Some(Patient::parse(&issuer, &token).map_err(|_| corrupt("patient_token"))?),
        (None, _) | (_, None) => None,
    };
    Ok(Record {
        kind: row.code("kind")?,
        session: row.get("session")?,
        session_kind: row.code::<SessionKind>("session_kind")?,
        site: row.get("site")?,
        site_level: row.code("site_level")?,
        date: row.get("date")?,
        half_day: row.optional_code("half_day")?,
        lead_expert: row.get("lead_expert")?,
        co_experts: row.json("co_experts")?,
        home_hospital: row.get("home_hospital")?,
        specialty: row.get("specialty")?,
        residence: row.code("residence")?,
        patient,
        quantity: row.get("quantity")?,
        operation: match row.optional_code::<Performer>("performer")? {
            Some(performer) => Some(Operation {
                procedures: row.json::<Vec<Procedure>>("procedures")?,
                grade: Grade::new(row.get("grade")?).ok_or_else(|| corrupt("grade"))?,
                grade_list: row.get("grade_list")?,
                performer,
            }),
            None => None,
        },
        details: Details {
            consultation_type: row.optional_code("consultation_type")?,
            assistant: row.get("assistant")?,
            part: row.optional_code("assistant_part")?,
            technique: row.get("technique")?,
            gap_level: row.optional_code("gap_level")?,
        },
        declared_saving: row.get("declared_saving_fen")?,
        irregularities: row.json("irregularities")?,
    })
}

//! Sessions to columns, and columns to sessions.
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::super::{IrregularityNote, Outcome, OutcomeResult, Place, Session, SessionDraft, SessionState};
use crate::db::Row;
use crate::kernel::{Error, Grade, Id, Result, Timestamp, Vocabulary as _};

/// What a session's enums come to in columns.
pub(super) struct Flat {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub early_end: Option<&'static str>,
    pub cancel_party: Option<&'static str>,
    pub cancel_code: Option<&'static str>,
    pub not_held: Option<&'static str>,
    pub irregularities: String,
    pub proposed_move: Option<String>,
    pub overridden: Option<String>,
    pub delay: Option<String>,
    pub version: i64,
}

impl Flat {
    pub(super) fn of(session: &Session) -> Result<Flat> {
        let (mut start, mut end, mut early_end, mut not_held) = (session.started, None, None, None);
        match session.outcome.as_ref().map(|outcome| &outcome.result) {
            Some(OutcomeResult::Held { start: from, end: until, early_end: cause, .. }) => {
                (start, end, early_end) = (Some(*from), Some(*until), cause.map(|cause| cause.code()));
            }
            Some(OutcomeResult::NotHeld { cause }) => not_held = Some(cause.code()),
            None => {}
        }
        let irregularities = text(&session.irregularities)?;
        Ok(Flat {
            start,
            end,
            early_end,
            cancel_party: session.cancelled.map(|(party, _)| party.code()),
            cancel_code: session.cancelled.and_then(|(_, code)| code).map(|code| code.code()),
            not_held,
            irregularities,
            proposed_move: session.proposed_move.as_ref().map(text).transpose()?,
            overridden: session.overridden.as_ref().map(text).transpose()?,
            delay: session.delay.as_ref().map(text).transpose()?,
            version: session.outcome.as_ref().map_or(0, |outcome| outcome.version),
        })
    }
}

/// A row of `sessions`, its columns in the order of the insert.
pub(super) fn row_of(session: &Session) -> Result<Json> {
    let (plan, place, meta, flat) = (&session.plan, &session.place, &session.meta, Flat::of(session)?);
    Ok(json!([
        plan.programme,
        plan.session,
        plan.kind,
        session.state,
        plan.site,
        plan.room,
        plan.expert,
        plan.accompanying,
        plan.assistant,
        plan.specialty,
        plan.capacity,
        plan.before_minutes,
        plan.after_minutes,
        plan.start.micros(),
        plan.end.micros(),
        plan.responsible_before,
        plan.responsible_after,
        i64::from(session.recorded),
        session.zone.name(),
        place.date.to_string(),
        place.half_day,
        flat.start.map(Timestamp::micros),
        flat.end.map(Timestamp::micros),
        flat.early_end,
        session.credited_expert(),
        flat.cancel_party,
        flat.cancel_code,
        flat.not_held,
        flat.irregularities,
        place.site_level,
        place.home_hospital,
        place.specialty,
        flat.version,
        meta.revision,
        meta.create_time.micros(),
        meta.update_time.micros(),
        plan.grade,
        plan.dossier,
        plan.urgency,
        // When the clock acts: for a session that is confirmed, on its proposed move.
        session.lapse_time.or(session.proposed_move.as_ref().map(|proposed| proposed.lapses)).map(Timestamp::micros),
        session.awaiting,
        session.proposed_time.map(Timestamp::micros),
        session.lapse_cause,
        i64::from(session.confirmed),
        session.tz_version,
        flat.proposed_move,
        flat.overridden,
        flat.delay,
        session.void_note,
    ]))
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::storage)
}

fn optional_json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>> {
    row.get::<Option<String>>(column)?.map(|_| row.json(column)).transpose()
}

/// The plan in a row of `sessions`, without what other tables hold.
pub(super) fn plan_of(row: &Row) -> Result<SessionDraft> {
    Ok(SessionDraft {
        programme: row.get("programme")?,
        session: row.get("session")?,
        kind: row.code("kind")?,
        site: row.get("site")?,
        room: row.get("room")?,
        expert: row.get("expert")?,
        co_experts: Vec::new(),
        accompanying: row.get("accompanying")?,
        assistant: row.get("assistant")?,
        specialty: row.get("specialty")?,
        capacity: row.get("capacity")?,
        before_minutes: row.get("before_minutes")?,
        after_minutes: row.get("after_minutes")?,
        start: row.get("start_time")?,
        end: row.get("end_time")?,
        responsible_before: row.get("responsible_before")?,
        responsible_after: row.get("responsible_after")?,
        grade: row.get::<Option<i64>>("grade")?.and_then(Grade::new),
        dossier: row.get("dossier")?,
        urgency: row.code("urgency")?,
        external_ids: Vec::new(),
        consents: Vec::new(),
    })
}

/// The session in a row of `sessions`.
pub(super) fn session_of(row: &Row, plan: SessionDraft) -> Result<Session> {
    let state = row.code("state")?;
    let party = row.optional_code("cancel_party")?;
    let code = row.optional_code("cancel_code")?;
    let meta = row.meta()?;
    let place = Place {
        date: row.get("date")?,
        half_day: row.code("half_day")?,
        site_level: row.code("site_level")?,
        home_hospital: row.get("home_hospital")?,
        specialty: row.get("service_specialty")?,
    };
    Ok(Session {
        plan,
        state,
        recorded: row.get("recorded")?,
        zone: row.get("zone")?,
        place,
        cancelled: party.map(|party| (party, code)),
        outcome: outcome_of(row, row.get("outcome_version")?)?,
        started: row.get("actual_start_time")?,
        irregularities: row.json::<Vec<IrregularityNote>>("irregularities")?,
        lapse_time: row.get::<Option<Timestamp>>("lapse_time")?.filter(|_| state != SessionState::Confirmed),
        awaiting: row.optional_code("awaiting")?,
        proposed_time: row.get("proposed_time")?,
        lapse_cause: row.optional_code("lapse_cause")?,
        confirmed: row.get("confirmed")?,
        proposed_move: optional_json(row, "proposed_move")?,
        overridden: optional_json(row, "overridden")?,
        delay: optional_json(row, "delay")?,
        void_note: row.get("void_note")?,
        tz_version: row.get("tz_version")?,
        meta,
    })
}

/// The outcome in a row of `sessions` or of `session_outcomes`.
pub(super) fn outcome_of(row: &Row, version: i64) -> Result<Option<Outcome>> {
    let expert = row.get::<Option<Id>>("credited_expert")?;
    let held = expert.zip(row.get::<Option<Timestamp>>("actual_start_time")?);
    let result =
        match (held.zip(row.get::<Option<Timestamp>>("actual_end_time")?), row.optional_code("not_held_cause")?) {
            (Some(((expert, start), end)), _) => {
                Some(OutcomeResult::Held { start, end, early_end: row.optional_code("early_end_cause")?, expert })
            }
            (None, Some(cause)) => Some(OutcomeResult::NotHeld { cause }),
            (None, None) => None,
        };
    Ok(result.map(|result| Outcome { version, result }))
}

//! Requests about absences to commands and queries, and absences to messages.

use super::interval;
use crate::calendars::commands::{CreateExpertAbsence, WithdrawExpertAbsence};
use crate::calendars::queries::{GetExpertAbsence, ListExpertAbsences};
use crate::calendars::store::absences::Filter;
use crate::calendars::{Absent, ExpertAbsence};
use crate::experts::Experts;
use crate::kernel::{Fields, Id, Name, Page, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::pb::expert_absence::When;

pub fn create(fields: &mut Fields, request: pb::CreateExpertAbsenceRequest, now: Timestamp) -> CreateExpertAbsence {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("absence_id", &request.absence_id).unwrap_or_else(|| Id::fresh(now));
    let absence = fields.message("absence", request.absence);
    fields.within("absence", |fields| {
        let (when, in_own_zone) = when(fields, absence.when);
        CreateExpertAbsence {
            expert: fields.name_in::<Experts>("expert", &absence.expert, &programme),
            when,
            in_own_zone,
            external_ids: fields.external_ids("external_ids", &absence.external_ids),
            name: Name::new(programme, id),
        }
    })
}

pub fn get(fields: &mut Fields, request: pb::GetExpertAbsenceRequest) -> GetExpertAbsence {
    GetExpertAbsence { name: fields.name("name", &request.name) }
}

pub fn list(fields: &mut Fields, request: pb::ListExpertAbsencesRequest) -> ListExpertAbsences {
    let programme = fields.parent("parent", &request.parent);
    let unpaged = pb::ListExpertAbsencesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("ListExpertAbsences {unpaged:?}");
    let external_id = request.external_id.as_ref();
    ListExpertAbsences {
        filter: Filter {
            id: None,
            expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
            state: fields.optional_choice("state", request.state),
            window: request.window.as_ref().map(|window| fields.interval("window", Some(window))),
        },
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        programme,
        bound_to,
    }
}

pub fn withdraw(
    fields: &mut Fields,
    request: pb::WithdrawExpertAbsenceRequest,
    _now: Timestamp,
) -> WithdrawExpertAbsence {
    WithdrawExpertAbsence { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

/// The time, and whether its zone is still to be the programme's.
fn when(fields: &mut Fields, sent: Option<When>) -> (Absent, bool) {
    match sent {
        None => {
            fields.refuse("when", Reason::Required, "must be an interval or days");
            (Absent::Instants { start: Timestamp::default(), end: Timestamp::default() }, false)
        }
        Some(When::Interval(interval)) => {
            let (start, end) = fields.interval("interval", Some(&interval));
            (Absent::Instants { start, end }, false)
        }
        Some(When::Days(days)) => fields.within("days", |fields| {
            let zone = super::zone(fields, &days.zone);
            let from = fields.date("from_date", days.from_date.as_ref());
            let to = fields.date("to_date", days.to_date.as_ref());
            if days.from_date.is_some() && days.to_date.is_some() && to < from {
                fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
            }
            (Absent::Days { zone, from, to }, days.zone.is_empty())
        }),
    }
}

impl From<Absent> for When {
    fn from(when: Absent) -> Self {
        match when {
            Absent::Instants { start, end } => When::Interval(interval((start, end))),
            Absent::Days { zone, from, to } => When::Days(pb::AbsentDays {
                zone: zone.to_string(),
                from_date: Some(from.into()),
                to_date: Some(to.into()),
            }),
        }
    }
}

impl From<ExpertAbsence> for pb::ExpertAbsence {
    fn from(absence: ExpertAbsence) -> Self {
        let (state, resolved) = (absence.state().number(), interval(absence.span()));
        let ExpertAbsence { name, expert, when, tz_version, withdrawn, external_ids, meta } = absence;
        pb::ExpertAbsence {
            name: name.to_string(),
            expert: Name::<Experts>::new(name.programme().clone(), expert).to_string(),
            when: Some(when.into()),
            resolved: Some(resolved),
            tz_version: tz_version.unwrap_or_default(),
            state,
            withdraw_time: withdrawn.map(Into::into),
            external_ids: external_ids.into_iter().map(Into::into).collect(),
            etag: meta.etag(&name),
            create_time: Some(meta.create_time.into()),
            update_time: Some(meta.update_time.into()),
        }
    }
}

impl From<Page<ExpertAbsence>> for pb::ListExpertAbsencesResponse {
    fn from(page: Page<ExpertAbsence>) -> Self {
        let next_page_token = page.next_page_token();
        let absences = page.items.into_iter().map(Into::into).collect();
        pb::ListExpertAbsencesResponse { absences, next_page_token }
    }
}

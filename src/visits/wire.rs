//! Messages of visits to commands and queries, and visits to messages.
use super::commands::{CancelVisit, CreateVisit, EndVisit, GetVisit, ListVisits, UpdateVisit};
use super::store::Filter;
use super::{Discrepancy, LONGEST_DAYS, MOST_SESSIONS, Profile, Visit, Visits};
use crate::experts::Experts;
use crate::kernel::{Fields, Id, Mask, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sessions::Sessions;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(pb::CreateVisitRequest, pb::UpdateVisitRequest, pb::EndVisitRequest, pb::CancelVisitRequest);

pub(super) fn create(fields: &mut Fields, request: pb::CreateVisitRequest, now: Timestamp) -> CreateVisit {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("visit_id", &request.visit_id).unwrap_or_else(|| Id::fresh(now));
    let visit = fields.message("visit", request.visit);
    // All of them, as an update without a mask.
    let all = fields.mask(&None, UpdateVisit::FIELDS);
    fields.within("visit", |fields| CreateVisit {
        expert: fields.name_in::<Experts>("expert", &visit.expert, &programme),
        profile: profile(fields, &visit, &all, &programme),
        name: Name::new(programme, id),
    })
}

pub(super) fn update(fields: &mut Fields, request: pb::UpdateVisitRequest, _now: Timestamp) -> UpdateVisit {
    let mask = fields.mask(&request.update_mask, UpdateVisit::FIELDS);
    let visit = fields.message("visit", request.visit);
    fields.within("visit", |fields| {
        let name: Name<Visits> = fields.name("name", &visit.name);
        UpdateVisit {
            etag: fields.etag("etag", &visit.etag),
            profile: profile(fields, &visit, &mask, name.programme()),
            mask,
            name,
        }
    })
}

/// The fields of a visit; what the mask leaves out isn't looked at, and its value here is never used.
fn profile(fields: &mut Fields, visit: &pb::Visit, mask: &Mask, programme: &Id) -> Profile {
    let mut seen = Vec::new();
    let arrival = fields.masked(mask, "arrival_time", |f| f.time("arrival_time", visit.arrival_time.as_ref()));
    let departure = fields.masked(mask, "departure_time", |f| f.time("departure_time", visit.departure_time.as_ref()));
    let both = mask.has("arrival_time") && mask.has("departure_time");
    if both && visit.arrival_time.is_some() && visit.departure_time.is_some() {
        let longest = arrival.plus_minutes(LONGEST_DAYS * 24 * 60);
        if departure <= arrival || longest < departure {
            let text = format!("must be later than arrival_time, by at most {LONGEST_DAYS} days");
            fields.refuse("departure_time", Reason::Inconsistent, text);
        }
    }
    let host_site =
        fields.masked(mask, "host_site", |f| Some(f.name_in::<Sites>("host_site", &visit.host_site, programme)));
    Profile {
        // Not in the mask: the programme's id stands in for a site that nobody will look at.
        host_site: host_site.unwrap_or_else(|| programme.clone()),
        arrival,
        departure,
        sessions: fields.masked(mask, "sessions", |fields| {
            fields.list("sessions", &visit.sessions, MOST_SESSIONS, |fields, name| {
                let id = fields.name_in::<Sessions>("", name, programme);
                if seen.contains(&id) {
                    fields.refuse("", Reason::Duplicate, "stands twice");
                }
                seen.push(id.clone());
                id
            })
        }),
        external_ids: fields.masked(mask, "external_ids", |f| f.external_ids("external_ids", &visit.external_ids)),
    }
}

pub(super) fn end(fields: &mut Fields, request: pb::EndVisitRequest, _now: Timestamp) -> EndVisit {
    EndVisit {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        arrival: fields.optional_time("arrival_time", request.arrival_time.as_ref()),
        departure: fields.optional_time("departure_time", request.departure_time.as_ref()),
    }
}

pub(super) fn cancel(fields: &mut Fields, request: pb::CancelVisitRequest, _now: Timestamp) -> CancelVisit {
    CancelVisit { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetVisitRequest) -> GetVisit {
    GetVisit { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListVisitsRequest) -> ListVisits {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        arrival_from: fields.optional_time("arrival_time_from", request.arrival_time_from.as_ref()),
        arrival_until: fields.optional_time("arrival_time_until", request.arrival_time_until.as_ref()),
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        host_site: fields.optional_name_in::<Sites>("host_site", &request.host_site, &programme),
        state: fields.optional_choice("state", request.state),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = ListVisits::bound_to(&programme, &filter);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListVisits { programme, filter, page, bound_to }
}

pub(super) fn visit(visit: Visit) -> pb::Visit {
    let programme = visit.name.programme().clone();
    let resource = |collection: &str, id: &Id| format!("programmes/{programme}/{collection}/{id}");
    let note = |one: &Discrepancy| pb::VisitDiscrepancyNote {
        discrepancy: one.discrepancy.number(),
        session: resource("sessions", &one.session),
    };
    pb::Visit {
        name: visit.name.to_string(),
        expert: resource("experts", &visit.expert),
        host_site: resource("sites", &visit.profile.host_site),
        arrival_time: Some(visit.profile.arrival.into()),
        departure_time: Some(visit.profile.departure.into()),
        sessions: visit.profile.sessions.iter().map(|id| resource("sessions", id)).collect(),
        external_ids: visit.profile.external_ids.iter().map(Into::into).collect(),
        state: visit.state.number(),
        date: Some(visit.place.date.into()),
        discrepancies: visit.discrepancies.iter().map(note).collect(),
        etag: visit.meta.etag(&visit.name),
        create_time: Some(visit.meta.create_time.into()),
        update_time: Some(visit.meta.update_time.into()),
    }
}

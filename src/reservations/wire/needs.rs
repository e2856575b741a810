//! Messages of the need list to commands and queries, and needs to messages.
use super::super::commands::{CreateNeed, FillFromNeeds, WithdrawNeed};
use super::super::need::{MOST_FILLED, Need, Wanted};
use super::super::queries::{GetNeed, ListNeeds};
use super::super::store::needs::Filter;
use crate::experts::Experts;
use crate::kernel::{Fields, Id, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::reservations::Reservations;
use crate::sessions::Sessions;
use crate::wire::mutations;

mutations!(pb::CreateNeedRequest, pb::WithdrawNeedRequest, pb::FillFromNeedsRequest);

pub(in super::super) fn create(fields: &mut Fields, request: pb::CreateNeedRequest, now: Timestamp) -> CreateNeed {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("need_id", &request.need_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("need", request.need);
    fields.within("need", |fields| {
        let wanted = wanted(fields, &message.expert, &message.specialty, &programme);
        if wanted.is_none() {
            fields.refuse("expert", Reason::Required, "must be set, or specialty");
        }
        CreateNeed {
            // The programme's id stands in for what was refused.
            wanted: wanted.unwrap_or_else(|| Wanted::Expert(programme.clone())),
            urgency: fields.choice("urgency", message.urgency),
            patient: fields.required_patient("patient", message.patient.as_ref()),
            external_ids: fields.external_ids("external_ids", &message.external_ids),
            name: Name::new(programme, id),
        }
    })
}

/// What is waited for, the one or the other.
fn wanted(fields: &mut Fields, expert: &str, specialty: &str, programme: &Id) -> Option<Wanted> {
    let expert = fields.optional_name_in::<Experts>("expert", expert, programme);
    let specialty = fields.optional_specialty("specialty", specialty);
    if expert.is_some() && specialty.is_some() {
        fields.refuse("specialty", Reason::Inconsistent, "must be empty where expert is set");
    }
    expert.map(Wanted::Expert).or(specialty.map(Wanted::Specialty))
}

pub(in super::super) fn withdraw(
    fields: &mut Fields,
    request: pb::WithdrawNeedRequest,
    _now: Timestamp,
) -> WithdrawNeed {
    WithdrawNeed { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(in super::super) fn fill(fields: &mut Fields, request: pb::FillFromNeedsRequest, now: Timestamp) -> FillFromNeeds {
    let session: Name<Sessions> = fields.name("session", &request.session);
    let places = fields.number("places", request.places, 1..=MOST_FILLED);
    FillFromNeeds {
        reservations: (0..places).map(|_| Id::fresh(now)).collect(),
        name: Name::new(session.programme().clone(), session.into_id()),
    }
}

pub(in super::super) fn get(fields: &mut Fields, request: pb::GetNeedRequest) -> GetNeed {
    GetNeed { name: fields.name("name", &request.name) }
}

pub(in super::super) fn list(fields: &mut Fields, request: pb::ListNeedsRequest) -> ListNeeds {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        wanted: wanted(fields, &request.expert, &request.specialty, &programme),
        state: fields.optional_choice("state", request.state),
        patient: fields.patient("patient", request.patient.as_ref()),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = ListNeeds::bound_to(&programme, &filter);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListNeeds { programme, filter, page, bound_to }
}

pub(in super::super) fn need(need: Need) -> pb::Need {
    let programme = need.name.programme().clone();
    let (expert, specialty) = match need.wanted {
        Wanted::Expert(expert) => (Name::<Experts>::new(programme.clone(), expert).to_string(), String::new()),
        Wanted::Specialty(specialty) => (String::new(), specialty.to_string()),
    };
    let reservation = |id| Name::<Reservations>::new(programme.clone(), id).to_string();
    let (issuer, token) = (need.patient.issuer().to_owned(), need.patient.token().to_owned());
    pb::Need {
        etag: need.meta.etag(&need.name),
        name: need.name.to_string(),
        expert,
        specialty,
        urgency: need.urgency.number(),
        patient: Some(pb::Patient { issuer, token }),
        state: need.state.number(),
        reservation: need.reservation.map(reservation).unwrap_or_default(),
        external_ids: need.external_ids.into_iter().map(Into::into).collect(),
        create_time: Some(need.meta.create_time.into()),
        update_time: Some(need.meta.update_time.into()),
    }
}

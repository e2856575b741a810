//! Messages of reservations to commands and queries.
use super::commands::{
    BookHeld, BookReservation, Booking, Cancel, Deed, Enter, Entry, GrantExtraPlaces, HoldReservation, Holding,
    JoinWaitlist, Joining, MarkServed, MoveReservation, OpenRegister, Treat, UpdatePolicy, UpdateRegister, Way,
};
use super::queries::{GetAvailability, GetPolicy, GetRegister, GetReservation, ListReservations};
use super::register::{LONGEST_PLACE_MINUTES, MOST_EXTRA_PLACES, Times};
use super::store::list::Filter;
use super::{CancelledBy, HOLD_MINUTES, LONGEST_HOLD_MINUTES, Policy, Registers, ReservationPolicies, Reservations};
use crate::experts::{self, Consent, ConsentMedium};
use crate::kernel::{Caller, Fields, Id, Name, Reason, Residence, Timestamp};
use crate::pb;
use crate::sessions::Sessions;
use crate::wire::mutations;

mod answers;
pub(super) mod needs;

pub(super) use answers::{availability, policy, register, reservation};

mutations!(
    pb::UpdateReservationPolicyRequest,
    pb::OpenRegisterRequest,
    pb::UpdateRegisterRequest,
    pb::GrantExtraPlacesRequest,
    pb::HoldReservationRequest,
    pb::BookReservationRequest,
    pb::JoinWaitlistRequest,
    pb::CancelReservationRequest,
    pb::MoveReservationRequest,
    pb::MarkReservationServedRequest,
    pb::CheckInReservationRequest,
    pb::MarkReservationNoShowRequest,
    pb::MarkReservationNotServedRequest,
    pb::AcknowledgeReservationRequest,
);

/// A programme's one policy.
fn policy_name(fields: &mut Fields, value: &str) -> Name<ReservationPolicies> {
    let name: Name<ReservationPolicies> = fields.name("name", value);
    if !value.is_empty() && Name::<ReservationPolicies>::parse(value).is_ok() && name.id().as_str() != "default" {
        fields.refuse("name", Reason::Malformed, "must be programmes/{programme}/reservationPolicies/default");
    }
    name
}

pub(super) fn get_policy(fields: &mut Fields, request: pb::GetReservationPolicyRequest) -> GetPolicy {
    GetPolicy { programme: policy_name(fields, &request.name).programme().clone() }
}

pub(super) fn update_policy(
    fields: &mut Fields,
    request: pb::UpdateReservationPolicyRequest,
    _now: Timestamp,
) -> UpdatePolicy {
    let mask = fields.mask(&request.update_mask, Policy::FIELDS);
    let message = fields.message("policy", request.policy);
    let unset = Policy::unset();
    fields.within("policy", |fields| UpdatePolicy {
        name: policy_name(fields, &message.name),
        etag: fields.etag("etag", &message.etag),
        policy: Policy {
            waitlist: if mask.has("waitlist") { fields.choice("waitlist", message.waitlist) } else { unset.waitlist },
            offer_minutes: fields.masked(&mask, "offer_minutes", |fields| {
                fields.number("offer_minutes", message.offer_minutes, 5..=Policy::LONGEST_OFFER_MINUTES)
            }),
            records_consultations: message.records_consultations,
            on_cancel: if mask.has("on_cancel") {
                fields.choice("on_cancel", message.on_cancel)
            } else {
                unset.on_cancel
            },
            on_move: if mask.has("on_move") { fields.choice("on_move", message.on_move) } else { unset.on_move },
            meta: None,
        },
        mask,
    })
}

pub(super) fn open(fields: &mut Fields, request: pb::OpenRegisterRequest, _now: Timestamp) -> OpenRegister {
    let session: Name<Sessions> = fields.name("session", &request.session);
    let minutes = Some(request.place_minutes).filter(|minutes| *minutes != 0);
    OpenRegister {
        place_minutes: fields.optional_number("place_minutes", minutes, 1..=LONGEST_PLACE_MINUTES),
        open: fields.optional_time("open_time", request.open_time.as_ref()),
        close: fields.optional_time("close_time", request.close_time.as_ref()),
        name: Name::new(session.programme().clone(), session.into_id()),
    }
}

pub(super) fn update_register(
    fields: &mut Fields,
    request: pb::UpdateRegisterRequest,
    _now: Timestamp,
) -> UpdateRegister {
    let mask = fields.mask(&request.update_mask, UpdateRegister::FIELDS);
    let message = fields.message("register", request.register);
    fields.within("register", |fields| UpdateRegister {
        name: fields.name("name", &message.name),
        etag: fields.etag("etag", &message.etag),
        times: Times {
            place_minutes: fields.masked(&mask, "place_minutes", |fields| {
                fields.number("place_minutes", message.place_minutes, 1..=LONGEST_PLACE_MINUTES)
            }),
            open: fields.masked(&mask, "open_time", |fields| fields.time("open_time", message.open_time.as_ref())),
            close: fields
                .masked(&mask, "close_time", |fields| fields.optional_time("close_time", message.close_time.as_ref())),
        },
        mask,
    })
}

pub(super) fn grant(fields: &mut Fields, request: pb::GrantExtraPlacesRequest, now: Timestamp) -> GrantExtraPlaces {
    // A consent that was refused isn't looked at any more.
    let refused =
        || Consent { heard_by: String::new(), medium: ConsentMedium::Message, heard_time: now, words: String::new() };
    GrantExtraPlaces {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        places: fields.number("places", request.places, 1..=MOST_EXTRA_PLACES),
        consent: experts::wire::consent(fields, "consent", request.consent.as_ref(), now).unwrap_or_else(refused),
    }
}

pub(super) fn get_register(fields: &mut Fields, request: pb::GetRegisterRequest) -> GetRegister {
    GetRegister { name: fields.name("name", &request.name) }
}

pub(super) fn availability_of(fields: &mut Fields, request: pb::GetAvailabilityRequest) -> GetAvailability {
    let programme = fields.parent("parent", &request.parent);
    if request.sessions.is_empty() {
        fields.refuse("sessions", Reason::Required, "must have at least one entry");
    }
    let mut seen: Vec<Id> = Vec::new();
    let sessions = fields.list("sessions", &request.sessions, GetAvailability::MOST, |fields, name| {
        let id = fields.name_in::<Sessions>("", name, &programme);
        if seen.contains(&id) {
            fields.refuse("", Reason::Duplicate, "stands twice");
        }
        seen.push(id.clone());
        id
    });
    GetAvailability { programme, sessions }
}

pub(super) fn hold(fields: &mut Fields, request: pb::HoldReservationRequest, now: Timestamp) -> HoldReservation {
    let minutes = Some(request.minutes).filter(|minutes| *minutes != 0);
    let minutes = fields.optional_number("minutes", minutes, 1..=LONGEST_HOLD_MINUTES).unwrap_or(HOLD_MINUTES);
    enter(fields, &request.parent, &request.reservation_id, request.reservation, Holding { minutes }, now)
}

pub(super) fn book(fields: &mut Fields, request: pb::BookReservationRequest, now: Timestamp) -> BookReservation {
    enter(fields, &request.parent, &request.reservation_id, request.reservation, Booking, now)
}

pub(super) fn book_held(fields: &mut Fields, request: pb::BookReservationRequest, _now: Timestamp) -> Treat<BookHeld> {
    let parts = [
        ("parent", request.parent.is_empty()),
        ("reservation_id", request.reservation_id.is_empty()),
        ("reservation", request.reservation.is_none()),
    ];
    for (field, _) in parts.into_iter().filter(|(_, is_empty)| !is_empty) {
        fields.refuse(field, Reason::Inconsistent, "must be unset where name says which hold or offer is booked");
    }
    treat(fields, &request.name, &request.etag, BookHeld)
}

pub(super) fn join(fields: &mut Fields, request: pb::JoinWaitlistRequest, now: Timestamp) -> JoinWaitlist {
    enter(fields, &request.parent, &request.reservation_id, request.reservation, Joining, now)
}

fn enter<W: Way>(
    fields: &mut Fields,
    parent: &str,
    id: &str,
    message: Option<pb::Reservation>,
    way: W,
    now: Timestamp,
) -> Enter<W> {
    let programme = fields.parent("parent", parent);
    let id = fields.id("reservation_id", id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("reservation", message);
    let entry = fields.within("reservation", |fields| Entry {
        session: fields.name_in::<Sessions>("session", &message.session, &programme),
        patient: fields.required_patient("patient", message.patient.as_ref()),
        external_ids: fields.external_ids("external_ids", &message.external_ids),
        name: Name::new(programme, id),
    });
    Enter { entry, way }
}

pub(super) fn cancel(fields: &mut Fields, request: pb::CancelReservationRequest, _now: Timestamp) -> Treat<Cancel> {
    let by: CancelledBy = fields.choice("cancelled_by", request.cancelled_by);
    if by == CancelledBy::Session {
        fields.refuse("cancelled_by", Reason::Inconsistent, "must be PATIENT or SITE: sessions cancel by themselves");
    }
    treat(fields, &request.name, &request.etag, Cancel { by })
}

pub(super) fn move_to(fields: &mut Fields, request: pb::MoveReservationRequest, _now: Timestamp) -> MoveReservation {
    let name: Name<Reservations> = fields.name("name", &request.name);
    MoveReservation {
        etag: fields.etag("etag", &request.etag),
        session: fields.name_in::<Sessions>("session", &request.session, name.programme()),
        name,
    }
}

pub(super) fn serve(fields: &mut Fields, request: pb::MarkReservationServedRequest, now: Timestamp) -> MarkServed {
    MarkServed {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        activity: Id::fresh(now),
        residence: fields.optional_choice("residence", request.residence).unwrap_or(Residence::Unknown),
    }
}

pub(super) fn treat<D: Deed>(fields: &mut Fields, name: &str, etag: &str, deed: D) -> Treat<D> {
    Treat { name: fields.name::<Reservations>("name", name), etag: fields.etag("etag", etag), deed }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetReservationRequest) -> GetReservation {
    GetReservation { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListReservationsRequest, caller: Caller) -> ListReservations {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        session: fields.optional_name_in::<Sessions>("session", &request.session, &programme),
        patient: fields.patient("patient", request.patient.as_ref()),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
        state: fields.optional_choice("state", request.state),
        affected: request.affected,
        made_by: caller.own_only.then_some(caller.subject),
    };
    let bound_to = ListReservations::bound_to(&programme, &filter);
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListReservations { programme, filter, page, bound_to }
}

/// The name of a programme's policy.
pub(super) fn name_of_policy(programme: &Id) -> String {
    format!("programmes/{programme}/reservationPolicies/default")
}

/// The name of a register's session.
pub(super) fn session_of(name: &Name<Registers>) -> String {
    Name::<Sessions>::new(name.programme().clone(), name.id().clone()).to_string()
}

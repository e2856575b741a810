//! Registers, reservations and policies to messages.
use super::super::queries::Availability;
use super::super::{Grant, Policy, Register, Reservation};
use super::{name_of_policy, session_of};
use crate::activities::Activities;
use crate::kernel::{Etag, Id, Name, Vocabulary as _};
use crate::pb;
use crate::sessions::Sessions;

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(in super::super) fn policy(programme: &Id, policy: Policy) -> pb::ReservationPolicy {
    let name = name_of_policy(programme);
    pb::ReservationPolicy {
        etag: policy.meta.map(|meta| Etag::of(&name, meta.revision)).unwrap_or_default(),
        name,
        waitlist: policy.waitlist.number(),
        offer_minutes: small(policy.offer_minutes),
        records_consultations: policy.records_consultations,
        on_cancel: policy.on_cancel.number(),
        on_move: policy.on_move.number(),
        create_time: policy.meta.map(|meta| meta.create_time.into()),
        update_time: policy.meta.map(|meta| meta.update_time.into()),
    }
}

pub(in super::super) fn register(register: Register, grants: Vec<Grant>) -> pb::Register {
    let grant = |grant: Grant| pb::ExtraPlaces {
        places: small(grant.places),
        consent: Some(grant.consent.into()),
        record_time: Some(grant.time.into()),
    };
    pb::Register {
        session: session_of(&register.name),
        session_state: register.session_state.number(),
        capacity: small(register.capacity),
        extra_places: small(register.granted),
        place_minutes: small(register.place_minutes),
        open_time: Some(register.open.into()),
        close_time: register.close.map(Into::into),
        grants: grants.into_iter().map(grant).collect(),
        job: register.job.as_ref().map(|job| job.kind.number()).unwrap_or_default(),
        etag: register.meta.etag(&register.name),
        create_time: Some(register.meta.create_time.into()),
        update_time: Some(register.meta.update_time.into()),
        name: register.name.to_string(),
    }
}

pub(in super::super) fn availability((register, availability): (Register, Availability)) -> pb::Availability {
    pb::Availability {
        session: session_of(&register.name),
        open: availability.is_open,
        free: small(availability.free),
        taken: small(availability.taken),
        waiting: small(availability.waiting),
        places: small(register.places()),
        open_time: Some(register.open.into()),
        close_time: Some(register.closes().into()),
    }
}

pub(in super::super) fn reservation(reservation: Reservation) -> pb::Reservation {
    let programme = reservation.name.programme().clone();
    let activity = |id| Name::<Activities>::new(programme.clone(), id).to_string();
    let patient = &reservation.patient;
    pb::Reservation {
        etag: reservation.meta.etag(&reservation.name),
        name: reservation.name.to_string(),
        session: Name::<Sessions>::new(programme.clone(), reservation.session).to_string(),
        patient: Some(pb::Patient { issuer: patient.issuer().to_owned(), token: patient.token().to_owned() }),
        state: reservation.state.number(),
        place: small(reservation.place.unwrap_or_default()),
        extra: reservation.expected.is_some_and(|expected| expected.extra),
        expected_time: reservation.expected.map(|expected| expected.time.into()),
        arrival: reservation.arrival.unwrap_or_default(),
        lapse_time: reservation.lapse_time.map(Into::into),
        affected: reservation.affected.map(|(cause, _)| cause.number()).unwrap_or_default(),
        affected_time: reservation.affected.map(|(_, time)| time.into()),
        cancelled_by: reservation.cancelled_by.map(|by| by.number()).unwrap_or_default(),
        activity: reservation.activity.map(activity).unwrap_or_default(),
        external_ids: reservation.external_ids.into_iter().map(Into::into).collect(),
        create_time: Some(reservation.meta.create_time.into()),
        update_time: Some(reservation.meta.update_time.into()),
    }
}

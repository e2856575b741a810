//! Reservations over a real socket: places that are held, booked, cancelled and given on, and who waits for one.
mod changed;
mod model;
mod needs;
mod places;
mod queue;
mod races;
mod sessions;
mod sets;
mod sweeps;

use homecoming::pb;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use tonic::transport::Channel;

use crate::support::schedule::{self, PARENT, booking, clinic, name};

type Client = ReservationServiceClient<Channel>;

/// A county with the clinic `s1` of so many places tomorrow from 8 to 12, whose register is open from now on.
async fn open(channel: &Channel, capacity: i32) -> Client {
    let mut sessions = schedule::make(channel, 2).await;
    let plan = pb::SessionPlan { capacity, ..clinic(1, 8, 12) };
    sessions.book_session(booking("s1", plan)).await.unwrap();
    let mut client = ReservationServiceClient::new(channel.clone());
    client.open_register(register("s1")).await.unwrap();
    client
}

/// Asks to open a register with places of 10 minutes.
fn register(session: &str) -> pb::OpenRegisterRequest {
    pb::OpenRegisterRequest { session: name("sessions", session), place_minutes: 10, ..Default::default() }
}

/// The patient with this number.
fn patient(number: usize) -> pb::Patient {
    pb::Patient { issuer: "liling.his".to_owned(), token: format!("tokenOf{number:05}") }
}

fn wish(session: &str, number: usize) -> Option<pb::Reservation> {
    let (session, patient) = (name("sessions", session), Some(patient(number)));
    Some(pb::Reservation { session, patient, ..Default::default() })
}

/// Asks to book a place of `s1` for a patient at once, as reservation `r{number}`.
fn book(number: usize) -> pb::BookReservationRequest {
    let (parent, reservation_id) = (PARENT.to_owned(), format!("r{number}"));
    pb::BookReservationRequest { parent, reservation_id, reservation: wish("s1", number), ..Default::default() }
}

/// Asks to hold a place of `s1` for a patient, as reservation `r{number}`.
fn hold(number: usize, minutes: i32) -> pb::HoldReservationRequest {
    let (parent, reservation_id) = (PARENT.to_owned(), format!("r{number}"));
    pb::HoldReservationRequest {
        parent,
        reservation_id,
        reservation: wish("s1", number),
        minutes,
        ..Default::default()
    }
}

/// Asks to wait for a place of `s1` for a patient, as reservation `r{number}`.
fn join(number: usize) -> pb::JoinWaitlistRequest {
    let (parent, reservation_id) = (PARENT.to_owned(), format!("r{number}"));
    pb::JoinWaitlistRequest { parent, reservation_id, reservation: wish("s1", number), ..Default::default() }
}

/// Asks to book what is held for or offered to a patient.
fn take(number: usize) -> pb::BookReservationRequest {
    pb::BookReservationRequest { name: reservation(number), ..Default::default() }
}

fn cancel(number: usize) -> pb::CancelReservationRequest {
    let cancelled_by = pb::CancelledBy::Patient as i32;
    pb::CancelReservationRequest { name: reservation(number), cancelled_by, ..Default::default() }
}

fn reservation(number: usize) -> String {
    name("reservations", &format!("r{number}"))
}

async fn get(client: &mut Client, number: usize) -> pb::Reservation {
    let request = pb::GetReservationRequest { name: reservation(number) };
    client.get_reservation(request).await.unwrap().into_inner()
}

async fn availability(client: &mut Client, session: &str) -> pb::Availability {
    let sessions = vec![name("sessions", session)];
    let request = pb::GetAvailabilityRequest { parent: PARENT.to_owned(), sessions };
    client.get_availability(request).await.unwrap().into_inner().availabilities.remove(0)
}

/// Says what becomes of freed places.
async fn set_rule(client: &mut Client, waitlist: pb::WaitlistRule, offer_minutes: i32) {
    let policy = pb::ReservationPolicy {
        name: name("reservationPolicies", "default"),
        waitlist: waitlist as i32,
        offer_minutes,
        ..Default::default()
    };
    let paths = ["waitlist", "offer_minutes"].map(str::to_owned).to_vec();
    let update_mask = Some(prost_types::FieldMask { paths });
    let request = pb::UpdateReservationPolicyRequest { policy: Some(policy), update_mask, ..Default::default() };
    client.update_reservation_policy(request).await.unwrap();
}

/// Says what becomes of the reservations of a session that is held at another time.
async fn set_move_rule(client: &mut Client, rule: pb::MoveRule) {
    let policy = pb::ReservationPolicy {
        name: name("reservationPolicies", "default"),
        on_move: rule as i32,
        ..Default::default()
    };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["on_move".to_owned()] });
    let request = pb::UpdateReservationPolicyRequest { policy: Some(policy), update_mask, ..Default::default() };
    client.update_reservation_policy(request).await.unwrap();
}

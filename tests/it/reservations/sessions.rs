//! What becomes of reservations when their session changes, and of patients who go to another one.
use futures_util::future::join_all;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::ReservationState as State;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::server::lapses;
use tonic::transport::Channel;

use super::{Client, availability, book, get, hold, join, open, patient, register, reservation, set_rule, wish};
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{PARENT, TOMORROW, at, booking, clinic, name};

async fn cancel_session(channel: &Channel, id: &str) {
    let party = pb::CancelParty::Expert as i32;
    let request = pb::CancelSessionRequest { name: name("sessions", id), party, ..Default::default() };
    SessionServiceClient::new(channel.clone()).cancel_session(request).await.unwrap();
}

/// Opens one more clinic of so many places, in the afternoon.
async fn open_another(channel: &Channel, client: &mut Client, id: &str, capacity: i32) {
    let plan = pb::SessionPlan { capacity, room: "c2".to_owned(), ..clinic(2, 14, 17) };
    SessionServiceClient::new(channel.clone()).book_session(booking(id, plan)).await.unwrap();
    client.open_register(register(id)).await.unwrap();
}

async fn update(client: &mut Client, policy: pb::ReservationPolicy, paths: &[&str]) -> pb::ReservationPolicy {
    let policy = Some(pb::ReservationPolicy { name: name("reservationPolicies", "default"), ..policy });
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let update_mask = Some(prost_types::FieldMask { paths });
    let request = pb::UpdateReservationPolicyRequest { policy, update_mask, ..Default::default() };
    client.update_reservation_policy(request).await.unwrap().into_inner()
}

async fn affected(client: &mut Client) -> Vec<pb::Reservation> {
    let request = pb::ListReservationsRequest {
        parent: PARENT.to_owned(),
        page_size: 1000,
        affected: true,
        ..Default::default()
    };
    client.list_reservations(request).await.unwrap().into_inner().reservations
}

#[tokio::test]
async fn a_cancelled_session_takes_its_reservations_along() {
    each_engine("reservation_cancelled", async |server| {
        let mut client = open(&server.channel, 2).await;
        let external_ids = vec![pb::ExternalId { system: "his".to_owned(), value: "R 1".to_owned() }];
        let wished = pb::Reservation { external_ids: external_ids.clone(), ..wish("s1", 1).unwrap() };
        client.book_reservation(pb::BookReservationRequest { reservation: Some(wished), ..book(1) }).await.unwrap();
        client.hold_reservation(hold(2, 15)).await.unwrap();
        client.join_waitlist(join(3)).await.unwrap();
        cancel_session(&server.channel, "s1").await;
        let told = affected(&mut client).await;
        assert_eq!(told.len(), 3);
        for one in &told {
            assert_eq!((one.state(), one.cancelled_by()), (State::Cancelled, pb::CancelledBy::Session));
            assert_eq!(one.affected(), pb::AffectedCause::SessionCancelled);
        }
        assert_eq!(told[0].external_ids, external_ids, "by which the hospital knows whom to phone");
        let seen = availability(&mut client, "s1").await;
        assert_eq!((seen.open, seen.taken, seen.waiting), (false, 0, 0));
        assert_eq!(refused(client.book_reservation(book(4)).await).metadata["state"], "CANCELLED");
        let request = pb::AcknowledgeReservationRequest { name: reservation(1), ..Default::default() };
        let acknowledged = client.acknowledge_reservation(request).await.unwrap().into_inner();
        assert_eq!(acknowledged.affected(), pb::AffectedCause::Unspecified);
        assert_eq!(affected(&mut client).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn marked_patients_are_moved_to_another_session() {
    each_engine("reservation_marked", async |server| {
        let mut client = open(&server.channel, 2).await;
        open_another(&server.channel, &mut client, "s2", 2).await;
        let policy = pb::ReservationPolicy { on_cancel: pb::CancelRule::Mark as i32, ..Default::default() };
        let policy = update(&mut client, policy, &["on_cancel"]).await;
        assert_eq!((policy.on_cancel(), policy.waitlist()), (pb::CancelRule::Mark, pb::WaitlistRule::Offer));
        for number in 1..=2 {
            client.book_reservation(book(number)).await.unwrap();
        }
        let there = pb::BookReservationRequest { reservation: wish("s2", 1), ..book(11) };
        client.book_reservation(there).await.unwrap();
        cancel_session(&server.channel, "s1").await;
        let marked = get(&mut client, 1).await;
        assert_eq!((marked.state(), marked.affected()), (State::Booked, pb::AffectedCause::SessionCancelled));
        let to = |number, session: &str| pb::MoveReservationRequest {
            name: reservation(number),
            session: name("sessions", session),
            ..Default::default()
        };
        assert_eq!(refused(client.move_reservation(to(1, "s1")).await).reason, Reason::InvalidFields);
        let twice = refused(client.move_reservation(to(1, "s2")).await);
        assert_eq!((twice.reason, &twice.metadata["name"]), (Reason::PatientHoldsPlace, &reservation(11)));
        let moved = client.move_reservation(to(2, "s2")).await.unwrap().into_inner();
        assert_eq!((moved.state(), moved.place, moved.affected()), (State::Booked, 2, pb::AffectedCause::Unspecified));
        assert_eq!((moved.session.clone(), moved.expected_time), (name("sessions", "s2"), Some(at(14, 10))));
        assert_eq!(get(&mut client, 2).await, moved);
        assert_eq!(availability(&mut client, "s1").await.taken, 1);
        assert_eq!(refused(client.move_reservation(to(9, "s2")).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_moved_patient_leaves_the_place_to_the_queue() {
    each_engine("reservation_moved", async |server| {
        let mut client = open(&server.channel, 1).await;
        open_another(&server.channel, &mut client, "s2", 1).await;
        set_rule(&mut client, pb::WaitlistRule::Give, 60).await;
        client.book_reservation(book(1)).await.unwrap();
        client.join_waitlist(join(2)).await.unwrap();
        let to =
            pb::MoveReservationRequest { name: reservation(1), session: name("sessions", "s2"), ..Default::default() };
        client.move_reservation(to.clone()).await.unwrap();
        let second = get(&mut client, 2).await;
        assert_eq!((second.state(), second.place), (State::Booked, 1));
        let full = pb::MoveReservationRequest { name: reservation(2), ..to };
        assert_eq!(refused(client.move_reservation(full).await).reason, Reason::SessionFull);
        assert_eq!(get(&mut client, 2).await, second, "who can't move keeps the old place");
    })
    .await;
}

#[tokio::test]
async fn who_is_served_is_recorded_where_the_programme_says_so() {
    each_engine("reservation_served", async |server| {
        let mut client = open(&server.channel, 3).await;
        for number in 1..=3 {
            client.book_reservation(book(number)).await.unwrap();
        }
        let serve = |number| pb::MarkReservationServedRequest {
            name: reservation(number),
            residence: pb::Residence::OwnCounty as i32,
            request_id: format!("serve-{number}"),
            ..Default::default()
        };
        let unrecorded = client.mark_reservation_served(serve(1)).await.unwrap().into_inner();
        assert_eq!((unrecorded.state(), unrecorded.activity.as_str()), (State::Served, ""));
        let policy = pb::ReservationPolicy { records_consultations: true, ..Default::default() };
        update(&mut client, policy, &["records_consultations"]).await;
        let early = refused(client.mark_reservation_served(serve(2)).await);
        assert_eq!(early.reason, Reason::InTheFuture, "an activity's own refusal");
        assert_eq!(get(&mut client, 2).await.state(), State::Booked);
        server.clock.set(TOMORROW.plus_minutes(9 * 60));
        let served = client.mark_reservation_served(serve(2)).await.unwrap().into_inner();
        assert_eq!(served.state(), State::Served);
        assert_eq!(client.mark_reservation_served(serve(2)).await.unwrap().into_inner(), served);
        let mut activities = pb::activity_service_client::ActivityServiceClient::new(server.channel.clone());
        let request = pb::GetActivityRequest { name: served.activity.clone() };
        let activity = activities.get_activity(request).await.unwrap().into_inner();
        assert_eq!(activity.kind(), pb::ActivityKind::Consultation);
        assert_eq!((activity.patient, activity.session), (Some(patient(2)), name("sessions", "s1")));
        assert_eq!(
            refused(
                client
                    .mark_reservation_served(pb::MarkReservationServedRequest { request_id: String::new(), ..serve(2) })
                    .await
            )
            .reason,
            Reason::IllegalTransition
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_ends_waiting() {
    each_engine("reservation_over", async |server| {
        let mut client = open(&server.channel, 1).await;
        client.book_reservation(book(1)).await.unwrap();
        client.join_waitlist(join(2)).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(12 * 60));
        let request = pb::CompleteSessionRequest { name: name("sessions", "s1"), ..Default::default() };
        SessionServiceClient::new(server.channel.clone()).complete_session(request).await.unwrap();
        let waited = get(&mut client, 2).await;
        assert_eq!((waited.state(), waited.affected()), (State::Cancelled, pb::AffectedCause::Unspecified));
        // Whoever was booked is for the site to settle.
        assert_eq!(get(&mut client, 1).await.state(), State::Booked);
        let missed = pb::MarkReservationNoShowRequest { name: reservation(1), ..Default::default() };
        client.mark_reservation_no_show(missed).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reservations_are_cancelled_in_steps() {
    each_engine("reservation_many", async |server| {
        let mut client = open(&server.channel, 700).await;
        let calls = (0..620).map(|number| {
            let mut client = ReservationServiceClient::new(server.channel.clone());
            async move { client.book_reservation(book(number)).await.unwrap() }
        });
        join_all(calls).await;
        cancel_session(&server.channel, "s1").await;
        let get = pb::GetRegisterRequest { name: name("registers", "s1") };
        while client.get_register(get.clone()).await.unwrap().into_inner().job() != pb::RegisterJob::Unspecified {
            lapses::places(&server.db, "test").await.unwrap();
        }
        assert_eq!(affected(&mut client).await.len(), 620);
        assert_eq!(availability(&mut client, "s1").await.taken, 0);
        assert_eq!(lapses::places(&server.db, "test").await.unwrap(), 0);
    })
    .await;
}

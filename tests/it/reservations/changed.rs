//! Sessions that go on otherwise than planned: moved, late, with another expert. Who has or waits for a place is told, as the policy says.
use homecoming::pb;
use homecoming::pb::ReservationState as State;
use homecoming::pb::session_service_client::SessionServiceClient;
use tonic::transport::Channel;

use super::{Client, availability, book, get, hold, join, open, reservation, set_move_rule, wish};
use crate::support::each_engine;
use crate::support::schedule::{PARENT, TOMORROW, at, consent, name};

/// A clinic of two places with one booked, one held and one who waits; the booked one has a number in the hospital's own system.
async fn taken(channel: &Channel) -> Client {
    let mut client = open(channel, 2).await;
    let reservation = pb::Reservation { external_ids: vec![his()], ..wish("s1", 1).unwrap() };
    let first = pb::BookReservationRequest { reservation: Some(reservation), ..book(1) };
    client.book_reservation(first).await.unwrap();
    client.hold_reservation(hold(2, 15)).await.unwrap();
    client.join_waitlist(join(3)).await.unwrap();
    client
}

fn his() -> pb::ExternalId {
    pb::ExternalId { system: "his".to_owned(), value: "挂号 1".to_owned() }
}

/// Whom the hospital is to phone: all, or the one with a number of its own.
async fn to_phone(client: &mut Client, external_id: Option<pb::ExternalId>) -> Vec<String> {
    let request =
        pb::ListReservationsRequest { parent: PARENT.to_owned(), affected: true, external_id, ..Default::default() };
    let found = client.list_reservations(request).await.unwrap().into_inner().reservations;
    found.into_iter().map(|one| one.name).collect()
}

async fn reschedule(channel: &Channel, from: i64, until: i64) {
    let request = pb::RescheduleSessionRequest {
        name: name("sessions", "s1"),
        start_time: Some(at(from, 0)),
        end_time: Some(at(until, 0)),
        consent: Some(consent()),
        ..Default::default()
    };
    let moved = SessionServiceClient::new(channel.clone()).reschedule_session(request).await.unwrap().into_inner();
    assert_eq!(moved.plan.unwrap().start_time, Some(at(from, 0)), "the yes is at hand");
}

async fn tell(client: &mut Client, number: usize) {
    let request = pb::AcknowledgeReservationRequest { name: reservation(number), ..Default::default() };
    client.acknowledge_reservation(request).await.unwrap();
}

#[tokio::test]
async fn who_has_a_place_goes_along_with_a_moved_session() {
    each_engine("reservation_session_moved", async |server| {
        let mut client = taken(&server.channel).await;
        reschedule(&server.channel, 14, 17).await;
        for (number, state, place) in [(1, State::Booked, 1), (2, State::Held, 2), (3, State::Waiting, 0)] {
            let one = get(&mut client, number).await;
            assert_eq!((one.state(), one.place), (state, place));
            assert_eq!(one.affected(), pb::AffectedCause::SessionMoved);
        }
        let first = get(&mut client, 1).await;
        assert_eq!((first.expected_time, first.external_ids.clone()), (Some(at(14, 0)), vec![his()]));
        assert_eq!(get(&mut client, 2).await.expected_time, Some(at(14, 10)));
        assert_eq!(to_phone(&mut client, Some(his())).await, [reservation(1)]);
        assert_eq!(to_phone(&mut client, None).await, [1, 2, 3].map(reservation));
        let seen = availability(&mut client, "s1").await;
        assert_eq!((seen.taken, seen.waiting, seen.close_time), (2, 1, Some(at(17, 0))));
        // Who was told isn't on the list any more, and is again with the next move.
        tell(&mut client, 1).await;
        assert!(to_phone(&mut client, Some(his())).await.is_empty());
        assert_eq!(to_phone(&mut client, None).await.len(), 2);
        reschedule(&server.channel, 15, 17).await;
        assert_eq!(to_phone(&mut client, Some(his())).await, [reservation(1)]);
    })
    .await;
}

#[tokio::test]
async fn a_move_is_silent_where_the_programme_says_so() {
    each_engine("reservation_session_kept", async |server| {
        let mut client = taken(&server.channel).await;
        set_move_rule(&mut client, pb::MoveRule::Keep).await;
        let before = get(&mut client, 1).await;
        reschedule(&server.channel, 14, 17).await;
        let after = get(&mut client, 1).await;
        assert_eq!((after.expected_time, after.affected()), (Some(at(14, 0)), pb::AffectedCause::Unspecified));
        assert_eq!(after.etag, before.etag, "nothing was written of the reservation itself");
        assert!(to_phone(&mut client, None).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_has_a_place_is_told_of_a_delay() {
    each_engine("reservation_session_late", async |server| {
        let mut client = taken(&server.channel).await;
        server.clock.set(TOMORROW.plus_minutes(7 * 60));
        let late = pb::ReportSessionDelayRequest { name: name("sessions", "s1"), minutes: 45, ..Default::default() };
        let mut sessions = SessionServiceClient::new(server.channel.clone());
        sessions.report_session_delay(late).await.unwrap();
        let first = get(&mut client, 1).await;
        assert_eq!((first.affected(), first.expected_time), (pb::AffectedCause::SessionDelayed, Some(at(8, 45))));
        // The hold had lapsed in the meantime: it is written so, and nobody has to be phoned for it.
        let second = get(&mut client, 2).await;
        assert_eq!((second.state(), second.affected()), (State::Lapsed, pb::AffectedCause::Unspecified));
        assert_eq!(to_phone(&mut client, Some(his())).await, [reservation(1)]);
    })
    .await;
}

#[tokio::test]
async fn who_booked_for_one_expert_is_asked_about_another() {
    each_engine("reservation_session_replaced", async |server| {
        let mut client = taken(&server.channel).await;
        set_move_rule(&mut client, pb::MoveRule::Keep).await;
        let mut sessions = SessionServiceClient::new(server.channel.clone());
        // Proposed only: the first expert still comes.
        let replace = pb::ReplaceSessionExpertRequest {
            name: name("sessions", "s1"),
            expert: name("experts", "e2"),
            ..Default::default()
        };
        let pending = sessions.replace_session_expert(replace).await.unwrap().into_inner();
        assert!(pending.proposed_move.is_some() && to_phone(&mut client, None).await.is_empty());
        let yes = pb::RespondSessionRequest {
            name: name("sessions", "s1"),
            party: pb::Awaiting::Expert as i32,
            answer: pb::SessionAnswer::Accept as i32,
            consent: Some(consent()),
            ..Default::default()
        };
        sessions.respond_session(yes).await.unwrap();
        assert_eq!(to_phone(&mut client, None).await, [1, 2, 3].map(reservation));
        let first = get(&mut client, 1).await;
        assert_eq!((first.state(), first.affected()), (State::Booked, pb::AffectedCause::ExpertChanged));
        // Who doesn't want the other one gives the place back, and isn't to be phoned any more.
        let cancelled_by = pb::CancelledBy::Patient as i32;
        let cancel = pb::CancelReservationRequest { name: reservation(1), cancelled_by, ..Default::default() };
        client.cancel_reservation(cancel).await.unwrap();
        assert!(to_phone(&mut client, Some(his())).await.is_empty());
        assert_eq!(get(&mut client, 3).await.state(), State::Offered);
    })
    .await;
}

//! One patient, one place: what is held, booked, moved through its life, and what is refused.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::ReservationState as State;
use homecoming::server::lapses;
use tonic::Code;

use super::{availability, book, cancel, get, hold, open, patient, register, reservation, take, wish};
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::schedule::{self, PARENT, TOMORROW, at, name};

#[tokio::test]
async fn a_place_is_booked_with_its_number_and_its_time() {
    each_engine("reservation_booked", async |server| {
        let mut client = open(&server.channel, 2).await;
        let external_ids = vec![pb::ExternalId { system: "his".to_owned(), value: "R 1".to_owned() }];
        let wished = pb::Reservation { external_ids: external_ids.clone(), ..wish("s1", 1).unwrap() };
        let request = pb::BookReservationRequest { reservation: Some(wished), request_id: "one".to_owned(), ..book(1) };
        let first = client.book_reservation(request.clone()).await.unwrap().into_inner();
        assert_eq!((first.state(), first.place, first.extra), (State::Booked, 1, false));
        assert_eq!(first.expected_time, Some(at(8, 0)));
        assert_eq!((&first.patient, &first.external_ids), (&Some(patient(1)), &external_ids));
        let again = client.book_reservation(request.clone()).await.unwrap().into_inner();
        assert_eq!(again, first, "a repeated request books nothing");
        assert_eq!(get(&mut client, 1).await, first);
        let twice = refused(
            client.book_reservation(pb::BookReservationRequest { reservation_id: "other".to_owned(), ..book(1) }).await,
        );
        let holds = Refused::new(Code::AlreadyExists, Reason::PatientHoldsPlace);
        assert_eq!(twice, holds.with("session", &name("sessions", "s1")).with("name", &reservation(1)));
        let taken = pb::Reservation { external_ids, ..wish("s1", 2).unwrap() };
        let taken = pb::BookReservationRequest { reservation: Some(taken), ..book(2) };
        assert_eq!(refused(client.book_reservation(taken).await).reason, Reason::ExternalIdTaken);
        let same_id = pb::BookReservationRequest { reservation: wish("s1", 2), ..book(1) };
        assert_eq!(refused(client.book_reservation(same_id).await).reason, Reason::ResourceExists);
        let dry = pb::BookReservationRequest { validate_only: true, ..book(2) };
        assert_eq!(client.book_reservation(dry).await.unwrap().into_inner().place, 2);
        let second = client.book_reservation(book(2)).await.unwrap().into_inner();
        assert_eq!((second.place, second.expected_time), (2, Some(at(8, 10))));
        let full = refused(client.book_reservation(book(3)).await);
        let none = Refused::new(Code::ResourceExhausted, Reason::SessionFull);
        assert_eq!(full, none.with("session", &name("sessions", "s1")).with("places", "2"));
        // The lowest number that is free is the next one's.
        client.cancel_reservation(cancel(1)).await.unwrap();
        assert_eq!(client.book_reservation(book(3)).await.unwrap().into_inner().place, 1);
        let seen = availability(&mut client, "s1").await;
        assert_eq!((seen.open, seen.free, seen.taken, seen.waiting, seen.places), (true, 0, 2, 0, 2));
    })
    .await;
}

#[tokio::test]
async fn a_hold_lapses_by_one_predicate() {
    each_engine("reservation_held", async |server| {
        let mut client = open(&server.channel, 1).await;
        let held = client.hold_reservation(hold(1, 0)).await.unwrap().into_inner();
        assert_eq!((held.state(), held.place), (State::Held, 1));
        assert_eq!(refused(client.book_reservation(book(2)).await).reason, Reason::SessionFull);
        assert_eq!(availability(&mut client, "s1").await.free, 0);
        server.clock.advance_minutes(5);
        // Nobody has written so yet, and everybody sees it.
        assert_eq!(get(&mut client, 1).await.state(), State::Lapsed);
        assert_eq!(availability(&mut client, "s1").await.free, 1);
        let late = refused(client.book_reservation(take(1)).await);
        assert_eq!((late.reason, late.metadata["state"].as_str()), (Reason::IllegalTransition, "LAPSED"));
        // Whoever takes the place writes it; the same patient may be that.
        let request = pb::HoldReservationRequest { reservation_id: "r9".to_owned(), minutes: 15, ..hold(1, 0) };
        assert_eq!(client.hold_reservation(request).await.unwrap().into_inner().place, 1);
        assert_eq!(get(&mut client, 1).await.state(), State::Lapsed);
        let booked = client.book_reservation(take(9)).await.unwrap().into_inner();
        assert_eq!((booked.state(), booked.lapse_time), (State::Booked, None));
        server.clock.advance_minutes(60);
        assert_eq!(get(&mut client, 9).await.state(), State::Booked);
        assert_eq!(lapses::places(&server.db, "test").await.unwrap(), 0, "nothing is left to sweep");
        let long = refused(client.hold_reservation(hold(2, 16)).await);
        assert_eq!(long.violations, [("minutes".to_owned(), Reason::OutOfRange)]);
    })
    .await;
}

#[tokio::test]
async fn a_reservation_lives_through_its_states() {
    each_engine("reservation_states", async |server| {
        let mut client = open(&server.channel, 5).await;
        for number in 1..=4 {
            client.book_reservation(book(number)).await.unwrap();
        }
        let check_in = |number| pb::CheckInReservationRequest { name: reservation(number), ..Default::default() };
        let missed = |number| pb::MarkReservationNoShowRequest { name: reservation(number), ..Default::default() };
        let unseen = |number| pb::MarkReservationNotServedRequest { name: reservation(number), ..Default::default() };
        let here = client.check_in_reservation(check_in(1)).await.unwrap().into_inner();
        assert_eq!(here.state(), State::CheckedIn);
        assert_eq!(client.mark_reservation_not_served(unseen(1)).await.unwrap().into_inner().state(), State::NotServed);
        let over = refused(client.cancel_reservation(cancel(1)).await);
        let illegal = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition);
        assert_eq!(over, illegal.with("name", &reservation(1)).with("state", "NOT_SERVED").with("verb", "cancel"));
        assert_eq!(client.mark_reservation_no_show(missed(2)).await.unwrap().into_inner().state(), State::NoShow);
        assert_eq!(client.check_in_reservation(check_in(2)).await.unwrap().into_inner().state(), State::CheckedIn);
        let stale = pb::CancelReservationRequest { etag: here.etag, ..cancel(3) };
        assert_eq!(refused(client.cancel_reservation(stale).await).reason, Reason::EtagMismatch);
        let gone = client.cancel_reservation(cancel(3)).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.cancelled_by()), (State::Cancelled, pb::CancelledBy::Patient));
        let by_session = pb::CancelReservationRequest { cancelled_by: pb::CancelledBy::Session as i32, ..cancel(4) };
        assert_eq!(refused(client.cancel_reservation(by_session).await).reason, Reason::InvalidFields);
        // Who is missing or wasn't seen keeps the number.
        assert_eq!(availability(&mut client, "s1").await.taken, 3);

        let list = pb::ListReservationsRequest { parent: PARENT.to_owned(), page_size: 1, ..Default::default() };
        let of_patient = pb::ListReservationsRequest { patient: Some(patient(3)), ..list.clone() };
        let found = client.list_reservations(of_patient).await.unwrap().into_inner();
        assert_eq!(found.reservations.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), [reservation(3)]);
        let mut paged = pb::ListReservationsRequest { session: name("sessions", "s1"), ..list };
        let mut seen = Vec::new();
        loop {
            let page = client.list_reservations(paged.clone()).await.unwrap().into_inner();
            seen.extend(page.reservations.into_iter().map(|one| one.state()));
            paged.page_token = page.next_page_token;
            if paged.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, [State::NotServed, State::CheckedIn, State::Cancelled, State::Booked]);
        let booked = pb::ListReservationsRequest { state: State::Booked as i32, page_token: String::new(), ..paged };
        assert_eq!(client.list_reservations(booked).await.unwrap().into_inner().reservations.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn places_are_to_be_had_while_the_register_is_open() {
    each_engine("reservation_times", async |server| {
        let mut client = open(&server.channel, 2).await;
        let unknown = refused(client.open_register(register("nothing")).await);
        assert_eq!(unknown.metadata["name"], name("sessions", "nothing"));
        assert_eq!(refused(client.open_register(register("s1")).await).reason, Reason::ResourceExists);
        let mut sessions = pb::session_service_client::SessionServiceClient::new(server.channel.clone());
        let none = pb::SessionPlan { capacity: 0, room: "c2".to_owned(), ..schedule::clinic(2, 8, 12) };
        sessions.book_session(schedule::booking("s2", none)).await.unwrap();
        let useless = refused(client.open_register(register("s2")).await);
        assert_eq!((useless.reason, useless.metadata["capacity"].as_str()), (Reason::TakesNoPatients, "0"));
        let elsewhere = pb::BookReservationRequest { reservation: wish("s2", 1), ..book(1) };
        assert_eq!(refused(client.book_reservation(elsewhere).await).metadata["name"], name("registers", "s2"));

        let get = pb::GetRegisterRequest { name: name("registers", "s1") };
        let before = client.get_register(get.clone()).await.unwrap().into_inner();
        assert_eq!((before.capacity, before.place_minutes, before.close_time), (2, 10, None));
        let later = pb::Register { open_time: Some(at(0, 0)), close_time: Some(at(7, 0)), ..before.clone() };
        let update = pb::UpdateRegisterRequest { register: Some(later), ..Default::default() };
        let after = client.update_register(update.clone()).await.unwrap().into_inner();
        assert_eq!(after.open_time, Some(at(0, 0)));
        assert_eq!(refused(client.update_register(update).await).reason, Reason::EtagMismatch);
        let closed = refused(client.book_reservation(book(1)).await);
        assert_eq!((closed.code, closed.reason), (Code::FailedPrecondition, Reason::RegisterClosed));
        assert_eq!(closed.metadata["open_time"], "2024-04-01T16:00:00Z");
        server.clock.set(TOMORROW);
        client.book_reservation(book(1)).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(7 * 60));
        assert_eq!(refused(client.book_reservation(book(2)).await).reason, Reason::RegisterClosed);
        let never = pb::Register { open_time: Some(at(12, 0)), etag: String::new(), ..after };
        let update = pb::UpdateRegisterRequest { register: Some(never), ..Default::default() };
        let refusal = refused(client.update_register(update).await);
        assert_eq!(refusal.violations, [("register.open_time".to_owned(), Reason::Inconsistent)]);
    })
    .await;
}

#[tokio::test]
async fn the_expert_adds_places_within_the_charter() {
    each_engine("reservation_extra", async |server| {
        let mut client = open(&server.channel, 1).await;
        client.book_reservation(book(1)).await.unwrap();
        let grant = |places| pb::GrantExtraPlacesRequest {
            name: name("registers", "s1"),
            places,
            consent: Some(schedule::consent()),
            ..Default::default()
        };
        let silent = pb::GrantExtraPlacesRequest { consent: None, ..grant(1) };
        let refusal = refused(client.grant_extra_places(silent).await);
        assert_eq!(refusal.violations, [("consent".to_owned(), Reason::Required)]);
        assert_eq!(client.grant_extra_places(grant(2)).await.unwrap().into_inner().extra_places, 2);
        let extra = client.book_reservation(book(2)).await.unwrap().into_inner();
        assert_eq!((extra.place, extra.extra), (2, true));
        let get = pb::GetRegisterRequest { name: name("registers", "s1") };
        let grants = client.get_register(get).await.unwrap().into_inner().grants;
        assert_eq!(grants.len(), 1);
        assert_eq!((grants[0].places, grants[0].consent.clone()), (2, Some(schedule::consent())));
        let mut charters = pb::charter_service_client::CharterServiceClient::new(server.channel.clone());
        let charter = pb::Charter { name: name("charters", "e1"), patients_a_clinic: Some(4), ..Default::default() };
        let update = pb::UpdateCharterRequest { charter: Some(charter), ..Default::default() };
        charters.update_charter(update).await.unwrap();
        let beyond = refused(client.grant_extra_places(grant(2)).await);
        assert_eq!((beyond.reason, beyond.metadata["allowed"].as_str()), (Reason::CharterLimit, "4"));
        client.grant_extra_places(grant(1)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_patient_is_never_told_to_others() {
    each_engine("reservation_tokens", async |server| {
        let mut client = open(&server.channel, 1).await;
        let named = pb::Patient { token: "430281199001011234".to_owned(), ..patient(1) };
        let wished = pb::Reservation { patient: Some(named), ..wish("s1", 1).unwrap() };
        let request = pb::BookReservationRequest { reservation: Some(wished), ..book(1) };
        let status = client.book_reservation(request).await.unwrap_err();
        assert!(!format!("{status:?}").contains("43028119900101"));
        let refusal = crate::support::errors::refusal(&status);
        assert_eq!(refusal.violations, [("reservation.patient.token".to_owned(), Reason::TokenNotDeidentified)]);
        let nobody = pb::Reservation { patient: None, ..wish("s1", 1).unwrap() };
        let request = pb::BookReservationRequest { reservation: Some(nobody), ..book(1) };
        let refusal = refused(client.book_reservation(request).await);
        assert_eq!(refusal.violations, [("reservation.patient".to_owned(), Reason::Required)]);
        client.book_reservation(book(1)).await.unwrap();
        let other = pb::BookReservationRequest { reservation_id: "r2".to_owned(), ..book(1) };
        let status = client.book_reservation(other).await.unwrap_err();
        assert!(!format!("{status:?}").contains(&patient(1).token));
    })
    .await;
}

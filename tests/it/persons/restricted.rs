//! A patient who is restricted: nothing new is kept under the own token, whoever sends it, until that is lifted.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::dossier_service_client::DossierServiceClient;
use homecoming::pb::need_service_client::NeedServiceClient;
use homecoming::pb::person_restriction::Person;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use tonic::Code;

use super::{TOKEN, erase, lift, persons, restrict, restriction};
use crate::savings::trips;
use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, PROGRAMME, activities, amend, consultation, date, name, record};
use crate::support::schedule::{self, booking, clinic};
use crate::support::{START, each_engine};

fn own() -> pb::Patient {
    figures::patient(TOKEN).unwrap()
}

pub fn dossier(id: &str, patient: pb::Patient) -> pb::CreateDossierRequest {
    let dossier = pb::Dossier {
        expert: name("experts", "e1"),
        site: name("sites", "county"),
        patient: Some(patient),
        purpose: "会诊".to_owned(),
        planned_date: date(2024, 4, 5),
        promise: Some(pb::Consent {
            heard_by: "医务科".to_owned(),
            medium: pb::ConsentMedium::Phone as i32,
            heard_time: Some(START.into()),
            words: String::new(),
        }),
        ..Default::default()
    };
    let (parent, dossier_id, dossier) = (PROGRAMME.to_owned(), id.to_owned(), Some(dossier));
    pb::CreateDossierRequest { parent, dossier_id, dossier, ..Default::default() }
}

pub fn need(id: &str, patient: pb::Patient) -> pb::CreateNeedRequest {
    let need = pb::Need {
        expert: name("experts", "e1"),
        urgency: pb::NeedUrgency::Routine as i32,
        patient: Some(patient),
        ..Default::default()
    };
    let (parent, need_id, need) = (PROGRAMME.to_owned(), id.to_owned(), Some(need));
    pb::CreateNeedRequest { parent, need_id, need, ..Default::default() }
}

pub fn book(id: &str, patient: pb::Patient) -> pb::BookReservationRequest {
    let reservation = pb::Reservation { session: name("sessions", "s1"), patient: Some(patient), ..Default::default() };
    let (parent, reservation_id, reservation) = (PROGRAMME.to_owned(), id.to_owned(), Some(reservation));
    pb::BookReservationRequest { parent, reservation_id, reservation, ..Default::default() }
}

/// The county with the clinic `s1`, whose register is open.
pub async fn clinic_is_open(channel: &tonic::transport::Channel) {
    let mut sessions = schedule::make(channel, 2).await;
    let plan = pb::SessionPlan { capacity: 5, ..clinic(1, 8, 12) };
    sessions.book_session(booking("s1", plan)).await.unwrap();
    let register = pb::OpenRegisterRequest { session: name("sessions", "s1"), place_minutes: 10, ..Default::default() };
    ReservationServiceClient::new(channel.clone()).open_register(register).await.unwrap();
}

fn is_restricted() -> Refused {
    Refused::new(Code::FailedPrecondition, Reason::PersonRestricted).with("name", &restriction("r1"))
}

#[tokio::test]
async fn nothing_new_is_kept_of_who_is_restricted() {
    each_engine("persons_standing", async |server| {
        clinic_is_open(&server.channel).await;
        let mut reservations = ReservationServiceClient::new(server.channel.clone());
        let mut needs = NeedServiceClient::new(server.channel.clone());
        let mut dossiers = DossierServiceClient::new(server.channel.clone());
        let mut recorded = activities(&server);
        recorded.record_activity(record("a1", consultation(date(2024, 3, 4), TOKEN))).await.unwrap();
        reservations.book_reservation(book("p1", own())).await.unwrap();
        persons(&server).restrict_person(restrict("r1", Person::Patient(own()))).await.unwrap();

        // Whoever is restricted is so once: by the own token, and by the one that took its place.
        let twice = refused(persons(&server).restrict_person(restrict("r2", Person::Patient(own()))).await);
        assert_eq!(twice, Refused::new(Code::AlreadyExists, Reason::ResourceExists).with("name", &restriction("r1")));
        // The same token of another issuer is somebody else.
        let other = pb::Patient { issuer: "elsewhere".to_owned(), ..own() };
        reservations.book_reservation(book("p2", other.clone())).await.unwrap();

        assert_eq!(refused(reservations.book_reservation(book("p3", own())).await), is_restricted());
        let wish = book("p3", own());
        let join = pb::JoinWaitlistRequest {
            parent: wish.parent,
            reservation_id: wish.reservation_id,
            reservation: wish.reservation,
            ..Default::default()
        };
        assert_eq!(refused(reservations.join_waitlist(join).await), is_restricted());
        assert_eq!(refused(needs.create_need(need("n1", own())).await), is_restricted());
        assert_eq!(refused(dossiers.create_dossier(dossier("d1", own())).await), is_restricted());
        let again = record("a2", consultation(date(2024, 3, 4), TOKEN));
        assert_eq!(refused(recorded.record_activity(again).await), is_restricted());
        let back = pb::Activity { patient: Some(own()), ..Default::default() };
        assert_eq!(refused(recorded.amend_activity(amend("a1", back, &["patient"])).await), is_restricted());
        let rows = vec![
            figures::row("b1", consultation(date(2024, 3, 4), TOKEN)),
            figures::row("b2", consultation(date(2024, 3, 4), "tok_of_another")),
        ];
        let results = recorded.batch_record_activities(figures::batch(rows)).await.unwrap().into_inner().results;
        assert_eq!(results.len(), 2);
        assert!(matches!(results[0].result, Some(pb::activity_result::Result::Refusal(_))), "{results:?}");
        assert!(matches!(results[1].result, Some(pb::activity_result::Result::Activity(_))), "{results:?}");
        // The token that took the own one's place is no way round: nothing new is planned by it either.
        let get = pb::GetActivityRequest { name: name("activities", "a1") };
        let stand_in = recorded.get_activity(get).await.unwrap().into_inner().patient.unwrap();
        assert_eq!(refused(reservations.book_reservation(book("p3", stand_in.clone())).await), is_restricted());
        assert_eq!(refused(needs.create_need(need("n1", stand_in.clone())).await), is_restricted());
        assert_eq!(refused(dossiers.create_dossier(dossier("d1", stand_in)).await), is_restricted());
        // What was done can be recorded without the patient.
        recorded.record_activity(record("a3", figures::headcount(date(2024, 3, 4), 1))).await.unwrap();

        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        needs.create_need(need("n1", own())).await.unwrap();
        dossiers.create_dossier(dossier("d1", own())).await.unwrap();
        let held = refused(reservations.book_reservation(book("p3", own())).await);
        assert_eq!(held.reason, Reason::PatientHoldsPlace, "the place of before is the own one again");
    })
    .await;
}

#[tokio::test]
async fn a_session_isnt_filled_from_a_need_of_who_is_restricted_since() {
    each_engine("persons_need", async |server| {
        clinic_is_open(&server.channel).await;
        let mut needs = NeedServiceClient::new(server.channel.clone());
        let another = figures::patient("tok_of_another").unwrap();
        needs.create_need(need("n1", own())).await.unwrap();
        needs.create_need(need("n2", another.clone())).await.unwrap();
        persons(&server).restrict_person(restrict("r1", Person::Patient(own()))).await.unwrap();
        let fill = || pb::FillFromNeedsRequest { session: name("sessions", "s1"), places: 2, ..Default::default() };
        let filled = needs.fill_from_needs(fill()).await.unwrap().into_inner().reservations;
        let patients: Vec<_> = filled.into_iter().map(|reservation| reservation.patient.unwrap()).collect();
        assert_eq!(patients, [another]);
        let get = || pb::GetNeedRequest { name: name("needs", "n1") };
        assert_eq!(needs.get_need(get()).await.unwrap().into_inner().state(), pb::NeedState::Open, "it waits on");

        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        let filled = needs.fill_from_needs(fill()).await.unwrap().into_inner().reservations;
        assert_eq!(filled.len(), 1, "{filled:?}");
        assert_eq!(needs.get_need(get()).await.unwrap().into_inner().patient.unwrap(), own());
    })
    .await;
}

#[tokio::test]
async fn nobody_restricted_came_in_vain() {
    each_engine("persons_in_vain", async |server| {
        let mut client = trips::county(&server).await;
        persons(&server)
            .restrict_person(restrict("r1", Person::Patient(figures::patient("tok_second").unwrap())))
            .await
            .unwrap();
        let in_vain = pb::Trip { patient: figures::patient("tok_second"), ..trips::trip(&["a3"]) };
        assert_eq!(refused(client.record_trip(trips::asking("t1", in_vain)).await), is_restricted());
        client.record_trip(trips::asking("t1", trips::trip(&["a3"]))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_persons_right_outlives_the_programme() {
    each_engine("persons_ended", async |server| {
        figures::make(&server).await;
        activities(&server).record_activity(record("a1", consultation(date(2024, 3, 4), TOKEN))).await.unwrap();
        let end = pb::EndProgrammeRequest { name: PROGRAMME.to_owned(), ..Default::default() };
        ProgrammeServiceClient::new(server.channel.clone()).end_programme(end).await.unwrap();
        persons(&server).restrict_person(restrict("r1", Person::Patient(own()))).await.unwrap();
        let erased = persons(&server).erase_person(erase("r1")).await.unwrap().into_inner();
        assert_eq!(erased.state(), pb::PersonRestrictionState::Erased);
        assert!(!super::everything(&server).await.contains(TOKEN));
    })
    .await;
}

#[tokio::test]
async fn nothing_names_a_restricted_patient_anew() {
    each_engine("persons_named_anew", async |server| {
        let mut client = trips::county(&server).await;
        client.record_trip(trips::asking("t1", trips::trip(&["a1"]))).await.unwrap();
        let patient = Person::Patient(figures::patient("tok_first").unwrap());
        persons(&server).restrict_person(restrict("r1", patient)).await.unwrap();
        assert_eq!(refused(client.record_encounter(trips::bill("b1", "t1")).await), is_restricted(), "a bill's number");
        let external_ids = || vec![pb::ExternalId { system: "his".to_owned(), value: "ZY-4711".to_owned() }];
        let named = pb::AmendTripRequest {
            trip: Some(pb::Trip { name: name("trips", "t1"), external_ids: external_ids(), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["external_ids".to_owned()] }),
            ..Default::default()
        };
        assert_eq!(refused(client.amend_trip(named.clone()).await), is_restricted());
        let numbered = pb::Activity { external_ids: external_ids(), ..Default::default() };
        let named_record = amend("a1", numbered, &["external_ids"]);
        assert_eq!(refused(activities(&server).amend_activity(named_record.clone()).await), is_restricted());
        // The token that took the own one's place is no way round: not for a new trip, one by one or many, nor for a new record.
        let new_trip = || pb::Trip { external_ids: external_ids(), ..trips::trip(&["a2"]) };
        let of_a2 = client.record_trip(trips::asking("t2", new_trip())).await;
        assert_eq!(refused(of_a2), is_restricted(), "a new trip of what is on record");
        let batch = pb::BatchRecordTripsRequest {
            parent: PROGRAMME.to_owned(),
            rows: vec![pb::TripRow { trip_id: "t2".to_owned(), trip: Some(new_trip()) }],
            ..Default::default()
        };
        let results = client.batch_record_trips(batch).await.unwrap().into_inner().results;
        assert!(matches!(results[0].result, Some(pb::trip_result::Result::Refusal(_))), "{results:?}");
        let get = pb::GetActivityRequest { name: name("activities", "a1") };
        let stand_in = activities(&server).get_activity(get).await.unwrap().into_inner().patient;
        let seen =
            pb::Activity { patient: stand_in, external_ids: external_ids(), ..consultation(date(2024, 3, 4), TOKEN) };
        let seen_again = record("a9", seen.clone());
        assert_eq!(refused(activities(&server).record_activity(seen_again).await), is_restricted());
        let rows = vec![figures::row("a9", seen.clone())];
        let results =
            activities(&server).batch_record_activities(figures::batch(rows)).await.unwrap().into_inner().results;
        assert!(matches!(results[0].result, Some(pb::activity_result::Result::Refusal(_))), "{results:?}");
        // Nor is another's record that becomes the patient's, with a number that it has.
        let other = pb::Activity {
            external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "ZY-0815".to_owned() }],
            ..consultation(date(2024, 3, 4), "tok_of_another")
        };
        activities(&server).record_activity(record("a8", other)).await.unwrap();
        let becomes = amend("a8", pb::Activity { patient: seen.patient, ..Default::default() }, &["patient"]);
        assert_eq!(refused(activities(&server).amend_activity(becomes).await), is_restricted());
        assert!(!super::everything(&server).await.contains("ZY-4711"));
        // What doesn't name anybody can still be put right.
        let declared = pb::Activity { declared_saving_fen: Some(100), ..Default::default() };
        activities(&server).amend_activity(amend("a1", declared, &["declared_saving_fen"])).await.unwrap();

        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        client.record_encounter(trips::bill("b1", "t1")).await.unwrap();
        client.amend_trip(named).await.unwrap();
        activities(&server).amend_activity(named_record).await.unwrap();
    })
    .await;
}

//! Trips and bills over a socket, on both engines: recorded, explained, billed, followed, taken back.
use homecoming::kernel::{Date, Reason};
use homecoming::pb;
use homecoming::pb::trip_service_client::TripServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use super::api::{self, base};
use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, PROGRAMME, amend, consultation, date, name, patient, record, void};
use crate::support::{TestServer, each_engine};

pub fn client(server: &TestServer) -> TripServiceClient<Channel> {
    TripServiceClient::new(server.channel.clone())
}

/// The trip of some activities, K1, without its bill.
pub fn trip(activities: &[&str]) -> pb::Trip {
    let pb::SavingFacts { journey, item, origin, destination, .. } = api::facts();
    pb::Trip {
        activities: activities.iter().map(|id| name("activities", id)).collect(),
        evidence: Some(pb::TripEvidence {
            grade: pb::EvidenceGrade::K1 as i32,
            record: "转诊单 17".to_owned(),
            ..Default::default()
        }),
        origin,
        destination,
        journey,
        item,
        ..Default::default()
    }
}

pub fn asking(id: &str, trip: pb::Trip) -> pb::RecordTripRequest {
    pb::RecordTripRequest {
        parent: PROGRAMME.to_owned(),
        trip_id: id.to_owned(),
        trip: Some(trip),
        ..Default::default()
    }
}

/// The worked case's bill of a trip.
pub fn bill(id: &str, trip: &str) -> pb::RecordEncounterRequest {
    pb::RecordEncounterRequest {
        parent: PROGRAMME.to_owned(),
        encounter_id: id.to_owned(),
        encounter: Some(pb::Encounter {
            trip: name("trips", trip),
            number: Some(pb::ExternalId { system: "his.liling".to_owned(), value: format!("ZY-{id}") }),
            bill: api::facts().settled_bill,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The county with tariffs, and consultations `a1`, `a2` of one patient and `a3` of another.
pub async fn county(server: &TestServer) -> TripServiceClient<Channel> {
    api::make(server).await;
    let mut activities = figures::activities(server);
    for (id, day, token) in [("a1", 4, "tok_first"), ("a2", 6, "tok_first"), ("a3", 5, "tok_second")] {
        activities.record_activity(record(id, consultation(date(2024, 3, day), token))).await.unwrap();
    }
    client(server)
}

fn ledger(trip: &pb::Trip, ledger: pb::SavingLedger) -> Option<i64> {
    let found = trip.ledgers.iter().find(|it| it.ledger() == ledger).unwrap();
    found.amount.as_ref().unwrap().fen.map(|fen| fen.base)
}

async fn get(client: &mut TripServiceClient<Channel>, id: &str) -> pb::Trip {
    client.get_trip(pb::GetTripRequest { name: name("trips", id) }).await.unwrap().into_inner()
}

async fn explain(client: &mut TripServiceClient<Channel>, id: &str, revision: i64) -> pb::ExplainSavingResponse {
    let request = pb::ExplainSavingRequest { name: name("trips", id), revision };
    client.explain_saving(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn several_activities_are_one_trip_whose_saving_is_billed_explained_and_taken_back() {
    each_engine("trips_life", async |server| {
        use pb::SavingLedger::{Bill, Cash, Net};
        let mut client = county(&server).await;
        let recorded = client.record_trip(asking("t1", trip(&["a2", "a1"]))).await.unwrap().into_inner();
        assert_eq!(recorded.activities, [name("activities", "a1"), name("activities", "a2")]);
        assert_eq!((recorded.date, recorded.near.as_str()), (date(2024, 3, 4), "430281"), "of the first activity");
        assert_eq!((ledger(&recorded, Cash), ledger(&recorded, Bill)), (Some(81_000), None), "no bill is known");
        assert_eq!((recorded.cause(), recorded.revision), (pb::TripCause::Recorded, 1));

        let settled = client.record_encounter(bill("b1", "t1")).await.unwrap().into_inner();
        let billed = get(&mut client, "t1").await;
        assert_eq!((billed.cause(), billed.encounter.as_str()), (pb::TripCause::Bill, settled.name.as_str()));
        assert_eq!(
            [ledger(&billed, Cash), ledger(&billed, Bill), ledger(&billed, Net)].map(Option::unwrap),
            [81_000, 537_989, 618_989]
        );
        let explained = explain(&mut client, "t1", 0).await;
        let saving = explained.saving.unwrap();
        assert_eq!(base(&saving, Net), 618_989);
        assert_eq!(saving.parts, billed.parts, "what is stored is what the lines sum to");
        assert!(saving.lines.iter().any(|line| line.source == "B-1"), "the bill stands beside its line");
        assert_eq!(explained.history.iter().map(|it| it.net_fen.unwrap().base).collect::<Vec<_>>(), [81_000, 618_989]);
        assert_eq!(base(&explain(&mut client, "t1", 1).await.saving.unwrap(), Cash), 81_000, "an older version");

        let request = pb::VoidTripRequest {
            name: name("trips", "t1"),
            reason: pb::VoidReason::EntryError as i32,
            ..Default::default()
        };
        let gone = client.void_trip(request.clone()).await.unwrap().into_inner();
        assert_eq!((gone.state(), ledger(&gone, Net)), (pb::TripState::Voided, Some(0)));
        let explained = explain(&mut client, "t1", 0).await.saving.unwrap();
        assert_eq!(base(&explained, Net), 0, "the original and exactly minus");
        assert_eq!(explained.lines.len(), 2 * saving.lines.len());
        let bill_gone = pb::GetEncounterRequest { name: settled.name };
        assert_eq!(client.get_encounter(bill_gone).await.unwrap().into_inner().state(), pb::TripState::Voided);
        assert_eq!(refused(client.void_trip(request).await).reason, Reason::IllegalTransition);
        client.record_trip(asking("t2", trip(&["a1"]))).await.unwrap();
        client
            .record_encounter(pb::RecordEncounterRequest { encounter_id: "b2".to_owned(), ..bill("b1", "t2") })
            .await
            .unwrap();

        let versions = pb::ListTripVersionsRequest { name: name("trips", "t1"), ..Default::default() };
        let versions = client.list_trip_versions(versions).await.unwrap().into_inner().versions;
        let spans: Vec<_> = versions.windows(2).map(|pair| pair[0].until_sequence - pair[1].since_sequence).collect();
        assert_eq!((versions.len(), spans), (3, vec![0, 0]), "one version ends where the next begins");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_trip_is_refused_with_the_reason() {
    each_engine("trips_refused", async |server| {
        let mut client = county(&server).await;
        let mut activities = figures::activities(&server);
        let lecture = pb::Activity {
            kind: pb::ActivityKind::Lecture as i32,
            patient: None,
            ..consultation(date(2024, 3, 4), "tok_unused")
        };
        activities.record_activity(record("lecture", lecture)).await.unwrap();
        activities.record_activity(record("old", consultation(date(2023, 12, 31), "tok_of_old"))).await.unwrap();
        activities.record_activity(record("gone", consultation(date(2024, 3, 4), "tok_was_gone"))).await.unwrap();
        activities.void_activity(void("gone")).await.unwrap();
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();

        let refusal = async |trip: pb::Trip| {
            let mut client = TripServiceClient::new(server.channel.clone());
            refused(client.record_trip(asking("x", trip)).await)
        };
        assert_eq!(refusal(trip(&["nobody"])).await.reason, Reason::ResourceNotFound);
        assert_eq!(refusal(trip(&["gone"])).await.reason, Reason::TripUnfit);
        assert_eq!(refusal(trip(&["a2", "a3"])).await.reason, Reason::TripUnfit, "two patients");
        let value = Refused::new(Code::FailedPrecondition, Reason::SavingNotApplicable);
        assert_eq!(refusal(trip(&["lecture"])).await, value.with("session_kind", "LECTURE"), "a lecture's value");
        let taken = Refused::new(Code::AlreadyExists, Reason::TripTaken).with("name", &name("trips", "t1"));
        assert_eq!(refusal(trip(&["a1"])).await, taken.clone().with("activity", &name("activities", "a1")));
        let before = pb::Trip { date: date(2024, 3, 5), ..trip(&["a2"]) };
        let outside = Refused::new(Code::FailedPrecondition, Reason::OutsideSession);
        let outside = outside.with("name", &name("activities", "a2")).with("field", "date");
        assert_eq!(refusal(before).await, outside, "a trip before its session");
        assert_eq!(refusal(trip(&["old"])).await.reason, Reason::SavingPolicyGap, "nothing falls back to another day");
        let nowhere = pb::Trip { destination: "110100".to_owned(), ..trip(&["a2"]) };
        assert_eq!(refusal(nowhere).await.reason, Reason::TariffGap);
        let second = consultation(date(2024, 3, 4), "tok_first");
        activities.record_activity(record("same-day", second)).await.unwrap();
        assert_eq!(refusal(trip(&["same-day"])).await, taken, "one journey a day");

        let wrong = pb::Trip {
            activities: Vec::new(),
            evidence: Some(pb::TripEvidence { grade: pb::EvidenceGrade::K1 as i32, ..Default::default() }),
            given: vec![pb::GivenRate {
                component: pb::TariffComponent::Fare as i32,
                side: pb::SavingSide::Avoided as i32,
                quantity: Some(-2),
                values: api::sure(1_000_000_000_000_000_000),
                provenance: pb::ProvenanceClass::Declared as i32,
                ..Default::default()
            }],
            ..trip(&[])
        };
        let fields: Vec<_> = refusal(wrong).await.violations;
        let fields: Vec<(&str, Reason)> = fields.iter().map(|(field, why)| (field.as_str(), *why)).collect();
        assert!(fields.contains(&("trip.given[0].quantity", Reason::OutOfRange)), "{fields:?}");
        assert!(fields.contains(&("trip.given[0].values.base", Reason::OutOfRange)), "{fields:?}");
        assert!(fields.contains(&("trip.evidence.record", Reason::Required)), "{fields:?}");
        assert!(fields.contains(&("trip.activities", Reason::Required)), "{fields:?}");
    })
    .await;
}

#[tokio::test]
async fn a_bill_counts_once_and_its_parts_add_up() {
    each_engine("trips_bills", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        client.record_trip(asking("t2", trip(&["a3"]))).await.unwrap();
        let mut wrong = bill("b1", "t1");
        let settled = wrong.encounter.as_mut().unwrap().bill.as_mut().unwrap();
        (settled.cash_fen, settled.currency) = (260_841, "USD".to_owned());
        let refusal = refused(client.record_encounter(wrong).await);
        let expected = [
            ("encounter.bill.currency".to_owned(), Reason::Inconsistent),
            ("encounter.bill.total_fen".to_owned(), Reason::Inconsistent),
        ];
        assert_eq!(refusal.violations, expected);

        let request = pb::RecordEncounterRequest { request_id: "once".to_owned(), ..bill("b1", "t1") };
        let first = client.record_encounter(request.clone()).await.unwrap().into_inner();
        assert_eq!(client.record_encounter(request).await.unwrap().into_inner(), first, "a replay");
        let mut again = bill("b1", "t2");
        again.encounter_id = "b9".to_owned();
        assert_eq!(refused(client.record_encounter(again).await).reason, Reason::ExternalIdTaken, "one encounter");
        let second = refused(client.record_encounter(bill("b2", "t1")).await);
        let unfit = Refused::new(Code::FailedPrecondition, Reason::TripUnfit).with("state", "RECORDED");
        assert_eq!(second, unfit.with("name", &first.name), "one bill a trip");

        let rows = vec![
            pb::EncounterRow { encounter_id: "b3".to_owned(), encounter: bill("b3", "t2").encounter },
            pb::EncounterRow { encounter_id: "b4".to_owned(), encounter: bill("b4", "t2").encounter },
        ];
        let batch = pb::BatchRecordEncountersRequest { parent: PROGRAMME.to_owned(), rows, ..Default::default() };
        let results = client.batch_record_encounters(batch).await.unwrap().into_inner().results;
        let kinds: Vec<bool> =
            results.iter().map(|it| matches!(it.result, Some(pb::encounter_result::Result::Encounter(_)))).collect();
        assert_eq!(kinds, [true, false], "each by itself");
        let void = pb::VoidEncounterRequest {
            name: name("encounters", "b3"),
            reason: pb::VoidReason::Duplicate as i32,
            ..Default::default()
        };
        client.void_encounter(void).await.unwrap();
        assert_eq!(ledger(&get(&mut client, "t2").await, pb::SavingLedger::Bill), None, "not known again");
        client.record_encounter(bill("b4", "t2")).await.unwrap();
        let list =
            pb::ListEncountersRequest { parent: PROGRAMME.to_owned(), trip: name("trips", "t2"), ..Default::default() };
        let found = client.list_encounters(list).await.unwrap().into_inner().encounters;
        assert_eq!(
            found.iter().map(pb::Encounter::state).collect::<Vec<_>>(),
            [pb::TripState::Voided, pb::TripState::Recorded]
        );
    })
    .await;
}

#[tokio::test]
async fn a_trip_follows_its_activities() {
    each_engine("trips_follow", async |server| {
        let mut client = county(&server).await;
        let mut activities = figures::activities(&server);
        client.record_trip(asking("t1", trip(&["a1", "a2"]))).await.unwrap();
        client.record_encounter(bill("b1", "t1")).await.unwrap();
        activities.void_activity(void("a1")).await.unwrap();
        let left = get(&mut client, "t1").await;
        assert_eq!(
            (left.cause(), left.date),
            (pb::TripCause::Followed, date(2024, 3, 6)),
            "the second one is the first"
        );
        assert_eq!(left.activities, [name("activities", "a2")]);
        let elsewhere = pb::Activity { residence: pb::Residence::Neighbouring as i32, ..consultation(None, "unused") };
        activities.amend_activity(amend("a2", elsewhere, &["residence"])).await.unwrap();
        assert_eq!(get(&mut client, "t1").await.revision, left.revision + 1, "it is counted elsewhere");
        let gap = consultation(date(2023, 12, 1), "unused");
        let refusal = refused(activities.amend_activity(amend("a2", gap, &["date"])).await);
        assert_eq!(refusal.reason, Reason::SavingPolicyGap, "somebody has to say where the number comes from");
        let other = pb::Activity { patient: patient("tok_other"), ..consultation(None, "unused") };
        activities.amend_activity(amend("a2", other, &["patient"])).await.unwrap();
        let gone = get(&mut client, "t1").await;
        assert_eq!((gone.state(), ledger(&gone, pb::SavingLedger::Net)), (pb::TripState::Voided, Some(0)));
        client.record_trip(asking("t2", trip(&["a2"]))).await.unwrap();
        let found = pb::ListTripsRequest {
            parent: PROGRAMME.to_owned(),
            activity: name("activities", "a2"),
            ..Default::default()
        };
        let found = client.list_trips(found).await.unwrap().into_inner().trips;
        assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), [name("trips", "t2")]);
    })
    .await;
}

#[tokio::test]
async fn onward_travel_takes_the_saving_back_and_follow_ups_stand_apart() {
    each_engine("trips_onward", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        let onward = |day| pb::AmendTripRequest {
            trip: Some(pb::Trip {
                name: name("trips", "t1"),
                onward_date: date(2024, 3, day),
                onward_same_problem: true,
                onward_document: "转诊单".to_owned(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["onward".to_owned()] }),
            ..Default::default()
        };
        let back = client.amend_trip(onward(20)).await.unwrap().into_inner();
        assert_eq!((ledger(&back, pb::SavingLedger::Cash), back.cause()), (Some(0), pb::TripCause::Amended));
        assert_eq!(back.origin, "430281", "what the mask doesn't name stays");
        let follow_up = pb::Trip { follow_up: true, trip_needed: true, ..trip(&["a3"]) };
        let follow_up = client.record_trip(asking("t2", follow_up)).await.unwrap().into_inner();
        assert_eq!(follow_up.stratum(), pb::SavingStratum::FollowUp);
    })
    .await;
}

#[tokio::test]
async fn trips_of_different_issuers_that_may_be_one_are_listed() {
    each_engine("trips_doubles", async |server| {
        let mut client = county(&server).await;
        let mut activities = figures::activities(&server);
        let issuer = "his.township".to_owned();
        for (id, day) in [("b1", 4), ("b2", 9)] {
            let patient = Some(pb::Patient { issuer: issuer.clone(), token: format!("other_{id}") });
            let seen = pb::Activity { patient, ..consultation(date(2024, 3, day), "unused") };
            activities.record_activity(record(id, seen)).await.unwrap();
        }
        for (id, activity) in [("t1", "a1"), ("t2", "b1"), ("t3", "b2"), ("t4", "a3")] {
            client.record_trip(asking(id, trip(&[activity]))).await.unwrap();
        }
        let request = pb::ListPossibleDoubleTripsRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let found = client.list_possible_double_trips(request).await.unwrap().into_inner().doubles;
        let expected = pb::PossibleDoubleTrip {
            date: date(2024, 3, 4),
            trip: name("trips", "t1"),
            other: name("trips", "t2"),
            issuer: "his.liling".to_owned(),
            other_issuer: issuer,
        };
        assert_eq!(found, [expected]);
    })
    .await;
}

#[tokio::test]
async fn a_trip_with_a_bill_was_not_in_vain() {
    each_engine("trips_billed_in_vain", async |server| {
        let mut client = county(&server).await;
        let day = Date::from_ymd_opt(2024, 3, 4).unwrap();
        figures::sessions(&server).record_held_session(figures::held("s1", "e2", "county", day, 9)).await.unwrap();
        let not_held = figures::correct("s1", pb::SessionState::NotHeld);
        figures::sessions(&server).correct_session_outcome(not_held).await.unwrap();
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        client.record_encounter(bill("b1", "t1")).await.unwrap();
        let in_vain = pb::AmendTripRequest {
            trip: Some(pb::Trip {
                name: name("trips", "t1"),
                session: name("sessions", "s1"),
                patient: patient("tok_first"),
                attendance: pb::SavingAttendance::InVain as i32,
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: ["activities", "session", "patient", "attendance"].map(str::to_owned).to_vec(),
            }),
            ..Default::default()
        };
        let before = get(&mut client, "t1").await;
        let refusal = refused(client.amend_trip(in_vain.clone()).await);
        let unfit = Refused::new(Code::FailedPrecondition, Reason::TripUnfit).with("state", "RECORDED");
        assert_eq!(refusal, unfit.with("name", &before.name), "what was settled was for care");
        assert_eq!(get(&mut client, "t1").await, before, "nothing is written");
        let void = pb::VoidEncounterRequest {
            name: name("encounters", "b1"),
            reason: pb::VoidReason::EntryError as i32,
            ..Default::default()
        };
        client.void_encounter(void).await.unwrap();
        let amended = client.amend_trip(in_vain).await.unwrap().into_inner();
        assert_eq!((amended.attendance(), amended.encounter.as_str()), (pb::SavingAttendance::InVain, ""));
    })
    .await;
}

#[tokio::test]
async fn a_bill_stays_with_its_patient() {
    each_engine("trips_billed_other", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        client.record_encounter(bill("b1", "t1")).await.unwrap();
        let before = get(&mut client, "t1").await;
        let others = pb::AmendTripRequest {
            trip: Some(pb::Trip { name: name("trips", "t1"), ..trip(&["a3"]) }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["activities".to_owned()] }),
            ..Default::default()
        };
        let refusal = refused(client.amend_trip(others).await);
        let unfit = Refused::new(Code::FailedPrecondition, Reason::TripUnfit).with("state", "RECORDED");
        assert_eq!(refusal, unfit.with("name", &before.name));
        assert_eq!(get(&mut client, "t1").await, before, "nothing is written");
    })
    .await;
}

//! What is refused over a socket, each by its name and with its reason; nothing of it is written. That a million bad rows are counted and
//! the first ones named is `imports/tables`, that sums are never wrapped `lines` and `totals`.
use homecoming::kernel::{Date, Reason};
use homecoming::pb;
use tonic::Code;

use super::api::{self, sure};
use super::trips::{asking, bill, client, county, trip};
use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, PROGRAMME, consultation, date, headcount, held, name, operation, record};
use crate::support::{TestServer, each_engine};

/// More than any amount of money that is ever kept.
const TEN_TO_THE_18: i64 = 1_000_000_000_000_000_000;

fn has(refusal: &Refused, field: &str, reason: Reason) {
    assert!(refusal.violations.contains(&(field.to_owned(), reason)), "{field} {reason:?} is missing in {refusal:?}");
}

async fn nothing_is_written(server: &TestServer) {
    let trips = pb::ListTripsRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
    assert_eq!(client(server).list_trips(trips).await.unwrap().into_inner().trips, []);
    let bills = pb::ListEncountersRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
    assert_eq!(client(server).list_encounters(bills).await.unwrap().into_inner().encounters, []);
}

#[tokio::test]
async fn a_bill_whose_parts_do_not_add_up_is_refused_with_each_field() {
    each_engine("refused_bill", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        let mut wrong = bill("b1", "t1");
        let settled = wrong.encounter.as_mut().unwrap().bill.as_mut().unwrap();
        (settled.cash_fen, settled.in_scope_fen, settled.deductible_fen) = (260_839, 687_201, 687_202);
        let refusal = refused(client.record_encounter(wrong).await);
        for field in ["total_fen", "in_scope_fen", "deductible_fen", "fund_paid_fen"] {
            has(&refusal, &format!("encounter.bill.{field}"), Reason::Inconsistent);
        }
        let found = client.get_trip(pb::GetTripRequest { name: name("trips", "t1") }).await.unwrap().into_inner();
        assert_eq!((found.revision, found.encounter.as_str()), (1, ""), "the trip is what it was");
    })
    .await;
}

#[tokio::test]
async fn a_tariff_gap_is_refused_with_the_key_that_is_missing() {
    each_engine("refused_gap", async |server| {
        let mut client = county(&server).await;
        let child = pb::SavingJourney { patient_class: pb::PersonClass::Child as i32, ..trip(&[]).journey.unwrap() };
        let refusal =
            refused(client.record_trip(asking("t1", pb::Trip { journey: Some(child), ..trip(&["a1"]) })).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::TariffGap)
            .with("component", "FARE")
            .with("origin", "430281")
            .with("destination", "430100")
            .with("mode", "RAIL")
            .with("person_class", "CHILD")
            .with("item", "")
            .with("date", "2024-03-04");
        assert_eq!(refusal, expected, "an adult's fare is no child's");
        nothing_is_written(&server).await;
    })
    .await;
}

#[tokio::test]
async fn a_trip_before_the_session_is_refused() {
    each_engine("refused_before", async |server| {
        let mut client = county(&server).await;
        let day = Date::from_ymd_opt(2024, 3, 12).unwrap();
        figures::sessions(&server).record_held_session(held("s1", "e1", "county", day, 9)).await.unwrap();
        let seen = pb::Activity { session: name("sessions", "s1"), ..consultation(None, "tok_in_session") };
        figures::activities(&server).record_activity(record("in-session", seen)).await.unwrap();
        let before = pb::Trip { date: date(2024, 3, 11), ..trip(&["in-session"]) };
        let refusal = refused(client.record_trip(asking("t1", before)).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::OutsideSession);
        assert_eq!(refusal, expected.with("name", &name("activities", "in-session")).with("field", "date"));
        nothing_is_written(&server).await;
        let that_day = pb::Trip { date: date(2024, 3, 12), ..trip(&["in-session"]) };
        client.record_trip(asking("t1", that_day)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn ten_to_the_eighteen_fen_are_refused_wherever_money_is_said() {
    each_engine("refused_fen", async |server| {
        let mut client = county(&server).await;
        let mut savings = api::client(&server);
        let tariff = pb::Tariff { values: sure(TEN_TO_THE_18), ..api::tariff(api::prices()[0]) };
        let refusal = refused(savings.create_tariff(api::create("much", tariff)).await);
        has(&refusal, "tariff.values.high", Reason::OutOfRange);
        let item = pb::MethodItem {
            label: "交通".to_owned(),
            nature: pb::MethodNature::Travel as i32,
            unit: pb::MethodUnit::Trip as i32,
            amount_fen: TEN_TO_THE_18,
        };
        let method = pb::CountyMethod { title: "口径".to_owned(), version: "1".to_owned(), items: vec![item] };
        let policy = pb::SavingPolicy { method: Some(method), ..api::policy() };
        let refusal = refused(savings.create_saving_policy(api::create_policy("p9", policy)).await);
        has(&refusal, "policy.method.items[0].amount_fen", Reason::OutOfRange);

        let mut much = bill("b1", "t1");
        let settled = much.encounter.as_mut().unwrap().bill.as_mut().unwrap();
        *settled = pb::SettledBill {
            total_fen: TEN_TO_THE_18,
            in_scope_fen: TEN_TO_THE_18,
            cash_fen: TEN_TO_THE_18,
            deductible_fen: 0,
            fund_paid_fen: 0,
            ..settled.clone()
        };
        let refusal = refused(client.record_encounter(much).await);
        has(&refusal, "encounter.bill.total_fen", Reason::OutOfRange);
        let given = pb::GivenRate {
            component: pb::TariffComponent::EncounterBill as i32,
            side: pb::SavingSide::Avoided as i32,
            values: sure(TEN_TO_THE_18),
            provenance: pb::ProvenanceClass::Declared as i32,
            ..Default::default()
        };
        let refusal = refused(client.record_trip(asking("t1", pb::Trip { given: vec![given], ..trip(&["a1"]) })).await);
        has(&refusal, "trip.given[0].values.high", Reason::OutOfRange);
        let declared =
            pb::Activity { declared_saving_fen: Some(TEN_TO_THE_18), ..consultation(date(2024, 3, 8), "tok_declared") };
        let refusal = refused(figures::activities(&server).record_activity(record("much", declared)).await);
        has(&refusal, "activity.declared_saving_fen", Reason::OutOfRange);
        nothing_is_written(&server).await;
    })
    .await;
}

#[tokio::test]
async fn negative_quantities_are_refused() {
    each_engine("refused_negative", async |server| {
        let mut client = county(&server).await;
        let mut activities = figures::activities(&server);
        let refusal = refused(activities.record_activity(record("h1", headcount(date(2024, 3, 8), -5))).await);
        has(&refusal, "activity.quantity", Reason::OutOfRange);
        let many = pb::Activity { quantity: -1, ..operation(date(2024, 3, 8), pb::Performer::Expert) };
        let refusal = refused(activities.record_activity(record("o1", many)).await);
        assert!(refusal.violations.iter().any(|(field, _)| field == "activity.quantity"), "{refusal:?}");
        let journey = pb::SavingJourney { companions: -1, near_journeys: -1, ..trip(&[]).journey.unwrap() };
        let refusal =
            refused(client.record_trip(asking("t1", pb::Trip { journey: Some(journey), ..trip(&["a1"]) })).await);
        has(&refusal, "trip.journey.companions", Reason::OutOfRange);
        has(&refusal, "trip.journey.near_journeys", Reason::OutOfRange);
        let tariff = pb::Tariff { values: sure(-1), ..api::tariff(api::prices()[0]) };
        let refusal = refused(api::client(&server).create_tariff(api::create("minus", tariff)).await);
        has(&refusal, "tariff.values.low", Reason::OutOfRange);
        let mut minus = bill("b1", "t1");
        minus.encounter.as_mut().unwrap().bill.as_mut().unwrap().assistance_fen = -1;
        let refusal = refused(client.record_encounter(minus).await);
        has(&refusal, "encounter.bill.assistance_fen", Reason::OutOfRange);
        nothing_is_written(&server).await;
    })
    .await;
}

#[tokio::test]
async fn mixed_currencies_are_refused() {
    each_engine("refused_currency", async |server| {
        let mut client = county(&server).await;
        client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        let mut dollars = bill("b1", "t1");
        dollars.encounter.as_mut().unwrap().bill.as_mut().unwrap().currency = "USD".to_owned();
        let refusal = refused(client.record_encounter(dollars).await);
        assert_eq!(refusal.violations, [("encounter.bill.currency".to_owned(), Reason::Inconsistent)]);
        let facts = api::facts();
        let settled = pb::SettledBill { currency: "HKD".to_owned(), ..facts.settled_bill.clone().unwrap() };
        let facts = pb::SavingFacts { settled_bill: Some(settled), ..facts };
        let request = pb::EstimateSavingRequest { parent: PROGRAMME.to_owned(), facts: Some(facts) };
        let refusal = refused(api::client(&server).estimate_saving(request).await);
        has(&refusal, "facts.settled_bill.currency", Reason::Inconsistent);
    })
    .await;
}

#[tokio::test]
async fn a_lectures_value_as_a_saving_is_refused_as_a_trip_and_as_a_method() {
    each_engine("refused_lecture", async |server| {
        let mut client = county(&server).await;
        let lecture = pb::Activity {
            kind: pb::ActivityKind::Lecture as i32,
            patient: None,
            quantity: 40,
            ..consultation(date(2024, 3, 4), "tok_unused")
        };
        figures::activities(&server).record_activity(record("lecture", lecture.clone())).await.unwrap();
        let refusal = refused(client.record_trip(asking("t1", trip(&["lecture"]))).await);
        assert_eq!((refusal.code, refusal.reason), (Code::FailedPrecondition, Reason::SavingNotApplicable));
        let declared = pb::Activity { declared_saving_fen: Some(50_000), ..lecture };
        let refusal = refused(figures::activities(&server).record_activity(record("declared", declared)).await);
        let is_named = |(field, _): &(String, Reason)| field == "activity.declared_saving_fen";
        assert!(
            refusal.reason == Reason::SavingNotApplicable || refusal.violations.iter().any(is_named),
            "what the county declares a lecture to be worth: {refusal:?}"
        );
        nothing_is_written(&server).await;
    })
    .await;
}

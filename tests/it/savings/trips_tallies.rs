//! Savings in tallies, on both engines: headline, what stands beside it, the county's method, coverage, classes; and their recount.
use homecoming::pb;

use super::api::{self, by};
use super::trips::{asking, bill, client, county, trip};
use crate::support::figures::{self, PROGRAMME, amend, consultation, date, headcount, name, record, void};
use crate::support::{TestServer, each_engine};

async fn tally(server: &TestServer, measures: &[&str], group_by: &[pb::TallyDimension]) -> pb::QueryTallyResponse {
    let request = pb::QueryTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date: date(2024, 1, 1),
        to_date: date(2024, 3, 31),
        measures: measures.iter().map(ToString::to_string).collect(),
        group_by: group_by.iter().map(|it| *it as i32).collect(),
        ..Default::default()
    };
    figures::tallies(server).query_tally(request).await.unwrap().into_inner()
}

async fn totals(server: &TestServer, measures: &[&str]) -> Vec<(i64, i64)> {
    let answer = tally(server, measures, &[]).await;
    answer.totals.iter().map(|number| (number.quantity, number.denominator)).collect()
}

async fn reconciles(server: &TestServer) {
    let request = pb::ReconcileRequest { parent: PROGRAMME.to_owned() };
    let found = figures::tallies(server).reconcile(request).await.unwrap().into_inner();
    assert!(found.equal, "{:?}", found.differences);
}

/// A first visit with a bill, K1; another's without one, K3; a follow-up.
async fn record_all(server: &TestServer) {
    let mut client = county(server).await;
    client.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
    client.record_encounter(bill("b1", "t1")).await.unwrap();
    client.record_trip(asking("t2", pb::Trip { evidence: None, ..trip(&["a3"]) })).await.unwrap();
    let follow_up = pb::Trip { follow_up: true, trip_needed: true, ..trip(&["a2"]) };
    client.record_trip(asking("t3", follow_up)).await.unwrap();
}

#[tokio::test]
async fn headline_range_classes_and_coverage_stand_side_by_side() {
    each_engine("trips_tally", async |server| {
        record_all(&server).await;
        let measures = [
            "net_savings_fen",
            "bill_savings_fen",
            "net_savings_beside_fen",
            "follow_up_net_savings_fen",
            "net_savings_tariff_fen",
            "savings_coverage",
            "bill_savings_coverage",
            "avoided_trips",
            "time_memo_fen",
            "fund_memo_fen",
        ];
        let expected = [
            (618_989, 0),
            (537_989, 0),
            (81_000, 0),
            (81_000, 0),
            (699_989, 0),
            // Of three consultations, one is on a trip whose saving is known.
            (1, 3),
            (1, 3),
            (3, 0),
            (37_986, 0),
            (221_401, 0),
        ];
        assert_eq!(totals(&server, &measures).await, expected);
        let answer = tally(&server, &["net_savings_low_fen", "net_savings_fen", "net_savings_high_fen"], &[]).await;
        let range: Vec<i64> = answer.totals.iter().map(|number| number.quantity).collect();
        assert!(range[0] <= range[1] && range[1] <= range[2], "{range:?}");

        for dimension in [
            pb::TallyDimension::Residence,
            pb::TallyDimension::Site,
            pb::TallyDimension::Expert,
            pb::TallyDimension::Kind,
            pb::TallyDimension::Month,
        ] {
            let answer = tally(&server, &measures[..5], &[dimension]).await;
            for (place, total) in answer.totals.iter().enumerate() {
                let parts: i64 = answer.rows.iter().map(|row| row.values[place].quantity).sum();
                assert_eq!(parts, total.quantity, "{} by {dimension:?}", measures[place]);
            }
        }
        reconciles(&server).await;

        // Nobody has recorded a trip for it, and still it is missing.
        let lone = consultation(date(2024, 3, 7), "tok_without_trip");
        figures::activities(&server).record_activity(record("a4", lone)).await.unwrap();
        assert_eq!(totals(&server, &["savings_coverage", "savings_eligible"]).await, [(1, 4), (2, 0)]);
        figures::activities(&server).void_activity(void("a4")).await.unwrap();
        assert_eq!(totals(&server, &["savings_coverage"]).await, [(1, 3)]);
        reconciles(&server).await;
    })
    .await;
}

#[tokio::test]
async fn figures_follow_amendments_and_voids_to_the_fen() {
    each_engine("trips_tally_follow", async |server| {
        record_all(&server).await;
        let mut activities = figures::activities(&server);
        let elsewhere = pb::Activity { residence: pb::Residence::Neighbouring as i32, ..consultation(None, "unused") };
        activities.amend_activity(amend("a1", elsewhere, &["residence"])).await.unwrap();
        let answer = tally(&server, &["net_savings_fen"], &[pb::TallyDimension::Residence]).await;
        let rows: Vec<_> =
            answer.rows.iter().map(|row| (row.key.as_ref().unwrap().residence(), row.values[0].quantity)).collect();
        assert_eq!(rows, [(pb::Residence::Neighbouring, 618_989)], "own county and neighbouring apart");
        reconciles(&server).await;
        activities.void_activity(void("a1")).await.unwrap();
        assert_eq!(
            totals(&server, &["net_savings_fen", "bill_savings_fen", "avoided_trips"]).await,
            [(0, 0), (0, 0), (2, 0)]
        );
        reconciles(&server).await;
        let gone = pb::VoidTripRequest {
            name: name("trips", "t2"),
            reason: pb::VoidReason::Duplicate as i32,
            ..Default::default()
        };
        client(&server).void_trip(gone).await.unwrap();
        assert_eq!(totals(&server, &["net_savings_beside_fen", "savings_eligible"]).await, [(0, 0), (0, 0)]);
        reconciles(&server).await;
    })
    .await;
}

#[tokio::test]
async fn the_countys_own_method_stands_beside_and_follows_its_versions() {
    each_engine("trips_tally_method", async |server| {
        record_all(&server).await;
        figures::activities(&server).record_activity(record("h1", headcount(date(2024, 2, 10), 10))).await.unwrap();
        let item = |label: &str, nature: pb::MethodNature, unit: pb::MethodUnit, amount_fen| pb::MethodItem {
            label: label.to_owned(),
            nature: nature as i32,
            unit: unit as i32,
            amount_fen,
        };
        let method = pb::CountyMethod {
            title: "县卫健局测算口径".to_owned(),
            version: "2024".to_owned(),
            items: vec![
                item("交通", pb::MethodNature::Travel, pb::MethodUnit::Consultation, 20_000),
                item("食宿", pb::MethodNature::Board, pb::MethodUnit::Trip, 5_000),
            ],
        };
        let mut savings = api::client(&server);
        let next = pb::SavingPolicy {
            method: Some(method),
            replaces: name("saving-policies", "p2024"),
            valid_from: date(2024, 3, 1),
            ..api::policy()
        };
        savings.create_saving_policy(api::create_policy("p3", next)).await.unwrap();
        let approve = pb::ApproveSavingPolicyRequest { name: name("saving-policies", "p3"), ..Default::default() };
        savings.approve_saving_policy(by("two", approve)).await.unwrap();
        let all = totals(&server, &["county_method_fen"]).await;
        assert_eq!(all, [(3 * 20_000 + 3 * 5_000, 0)], "February has no method: its headcount isn't multiplied");
        let by_month = tally(&server, &["county_method_fen", "net_savings_fen"], &[pb::TallyDimension::Month]).await;
        let rows: Vec<_> = by_month
            .rows
            .iter()
            .map(|row| (row.key.as_ref().unwrap().month.as_str(), row.values[0].quantity))
            .collect();
        assert_eq!(rows, [("2024-03", 75_000)]);
        assert_eq!(by_month.totals[1].quantity, 618_989, "the headline doesn't move");
    })
    .await;
}

//! Recomputations over a socket, on both engines: the same tariffs change nothing, a later version is reported against restated.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::recomputation_service_client::RecomputationServiceClient;
use homecoming::server::restatements;

use super::api::{self, by, sure};
use super::trips::{asking, bill, county, trip};
use crate::support::errors::refused;
use crate::support::figures::{self, PROGRAMME, date, name};
use crate::support::{TestServer, each_engine};
use crate::tallies::partitions::tamper;

fn client(server: &TestServer) -> RecomputationServiceClient<tonic::transport::Channel> {
    RecomputationServiceClient::new(server.channel.clone())
}

pub fn begin(id: &str) -> pb::RecomputeSavingsRequest {
    pb::RecomputeSavingsRequest {
        parent: PROGRAMME.to_owned(),
        recomputation_id: id.to_owned(),
        recomputation: Some(pb::Recomputation {
            from_date: date(2024, 3, 1),
            to_date: date(2024, 3, 31),
            note: "车票价格更正".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Begins one and goes on until it is done.
async fn recompute(server: &TestServer, id: &str) -> pb::Recomputation {
    let mut client = client(server);
    client.recompute_savings(begin(id)).await.unwrap();
    restatements::go_on(&server.db).await.unwrap();
    let name = name("recomputations", id);
    let job = client.get_recomputation(pb::GetRecomputationRequest { name }).await.unwrap().into_inner();
    assert_eq!(job.state(), pb::RecomputationState::Done);
    job
}

fn figure(figures: &[pb::RestatedFigure], measure: &str) -> (i64, i64) {
    let found = figures.iter().find(|it| it.measure == measure).unwrap();
    (found.reported, found.restated)
}

async fn net(server: &TestServer) -> i64 {
    let request = pb::QueryTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date: date(2024, 3, 1),
        to_date: date(2024, 3, 31),
        measures: vec!["net_savings_fen".to_owned()],
        ..Default::default()
    };
    figures::tallies(server).query_tally(request).await.unwrap().into_inner().totals[0].quantity
}

#[tokio::test]
async fn the_same_tariffs_change_nothing_and_later_ones_restate() {
    each_engine("recomputing", async |server| {
        let mut trips = county(&server).await;
        for (id, activity) in [("t1", "a1"), ("t2", "a2"), ("t3", "a3")] {
            trips.record_trip(asking(id, trip(&[activity]))).await.unwrap();
        }
        trips.record_encounter(bill("b1", "t1")).await.unwrap();
        let reported = net(&server).await;
        let same = recompute(&server, "r1").await;
        assert_eq!((same.examined, same.changed, same.gaps), (3, 0, 0));
        assert!(same.figures.iter().all(|it| it.reported == it.restated), "{:?}", same.figures);
        assert_eq!(figure(&same.figures, "net_savings_fen"), (reported, reported));

        let mut savings = api::client(&server);
        let fare = api::tariff(api::prices()[0]);
        let next = pb::Tariff { values: sure(12_500), replaces: name("tariffs", "t0"), ..fare };
        savings.create_tariff(api::create("dearer", next)).await.unwrap();
        let compare = pb::CompareTariffsRequest {
            parent: PROGRAMME.to_owned(),
            tariffs: vec![name("tariffs", "dearer")],
            from_date: date(2024, 3, 1),
            to_date: date(2024, 3, 31),
            page_size: 2,
            ..Default::default()
        };
        let first = client(&server).compare_tariffs(compare.clone()).await.unwrap().into_inner();
        let rest = pb::CompareTariffsRequest { page_token: first.next_page_token.clone(), ..compare.clone() };
        let rest = client(&server).compare_tariffs(rest).await.unwrap().into_inner();
        let (one, other) = (figure(&first.figures, "net_savings_fen"), figure(&rest.figures, "net_savings_fen"));
        assert_eq!((one.0 + other.0, one.1 + other.1), (reported, reported + 3 * 2_000), "four legs each");
        assert_eq!((first.changed, rest.changed, rest.next_page_token.as_str()), (2, 1, ""));
        let nobody = pb::CompareTariffsRequest { tariffs: vec![name("tariffs", "nobody")], ..compare };
        assert_eq!(refused(client(&server).compare_tariffs(nobody).await).reason, Reason::ResourceNotFound);

        savings.approve_tariff(by("two", api::approve("dearer"))).await.unwrap();
        assert_eq!(net(&server).await, reported, "a later version changes nothing by itself");
        let job = recompute(&server, "r2").await;
        assert_eq!((job.examined, job.changed), (3, 3));
        assert_eq!(figure(&job.figures, "net_savings_fen"), (reported, reported + 6_000));
        assert_eq!(net(&server).await, reported + 6_000);
        let explain = |revision| pb::ExplainSavingRequest { name: name("trips", "t1"), revision };
        let now = trips.explain_saving(explain(0)).await.unwrap().into_inner();
        assert_eq!(now.trip.as_ref().unwrap().cause(), pb::TripCause::Restated);
        assert!(now.trip.unwrap().tariffs.contains(&name("tariffs", "dearer")));
        let before = trips.explain_saving(explain(2)).await.unwrap().into_inner().trip.unwrap();
        assert!(
            before.tariffs.contains(&name("tariffs", "t0")),
            "what was reported explains itself by what it rested on"
        );

        let again = pb::ContinueRecomputationRequest { name: job.name.clone(), ..Default::default() };
        assert_eq!(client(&server).continue_recomputation(again).await.unwrap().into_inner(), job, "done is done");
        assert_eq!(refused(client(&server).recompute_savings(begin("r2")).await).reason, Reason::ResourceExists);
        let list = pb::ListRecomputationsRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let listed = client(&server).list_recomputations(list).await.unwrap().into_inner().recomputations;
        assert_eq!(listed, [same, job]);
        let reconcile = pb::ReconcileRequest { parent: PROGRAMME.to_owned() };
        let found = figures::tallies(&server).reconcile(reconcile).await.unwrap().into_inner();
        assert!(found.equal, "{:?}", found.differences);
    })
    .await;
}

#[tokio::test]
async fn a_gap_leaves_what_was_reported_and_is_counted() {
    each_engine("recomputing_gaps", async |server| {
        let mut trips = county(&server).await;
        trips.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        trips.record_trip(asking("t2", trip(&["a2"]))).await.unwrap();
        let mut savings = api::client(&server);
        let later = pb::SavingPolicy {
            replaces: name("saving-policies", "p2024"),
            valid_from: date(2024, 3, 5),
            ..api::policy()
        };
        savings.create_saving_policy(api::create_policy("p3", later)).await.unwrap();
        let approve = pb::ApproveSavingPolicyRequest { name: name("saving-policies", "p3"), ..Default::default() };
        savings.approve_saving_policy(by("two", approve)).await.unwrap();
        let job = recompute(&server, "r1").await;
        assert_eq!((job.examined, job.gaps, job.changed), (2, 1, 0), "the same terms under another version");
        let get = pb::GetTripRequest { name: name("trips", "t2") };
        let restated = trips.get_trip(get).await.unwrap().into_inner();
        assert_eq!(restated.policy, name("saving-policies", "p3"), "the policy's version is part of a saving");
        assert_eq!(figure(&job.figures, "net_savings_fen"), (162_000, 162_000));
    })
    .await;
}

/// Copies of `r1`.
const HUNDRED_MORE: &str = "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 100) \
     INSERT INTO recomputations (programme, recomputation, from_date, to_date, note, state, done_date, done_trip, examined, changed, \
     gaps, figures, recorder, revision, create_time, update_time) \
     SELECT j.programme, 'r1-' || n.number, j.from_date, j.to_date, j.note, j.state, j.done_date, j.done_trip, j.examined, j.changed, \
     j.gaps, j.figures, j.recorder, j.revision, j.create_time, j.update_time FROM recomputations j CROSS JOIN numbers n \
     WHERE j.recomputation = 'r1'";

#[tokio::test]
async fn one_that_cannot_go_on_keeps_no_other_from_it() {
    each_engine("recomputing_stuck", async |server| {
        let mut trips = county(&server).await;
        trips.record_trip(asking("t1", trip(&["a1"]))).await.unwrap();
        for id in ["r1", "r2"] {
            client(&server).recompute_savings(begin(id)).await.unwrap();
            server.clock.advance_minutes(1);
            if id == "r1" {
                // No figures: the first one of all can't even be read.
                tamper(&server, "UPDATE recomputations SET state = 'RUNNING', figures = '' WHERE recomputation = 'r1'")
                    .await;
                // And more than are looked at together.
                tamper(&server, HUNDRED_MORE).await;
            }
        }
        restatements::go_on(&server.db).await.unwrap();
        let get = pb::GetRecomputationRequest { name: name("recomputations", "r2") };
        let job = client(&server).get_recomputation(get).await.unwrap().into_inner();
        assert_eq!((job.state(), job.examined), (pb::RecomputationState::Done, 1));
        let get = pb::GetRecomputationRequest { name: name("recomputations", "r1") };
        assert_eq!(refused(client(&server).get_recomputation(get).await).code, tonic::Code::Internal);
    })
    .await;
}

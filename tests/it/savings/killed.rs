//! The server is killed while it reckons a period's savings anew: the next one goes on by itself, and ends with the same figures.
use homecoming::db::Engine;
use homecoming::pb;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::recomputation_service_client::RecomputationServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use homecoming::pb::trip_service_client::TripServiceClient;
use homecoming::server;
use tonic::transport::Channel;

use super::api::{self, by, sure};
use super::recomputing::begin;
use super::trips::trip;
use crate::support::figures::{self, PROGRAMME, consultation, date, name, row};
use crate::support::program::Program;
use crate::support::{Database, TestServer, connect};

/// Trips of six chunks.
const TRIPS: i64 = 1_100;
const BATCH: usize = 275;
const KILLS: usize = 3;
/// The program's clock is real, and the changes are of 2024.
const KEEPING: &[&str] = &["--keep-changes-days", "0"];

/// Trips of as many patients, and a dearer fare that was approved after they were recorded.
async fn make(server: &TestServer) {
    let mut savings = api::make(server).await;
    let (mut activities, mut trips) = (figures::activities(server), TripServiceClient::new(server.channel.clone()));
    let numbers: Vec<i64> = (0..TRIPS).collect();
    for numbers in numbers.chunks(BATCH) {
        let rows = numbers.iter().map(|number| {
            let day = i32::try_from(number % 28).unwrap() + 1;
            row(&format!("a{number:05}"), consultation(date(2024, 3, day), &format!("tok_{number:05}")))
        });
        let answer = activities.batch_record_activities(figures::batch(rows.collect())).await.unwrap().into_inner();
        assert_eq!(answer.results.len(), BATCH);
        let rows = numbers.iter().map(|number| {
            let trip = trip(&[&format!("a{number:05}")]);
            pb::TripRow { trip_id: format!("t{number:05}"), trip: Some(trip) }
        });
        let request =
            pb::BatchRecordTripsRequest { parent: PROGRAMME.to_owned(), rows: rows.collect(), ..Default::default() };
        let results = trips.batch_record_trips(request).await.unwrap().into_inner().results;
        let is_recorded = |it: &pb::TripResult| matches!(it.result, Some(pb::trip_result::Result::Trip(_)));
        assert!(results.iter().all(is_recorded), "{results:?}");
    }
    let next = pb::Tariff { values: sure(12_500), replaces: name("tariffs", "t0"), ..api::tariff(api::prices()[0]) };
    savings.create_tariff(api::create("dearer", next)).await.unwrap();
    savings.approve_tariff(by("two", api::approve("dearer"))).await.unwrap();
}

async fn job(channel: &Channel) -> pb::Recomputation {
    let request = pb::GetRecomputationRequest { name: name("recomputations", "r1") };
    RecomputationServiceClient::new(channel.clone()).get_recomputation(request).await.unwrap().into_inner()
}

async fn cash(channel: &Channel) -> i64 {
    let request = pb::QueryTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date: date(2024, 3, 1),
        to_date: date(2024, 3, 31),
        measures: vec!["cash_savings_fen".to_owned()],
        ..Default::default()
    };
    TallyServiceClient::new(channel.clone()).query_tally(request).await.unwrap().into_inner().totals[0].quantity
}

/// Waits until the recomputation has gone on after a change, by the server itself.
async fn gone_on(channel: &Channel, after_sequence: &mut i64) {
    let request = pb::WatchChangesRequest {
        parent: PROGRAMME.to_owned(),
        after_sequence: *after_sequence,
        collections: vec!["recomputations".to_owned()],
        ..Default::default()
    };
    let mut changes = ChangeServiceClient::new(channel.clone()).watch_changes(request).await.unwrap().into_inner();
    loop {
        let message = changes.message().await.unwrap().unwrap();
        *after_sequence = message.sequence;
        if message.changes.iter().any(|change| change.verb == "continue") {
            return;
        }
    }
}

async fn resumes(engine: Engine) {
    let Some(database) = Database::fresh("recomputing_killed", engine).await else { return };
    let server = TestServer::start(&database, server::options()).await;
    make(&server).await;
    let reported = cash(&server.channel).await;
    server.stop().await;
    drop(server);

    let mut program = Program::serve(&database.setting(), KEEPING);
    let channel = connect(program.address).await;
    RecomputationServiceClient::new(channel.clone()).recompute_savings(begin("r1")).await.unwrap();
    let (mut sequence, mut cut_off) = (0, 0);
    for _ in 0..KILLS {
        gone_on(&connect(program.address).await, &mut sequence).await;
        drop(program); // kill -9
        program = Program::serve(&database.setting(), KEEPING);
        let job = job(&connect(program.address).await).await;
        cut_off += usize::from(job.state() == pb::RecomputationState::Running || job.examined < TRIPS);
    }
    let channel = connect(program.address).await;
    while job(&channel).await.state() == pb::RecomputationState::Running {
        gone_on(&channel, &mut sequence).await;
    }
    assert!(cut_off > 0, "{engine:?}: no kill came before the end");

    let job = job(&channel).await;
    assert_eq!((job.examined, job.changed, job.gaps), (TRIPS, TRIPS, 0));
    let figure = job.figures.iter().find(|it| it.measure == "cash_savings_fen").unwrap();
    assert_eq!((figure.reported, figure.restated), (reported, reported + TRIPS * 2_000), "four legs each, once");
    assert_eq!(cash(&channel).await, figure.restated);
    let reconcile = pb::ReconcileRequest { parent: PROGRAMME.to_owned() };
    let found = TallyServiceClient::new(channel.clone()).reconcile(reconcile).await.unwrap().into_inner();
    assert!(found.equal, "{:?}", found.differences);
    let mut trips = TripServiceClient::new(channel);
    let mut request = pb::ListTripsRequest { parent: PROGRAMME.to_owned(), page_size: 1_000, ..Default::default() };
    let mut listed = 0;
    loop {
        let page = trips.list_trips(request.clone()).await.unwrap().into_inner();
        listed += page.trips.len();
        assert!(page.trips.iter().all(|trip| trip.revision == 2), "each trip was restated once");
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(i64::try_from(listed).unwrap(), TRIPS);
    drop(program);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recomputation_that_was_killed_on_sqlite_ends_with_equal_figures() {
    resumes(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recomputation_that_was_killed_on_postgresql_ends_with_equal_figures() {
    resumes(Engine::Postgres).await;
}

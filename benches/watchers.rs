//! What watchers cost those who book: the times of bookings alone, with one watcher who never takes a message, and with 2,000 watchers.
//!
//! Bookings come at a steady rate, each followed by its cancellation, at a server in a process of its own; watchers are in this one and
//! take part of the machine. `cargo bench --bench watchers [-- WATCHERS [SECONDS]]`; it fails where a 99th percentile is more than
//! 1.5 times as long as without watchers.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and keeps a rate")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use homecoming::db::Engine;
use homecoming::pb;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use support::faults::clients::tomorrow;
use support::program::Program;
use support::schedule::{self, PARENT, name};
use support::{Database, connect};
use tokio::task::JoinSet;
use tokio::time::interval;
use tonic::transport::{Channel, Endpoint};

/// Bookings a second.
const RATE: u32 = 10;
/// Streams of one connection.
const STREAMS: usize = 100;
const MOST: f64 = 1.5;

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let watchers = usize::try_from(numbers.next().unwrap_or(2_000)).unwrap();
    let seconds = numbers.next().unwrap_or(40);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("watchers: {RATE} bookings a second for {seconds} s each; load average before: {}", load.trim());
    println!("engine    watchers                 p50 ms   p99 ms   ratio");
    let mut slow = 0;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("watchers", engine).await else { continue };
        let program = Program::serve(&database.setting(), &["--log-filter", "warn"]);
        let channel = connect(program.address).await;
        prepare(&channel).await;
        book(&channel, RATE * 2, "warm").await;
        let before = book(&channel, RATE * seconds, "before").await;
        let watcher = watch(program.address).await;
        let still = figures(book(&channel, RATE * seconds, "still").await);
        drop(watcher);
        let mut running = JoinSet::new();
        for _ in 0..watchers.div_ceil(STREAMS) {
            let channel =
                Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap();
            for _ in 0..STREAMS.min(watchers) {
                let mut stream = open(channel.clone()).await;
                running.spawn(async move { while let Ok(Some(_)) = stream.message().await {} });
            }
        }
        let many = figures(book(&channel, RATE * seconds, "many").await);
        let count = running.len().to_string();
        running.shutdown().await;
        let after = book(&channel, RATE * seconds, "after").await;
        let alone = figures(before.into_iter().chain(after).collect());
        print(engine, "none, before and after", alone, 1.0);
        slow += compare(engine, "one that takes nothing", alone, still);
        slow += compare(engine, &count, alone, many);
        drop(program);
        database.remove().await;
    }
    println!("{slow} of them more than {MOST} times as long");
    ExitCode::from(u8::from(slow > 0))
}

async fn prepare(channel: &Channel) {
    let mut sessions = schedule::make(channel, 1).await;
    let plan = tomorrow(pb::SessionPlan { capacity: 40, ..schedule::clinic(1, 8, 12) });
    sessions.book_session(schedule::booking("wanted", plan)).await.unwrap();
    let session = name("sessions", "wanted");
    let register = pb::OpenRegisterRequest { session, place_minutes: 6, ..Default::default() };
    ReservationServiceClient::new(channel.clone()).open_register(register).await.unwrap();
}

/// Books and cancels so many times at a steady rate; how long each booking took.
async fn book(channel: &Channel, times: u32, phase: &str) -> Vec<Duration> {
    let mut client = ReservationServiceClient::new(channel.clone());
    let mut pace = interval(Duration::from_secs(1) / RATE);
    let mut took = Vec::new();
    for number in 0..times {
        pace.tick().await;
        let id = format!("{phase}-{number}");
        let patient = pb::Patient { issuer: "liling.his".to_owned(), token: format!("tokenOf-{id}") };
        let session = name("sessions", "wanted");
        let request = pb::BookReservationRequest {
            parent: PARENT.to_owned(),
            reservation_id: id.clone(),
            reservation: Some(pb::Reservation { session, patient: Some(patient), ..Default::default() }),
            ..Default::default()
        };
        let begin = Instant::now();
        client.book_reservation(request).await.unwrap();
        took.push(begin.elapsed());
        let cancelled_by = pb::CancelledBy::Patient.into();
        let cancel =
            pb::CancelReservationRequest { name: name("reservations", &id), cancelled_by, ..Default::default() };
        client.cancel_reservation(cancel).await.unwrap();
    }
    took
}

async fn open(channel: Channel) -> tonic::Streaming<pb::WatchChangesResponse> {
    let mut client = ChangeServiceClient::new(channel);
    let after = pb::ListChangesRequest { parent: PARENT.to_owned(), page_size: 1, ..Default::default() };
    let after_sequence = client.list_changes(after).await.unwrap().into_inner().newest_sequence;
    let request = pb::WatchChangesRequest { parent: PARENT.to_owned(), after_sequence, ..Default::default() };
    client.watch_changes(request).await.unwrap().into_inner()
}

/// A watcher who takes nothing, as long as it is kept.
async fn watch(address: SocketAddr) -> tonic::Streaming<pb::WatchChangesResponse> {
    open(Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()).await
}

/// The median and the 99th percentile, in milliseconds.
fn figures(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort_unstable();
    let at = |part: usize| took[(took.len() * part / 100).min(took.len() - 1)].as_secs_f64() * 1e3;
    (at(50), at(99))
}

fn print(engine: Engine, watchers: &str, (p50, p99): (f64, f64), ratio: f64) {
    println!("{:8}  {watchers:22} {p50:8.2} {p99:8.2} {ratio:7.2}", format!("{engine:?}"));
}

fn compare(engine: Engine, watchers: &str, alone: (f64, f64), now: (f64, f64)) -> usize {
    let ratio = now.1 / alone.1;
    print(engine, watchers, now, ratio);
    usize::from(ratio > MOST)
}

//! How fast a page of sessions and a tally answer, over the demo's data, on both engines.
//!
//! The questions come from this process over the socket, one after another, the server is another process; what is printed is
//! what the client waited, the socket included. The load average is printed, too: with a build beside it a 99th percentile says
//! nothing. `cargo bench --bench reads [-- TIMES] [ADDRESS]`: each question so many times, 2,000 unless told; at the server that
//! listens at an address with the demo's data, instead of servers of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(dead_code, reason = "shares files with the tests and with another bench")]

#[path = "support/load.rs"]
mod load;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../tests/it/support/program.rs"]
mod program;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use homecoming::pb;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use tonic::transport::{Channel, Endpoint};

const PARENT: &str = "programmes/liling";
const PAGE: i32 = 50;
/// What a page and a tally are held to.
const MOST: Duration = Duration::from_millis(5);

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let times = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(2_000);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("reads: each question {times} times, one after another; load average before: {}", load.trim());
    println!("server   question                                            rows   p50 ms   p99 ms");
    let slow = load::over_the_demo(&arguments, async |server, address| measure(server, address, times).await).await;
    verdict(slow)
}

fn verdict(slow: usize) -> ExitCode {
    println!("{slow} of the questions that are held to {} ms took longer", MOST.as_millis());
    ExitCode::from(u8::from(slow > 0))
}

/// Asks every question; how many of those that are held to a time took longer.
async fn measure(server: &str, address: SocketAddr, times: usize) -> usize {
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut slow = 0;
    for (what, request) in pages(&channel).await {
        let mut client = SessionServiceClient::new(channel.clone());
        let asked =
            ask(times, async || client.list_sessions(request.clone()).await.unwrap().into_inner().sessions.len());
        slow += usize::from(print(server, what, asked.await) > MOST);
    }
    for (what, is_held, request) in tallies() {
        let mut client = TallyServiceClient::new(channel.clone());
        let asked = ask(times, async || client.query_tally(request.clone()).await.unwrap().into_inner().rows.len());
        slow += usize::from(print(server, what, asked.await) > MOST && is_held);
    }
    slow
}

/// Pages of 50 sessions in the middle of the demo's years.
async fn pages(channel: &Channel) -> [(&'static str, pb::ListSessionsRequest); 5] {
    let new_year = prost_types::Timestamp { seconds: 1_672_502_400, nanos: 0 }; // 2023-01-01T00:00:00+08:00
    let all = pb::ListSessionsRequest {
        parent: PARENT.to_owned(),
        page_size: PAGE,
        start_time_from: Some(new_year),
        ..Default::default()
    };
    let first = SessionServiceClient::new(channel.clone()).list_sessions(all.clone()).await.unwrap().into_inner();
    let plan = first.sessions[0].plan.clone().unwrap();
    let second = pb::ListSessionsRequest { page_token: first.next_page_token, ..all.clone() };
    let state = pb::SessionState::Completed as i32;
    [
        ("a page of 50 sessions from a day on", all.clone()),
        ("the next page", second),
        (
            "a page of 50 held sessions of an expert",
            pb::ListSessionsRequest { expert: plan.expert, start_time_from: None, state, ..all.clone() },
        ),
        ("a page of 50 held sessions at a site", pb::ListSessionsRequest { site: plan.site, state, ..all.clone() }),
        ("a page of 50 operations", pb::ListSessionsRequest { kind: pb::SessionKind::Operation as i32, ..all }),
    ]
}

/// Tallies of a demo year, and whether they are held to a time: the first is, the others read many more cells, or records.
fn tallies() -> [(&'static str, bool, pb::QueryTallyRequest); 4] {
    use pb::TallyDimension::{Expert, Kind, Month, Site, Year};
    let date = |year, month, day| Some(pb::Date { year, month, day });
    let measures = ["sittings", "consultations", "operation_cases", "declared_savings_fen"].map(str::to_owned).to_vec();
    let year = |group_by: &[pb::TallyDimension]| pb::QueryTallyRequest {
        parent: PARENT.to_owned(),
        from_date: date(2023, 1, 1),
        to_date: date(2023, 12, 31),
        measures: measures.clone(),
        group_by: group_by.iter().map(|it| *it as i32).collect(),
        ..Default::default()
    };
    [
        ("a year by month x kind", true, year(&[Month, Kind])),
        ("a year by site", false, year(&[Site])),
        ("a year by expert", false, year(&[Expert])),
        (
            "all years, not whole months, by year",
            false,
            pb::QueryTallyRequest { from_date: date(2017, 4, 10), to_date: date(2024, 4, 22), ..year(&[Year]) },
        ),
    ]
}

/// Rows of an answer, and what half and 99 of 100 answers took at most.
struct Asked {
    rows: usize,
    p50: Duration,
    p99: Duration,
}

async fn ask(times: usize, mut once: impl AsyncFnMut() -> usize) -> Asked {
    let mut rows = 0;
    for _ in 0..20 {
        rows = once().await;
    }
    let mut waited = Vec::with_capacity(times);
    for _ in 0..times.max(100) {
        let begun = Instant::now();
        once().await;
        waited.push(begun.elapsed());
    }
    waited.sort_unstable();
    let at = |share: usize| waited[waited.len() * share / 100];
    Asked { rows, p50: at(50), p99: at(99) }
}

fn print(server: &str, what: &str, Asked { rows, p50, p99 }: Asked) -> Duration {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{server:8} {what:50} {rows:5} {:8.2} {:8.2}", ms(p50), ms(p99));
    p99
}

//! How fast slots are found over the demo's data, on both engines: one expert for four weeks, and everybody for twelve at all sites.
//!
//! Every question asks to count all: the search goes to the end of its window, whatever the page holds. The questions come from this
//! process over the socket, one after another, the server is another process; what is printed is what the client waited, the socket
//! included. The load average is printed, too: with a build beside it a 99th percentile says nothing.
//! `cargo bench --bench slots [-- TIMES] [ADDRESS]`: questions about one expert so many times, 2,000 unless told; at the server that
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
use std::time::{Duration, Instant, SystemTime};

use homecoming::kernel::Timestamp;
use homecoming::pb;
use homecoming::pb::slot_service_client::SlotServiceClient;
use tonic::transport::{Channel, Endpoint};

const PARENT: &str = "programmes/liling";
const EXPERTS: usize = 232;
const DAY_MINUTES: i64 = 24 * 60;
/// What a question about one expert and one about everybody are held to.
const MOST: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(100)];

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let times = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(2_000);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("slots: load average before: {}", load.trim());
    println!("server   question                                             times    slots   p50 ms   p99 ms");
    let slow = load::over_the_demo(&arguments, async |server, address| measure(server, address, times).await).await;
    verdict(slow)
}

fn verdict(slow: usize) -> ExitCode {
    println!("{slow} of the questions took longer than they are held to, at their 99th percentile");
    ExitCode::from(u8::from(slow > 0))
}

/// Clinics of an hour and a half from tomorrow on, wherever there are any.
fn question(experts: Vec<String>, days: i64) -> pb::FindSlotsRequest {
    let tomorrow = Timestamp::from(SystemTime::now()).plus_minutes(DAY_MINUTES);
    pb::FindSlotsRequest {
        parent: PARENT.to_owned(),
        experts,
        kinds: vec![pb::SessionKind::Clinic as i32],
        window: Some(pb::Interval {
            start_time: Some(tomorrow.into()),
            end_time: Some(tomorrow.plus_minutes(days * DAY_MINUTES).into()),
        }),
        duration_minutes: 90,
        capacity: 20,
        count_all: true,
        ..Default::default()
    }
}

/// Asks both questions; how many of them took longer than they are held to.
async fn measure(server: &str, address: SocketAddr, times: usize) -> usize {
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let one = |at: usize| question(vec![format!("{PARENT}/experts/expert-{:03}", at % EXPERTS + 1)], 28);
    let everybody = |_| question(Vec::new(), 84);
    let few = (times / 5).max(100); // the 99th percentile of fewer is the longest
    let slow_one = ask(server, "one expert, 4 weeks, all sites", &channel, times, one, MOST[0]).await;
    let slow_all = ask(server, "232 experts, 12 weeks, all sites", &channel, few, everybody, MOST[1]).await;
    usize::from(slow_one) + usize::from(slow_all)
}

/// Asks a question many times and prints how long the answers took; whether that is longer than it is held to.
async fn ask(
    server: &str,
    what: &str,
    channel: &Channel,
    times: usize,
    question: impl Fn(usize) -> pb::FindSlotsRequest,
    most: Duration,
) -> bool {
    let mut client = SlotServiceClient::new(channel.clone());
    let mut waited = Vec::with_capacity(times);
    let mut slots = 0;
    for at in 0..times + 10 {
        let request = question(at);
        let begun = Instant::now();
        let answer = client.find_slots(request).await.unwrap().into_inner();
        if at >= 10 {
            waited.push(begun.elapsed());
            slots += usize::try_from(answer.total_count.unwrap()).unwrap();
        }
    }
    waited.sort_unstable();
    let at = |share: usize| waited[(waited.len() * share / 100).min(waited.len() - 1)];
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{server:8} {what:52} {times:5} {:8} {:8.2} {:8.2}", slots / times, ms(at(50)), ms(at(99)));
    at(99) > most
}

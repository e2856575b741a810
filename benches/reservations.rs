//! Booking at the speed of the disk: places booked durably a second through the writer, against the same work with the same bookkeeping
//! in a transaction for each request on a pool of 16; on both engines, fsync on.
//!
//! Three processes: a server on a fresh database, `homecoming bench` as its callers, and this one, which compares. After each figure the
//! load counts again what is stored; a place too many or one that was lost ends the bench.
//! `cargo bench --bench reservations [-- SECONDS] [sqlite|postgres] [hot|sessions|one|many|mixed|floor]`: the parts that are named, else
//! all; 3 seconds a figure, after half a second of warm-up.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(dead_code, reason = "shares files with the tests and with other benches")]

#[path = "support/load.rs"]
mod load;
#[path = "support/plain.rs"]
mod plain;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../tests/it/support/program.rs"]
mod program;

use load::Place;
use program::{Program, command};
use serde_json::Value;

/// The parts, each with what it says.
const PARTS: [&str; 6] = ["hot", "sessions", "one", "many", "mixed", "floor"];

#[tokio::main(worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let seconds: f64 = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(3.0);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("reservations: {seconds} s a figure; load average before: {}", load.trim());
    println!("flush of this disk: {} µs (median of 200 appends of 4 KiB with fdatasync)", load::flush_micros());
    let is_named = |name: &str, names: &[&str]| {
        let named: Vec<&String> = arguments.iter().filter(|argument| names.contains(&argument.as_str())).collect();
        named.is_empty() || named.iter().any(|argument| *argument == name)
    };
    println!("{}", Figure::HEADER);
    for place in
        [Place::Sqlite, Place::Postgres].into_iter().filter(|place| is_named(place.name(), &["sqlite", "postgres"]))
    {
        if place == Place::Postgres && postgres::server().is_none() {
            println!("postgres: its programs aren't on this machine");
            continue;
        }
        for part in PARTS.into_iter().filter(|part| is_named(part, &PARTS)) {
            measure(place, part, seconds).await;
        }
    }
}

async fn measure(place: Place, part: &str, seconds: f64) {
    let run = Run { place, mix: "hot", callers: 64, sessions: 100, grouped: true, seconds };
    let engine = place.name();
    let (held, crowd) = match place {
        Place::Sqlite => (5.5, 8.0),
        Place::Postgres => (9.0, 14.0),
    };
    match part {
        "hot" => {
            let Compared { ratio, cpu } = run.against_alone().await;
            println!("{engine}: one session, 64 callers, writer / own transaction: {ratio:.1} (held to {held})");
            println!("{engine}: CPU a booking: server {:.0} µs, postgres {:.0} µs", cpu[0], cpu[1]);
            let ratio = Run { callers: 500, ..run }.against_alone().await.ratio;
            println!("{engine}: one session, 500 callers, writer / own transaction: {ratio:.1} (held to {crowd})");
        }
        "sessions" => {
            let one = run.figure().await.rate;
            let many = Run { mix: "sessions", sessions: 1_000, ..run }.figure().await.rate;
            let held = if place == Place::Sqlite { 0.65 } else { 0.7 };
            println!("{engine}: 1,000 sessions / one: {:.2} (held to {held})", many / one);
        }
        "one" => {
            let ratio = Run { callers: 1, ..run }.against_alone().await.ratio;
            println!("{engine}: one caller, writer / own transaction: {ratio:.2} (held to 0.9)");
        }
        "many" => {
            let many = Run { callers: 2_000, ..run }.figure().await;
            println!(
                "{engine}: 2,000 callers: p99 / p50 {:.1} (held to 10); refused: {}",
                many.p99 / many.p50,
                many.errors
            );
            let crowded = Run { callers: 6_000, ..run }.figure().await;
            println!(
                "{engine}: 6,000 callers, more than wait: p99 / p50 {:.1}; refused: {}",
                crowded.p99 / crowded.p50,
                crowded.errors
            );
        }
        "mixed" => {
            Run { mix: "hot=6,hold=2,cancel=2,move=1,availability=4", ..run }.figure().await;
        }
        "floor" => {
            let echo = Run { mix: "echo", ..run }.figure().await.rate;
            println!("{engine}: an echo without a database: {echo:.0} a second");
            for bookings in [32, 256] {
                let rate = plain::bookings_a_second(place, bookings, seconds).await;
                println!(
                    "{engine}: the same SQL on one connection, {bookings} bookings a transaction: {rate:.0} a second"
                );
            }
        }
        other => panic!("{other} is no part"),
    }
}

/// One figure to be measured.
#[derive(Clone, Copy, Debug)]
struct Run {
    place: Place,
    mix: &'static str,
    callers: u32,
    sessions: u32,
    /// Through the writer, or each request in a transaction of its own.
    grouped: bool,
    seconds: f64,
}

/// What was measured.
struct Figure {
    rate: f64,
    p50: f64,
    p99: f64,
    /// Of the server, and of PostgreSQL.
    cpu: [f64; 2],
    errors: String,
}

/// What the writer came to beside the reference.
struct Compared {
    /// Its mean rate over the reference's.
    ratio: f64,
    /// A booking's CPU through the writer, of the server and of PostgreSQL, in microseconds.
    cpu: [f64; 2],
}

impl Figure {
    const HEADER: &str = "engine   mix                    callers path     a second   p50 ms   p90 ms   p99 ms   max ms  server µs  postgres µs  client µs";
}

impl Run {
    /// Measures the writer, the reference twice and the writer again, so that a drift of the machine falls on both.
    async fn against_alone(self) -> Compared {
        let alone = Run { grouped: false, ..self };
        let first = self.figure().await;
        let reference = alone.figure().await.rate + alone.figure().await.rate;
        let last = self.figure().await;
        let cpu = [0, 1].map(|at| (first.cpu[at] + last.cpu[at]) / 2.0);
        Compared { ratio: (first.rate + last.rate) / reference, cpu }
    }

    /// Measures one figure on a fresh database.
    async fn figure(self) -> Figure {
        let Run { place, mix, callers, sessions, grouped, seconds } = self;
        let folder = tempfile::Builder::new().prefix("homecoming-bench-").tempdir().unwrap();
        let database = match place {
            Place::Sqlite => folder.path().join("bench.db").to_str().unwrap().to_owned(),
            Place::Postgres => load::fresh_postgres().await,
        };
        let path = if grouped { "grouped" } else { "alone" };
        let server = Program::serve(&database, &["--write-path", path, "--log-filter", "error"]);
        let (address, id) = (format!("http://{}", server.address), server.id().to_string());
        let (callers_, sessions, seconds) = (callers.to_string(), sessions.to_string(), seconds.to_string());
        let disk = folder.path().to_str().unwrap();
        let mut arguments = vec!["bench", "--json", "--server", &address, "--mix", mix, "--callers", &callers_];
        arguments.extend(["--sessions", &sessions, "--seconds", &seconds, "--disk", disk, "--pid", &id]);
        let postgres = load::postgres_root().filter(|_| place == Place::Postgres).map(|id| id.to_string());
        arguments.extend(postgres.iter().flat_map(|id| ["--pid", id]));
        let said = tokio::task::spawn_blocking({
            let mut bench = command(&arguments);
            move || bench.output().unwrap()
        });
        let said = said.await.unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success(), "{self:?}: {text}{}", String::from_utf8_lossy(&said.stderr));
        let found: Value = serde_json::from_str(&text).unwrap();
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let all = &found["all"];
        let cpu = [0, 1].map(|at| number(&found["server_cpu_micros"][at]));
        let (rate, p50, p99) = (number(&found["rate"]), number(&all["p50_ms"]), number(&all["p99_ms"]));
        println!(
            "{:8} {mix:22} {callers:7} {:8} {rate:8.0} {p50:8.2} {:8.2} {p99:8.2} {:8.2} {:10.0} {:12.0} {:10.0}",
            place.name(),
            if grouped { "writer" } else { "own tx" },
            number(&all["p90_ms"]),
            number(&all["max_ms"]),
            cpu[0],
            cpu[1],
            number(&found["client_cpu_micros"])
        );
        Figure { rate, p50, p99, cpu, errors: found["errors"].to_string() }
    }
}

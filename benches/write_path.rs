//! What the writer is worth: a create command at 64 callers through it, against the same command with the same
//! bookkeeping in a transaction of its own on a pool of 16, on both engines, in one run.
//!
//! The load comes from this process, the server is another. Every figure is of a fresh database, after a warm-up, with
//! fsync on. `cargo bench --bench write_path [-- SECONDS [sqlite|postgres] [many|one|refused]]`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and waits")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "support/load.rs"]
mod load;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../tests/it/support/program.rs"]
mod program;

use std::time::Duration;

use load::{Figures, Kind, Place, Run};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(3.0);
    let time = Duration::from_secs_f64(seconds);
    println!(
        "write_path: CreateHospital with a request id, {seconds} s a figure after 0.5 s of warm-up, four times; one caller by turns"
    );
    println!("flush of this disk: {} µs (median of 200 appends of 4 KiB with fdatasync)", load::flush_micros());
    println!("{}", Figures::HEADER);
    for place in [Place::Sqlite, Place::Postgres] {
        if place == Place::Postgres && postgres::server().is_none() {
            println!("postgres: its programs aren't on this machine");
            continue;
        }
        let engine = place.name();
        for (part, what, kind, callers, held_to) in [
            ("many", "64 callers", Kind::Create, 64, place.ratio()),
            ("one", "1 caller", Kind::Create, 1, 0.9),
            ("refused", "64 callers, clean refusals", Kind::Refused, 64, 4.0),
        ] {
            if is_wanted(engine, &["sqlite", "postgres"]) && is_wanted(part, &["many", "one", "refused"]) {
                let run = Run { place, kind, callers, grouped: true, time };
                let ratio = if callers == 1 { by_turns(run).await } else { pairs(run).await };
                println!("{engine}: {what}, writer / own transaction: {ratio:.2} (held to {held_to})");
            }
        }
    }
}

/// Whether a word is among the arguments, or none of its kind is.
fn is_wanted(word: &str, kind: &[&str]) -> bool {
    let mut said = std::env::args().skip(1).filter(|argument| kind.contains(&argument.as_str())).peekable();
    said.peek().is_none() || said.any(|argument| argument == word)
}

/// Runs the writer and the reference four times each, in an order in which a drift of the machine falls on both; returns the ratio of
/// their mean rates.
async fn pairs(run: Run) -> f64 {
    let mut rates = [0.0, 0.0];
    for grouped in [true, false, false, true, false, true, true, false] {
        let figures = load::run(&Run { grouped, ..run }).await;
        println!("{figures}");
        rates[usize::from(!grouped)] += figures.rate;
    }
    rates[0] / rates[1]
}

/// Runs both with one caller by turns, for as long as the pairs together; returns the ratio of their rates.
async fn by_turns(run: Run) -> f64 {
    let [writer, alone] = load::by_turns(&Run { time: 4 * run.time, ..run }).await;
    println!("{writer}\n{alone}");
    writer.rate / alone.rate
}

//! Faults under load for as long as wanted, on each engine, and what is left of what was acknowledged.
//!
//! Eight clients book places of one session, record sessions and make hospitals under request ids, three watch; servers are killed, connections
//! cut, PostgreSQL crashes and recovers, the SQLite file is full. `cargo bench --bench faults [-- ROUNDS]`, of four faults each; it fails
//! if anything is lost, doubled or out of order.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the cluster's place comes from the environment")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::process::ExitCode;

use homecoming::db::Engine;
use support::faults::{self, Fault};

#[tokio::main]
async fn main() -> ExitCode {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let mut clean = true;
    for (engine, round) in [
        (Engine::Sqlite, [Fault::Kill, Fault::Full, Fault::Cut, Fault::Kill]),
        (Engine::Postgres, [Fault::Kill, Fault::Crash, Fault::Cut, Fault::Kill]),
    ] {
        let Some(evidence) = faults::run(engine, &round.repeat(rounds), 200).await else { continue };
        println!("{engine:?}: {evidence}");
        clean &= evidence.wrong.is_empty();
    }
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

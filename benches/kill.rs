//! Kills the program under load, twenty times on each engine, and prints what is left of what it acknowledged.
//!
//! 16 callers create programmes and hospitals and rename programmes, then 24 hold, book, wait for and give back places of three sessions:
//! each write under a request id, which a caller sends again when it wasn't answered.
//! `cargo bench --bench kill [-- [resources|places] KILLS [SEED]]`; it fails if a write is lost or doubled, a place given twice or kept
//! for ever, or somebody passed over in a queue.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the cluster's place comes from the environment")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::process::ExitCode;

use homecoming::db::Engine;
use support::kills::{Evidence, drill};
use support::{Database, places};

#[tokio::main]
async fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let kills = numbers.next().unwrap_or(20);
    let seed = numbers.next().map_or(1, u64::from);
    let named: Vec<String> = std::env::args().skip(1).collect();
    let is_named =
        |name: &str, other: &str| named.iter().any(|one| one == name) || !named.iter().any(|one| one == other);
    let mut clean = true;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if is_named("resources", "places") {
            let Some(database) = Database::fresh("kill", engine).await else { continue };
            clean &= told("resources", engine, seed, &drill(&database, kills, seed).await);
            database.remove().await;
        }
        if is_named("places", "resources") {
            let Some(database) = Database::fresh("kill_places", engine).await else { continue };
            clean &= told("places", engine, seed, &places::drill(&database, kills, seed).await);
            database.remove().await;
        }
    }
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn told(what: &str, engine: Engine, seed: u64, evidence: &Evidence) -> bool {
    println!("{what}, {engine:?}, seed {seed}: {evidence}");
    evidence.is_clean()
}

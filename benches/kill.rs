//! Kills the program under load, twenty times on each engine, and prints what is left of what it acknowledged.
//!
//! 16 callers create programmes and hospitals and rename programmes, each write under a request id, which a caller sends
//! again when it wasn't answered. `cargo bench --bench kill [-- KILLS [SEED]]`; it fails if a write is lost or doubled.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the cluster's place comes from the environment")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::process::ExitCode;

use homecoming::db::Engine;
use support::Database;
use support::kills::drill;

#[tokio::main]
async fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let kills = numbers.next().unwrap_or(20);
    let seed = numbers.next().map_or(1, u64::from);
    let mut clean = true;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("kill", engine).await else { continue };
        let evidence = drill(&database, kills, seed).await;
        println!("{engine:?}, seed {seed}: {evidence}");
        clean &= evidence.is_clean();
        database.remove().await;
    }
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

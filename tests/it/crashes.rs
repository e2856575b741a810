//! The program is killed under load: what it acknowledged is there, once. Many kills are a bench: `cargo bench --bench kill`.
use homecoming::db::Engine;

use crate::support::faults::{self, Fault};
use crate::support::kills::drill;
use crate::support::{Database, places};

const KILLS: u32 = 3;

async fn survives(engine: Engine, seed: u64) {
    let Some(database) = Database::fresh("killed", engine).await else { return };
    let evidence = drill(&database, KILLS, seed).await;
    assert!(evidence.is_clean(), "{engine:?}, seed {seed}: {evidence}");
    assert!(evidence.restarts == KILLS && evidence.acknowledged > u64::from(KILLS) * 30, "{evidence}");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sqlite_acknowledged_survives_kills() {
    survives(Engine::Sqlite, 20_240_401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgresql_acknowledged_survives_kills() {
    survives(Engine::Postgres, 20_240_402).await;
}

async fn places_survive(engine: Engine, seed: u64) {
    let Some(database) = Database::fresh("killed_places", engine).await else { return };
    let evidence = places::drill(&database, KILLS, seed).await;
    assert!(evidence.is_clean(), "{engine:?}, seed {seed}: {evidence}");
    assert!(evidence.restarts == KILLS && evidence.acknowledged > u64::from(KILLS) * 30, "{evidence}");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_on_sqlite_survive_kills() {
    places_survive(Engine::Sqlite, 20_240_403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_on_postgresql_survive_kills() {
    places_survive(Engine::Postgres, 20_240_404).await;
}

/// Whatever befalls servers, connections, the engine and the disk: acknowledged is stored once, and watchers see each change once. Longer
/// runs: `cargo bench --bench faults`.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_every_fault() {
    for (engine, faults) in [
        (Engine::Sqlite, [Fault::Kill, Fault::Full, Fault::Cut, Fault::Kill]),
        (Engine::Postgres, [Fault::Kill, Fault::Crash, Fault::Cut, Fault::Kill]),
    ] {
        let Some(evidence) = faults::run(engine, &faults, 60).await else { continue };
        eprintln!("{engine:?}: {evidence}");
        assert!(evidence.wrong.is_empty(), "{engine:?}: {evidence}");
        assert!(evidence.acknowledged.iter().all(|count| *count >= 10), "{evidence}");
        assert!(evidence.repeated > 0 && evidence.resumed > 0, "nobody felt it: {evidence}");
    }
}

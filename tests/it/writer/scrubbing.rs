//! The write-ahead log of an SQLite file, emptied after something was destroyed. PostgreSQL has none of its own.
use std::fs;
use std::pin::pin;
use std::time::Duration;

use homecoming::db::{Engine, Options, Target};
use sqlx::{Connection as _, SqliteConnection};
use tokio::time::timeout;

use super::deeds::{Bad, Deed};
use super::{Ward, call};
use crate::support::Database;

async fn ward(name: &str) -> Ward {
    let database = Database::fresh(name, Engine::Sqlite).await.unwrap();
    let target = database.target.clone();
    Ward::open(database, &target, Options::default()).await
}

fn path(ward: &Ward) -> String {
    let Target::Sqlite(path) = &ward.database.target else { panic!("only SQLite has a log of its own") };
    path.to_str().unwrap().to_owned()
}

/// How many bytes the log has.
fn logged(ward: &Ward) -> u64 {
    fs::metadata(format!("{}-wal", path(ward))).unwrap().len()
}

/// Somebody who has begun to read, or holds the write lock.
async fn in_the_way(ward: &Ward, begins: &'static [&'static str]) -> SqliteConnection {
    let mut connection = SqliteConnection::connect(&path(ward)).await.unwrap();
    for statement in begins {
        sqlx::query(*statement).execute(&mut connection).await.unwrap();
    }
    connection
}

/// Has the writer carry out what destroys something.
async fn destroy(ward: &Ward) {
    ward.db.write(call(""), Bad::new(Deed::Destroy)).await.unwrap();
}

const READS: &[&str] = &["BEGIN", "SELECT count(*) FROM counters"];
const WRITES: &[&str] = &["BEGIN IMMEDIATE"];

#[tokio::test]
async fn the_log_is_emptied_once_something_was_destroyed_and_not_before() {
    let ward = ward("scrubbing").await;
    ward.add("before").await.unwrap();
    // What a server before this one has destroyed isn't known.
    assert!(ward.db.empty_log().await.unwrap());
    assert_eq!(logged(&ward), 0);
    ward.add("a").await.unwrap();
    let written = logged(&ward);
    assert!(ward.db.empty_log().await.unwrap());
    assert_eq!((written > 0, logged(&ward)), (true, written), "nothing was destroyed: the writer isn't held up");
    destroy(&ward).await;
    assert!(ward.db.empty_log().await.unwrap());
    assert_eq!(logged(&ward), 0);

    let reader = in_the_way(&ward, READS).await;
    ward.add("b").await.unwrap();
    destroy(&ward).await;
    assert!(!ward.db.empty_log().await.unwrap(), "somebody reads what was before");
    reader.close().await.unwrap();
    assert!(ward.db.empty_log().await.unwrap(), "it is still to be done");
    assert_eq!(logged(&ward), 0);
    ward.db.close().await;
    ward.database.remove().await;
}

#[tokio::test]
async fn whoever_gave_up_leaves_no_connection_that_is_less_patient() {
    let ward = ward("scrubbing_patience").await;
    ward.add("a").await.unwrap();
    let reader = in_the_way(&ward, READS).await;
    ward.add("b").await.unwrap();
    let given_up = timeout(Duration::from_millis(200), ward.db.empty_log()).await;
    assert!(given_up.is_err(), "{given_up:?}");
    reader.close().await.unwrap();

    let writer = in_the_way(&ward, WRITES).await;
    let mut waiting = pin!(ward.db.forget_requests());
    let early = timeout(Duration::from_secs(1), &mut waiting).await;
    assert!(early.is_err(), "it waits for a lock as long as any other: {early:?}");
    writer.close().await.unwrap();
    waiting.await.unwrap();
    ward.db.close().await;
    ward.database.remove().await;
}

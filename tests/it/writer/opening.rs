//! Which databases are opened, and which are refused, untouched, with what is wrong with them.
//!
//! What the program says of it is in `process.rs`.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use homecoming::db::{Db, Engine, OpenError, Options, Target, migration_names};
use homecoming::kernel::ManualClock;

use crate::support::{Database, START};

const OTHERS: &str = "CREATE TABLE invoices (number TEXT); INSERT INTO invoices VALUES ('1')";

async fn open(target: &Target) -> Result<Db, OpenError> {
    Db::open(target, Options::default(), Arc::new(ManualClock::new(START))).await
}

/// Why it isn't opened; the message must say which it is, whatever else it says.
async fn refused(target: &Target) -> OpenError {
    let error = open(target).await.err().unwrap();
    assert!(error.to_string().contains(&target.to_string()), "{error}");
    error
}

/// A database of each engine that has been opened before.
async fn opened_before(name: &str) -> Vec<Database> {
    let mut databases = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        databases.extend(Database::migrated(name, engine).await);
    }
    databases
}

#[test]
fn migrations_are_named_alike_for_both_engines_and_in_order() {
    let names: BTreeSet<String> = migration_names().into_iter().map(str::to_owned).collect();
    for engine in ["sqlite", "postgres"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = files.map(|file| file.strip_suffix(".sql").unwrap().to_owned()).collect();
        assert_eq!(files, names, "{engine}");
    }
    let mut versions = BTreeSet::new();
    for name in &names {
        let (version, what) = name.split_once('_').unwrap();
        assert!(version.len() == 12 && version.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
        assert!(what.split('_').count() >= 2, "{name} names its slice and what it does");
        assert!(versions.insert(version), "{name}: two migrations have this minute");
    }
    assert!(migration_names().is_sorted());
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name() {
    for database in opened_before("newer_schema").await {
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     SELECT 209901010000, 'later', success, checksum, execution_time FROM _sqlx_migrations LIMIT 1";
        database.execute(newer).await;
        let error = refused(&database.target).await;
        assert!(matches!(error, OpenError::Newer { version: 209_901_010_000, .. }), "{error:?}");
        database.remove().await;
    }
}

#[tokio::test]
async fn a_migration_with_another_text_is_refused_by_name() {
    for database in opened_before("changed_text").await {
        let first = "UPDATE _sqlx_migrations SET checksum = (SELECT m.checksum FROM _sqlx_migrations m LIMIT 1)";
        database.execute(first).await;
        let error = refused(&database.target).await;
        let OpenError::Migration { why, .. } = &error else { panic!("{error:?}") };
        assert!(
            migration_names().iter().any(|name| why.contains(&name[..12])) && why.contains("another text"),
            "{why}"
        );
        database.remove().await;
    }
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let database = Database::migrated("overwritten", Engine::Sqlite).await.unwrap();
    let path = database.setting();
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 8 * 4_096);
    for (from, to) in [(100, 4_096), (4_096, 3 * 4_096), (whole.len() - 4_096, whole.len())] {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0xA5);
        fs::write(&path, &bytes).unwrap();
        let error = refused(&database.target).await;
        assert!(matches!(error, OpenError::Damaged { .. }), "{from}..{to}: {error:?}");
        assert!(error.to_string().contains("backup"), "{error}");
        assert!(fs::read(&path).unwrap() == bytes, "it was written to");
    }
    fs::write(&path, &whole[..whole.len() - 4_096]).unwrap();
    let error = refused(&database.target).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "cut off: {error:?}");
    fs::write(&path, whole).unwrap();
    open(&database.target).await.unwrap().close().await;
}

#[tokio::test]
async fn a_file_of_something_else_stays_as_it_is() {
    let database = Database::empty("others_file", Engine::Sqlite).await.unwrap();
    let path = database.setting();
    for text in ["just a text", "SQLite format 2", "SQLite format 3 or so, in a text that is longer than a header"] {
        fs::write(&path, text).unwrap();
        let error = refused(&database.target).await;
        assert!(matches!(error, OpenError::Foreign { .. }), "{text}: {error:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::remove_file(&path).unwrap();
    database.execute(OTHERS).await;
    let before = fs::read(&path).unwrap();
    let error = refused(&database.target).await;
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    assert!(fs::read(&path).unwrap() == before, "another program's database was changed");
    assert_eq!(fs::read_dir(Path::new(&path).parent().unwrap()).unwrap().count(), 1, "something was left beside it");
}

#[tokio::test]
async fn a_postgresql_database_of_something_else_stays_as_it_is() {
    let Some(database) = Database::empty("others_tables", Engine::Postgres).await else { return };
    database.execute(OTHERS).await;
    let error = refused(&database.target).await;
    assert!(matches!(&error, OpenError::Foreign { why, .. } if why.contains("1 tables")), "{error:?}");
    database.execute("CREATE TABLE heads ()").await; // would fail if a migration had run
    database.remove().await;
}

#[tokio::test]
async fn a_first_start_that_was_broken_off_is_taken_up() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::empty("broken_off", engine).await else { continue };
        if engine == Engine::Sqlite {
            database.execute("PRAGMA application_id = 1213156677").await;
        }
        // What the driver makes before the first migration.
        let driver = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                      installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
                      checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";
        let driver = if engine == Engine::Postgres {
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, \
                      description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), \
                      success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)"
        } else {
            driver
        };
        database.execute(driver).await;
        open(&database.target).await.unwrap().close().await;
        open(&database.target).await.unwrap().close().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_on_an_empty_database_all_start() {
    let Some(database) = Database::empty("at_once", Engine::Postgres).await else { return };
    let opening = (0..4).map(|_| {
        let target = database.target.clone();
        tokio::spawn(async move { open(&target).await })
    });
    for db in join_all(opening).await {
        db.unwrap().unwrap().close().await;
    }
    database.remove().await;
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&Target::Sqlite(folder.path().join("nowhere").join("a.db"))).await;
    assert!(matches!(&error, OpenError::Unreachable { why, .. } if why.contains("nowhere")), "{error:?}");
    let error = refused(&Target::Sqlite(folder.path().to_owned())).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    if let Some(database) = Database::empty("gone", Engine::Postgres).await {
        let target = database.target.clone();
        database.remove().await;
        let error = refused(&target).await;
        assert!(matches!(&error, OpenError::Unreachable { why, .. } if why.contains("does not exist")), "{error:?}");
    }
}

//! Migrations: embedded in the binary, run on start; a database of a newer version, of something else, or damaged is
//! refused by name.
use std::io::Read as _;
use std::path::Path;

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, Row as _, SqlSafeStr as _, SqliteConnection};

use super::engine::{OpenError, Pool, Target};

/// (name, SQLite's text, PostgreSQL's text), in order.
const MIGRATIONS: &[(&str, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// `HOME` in the header of an SQLite file: it is one of ours.
const APPLICATION_ID: i32 = 0x484F_4D45;

/// The names of all migrations, in order.
#[must_use]
pub fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|(name, _, _)| *name).collect()
}

/// The newest migration's version.
pub(super) fn newest() -> i64 {
    migrator(|(_, sqlite, _)| sqlite).iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// An existing file must be ours, and whole, before it is opened for writing: that alone would change it. What isn't
/// there will be made.
pub(super) async fn check_before_opening(target: &Target) -> Result<(), OpenError> {
    let Target::Sqlite(path) = target else { return Ok(()) };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        && !folder.is_dir()
    {
        let why = format!("the folder {} isn't there", folder.display());
        return Err(OpenError::Unreachable { target: target.to_string(), why });
    }
    let Ok(mut file) = std::fs::File::open(path) else { return Ok(()) };
    let mut header = Vec::new();
    let read = std::io::Read::by_ref(&mut file).take(16).read_to_end(&mut header);
    match read {
        Ok(0) => Ok(()),
        Ok(_) if header == b"SQLite format 3\0" => check_file(path, target).await,
        Ok(_) => Err(OpenError::Foreign { target: target.to_string(), why: "it isn't an SQLite file".to_owned() }),
        Err(error) => Err(OpenError::Unreachable { target: target.to_string(), why: error.to_string() }),
    }
}

async fn check_file(path: &Path, target: &Target) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| why_not_opened(target, &error);
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let whose = whose_file(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)?;
    whose.check(target)
}

/// What an error while connecting means.
#[expect(clippy::wildcard_enum_match_arm, reason = "the driver's enum is open-ended")]
pub(super) fn why_not_opened(target: &Target, error: &sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
    let why = match error {
        // A driver's text could repeat the URL: only the server's own words are printed.
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Configuration(_) => "the URL isn't one: postgres://USER@HOST/DATABASE".to_owned(),
        sqlx::Error::PoolTimedOut => "nothing answered within ten seconds".to_owned(),
        _ => "the driver refused".to_owned(),
    };
    // SQLITE_CORRUPT and its kin, SQLITE_NOTADB
    if matches!(code.as_str(), "11" | "267" | "523" | "779" | "26") {
        return OpenError::Damaged { target: target.to_string(), why };
    }
    OpenError::Unreachable { target: target.to_string(), why }
}

/// Brings a database to this version; one of PostgreSQL is looked at first.
pub(super) async fn migrate(pool: &Pool, target: &Target) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| why_not_opened(target, &error);
    match pool {
        Pool::Sqlite(pool) => {
            let mut conn = pool.acquire().await.map_err(failed)?;
            // First of all, so that a first start that is broken off leaves a file that is known as ours.
            conn.execute("PRAGMA application_id = 1213156677").await.map_err(failed)?;
            run(migrator(|(_, sqlite, _)| sqlite), &mut *conn, target).await
        }
        Pool::Postgres(pool) => {
            let mut conn = pool.acquire().await.map_err(failed)?;
            whose_database(&mut conn).await.map_err(failed)?.check(target)?;
            run(migrator(|(_, _, postgres)| postgres), &mut *conn, target).await
        }
    }
}

/// What is found in a database before anything is written to it.
struct Whose {
    tables: i64,
    ours: bool,
    damage: Option<String>,
}

impl Whose {
    fn check(&self, target: &Target) -> Result<(), OpenError> {
        let target = target.to_string();
        if let Some(why) = &self.damage {
            return Err(OpenError::Damaged { target, why: why.clone() });
        }
        if self.tables > 0 && !self.ours {
            let why = format!("it has {} tables and none of ours", self.tables);
            return Err(OpenError::Foreign { target, why });
        }
        Ok(())
    }
}

async fn whose_file(conn: &mut sqlx::SqliteConnection) -> Result<Whose, sqlx::Error> {
    let row = conn.fetch_one("SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table'").await?;
    let tables: i64 = row.get("tables");
    let mark: i32 = conn.fetch_one("PRAGMA application_id").await?.get(0);
    let found: String = conn.fetch_one("PRAGMA quick_check(1)").await?.get(0);
    let damage = (found != "ok").then_some(found);
    Ok(Whose { tables, ours: mark == APPLICATION_ID, damage })
}

/// The driver's own table doesn't count: a first start that was broken off leaves it alone, and one that goes on beside
/// this makes it first.
async fn whose_database(conn: &mut sqlx::PgConnection) -> Result<Whose, sqlx::Error> {
    let look = "SELECT (SELECT count(*) FROM pg_catalog.pg_tables t \
                WHERE t.schemaname = current_schema() AND t.tablename <> '_sqlx_migrations') AS tables, \
                to_regclass('_sqlx_migrations') IS NOT NULL AND to_regclass('heads') IS NOT NULL AS ours";
    let row = conn.fetch_one(look).await?;
    Ok(Whose { tables: row.get("tables"), ours: row.get("ours"), damage: None })
}

fn migrator(text: fn(&'static (&'static str, &'static str, &'static str)) -> &'static str) -> Migrator {
    let migrations = MIGRATIONS.iter().map(|migration| {
        let (version, what) = migration.0.split_once('_').unwrap_or((migration.0, ""));
        let version = version.parse().unwrap_or(i64::MAX); // a test reads every name
        Migration::new(version, what.into(), MigrationType::Simple, text(migration).into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the driver's enum is open-ended")]
async fn run<C: Migrate>(migrator: Migrator, conn: &mut C, target: &Target) -> Result<(), OpenError> {
    let target = target.to_string();
    migrator.run_direct(None, conn, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => OpenError::Newer { target, version },
        MigrateError::VersionMismatch(version) => {
            OpenError::Migration { target, why: format!("the migration {version} was run with another text") }
        }
        MigrateError::Dirty(version) => {
            OpenError::Migration { target, why: format!("the migration {version} was broken off") }
        }
        error => OpenError::Migration { target, why: error.to_string() },
    })
}

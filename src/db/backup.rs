//! Copies of an SQLite file: made while a server writes to it, checked by opening them again, and put back.
//!
//! A copy is made by `VACUUM INTO`: one read transaction, so that it is one moment's picture; in WAL mode it waits for no
//! writer and no writer waits for it. PostgreSQL has tools of its own (docs/operations.md).
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, Row as _, SqliteConnection};

use super::command::Query as _;
use super::engine::{OpenError, Target};
use super::migrations;
use super::tx::Tx;
use super::verify::{Verified, VerifyLedger};

/// Why a copy isn't made or put back. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It runs on the other engine.
    #[error("{0} is backed up and restored by PostgreSQL's own tools: see docs/operations.md")]
    OtherEngine(String),
    /// Nothing is written over.
    #[error("{0} is there already: choose another file, or move it away with its -wal and -shm")]
    Exists(String),
    /// A file can't be read or written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        why: io::Error,
    },
    /// The database can't be opened, or isn't ours, or is damaged.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is to be put back isn't a whole database.
    #[error("the backup {path} can't be put back: {why}; take another one")]
    Damaged {
        /// Which.
        path: String,
        /// What was found in it.
        why: String,
    },
    /// The copy's ledger doesn't verify.
    #[error("the copy {path} isn't whole: {wrong}")]
    NotWhole {
        /// Which.
        path: String,
        /// What is wrong with it.
        wrong: String,
    },
}

/// A copy that was made, or put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How large it is.
    pub bytes: u64,
    /// What its ledger was found to have; nothing where an older version wrote it: the next start brings it to this one.
    pub verified: Option<Verified>,
}

/// Copies a database to a file that isn't there yet, whether a server runs on it or not.
///
/// # Errors
/// [`BackupError`]; what is left of a process that was killed has the ending `.partial`.
pub async fn backup(database: &Target, to: &Path) -> Result<Copied, BackupError> {
    let from = file_of(database)?;
    refuse_existing(to)?;
    let partial = fresh_partial(to)?;
    or_nothing(&partial, vacuum_into(database, from, &partial, to).await)
}

async fn vacuum_into(database: &Target, from: &Path, partial: &Path, to: &Path) -> Result<Copied, BackupError> {
    let failed = |error: sqlx::Error| migrations::why_not_opened(database, &error);
    let options = SqliteConnectOptions::new().filename(from).create_if_missing(false);
    let mut conn =
        SqliteConnection::connect_with(&options.busy_timeout(Duration::from_secs(10))).await.map_err(failed)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(partial.to_string_lossy().into_owned()).execute(&mut conn).await;
    copied.map_err(failed)?;
    conn.close().await.map_err(failed)?;
    finish(partial, to).await
}

/// Puts a copy where a database shall be and none is.
///
/// # Errors
/// [`BackupError`].
pub async fn restore(from: &Path, database: &Target) -> Result<Copied, BackupError> {
    let to = file_of(database)?;
    for left_over in ["", "-wal", "-shm"] {
        refuse_existing(&beside(to, left_over))?; // another file's log would be played into this one
    }
    let partial = fresh_partial(to)?;
    or_nothing(&partial, copy(from, &partial, to).await)
}

async fn copy(from: &Path, partial: &Path, to: &Path) -> Result<Copied, BackupError> {
    let mut source = File::open(from).map_err(|why| failed_at(from, why))?;
    let mut copy = OpenOptions::new().write(true).open(partial).map_err(|why| failed_at(partial, why))?;
    io::copy(&mut source, &mut copy).map_err(|why| failed_at(partial, why))?;
    finish(partial, to).await.map_err(|error| named(error, from))
}

/// Leaves nothing half done behind.
fn or_nothing(partial: &Path, done: Result<Copied, BackupError>) -> Result<Copied, BackupError> {
    if done.is_err() {
        let _ = fs::remove_file(partial); // the error is what matters
    }
    done
}

fn file_of(database: &Target) -> Result<&Path, BackupError> {
    match database {
        Target::Sqlite(path) => Ok(path),
        Target::Postgres(_) => Err(BackupError::OtherEngine(database.to_string())),
    }
}

/// A fault of the copy is one of what was copied.
fn named(error: BackupError, from: &Path) -> BackupError {
    let path = from.display().to_string();
    match error {
        BackupError::Open(OpenError::Damaged { why, .. } | OpenError::Foreign { why, .. }) => {
            BackupError::Damaged { path, why }
        }
        BackupError::NotWhole { wrong, .. } => BackupError::NotWhole { path, wrong },
        other @ (BackupError::OtherEngine(_)
        | BackupError::Exists(_)
        | BackupError::File { .. }
        | BackupError::Damaged { .. }
        | BackupError::Open(_)) => other,
    }
}

fn failed_at(path: &Path, why: io::Error) -> BackupError {
    BackupError::File { path: path.display().to_string(), why }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn refuse_existing(path: &Path) -> Result<(), BackupError> {
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(BackupError::Exists(path.display().to_string())),
        Err(why) => Err(failed_at(path, why)),
    }
}

/// An empty file beside the one to be, for its owner alone; what an earlier try left is dropped.
fn fresh_partial(path: &Path) -> Result<PathBuf, BackupError> {
    let partial = beside(path, ".partial");
    let mut options = OpenOptions::new();
    let made = options.write(true).create(true).truncate(true).mode(0o600).open(&partial);
    made.map(|_| partial.clone()).map_err(|why| failed_at(&partial, why))
}

/// Opens the copy again, checks it, makes it durable, and gives it its name.
async fn finish(partial: &Path, to: &Path) -> Result<Copied, BackupError> {
    let verified = check(partial).await?;
    let file = File::open(partial).map_err(|why| failed_at(partial, why))?;
    file.sync_all().map_err(|why| failed_at(partial, why))?;
    let bytes = file.metadata().map_err(|why| failed_at(partial, why))?.len();
    fs::rename(partial, to).map_err(|why| failed_at(to, why))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| failed_at(folder, why))?;
    Ok(Copied { bytes, verified })
}

/// Every page, whose file it is, of which version, and, where it is ours, the whole ledger.
async fn check(copy: &Path) -> Result<Option<Verified>, BackupError> {
    let target = Target::Sqlite(copy.to_owned());
    migrations::check_before_opening(&target).await?;
    let failed = |error: sqlx::Error| migrations::why_not_opened(&target, &error);
    let options = SqliteConnectOptions::new().filename(copy).read_only(true).immutable(true);
    let mut conn = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let found: String = conn.fetch_one("PRAGMA integrity_check(1)").await.map_err(failed)?.get(0);
    if found != "ok" {
        return Err(OpenError::Damaged { target: target.to_string(), why: found }.into());
    }
    let newest = "SELECT MAX(m.version) FROM _sqlx_migrations m";
    let newest: Option<i64> = conn.fetch_one(newest).await.map_err(failed)?.get(0);
    let (newest, ours) = (newest.unwrap_or_default(), migrations::newest());
    if newest > ours {
        return Err(OpenError::Newer { target: target.to_string(), version: newest }.into());
    }
    if newest < ours {
        return Ok(None);
    }
    let mut tx = Tx::sqlite(conn.begin().await.map_err(failed)?);
    let verified = VerifyLedger.run(&mut tx).await;
    let not_whole = |wrong: String| BackupError::NotWhole { path: copy.display().to_string(), wrong };
    let verified = verified.map_err(|error| not_whole(error.to_string()))?;
    if !verified.wrong.is_empty() {
        return Err(not_whole(verified.wrong.join("; ")));
    }
    Ok(Some(verified))
}

//! What an engine's errors mean. Driver text never leaves the service: it is logged, not sent.
use std::fmt;

use crate::kernel::{Error, Reason};

/// Wraps a driver's error.
pub(super) fn storage(error: sqlx::Error) -> Error {
    Error::Storage(Box::new(error))
}

/// A stored value that can't be read as what it should be. It names the column, never the value.
#[derive(Debug)]
pub(super) struct Corrupt {
    column: String,
    why: &'static str,
}

impl Corrupt {
    pub(super) fn error(column: &str, why: &'static str) -> Error {
        Error::Storage(Box::new(Corrupt { column: column.to_owned(), why }))
    }
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.why)
    }
}

impl std::error::Error for Corrupt {}

/// What to do about an error of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another transaction was in the way: the same again may succeed.
    Retryable,
    /// The connection can't be used again.
    Broken,
    /// The statement or its values.
    Other,
}

/// By SQLSTATE or result code, never by a constraint's name (SQLite doesn't say it).
#[expect(clippy::wildcard_enum_match_arm, reason = "the driver's enum is open-ended")]
pub(super) fn classify(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // SQLITE_BUSY and its kin; serialization_failure, deadlock_detected
            Some("5" | "261" | "517" | "40001" | "40P01") => Fault::Retryable,
            // admin_shutdown and its kin, connection exceptions, idle_in_transaction_session_timeout
            Some(code) if code.starts_with("57P") || code.starts_with("08") || code == "25P03" => Fault::Broken,
            Some(_) | None => Fault::Other,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed => Fault::Broken,
        _ => Fault::Other,
    }
}

/// The engine's error inside an error of the service, if there is one.
pub(super) fn engine_error(error: &Error) -> Option<&sqlx::Error> {
    let Error::Storage(inner) = error else { return None };
    inner.downcast_ref()
}

/// When whoever met a full disk may try again, in milliseconds: somebody has to make room.
const FULL_RETRY_AFTER_MS: u64 = 60_000;

/// An engine's complaint that there is no room for what was to be written, as a refusal; any other error as it is.
pub(super) fn refused_if_full(error: Error) -> Error {
    let code = match engine_error(&error) {
        Some(sqlx::Error::Database(error)) => error.code().map(|code| code.into_owned()),
        Some(_) | None => None,
    };
    // SQLITE_FULL; disk_full
    if !matches!(code.as_deref(), Some("13" | "53100")) {
        return error;
    }
    tracing::error!("the disk is full, or what the database may take of it");
    Error::refused(Reason::StorageFull, "there is no room for another write; the operator has to make some")
        .retry_after(FULL_RETRY_AFTER_MS)
}

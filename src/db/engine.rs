//! The engines: where a database is, and connections to it.
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgPool, Postgres, Sqlite, SqlitePool};

use super::fault::storage;
use super::tx::Tx;
use crate::kernel::Result;

/// Which engine a database runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, in one file.
    Sqlite,
    /// A PostgreSQL server, version 15 or later.
    Postgres,
}

/// Where a database is: `sqlite:PATH`, a plain path, or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A file, made when it isn't there.
    Sqlite(PathBuf),
    /// A connection URL, which may hold a password.
    Postgres(String),
}

impl Target {
    /// Reads a setting: `postgres://` and `postgresql://` are PostgreSQL, all else is a file.
    #[must_use]
    pub fn parse(text: &str) -> Target {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Target::Postgres(text.to_owned());
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        Target::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// The engine it runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Target::Sqlite(_) => Engine::Sqlite,
            Target::Postgres(_) => Engine::Postgres,
        }
    }
}

/// Without the password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Target::Postgres(url) => match (url.split_once("://"), url.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, place))) => {
                    write!(f, "{scheme}://…@{}", place.split('?').next().unwrap_or(""))
                }
                (_, _) => write!(f, "{}", url.split('?').next().unwrap_or("")),
            },
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a database can't be used. The text says which and what to do; it holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing answers there, or the file can't be opened.
    #[error("the database {target} can't be opened: {why}")]
    Unreachable {
        /// Where.
        target: String,
        /// What the system says.
        why: String,
    },
    /// The file isn't a database, or is damaged.
    #[error("the database {target} is damaged: {why}; restore it from a backup")]
    Damaged {
        /// Where.
        target: String,
        /// What was found.
        why: String,
    },
    /// A database of something else.
    #[error("the database {target} isn't one of homecoming: {why}; choose another with --database")]
    Foreign {
        /// Where.
        target: String,
        /// What was found.
        why: String,
    },
    /// Written by a newer version.
    #[error(
        "the database {target} has the migration {version}, which this version doesn't know: it was written by a newer homecoming; start that one"
    )]
    Newer {
        /// Where.
        target: String,
        /// The first unknown migration.
        version: i64,
    },
    /// A migration failed or was changed.
    #[error("the database {target} can't be brought to this version: {why}")]
    Migration {
        /// Where.
        target: String,
        /// What happened.
        why: String,
    },
}

/// The pool of one purpose.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A connection taken out of a pool for as long as its holder likes.
pub(super) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// What a pool's connections are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
}

/// Tables of which a quarter, and some rows, changed since they were last counted. The view of tables' statistics would reckon a score
/// of numbers of each table and its indexes for it.
const OUTGROWN: &str = "SELECT string_agg(quote_ident(c.relname), ', ') FROM pg_class c \
     WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS REGNAMESPACE) \
     AND pg_stat_get_mod_since_analyze(c.oid) > 32 + pg_stat_get_live_tuples(c.oid) / 4";

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an SQLite connection waits for another one's lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl Pool {
    /// Opens a pool of at most `size` connections, an SQLite file of at most so many pages (0: no limit); none is pinged before use, a broken one is found when it is used.
    pub(super) async fn open(target: &Target, purpose: Purpose, size: u32, pages: u32) -> Result<Pool, sqlx::Error> {
        match target {
            Target::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(purpose == Purpose::Write)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(BUSY_TIMEOUT)
                    .pragma("secure_delete", "on") // what was erased is not to be found in the file's free places
                    .pragma("temp_store", "memory") // statement journals: a third off a set's statements
                    // An export goes from one reader to the next, and each keeps what it has read: four of them are to stay small.
                    .pragma("cache_size", if purpose == Purpose::Read { "-6144" } else { "-16384" })
                    .statement_cache_capacity(512) // messages of several statements are texts of their own
                    .pragma("query_only", if purpose == Purpose::Read { "on" } else { "off" });
                // A limit below the file's size is taken as its size: whatever needs another page is refused.
                let options = if pages > 0 { options.pragma("max_page_count", pages.to_string()) } else { options };
                let pool = SqlitePoolOptions::new().max_connections(size).test_before_acquire(false);
                let pool = pool.max_lifetime(None).idle_timeout(None).acquire_timeout(ACQUIRE_TIMEOUT);
                Ok(Pool::Sqlite(pool.connect_with(options).await?))
            }
            Target::Postgres(url) => {
                // Whatever we ask finds its rows by key or in an index's order; a plan made while a table was small must not stay
                // a scan, and keys out of a JSON array are too few to hash a whole table for them. Joins are done in the order in
                // which they are written, the JSON's rows first: by what a small table held once, any other order looks as good.
                // By key any values have the same plan, so it is made once; what is found by key is never worth compiling.
                let mut options = PgConnectOptions::from_str(url)?
                    .application_name("homecoming")
                    .options(["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"].map(|name| (name, "off")))
                    .options([("plan_cache_mode", "force_generic_plan")])
                    .statement_cache_capacity(512) // what fell out would be planned anew
                    .options(["join_collapse_limit", "from_collapse_limit"].map(|name| (name, "1")));
                if purpose == Purpose::Write {
                    // A server that the network took away must not hold its programmes' heads for hours.
                    options = options.options([("idle_in_transaction_session_timeout", "30s")]);
                    // How many rows a table has, and roughly how they spread, is all that plans by key need: counting looks at 3,000
                    // rows, not 30,000, while bookings wait for the same processors.
                    options = options.options([("default_statistics_target", "10")]);
                }
                let pool = PgPoolOptions::new().max_connections(size).test_before_acquire(false);
                Ok(Pool::Postgres(pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_with(options).await?))
            }
        }
    }

    /// Whether a lane gives its connection back after each batch and takes the next one's from the pool. PostgreSQL's process answers the
    /// pool then that it is well while the next batch comes in, and a lone caller's batch is a quarter faster than in a process that has
    /// gone to sleep (ADR 2). SQLite's connection keeps pages and statements.
    pub(super) fn takes_turns(&self) -> bool {
        match self {
            Pool::Sqlite(_) => false,
            Pool::Postgres(_) => true,
        }
    }

    pub(super) async fn acquire(&self) -> Result<Conn> {
        match self {
            Pool::Sqlite(pool) => pool.acquire().await.map(Conn::Sqlite),
            Pool::Postgres(pool) => pool.acquire().await.map(Conn::Postgres),
        }
        .map_err(storage)
    }

    pub(super) async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Conn {
    /// Begins a write transaction. SQLite takes its write lock at once, so that a read-then-write transaction can't
    /// fail half way.
    pub(super) async fn begin_write(&mut self) -> Result<Tx<'_>, sqlx::Error> {
        Ok(match self {
            Conn::Sqlite(conn) => Tx::sqlite(conn.begin_with("BEGIN IMMEDIATE").await?),
            Conn::Postgres(conn) => Tx::postgres(conn.begin().await?),
        })
    }

    /// Has the engine count what is in those of its tables that have outgrown what it knows of them, so that it plans by that from now
    /// on. SQLite plans by the shape of indexes alone, the same on every machine.
    pub(super) async fn gather_statistics(&mut self) -> Result<(), sqlx::Error> {
        let Conn::Postgres(conn) = self else { return Ok(()) };
        let outgrown: Option<String> = sqlx::query_scalar(OUTGROWN).fetch_one(&mut **conn).await?;
        let Some(tables) = outgrown else { return Ok(()) };
        sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {tables}"))).execute(&mut **conn).await.map(drop)
    }

    /// Begins a read of one consistent snapshot.
    pub(super) async fn begin_read(&mut self) -> Result<Tx<'_>, sqlx::Error> {
        Ok(match self {
            Conn::Sqlite(conn) => Tx::sqlite(conn.begin().await?),
            Conn::Postgres(conn) => {
                Tx::postgres(conn.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// Gives the connection back after what was done on it; where that failed, its transaction may not have ended, and it is closed.
    pub(super) fn after<T>(self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.discard();
        }
        done
    }

    /// Closes the connection instead of giving it back to the pool.
    pub(super) fn discard(mut self) {
        match &mut self {
            Conn::Sqlite(conn) => conn.close_on_drop(),
            Conn::Postgres(conn) => conn.close_on_drop(),
        }
    }
}

//! Settings of a server: a flag, else a `HOMECOMING_*` variable, else the default; and where each value came from.
//!
//! Nothing else in the service reads the environment.
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, ValueEnum};

use super::limits::Limits;
use super::oidc::{Issuer, KeysError, Oidc};
use super::{Door, Tls};
use crate::db::{Options, Target, WritePath};

/// What a server is started with.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address and port to listen on; port 0 lets the system choose. Beyond loopback only with TLS, or --plaintext
    #[arg(long, env = "HOMECOMING_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Who comes in.
    #[command(flatten)]
    pub entry: Entry,
    /// Where the data is.
    #[command(flatten)]
    pub storage: Storage,
    /// How many wait and read at a time.
    #[command(flatten)]
    pub traffic: Traffic,
    /// How much may be asked at a time.
    #[command(flatten)]
    pub limits: Limits,
    /// Whose tokens are taken beside ours.
    #[command(flatten)]
    pub oidc: Oidc,
    /// How long things are kept.
    #[command(flatten)]
    pub keeping: Keeping,
    /// What is logged, and how.
    #[command(flatten)]
    pub logging: Logging,
}

/// Who comes in.
#[derive(Clone, Debug, Args)]
pub struct Entry {
    /// Believe every caller, who may do everything: for development. Only on loopback; logged at each start
    #[arg(long, env = "HOMECOMING_OPEN", value_parser = clap::value_parser!(bool), default_value = "false", num_args = 0..=1, default_missing_value = "true")]
    pub open: bool,
    /// Take plain text from other machines, because a proxy in front has TLS; logged at each start
    #[arg(long, env = "HOMECOMING_PLAINTEXT", value_parser = clap::value_parser!(bool), default_value = "false", num_args = 0..=1, default_missing_value = "true")]
    pub plaintext: bool,
    /// A file with the server's certificate and those that vouch for it (PEM); with --tls-key callers come in through TLS alone
    #[arg(long, env = "HOMECOMING_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// A file with the certificate's private key (PEM)
    #[arg(long, env = "HOMECOMING_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Where Prometheus reads what is counted: an address on loopback; empty: nowhere
    #[arg(long, env = "HOMECOMING_METRICS", default_value = "", value_name = "ADDRESS:PORT")]
    pub metrics: String,
    /// Where the token of the platform's owner is put when there is none; else beside an SQLite file, as homecoming.db.token
    #[arg(long, env = "HOMECOMING_TOKEN_FILE", default_value = "", value_name = "FILE")]
    pub token_file: String,
}

impl Settings {
    /// How callers come in.
    ///
    /// # Errors
    /// [`DoorError`]: which file or address is wrong.
    pub fn door(&self) -> Result<Door, DoorError> {
        let metrics = match self.entry.metrics.as_str() {
            "" => None,
            address => Some(address.parse().map_err(|_| DoorError::Metrics(address.to_owned()))?),
        };
        Ok(Door {
            listen: self.listen,
            is_open: self.entry.open,
            takes_plaintext: self.entry.plaintext,
            tls: self.entry.tls()?,
            issuer: Issuer::open(&self.oidc)?.map(Arc::new),
            limits: self.limits,
            metrics,
        })
    }

    /// Where the owner's token is put.
    #[must_use]
    pub fn token_file(&self) -> PathBuf {
        match (self.entry.token_file.as_str(), self.storage.target()) {
            ("", Target::Sqlite(path)) => {
                let mut file = path.into_os_string();
                file.push(".token");
                file.into()
            }
            ("", Target::Postgres(_)) => PathBuf::from(TOKEN_FILE),
            (file, _) => PathBuf::from(file),
        }
    }
}

impl Entry {
    fn tls(&self) -> Result<Option<Tls>, DoorError> {
        let read =
            |file: &PathBuf| fs::read(file).map_err(|why| DoorError::File { file: file.clone(), why: why.to_string() });
        match (&self.tls_certificate, &self.tls_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Tls { certificate: read(certificate)?, key: read(key)? })),
            (None, Some(_)) | (Some(_), None) => Err(DoorError::HalfTls),
        }
    }
}

/// Why a door can't be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// A file can't be read.
    #[error("{}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// One of the two files of TLS.
    #[error("TLS needs --tls-certificate and --tls-key")]
    HalfTls,
    /// No address.
    #[error("--metrics {0} is no address and port, such as 127.0.0.1:9464")]
    Metrics(String),
    /// The issuer's keys can't be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// Where the owner's token is by default: beside the default database.
pub const TOKEN_FILE: &str = "homecoming.db.token";

/// How long things are kept.
#[derive(Clone, Debug, Args)]
pub struct Keeping {
    /// For how many days changes are kept for ListChanges and WatchChanges; 0 keeps them for ever
    #[arg(long, env = "HOMECOMING_KEEP_CHANGES_DAYS", default_value = "400", value_name = "DAYS")]
    pub keep_changes_days: u32,
    /// The most pages of 4 KiB that an SQLite file may have; a write beyond is refused as STORAGE_FULL. 0: no limit
    #[arg(long, env = "HOMECOMING_SQLITE_PAGES", default_value = "0", value_name = "PAGES")]
    pub sqlite_pages: u32,
}

impl Keeping {
    /// What the database's room is told of it.
    #[must_use]
    pub fn apply(&self, options: Options) -> Options {
        Options { keep_changes_days: self.keep_changes_days, sqlite_pages: self.sqlite_pages, ..options }
    }
}

/// How many wait and read at a time.
#[derive(Clone, Debug, Args)]
pub struct Traffic {
    /// The most commands that wait for the writer; one more is refused as OVERLOADED
    #[arg(long, env = "HOMECOMING_WRITE_QUEUE", default_value = "4096", value_name = "COMMANDS")]
    pub write_queue: usize,
    /// The most reads at a time, each on a connection of its own
    #[arg(long, env = "HOMECOMING_READERS", default_value = "4", value_name = "CONNECTIONS")]
    pub readers: u32,
    /// How commands reach the database; all but `grouped` is there to measure it against
    #[arg(long, env = "HOMECOMING_WRITE_PATH", value_enum, default_value = "grouped", hide = true)]
    pub write_path: WritePathSetting,
}

/// How commands reach the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WritePathSetting {
    /// Through the writer, many in one transaction.
    Grouped,
    /// Each in a transaction of its own, on a pool of 16 connections.
    Alone,
}

impl Traffic {
    /// What the database's room is told of it.
    #[must_use]
    pub fn apply(&self, options: Options) -> Options {
        let write_path = match self.write_path {
            WritePathSetting::Grouped => WritePath::Grouped,
            WritePathSetting::Alone => WritePath::Alone(16),
        };
        Options { write_path, queue: self.write_queue, readers: self.readers.max(1), own_thread: true, ..options }
    }
}

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub struct Storage {
    /// An SQLite file, made where it isn't there, or postgres://user:password@host:port/name
    #[arg(
        long,
        env = "HOMECOMING_DATABASE",
        default_value = "homecoming.db",
        value_name = "FILE|URL",
        hide_env_values = true
    )]
    pub database: String,
}

impl Storage {
    /// Where the data is, as the database's room takes it.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::parse(&self.database)
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, Args)]
pub struct Logging {
    /// One line for each event, on standard error: as text or as JSON
    #[arg(long, env = "HOMECOMING_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged: a level, or levels by room as in info,homecoming::db=debug
    #[arg(long, env = "HOMECOMING_LOG_FILTER", default_value = "info", value_name = "FILTER")]
    pub log_filter: String,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// One setting as the documentation lists it.
#[derive(Debug, PartialEq, Eq)]
pub struct Documented {
    /// The flag, as `--listen`.
    pub flag: String,
    /// The variable, as `HOMECOMING_LISTEN`.
    pub variable: String,
    /// The default.
    pub default: String,
}

/// Every setting that a variable can give and that is meant for operators, in the order of the help text.
#[must_use]
pub fn documented() -> Vec<Documented> {
    let command = Settings::augment_args(Command::new("serve"));
    command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .filter_map(|arg| {
            let default = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
            Some(Documented { flag: flag_of(arg), variable: variable_of(arg)?, default })
        })
        .collect()
}

/// One line for each setting: its value and where it came from. Passwords are masked.
#[must_use]
pub fn explain(matches: &ArgMatches) -> String {
    let command = Settings::augment_args(Command::new("serve"));
    let mut lines = String::new();
    for arg in command.get_arguments() {
        let Some(variable) = variable_of(arg) else { continue };
        let id = arg.get_id().as_str();
        let value = matches.get_raw(id).and_then(|mut values| values.next()).map(|value| value.to_string_lossy());
        let origin = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => flag_of(arg),
            Some(ValueSource::EnvVariable) => variable,
            Some(_) | None => "default".to_owned(),
        };
        lines.push_str(&format!("{id} = {} ({origin})\n", masked(&value.unwrap_or_default())));
    }
    lines
}

fn flag_of(arg: &Arg) -> String {
    format!("--{}", arg.get_long().unwrap_or_else(|| arg.get_id().as_str()))
}

fn variable_of(arg: &Arg) -> Option<String> {
    arg.get_env().map(|variable| variable.to_string_lossy().into_owned())
}

/// A URL without its password: what stands between the user's colon and the last `@`, and a `password=` parameter.
#[must_use]
pub fn masked(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (place, parameters) =
        rest.split_once('?').map_or((rest, None), |(place, parameters)| (place, Some(parameters)));
    let place = match place.rsplit_once('@') {
        Some((account, host)) => match account.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => place.to_owned(),
        },
        None => place.to_owned(),
    };
    let Some(parameters) = parameters else { return format!("{scheme}://{place}") };
    let hidden = |parameter: &str| match parameter.split_once('=') {
        Some((key, _)) if key.contains("password") => format!("{key}=***"),
        Some(_) | None => parameter.to_owned(),
    };
    let parameters: Vec<String> = parameters.split('&').map(hidden).collect();
    format!("{scheme}://{place}?{}", parameters.join("&"))
}

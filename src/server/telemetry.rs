//! The log: where it goes and in which form.
//!
//! What each call leaves in it is in `observe`.
use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::settings::{LogFormat, Logging};

/// Sends the log to standard error, from now on and for the whole process.
///
/// # Errors
/// A filter that can't be read, as a text for the operator; or a log that somebody already set up.
pub fn start(logging: &Logging) -> Result<(), String> {
    let filter = EnvFilter::try_new(&logging.log_filter).map_err(|error| format!("--log-filter: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match logging.log_format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
    started.map_err(|error| format!("the log can't be set up: {error}"))
}

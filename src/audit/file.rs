//! The form of an exported audit: a line of JSON for each entry, in order, which is read again without a database.
use serde::{Deserialize, Serialize};

use super::Recorded;
use crate::db::chain::Entry;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    programme: String,
    entry: i64,
    time_micros: i64,
    subject: String,
    on_behalf_of: String,
    method: String,
    names: Vec<String>,
    digest: String,
    hash: String,
    link: Option<String>,
}

/// An entry as a line, without its end; nothing where its names aren't a list, which no entry of ours has.
#[must_use]
pub fn line(recorded: &Recorded) -> Option<String> {
    let Recorded { entry, link } = recorded.clone();
    let hash = entry.fingerprint();
    let Entry { programme, entry, time, subject, on_behalf_of, method, names, digest } = entry;
    let names = serde_json::from_str(&names).ok()?;
    let line = Line { programme, entry, time_micros: time, subject, on_behalf_of, method, names, digest, hash, link };
    serde_json::to_string(&line).ok()
}

/// The entry of a line and the hash that stands with it; nothing where it isn't one.
#[must_use]
pub fn read(line: &str) -> Option<(Recorded, String)> {
    let Line { programme, entry, time_micros, subject, on_behalf_of, method, names, digest, hash, link } =
        serde_json::from_str(line).ok()?;
    let names = serde_json::to_string(&names).ok()?;
    let entry = Entry { programme, entry, time: time_micros, subject, on_behalf_of, method, names, digest };
    Some((Recorded { entry, link }, hash))
}

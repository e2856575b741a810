//! Writes that nobody waits for: they go to the engine together, in one message.
//!
//! SQLite works in a thread of its own, and handing a statement over and its answer back costs more than most statements
//! (docs/adr/0006-writes-that-nobody-waits-for.md): there they go with the next statement that answers. PostgreSQL takes one statement a
//! message: there what one command, or the ledger, writes to tables of their own is said as one
//! (docs/adr/0025-one-statement-for-tables-apart.md).
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::engine::Engine;
use super::value::Value;

/// The most statements in one message: what a message does is bounded, and its text can be found again.
const MOST: usize = 32;

/// So many bytes of rows take an engine some 100 µs.
const LONG: usize = 8 << 10;

/// Statements that wait, with their values.
#[derive(Default)]
pub(super) struct Pending {
    texts: Vec<SqlStr>,
    /// How many values the statements before each have taken.
    before: Vec<usize>,
    values: Vec<Value>,
    /// What comes next is another command's.
    ended: bool,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether carrying it out takes the engine longer than a message does.
    pub(super) fn is_long(&self) -> bool {
        self.values.iter().map(Value::length).sum::<usize>() > LONG
    }

    /// A command, or the ledger, begins.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Whether one more can go in the same message. On PostgreSQL the parts of a statement don't see what the others write, and the texts
    /// of different commands would make too many combinations to be found again.
    pub(super) fn takes(&self, engine: Engine, text: &str) -> bool {
        let is_apart =
            |other: &SqlStr| !other.as_str().contains(written(text)) && !text.contains(written(other.as_str()));
        match engine {
            Engine::Sqlite => self.texts.len() < MOST,
            Engine::Postgres => self.is_empty() || !self.ended && self.texts.iter().all(is_apart),
        }
    }

    /// One more.
    pub(super) fn push(&mut self, text: SqlStr, values: Vec<Value>) {
        self.ended &= !self.is_empty();
        self.texts.push(text);
        self.before.push(self.values.len());
        self.values.extend(values);
    }

    /// All that waited, as one message; what it answers is the last one's.
    pub(super) fn take(&mut self, engine: Engine) -> (SqlStr, Vec<Value>) {
        let Pending { mut texts, before, values, .. } = std::mem::take(self);
        match (texts.pop(), texts.is_empty()) {
            (Some(only), true) => return (only, values),
            (last, _) => texts.extend(last),
        }
        let mut whole = String::with_capacity(texts.iter().map(|text| text.as_str().len() + 16).sum());
        for (at, (text, before)) in texts.iter().zip(before).enumerate() {
            let is_last = at + 1 == texts.len();
            let (lead, tail) = match engine {
                Engine::Sqlite => (if at == 0 { "" } else { "; " }.to_owned(), ""),
                Engine::Postgres if is_last => (" ".to_owned(), ""),
                Engine::Postgres => (format!("{} write{at} AS (", if at == 0 { "WITH" } else { "," }), ")"),
            };
            whole.push_str(&lead);
            renumber(&mut whole, text.as_str(), before);
            whole.push_str(tail);
        }
        (AssertSqlSafe(whole).into_sql_str(), values)
    }
}

/// The table that a text writes; nothing, which is in every text, where it isn't known.
fn written(text: &str) -> &str {
    let after = ["INSERT INTO ", "UPDATE ", "DELETE FROM "].into_iter().find_map(|verb| text.strip_prefix(verb));
    after.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default()
}

/// Appends a text whose values are counted from `offset` on.
pub(super) fn renumber(into: &mut String, text: &str, offset: usize) {
    let mut parts = text.split('$');
    into.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        into.push('$');
        match part[..digits].parse::<usize>() {
            Ok(number) => into.push_str(&(number + offset).to_string()),
            Err(_) => into.push_str(&part[..digits]), // a `$` that names no value
        }
        into.push_str(&part[digits..]);
    }
}

//! Writes that nobody waits for: on SQLite they go to the engine with the next statement that answers, in one message.
//!
//! SQLite works in a thread of its own, and handing a statement over and its answer back costs more than most statements
//! (ADR 0006). PostgreSQL takes one prepared statement a message; there is nothing to gain and every write is sent at once.
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::value::Value;

/// The most statements in one message: what a message does is bounded, and its text can be found again.
const MOST: u64 = 32;

/// Statements that wait, as one text with its values.
#[derive(Default)]
pub(super) struct Pending {
    text: String,
    values: Vec<Value>,
    statements: u64,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.statements == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.statements >= MOST
    }

    /// One more; its `$1` is the first value after those that wait.
    pub(super) fn push(&mut self, text: &str, values: Vec<Value>) {
        if !self.is_empty() {
            self.text.push_str("; ");
        }
        renumber(&mut self.text, text, self.values.len());
        self.values.extend(values);
        self.statements += 1;
    }

    /// All that waited, as one message.
    pub(super) fn take(&mut self) -> (SqlStr, Vec<Value>) {
        let Pending { text, values, .. } = std::mem::take(self);
        (AssertSqlSafe(text).into_sql_str(), values)
    }
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

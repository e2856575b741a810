//! Writes that nobody waits for: they go to the engine together, in one message.
//!
//! SQLite works in a thread of its own, and handing a statement over and its answer back costs more than most statements
//! (docs/adr/0006-writes-that-nobody-waits-for.md): there they go with the next statement that answers. PostgreSQL takes one statement a
//! message: there what one command, or the ledger, writes to tables of their own is said as one
//! (docs/adr/0025-one-statement-for-tables-apart.md). What commands write that touch nothing in common waits together on both
//! (docs/adr/0026-neighbours-that-touch-nothing-in-common.md).
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::engine::Engine;
use super::value::Value;

/// The most statements in one message: what a message does is bounded, and its text can be found again.
const MOST: usize = 32;

/// So many bytes of rows take an engine some 100 µs.
const LONG: usize = 8 << 10;

/// An array without a row.
const NONE: &str = "[]";

/// A write, with its values.
pub(super) struct Write {
    pub(super) text: SqlStr,
    pub(super) values: Vec<Value>,
    /// See [`super::sql::Sql::adds`].
    pub(super) adds: bool,
}

/// Writes that wait.
#[derive(Default)]
pub(super) struct Pending {
    writes: Vec<Write>,
    /// What the command that runs has written of late, by itself or with others' rows.
    own: Vec<SqlStr>,
    /// The command that runs may have to do with those whose writes wait.
    ended: bool,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Whether carrying it out takes the engine longer than a message does.
    pub(super) fn is_long(&self) -> bool {
        self.writes.iter().flat_map(|write| &write.values).map(Value::length).sum::<usize>() > LONG
    }

    /// A command, or the ledger, begins.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.own.clear();
    }

    /// A command begins that touches nothing that those before it touched, as far as their writes wait together.
    pub(super) fn go_on(&mut self) {
        self.own.clear();
    }

    /// Whether one more can go in the same message. On PostgreSQL the parts of a statement don't see what the others write, and the texts
    /// of different commands would make too many combinations to be found again.
    pub(super) fn takes(&self, engine: Engine, text: &SqlStr) -> bool {
        match engine {
            Engine::Sqlite => self.writes.len() < MOST,
            Engine::Postgres => {
                self.is_empty() || !self.ended && self.writes.iter().all(|other| is_apart(&other.text, text))
            }
        }
    }

    /// One more.
    pub(super) fn push(&mut self, write: Write) {
        self.ended &= !self.is_empty();
        self.own.push(write.text.clone());
        self.writes.push(write);
    }

    /// Puts the rows that a command adds to those that another one, which it has nothing to do with, adds to the same table; gives the
    /// write back where there are none. What one command writes to a table stays in its order.
    pub(super) fn join(&mut self, write: Write) -> Option<Write> {
        if self.ended || !write.adds || !self.own.iter().all(|own| is_apart(own, &write.text)) {
            return Some(write);
        }
        let alike = self.writes.iter_mut().find(|other| other.text.as_str() == write.text.as_str());
        match (alike.map(|other| other.values.as_mut_slice()), write.values.as_slice()) {
            (Some([Value::Text(Some(rows))]), [Value::Text(Some(more))]) if rows != NONE && more != NONE => {
                append(rows, more);
            }
            _ => return Some(write),
        }
        self.own.push(write.text);
        None
    }

    /// All that waited, as one message; what it answers is the last one's.
    pub(super) fn take(&mut self, engine: Engine) -> (SqlStr, Vec<Value>) {
        let mut writes = std::mem::take(self).writes;
        if writes.len() == 1
            && let Some(only) = writes.pop()
        {
            return (only.text, only.values);
        }
        let mut whole = String::with_capacity(writes.iter().map(|write| write.text.as_str().len() + 16).sum());
        let mut values = Vec::with_capacity(writes.iter().map(|write| write.values.len()).sum());
        let last = writes.len().saturating_sub(1);
        for (at, write) in writes.into_iter().enumerate() {
            let (lead, tail) = match engine {
                Engine::Sqlite => (if at == 0 { "" } else { "; " }.to_owned(), ""),
                Engine::Postgres if at == last => (" ".to_owned(), ""),
                Engine::Postgres => (format!("{} write{at} AS (", if at == 0 { "WITH" } else { "," }), ")"),
            };
            whole.push_str(&lead);
            renumber(&mut whole, write.text.as_str(), values.len());
            whole.push_str(tail);
            values.extend(write.values);
        }
        (AssertSqlSafe(whole).into_sql_str(), values)
    }
}

/// Appends the elements of a JSON array to those of another; both have some.
fn append(rows: &mut String, more: &str) {
    rows.pop();
    rows.push(',');
    rows.push_str(&more[1..]);
}

/// Whether neither text names a table that the other one writes.
fn is_apart(one: &SqlStr, other: &SqlStr) -> bool {
    let (one, other) = (one.as_str(), other.as_str());
    !one.contains(written(other)) && !other.contains(written(one))
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

//! Reads that are asked together: statements of which none waits for another's rows are one message
//! (docs/adr/0018-what-is-asked-together.md).
//!
//! What depends on rows is asked next, with [`super::Tx::ask`] again.
use std::io;

use serde::Serialize;

use super::row::Row;
use super::sql::Sql;
use super::value::Value;
use crate::kernel::{Error, Result};

/// A statement that reads, with its values.
#[must_use]
#[derive(Debug)]
pub struct Read {
    sql: Sql,
    values: Vec<Value>,
    unwritable: Option<serde_json::Error>,
}

impl Read {
    /// A statement without values yet.
    pub fn of(sql: Sql) -> Read {
        Read { sql, values: Vec::with_capacity(sql.binds), unwritable: None }
    }

    /// Binds the next `$n` of the text.
    pub fn bind(mut self, value: impl Into<Value>) -> Read {
        self.values.push(value.into());
        self
    }

    /// Binds the rows of a `rows!` statement as its next `$n`: a slice of tuples, each a row.
    pub fn bind_rows<T: Serialize>(mut self, rows: &[T]) -> Read {
        match written(rows) {
            Ok(json) => self.values.push(Value::Text(Some(json))),
            Err(error) => self.unwritable = Some(error),
        }
        self
    }

    /// Checks the number of values: SQLite takes a missing one for NULL.
    pub(super) fn ready(self) -> Result<(Sql, Vec<Value>)> {
        if let Some(error) = self.unwritable {
            return Err(Error::Storage(Box::new(error)));
        }
        if self.values.len() != self.sql.binds {
            let (given, taken, text) = (self.values.len(), self.sql.binds, self.sql.sqlite);
            return Err(Error::Storage(Box::new(Misput::Values { given, taken, text })));
        }
        Ok((self.sql, self.values))
    }

    /// The same of what is to be read: what writes is none of it.
    pub(super) fn asked(self) -> Result<(Sql, Vec<Value>)> {
        if self.sql.writes { Err(Misput::refused(&self.sql)) } else { self.ready() }
    }
}

/// Room for the text of a row, in bytes: it isn't copied again and again as the rows grow.
const ROW: usize = 256;

/// Rows as a JSON array.
fn written<T: Serialize>(rows: &[T]) -> Result<String, serde_json::Error> {
    let mut json = Json(Vec::with_capacity(ROW * rows.len()));
    serde_json::to_writer(&mut json, rows)?;
    String::from_utf8(json.0).map_err(serde::ser::Error::custom)
}

/// A text of which most that is written is one mark: a quote, a comma, a bracket.
struct Json(Vec<u8>);

impl io::Write for Json {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match bytes {
            [mark] => self.0.push(*mark),
            text => self.0.extend_from_slice(text),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A read that no engine was asked: a defect of the service's own, said with the statement and never with a value.
#[derive(Debug, thiserror::Error)]
pub(super) enum Misput {
    /// It was given fewer or more values than it takes.
    #[error("{given} values for {taken}: {text}")]
    Values {
        /// How many it was given.
        given: usize,
        /// How many it takes.
        taken: usize,
        /// The statement.
        text: &'static str,
    },
    /// It was to be asked, and isn't a read that can be: it writes, or has too many columns.
    #[error("not a read that can be asked: {0}")]
    Unasked(&'static str),
}

impl Misput {
    /// A statement that can't be asked.
    pub(super) fn refused(sql: &Sql) -> Error {
        Error::Storage(Box::new(Misput::Unasked(sql.sqlite)))
    }
}

/// The rows of each read, in order.
pub(super) type Answers = std::vec::IntoIter<Vec<Row>>;

/// What makes something of them.
pub(super) type Make<T> = Box<dyn FnOnce(&mut Answers) -> Result<T> + Send>;

/// What is to be read, and what is made of the rows.
#[must_use]
pub struct Ask<T> {
    reads: Vec<Read>,
    make: Make<T>,
}

impl<T: Send + 'static> Ask<T> {
    /// One statement, and what is made of its rows.
    pub fn rows(read: Read, make: impl FnOnce(Vec<Row>) -> Result<T> + Send + 'static) -> Ask<T> {
        Ask { reads: vec![read], make: Box::new(|answers| make(answers.next().unwrap_or_default())) }
    }

    /// Nothing to read: what is known already.
    pub fn known(value: T) -> Ask<T> {
        Ask { reads: Vec::new(), make: Box::new(|_| Ok(value)) }
    }

    /// Both, in one message.
    pub fn and<U: Send + 'static>(mut self, other: Ask<U>) -> Ask<(T, U)> {
        self.reads.extend(other.reads);
        let (first, second) = (self.make, other.make);
        Ask { reads: self.reads, make: Box::new(|answers| Ok((first(answers)?, second(answers)?))) }
    }

    /// Something else made of it.
    pub fn map<U: Send + 'static>(self, make: impl FnOnce(T) -> Result<U> + Send + 'static) -> Ask<U> {
        let before = self.make;
        Ask { reads: self.reads, make: Box::new(|answers| make(before(answers)?)) }
    }

    /// What is to be read, and what makes something of the rows.
    pub(super) fn parts(self) -> (Vec<Read>, Make<T>) {
        (self.reads, self.make)
    }
}

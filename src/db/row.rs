//! Rows, and columns read from them.
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::fault::{Corrupt, storage};
use super::told::{Cell, Told};
use crate::kernel::{Date, Fen, Id, Meta, Result, Specialty, Timestamp, Vocabulary, Zone};

/// A row of either engine.
pub enum Row {
    /// From SQLite, of a statement that writes.
    #[doc(hidden)]
    Sqlite(SqliteRow),
    /// From SQLite, of one that reads.
    #[doc(hidden)]
    Told(Told),
    /// From PostgreSQL.
    #[doc(hidden)]
    Postgres(PgRow),
}

impl Row {
    /// Reads a column.
    ///
    /// # Errors
    /// A storage error that names the column, never its value, when the column isn't there or holds something else.
    pub fn get<T: Column>(&self, column: &str) -> Result<T> {
        T::read(self, column)
    }

    /// Reads a code of a vocabulary.
    ///
    /// # Errors
    /// As [`Row::get`]; also when no such code exists.
    pub fn code<V: Vocabulary>(&self, column: &str) -> Result<V> {
        V::from_code(&self.get::<String>(column)?).ok_or_else(|| Corrupt::error(column, "no such code"))
    }

    /// Reads a code that may be NULL.
    ///
    /// # Errors
    /// As [`Row::code`].
    pub fn optional_code<V: Vocabulary>(&self, column: &str) -> Result<Option<V>> {
        let Some(code) = self.get::<Option<String>>(column)? else { return Ok(None) };
        V::from_code(&code).map(Some).ok_or_else(|| Corrupt::error(column, "no such code"))
    }

    /// Reads what every resource's row carries: `revision`, `create_time`, `update_time`.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn meta(&self) -> Result<Meta> {
        Ok(Meta {
            revision: self.get("revision")?,
            create_time: self.get("create_time")?,
            update_time: self.get("update_time")?,
        })
    }

    /// Reads a JSON text.
    ///
    /// # Errors
    /// As [`Row::get`]; also when the text isn't JSON of this type.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|_| Corrupt::error(column, "not the JSON expected"))
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads the column of a row.
    ///
    /// # Errors
    /// See [`Row::get`].
    fn read(row: &Row, column: &str) -> Result<Self>;
}

/// A type that both engines store as it is, by its cell.
macro_rules! native {
    ($($type:ty: $($cell:pat => $value:expr),+;)*) => { $(
        impl Column for $type {
            fn read(row: &Row, column: &str) -> Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(column).map_err(storage),
                    Row::Postgres(row) => row.try_get(column).map_err(storage),
                    Row::Told(row) => match row.cell(column) {
                        $(Some($cell) => Ok($value),)+
                        Some(_) => Err(Corrupt::error(column, concat!("not a ", stringify!($type)))),
                        None => Err(Corrupt::error(column, "no such column")),
                    },
                }
            }
        }
    )* };
}
native! {
    i64: Cell::Int(value) => *value;
    bool: Cell::Int(0) => false, Cell::Int(1) => true;
    String: Cell::Text(value) => value.clone();
    Option<i64>: Cell::Int(value) => Some(*value), Cell::Null => None;
    Option<bool>: Cell::Int(0) => Some(false), Cell::Int(1) => Some(true), Cell::Null => None;
    Option<String>: Cell::Text(value) => Some(value.clone()), Cell::Null => None;
}

/// A type that is stored as another.
macro_rules! stored_as {
    ($($type:ty: $stored:ty => $from:expr;)*) => { $(
        impl Column for $type {
            fn read(row: &Row, column: &str) -> Result<Self> {
                let from: fn($stored) -> Option<$type> = $from;
                from(row.get(column)?).ok_or_else(|| Corrupt::error(column, concat!("not a ", stringify!($type))))
            }
        }
        impl Column for Option<$type> {
            fn read(row: &Row, column: &str) -> Result<Self> {
                let from: fn($stored) -> Option<$type> = $from;
                let Some(stored) = row.get::<Option<$stored>>(column)? else { return Ok(None) };
                from(stored).map(Some).ok_or_else(|| Corrupt::error(column, concat!("not a ", stringify!($type))))
            }
        }
    )* };
}
stored_as! {
    Timestamp: i64 => |micros| Some(Timestamp::from_micros(micros));
    Zone: String => |name| Zone::parse(&name);
    Fen: i64 => |fen| Some(Fen::new(fen));
    Date: String => |text| Date::parse_from_str(&text, "%Y-%m-%d").ok();
    Id: String => |text| Id::parse_or_platform(&text);
    Specialty: String => |text| Specialty::parse(&text).ok();
}

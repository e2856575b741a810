//! Reads of SQLite: all rows of a statement come as one JSON text, in one message.
//!
//! SQLite works in a thread of its own that hands over every row by itself, and the handing over costs more than the row
//! (docs/adr/0016-rows-told-at-once.md). PostgreSQL sends its rows together; there is nothing to gain.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde::de::{Deserialize, Deserializer, Visitor};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, SqlStr, Statement as _};

use super::fault::Corrupt;
use crate::kernel::Result;

/// The most columns of a statement that is told at once: a function of SQLite takes no more arguments.
const MOST_COLUMNS: usize = 100;

/// The column in which rows are told.
pub(super) const TOLD: &str = "rows_told";

/// What a statement's rows look like, and the text by which they come as one.
#[derive(Debug)]
pub(super) struct Shape {
    columns: HashMap<Box<str>, usize>,
    text: SqlStr,
}

/// What is known of texts so far. There are as many as the stores have constants and lists have filters.
static SHAPES: LazyLock<RwLock<Shapes>> = LazyLock::new(RwLock::default);

/// By plain text; none where its rows come one by one.
type Shapes = HashMap<Box<str>, Option<Arc<Shape>>>;

impl Shape {
    /// The shape of a text; none where its rows must come one by one: it writes, or has too many columns.
    pub(super) async fn of(text: &SqlStr, conn: &mut SqliteConnection) -> Result<Option<Arc<Shape>>, sqlx::Error> {
        let known = SHAPES.read().unwrap_or_else(PoisonError::into_inner).get(text.as_str()).cloned();
        if let Some(shape) = known {
            return Ok(shape);
        }
        let key = Box::from(text.as_str());
        let shape = Shape::learn(text, conn).await?.map(Arc::new);
        SHAPES.write().unwrap_or_else(PoisonError::into_inner).insert(key, shape.clone());
        Ok(shape)
    }

    async fn learn(text: &SqlStr, conn: &mut SqliteConnection) -> Result<Option<Shape>, sqlx::Error> {
        if !["SELECT ", "WITH "].iter().any(|read| text.as_str().starts_with(read)) {
            return Ok(None);
        }
        let statement = conn.prepare(text.clone()).await?;
        let columns = statement.columns();
        if columns.len() > MOST_COLUMNS {
            return Ok(None);
        }
        let told = told_at_once(text.as_str(), columns.len());
        let columns = columns.iter().enumerate().map(|(at, column)| (Box::from(column.name()), at)).collect();
        Ok(Some(Shape { columns, text: AssertSqlSafe(told).into_sql_str() }))
    }

    /// The text that tells all rows at once; it takes the same values.
    pub(super) fn text(&self) -> SqlStr {
        self.text.clone()
    }

    /// The rows that were told.
    pub(super) fn rows(self: &Arc<Self>, told: &str) -> Result<Vec<Told>> {
        let rows: Vec<Vec<Cell>> = serde_json::from_str(told).map_err(|_| Corrupt::error("*", "not what is stored"))?;
        Ok(rows.into_iter().map(|cells| Told { shape: Arc::clone(self), cells }).collect())
    }
}

/// The text by which all rows of a text that reads so many columns come as one. The inner order stays: the engine keeps it for an
/// aggregate that depends on it.
#[must_use]
pub fn told_at_once(text: &str, columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    let names = names.join(", ");
    format!("WITH told ({names}) AS ({text}) SELECT json_group_array(json_array({names})) AS {TOLD} FROM told")
}

/// A row out of a JSON text.
#[derive(Debug)]
pub struct Told {
    shape: Arc<Shape>,
    cells: Vec<Cell>,
}

impl Told {
    /// The cell of a column; none, if the statement has no such column.
    pub(super) fn cell(&self, column: &str) -> Option<&Cell> {
        self.cells.get(*self.shape.columns.get(column)?)
    }
}

/// A stored value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, a text or nothing")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Cell, E> {
        i64::try_from(value).map(Cell::Int).map_err(|_| E::custom("not an integer of the engine"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_owned()))
    }
}

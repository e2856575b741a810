//! Reads whose rows come as one JSON text: each read of SQLite but one long text (`Stmt::fetch_long`), and what is asked together on
//! either engine.
//!
//! SQLite works in a thread of its own that hands over every row by itself, and the handing over costs more than the row
//! (docs/adr/0016-rows-told-at-once.md). PostgreSQL sends the rows of a statement together, and takes one statement a message: there
//! it is for several statements (docs/adr/0018-what-is-asked-together.md).
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde::de::{Deserialize, Deserializer, Visitor};
use sqlx::postgres::{PgConnection, PgTypeInfo};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Column, Executor as _, SqlSafeStr as _, SqlStr, Statement as _};

use super::engine::Engine;
use super::fault::Corrupt;
use super::pending::renumber;
use super::value::Value;
use crate::kernel::Result;

/// The most columns of a statement that is told at once: a function of SQLite takes no more arguments.
const MOST_COLUMNS: usize = 100;

/// The column in which rows are told.
pub(super) const TOLD: &str = "rows_told";

/// What a statement's rows look like, and the text by which they come as one.
#[derive(Debug)]
pub(super) struct Shape {
    columns: HashMap<Box<str>, usize>,
    width: usize,
    text: SqlStr,
}

/// What is known of texts so far. There are as many as the stores have constants and lists have filters.
static OF_SQLITE: LazyLock<RwLock<Shapes>> = LazyLock::new(RwLock::default);
static OF_POSTGRES: LazyLock<RwLock<Shapes>> = LazyLock::new(RwLock::default);

/// By plain text; none where its rows come one by one.
type Shapes = HashMap<Box<str>, Option<Arc<Shape>>>;

impl Shape {
    /// The shape of a text on SQLite; none where its rows must come one by one: it writes, or has too many columns.
    pub(super) async fn of_sqlite(
        text: &SqlStr,
        conn: &mut SqliteConnection,
    ) -> Result<Option<Arc<Shape>>, sqlx::Error> {
        if let Some(shape) = Shape::known(&OF_SQLITE, text) {
            return Ok(shape);
        }
        let shape = match Shape::reads(text) {
            true => Shape::new(text, conn.prepare(text.clone()).await?.columns()),
            false => None,
        };
        Ok(Shape::keep(&OF_SQLITE, text, shape))
    }

    /// The same on PostgreSQL, which has to know of what types the values are.
    pub(super) async fn of_postgres(
        text: &SqlStr,
        values: &[Value],
        conn: &mut PgConnection,
    ) -> Result<Option<Arc<Shape>>, sqlx::Error> {
        if let Some(shape) = Shape::known(&OF_POSTGRES, text) {
            return Ok(shape);
        }
        let types: Vec<PgTypeInfo> = values.iter().map(Value::postgres_type).collect();
        let shape = match Shape::reads(text) {
            true => Shape::new(text, conn.prepare_with(text.clone(), &types).await?.columns()),
            false => None,
        };
        Ok(Shape::keep(&OF_POSTGRES, text, shape))
    }

    fn known(shapes: &RwLock<Shapes>, text: &SqlStr) -> Option<Option<Arc<Shape>>> {
        shapes.read().unwrap_or_else(PoisonError::into_inner).get(text.as_str()).cloned()
    }

    fn keep(shapes: &RwLock<Shapes>, text: &SqlStr, shape: Option<Shape>) -> Option<Arc<Shape>> {
        let shape = shape.map(Arc::new);
        shapes.write().unwrap_or_else(PoisonError::into_inner).insert(Box::from(text.as_str()), shape.clone());
        shape
    }

    fn reads(text: &SqlStr) -> bool {
        ["SELECT ", "WITH "].iter().any(|read| text.as_str().starts_with(read))
    }

    fn new<C: Column>(text: &SqlStr, columns: &[C]) -> Option<Shape> {
        if columns.len() > MOST_COLUMNS {
            return None;
        }
        let told = told_at_once(text.as_str(), columns.len());
        let width = columns.len();
        let columns = columns.iter().enumerate().map(|(at, column)| (Box::from(column.name()), at)).collect();
        Some(Shape { columns, width, text: AssertSqlSafe(Arc::<str>::from(told)).into_sql_str() })
    }

    /// How many columns a row has.
    pub(super) fn width(&self) -> usize {
        self.width
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

/// Texts that are asked together, as one.
pub(super) struct Together {
    text: SqlStr,
    shapes: Vec<Arc<Shape>>,
}

static SQLITES: LazyLock<RwLock<Combinations>> = LazyLock::new(RwLock::default);
static POSTGRES: LazyLock<RwLock<Combinations>> = LazyLock::new(RwLock::default);

/// By where the texts stand in the program, and how long they are: there are as many as the stores ask for.
type Combinations = HashMap<Vec<(usize, usize)>, Arc<Together>>;

impl Together {
    /// What is known of these texts.
    pub(super) fn known(engine: Engine, texts: &[&'static str]) -> Option<Arc<Together>> {
        combinations(engine).read().unwrap_or_else(PoisonError::into_inner).get(&places(texts)).cloned()
    }

    /// Puts texts together, of which each takes so many values and whose rows look so.
    pub(super) fn learn(
        engine: Engine,
        texts: &[&'static str],
        taken: impl Iterator<Item = usize>,
        shapes: Vec<Arc<Shape>>,
    ) -> Arc<Together> {
        let mut before = 0;
        let parts = texts.iter().zip(taken).zip(&shapes).map(|((text, taken), shape)| {
            before += taken;
            (*text, shape.width(), before - taken)
        });
        let text = told_together(engine, &parts.collect::<Vec<_>>());
        let together = Arc::new(Together { text: AssertSqlSafe(Arc::<str>::from(text)).into_sql_str(), shapes });
        let mut known = combinations(engine).write().unwrap_or_else(PoisonError::into_inner);
        known.insert(places(texts), Arc::clone(&together));
        together
    }

    /// The text that tells all their rows; it takes the values of all of them, in order.
    pub(super) fn text(&self) -> SqlStr {
        self.text.clone()
    }

    /// How the rows of each look.
    pub(super) fn shapes(&self) -> &[Arc<Shape>] {
        &self.shapes
    }
}

fn combinations(engine: Engine) -> &'static RwLock<Combinations> {
    match engine {
        Engine::Sqlite => &SQLITES,
        Engine::Postgres => &POSTGRES,
    }
}

fn places(texts: &[&'static str]) -> Vec<(usize, usize)> {
    texts.iter().map(|text| (text.as_ptr().addr(), text.len())).collect()
}

/// The text by which the rows of several texts, each with the number of its columns and of the values before its own, come together: one
/// row, with a column for each text, named `told0`, `told1`, ….
#[must_use]
pub fn told_together(engine: Engine, texts: &[(&str, usize, usize)]) -> String {
    let length = texts.iter().map(|(text, columns, _)| text.len() + 12 * columns + 120).sum();
    let (mut with, mut select) = (String::with_capacity(length), String::new());
    for (at, (text, columns, before)) in texts.iter().enumerate() {
        let name = told_name(at);
        let names: Vec<String> = (0..*columns).map(|at| format!("c{at}")).collect();
        let names = names.join(", ");
        let lead = if at == 0 { "WITH" } else { "," };
        with.push_str(&format!("{lead} {name} ({names}) AS ("));
        renumber(&mut with, text, *before);
        with.push(')');
        let rows = match engine {
            Engine::Sqlite => format!("json_group_array(json_array({names}))"),
            Engine::Postgres => format!("CAST(COALESCE(json_agg(json_build_array({names})), '[]') AS TEXT)"),
        };
        let lead = if at == 0 { " SELECT" } else { "," };
        select.push_str(&format!("{lead} (SELECT {rows} FROM {name}) AS {name}"));
    }
    with + &select
}

/// The column in which the rows of one of several texts are told.
pub(super) fn told_name(at: usize) -> String {
    format!("told{at}")
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
        f.write_str("an integer, a truth value, a text or nothing")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Int(i64::from(value)))
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

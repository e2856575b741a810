//! Transactions: statements in, rows out, and whether a command can still be taken out of one.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr as _, SqlStr, Sqlite, Transaction};

use super::ahead::{Asked, First};
use super::ask::{Ask, Misput, Read};
use super::engine::Engine;
use super::fault::storage;
use super::pending::{Pending, Write};
use super::row::Row;
use super::select::Select;
use super::sql::Sql;
use super::stmt::Stmt;
use super::told::{Shape, TOLD, Together, told_name};
use super::value::{Value, arguments};
use crate::kernel::{Result, Timestamp};

enum Inner<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres(Transaction<'c, Postgres>),
}

/// A transaction. Dropped, it rolls back.
pub struct Tx<'c> {
    inner: Inner<'c>,
    /// Whether a savepoint is set before a command's first statement.
    careful: bool,
    saved: bool,
    wrote: bool,
    failed: bool,
    destroys: bool,
    sequence: i64,
    now: Timestamp,
    messages: u64,
    pending: Pending,
    first: First,
}

const SAVE: Sql = Sql::new("SAVEPOINT command");
const KEEP: Sql = Sql::new("RELEASE SAVEPOINT command");
const UNDO: Sql = Sql::new("ROLLBACK TO SAVEPOINT command");

impl<'c> Tx<'c> {
    pub(super) fn sqlite(tx: Transaction<'c, Sqlite>) -> Self {
        Tx::around(Inner::Sqlite(tx))
    }

    pub(super) fn postgres(tx: Transaction<'c, Postgres>) -> Self {
        Tx::around(Inner::Postgres(tx))
    }

    fn around(inner: Inner<'c>) -> Self {
        Tx {
            inner,
            careful: false,
            saved: false,
            wrote: false,
            failed: false,
            destroys: false,
            sequence: 0,
            now: Timestamp::default(),
            messages: 1,
            pending: Pending::default(),
            first: First::Asked,
        }
    }

    /// The sequence number that the first change of the running command, or reaction, will have: what versions store
    /// as `since_sequence`. Only meaningful while a command is applied.
    #[must_use]
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// The time by which everything in this transaction is decided: a command's [`super::Context::now`], a query's own. Only what
    /// narrows a read by time needs it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Everything in this transaction is decided by this time.
    pub(super) fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Says that what is written destroys something, which is to be found nowhere afterwards: once it is committed, the log of an SQLite
    /// file is to be emptied of it ([`super::Db::empty_log`]).
    pub fn destroys(&mut self) {
        self.destroys = true;
    }

    /// See [`Tx::destroys`].
    pub(super) fn has_destroyed(&self) -> bool {
        self.destroys
    }

    /// Starts a statement.
    pub fn sql(&mut self, sql: Sql) -> Stmt<'_, 'c> {
        Stmt::new(self, sql)
    }

    /// Runs a list.
    ///
    /// # Errors
    /// A storage error.
    pub async fn select(&mut self, select: &Select) -> Result<Vec<Row>> {
        self.leave_first().await;
        let (text, values) = select.finish();
        self.fetch(AssertSqlSafe(text).into_sql_str(), values).await
    }

    /// Commits; whoever wrote has called [`Tx::flush`].
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
    }

    pub(super) async fn rollback(self) -> Result<(), sqlx::Error> {
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await,
            Inner::Postgres(tx) => tx.rollback().await,
        }
    }

    /// A command begins; its first change would have this sequence number.
    pub(super) fn enter(&mut self, careful: bool, sequence: i64) {
        self.pending.end();
        self.begin(careful, sequence);
    }

    /// A command begins that touches nothing that the one before it touched.
    pub(super) fn enter_apart(&mut self, sequence: i64) {
        self.pending.go_on();
        self.begin(false, sequence);
    }

    fn begin(&mut self, careful: bool, sequence: i64) {
        self.careful = careful;
        (self.saved, self.wrote, self.failed) = (false, false, false);
        self.sequence = sequence;
        self.first = First::Asked;
    }

    /// What is known of what the command that has begun asks first.
    pub(super) fn knows(&mut self, first: First) {
        self.first = first;
    }

    /// What something asks first; nothing is asked, and it goes no further than that. Nothing, too, if it panics: it will again.
    pub(super) fn first_asked(&mut self, something: impl FnOnce(&mut Self)) -> Asked {
        self.first = First::Noted(Vec::new());
        let came_through = catch_unwind(AssertUnwindSafe(|| something(self))).is_ok();
        match std::mem::take(&mut self.first) {
            First::Noted(asked) if came_through => asked,
            First::Asked | First::Noted(_) | First::Known(..) => Vec::new(),
        }
    }

    /// What isn't said as a constant, or writes, is never asked ahead: it isn't done where the first is only noted, and makes old what
    /// was asked ahead.
    pub(super) async fn leave_first(&mut self) {
        if let First::Noted(_) = self.first {
            std::future::pending::<()>().await;
        }
        self.first = First::Asked;
    }

    /// What is written from here on is the ledger's, and no command's.
    pub(super) fn leave_commands(&mut self) {
        self.pending.end();
    }

    /// The next change would have this sequence number.
    pub(super) fn number(&mut self, sequence: i64) {
        self.sequence = sequence;
    }

    /// The command can't be trusted to have left the transaction in order.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// Whether one of the command's statements failed, whatever it made of that.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether the command wrote by one more statement.
    pub(super) fn wrote(&mut self, wrote: bool) {
        self.wrote |= wrote;
    }

    /// How many messages were sent to the engine, BEGIN among them.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// Sends what waits.
    pub(super) async fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let (text, values) = self.pending.take(self.engine());
        self.run_execute(text, values).await.map(drop)
    }

    /// Sends what waits, unless it can go with what comes next for less than it takes to send it.
    pub(super) async fn flush_long(&mut self) -> Result<()> {
        match self.engine() {
            Engine::Sqlite if !self.pending.is_long() => Ok(()),
            Engine::Sqlite | Engine::Postgres => self.flush().await,
        }
    }

    /// The command stays.
    pub(super) async fn keep(&mut self) -> Result<()> {
        self.careful = false;
        if self.saved {
            self.sql(KEEP).execute().await?;
            self.flush().await?;
        }
        Ok(())
    }

    /// The command goes. `false`: it can't be taken out of this transaction.
    pub(super) async fn undo(&mut self) -> Result<bool> {
        let sent_nothing = std::mem::take(&mut self.careful) && !self.saved;
        if sent_nothing {
            return Ok(true);
        }
        if self.saved {
            self.pending = Pending::default(); // what it hadn't sent yet
            self.sql(UNDO).execute().await?;
            self.sql(KEEP).execute().await?;
            self.flush().await?;
            return Ok(true);
        }
        Ok(!self.wrote && !self.failed)
    }

    async fn save(&mut self) -> Result<(), sqlx::Error> {
        if !self.careful || self.saved {
            return Ok(());
        }
        self.saved = true;
        self.messages += 1;
        match &mut self.inner {
            Inner::Sqlite(tx) => sqlx::query(SAVE.sqlite).execute(&mut **tx).await.map(drop),
            Inner::Postgres(tx) => sqlx::query(SAVE.postgres).execute(&mut **tx).await.map(drop),
        }
    }

    pub(super) fn text(&self, sql: Sql) -> SqlStr {
        sql.of(self.engine()).into_sql_str()
    }

    /// Keeps a write until the next statement that answers.
    pub(super) async fn execute(&mut self, write: Write) -> Result<()> {
        self.leave_first().await;
        self.save().await.map_err(storage)?;
        let Some(write) = self.pending.join(write) else { return Ok(()) };
        if !self.pending.takes(self.engine(), &write.text) {
            self.flush().await?;
        }
        self.pending.push(write);
        Ok(())
    }

    /// Sends a write and says how many rows it touched.
    pub(super) async fn count(&mut self, text: SqlStr, values: Vec<Value>) -> Result<u64> {
        self.leave_first().await;
        let engine = self.engine();
        if engine == Engine::Sqlite || !self.pending.takes(engine, &text) {
            self.flush().await?; // SQLite counts what all of a message touched
        }
        self.pending.push(Write { text, values, adds: false });
        let (text, values) = self.pending.take(engine);
        self.run_execute(text, values).await
    }

    async fn run_execute(&mut self, text: SqlStr, values: Vec<Value>) -> Result<u64> {
        self.messages += 1;
        let touched = self.touched(text, values).await;
        self.failed |= touched.is_err();
        touched.map_err(storage)
    }

    async fn touched(&mut self, text: SqlStr, values: Vec<Value>) -> Result<u64, sqlx::Error> {
        self.save().await?;
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let query = sqlx::query_with(text, arguments::<SqliteArguments>(values)?);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            Inner::Postgres(tx) => {
                let query = sqlx::query_with(text, arguments::<PgArguments>(values)?);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
    }

    /// Asks for all that is to be read, in one message, and makes of it what was to be made.
    ///
    /// # Errors
    /// A storage error, or what the rows are refused with.
    pub async fn ask<T: Send + 'static>(&mut self, ask: Ask<T>) -> Result<T> {
        let (reads, make) = ask.parts();
        let asked = reads.into_iter().map(Read::asked).collect::<Result<Asked>>()?;
        make(&mut self.read(asked).await?.into_iter())
    }

    /// The rows of each of these reads, asked for in one message or ahead.
    pub(super) async fn read(&mut self, mut asked: Asked) -> Result<Vec<Vec<Row>>> {
        if let First::Noted(noted) = &mut self.first {
            *noted = asked;
            return std::future::pending().await;
        }
        if let Some(rows) = std::mem::take(&mut self.first).rows_of(&asked) {
            return Ok(rows);
        }
        match (asked.pop(), asked.is_empty()) {
            (None, _) => Ok(Vec::new()),
            (Some((sql, values)), true) => Ok(vec![self.fetch(self.text(sql), values).await?]),
            (Some(last), false) => {
                asked.push(last);
                self.fetch_together(asked).await
            }
        }
    }

    async fn fetch_together(&mut self, reads: Asked) -> Result<Vec<Vec<Row>>> {
        let together = self.together(&reads).await?;
        let values = reads.into_iter().flat_map(|(_, values)| values).collect();
        let told = self.fetch_first(together.text(), values).await?;
        let rows = |(at, shape): (usize, &Arc<Shape>)| {
            Ok(shape.rows(&told.get::<String>(&told_name(at))?)?.into_iter().map(Row::Told).collect())
        };
        together.shapes().iter().enumerate().map(rows).collect()
    }

    /// The text of several reads; it is put together, and their columns are learnt, when they are asked together for the first time.
    async fn together(&mut self, reads: &Asked) -> Result<Arc<Together>> {
        let engine = self.engine();
        let texts: Vec<&'static str> = reads.iter().map(|(sql, _)| sql.of(engine)).collect();
        if let Some(known) = Together::known(engine, &texts) {
            return Ok(known);
        }
        self.save().await.map_err(storage)?; // a text that the engine doesn't take must not cost others' commands
        let mut shapes = Vec::with_capacity(reads.len());
        for (sql, values) in reads {
            let shape = self.shape(&self.text(*sql), values).await;
            self.failed |= shape.is_err();
            shapes.push(shape.map_err(storage)?.ok_or_else(|| Misput::refused(sql))?);
        }
        let taken = reads.iter().map(|(_, values)| values.len());
        Ok(Together::learn(engine, &texts, taken, shapes))
    }

    pub(super) async fn fetch(&mut self, text: SqlStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let Inner::Sqlite(tx) = &mut self.inner else { return self.fetch_plain(text, values).await };
        let shape = Shape::of_sqlite(&text, tx).await;
        self.failed |= shape.is_err();
        let Some(shape) = shape.map_err(storage)? else { return self.fetch_plain(text, values).await };
        let told = self.fetch_first(shape.text(), values).await?;
        Ok(shape.rows(&told.get::<String>(TOLD)?)?.into_iter().map(Row::Told).collect())
    }

    /// Fetches the rows of a text as they come, after what waits.
    async fn fetch_plain(&mut self, text: SqlStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let (text, values) = self.with_pending(text, values).await?;
        let rows = self.run_fetch(text, values).await;
        self.failed |= rows.is_err();
        rows.map_err(storage)
    }

    /// Fetches the first row of a text, after what waits: where rows are told, that is all of them. SQLite's thread doesn't come back to
    /// say that there is no other.
    pub(super) async fn fetch_first(&mut self, text: SqlStr, values: Vec<Value>) -> Result<Row> {
        let (text, values) = self.with_pending(text, values).await?;
        let row = self.run_fetch_one(text, values).await;
        self.failed |= row.is_err();
        row.map_err(storage)
    }

    /// What waits and then a text, as one message where the engine takes several statements in one.
    async fn with_pending(&mut self, text: SqlStr, values: Vec<Value>) -> Result<(SqlStr, Vec<Value>)> {
        if let Engine::Postgres = self.engine() {
            self.flush().await?;
        }
        self.pending.push(Write { text, values, adds: false });
        Ok(self.pending.take(self.engine()))
    }

    /// How the rows of a text come at once; none where they come one by one.
    async fn shape(&mut self, text: &SqlStr, values: &[Value]) -> Result<Option<Arc<Shape>>, sqlx::Error> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Shape::of_sqlite(text, tx).await,
            Inner::Postgres(tx) => Shape::of_postgres(text, values, tx).await,
        }
    }

    fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    async fn run_fetch_one(&mut self, text: SqlStr, values: Vec<Value>) -> Result<Row, sqlx::Error> {
        self.save().await?;
        self.messages += 1;
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => {
                Row::Sqlite(sqlx::query_with(text, arguments::<SqliteArguments>(values)?).fetch_one(&mut **tx).await?)
            }
            Inner::Postgres(tx) => {
                Row::Postgres(sqlx::query_with(text, arguments::<PgArguments>(values)?).fetch_one(&mut **tx).await?)
            }
        })
    }

    async fn run_fetch(&mut self, text: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, sqlx::Error> {
        self.save().await?;
        self.messages += 1;
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => {
                let query = sqlx::query_with(text, arguments::<SqliteArguments>(values)?);
                query.fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect()
            }
            Inner::Postgres(tx) => {
                let query = sqlx::query_with(text, arguments::<PgArguments>(values)?);
                query.fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }
}

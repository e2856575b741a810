//! A statement of a transaction: its values are bound, then it is asked or carried out.
use serde::Serialize;

use super::ask::Read;
use super::fault::storage;
use super::pending::Write;
use super::row::Row;
use super::sql::Sql;
use super::tx::Tx;
use super::value::Value;
use crate::kernel::Result;

/// A statement whose values are being bound.
#[must_use]
pub struct Stmt<'t, 'c> {
    tx: &'t mut Tx<'c>,
    bound: Read,
}

impl<'t, 'c> Stmt<'t, 'c> {
    pub(super) fn new(tx: &'t mut Tx<'c>, sql: Sql) -> Stmt<'t, 'c> {
        Stmt { tx, bound: Read::of(sql) }
    }

    /// Binds the next `$n` of the text.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.bound = self.bound.bind(value);
        self
    }

    /// Binds the rows of a `rows!` statement as its next `$n`: a slice of tuples, each a row.
    pub fn bind_rows<T: Serialize>(mut self, rows: &[T]) -> Self {
        self.bound = self.bound.bind_rows(rows);
        self
    }

    /// Writes. The statement may wait for the next one that answers or that can't go with it, and its error then comes up there: a
    /// command that spoils a batch is found when the batch is run again.
    ///
    /// # Errors
    /// A storage error.
    pub async fn execute(self) -> Result<()> {
        let (tx, sql, values) = self.ready()?;
        tx.wrote(sql.writes);
        let text = tx.text(sql);
        tx.execute(Write { text, values, adds: sql.adds }).await
    }

    /// Writes, and says how many rows it touched.
    ///
    /// # Errors
    /// A storage error.
    pub async fn count(self) -> Result<u64> {
        let (tx, sql, values) = self.ready()?;
        let touched = tx.count(tx.text(sql), values).await?;
        tx.wrote(sql.writes && touched > 0);
        Ok(touched)
    }

    /// Runs the statement and returns its rows.
    ///
    /// # Errors
    /// A storage error.
    pub async fn fetch_all(self) -> Result<Vec<Row>> {
        let (tx, sql, values) = self.ready()?;
        if !sql.writes {
            return Ok(tx.read(vec![(sql, values)]).await?.pop().unwrap_or_default());
        }
        tx.leave_first().await;
        let rows = tx.fetch(tx.text(sql), values).await?;
        tx.wrote(!sql.returns || !rows.is_empty());
        Ok(rows)
    }

    /// The last of the rows, if there is one.
    ///
    /// # Errors
    /// A storage error.
    pub async fn fetch_optional(self) -> Result<Option<Row>> {
        Ok(self.fetch_all().await?.pop())
    }

    /// The one row of a statement that always has one.
    ///
    /// # Errors
    /// A storage error, also when there is no row.
    pub async fn fetch_one(self) -> Result<Row> {
        self.fetch_optional().await?.ok_or_else(|| storage(sqlx::Error::RowNotFound))
    }

    /// The one row of a read that always has one, as it comes: a text so long that telling it (`told.rs`) would cost more than its row.
    ///
    /// # Errors
    /// A storage error, also when there is no row.
    pub async fn fetch_long(self) -> Result<Row> {
        let (tx, sql, values) = self.ready()?;
        tx.leave_first().await;
        tx.fetch_first(tx.text(sql), values).await
    }

    fn ready(self) -> Result<(&'t mut Tx<'c>, Sql, Vec<Value>)> {
        let (sql, values) = self.bound.ready()?;
        Ok((self.tx, sql, values))
    }
}

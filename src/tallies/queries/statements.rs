//! Reading statements.

use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Key, Name, Page, PageRequest, Result};
use crate::programmes;
use crate::tallies::statement::{Statement, Statements};
use crate::tallies::store;

/// Reads one statement.
#[derive(Clone, Debug)]
pub struct GetStatement {
    /// Which.
    pub name: Name<Statements>,
}

impl Query for GetStatement {
    type Output = Statement;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Statement> {
        store::statements::get(tx, &self.name).await
    }
}

/// Reads a page of statements by period, the closing one of each first.
#[derive(Clone, Debug)]
pub struct ListStatements {
    /// The programme.
    pub programme: Id,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListStatements {
    type Output = Page<Statement>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Statement>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut select = store::statements::list(&self.programme);
        let rows = tx.select(select.page(&self.page)).await?;
        let statements = rows.iter().map(store::statements::statement).collect::<Result<Vec<_>>>()?;
        let cursor = |it: &Statement| Cursor(vec![Key::from(it.from), Key::from(it.to), Key::from(it.ordinal)]);
        // In a list a statement says its totals alone, a few hundred bytes for each measure.
        Ok(Page::cut_sized(statements, &self.page, &self.bound_to, cursor, |_| Statement::LISTED_BYTES))
    }
}

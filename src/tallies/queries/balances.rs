//! Reading opening balances.

use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Error, Id, Name, Page, PageRequest, Result};
use crate::programmes;
use crate::tallies::{Definition, OpeningBalance, OpeningBalances, store};

/// Reads one opening balance.
#[derive(Clone, Debug)]
pub struct GetOpeningBalance {
    /// Which.
    pub name: Name<OpeningBalances>,
}

impl Query for GetOpeningBalance {
    type Output = OpeningBalance;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<OpeningBalance> {
        let found = store::find(tx, self.name.programme(), self.name.id()).await?;
        found.ok_or_else(|| Error::not_found(&self.name))
    }
}

/// Reads a page of opening balances by id.
#[derive(Clone, Debug)]
pub struct ListOpeningBalances {
    /// The programme.
    pub programme: Id,
    /// Only those of this measure.
    pub measure: Option<&'static Definition>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListOpeningBalances {
    type Output = Page<OpeningBalance>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<OpeningBalance>> {
        programmes::store::state(tx, &self.programme).await?;
        let balances = store::list(tx, &self.programme, self.measure, &self.page).await?;
        Ok(Page::cut(balances, &self.page, &self.bound_to, |it| Cursor::from([it.id()])))
    }
}

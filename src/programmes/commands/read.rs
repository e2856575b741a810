//! Reading programmes.
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Key, Page, PageRequest, Result};
use crate::programmes::Programme;
use crate::programmes::store::{self, Filter};

/// Reads one programme.
#[derive(Clone, Debug)]
pub struct GetProgramme {
    /// The programme.
    pub id: Id,
}

impl Query for GetProgramme {
    type Output = Programme;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Programme> {
        store::get(tx, &self.id).await
    }
}

/// Reads a page of programmes in the order of their ids.
#[derive(Clone, Debug)]
pub struct ListProgrammes {
    /// Which ones.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl ListProgrammes {
    /// What a page token of this list is bound to.
    #[must_use]
    pub fn bound_to(filter: &Filter) -> String {
        format!("ListProgrammes {filter:?}")
    }
}

impl Query for ListProgrammes {
    type Output = Page<Programme>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Programme>> {
        let programmes = store::list(tx, &self.filter, &self.page).await?;
        let after = |last: &Programme| Cursor(vec![Key::Text(last.id.to_string())]);
        Ok(Page::cut_sized(programmes, &self.page, &self.bound_to, after, Programme::bytes))
    }
}

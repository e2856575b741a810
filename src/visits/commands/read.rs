//! Reading visits.
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Key, Name, Page, PageRequest, Result};
use crate::visits::store::{self, Filter};
use crate::visits::{Visit, Visits};

/// Reads one visit.
#[derive(Debug)]
pub struct GetVisit {
    /// The visit.
    pub name: Name<Visits>,
}

impl Query for GetVisit {
    type Output = Visit;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Visit> {
        store::get(tx, &self.name).await
    }
}

/// Reads a page of visits by arrival and id.
#[derive(Debug)]
pub struct ListVisits {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl ListVisits {
    /// What a page token of this list is bound to.
    #[must_use]
    pub fn bound_to(programme: &Id, filter: &Filter) -> String {
        format!("ListVisits {programme} {filter:?}")
    }
}

impl Query for ListVisits {
    type Output = Page<Visit>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Visit>> {
        let visits = store::list(tx, &self.programme, &self.filter, &self.page).await?;
        let after =
            |last: &Visit| Cursor(vec![Key::Int(last.profile.arrival.micros()), Key::Text(last.name.id().to_string())]);
        Ok(Page::cut_sized(visits, &self.page, &self.bound_to, after, Visit::bytes))
    }
}

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
    /// Of these alone: those that the caller may know of; none: of all.
    pub only: Option<Vec<Id>>,
}

impl ListProgrammes {
    /// What a page token of this list is bound to.
    #[must_use]
    pub fn bound_to(filter: &Filter) -> String {
        format!("ListProgrammes {filter:?}")
    }
}

impl ListProgrammes {
    /// As [`store::list`], of these programmes: one after the other, because whoever isn't everywhere is in few.
    async fn of(&self, tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<Programme>> {
        let mut ids: Vec<&Id> = ids.iter().collect();
        ids.sort();
        let after = self.page.after.as_ref().and_then(|cursor| cursor.keys().first());
        let mut programmes = Vec::new();
        for id in ids.into_iter().filter(|id| after.is_none_or(|after| Key::from(*id) > *after)) {
            let found = store::find(tx, id).await?;
            programmes.extend(found.filter(|programme| self.filter.takes(programme)));
            if programmes.len() > self.page.size {
                break;
            }
        }
        Ok(programmes)
    }
}

impl Query for ListProgrammes {
    type Output = Page<Programme>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Programme>> {
        let programmes = match &self.only {
            None => store::list(tx, &self.filter, &self.page).await?,
            Some(ids) => self.of(tx, ids).await?,
        };
        let after = |last: &Programme| Cursor(vec![Key::Text(last.id.to_string())]);
        Ok(Page::cut_sized(programmes, &self.page, &self.bound_to, after, Programme::bytes))
    }
}

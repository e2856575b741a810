//! What can be asked of restrictions.
use super::{PersonRestrictions, Restriction, State, store};
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Name, Page, PageRequest, Result};
use crate::programmes;

/// One restriction.
#[derive(Clone, Debug)]
pub struct GetRestriction {
    /// Which.
    pub name: Name<PersonRestrictions>,
}

impl Query for GetRestriction {
    type Output = Restriction;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Restriction> {
        store::get(tx, &self.name).await
    }
}

/// Those whose erasure has begun and isn't over, in every programme, some at a time: what a server goes on with by itself.
#[derive(Clone, Debug)]
pub struct BegunErasures {
    /// After this one; none: from the first.
    pub after: Option<Name<PersonRestrictions>>,
}

impl Query for BegunErasures {
    type Output = Vec<Name<PersonRestrictions>>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Name<PersonRestrictions>>> {
        store::erasing(tx, self.after.as_ref()).await
    }
}

/// Restrictions by id.
#[derive(Clone, Debug)]
pub struct ListRestrictions {
    /// The programme.
    pub programme: Id,
    /// In this state.
    pub state: Option<State>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListRestrictions {
    type Output = Page<Restriction>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Restriction>> {
        programmes::store::state(tx, &self.programme).await?;
        let found = store::list(tx, &self.programme, self.state, &self.page).await?;
        Ok(Page::cut(found, &self.page, &self.bound_to, |it| Cursor::from([it.name.id()])))
    }
}

//! What reads charters and contacts: one struct per use case.
use super::store::{self, Filter};
use super::{Charter, CharterVersion, Charters, Contact};
use crate::db::{Query, Tx};
use crate::experts::{self, Experts};
use crate::kernel::{Cursor, Error, Id, Key, Name, Page, PageRequest, Result};

/// Reads an expert's charter.
#[derive(Debug)]
pub struct GetCharter {
    /// The charter, by its expert's id.
    pub name: Name<Charters>,
}

/// An empty charter is one of an expert that is there.
async fn must_be_there(tx: &mut Tx<'_>, name: &Name<Charters>) -> Result<()> {
    let found = experts::store::rosters(tx, name.programme(), std::slice::from_ref(name.id())).await?;
    if found.is_empty() {
        let expert = Name::<Experts>::new(name.programme().clone(), name.id().clone());
        return Err(Error::not_found(expert));
    }
    Ok(())
}

impl Query for GetCharter {
    type Output = Charter;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Charter> {
        must_be_there(tx, &self.name).await?;
        store::get(tx, &self.name).await
    }
}

/// Reads a page of a charter's versions, the newest first.
#[derive(Debug)]
pub struct ListCharterVersions {
    /// The charter, by its expert's id.
    pub name: Name<Charters>,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListCharterVersions {
    type Output = Page<CharterVersion>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<CharterVersion>> {
        must_be_there(tx, &self.name).await?;
        let versions = store::versions(tx, &self.name, &self.page).await?;
        let after = |last: &CharterVersion| Cursor(vec![Key::Int(last.charter.revision())]);
        Ok(Page::cut_sized(versions, &self.page, &self.bound_to, after, |version| 200 + version.charter.bytes()))
    }
}

/// Reads a page of contacts by time and id.
#[derive(Debug)]
pub struct ListContacts {
    /// Of which programme.
    pub programme: Id,
    /// Which ones.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What the page's token is bound to.
    pub bound_to: String,
}

impl Query for ListContacts {
    type Output = Page<Contact>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Contact>> {
        let contacts = store::list_contacts(tx, &self.programme, &self.filter, &self.page).await?;
        let after = |last: &Contact| Cursor(vec![last.time.into(), last.name.id().into()]);
        Ok(Page::cut_sized(contacts, &self.page, &self.bound_to, after, Contact::bytes))
    }
}

//! What reads hospitals: one struct per use case.

use super::store::Filter;
use super::{Hospital, Hospitals, NameKey, store};
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Error, Id, Name, Page, PageRequest, ProgrammeName, Result};
use crate::programmes;

/// Reads one hospital.
#[derive(Debug)]
pub struct GetHospital {
    /// Which.
    pub name: Name<Hospitals>,
}

impl Query for GetHospital {
    type Output = Hospital;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Hospital> {
        store::get(tx, &self.name).await
    }
}

/// Reads the hospital that a name or an alias leads to.
#[derive(Debug)]
pub struct FindHospital {
    /// In which programme.
    pub programme: Id,
    /// The name as it is compared.
    pub known_as: NameKey,
}

impl Query for FindHospital {
    type Output = Hospital;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Hospital> {
        programmes::store::state(tx, &self.programme).await?;
        let found = store::known_as(tx, &self.programme, std::slice::from_ref(&self.known_as)).await?;
        // The name that was looked for is the caller's own text: what wasn't found is in this collection.
        let missing = || Error::not_found(format_args!("{}/hospitals", ProgrammeName::new(self.programme.clone())));
        let id = found.into_values().next().ok_or_else(missing)?;
        store::get(tx, &Name::new(self.programme.clone(), id)).await
    }
}

/// Reads a page of hospitals.
#[derive(Debug)]
pub struct ListHospitals {
    /// Of which programme.
    pub programme: Id,
    /// What narrows it.
    pub filter: Filter,
    /// Which page.
    pub page: PageRequest,
    /// What its token is bound to.
    pub bound_to: String,
}

impl Query for ListHospitals {
    type Output = Page<Hospital>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Hospital>> {
        programmes::store::state(tx, &self.programme).await?;
        let hospitals = store::list(tx, &self.programme, &self.filter, &self.page).await?;
        let cursor = |hospital: &Hospital| Cursor::from([hospital.name.id()]);
        Ok(Page::cut_sized(hospitals, &self.page, &self.bound_to, cursor, |hospital| hospital.profile.bytes()))
    }
}

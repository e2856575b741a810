//! What can be asked about experts.

use super::store::{self, Filter};
use super::{Expert, Experts, LicenceNumber};
use crate::db::{Query, Tx, external_ids};
use crate::kernel::{Collection as _, Cursor, ExternalId, Id, Name, Page, PageRequest, Result};
use crate::programmes;

/// One expert.
#[derive(Debug)]
pub struct GetExpert {
    /// Which.
    pub name: Name<Experts>,
}

impl Query for GetExpert {
    type Output = Expert;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Expert> {
        store::get(tx, &self.name).await
    }
}

/// A page of experts, by id.
#[derive(Debug)]
pub struct ListExperts {
    /// Whose.
    pub programme: Id,
    /// Which; what needs a look-up first stands beside it.
    pub filter: Filter,
    /// With this external id.
    pub external_id: Option<ExternalId>,
    /// With this licence.
    pub licence: Option<LicenceNumber>,
    /// Which page.
    pub page: PageRequest,
    /// The query that its token belongs to.
    pub bound_to: String,
}

impl Query for ListExperts {
    type Output = Page<Expert>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Expert>> {
        programmes::store::state(tx, &self.programme).await?;
        let nobody = Page { items: Vec::new(), next: None };
        let mut filter = self.filter.clone();
        if let Some(external_id) = &self.external_id {
            match external_ids::find(tx, &self.programme, Experts::COLLECTION, external_id).await? {
                Some(id) => filter.id = Some(id),
                None => return Ok(nobody),
            }
        }
        if let Some(number) = &self.licence {
            match store::secret(tx, &self.programme).await? {
                Some(secret) => filter.licence = Some(number.hashed(&secret)),
                None => return Ok(nobody),
            }
        }
        let experts = store::list(tx, &self.programme, &filter, &self.page).await?;
        let cursor = |expert: &Expert| Cursor::from([expert.name.id()]);
        Ok(Page::cut_sized(experts, &self.page, &self.bound_to, cursor, |expert| expert.profile.bytes()))
    }
}

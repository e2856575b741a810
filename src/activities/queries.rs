//! What can be asked of activities.

use super::store::{self, Filter};
use super::{Activities, Activity};
use crate::db::{Query, Tx, external_ids};
use crate::kernel::{Collection as _, Cursor, Error, ExternalId, Id, Key, Name, Page, PageRequest, Result};
use crate::programmes;

/// An activity's current version.
#[derive(Clone, Debug)]
pub struct GetActivity {
    /// Which.
    pub name: Name<Activities>,
}

impl Query for GetActivity {
    type Output = Activity;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Activity> {
        let (programme, id) = (self.name.programme(), self.name.id());
        let found = store::current(tx, programme, &[id]).await?.remove(id);
        found.ok_or_else(|| Error::not_found(&self.name))
    }
}

/// Current versions by service date and id.
#[derive(Clone, Debug)]
pub struct ListActivities {
    /// The programme.
    pub programme: Id,
    /// Which of them.
    pub filter: Filter,
    /// The one with this external id.
    pub external_id: Option<ExternalId>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListActivities {
    type Output = Page<Activity>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Activity>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut filter = self.filter.clone();
        if let Some(external_id) = &self.external_id {
            let found = external_ids::find(tx, &self.programme, Activities::COLLECTION, external_id).await?;
            let Some(id) = found else { return Ok(Page { items: Vec::new(), next: None }) };
            filter.activity = Some(id);
        }
        let mut select = store::list(&self.programme, &filter);
        select.page(&self.page);
        let rows = tx.select(&select).await?;
        let activities = store::with_external_ids(tx, &self.programme, rows).await?;
        let cursor = |it: &Activity| Cursor(vec![Key::from(it.record.date), Key::from(it.name.id())]);
        Ok(Page::cut_sized(activities, &self.page, &self.bound_to, cursor, Activity::bytes))
    }
}

/// Every version of an activity, the first one first.
#[derive(Clone, Debug)]
pub struct ListActivityVersions {
    /// Which.
    pub name: Name<Activities>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListActivityVersions {
    type Output = Page<Activity>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Activity>> {
        let programme = self.name.programme();
        let mut select = store::versions(programme, self.name.id());
        select.page(&self.page);
        let rows = tx.select(&select).await?;
        if rows.is_empty() && self.page.after.is_none() {
            return Err(Error::not_found(&self.name));
        }
        let versions = store::with_external_ids(tx, programme, rows).await?;
        let cursor = |it: &Activity| Cursor::from([it.meta.revision]);
        Ok(Page::cut_sized(versions, &self.page, &self.bound_to, cursor, Activity::bytes))
    }
}

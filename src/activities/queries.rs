//! What can be asked of activities.

use std::collections::BTreeMap;

use super::commands::{Lines, lines};
use super::ladder::{self, OperationCode, Rungs, Succession, SuccessionStage};
use super::policy::{ActivityPolicies, Policy};
use super::sheet::{Scope, Sheet, Sheets};
use super::store::{self, Filter};
use super::{Activities, Activity};
use crate::assistants::{self, Pairing, Pairings};
use crate::db::{Query, Tx, external_ids};
use crate::experts;
use crate::kernel::{Collection as _, Cursor, Date, Error, ExternalId, Id, Key, Name, Page, PageRequest, Result};
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

/// What a sheet would cover now, and what its attester has to look up again.
#[derive(Clone, Debug)]
pub struct PreviewSheet {
    /// The programme.
    pub programme: Id,
    /// What the sheet would be about.
    pub scope: Scope,
}

impl Query for PreviewSheet {
    type Output = Lines;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Lines> {
        programmes::store::state(tx, &self.programme).await?;
        lines(tx, &self.programme, &self.scope).await
    }
}

/// One sheet.
#[derive(Clone, Debug)]
pub struct GetSheet {
    /// Which.
    pub name: Name<Sheets>,
}

impl Query for GetSheet {
    type Output = Sheet;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Sheet> {
        store::sheets::find(tx, &self.name).await?.ok_or_else(|| Error::not_found(&self.name))
    }
}

/// Sheets by id.
#[derive(Clone, Debug)]
pub struct ListSheets {
    /// The programme.
    pub programme: Id,
    /// Only those about this session.
    pub session: Option<Id>,
    /// Only those about days at this site.
    pub site: Option<Id>,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListSheets {
    type Output = Page<Sheet>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Sheet>> {
        programmes::store::state(tx, &self.programme).await?;
        let mut select = store::sheets::list(&self.programme, self.session.as_ref(), self.site.as_ref());
        select.page(&self.page);
        let sheets = tx.select(&select).await?.iter().map(store::sheets::sheet).collect::<Result<Vec<_>>>()?;
        let cursor = |it: &Sheet| Cursor::from([it.name.id()]);
        Ok(Page::cut_sized(sheets, &self.page, &self.bound_to, cursor, Sheet::bytes))
    }
}

/// How a programme treats records.
#[derive(Clone, Debug)]
pub struct GetPolicy {
    /// `programmes/{programme}/activityPolicies/default`.
    pub name: Name<ActivityPolicies>,
}

impl Query for GetPolicy {
    type Output = Policy;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Policy> {
        programmes::store::state(tx, self.name.programme()).await?;
        store::policy::find(tx, self.name.programme()).await
    }
}

/// The skill ladder of a pairing.
#[derive(Clone, Debug)]
pub struct GetSkillLadder {
    /// Which pairing.
    pub pairing: Name<Pairings>,
}

impl Query for GetSkillLadder {
    type Output = (Pairing, BTreeMap<OperationCode, Rungs>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let programme = self.pairing.programme();
        let pairing = assistants::store::pairings::get(tx, &self.pairing).await?;
        let experts = experts::store::merged(tx, programme).await?.known_as(&pairing.expert);
        // What was learned stays learned: cases alone after the pairing's end are its fruit too.
        let days = (pairing.days.from, Date::from_ymd_opt(9999, 12, 31).unwrap_or(Date::MAX));
        let cases = store::ladders::of_pair(tx, programme, &pairing.assistant, &experts, days).await?;
        Ok((pairing, ladder::ladder(&cases)))
    }
}

/// What experts brought to sites, and how far each operation has come there.
#[derive(Clone, Debug)]
pub struct ListSuccession {
    /// The programme.
    pub programme: Id,
    /// Only at this site.
    pub site: Option<Id>,
    /// Only what has come so far.
    pub stage: Option<SuccessionStage>,
    /// An operation is done locally once it was done alone so often.
    pub least_cases: i64,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListSuccession {
    type Output = Page<Succession>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Succession>> {
        programmes::store::state(tx, &self.programme).await?;
        let cases = store::ladders::of_programme(tx, &self.programme, self.site.as_ref()).await?;
        let cursor = |it: &Succession| {
            let OperationCode { system, code } = &it.operation;
            Cursor(vec![Key::from(&it.site), Key::from(system.as_str()), Key::from(code.as_str())])
        };
        let mut found = ladder::succession(&cases, self.least_cases);
        found.retain(|it| self.stage.is_none_or(|stage| it.stage == stage));
        found.retain(|it| self.page.after.as_ref().is_none_or(|after| cursor(it).0 > after.0));
        Ok(Page::cut(found, &self.page, &self.bound_to, cursor))
    }
}

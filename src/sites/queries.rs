//! What reads sites, closures and journeys: one struct per use case.

use super::{Closure, Closures, Journey, Site, Sites, store};
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Id, Key, Name, Page, PageRequest, Result};
use crate::programmes;

/// Reads one site.
#[derive(Debug)]
pub struct GetSite {
    /// Which.
    pub name: Name<Sites>,
}

impl Query for GetSite {
    type Output = Site;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Site> {
        store::get(tx, &self.name).await
    }
}

/// Reads one closure.
#[derive(Debug)]
pub struct GetClosure {
    /// Which.
    pub name: Name<Closures>,
}

impl Query for GetClosure {
    type Output = Closure;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Closure> {
        store::closures::get(tx, &self.name).await
    }
}

/// Which page of a programme's list, narrowed by a filter.
#[derive(Debug)]
pub struct Listing<F> {
    /// Of which programme.
    pub programme: Id,
    /// What narrows it.
    pub filter: F,
    /// Which page.
    pub page: PageRequest,
    /// What its token is bound to.
    pub bound_to: String,
}

/// Reads a page of sites.
#[derive(Debug)]
pub struct ListSites(pub Listing<store::Filter>);

impl Query for ListSites {
    type Output = Page<Site>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Site>> {
        let Listing { programme, filter, page, bound_to } = &self.0;
        programmes::store::state(tx, programme).await?;
        let sites = store::list(tx, programme, filter, page).await?;
        let cursor = |site: &Site| Cursor::from([site.name.id()]);
        Ok(Page::cut_sized(sites, page, bound_to, cursor, |site| site.profile.bytes()))
    }
}

/// Reads a page of closures.
#[derive(Debug)]
pub struct ListClosures(pub Listing<store::closures::Filter>);

impl Query for ListClosures {
    type Output = Page<Closure>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Closure>> {
        let Listing { programme, filter, page, bound_to } = &self.0;
        programmes::store::state(tx, programme).await?;
        let closures = store::closures::list(tx, programme, filter, page).await?;
        let cursor = |closure: &Closure| Cursor::from([Key::from(closure.start), Key::from(closure.name.id())]);
        Ok(Page::cut_sized(closures, page, bound_to, cursor, |closure| 600 + closure.note.len()))
    }
}

/// Reads a page of journeys.
#[derive(Debug)]
pub struct ListTravelMinutes(pub Listing<store::travel::Filter>);

impl Query for ListTravelMinutes {
    type Output = Page<Journey>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Journey>> {
        let Listing { programme, filter, page, bound_to } = &self.0;
        programmes::store::state(tx, programme).await?;
        let journeys = store::travel::list(tx, programme, filter, page).await?;
        let cursor = |journey: &Journey| Cursor::from([&journey.origin, &journey.destination]);
        Ok(Page::cut(journeys, page, bound_to, cursor))
    }
}

//! Removes a site that nothing refers to; who refers to it objects by a reaction.

use super::super::{Closures, Site, Sites, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Etag, Id, Name, Result};

/// Removes a site with its closures, journeys and external ids.
#[derive(Debug)]
pub struct DeleteSite {
    /// Which site.
    pub name: Name<Sites>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
}

impl Command for DeleteSite {
    type Facts = (Site, Vec<(Name<Closures>, i64)>);
    type Effects = ();
    type Output = ();
    const METHOD: &'static str = "SiteService.DeleteSite";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let site = store::get(tx, &self.name).await?;
        Ok((site, store::closures::of_site(tx, &self.name).await?))
    }

    fn decide(&self, (site, closures): Self::Facts, _context: &Context<'_>) -> Result<Decision<(), ()>> {
        let revision = site.meta.revision;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), revision)?;
        let mut changes = vec![Change::deleted(&self.name, revision)];
        changes.extend(closures.iter().map(|(closure, revision)| Change::deleted(closure, *revision)));
        Ok(Decision::new((), (), changes))
    }

    async fn apply(&self, (): &(), tx: &mut Tx<'_>) -> Result<()> {
        store::delete(tx, &self.name).await
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<()> {
        Ok(())
    }
}

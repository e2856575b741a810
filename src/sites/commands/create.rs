//! Adds a site.

use super::super::{Profile, Site, Sites, store};
use super::{Surroundings, first_name, surroundings};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::kernel::{Change, Error, Id, Meta, Name, Result};

/// Adds a site with these fields.
#[derive(Debug)]
pub struct CreateSite {
    /// The name it will have.
    pub name: Name<Sites>,
    /// Its fields.
    pub profile: Profile,
}

impl Command for CreateSite {
    type Facts = (bool, Surroundings);
    type Effects = Site;
    type Output = Site;
    const METHOD: &'static str = "SiteService.CreateSite";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    fn touches(&self) -> Option<Vec<String>> {
        let own = std::iter::once(format!("id {}", self.name.id()));
        Some(own.chain(external_ids::touched(&self.profile.external_ids)).collect())
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let own = store::briefs_asked(self.name.programme(), std::slice::from_ref(self.name.id()));
        let (own, surroundings) = tx.ask(own.and(surroundings(&self.name, &self.profile))).await?;
        Ok((!own.is_empty(), surroundings))
    }

    fn decide(&self, (exists, surroundings): Self::Facts, context: &Context<'_>) -> Result<Decision<Site, Site>> {
        if exists {
            return Err(Error::already_exists(&self.name));
        }
        surroundings.refuse(&self.name)?;
        let site = Site { name: self.name.clone(), profile: self.profile.clone(), meta: Meta::new(context.now) };
        Ok(Decision::new(site.clone(), site, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, site: &Site, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, site).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Site> {
        store::get(tx, &first_name(names)?).await
    }
}

//! Adds a site.

use super::super::{Profile, Site, Sites, store};
use super::{Surroundings, first_name, surroundings};
use crate::db::{Command, Context, Decision, Tx};
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

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let ids = std::slice::from_ref(self.name.id());
        let exists = !store::briefs(tx, self.name.programme(), ids).await?.is_empty();
        Ok((exists, surroundings(tx, &self.name, &self.profile).await?))
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

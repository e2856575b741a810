//! Changes a site's fields.

use std::iter;

use super::super::{Profile, RoomName, Site, Sites, store};
use super::{Surroundings, first_name, surroundings};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Etag, Id, Mask, Name, Result};

/// Replaces the fields of a site that the mask has.
#[derive(Debug)]
pub struct UpdateSite {
    /// Which site.
    pub name: Name<Sites>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// Which fields.
    pub mask: Mask,
    /// Their new values; fields that the mask doesn't have aren't looked at.
    pub profile: Profile,
}

impl Command for UpdateSite {
    type Facts = (Site, Profile, Surroundings);
    type Effects = Site;
    type Output = Site;
    const METHOD: &'static str = "SiteService.UpdateSite";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let site = store::get(tx, &self.name).await?;
        let profile = site.profile.updated(&self.mask, &self.profile);
        let surroundings = tx.ask(surroundings(&self.name, &profile)).await?;
        Ok((site, profile, surroundings))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Site, Site>> {
        let (before, profile, surroundings) = facts;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        surroundings.refuse(&self.name)?;
        let removed = before.profile.rooms.iter().filter(|room| profile.room(&room.id).is_none());
        let removed = removed.map(|room| RoomName { site: self.name.clone(), room: room.id.clone() });
        // Each room that goes is told by itself, so that who is to take it can object.
        let gone: Vec<Change> = removed.map(|room| Change::deleted(room, before.meta.revision)).collect();
        let site = Site { profile, meta: before.meta.touched(context.now), ..before };
        let changes = iter::once(Change::updated(&self.name, site.meta.revision)).chain(gone).collect();
        Ok(Decision::new(site.clone(), site, changes))
    }

    async fn apply(&self, site: &Site, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, site).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Site> {
        store::get(tx, &first_name(names)?).await
    }
}

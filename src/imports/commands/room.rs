//! A room of a table: one more in its site's list of rooms.

use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Fields, Id, Mask, Name, Reason, Result};
use crate::sites::commands::UpdateSite;
use crate::sites::{Room, Site, Sites, store};

/// Rooms that a site can have.
const MOST_ROOMS: usize = 200;

/// Adds a room to a site by the site's own update.
pub(super) struct AddRoom {
    pub site: Name<Sites>,
    pub room: Room,
}

/// The update that adds the room, and what it is decided on.
pub(super) type Update = (UpdateSite, <UpdateSite as Command>::Facts);

impl Command for AddRoom {
    type Facts = Update;
    type Effects = (UpdateSite, <UpdateSite as Command>::Effects);
    type Output = Site;
    const METHOD: &'static str = UpdateSite::METHOD;

    fn programme(&self) -> &Id {
        self.site.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Update> {
        let mut profile = store::get(tx, &self.site).await?.profile;
        if profile.room(&self.room.id).is_some() {
            return Err(
                Error::refused(Reason::ResourceExists, "the site has a room with this id").with("name", &self.site)
            );
        }
        if profile.rooms.len() >= MOST_ROOMS {
            return Err(Error::field("site", Reason::OutOfRange, "the site has 200 rooms, no more can be added"));
        }
        profile.rooms.push(self.room.clone());
        let mut fields = Fields::new();
        let mask = Mask::parse(&mut fields, &["rooms".to_owned()], &["rooms"]);
        fields.check()?;
        let update = UpdateSite { name: self.site.clone(), etag: None, mask, profile };
        let facts = update.load(tx).await?;
        Ok((update, facts))
    }

    fn decide(&self, (update, facts): Update, context: &Context<'_>) -> Result<Decision<Self::Effects, Site>> {
        let Decision { effects, output, changes, facts } = update.decide(facts, context)?;
        Ok(Decision { effects: (update, effects), output, changes, facts })
    }

    async fn apply(&self, (update, effects): &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        update.apply(effects, tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Site> {
        store::get(tx, &self.site).await
    }
}

//! Closes a site or a room for a while, and reopens it.

use super::super::{Closure, ClosureCause, Closures, Room, Sites, refuse_unknown_room, store};
use super::first_name;
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Etag, Id, Meta, Name, Result, Timestamp, Verb};

/// Closes a site or one of its rooms.
#[derive(Debug)]
pub struct CloseSite {
    /// The name that the closure will have.
    pub name: Name<Closures>,
    /// What is closed.
    pub site: Name<Sites>,
    /// The room; none: the whole site.
    pub room: Option<Id>,
    /// First instant at which it is closed.
    pub start: Timestamp,
    /// First instant after it; none: until it is reopened.
    pub end: Option<Timestamp>,
    /// Why.
    pub cause: ClosureCause,
    /// What else is known.
    pub note: String,
}

impl Command for CloseSite {
    type Facts = (Vec<Room>, bool);
    type Effects = Closure;
    type Output = Closure;
    const METHOD: &'static str = "SiteService.CloseSite";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let (programme, site) = (self.site.programme(), std::slice::from_ref(self.site.id()));
        if store::briefs(tx, programme, site).await?.is_empty() {
            return Err(Error::not_found(&self.site));
        }
        let mut rooms = tx.ask(store::rooms(programme, site)).await?;
        let exists = store::closures::find(tx, &self.name).await?.is_some();
        Ok((rooms.remove(self.site.id()).unwrap_or_default(), exists))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Closure, Closure>> {
        let (rooms, exists) = facts;
        if exists {
            return Err(Error::already_exists(&self.name));
        }
        if let Some(room) = &self.room {
            refuse_unknown_room(&self.site, &rooms, room)?;
        }
        let closure = Closure {
            name: self.name.clone(),
            site: self.site.id().clone(),
            room: self.room.clone(),
            start: self.start,
            end: self.end,
            cause: self.cause,
            note: self.note.clone(),
            reopened: None,
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(closure.clone(), closure, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, closure: &Closure, tx: &mut Tx<'_>) -> Result<()> {
        store::closures::insert(tx, closure).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Closure> {
        store::closures::get(tx, &first_name(names)?).await
    }
}

/// Ends a closure before its time.
#[derive(Debug)]
pub struct ReopenSite {
    /// Which closure.
    pub name: Name<Closures>,
    /// First instant at which it is open again; none: now.
    pub at: Option<Timestamp>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
}

impl Command for ReopenSite {
    type Facts = Closure;
    type Effects = Closure;
    type Output = Closure;
    const METHOD: &'static str = "SiteService.ReopenSite";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        store::closures::get(tx, &self.name).await
    }

    fn decide(&self, before: Closure, context: &Context<'_>) -> Result<Decision<Closure, Closure>> {
        Etag::check(self.etag.as_deref(), &self.name.to_string(), before.meta.revision)?;
        let closure = before.reopen(self.at.unwrap_or(context.now), context.now)?;
        let change = Change::new(&self.name, Verb::new("reopen"), closure.meta.revision);
        Ok(Decision::new(closure.clone(), closure, vec![change]))
    }

    async fn apply(&self, closure: &Closure, tx: &mut Tx<'_>) -> Result<()> {
        store::closures::reopen(tx, closure).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Closure> {
        store::closures::get(tx, &first_name(names)?).await
    }
}

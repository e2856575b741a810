//! Cancelling sessions before they start.
use super::{Known, read_known};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Id, Name, Result};
use crate::sessions::{CancelCode, CancelParty, Session, Sessions, Transition, store};

/// Cancels a session. Its people and its room are free at once.
#[derive(Debug)]
pub struct CancelSession {
    /// The session.
    pub name: Name<Sessions>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// Who cancels.
    pub party: CancelParty,
    /// Why; an expert isn't asked.
    pub code: Option<CancelCode>,
}

impl Command for CancelSession {
    type Facts = Known;
    type Effects = Session;
    type Output = Session;
    const METHOD: &'static str = "SessionService.CancelSession";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Known> {
        read_known(tx, &self.name).await
    }

    fn decide(&self, known: Known, context: &Context<'_>) -> Result<Decision<Session, Session>> {
        known.check(&self.name, self.etag.as_deref())?;
        let before = known.session;
        let state = Transition::Cancel.of(&self.name, before.state)?;
        let meta = before.meta.touched(context.now);
        let session = Session { state, cancelled: Some((self.party, self.code)), meta, ..before };
        let change = session.change(Transition::Cancel.verb());
        Ok(Decision::new(session.clone(), session, vec![change]))
    }

    async fn apply(&self, session: &Session, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, session).await?;
        store::release(tx, self.name.programme(), self.name.id()).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Session> {
        store::get(tx, self.name.programme(), self.name.id()).await
    }
}

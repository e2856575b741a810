//! Starting sessions.
use super::{Known, is_near_plan, must_have_passed, read_known};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Id, Name, Reason, Result, Timestamp};
use crate::sessions::{Session, Sessions, Transition, store};

/// Starts a session.
#[derive(Debug)]
pub struct StartSession {
    /// The session.
    pub name: Name<Sessions>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// When it really started; none: now.
    pub start: Option<Timestamp>,
}

impl Command for StartSession {
    type Facts = Known;
    type Effects = Session;
    type Output = Session;
    const METHOD: &'static str = "SessionService.StartSession";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Known> {
        read_known(tx, &self.name).await
    }

    fn decide(&self, known: Known, context: &Context<'_>) -> Result<Decision<Session, Session>> {
        known.check(&self.name, self.etag.as_deref())?;
        let before = known.session;
        let state = Transition::Start.of(&self.name, before.state)?;
        let start = self.start.unwrap_or(context.now);
        must_have_passed(&before, "actual_start_time", start, context.now)?;
        if !is_near_plan(&before, start) {
            let text = "must be within 24 hours of the planned start";
            return Err(Error::field("actual_start_time", Reason::Inconsistent, text));
        }
        let session = Session { state, started: Some(start), meta: before.meta.touched(context.now), ..before };
        let change = session.change(Transition::Start.verb());
        Ok(Decision::new(session.clone(), session, vec![change]))
    }

    async fn apply(&self, session: &Session, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, session).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Session> {
        store::get(tx, self.name.programme(), self.name.id()).await
    }
}

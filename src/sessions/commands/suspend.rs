//! Suspending a site: it is closed for a while, and what was planned there in that time is named.
//!
//! Nothing is cancelled by it: whoever knows decides session by session, or all of them by BatchCancelSessions.
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Id, Result, Timestamp};
use crate::sessions::{Session, store};
use crate::sites::Closure;
use crate::sites::commands::CloseSite;

/// The most sessions that an answer names; more are counted.
const MOST_NAMED: usize = 200;

/// Closes a site or a room for a while, and names what was planned there.
#[derive(Debug)]
pub struct SuspendSite(pub CloseSite);

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspended {
    /// The closure.
    pub closure: Closure,
    /// The first sessions that it touches, by start.
    pub sessions: Vec<Session>,
    /// How many it touches in all, 1,000 at most.
    pub touched: usize,
}

impl SuspendSite {
    async fn touched(&self, tx: &mut Tx<'_>) -> Result<(Vec<Session>, usize)> {
        let close = &self.0;
        let until = close.end.unwrap_or(Timestamp::from_micros(i64::MAX));
        let (programme, site) = (close.site.programme(), close.site.id());
        let all = store::touched_at_site(tx, programme, site, (close.start, until)).await?;
        let is_in = |room: &Option<Id>| close.room.is_none() || *room == close.room;
        let touched: Vec<_> = all.into_iter().filter(|touched| is_in(&touched.room)).collect();
        let ids: Vec<&Id> = touched.iter().take(MOST_NAMED).map(|touched| &touched.session).collect();
        let mut sessions = store::get_many(tx, programme, &ids).await?;
        sessions.sort_by(|a, b| (a.plan.start, &a.plan.session).cmp(&(b.plan.start, &b.plan.session)));
        Ok((sessions, touched.len()))
    }
}

impl Command for SuspendSite {
    type Facts = (<CloseSite as Command>::Facts, (Vec<Session>, usize));
    type Effects = Closure;
    type Output = Suspended;
    const METHOD: &'static str = "SessionService.SuspendSite";

    fn programme(&self) -> &Id {
        self.0.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let closing = self.0.load(tx).await?;
        Ok((closing, self.touched(tx).await?))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Closure, Suspended>> {
        let (closing, (sessions, touched)) = facts;
        let Decision { effects, output: closure, changes, facts } = self.0.decide(closing, context)?;
        let stands = |session: &Session| session.clone().at(context.now).occupies();
        let (sessions, lapsed): (Vec<_>, Vec<_>) = sessions.into_iter().partition(stands);
        let touched = touched - lapsed.len();
        Ok(Decision { effects, output: Suspended { closure, sessions, touched }, changes, facts })
    }

    async fn apply(&self, closure: &Closure, tx: &mut Tx<'_>) -> Result<()> {
        self.0.apply(closure, tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Suspended> {
        let closure = self.0.recall(tx, names).await?;
        let (sessions, touched) = self.touched(tx).await?;
        Ok(Suspended { closure, sessions, touched })
    }
}

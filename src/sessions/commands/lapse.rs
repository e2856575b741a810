//! Lapsing: what nobody confirmed or answered in time. Reads show it at once; this writes it down.
//!
//! How often, and by whom it is called, is the server's (`server/housekeeping.rs`).
use crate::db::{Command, Context, Decision, Query, Tx};
use crate::kernel::{Change, Error, Id, Name, Result, Timestamp, Verb};
use crate::sessions::store::{self, Due, Lease};
use crate::sessions::{Sessions, Transition};

use super::written::DROP_MOVE;

/// For how long a server that has swept a programme alone goes on to, in microseconds: five seconds, so that when it is gone another
/// one's next round comes in time.
pub const TERM_MICROS: i64 = 5_000_000;

/// Which programmes have something due that a server may sweep.
#[derive(Debug)]
pub struct DueProgrammes {
    /// The present.
    pub now: Timestamp,
    /// The server's own id.
    pub holder: String,
}

impl Query for DueProgrammes {
    type Output = Vec<Id>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Id>> {
        store::due_programmes(tx, self.now, &self.holder).await
    }
}

/// Writes down what has lapsed in a programme, at most 500 sessions at a time, and that this server sweeps it for a term.
#[derive(Debug)]
pub struct LapseSessions {
    /// The programme.
    pub programme: Id,
    /// The server's own id.
    pub holder: String,
    /// The present.
    pub now: Timestamp,
}

impl Command for LapseSessions {
    type Facts = (Option<Lease>, Vec<Due>);
    type Effects = (Vec<Id>, Timestamp);
    /// How many lapsed.
    type Output = usize;
    const METHOD: &'static str = "SessionService.LapseSessions";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let lease = store::lease_of(tx, &self.programme).await?;
        Ok((lease, store::due(tx, &self.programme, self.now).await?))
    }

    fn decide(&self, (lease, due): Self::Facts, context: &Context<'_>) -> Result<Decision<Self::Effects, usize>> {
        let is_anothers = |lease: &Lease| lease.holder != self.holder && lease.until > self.now;
        // Somebody was faster: there is nothing to write, not even who looked.
        if due.is_empty() || lease.as_ref().is_some_and(is_anothers) {
            return Err(Error::Stale { name: format!("programmes/{}", self.programme) });
        }
        let change = |due: &Due| {
            let verb = if due.is_move { DROP_MOVE } else { Transition::Lapse.verb() };
            let name = Name::<Sessions>::new(self.programme.clone(), due.session.clone());
            Change::new(name, Verb::new(verb), due.revision + 1)
        };
        let changes = due.iter().map(change).collect();
        let lapsed = due.len();
        let effects = (due.into_iter().map(|due| due.session).collect(), context.now);
        Ok(Decision::new(effects, lapsed, changes))
    }

    async fn apply(&self, (sessions, now): &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        store::lapse(tx, &self.programme, sessions, *now).await?;
        let until = self.now.plus_micros(TERM_MICROS);
        store::lease(tx, &self.programme, &Lease { holder: self.holder.clone(), until }).await
    }

    async fn recall(&self, _: &mut Tx<'_>, names: &[String]) -> Result<usize> {
        Ok(names.len())
    }
}

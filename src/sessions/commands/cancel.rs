//! Cancelling sessions before they start: one, or many at once.
use super::amend::{Deed, Known, Target, Turn};
use super::intake::Verdicts;
use super::written::{Time, Written};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Etag, Id, Name, Result, Timestamp};
use crate::sessions::snapshot::Snapshot;
use crate::sessions::{CancelCode, CancelParty, Session, Sessions, Transition, predicate, store};

/// Cancels a session. Its people and its room are free at once.
#[derive(Debug)]
pub struct CancelSession {
    /// Which.
    pub target: Target,
    /// Who cancels.
    pub party: CancelParty,
    /// Why; an expert isn't asked.
    pub code: Option<CancelCode>,
}

impl Deed for CancelSession {
    const METHOD: &'static str = "SessionService.CancelSession";

    fn target(&self) -> &Target {
        &self.target
    }

    fn decide(&self, known: &Known, _: &Context<'_>) -> Result<Turn> {
        let session = cancelled(&known.session, self.party, self.code)?;
        Ok(Turn::new(session, Transition::Cancel.verb(), Time::Free))
    }
}

/// The session cancelled; what waited for an answer waits no more.
fn cancelled(session: &Session, party: CancelParty, code: Option<CancelCode>) -> Result<Session> {
    let state = Transition::Cancel.of(&session.name(), session.state)?;
    Ok(Session { state, cancelled: Some((party, code)), ..session.clone().settled() })
}

/// Cancels many sessions of one programme for one reason; a verdict for each.
#[derive(Debug)]
pub struct BatchCancelSessions {
    /// The programme.
    pub programme: Id,
    /// Which: at most 200 of the programme, none twice.
    pub targets: Vec<Target>,
    /// Who cancels.
    pub party: CancelParty,
    /// Why; an expert isn't asked.
    pub code: Option<CancelCode>,
    /// Refuse all when one is refused.
    pub all_or_nothing: bool,
}

impl BatchCancelSessions {
    fn verdict(&self, target: &Target, stored: Option<&Session>, now: Timestamp) -> Result<Session> {
        let name = &target.name;
        let Some(stored) = stored else {
            return Err(predicate::not_found(name.programme(), &format!("sessions/{}", name.id())));
        };
        Etag::check(target.etag.as_deref(), &name.to_string(), stored.meta.revision)?;
        let session = cancelled(&stored.clone().at(now), self.party, self.code)?;
        Ok(Session { meta: stored.meta.touched(now), ..session })
    }

    fn ids(&self) -> Vec<&Id> {
        self.targets.iter().map(|target| target.name.id()).collect()
    }
}

impl Command for BatchCancelSessions {
    type Facts = Vec<Session>;
    type Effects = Written;
    type Output = Verdicts;
    const METHOD: &'static str = "SessionService.BatchCancelSessions";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Vec<Session>> {
        store::get_many(tx, &self.programme, &self.ids()).await
    }

    fn decide(&self, found: Vec<Session>, context: &Context<'_>) -> Result<Decision<Written, Verdicts>> {
        let stored = |name: &Name<Sessions>| found.iter().find(|session| session.plan.session == *name.id());
        let verdict = |target: &Target| self.verdict(target, stored(&target.name), context.now);
        let verdicts: Verdicts = self.targets.iter().map(verdict).collect();
        if self.all_or_nothing {
            super::intake::all_or_nothing(&verdicts, "names")?;
        }
        let mut written = Written::new(&self.programme, context.now);
        for session in verdicts.iter().flatten() {
            let Some(before) = stored(&session.name()) else { continue };
            written.change(before.clone(), session, Time::Free, &Snapshot::default());
        }
        let changes = verdicts.iter().flatten().map(|session| session.change(Transition::Cancel.verb())).collect();
        Ok(Decision::new(written, verdicts, changes))
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        written.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Verdicts> {
        super::intake::recalled(tx, &self.programme, self.ids().into_iter().map(Some), names).await
    }
}

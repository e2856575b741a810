//! Recording sessions that were held: facts, never refused for what was missing, which is listed.
use super::book::only;
use super::intake::{Entry, Intake, IntakeFacts, Written, all_or_nothing};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Id, Result};
use crate::sessions::{Purpose, Session, SessionDraft};

/// Records one session that was held.
#[derive(Debug)]
pub struct RecordHeldSession(Intake);

impl RecordHeldSession {
    /// Of a draft.
    #[must_use]
    pub fn new(draft: SessionDraft) -> RecordHeldSession {
        let programme = draft.programme.clone();
        RecordHeldSession(Intake { programme, entries: vec![Ok(draft)], purpose: Purpose::Record })
    }
}

impl Command for RecordHeldSession {
    type Facts = IntakeFacts;
    type Effects = Written;
    type Output = Session;
    const METHOD: &'static str = "SessionService.RecordHeldSession";

    fn programme(&self) -> &Id {
        &self.0.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<IntakeFacts> {
        self.0.load(tx).await
    }

    fn decide(&self, known: IntakeFacts, context: &Context<'_>) -> Result<Decision<Written, Session>> {
        only(self.0.decide(known, context)?)
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        self.0.apply(written, tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Session> {
        self.0.recall_one(tx, names).await
    }
}

/// Records many sessions that were held, in the order given; a verdict for each.
#[derive(Debug)]
pub struct BatchRecordHeldSessions {
    intake: Intake,
    all_or_nothing: bool,
}

impl BatchRecordHeldSessions {
    /// Of at most 200 rows of one programme. With `all_or_nothing` one refused row refuses all.
    #[must_use]
    pub fn new(programme: Id, entries: Vec<Entry>, all_or_nothing: bool) -> BatchRecordHeldSessions {
        BatchRecordHeldSessions { intake: Intake { programme, entries, purpose: Purpose::Record }, all_or_nothing }
    }
}

impl Command for BatchRecordHeldSessions {
    type Facts = IntakeFacts;
    type Effects = Written;
    type Output = Vec<Result<Session>>;
    const METHOD: &'static str = "SessionService.BatchRecordHeldSessions";

    fn programme(&self) -> &Id {
        &self.intake.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<IntakeFacts> {
        self.intake.load(tx).await
    }

    fn decide(&self, known: IntakeFacts, context: &Context<'_>) -> Result<Decision<Written, Vec<Result<Session>>>> {
        let decision = self.intake.decide(known, context)?;
        if self.all_or_nothing {
            all_or_nothing(&decision.output)?;
        }
        Ok(decision)
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        self.intake.apply(written, tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<Result<Session>>> {
        self.intake.recall_all(tx, names).await
    }
}

//! Booking sessions: plans, refused with every reason when they break a rule.
use super::intake::{Entry, Intake, IntakeFacts, Written, all_or_nothing};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Id, Result};
use crate::sessions::{Purpose, Session, SessionDraft};

/// Books one session with the expert's recorded consent.
#[derive(Debug)]
pub struct BookSession(Intake);

impl BookSession {
    /// Of a draft.
    #[must_use]
    pub fn new(draft: SessionDraft) -> BookSession {
        let programme = draft.programme.clone();
        BookSession(Intake { programme, entries: vec![Ok(draft)], purpose: Purpose::Book })
    }
}

impl Command for BookSession {
    type Facts = IntakeFacts;
    type Effects = Written;
    type Output = Session;
    const METHOD: &'static str = "SessionService.BookSession";

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

/// Books many sessions in the order given; a verdict for each.
#[derive(Debug)]
pub struct BatchBookSessions {
    intake: Intake,
    all_or_nothing: bool,
}

impl BatchBookSessions {
    /// Of at most 200 rows of one programme. With `all_or_nothing` one refused row refuses all.
    #[must_use]
    pub fn new(programme: Id, entries: Vec<Entry>, all_or_nothing: bool) -> BatchBookSessions {
        BatchBookSessions { intake: Intake { programme, entries, purpose: Purpose::Book }, all_or_nothing }
    }
}

impl Command for BatchBookSessions {
    type Facts = IntakeFacts;
    type Effects = Written;
    type Output = Vec<Result<Session>>;
    const METHOD: &'static str = "SessionService.BatchBookSessions";

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

/// The decision on one row: its refusal is the command's.
pub(super) fn only(decision: Decision<Written, Vec<Result<Session>>>) -> Result<Decision<Written, Session>> {
    let Decision { effects, mut output, changes, facts } = decision;
    let output = output.pop().ok_or(Error::Internal("one row has one verdict"))??;
    Ok(Decision { effects, output, changes, facts })
}

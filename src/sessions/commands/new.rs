//! Sessions that are made: booked, held, proposed and recorded, one by one or many at once.
use std::fmt::Debug;
use std::marker::PhantomData;

use super::intake::{Entry, Intake, IntakeFacts, Verdicts, all_or_nothing};
use super::written::Written;
use crate::db::{Command, Context, Decision, Outcome, Tx};
use crate::kernel::{Error, Id, Result, Timestamp};
use crate::sessions::{Purpose, Session, SessionDraft};

/// What drafts are to become, and the RPCs that ask for it.
pub trait Intent: Debug + Send + Sync + 'static {
    /// For what they are judged.
    const PURPOSE: Purpose;
    /// The RPC of one.
    const ONE: &'static str;
    /// The RPC of many, where there is one.
    const MANY: &'static str;
}

macro_rules! intents {
    ($($(#[$doc:meta])* $name:ident = $purpose:ident, $one:literal, $many:literal;)+) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Intent for $name {
            const PURPOSE: Purpose = Purpose::$purpose;
            const ONE: &'static str = concat!("SessionService.", $one);
            const MANY: &'static str = concat!("SessionService.", $many);
        }
    )+ };
}

intents! {
    /// Plans that stand at once.
    Booked = Book, "BookSession", "BatchBookSessions";
    /// Plans that are kept for a while.
    Holding = Hold, "CreateHold", "";
    /// Questions to the expert.
    Proposed = Propose, "ProposeSession", "";
    /// Records of what was held.
    Recorded = Record, "RecordHeldSession", "BatchRecordHeldSessions";
}

/// Makes one session.
#[derive(Debug)]
pub struct Make<I>(Intake, PhantomData<I>);

/// Makes many sessions of one programme, in the order given; a verdict for each.
#[derive(Debug)]
pub struct MakeMany<I> {
    intake: Intake,
    all_or_nothing: bool,
    intent: PhantomData<I>,
}

/// Books one session inside a standing offer or with recorded consents.
pub type BookSession = Make<Booked>;
/// Holds one session inside a standing offer for a while.
pub type CreateHold = Make<Holding>;
/// Proposes one session to its expert.
pub type ProposeSession = Make<Proposed>;
/// Records one session that was held.
pub type RecordHeldSession = Make<Recorded>;
/// Books many sessions.
pub type BatchBookSessions = MakeMany<Booked>;
/// Records many sessions that were held.
pub type BatchRecordHeldSessions = MakeMany<Recorded>;

impl<I: Intent> Make<I> {
    /// Of a draft.
    #[must_use]
    pub fn new(draft: SessionDraft) -> Make<I> {
        let programme = draft.programme.clone();
        let intake =
            Intake { programme, entries: vec![Ok(draft)], purpose: I::PURPOSE, lapses: None, overriding: None };
        Make(intake, PhantomData)
    }

    /// The same, lapsing by itself then.
    #[must_use]
    pub fn lapsing(mut self, lapses: Timestamp) -> Make<I> {
        self.0.lapses = Some(lapses);
        self
    }

    /// The same, setting planning rules aside for this reason.
    #[must_use]
    pub fn overriding(mut self, note: Option<String>) -> Make<I> {
        self.0.overriding = note;
        self
    }
}

impl<I: Intent> MakeMany<I> {
    /// Of at most 200 rows of one programme. With `all_or_nothing` one refused row refuses all.
    #[must_use]
    pub fn new(programme: Id, entries: Vec<Entry>, all_or_nothing: bool) -> MakeMany<I> {
        let intake = Intake { programme, entries, purpose: I::PURPOSE, lapses: None, overriding: None };
        MakeMany { intake, all_or_nothing, intent: PhantomData }
    }

    /// The same, setting planning rules aside for this reason.
    #[must_use]
    pub fn overriding(mut self, note: Option<String>) -> MakeMany<I> {
        self.intake.overriding = note;
        self
    }
}

impl<I: Intent> Command for Make<I> {
    type Facts = IntakeFacts;
    type Effects = Written;
    type Output = Session;
    const METHOD: &'static str = I::ONE;
    const HAS_SET_FORM: bool = I::PURPOSE.is_plan();

    fn programme(&self) -> &Id {
        &self.0.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<IntakeFacts> {
        self.0.load(tx).await
    }

    fn decide(&self, known: IntakeFacts, context: &Context<'_>) -> Result<Decision<Written, Session>> {
        let Decision { effects, mut output, changes, facts } = self.0.decide(known, context)?;
        let output = output.pop().ok_or(Error::Internal("one row has one verdict"))??;
        Ok(Decision { effects, output, changes, facts })
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        written.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Session> {
        self.0.recall_one(tx, names).await
    }

    async fn run_set(set: &[(&Self, Context<'_>)], tx: &mut Tx<'_>) -> Result<Vec<Result<Outcome<Session>>>> {
        let set: Vec<_> = set.iter().map(|(make, context)| (&make.0, *context)).collect();
        super::set::run(&set, tx).await
    }
}

impl<I: Intent> Command for MakeMany<I> {
    type Facts = IntakeFacts;
    type Effects = Written;
    type Output = Verdicts;
    const METHOD: &'static str = I::MANY;

    fn programme(&self) -> &Id {
        &self.intake.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<IntakeFacts> {
        self.intake.load(tx).await
    }

    fn decide(&self, known: IntakeFacts, context: &Context<'_>) -> Result<Decision<Written, Verdicts>> {
        let decision = self.intake.decide(known, context)?;
        if self.all_or_nothing {
            all_or_nothing(&decision.output, "requests")?;
        }
        Ok(decision)
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        written.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Verdicts> {
        self.intake.recall_all(tx, names).await
    }
}

//! Commands and queries: what a use case is to the database.
use std::any::{Any, TypeId};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::ahead::Asked;
use super::reaction::{self, Reaction};
use super::tx::Tx;
use crate::kernel::{Call, Change, Error, Fact, Id, Result, Timestamp};

/// What a decision may look at besides the facts.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who calls, and how.
    pub call: &'a Call,
    /// The time of the batch: the same for everything a command does.
    pub now: Timestamp,
}

/// What a command that isn't refused will do, and what it answers.
#[derive(Debug)]
pub struct Decision<E, O> {
    /// What [`Command::apply`] writes.
    pub effects: E,
    /// The answer, as it will stand once written.
    pub output: O,
    /// One for each resource touched.
    pub changes: Vec<Change>,
    /// What projections fold into tallies.
    pub facts: Vec<Fact>,
}

impl<E, O> Decision<E, O> {
    /// A decision without facts for tallies.
    pub fn new(effects: E, output: O, changes: Vec<Change>) -> Self {
        Decision { effects, output, changes, facts: Vec::new() }
    }
}

/// One use case that writes: a validated request that can be run, and run again with the same result.
///
/// Ids and other things that it makes up it has before it runs. `validate_only` is `load` and `decide` alone.
pub trait Command: Send + Sync + 'static {
    /// What the decision rests on.
    type Facts: Send;
    /// What is to be written.
    type Effects: Send + Sync;
    /// The answer.
    type Output: Send + 'static;
    /// The RPC, such as `ExpertService.CreateExpert`: part of a request id's key, and in the audit.
    const METHOD: &'static str;
    /// Whether it makes the programme that it names.
    const CREATES_PROGRAMME: bool = false;
    /// Whether it ends the programme that it names. Once that is done, whatever doesn't make or end a programme is refused with
    /// `PROGRAMME_ENDED` before it loads.
    const ENDS_PROGRAMME: bool = false;
    /// Whether it may be done in a programme that has ended, too: what ends what somebody may do there.
    const AFTER_END: bool = false;
    /// Whether [`Command::run_set`] is there.
    const HAS_SET_FORM: bool = false;

    /// The programme that everything it touches belongs to.
    fn programme(&self) -> &Id;

    /// Keys, in whatever words, for all that it reads or writes and that a command of its kind may write, in itself or by a reaction. Of two
    /// of one kind and programme that touch nothing in common neither changes what the other decides, so that what they read and write
    /// may be said together (docs/adr/0026-neighbours-that-touch-nothing-in-common.md). None: it isn't known what it touches.
    fn touches(&self) -> Option<Vec<String>> {
        None
    }

    /// Reads what the decision rests on, and does nothing else: it may be begun, dropped at its first question and begun anew
    /// (docs/adr/0023-what-is-asked-ahead.md).
    fn load(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Facts>> + Send;

    /// Decides: pure.
    ///
    /// # Errors
    /// The refusal; nothing has been written.
    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Self::Effects, Self::Output>>;

    /// Writes what was decided.
    fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> impl Future<Output = Result<()>> + Send;

    /// The answer to a repeated request: the resources that the first run touched, as they are now.
    fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> impl Future<Output = Result<Self::Output>> + Send;

    /// Runs many as one, with the outcomes that running them one by one in this order would have; what is returned
    /// has been written. The first one's first change has [`Tx::sequence`]. An error undoes the whole set, and it is
    /// run one by one.
    fn run_set(
        set: &[(&Self, Context<'_>)],
        tx: &mut Tx<'_>,
    ) -> impl Future<Output = Result<Vec<Result<Outcome<Self::Output>>>>> + Send {
        let _ = (set, tx);
        std::future::ready(Err(Error::Internal("the command has no set form")))
    }
}

/// What a command that was carried out leaves behind.
#[derive(Debug)]
pub struct Outcome<O> {
    /// The answer.
    pub output: O,
    /// See [`Decision::changes`].
    pub changes: Vec<Change>,
    /// See [`Decision::facts`].
    pub facts: Vec<Fact>,
}

/// One use case that reads, from one consistent snapshot.
pub trait Query: Send + Sync + 'static {
    /// The answer.
    type Output: Send + 'static;

    /// Reads.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// An answer of whatever type.
pub(super) type Output = Box<dyn Any + Send>;

/// What becomes of a decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It is written.
    Apply,
    /// It was only to be checked: nothing is.
    Forget,
}

/// A query of whatever type: what a task that reads holds, so that there is one such task and not one for each query.
pub(super) trait Reading: Send + Sync {
    /// Reads.
    fn run<'a>(&'a self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Result<Output>>;
}

impl<Q: Query> Reading for Q {
    fn run<'a>(&'a self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Result<Output>> {
        Box::pin(async move { Ok(Box::new(Query::run(self, tx).await?) as Output) })
    }
}

/// A command of whatever type: what the queue holds.
pub(super) trait Work: Send + Sync {
    fn method(&self) -> &'static str;
    fn programme(&self) -> &Id;
    fn creates_programme(&self) -> bool;
    fn ends_programme(&self) -> bool;
    fn may_follow_end(&self) -> bool;
    /// Which command it is.
    fn kind(&self) -> TypeId;
    /// See [`Command::touches`].
    fn touches(&self) -> Option<Vec<String>>;
    /// Works of the same `Some` may run as a set.
    fn set(&self) -> Option<TypeId>;
    fn as_any(&self) -> &dyn Any;
    /// What its load asks first; nothing is asked.
    fn first(&self, tx: &mut Tx<'_>) -> Asked;
    /// Loads, decides, asks who may object, and applies, if it isn't only to be checked.
    fn run<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: Context<'a>,
        reactions: &'a [Reaction],
        then: Then,
    ) -> BoxFuture<'a, Result<Outcome<Output>>>;
    fn recall<'a>(&'a self, tx: &'a mut Tx<'_>, names: &'a [String]) -> BoxFuture<'a, Result<Output>>;
    fn run_set<'a>(
        &self,
        set: Vec<(&'a dyn Work, Context<'a>)>,
        tx: &'a mut Tx<'_>,
    ) -> BoxFuture<'a, Result<Vec<Result<Outcome<Output>>>>>;
}

impl<C: Command> Work for C {
    fn method(&self) -> &'static str {
        C::METHOD
    }

    fn programme(&self) -> &Id {
        Command::programme(self)
    }

    fn creates_programme(&self) -> bool {
        C::CREATES_PROGRAMME
    }

    fn ends_programme(&self) -> bool {
        C::ENDS_PROGRAMME
    }

    fn may_follow_end(&self) -> bool {
        C::AFTER_END || C::CREATES_PROGRAMME || C::ENDS_PROGRAMME
    }

    fn kind(&self) -> TypeId {
        TypeId::of::<C>()
    }

    fn touches(&self) -> Option<Vec<String>> {
        Command::touches(self)
    }

    fn set(&self) -> Option<TypeId> {
        C::HAS_SET_FORM.then(TypeId::of::<C>)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn first(&self, tx: &mut Tx<'_>) -> Asked {
        tx.first_asked(|tx| drop(self.load(tx).now_or_never()))
    }

    fn run<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: Context<'a>,
        reactions: &'a [Reaction],
        then: Then,
    ) -> BoxFuture<'a, Result<Outcome<Output>>> {
        Box::pin(async move {
            let facts = self.load(tx).await?;
            let Decision { effects, output, changes, facts } = self.decide(facts, &context)?;
            reaction::object(tx, reactions, &changes, context).await?;
            if then == Then::Apply {
                self.apply(&effects, tx).await?;
            }
            Ok(erase(Outcome { output, changes, facts }))
        })
    }

    fn recall<'a>(&'a self, tx: &'a mut Tx<'_>, names: &'a [String]) -> BoxFuture<'a, Result<Output>> {
        Box::pin(async move { Ok(Box::new(Command::recall(self, tx, names).await?) as Output) })
    }

    fn run_set<'a>(
        &self,
        set: Vec<(&'a dyn Work, Context<'a>)>,
        tx: &'a mut Tx<'_>,
    ) -> BoxFuture<'a, Result<Vec<Result<Outcome<Output>>>>> {
        Box::pin(async move {
            let set: Vec<(&C, Context<'_>)> =
                set.iter().filter_map(|(work, context)| Some((work.as_any().downcast_ref()?, *context))).collect();
            let outcomes = C::run_set(&set, tx).await?;
            Ok(outcomes.into_iter().map(|outcome| outcome.map(erase)).collect())
        })
    }
}

fn erase<O: Send + 'static>(outcome: Outcome<O>) -> Outcome<Output> {
    Outcome { output: Box::new(outcome.output), changes: outcome.changes, facts: outcome.facts }
}

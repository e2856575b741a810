//! Batches whose answer has to fit into one message.
use std::fmt;

use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Error, Id, Reason, Result, page};

/// A batch that is answered in one message: refused before anything is written where its answer would be too large for a client,
/// who could not tell then what had become of it. A replay is answered as it is.
#[derive(Debug)]
pub struct Bounded<C, T> {
    batch: C,
    bytes: fn(&T) -> usize,
}

impl<C, T> Bounded<C, T> {
    /// A batch, and how large a row that wasn't refused is in the answer, at most.
    #[must_use]
    pub fn new(batch: C, bytes: fn(&T) -> usize) -> Self {
        Self { batch, bytes }
    }
}

impl<C, T> Command for Bounded<C, T>
where
    C: Command<Output = Vec<Result<T>>>,
    T: Send + fmt::Debug + 'static,
{
    type Facts = C::Facts;
    type Effects = C::Effects;
    type Output = C::Output;
    const METHOD: &'static str = C::METHOD;

    fn programme(&self) -> &Id {
        self.batch.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<C::Facts> {
        self.batch.load(tx).await
    }

    fn decide(&self, facts: C::Facts, context: &Context<'_>) -> Result<Decision<C::Effects, C::Output>> {
        let decision = self.batch.decide(facts, context)?;
        let row = |row: &Result<T>| match row {
            Ok(done) => (self.bytes)(done),
            Err(error) => error.bytes(),
        };
        let bytes: usize = decision.output.iter().map(row).sum();
        if bytes > page::MAX_BYTES {
            let message = "the answer to so many rows would be too large: nothing was written, send fewer at a time";
            let error = Error::refused(Reason::AnswerTooLarge, message);
            return Err(error.with("bytes", bytes).with("limit", page::MAX_BYTES));
        }
        Ok(decision)
    }

    async fn apply(&self, effects: &C::Effects, tx: &mut Tx<'_>) -> Result<()> {
        self.batch.apply(effects, tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<C::Output> {
        self.batch.recall(tx, names).await
    }
}

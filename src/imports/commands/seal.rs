//! A slice's command together with the note that its row was brought in: both or neither.

use std::collections::HashMap;

use crate::db::{Command, Context, Decision, Query, Tx};
use crate::imports::fingerprint::Fingerprint;
use crate::imports::record::Key;
use crate::imports::store;
use crate::kernel::{Error, Id, Reason, Result, Timestamp, Violation};

const METHOD: &str = "ImportService.ImportTable";

/// What is noted of a row.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    /// The row's key.
    pub key: Key,
    /// What was understood of it.
    pub fingerprint: Fingerprint,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was written.
    Created,
    /// It had been brought in before and says the same.
    Unchanged,
}

/// One row.
pub(super) struct Sealed<C> {
    pub table: &'static str,
    pub seal: Seal,
    pub inner: C,
}

/// The effects of a row that is new, and when.
pub(super) type New<E> = Option<(E, Timestamp)>;

impl<C: Command> Command for Sealed<C> {
    type Facts = Option<C::Facts>;
    type Effects = New<C::Effects>;
    type Output = Fate;
    const METHOD: &'static str = METHOD;

    fn programme(&self) -> &Id {
        self.inner.programme()
    }

    /// Nothing where the row was brought in before.
    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let found = store::find(tx, self.programme(), self.table, &[&self.seal.key]).await?;
        match found.get(&self.seal.key) {
            Some(fingerprint) if *fingerprint == self.seal.fingerprint => Ok(None),
            Some(before) => Err(differs(&self.seal.fingerprint, before)),
            None => Ok(Some(self.inner.load(tx).await?)),
        }
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Self::Effects, Fate>> {
        let Some(facts) = facts else { return Ok(Decision::new(None, Fate::Unchanged, Vec::new())) };
        let Decision { effects, changes, facts, .. } = self.inner.decide(facts, context)?;
        Ok(Decision { effects: Some((effects, context.now)), output: Fate::Created, changes, facts })
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        let Some((effects, now)) = effects else { return Ok(()) };
        self.inner.apply(effects, tx).await?;
        let row = (&self.seal.key, &self.seal.fingerprint);
        store::insert(tx, self.programme(), self.table, &[row], *now).await
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<Fate> {
        Ok(Fate::Unchanged)
    }
}

/// Many rows by a slice's batch command, a seal for each.
pub(super) struct SealedBatch<C> {
    pub table: &'static str,
    pub seals: Vec<Seal>,
    pub inner: C,
}

impl<C, T> Command for SealedBatch<C>
where
    C: Command<Output = Vec<Result<T>>>,
    T: 'static,
{
    type Facts = Option<C::Facts>;
    type Effects = New<(C::Effects, Vec<Seal>)>;
    /// What became of each row; `None`: another import has brought one of them in meanwhile, nothing was written.
    type Output = Option<Vec<Result<()>>>;
    const METHOD: &'static str = METHOD;

    fn programme(&self) -> &Id {
        self.inner.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let keys: Vec<_> = self.seals.iter().map(|seal| &seal.key).collect();
        let overtaken = !store::find(tx, self.programme(), self.table, &keys).await?.is_empty();
        if overtaken { Ok(None) } else { Ok(Some(self.inner.load(tx).await?)) }
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Self::Effects, Self::Output>> {
        let Some(facts) = facts else { return Ok(Decision::new(None, None, Vec::new())) };
        let Decision { effects, output, changes, facts } = self.inner.decide(facts, context)?;
        let written = self.seals.iter().zip(&output).filter(|(_, result)| result.is_ok());
        let seals = written.map(|(seal, _)| seal.clone()).collect();
        let results = output.into_iter().map(|result| result.map(|_| ())).collect();
        Ok(Decision { effects: Some(((effects, seals), context.now)), output: Some(results), changes, facts })
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        let Some(((effects, seals), now)) = effects else { return Ok(()) };
        self.inner.apply(effects, tx).await?;
        let rows: Vec<_> = seals.iter().map(|seal| (&seal.key, &seal.fingerprint)).collect();
        store::insert(tx, self.programme(), self.table, &rows, *now).await
    }

    async fn recall(&self, _tx: &mut Tx<'_>, _names: &[String]) -> Result<Self::Output> {
        Ok(None)
    }
}

/// Reads what was understood of rows when they were brought in.
pub(super) struct Remembered {
    pub programme: Id,
    pub table: &'static str,
    pub keys: Vec<Key>,
}

impl Query for Remembered {
    type Output = HashMap<Key, Fingerprint>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let mut found = HashMap::new();
        for keys in self.keys.chunks(1_000) {
            let keys: Vec<_> = keys.iter().collect();
            found.extend(store::find(tx, &self.programme, self.table, &keys).await?);
        }
        Ok(found)
    }
}

/// The row was brought in before and said something else, in these columns where that can be told.
pub(super) fn differs(now: &Fingerprint, before: &Fingerprint) -> Error {
    let reason = Reason::RowDiffers;
    let of_column = |heading: &str| {
        let description =
            "said something else when the row was brought in: change it through its own service".to_owned();
        Violation { field: heading.to_owned(), reason, description }
    };
    let text = "the row was brought in before and said something else: change it through its own service";
    Error::refused(reason, text).with_violations(now.differing(before).into_iter().map(of_column).collect())
}

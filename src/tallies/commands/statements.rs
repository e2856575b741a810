//! Closing a period, and restating it: what was composed on a snapshot is written, and never changes.

use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Id, Name, Reason, Result, Verb};
use crate::tallies::queries::{Closing, Composed, not_over};
use crate::tallies::statement::{self, Statement, StatementKind, Statements};
use crate::tallies::store;

/// Freezes what was composed of a period.
#[derive(Clone, Debug)]
pub struct ClosePeriod {
    /// Which period.
    pub closing: Closing,
    /// What it says; none where it couldn't be closed when it was to be counted.
    pub composed: Option<Composed>,
}

impl Command for ClosePeriod {
    type Facts = Option<Statement>;
    type Effects = Statement;
    type Output = Statement;
    const METHOD: &'static str = "TallyService.ClosePeriod";

    fn programme(&self) -> &Id {
        &self.closing.programme.id
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Option<Statement>> {
        store::statements::last(tx, &self.closing.programme.id, self.closing.from, self.closing.to).await
    }

    fn decide(&self, last: Option<Statement>, context: &Context<'_>) -> Result<Decision<Statement, Statement>> {
        self.closing.refuse(last, context.now)?;
        // Statements stay: what wasn't counted wasn't over yet, a moment ago.
        let composed = self.composed.as_ref().ok_or_else(not_over)?;
        decided(frozen(composed, StatementKind::Closing, 0, context)?, Verb::new("close"))
    }

    async fn apply(&self, statement: &Statement, tx: &mut Tx<'_>) -> Result<()> {
        store::statements::insert(tx, statement).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Statement> {
        recalled(tx, names).await
    }
}

/// Freezes what has changed since a period's last statement.
#[derive(Clone, Debug)]
pub struct RestatePeriod {
    /// What it says.
    pub composed: Composed,
}

impl Command for RestatePeriod {
    type Facts = Option<Statement>;
    type Effects = Statement;
    type Output = Statement;
    const METHOD: &'static str = "TallyService.RestatePeriod";

    fn programme(&self) -> &Id {
        &self.composed.programme.id
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Option<Statement>> {
        store::statements::last(tx, &self.composed.programme.id, self.composed.from, self.composed.to).await
    }

    fn decide(&self, last: Option<Statement>, context: &Context<'_>) -> Result<Decision<Statement, Statement>> {
        let Some((previous, ordinal, has_changed)) = &self.composed.previous else {
            return Err(Error::Internal("a restatement follows no statement"));
        };
        // Somebody else restated while this one was counted: its deltas are to the one before.
        if last.is_some_and(|last| last.name != *previous) {
            return Err(Error::Stale { name: previous.to_string() });
        }
        if !has_changed {
            let message = "every figure is what the last statement says";
            return Err(Error::refused(Reason::NothingToRestate, message).with("name", previous));
        }
        let statement = frozen(&self.composed, StatementKind::Restatement, ordinal + 1, context)?;
        decided(statement, Verb::new("restate"))
    }

    async fn apply(&self, statement: &Statement, tx: &mut Tx<'_>) -> Result<()> {
        store::statements::insert(tx, statement).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Statement> {
        recalled(tx, names).await
    }
}

fn frozen(composed: &Composed, kind: StatementKind, ordinal: i64, context: &Context<'_>) -> Result<Statement> {
    let text = statement::write(&composed.said)?;
    let id = statement::id_of(composed.from, composed.to, &statement::digest(text.as_bytes()))?;
    Ok(Statement {
        name: Name::<Statements>::new(composed.programme.id.clone(), id),
        kind,
        from: composed.from,
        to: composed.to,
        ordinal,
        sequence: composed.sequence,
        text,
        closer: context.call.caller.actor().to_owned(),
        create_time: context.now,
    })
}

fn decided(statement: Statement, verb: Verb) -> Result<Decision<Statement, Statement>> {
    let changes = vec![Change::new(&statement.name, verb, 1)];
    Ok(Decision::new(statement.clone(), statement, changes))
}

async fn recalled(tx: &mut Tx<'_>, names: &[String]) -> Result<Statement> {
    let name = names.first().and_then(|name| Name::<Statements>::parse(name).ok());
    let name = name.ok_or(Error::Internal("a statement's request named no statement"))?;
    store::statements::get(tx, &name).await
}

//! Pauses, resumes and ends an expert's time on the roster.

use super::{Step, checked, recalled};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{Expert, Experts, store};
use crate::kernel::{Date, Error, Id, Name, Reason, Result, Verb};

/// Takes an expert out of plans.
#[derive(Debug)]
pub struct PauseExpert {
    /// Which expert.
    pub name: Name<Experts>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The last day of the pause; `None`: until resumed.
    pub until: Option<Date>,
}

impl Command for PauseExpert {
    type Facts = Expert;
    type Effects = Step;
    type Output = Expert;
    const METHOD: &'static str = "ExpertService.PauseExpert";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Expert> {
        store::get(tx, &self.name).await
    }

    fn decide(&self, expert: Expert, context: &Context<'_>) -> Result<Decision<Step, Expert>> {
        let before = checked(expert, self.etag.as_deref())?;
        let roster = before.roster.paused(&before.name, self.until)?;
        let after = Expert { roster, ..before.clone() };
        Ok(Step { before, after }.decided(Verb::new("pause"), context.now))
    }

    async fn apply(&self, step: &Step, tx: &mut Tx<'_>) -> Result<()> {
        step.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Expert> {
        recalled(tx, names).await
    }
}

/// Brings an expert back into plans.
#[derive(Debug)]
pub struct ResumeExpert {
    /// Which expert.
    pub name: Name<Experts>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl Command for ResumeExpert {
    type Facts = Expert;
    type Effects = Step;
    type Output = Expert;
    const METHOD: &'static str = "ExpertService.ResumeExpert";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Expert> {
        store::get(tx, &self.name).await
    }

    fn decide(&self, expert: Expert, context: &Context<'_>) -> Result<Decision<Step, Expert>> {
        let before = checked(expert, self.etag.as_deref())?;
        let roster = before.roster.resumed(&before.name)?;
        let after = Expert { roster, ..before.clone() };
        Ok(Step { before, after }.decided(Verb::new("resume"), context.now))
    }

    async fn apply(&self, step: &Step, tx: &mut Tx<'_>) -> Result<()> {
        step.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Expert> {
        recalled(tx, names).await
    }
}

/// Records an expert's last day on the roster.
#[derive(Debug)]
pub struct EndExpert {
    /// Which expert.
    pub name: Name<Experts>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The last day on the roster.
    pub exit: Date,
}

impl Command for EndExpert {
    type Facts = Expert;
    type Effects = Step;
    type Output = Expert;
    const METHOD: &'static str = "ExpertService.EndExpert";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Expert> {
        store::get(tx, &self.name).await
    }

    fn decide(&self, expert: Expert, context: &Context<'_>) -> Result<Decision<Step, Expert>> {
        let before = checked(expert, self.etag.as_deref())?;
        if self.exit < before.roster.entry {
            return Err(Error::field("exit_date", Reason::Inconsistent, "must not be before the roster entry"));
        }
        let roster = before.roster.ended(&before.name, self.exit)?;
        let after = Expert { roster, ..before.clone() };
        Ok(Step { before, after }.decided(Verb::new("end"), context.now))
    }

    async fn apply(&self, step: &Step, tx: &mut Tx<'_>) -> Result<()> {
        step.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Expert> {
        recalled(tx, names).await
    }
}

//! Merges a duplicate into the expert that it is.

use super::{Step, checked};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{Expert, Experts, Standing, merged, store};
use crate::kernel::{Change, Id, Name, Result, Verb};

/// Merges a duplicate into the expert that it is, of the same programme.
#[derive(Debug)]
pub struct MergeExperts {
    /// The expert that stays.
    pub survivor: Name<Experts>,
    /// The one that becomes MERGED; another.
    pub duplicate: Name<Experts>,
    /// The etag of the survivor that the caller read, if it cares.
    pub survivor_etag: Option<String>,
    /// The etag of the duplicate that the caller read, if it cares.
    pub duplicate_etag: Option<String>,
}

/// Both experts.
pub struct Pair {
    survivor: Expert,
    duplicate: Expert,
}

/// What is written, the duplicate first: it gives away what must be unique.
pub struct Steps {
    duplicate: Step,
    survivor: Step,
}

impl Command for MergeExperts {
    type Facts = Pair;
    type Effects = Steps;
    type Output = Expert;
    const METHOD: &'static str = "ExpertService.MergeExperts";

    fn programme(&self) -> &Id {
        self.survivor.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Pair> {
        let survivor = store::get(tx, &self.survivor).await?;
        Ok(Pair { survivor, duplicate: store::get(tx, &self.duplicate).await? })
    }

    fn decide(&self, pair: Pair, context: &Context<'_>) -> Result<Decision<Steps, Expert>> {
        let survivor = checked(pair.survivor, self.survivor_etag.as_deref())?;
        let duplicate = checked(pair.duplicate, self.duplicate_etag.as_deref())?;
        let joined = merged(&survivor, &duplicate)?;
        let mut emptied = Expert { licence: None, ..duplicate.clone() };
        emptied.profile.affiliations.clear();
        emptied.profile.home_ties.clear();
        emptied.profile.external_ids.clear();
        emptied.roster.standing = Standing::Merged { into: self.survivor.id().clone() };
        let kept = Step { before: survivor, after: joined }.decided(Verb::new("absorb"), context.now);
        let gone = Step { before: duplicate, after: emptied }.decided(Verb::new("merge"), context.now);
        let changes: Vec<Change> = kept.changes.into_iter().chain(gone.changes).collect();
        Ok(Decision::new(Steps { duplicate: gone.effects, survivor: kept.effects }, kept.output, changes))
    }

    async fn apply(&self, steps: &Steps, tx: &mut Tx<'_>) -> Result<()> {
        steps.duplicate.apply(tx).await?;
        steps.survivor.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Expert> {
        store::get(tx, &self.survivor).await
    }
}

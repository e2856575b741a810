//! How a programme treats records.

use crate::activities::policy::{ActivityPolicies, Policy};
use crate::activities::store;
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Id, Mask, Meta, Name, Result, etag};

/// Changes how a programme treats records; what is recorded already stays.
#[derive(Clone, Debug)]
pub struct UpdatePolicy {
    /// `programmes/{programme}/activityPolicies/default`.
    pub name: Name<ActivityPolicies>,
    /// The revision that the caller has read; none: whichever there is.
    pub etag: Option<String>,
    /// Which fields.
    pub mask: Mask,
    /// Their values; the others' aren't looked at.
    pub policy: Policy,
}

impl UpdatePolicy {
    /// What an update can change.
    pub const FIELDS: &'static [&'static str] = &["late_entry_days", "recheck_percent"];
}

impl Command for UpdatePolicy {
    type Facts = Policy;
    type Effects = Policy;
    type Output = Policy;
    const METHOD: &'static str = "SheetService.UpdateActivityPolicy";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Policy> {
        store::policy::find(tx, self.name.programme()).await
    }

    fn decide(&self, mut policy: Policy, context: &Context<'_>) -> Result<Decision<Policy, Policy>> {
        etag::check(self.etag.as_deref(), &self.name.to_string(), policy.revision())?;
        if self.mask.has("late_entry_days") {
            policy.late_entry_days = self.policy.late_entry_days;
        }
        if self.mask.has("recheck_percent") {
            policy.recheck_percent = self.policy.recheck_percent;
        }
        policy.meta = Some(policy.meta.map_or(Meta::new(context.now), |meta| meta.touched(context.now)));
        let changes = vec![Change::updated(&self.name, policy.revision())];
        Ok(Decision::new(policy.clone(), policy, changes))
    }

    async fn apply(&self, policy: &Policy, tx: &mut Tx<'_>) -> Result<()> {
        store::policy::put(tx, self.name.programme(), policy).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Policy> {
        store::policy::find(tx, self.name.programme()).await
    }
}

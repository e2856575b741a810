//! How a programme treats reservations.
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Etag, Id, Mask, Meta, Name, Result};
use crate::reservations::{Policy, ReservationPolicies, store};

/// Changes how a programme treats reservations; what is offered or cancelled already stays.
#[derive(Debug)]
pub struct UpdatePolicy {
    /// `programmes/{programme}/reservationPolicies/default`.
    pub name: Name<ReservationPolicies>,
    /// The revision that the caller saw; none: whichever there is.
    pub etag: Option<String>,
    /// Which fields.
    pub mask: Mask,
    /// Their values; the others' aren't looked at.
    pub policy: Policy,
}

impl Command for UpdatePolicy {
    type Facts = Policy;
    type Effects = Policy;
    type Output = Policy;
    const METHOD: &'static str = "ReservationService.UpdateReservationPolicy";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Policy> {
        store::policy(tx, self.name.programme()).await
    }

    fn decide(&self, mut policy: Policy, context: &Context<'_>) -> Result<Decision<Policy, Policy>> {
        Etag::check(self.etag.as_deref(), &self.name.to_string(), policy.revision())?;
        let (has, to) = (|field| self.mask.has(field), &self.policy);
        policy.waitlist = if has("waitlist") { to.waitlist } else { policy.waitlist };
        policy.offer_minutes = if has("offer_minutes") { to.offer_minutes } else { policy.offer_minutes };
        policy.records_consultations =
            if has("records_consultations") { to.records_consultations } else { policy.records_consultations };
        policy.on_cancel = if has("on_cancel") { to.on_cancel } else { policy.on_cancel };
        policy.on_move = if has("on_move") { to.on_move } else { policy.on_move };
        policy.meta = Some(policy.meta.map_or(Meta::new(context.now), |meta| meta.touched(context.now)));
        let changes = vec![Change::updated(&self.name, policy.revision())];
        Ok(Decision::new(policy.clone(), policy, changes))
    }

    async fn apply(&self, policy: &Policy, tx: &mut Tx<'_>) -> Result<()> {
        store::put_policy(tx, self.name.programme(), policy).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Policy> {
        store::policy(tx, self.name.programme()).await
    }
}

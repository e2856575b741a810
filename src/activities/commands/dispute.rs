//! Disputes: somebody says that a record is wrong; another person dismisses that, or the record is amended or voided.

use std::collections::BTreeSet;

use super::amend::{illegal, next_version, standing};
use super::intake::fact;
use super::{DISMISS_DISPUTE, DISPUTE};
use crate::activities::{Activities, Activity, State, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Id, Name, Reason, Result, Verb, etag};

/// Says that a record is wrong; it counts as attested no more.
#[derive(Clone, Debug)]
pub struct DisputeActivity {
    /// The activity.
    pub name: Name<Activities>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// What is wrong with it, without personal data.
    pub note: String,
}

impl Command for DisputeActivity {
    type Facts = (Activity, i64);
    type Effects = Activity;
    type Output = Activity;
    const METHOD: &'static str = "ActivityService.DisputeActivity";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        Ok((standing(tx, &self.name).await?, tx.sequence()))
    }

    fn decide(&self, (current, sequence): Self::Facts, context: &Context<'_>) -> Result<Decision<Activity, Activity>> {
        etag::check(self.etag.as_deref(), &self.name.to_string(), current.meta.revision)?;
        match current.state {
            State::Recorded | State::Attested => {}
            State::Disputed => return Err(illegal(&current, "dispute", "the activity is disputed already")),
            State::Voided => return Err(illegal(&current, "dispute", "the activity was voided: it counts nothing")),
        }
        let dispute_note = Some(self.note.clone());
        let next = Activity { state: State::Disputed, dispute_note, ..next_version(&current, context, sequence) };
        Ok(decided(&current, next, DISPUTE))
    }

    async fn apply(&self, next: &Activity, tx: &mut Tx<'_>) -> Result<()> {
        store::replace_all(tx, std::slice::from_ref(next)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Activity> {
        standing(tx, &self.name).await
    }
}

/// Says that a dispute has no ground: the record is what it was before.
#[derive(Clone, Debug)]
pub struct DismissDispute {
    /// The activity.
    pub name: Name<Activities>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
}

impl Command for DismissDispute {
    type Facts = (Activity, BTreeSet<(String, Id)>, i64);
    type Effects = Activity;
    type Output = Activity;
    const METHOD: &'static str = "ActivityService.DismissDispute";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let current = standing(tx, &self.name).await?;
        let recorders = store::sheets::recorders(tx, self.name.programme(), &[self.name.id()]).await?;
        Ok((current, recorders, tx.sequence()))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Activity, Activity>> {
        let (current, recorders, sequence) = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), current.meta.revision)?;
        match current.state {
            State::Disputed => {}
            State::Recorded | State::Attested | State::Voided => {
                return Err(illegal(&current, "dismiss_dispute", "the activity isn't disputed"));
            }
        }
        let dismisser = context.call.caller.actor();
        let second = |message| Error::refused(Reason::SecondPersonRequired, message).with("name", &current.name);
        if current.recorder == dismisser {
            return Err(second("the dispute must be dismissed by another person than who raised it"));
        }
        if recorders.iter().any(|(recorder, _)| recorder == dismisser) {
            return Err(second("the dispute must be dismissed by another person than who recorded what is disputed"));
        }
        let state = if current.sheet.is_some() { State::Attested } else { State::Recorded };
        let next = Activity { state, dispute_note: None, ..next_version(&current, context, sequence) };
        Ok(decided(&current, next, DISMISS_DISPUTE))
    }

    async fn apply(&self, next: &Activity, tx: &mut Tx<'_>) -> Result<()> {
        store::replace_all(tx, std::slice::from_ref(next)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Activity> {
        standing(tx, &self.name).await
    }
}

fn decided(current: &Activity, next: Activity, verb: Verb) -> Decision<Activity, Activity> {
    Decision {
        changes: vec![Change::new(&next.name, verb, next.meta.revision)],
        facts: vec![fact(Some(current), &next)],
        effects: next.clone(),
        output: next,
    }
}

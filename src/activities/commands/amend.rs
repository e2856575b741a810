//! New versions of what was recorded: amended, or voided.

use super::intake::fact;
use super::{AMEND, VOID};
use crate::activities::record::{Draft, Known, Taken, settle};
use crate::activities::{Activities, Activity, State, VoidReason, store};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::kernel::{
    Change, Collection as _, Error, Fact, Id, Mask, Name, Reason, Result, Timestamp, Vocabulary as _, etag,
};
use crate::persons::{self, Restricted};

/// Adds a version with other words.
#[derive(Clone, Debug)]
pub struct AmendActivity {
    /// The activity.
    pub name: Name<Activities>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// The new words.
    pub draft: Draft,
    /// Which of them.
    pub mask: Mask,
}

/// What an amendment is judged by.
#[derive(Debug)]
pub struct Standing {
    current: Activity,
    amended: Draft,
    known: Known,
    taken: Taken,
    restricted: Restricted,
    on_record: Restricted,
    sequence: i64,
}

impl Command for AmendActivity {
    type Facts = Standing;
    type Effects = Activity;
    type Output = Activity;
    const METHOD: &'static str = "ActivityService.AmendActivity";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Standing> {
        let programme = self.name.programme();
        let current = standing(tx, &self.name).await?;
        let amended = Draft::of(&current).amended(self.draft.clone(), &self.mask);
        let external: Vec<_> = amended.external_ids.iter().collect();
        let external_ids = external_ids::find_all(tx, programme, Activities::COLLECTION, &external).await?;
        let known = store::known(tx, programme, std::iter::once(&amended)).await?;
        let taken = Taken { external_ids, ..Taken::default() };
        let restricted = persons::store::restricted(tx, programme, amended.patient.iter()).await?;
        let whose = amended.patient.iter().chain(&current.record.patient).filter(|_| !amended.external_ids.is_empty());
        let on_record = persons::store::on_record(tx, programme, whose).await?;
        Ok(Standing { current, amended, known, taken, restricted, on_record, sequence: tx.sequence() })
    }

    fn decide(&self, facts: Standing, context: &Context<'_>) -> Result<Decision<Activity, Activity>> {
        let Standing { current, amended, known, taken, restricted, on_record, sequence } = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), current.meta.revision)?;
        must_stand(&current, "amend")?;
        let programme = self.name.programme();
        taken.refuse(programme, self.name.id(), false, &amended.external_ids)?;
        if let Some(patient) = &amended.patient {
            restricted.refuse(patient)?;
        }
        // Also where the patient is taken out of it: earlier versions have the token.
        for patient in amended.patient.iter().chain(&current.record.patient) {
            on_record.refuse_named(patient, &amended.external_ids)?;
        }
        let record = settle(programme, &amended, &known, context.now)?;
        if record.date != current.record.date {
            known.admit(&record, context.now)?;
        }
        // Other words: what was attested or disputed were the old ones.
        let next = Activity {
            record,
            author: Some(context.call.caller.actor().to_owned()),
            external_ids: amended.external_ids,
            state: State::Recorded,
            sheet: None,
            dispute_note: None,
            ..next_version(&current, context, sequence)
        };
        Ok(Decision {
            changes: vec![Change::new(&self.name, AMEND, next.meta.revision)],
            facts: vec![fact(Some(&current), &next)],
            effects: next.clone(),
            output: next,
        })
    }

    async fn apply(&self, next: &Activity, tx: &mut Tx<'_>) -> Result<()> {
        store::replace(tx, next).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Activity> {
        standing(tx, &self.name).await
    }
}

/// Adds a last version that counts nothing.
#[derive(Clone, Debug)]
pub struct VoidActivity {
    /// The activity.
    pub name: Name<Activities>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
    /// Why.
    pub reason: VoidReason,
}

impl Command for VoidActivity {
    type Facts = (Activity, i64);
    type Effects = Activity;
    type Output = Activity;
    const METHOD: &'static str = "ActivityService.VoidActivity";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        Ok((standing(tx, &self.name).await?, tx.sequence()))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Activity, Activity>> {
        let (current, sequence) = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), current.meta.revision)?;
        must_stand(&current, "void")?;
        let Voided { next, change, fact } = voided(&current, self.reason, context, sequence);
        Ok(Decision { changes: vec![change], facts: vec![fact], effects: next.clone(), output: next })
    }

    async fn apply(&self, next: &Activity, tx: &mut Tx<'_>) -> Result<()> {
        store::replace(tx, next).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Activity> {
        standing(tx, &self.name).await
    }
}

/// An activity that counts no more, and what says so.
pub(in crate::activities) struct Voided {
    /// The last version.
    pub next: Activity,
    /// Its change.
    pub change: Change,
    /// What its counts were.
    pub fact: Fact,
}

/// The last version of an activity, with the number of its change.
pub(in crate::activities) fn voided(
    current: &Activity,
    reason: VoidReason,
    context: &Context<'_>,
    sequence: i64,
) -> Voided {
    let void_reason = Some(reason);
    let next =
        Activity { state: State::Voided, void_reason, dispute_note: None, ..next_version(current, context, sequence) };
    let change = Change::new(&next.name, VOID, next.meta.revision);
    Voided { fact: fact(Some(current), &next), next, change }
}

pub(super) async fn standing(tx: &mut Tx<'_>, name: &Name<Activities>) -> Result<Activity> {
    let found = store::current(tx, name.programme(), &[name.id()]).await?.remove(name.id());
    found.ok_or_else(|| Error::not_found(name))
}

fn must_stand(activity: &Activity, verb: &'static str) -> Result<()> {
    if activity.state.stands() {
        return Ok(());
    }
    Err(illegal(activity, verb, "the activity was voided: record it anew"))
}

/// That an activity's state doesn't allow a verb.
pub(super) fn illegal(activity: &Activity, verb: &'static str, message: &'static str) -> Error {
    let refusal = Error::refused(Reason::IllegalTransition, message).with("name", &activity.name);
    refusal.with("state", activity.state.code()).with("verb", verb)
}

/// The same words in the next version. Time never runs backwards in a history, whatever the clock does.
pub(super) fn next_version(current: &Activity, context: &Context<'_>, sequence: i64) -> Activity {
    let now: Timestamp = context.now.max(current.meta.update_time);
    Activity {
        recorder: context.call.caller.actor().to_owned(),
        since_sequence: sequence,
        meta: current.meta.touched(now),
        ..current.clone()
    }
}

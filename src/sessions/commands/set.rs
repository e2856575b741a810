//! Many plans of one kind as one: judged one after another in one snapshot, and written together.
//!
//! Who wants what somebody else wants at the same time costs the writer no look at the tables of their own. What is recorded
//! isn't here: what it counts for hangs on what was counted before.
use super::intake::Intake;
use super::written::Written;
use crate::db::{Context, Outcome, Tx};
use crate::kernel::{Error, Result};
use crate::sessions::Session;

/// Runs intakes of one row each, of one programme and purpose, with the outcomes that they would have one by one.
///
/// # Errors
/// A storage error; or that something has lapsed, which the first plan that is made takes out of the way: one by one it is plain
/// whose change that is.
pub(super) async fn run(set: &[(&Intake, Context<'_>)], tx: &mut Tx<'_>) -> Result<Vec<Result<Outcome<Session>>>> {
    let Some((first, Context { now, .. })) = set.first() else { return Ok(Vec::new()) };
    let all = Intake {
        programme: first.programme.clone(),
        entries: set.iter().flat_map(|(intake, _)| intake.entries.iter().cloned()).collect(),
        purpose: first.purpose,
        lapses: None,
        overriding: None,
    };
    let mut known = all.load(tx).await?;
    known.settle(*now);
    if known.has_lapsed(*now) {
        return Err(Error::Internal("something has lapsed: the plans are made one by one"));
    }
    let mut written = Written::new(&all.programme, *now);
    let mut outcomes = Vec::with_capacity(set.len());
    for (intake, context) in set {
        let verdict = intake.judge_all(&mut known, &mut written, context).pop();
        let verdict = verdict.ok_or(Error::Internal("one row has one verdict"))?;
        outcomes.push(verdict.map(|session| Outcome {
            changes: vec![session.change("create")],
            facts: Vec::new(),
            output: session,
        }));
    }
    written.apply(tx).await?;
    Ok(outcomes)
}

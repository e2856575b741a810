//! Which records count otherwise than a statement says, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::Composed;
use crate::activities::{self, Activity, State};
use crate::db::Tx;
use crate::kernel::{Collection, Id, Leaf, Measure, Name, Result};
use crate::programmes::Programme;
use crate::savings::trip::Trips;
use crate::sessions::Sessions;
use crate::tallies::Basis;
use crate::tallies::measures::{self, Origin};
use crate::tallies::question::month_ends;
use crate::tallies::statement::{Cause, Reason, Said};
use crate::tallies::store::{self, Cut};
use crate::visits::Visits;

/// What a record counts as attested, by measure.
type Counts = BTreeMap<Measure, i64>;

/// Every record of a composed statement's period that counts otherwise than it did as of an earlier one, and how.
///
/// # Errors
/// A storage error.
pub async fn reasons(tx: &mut Tx<'_>, programme: &Programme, then: &[Said], now: &Composed) -> Result<Vec<Reason>> {
    let since = match then.first() {
        Some(Said::Statement { sequence, .. }) => *sequence,
        Some(_) | None => 0,
    };
    let mut origins: Vec<Origin> = measures::sums().map(|(_, origin)| origin).collect();
    origins.sort();
    origins.dedup();
    let mut reasons = Vec::new();
    for origin in origins {
        reasons.extend(match origin {
            Origin::Activities => of_activities(tx, programme, now, since).await?,
            Origin::Sessions => of_sessions(tx, programme, now, since).await?,
            Origin::Visits => of_visits(tx, programme, now, since).await?,
            Origin::Savings => of_trips(tx, programme, now, since).await?,
        });
    }
    Ok(reasons)
}

/// An activity before and after.
#[derive(Default)]
struct Both {
    before: Option<(State, Counts)>,
    after: Option<(State, Counts)>,
}

async fn of_activities(tx: &mut Tx<'_>, programme: &Programme, now: &Composed, since: i64) -> Result<Vec<Reason>> {
    let mut found: BTreeMap<Id, Both> = BTreeMap::new();
    let mut from = now.from;
    for end in month_ends(now.from, now.to) {
        let (before, after) = activities::store::changed::changed(tx, &programme.id, (from, end), since).await?;
        for activity in before {
            found.entry(activity.name.id().clone()).or_default().before = Some(attested(&activity));
        }
        for activity in after {
            found.entry(activity.name.id().clone()).or_default().after = Some(attested(&activity));
        }
        from = end.succ_opt().unwrap_or(end);
    }
    let arrived: Vec<&Id> = found.iter().filter(|(_, both)| both.before.is_none()).map(|(id, _)| id).collect();
    let were_there = activities::store::changed::recorded_by(tx, &programme.id, &arrived, since).await?;
    let of = |(id, both): (Id, Both)| {
        let cause = both.cause(were_there.contains(&id));
        let counts = |side: Option<(State, Counts)>| side.map(|(_, counts)| counts).unwrap_or_default();
        differing::<activities::Activities>(&programme.id, &id, cause, &counts(both.before), &counts(both.after))
    };
    Ok(found.into_iter().flat_map(of).collect())
}

fn attested(activity: &Activity) -> (State, Counts) {
    let leaf = activity.leaf().filter(|leaf| leaf.attested);
    (activity.state, leaf.map(counts).unwrap_or_default())
}

fn counts(leaf: Leaf) -> Counts {
    leaf.quantities.into_iter().collect()
}

impl Both {
    /// Why it counts otherwise; `was_there`: whether it was on record when the statement was counted.
    fn cause(&self, was_there: bool) -> Cause {
        match (self.before.as_ref().map(|it| it.0), self.after.as_ref().map(|it| it.0)) {
            (None, Some(_)) if !was_there => Cause::RecordedSince,
            (Some(State::Recorded | State::Disputed), Some(State::Attested)) => Cause::AttestedSince,
            (Some(_), Some(State::Voided)) => Cause::Voided,
            (Some(_), Some(State::Recorded | State::Disputed)) => Cause::NoLongerAttested,
            // It says something else, perhaps another day, so that it left the period or came into it.
            (Some(_), None | Some(State::Attested)) | (None, Some(_) | None) => Cause::Amended,
        }
    }
}

async fn of_sessions(tx: &mut Tx<'_>, programme: &Programme, now: &Composed, since: i64) -> Result<Vec<Reason>> {
    let cut = |basis, as_of| Cut { from: now.from, to: now.to, basis, as_of };
    let before = store::held_leaves(tx, programme, cut(Basis::Attested, Some(since))).await?;
    let recorded = store::held_leaves(tx, programme, cut(Basis::Recorded, Some(since))).await?;
    let after = store::held_leaves(tx, programme, cut(Basis::Attested, None)).await?;
    let ids: BTreeSet<&Id> = before.keys().chain(after.keys()).collect();
    let of = |id: &Id| {
        let cause = match (before.contains_key(id), after.contains_key(id)) {
            (false, true) if recorded.contains_key(id) => Cause::AttestedSince,
            (false, _) => Cause::RecordedSince,
            (true, _) => Cause::SessionCorrected,
        };
        let side = |leaves: &BTreeMap<Id, Leaf>| leaves.get(id).cloned().map(counts).unwrap_or_default();
        differing::<Sessions>(&programme.id, id, cause, &side(&before), &side(&after))
    };
    Ok(ids.into_iter().flat_map(of).collect())
}

async fn of_trips(tx: &mut Tx<'_>, programme: &Programme, now: &Composed, since: i64) -> Result<Vec<Reason>> {
    let cut = |basis, as_of| Cut { from: now.from, to: now.to, basis, as_of };
    let leaves = |found: Vec<(Id, Leaf)>| found.into_iter().map(|(id, leaf)| (id, counts(leaf))).collect();
    let before: BTreeMap<Id, Counts> =
        leaves(store::trip_leaves(tx, &programme.id, cut(Basis::Attested, Some(since))).await?);
    let recorded: BTreeMap<Id, Counts> =
        leaves(store::trip_leaves(tx, &programme.id, cut(Basis::Recorded, Some(since))).await?);
    let after: BTreeMap<Id, Counts> = leaves(store::trip_leaves(tx, &programme.id, cut(Basis::Attested, None)).await?);
    let ids: BTreeSet<&Id> = before.keys().chain(after.keys()).collect();
    let of = |id: &Id| {
        let cause = match (before.contains_key(id), after.contains_key(id)) {
            (true, true) => Cause::Amended,
            (true, false) => Cause::NoLongerAttested,
            (false, _) if recorded.contains_key(id) => Cause::AttestedSince,
            (false, _) => Cause::RecordedSince,
        };
        let side = |leaves: &BTreeMap<Id, Counts>| leaves.get(id).cloned().unwrap_or_default();
        differing::<Trips>(&programme.id, id, cause, &side(&before), &side(&after))
    };
    Ok(ids.into_iter().flat_map(of).collect())
}

async fn of_visits(tx: &mut Tx<'_>, programme: &Programme, now: &Composed, since: i64) -> Result<Vec<Reason>> {
    let ended = store::visits_since(tx, &programme.id, (now.from, now.to), since).await?;
    let one = Counts::from([(Measure::VISITS, 1)]);
    let of = |id: Id| differing::<Visits>(&programme.id, &id, Cause::RecordedSince, &Counts::new(), &one);
    Ok(ended.into_iter().flat_map(of).collect())
}

/// A reason for each measure that a record counts otherwise.
fn differing<C: Collection>(programme: &Id, id: &Id, cause: Cause, before: &Counts, after: &Counts) -> Vec<Reason> {
    let name = Name::<C>::new(programme.clone(), id.clone()).to_string();
    let measures: BTreeSet<Measure> = before.keys().chain(after.keys()).copied().collect();
    let of = |measure: Measure| {
        let quantity = |side: &Counts| side.get(&measure).copied().unwrap_or_default();
        let (before, after) = (quantity(before), quantity(after));
        let measure = measure.as_str().to_owned();
        (before != after).then(|| Reason { name: name.clone(), cause, measure, before, after })
    };
    measures.into_iter().filter_map(of).collect()
}

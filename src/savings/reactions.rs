//! What trips do when an activity of theirs is amended or taken back, or the session to which somebody came in vain is corrected.
//!
//! What is voided, or turns out to be another patient's, goes off its trip; a trip with nothing left on it goes too, and its bill with it.
//! What remains is reckoned anew by what is in force on the service date; where a tariff is missing there, the correction waits for it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::BoxFuture;

use super::commands::{FOLLOW, Gone, bill_of, change, fact, gone, load, next, with};
use super::encounter::Encounters;
use super::settle::{Draft, settle};
use super::store::patients::{self, Swapped};
use super::store::{encounters, trips};
use super::trip::{Trip, TripCause, TripState, Trips};
use crate::activities::{Activities, VoidReason};
use crate::db::{Context, React, Reacted, Reaction, Tx, external_ids};
use crate::experts::sealed::SEALED;
use crate::kernel::{Change, Collection as _, Error, ExternalId, Id, Name, Result, Verb};
use crate::persons::store::Swap;
use crate::persons::{self, Seal};
use crate::sessions::{self, SessionState, Sessions};

/// The reactions of this slice.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "trips follow an activity that is amended or voided: they are reckoned anew, or taken back with their bill",
        collection: "activities",
        verbs: &["amend", "void"],
        react: React::Follow(follow_activity),
    },
    Reaction {
        what: "trips in vain are taken back when their session is voided or turns out to have been held",
        collection: "sessions",
        verbs: &["void", "correct_outcome"],
        react: React::Follow(follow_session),
    },
    Reaction {
        what: "trips put another token in a restricted patient's place and seal their bills' numbers, and put back when that is lifted",
        collection: "personRestrictions",
        verbs: &["restrict", "lift"],
        react: React::Follow(swap_patient),
    },
];

fn swap_patient<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let Some(swap) = persons::store::swap(tx, change).await? else { return Ok(Reacted::default()) };
        let Swapped { standing, replaced, bills } = patients::swap_patient(tx, &swap).await?;
        let mut changes = persons::commands::settle(tx, &swap, Trips::COLLECTION, &standing, &replaced).await?;
        let written = if swap.seals { seal(tx, &swap, &bills).await? } else { put_back(tx, &swap).await? };
        let programme = swap.restriction.name.programme();
        patients::put_numbers(tx, programme, &written).await?;
        let change = |(id, _, revision): &(Id, String, i64)| {
            Change::new(Name::<Encounters>::new(programme.clone(), id.clone()), Verb::UPDATE, *revision)
        };
        changes.extend(written.iter().map(change));
        Ok(Reacted { changes, facts: Vec::new() })
    })
}

/// Seals the numbers of bills, also of those that were taken back: a number names the patient's record in the hospital all the same.
/// What is written in their place, with the revisions.
async fn seal(tx: &mut Tx<'_>, swap: &Swap, bills: &BTreeSet<Id>) -> Result<Vec<(Id, String, i64)>> {
    let programme = swap.restriction.name.programme();
    let found = encounters::many(tx, programme, &bills.iter().collect::<Vec<_>>()).await?;
    let (mut seals, mut written) = (Vec::with_capacity(bills.len()), Vec::with_capacity(bills.len()));
    for (id, bill) in bills.iter().filter_map(|id| found.get_key_value(id)) {
        // Another patient's restriction, who was on the trip too, has it already.
        let own = Some(&bill.number).filter(|number| number.value() != SEALED);
        let value = serde_json::to_string(&own.into_iter().collect::<Vec<_>>()).map_err(Error::storage)?;
        seals.push(Seal { part: Encounters::COLLECTION, key: id.to_string(), value });
        if own.is_some() {
            external_ids::put(tx, programme, Encounters::COLLECTION, id, &[]).await?;
            written.push((id.clone(), SEALED.to_owned(), bill.meta.revision + 1));
        }
    }
    persons::store::seal(tx, &swap.restriction, &seals).await?;
    Ok(written)
}

/// Puts the numbers of bills back; of those that stand alone they are taken again: a bill that was taken back has given its number free.
async fn put_back(tx: &mut Tx<'_>, swap: &Swap) -> Result<Vec<(Id, String, i64)>> {
    let programme = swap.restriction.name.programme();
    let mut own: BTreeMap<Id, ExternalId> = BTreeMap::new();
    for (id, value) in persons::store::unsealed(tx, &swap.restriction, Encounters::COLLECTION).await? {
        let number = persons::store::numbers(&value)?;
        let id = Id::parse(&id).map_err(Error::Internal)?;
        own.extend(number.into_iter().next().map(|number| (id, number)));
    }
    let found = encounters::many(tx, programme, &own.keys().collect::<Vec<_>>()).await?;
    let mut written = Vec::with_capacity(own.len());
    for (id, number) in own {
        let Some(bill) = found.get(&id) else { continue };
        match bill.state {
            TripState::Recorded => {
                let own = std::slice::from_ref(&number);
                let taken = external_ids::taken(tx, programme, Encounters::COLLECTION, own, Some(&id)).await?;
                external_ids::refuse_taken(programme, Encounters::COLLECTION, taken)?;
                external_ids::put(tx, programme, Encounters::COLLECTION, &id, own).await?;
            }
            TripState::Voided => {}
        }
        written.push((id, number.value().to_owned(), bill.meta.revision + 1));
    }
    Ok(written)
}

fn follow_activity<'a>(
    tx: &'a mut Tx<'_>,
    changed: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = Name::<Activities>::parse(&changed.name).map_err(Error::Internal)?;
        let (programme, id) = (name.programme(), name.id());
        let Some(on) = trips::on_trip(tx, programme, &[id]).await?.remove(id) else { return Ok(Reacted::default()) };
        let trip = trips::current(tx, programme, &[&on]).await?.remove(&on);
        let trip = trip.ok_or(Error::Internal("an activity is on a trip that isn't there"))?;
        let own: Vec<&Id> = trip.activities.iter().collect();
        let around = load(tx, programme, &[(&on, &Draft::of(&trip))]).await?;
        let stands = |id: &&Id| {
            around.known().activities.get(*id).is_some_and(|activity| {
                activity.state.stands() && activity.record.patient.as_ref() == Some(&trip.patient)
            })
        };
        let left: Vec<Id> = own.into_iter().filter(stands).cloned().collect();
        if left.is_empty() {
            let reason = around.known().activities.get(id).and_then(|activity| activity.void_reason);
            return take_back(tx, &trip, reason.unwrap_or(VoidReason::EntryError), &context).await;
        }
        let draft = Draft { activities: left, ..Draft::of(&trip) };
        let known = around.known();
        let settled = settle(programme, &on, &draft, trip.basis.bill.as_ref(), known, context.now)?;
        let after = with(next(&trip, TripCause::Followed, &context, tx.sequence()), settled);
        let same = after.activities == trip.activities
            && after.dimensions == trip.dimensions
            && after.basis == trip.basis
            && after.reckoned == trip.reckoned;
        if same {
            return Ok(Reacted::default());
        }
        trips::replace(tx, &after).await?;
        Ok(Reacted { changes: vec![change(&after, FOLLOW)], facts: vec![fact(Some(&trip), &after)?] })
    })
}

/// Takes a trip back that rests on nothing any more.
async fn take_back(tx: &mut Tx<'_>, trip: &Trip, reason: VoidReason, context: &Context<'_>) -> Result<Reacted> {
    let encounter = bill_of(tx, trip).await?;
    let taken: Gone = gone(trip, encounter, reason, context, tx.sequence());
    taken.write(tx).await?;
    Ok(Reacted { changes: taken.changes(), facts: vec![fact(Some(trip), &taken.trip)?] })
}

fn follow_session<'a>(tx: &'a mut Tx<'_>, changed: &'a Change, context: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = Name::<Sessions>::parse(&changed.name).map_err(Error::Internal)?;
        let (programme, id) = (name.programme(), name.id());
        let ids = trips::in_vain(tx, programme, id).await?;
        if ids.is_empty() {
            return Ok(Reacted::default());
        }
        match sessions::store::get(tx, programme, id).await?.state {
            SessionState::Cancelled | SessionState::NotHeld => return Ok(Reacted::default()),
            SessionState::Tentative
            | SessionState::Proposed
            | SessionState::Confirmed
            | SessionState::InProgress
            | SessionState::Completed
            | SessionState::Lapsed
            | SessionState::Voided => {}
        }
        let mut reacted = Reacted::default();
        let mut found = trips::current(tx, programme, &ids.iter().collect::<Vec<_>>()).await?;
        for (trip, sequence) in ids.iter().filter_map(|id| found.remove(id)).zip(tx.sequence()..) {
            let taken = gone(&trip, None, VoidReason::EntryError, &context, sequence);
            taken.write(tx).await?;
            reacted.changes.extend(taken.changes());
            reacted.facts.push(fact(Some(&trip), &taken.trip)?);
        }
        Ok(reacted)
    })
}

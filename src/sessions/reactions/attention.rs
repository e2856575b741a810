//! Attention: plans that a change elsewhere touches are named in the change log, so that whoever watches looks at them again.
//!
//! What is wrong with them, if anything still is, is computed when they are read (`commands::read`); nothing is stored here.
use std::collections::BTreeSet;

use futures_util::future::BoxFuture;

use super::super::commands::attention;
use super::super::store::{self, Touched};
use super::super::{Purpose, Session, Sessions, predicate};
use crate::calendars::{self, ExpertAbsences, Offers};
use crate::credentials::{self, Credentials, Paper};
use crate::db::{Context, Reacted, Tx};
use crate::kernel::{Change, Collection, Error, Id, Name, Result, Timestamp, Verb};
use crate::sites::{self, Closures};

/// What the change log says of a plan that should be looked at again. Its revision stays: the plan itself didn't change.
const ATTENTION: Verb = Verb::new("attention");

/// Later than any plan.
const EVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// One change for each plan, once.
fn reacted(programme: &Id, mut touched: Vec<Touched>) -> Reacted {
    touched.sort_by(|a, b| a.session.cmp(&b.session));
    touched.dedup();
    let change = |touched: Touched| {
        Change::new(Name::<Sessions>::new(programme.clone(), touched.session), ATTENTION, touched.revision)
    };
    Reacted { changes: touched.into_iter().map(change).collect(), facts: Vec::new() }
}

/// Those with which something is wrong now: of a change that needn't concern any of them.
async fn needing(tx: &mut Tx<'_>, programme: &Id, touched: Vec<Touched>, now: Timestamp) -> Result<Vec<Touched>> {
    let ids: Vec<&Id> = touched.iter().map(|touched| &touched.session).collect();
    let sessions: Vec<Session> =
        store::get_many(tx, programme, &ids).await?.into_iter().map(|session| session.at(now)).collect();
    let notes = attention(tx, programme, &sessions, now).await?;
    let needing = sessions.iter().zip(notes).filter(|(_, notes)| !notes.is_empty());
    let needing: BTreeSet<&Id> = needing.map(|(session, _)| &session.plan.session).collect();
    Ok(touched.iter().filter(|touched| needing.contains(&touched.session)).cloned().collect())
}

fn named<C: Collection>(change: &Change) -> Result<Name<C>> {
    Name::parse(&change.name).map_err(Error::Internal)
}

pub(super) fn of_closure<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let closure = sites::store::closures::get(tx, &named::<Closures>(change)?).await?;
        let window = (closure.start.max(context.now), closure.end.unwrap_or(EVER));
        let mut touched = store::touched_at_site(tx, closure.name.programme(), &closure.site, window).await?;
        touched.retain(|touched| closure.room.is_none() || touched.room == closure.room);
        Ok(reacted(closure.name.programme(), touched))
    })
}

pub(super) fn of_expert<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let expert = named::<crate::experts::Experts>(change)?;
        let touched = store::touched_with_expert(tx, expert.programme(), expert.id(), (context.now, EVER)).await?;
        Ok(reacted(expert.programme(), touched))
    })
}

pub(super) fn of_assistant<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let assistant = named::<crate::assistants::Assistants>(change)?;
        let (programme, id) = (assistant.programme(), assistant.id());
        let touched = store::touched_with_assistant(tx, programme, id, (context.now, EVER)).await?;
        let touched = needing(tx, programme, touched, context.now).await?;
        Ok(reacted(programme, touched))
    })
}

pub(super) fn of_offer<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let offer = calendars::store::offers::get(tx, &named::<Offers>(change)?).await?;
        let (from, until) = offer.shape.reach();
        let window = (from.max(context.now), until.unwrap_or(EVER));
        let touched = store::touched_with_expert(tx, offer.name.programme(), &offer.expert, window).await?;
        Ok(reacted(offer.name.programme(), touched))
    })
}

pub(super) fn of_absence<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let absence = calendars::store::absences::get(tx, &named::<ExpertAbsences>(change)?).await?;
        let (from, until) = absence.span();
        let window = (from.max(context.now), until);
        let touched = store::touched_with_expert(tx, absence.name.programme(), &absence.expert, window).await?;
        Ok(reacted(absence.name.programme(), touched))
    })
}

pub(super) fn of_paper<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let credential = credentials::store::get(tx, &named::<Credentials>(change)?).await?;
        let (programme, window) = (credential.name.programme(), (context.now, EVER));
        let touched = match &credential.paper {
            Paper::Licence { expert } | Paper::Basis { expert, .. } | Paper::Authorisation { expert, .. } => {
                store::touched_with_expert(tx, programme, expert, window).await?
            }
            Paper::GradeList { site, .. } => store::touched_at_site(tx, programme, site, window).await?,
        };
        Ok(reacted(programme, touched))
    })
}

pub(super) fn of_charter<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        // A charter has its expert's id.
        let charter = named::<crate::charters::Charters>(change)?;
        let touched = store::touched_with_expert(tx, charter.programme(), charter.id(), (context.now, EVER)).await?;
        let touched = needing(tx, charter.programme(), touched, context.now).await?;
        Ok(reacted(charter.programme(), touched))
    })
}

/// The sessions that a delay pushes into another's time, or keeps from arriving in time.
pub(super) fn of_delay<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let name = named::<Sessions>(change)?;
        let plan = store::get(tx, name.programme(), name.id()).await?.plan;
        let mut snapshot = store::load_snapshot(tx, name.programme(), &[&plan], Purpose::Review).await?;
        snapshot.settle(context.now);
        let found = predicate::findings(&plan, &snapshot, Purpose::Review);
        let disturbed = found.iter().flat_map(|finding| &finding.concerns).filter(|(key, _)| *key == "session");
        let disturbed: BTreeSet<Id> = disturbed.filter_map(|(_, session)| session.id().cloned()).collect();
        let sessions = store::get_many(tx, name.programme(), &disturbed.iter().collect::<Vec<_>>()).await?;
        let touched = sessions.into_iter().map(|session| Touched {
            session: session.plan.session,
            revision: session.meta.revision,
            room: session.plan.room,
        });
        Ok(reacted(name.programme(), touched.collect()))
    })
}

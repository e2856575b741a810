//! How drafts become trips, any number at once: one load, a pure pass in their order, one write.

use std::collections::{BTreeSet, HashMap};

use crate::activities;
use crate::activities::VoidReason;
use crate::db::{Context, Tx, external_ids};
use crate::kernel::{Change, Collection as _, Error, ExternalId, Fact, Id, Meta, Name, Patient, Reason, Result, Verb};
use crate::persons;
use crate::savings::encounter::Encounter;
use crate::savings::settle::{Draft, Known, Settled, settle};
use crate::savings::store::{self, trips};
use crate::savings::trip::{Trip, TripCause, TripState, Trips};
use crate::sessions;

/// The kind of the facts that trips make.
pub(in crate::savings) const FACT: &str = "trip";

/// One trip to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: Id,
    /// What is said of it.
    pub draft: Draft,
    /// Its place in its batch, from 0; none: recorded by itself.
    pub place: Option<i64>,
}

/// What drafts are judged by, and the number of the next change; every admitted one changes both for the next.
#[derive(Debug)]
pub struct Around {
    pub(super) known: Known,
    pub(super) sequence: i64,
}

impl Around {
    /// What is known around the drafts.
    pub(in crate::savings) fn known(&self) -> &Known {
        &self.known
    }
}

/// Loads what some drafts of a programme are judged by, under the ids that they have or are to have.
pub(in crate::savings) async fn load(tx: &mut Tx<'_>, programme: &Id, drafts: &[(&Id, &Draft)]) -> Result<Around> {
    let activities: Vec<&Id> = unique(drafts.iter().flat_map(|(_, draft)| &draft.activities));
    let asked = |draft: &'_ Draft| draft.words.evidence.asked.clone();
    let sessions: BTreeSet<Id> =
        drafts.iter().flat_map(|(_, draft)| asked(draft).into_iter().chain(draft.session.clone())).collect();
    let found = activities::store::current(tx, programme, &activities).await?;
    let sessions = sessions::store::get_many(tx, programme, &sessions.iter().collect::<Vec<_>>()).await?;
    let sessions: HashMap<Id, _> = sessions.into_iter().map(|it| (it.plan.session.clone(), it)).collect();
    let of_activities = found.values().map(|activity| &activity.record.site);
    let site_ids = unique(of_activities.chain(sessions.values().map(|session| &session.plan.site)));
    let sites = trips::sites(tx, programme, &site_ids).await?;

    let own = found.values().filter_map(|activity| activity.record.patient.as_ref());
    let patients: BTreeSet<&Patient> =
        own.chain(drafts.iter().filter_map(|(_, draft)| draft.patient.as_ref())).collect();
    let journeys = trips::journeys(tx, programme, &patients.into_iter().collect::<Vec<_>>()).await?;
    let on_trip = trips::on_trip(tx, programme, &activities).await?;
    let mut places = Vec::with_capacity(drafts.len());
    for (_, draft) in drafts {
        let words = &draft.words;
        let at = draft.activities.iter().filter_map(|id| found.get(id)).map(|activity| &activity.record.site);
        let held = draft.session.iter().filter_map(|id| sessions.get(id)).map(|session| &session.plan.site);
        let nears = words.near.iter().chain(at.chain(held).filter_map(|site| sites.get(site)));
        let to = |near: &crate::sites::DivisionCode| (words.origin.clone(), words.destination.clone(), near.clone());
        places.extend(nears.map(to));
    }
    let prices = trips::prices(tx, programme, &places).await?;
    let named = drafts.iter().filter_map(|(_, draft)| draft.patient.as_ref());
    let numbered = drafts.iter().map(|(_, draft)| draft).filter(|draft| !draft.external_ids.is_empty());
    let on_record: BTreeSet<&Patient> = numbered
        .flat_map(|draft| {
            let own = draft.activities.iter().filter_map(|id| found.get(id)?.record.patient.as_ref());
            own.chain(&draft.patient)
        })
        .collect();
    let on_record = persons::store::on_record(tx, programme, on_record.into_iter()).await?;
    let ids: Vec<&Id> = drafts.iter().map(|(id, _)| *id).collect();
    let external: Vec<&ExternalId> = drafts.iter().flat_map(|(_, draft)| &draft.external_ids).collect();
    let known = Known {
        activities: found,
        sessions,
        sites,
        on_trip,
        journeys,
        prices,
        ids: trips::existing(tx, programme, &ids).await?,
        external_ids: external_ids::find_all(tx, programme, Trips::COLLECTION, &external).await?,
        restricted: persons::store::restricted(tx, programme, named).await?,
        on_record,
    };
    Ok(Around { known, sequence: tx.sequence() })
}

fn unique<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<&'a Id> {
    ids.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Turns a row into the trip that it will be, or says why it can't.
pub(super) fn admit(programme: &Id, row: &Row, around: &mut Around, context: &Context<'_>) -> Result<Trip> {
    let name = Name::<Trips>::new(programme.clone(), row.id.clone());
    if around.known.ids.contains(&row.id) {
        return Err(Error::already_exists(name));
    }
    refuse_taken(programme, &row.id, &row.draft.external_ids, &around.known)?;
    let settled = settle(programme, &row.id, &row.draft, None, &around.known, context.now)?;
    let trip = Trip {
        name,
        activities: settled.activities,
        session: settled.session,
        patient: settled.patient,
        dimensions: settled.dimensions,
        basis: settled.basis,
        encounter: None,
        reckoned: settled.reckoned,
        state: TripState::Recorded,
        cause: TripCause::Recorded,
        void_reason: None,
        recorder: context.call.caller.subject.clone(),
        batch_row: row.place,
        since_sequence: around.sequence,
        until_sequence: None,
        meta: Meta::new(context.now),
        external_ids: row.draft.external_ids.clone(),
    };
    let known = &mut around.known;
    known.ids.insert(row.id.clone());
    known.external_ids.extend(trip.external_ids.iter().map(|it| (it.clone(), row.id.clone())));
    known.on_trip.extend(trip.activities.iter().map(|activity| (activity.clone(), row.id.clone())));
    let words = &trip.basis.words;
    let journey = (trip.patient.clone(), words.destination.clone(), trip.dimensions.date);
    known.journeys.insert(journey, row.id.clone());
    around.sequence += 1;
    Ok(trip)
}

/// Refuses external ids that other trips have.
pub(super) fn refuse_taken(programme: &Id, id: &Id, external_ids: &[ExternalId], known: &Known) -> Result<()> {
    for external_id in external_ids {
        if let Some(other) = known.external_ids.get(external_id).filter(|other| *other != id) {
            let message = format!("another trip has this external id of {}", external_id.system());
            let refusal = Error::refused(Reason::ExternalIdTaken, message).with("system", external_id.system());
            return Err(refusal.with("name", Name::<Trips>::new(programme.clone(), other.clone())));
        }
    }
    Ok(())
}

/// The same trip in its next version. Time never runs backwards in a history, whatever the clock does.
pub(in crate::savings) fn next(trip: &Trip, cause: TripCause, context: &Context<'_>, sequence: i64) -> Trip {
    Trip {
        cause,
        recorder: context.call.caller.subject.clone(),
        since_sequence: sequence,
        meta: trip.meta.touched(context.now.max(trip.meta.update_time)),
        ..trip.clone()
    }
}

/// The next version of a trip with what its draft came to.
pub(in crate::savings) fn with(trip: Trip, settled: Settled) -> Trip {
    let Settled { activities, session, patient, dimensions, basis, reckoned } = settled;
    Trip { activities, session, patient, dimensions, basis, reckoned, ..trip }
}

/// A trip that counts no more, with the bill that hung on it.
#[derive(Clone, Debug)]
pub struct Gone {
    /// Its last version.
    pub trip: Trip,
    /// Its bill, voided too.
    pub encounter: Option<Encounter>,
}

/// The last versions of a trip and its bill.
pub(in crate::savings) fn gone(
    trip: &Trip,
    encounter: Option<Encounter>,
    reason: VoidReason,
    context: &Context<'_>,
    sequence: i64,
) -> Gone {
    let trip = Trip {
        state: TripState::Voided,
        void_reason: Some(reason),
        ..next(trip, TripCause::Voided, context, sequence)
    };
    Gone { trip, encounter: encounter.map(|it| voided(it, reason, context)) }
}

/// A bill that stands no more.
pub(super) fn voided(encounter: Encounter, reason: VoidReason, context: &Context<'_>) -> Encounter {
    let meta = encounter.meta.touched(context.now);
    Encounter { state: TripState::Voided, void_reason: Some(reason), meta, ..encounter }
}

impl Gone {
    /// What the change log says of it.
    pub(in crate::savings) fn changes(&self) -> Vec<Change> {
        let trip = change(&self.trip, VOID);
        let bill = self.encounter.as_ref().map(|it| Change::new(&it.name, VOID, it.meta.revision));
        std::iter::once(trip).chain(bill).collect()
    }

    /// Writes it.
    pub(in crate::savings) async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        trips::replace(tx, &self.trip).await?;
        match &self.encounter {
            Some(encounter) => store::encounters::void(tx, encounter).await,
            None => Ok(()),
        }
    }
}

/// A trip was recorded.
pub(super) const RECORD: Verb = Verb::new("record");
/// A trip's words were amended.
pub(super) const AMEND: Verb = Verb::new("amend");
/// A trip's bill came or went.
pub(super) const BILL: Verb = Verb::new("bill");
/// A trip followed its activities or its session.
pub(in crate::savings) const FOLLOW: Verb = Verb::new("follow");
/// A trip or a bill was taken back.
pub(super) const VOID: Verb = Verb::new("void");

/// What the change log says of a trip.
pub(in crate::savings) fn change(trip: &Trip, verb: Verb) -> Change {
    Change::new(&trip.name, verb, trip.meta.revision)
}

/// What a new version does to the figures.
pub(in crate::savings) fn fact(before: Option<&Trip>, after: &Trip) -> Result<Fact> {
    Ok(Fact {
        name: after.name.to_string(),
        kind: FACT,
        before: before.map(Trip::leaf).transpose()?.flatten(),
        after: after.leaf()?,
    })
}

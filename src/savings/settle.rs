//! How a caller's words become a trip: completed by its activities or its session as of the service date, or refused. Pure.

use std::collections::{HashMap, HashSet};

use super::eligibility::{Attendance, Service};
use super::trip::{Basis, Billed, Prices, Reckoned, Trip, TripState, Trips, Words};
use crate::activities::{self, Activities, Activity, Kind};
use crate::kernel::{
    Date, Dimensions, Error, ExternalId, Fields, Id, Mask, Name, Patient, Reason, Residence, Result, Timestamp,
    Vocabulary as _,
};
use crate::persons::Restricted;
use crate::sessions::{Session, SessionState, Sessions};
use crate::sites::DivisionCode;

/// The most activities of a trip.
pub const MOST_ACTIVITIES: usize = 50;

/// The fields that an amendment can name.
pub const AMENDABLE: &[&str] = &[
    "activities",
    "session",
    "patient",
    "date",
    "attendance",
    "not_transferable",
    "screening",
    "follow_up",
    "evidence",
    "origin",
    "destination",
    "near",
    "journey",
    "insured",
    "item",
    "given",
    "onward",
    "external_ids",
];

/// What a caller says of a trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What was done on its account.
    pub activities: Vec<Id>,
    /// The session that wasn't held, for one in vain.
    pub session: Option<Id>,
    /// Whose it is; none: the activities'.
    pub patient: Option<Patient>,
    /// The service date; none: the first activity's, or the session's.
    pub date: Option<Date>,
    /// Everything else.
    pub words: Words,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Draft {
    /// Notes what contradicts itself, whatever the activities and sessions are.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        self.words.refuse_unfit(fields);
        let in_vain = self.words.attendance == Attendance::InVain;
        let mut unfit = |wrong: bool, field: &str, reason: Reason, text: &str| {
            if wrong {
                fields.refuse(field, reason, text);
            }
        };
        unfit(!in_vain && self.activities.is_empty(), "activities", Reason::Required, "must name what was done");
        let text = "must be unset: nothing was done at a session that wasn't held";
        unfit(in_vain && !self.activities.is_empty(), "activities", Reason::Inconsistent, text);
        let text = "must be unset: the activities say it";
        unfit(!in_vain && self.session.is_some(), "session", Reason::Inconsistent, text);
        let text = "must name the session that wasn't held, for IN_VAIN";
        unfit(in_vain && self.session.is_none(), "session", Reason::Required, text);
        unfit(in_vain && self.patient.is_none(), "patient", Reason::Required, "must be set for IN_VAIN");
    }

    /// The draft that would make a trip's version again, for an amendment.
    #[must_use]
    pub fn of(trip: &Trip) -> Draft {
        Draft {
            activities: trip.activities.clone(),
            session: trip.session.clone(),
            patient: None,
            date: None,
            words: trip.basis.words.clone(),
            external_ids: trip.external_ids.clone(),
        }
        .for_whom(&trip.patient)
    }

    /// Somebody who came in vain is named; whoever was treated is the activities' patient.
    fn for_whom(self, patient: &Patient) -> Draft {
        let named = self.words.attendance == Attendance::InVain;
        Draft { patient: named.then(|| patient.clone()), ..self }
    }

    /// This draft with the fields that a mask names taken from another.
    #[must_use]
    pub fn amended(mut self, by: &Draft, mask: &Mask) -> Draft {
        let (own, new) = (&mut self.words, &by.words);
        for field in mask.iter() {
            match field {
                "activities" => self.activities.clone_from(&by.activities),
                "session" => self.session.clone_from(&by.session),
                "patient" => self.patient.clone_from(&by.patient),
                "date" => self.date = by.date,
                "attendance" => own.attendance = new.attendance,
                "not_transferable" => own.transferable = new.transferable,
                "screening" => own.screening = new.screening,
                "follow_up" => own.follow_up = new.follow_up,
                "evidence" => own.evidence.clone_from(&new.evidence),
                "origin" => own.origin.clone_from(&new.origin),
                "destination" => own.destination.clone_from(&new.destination),
                "near" => own.near.clone_from(&new.near),
                "journey" => own.journey.clone_from(&new.journey),
                "insured" => own.insured = new.insured,
                "item" => own.item.clone_from(&new.item),
                "given" => own.given.clone_from(&new.given),
                "onward" => own.onward.clone_from(&new.onward),
                "external_ids" => self.external_ids.clone_from(&by.external_ids),
                // AMENDABLE and the mask's parser leave nothing else.
                _ => {}
            }
        }
        self
    }
}

/// A patient's journey to a place on a day: one trip.
pub type JourneyKey = (Patient, DivisionCode, Date);

/// What is known around some drafts; every admitted one changes it for the next.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The current versions of activities.
    pub activities: HashMap<Id, Activity>,
    /// Sessions.
    pub sessions: HashMap<Id, Session>,
    /// Where sites are.
    pub sites: HashMap<Id, DivisionCode>,
    /// Which trip an activity is on.
    pub on_trip: HashMap<Id, Id>,
    /// Which trip a patient's journey is.
    pub journeys: HashMap<JourneyKey, Id>,
    /// Policies and tariffs.
    pub prices: Prices,
    /// Ids of trips.
    pub ids: HashSet<Id>,
    /// External ids, and whose they are.
    pub external_ids: HashMap<ExternalId, Id>,
    /// Who is restricted among those whom drafts name.
    pub restricted: Restricted,
    /// Who is among those whose records drafts with external ids rest on.
    pub on_record: Restricted,
}

/// What a draft becomes.
#[derive(Clone, Debug)]
pub struct Settled {
    /// See [`Trip::activities`].
    pub activities: Vec<Id>,
    /// See [`Trip::session`].
    pub session: Option<Id>,
    /// See [`Trip::patient`].
    pub patient: Patient,
    /// See [`Trip::dimensions`].
    pub dimensions: Dimensions,
    /// See [`Trip::basis`].
    pub basis: Basis,
    /// See [`Trip::reckoned`].
    pub reckoned: Reckoned,
}

/// Completes a draft, or says why it can't be a trip. `id`: the trip's own, which what is on it already may be.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, `TRIP_TAKEN`, `TRIP_UNFIT`, `OUTSIDE_SESSION`, `IN_THE_FUTURE`, `SAVING_NOT_APPLICABLE`, `TARIFF_GAP`,
/// `SAVING_POLICY_GAP`, `AMOUNT_OUT_OF_RANGE`, `PERSON_RESTRICTED`, or the fields that [`Draft::refuse_unfit`] names.
pub fn settle(
    programme: &Id,
    id: &Id,
    draft: &Draft,
    bill: Option<&Billed>,
    known: &Known,
    now: Timestamp,
) -> Result<Settled> {
    let mut fields = Fields::new();
    fields.within("trip", |fields| draft.refuse_unfit(fields));
    fields.check()?;
    if let Some(patient) = &draft.patient {
        known.restricted.refuse(patient)?;
    }
    let words = &draft.words;
    for asked in &words.evidence.asked {
        session(programme, asked, known)?;
    }
    let place = match &draft.session {
        Some(session) => {
            refuse_billed(programme, id, bill)?;
            in_vain(programme, session, draft, known, now)?
        }
        None => treated(programme, id, draft, known)?,
    };
    let Place { activities, patient, dimensions, services, carrier } = place;
    known.on_record.refuse_named(&patient, &draft.external_ids)?;
    if let Some(date) = draft.date.filter(|date| *date != dimensions.date) {
        let side = if date < dimensions.date { "before" } else { "after" };
        let message = format!("the trip lies {side} the day on which its care was given, or was to be given, first");
        return Err(Error::refused(Reason::OutsideSession, message).with("name", carrier).with("field", "date"));
    }
    let journey = (patient.clone(), words.destination.clone(), dimensions.date);
    if let Some(other) = known.journeys.get(&journey).filter(|other| *other != id) {
        let message =
            "the patient's journey to this place on this day is a trip already: put the activities on that one";
        return Err(taken(message, programme, other));
    }
    let near = match &words.near {
        Some(near) => near.clone(),
        None => known.sites.get(&dimensions.site).cloned().ok_or(Error::Internal("a record's site is gone"))?,
    };
    let dimensions = match dimensions.residence {
        Residence::Unknown => Dimensions { residence: residence(&words.origin, &near), ..dimensions },
        Residence::OwnCounty | Residence::Neighbouring => dimensions,
    };
    let basis = Basis { words: words.clone(), services, near, bill: bill.cloned() };
    let (reckoned, _) = known.prices.reckon(dimensions.date, &basis)?;
    Ok(Settled { activities, session: draft.session.clone(), patient, dimensions, basis, reckoned })
}

/// Where and for whom, as the record that carries the trip says.
struct Place {
    activities: Vec<Id>,
    patient: Patient,
    dimensions: Dimensions,
    services: Vec<Service>,
    /// The name of the first activity, or of the session.
    carrier: String,
}

/// Of a trip that was not made: its activities are one patient's and stand.
fn treated(programme: &Id, id: &Id, draft: &Draft, known: &Known) -> Result<Place> {
    let mut own = Vec::with_capacity(draft.activities.len());
    for activity in &draft.activities {
        let name = || Name::<Activities>::new(programme.clone(), activity.clone());
        let found = known.activities.get(activity).ok_or_else(|| Error::not_found(name()))?;
        let unfit = |message: &str| {
            let refusal = Error::refused(Reason::TripUnfit, message).with("name", name());
            refusal.with("state", found.state.code())
        };
        match found.state {
            activities::State::Recorded | activities::State::Attested | activities::State::Disputed => {}
            activities::State::Voided => return Err(unfit("the activity was taken back: nothing was done")),
        }
        match found.record.kind {
            Kind::Consultation | Kind::OperationCase => {}
            Kind::Headcount
            | Kind::Teaching
            | Kind::Lecture
            | Kind::Technique
            | Kind::GapFilled
            | Kind::TrainedStaff => {
                let message = "nobody's trip: a headcount, a lesson or a lecture saves no household a journey";
                let refusal = Error::refused(Reason::SavingNotApplicable, message);
                return Err(refusal.with("session_kind", found.record.session_kind.code()));
            }
        }
        let patient = found.record.patient.as_ref().ok_or_else(|| unfit("the activity has no patient token"))?;
        if let Some(other) = known.on_trip.get(activity).filter(|other| *other != id) {
            let message = "the activity is on another trip";
            return Err(taken(message, programme, other).with("activity", name()));
        }
        own.push((found, patient, name()));
    }
    own.sort_by(|(a, ..), (b, ..)| (a.record.date, a.name.id()).cmp(&(b.record.date, b.name.id())));
    let Some((first, patient, carrier)) = own.first() else {
        return Err(Error::field("trip.activities", Reason::Required, "must name what was done"));
    };
    let given = draft.patient.as_ref().unwrap_or(patient);
    for (found, patient, name) in &own {
        if *patient != given {
            let message = "the activity is another patient's: a trip is one patient's";
            let refusal = Error::refused(Reason::TripUnfit, message).with("name", name);
            return Err(refusal.with("state", found.state.code()));
        }
    }
    let service = |activity: &Activity| Service {
        session_kind: activity.record.session_kind,
        kind: activity.record.kind,
        performer: activity.record.operation.as_ref().map(|operation| operation.performer),
        screening: draft.words.screening,
    };
    Ok(Place {
        activities: own.iter().map(|(activity, ..)| activity.name.id().clone()).collect(),
        patient: given.clone(),
        dimensions: first.record.leaf(false).dimensions,
        services: own.iter().map(|(activity, ..)| service(activity)).collect(),
        carrier: carrier.to_string(),
    })
}

/// Nobody was treated on a trip in vain, so nothing was settled; what was, is taken back first.
fn refuse_billed(programme: &Id, id: &Id, bill: Option<&Billed>) -> Result<()> {
    if bill.is_none() {
        return Ok(());
    }
    let message = "the trip has a bill, and nobody was treated on one in vain: void the bill first";
    let refusal = Error::refused(Reason::TripUnfit, message);
    let name = Name::<Trips>::new(programme.clone(), id.clone());
    Err(refusal.with("name", name).with("state", TripState::Recorded.code()))
}

/// Of a trip to a session that wasn't held.
fn in_vain(programme: &Id, id: &Id, draft: &Draft, known: &Known, now: Timestamp) -> Result<Place> {
    let session = session(programme, id, known)?;
    let name = Name::<Sessions>::new(programme.clone(), id.clone());
    match session.state {
        SessionState::Cancelled | SessionState::NotHeld => {}
        SessionState::Tentative
        | SessionState::Proposed
        | SessionState::Confirmed
        | SessionState::InProgress
        | SessionState::Completed
        | SessionState::Lapsed
        | SessionState::Voided => {
            let message = "nobody came in vain to a session that wasn't cancelled";
            let refusal = Error::refused(Reason::TripUnfit, message).with("name", name);
            return Err(refusal.with("state", session.state.code()));
        }
    }
    if session.place.date > session.zone.date_of(now) {
        let message = "nobody can have come in vain: the session's day is still to come";
        return Err(Error::refused(Reason::InTheFuture, message).with("field", "date"));
    }
    let patient = draft.patient.clone();
    Ok(Place {
        activities: Vec::new(),
        patient: patient.ok_or_else(|| Error::field("trip.patient", Reason::Required, "must be set for IN_VAIN"))?,
        dimensions: Dimensions {
            date: session.place.date,
            half_day: Some(session.place.half_day),
            site: session.plan.site.clone(),
            site_level: session.place.site_level.code().to_owned(),
            expert: Some(session.plan.expert.clone()),
            home_hospital: session.place.home_hospital.clone(),
            specialty: session.place.specialty.as_str().to_owned(),
            kind: session.plan.kind.code().to_owned(),
            residence: Residence::Unknown,
        },
        services: vec![Service {
            session_kind: session.plan.kind,
            kind: Kind::Consultation,
            performer: None,
            screening: draft.words.screening,
        }],
        carrier: name.to_string(),
    })
}

fn session<'a>(programme: &Id, id: &Id, known: &'a Known) -> Result<&'a Session> {
    known.sessions.get(id).ok_or_else(|| Error::not_found(Name::<Sessions>::new(programme.clone(), id.clone())))
}

/// Another trip has it.
fn taken(message: &str, programme: &Id, other: &Id) -> Error {
    Error::refused(Reason::TripTaken, message).with("name", Name::<Trips>::new(programme.clone(), other.clone()))
}

/// Where a patient lives whose record doesn't say it: the county's codes begin alike.
fn residence(origin: &DivisionCode, near: &DivisionCode) -> Residence {
    if origin.county() == near.county() { Residence::OwnCounty } else { Residence::Unknown }
}

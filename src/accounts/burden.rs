//! The burden of a quarter: pure.
use std::collections::{BTreeMap, HashMap};

use super::held_with;
use crate::charters::{Breach, CharterLimit, CharterVersion, Contact, Limits, Load, month_of, week_of};
use crate::kernel::{Date, Id, SessionKind, Timestamp};
use crate::sessions::{Session, SessionState};
use crate::visits::{Visit, VisitState};

/// What is on record of one expert around a quarter.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The expert's ids: the survivor's, then those of merged duplicates.
    pub ids: &'a [Id],
    /// The first and the last day.
    pub days: (Date, Date),
    /// The first instant of the quarter in the programme's zone, and the first one after it.
    pub window: (Timestamp, Timestamp),
    /// When it is asked.
    pub now: Timestamp,
    /// Sessions with the expert from the Monday before the first day to the last day, and those proposed in the quarter, in any order.
    pub sessions: &'a [Session],
    /// Minutes between sites; what isn't there isn't known.
    pub travel: &'a HashMap<(Id, Id), i64>,
    /// Contacts in the quarter; none: nobody recorded any with anybody.
    pub contacts: Option<&'a [Contact]>,
    /// Visits that arrive from the first day on to the last, in any state.
    pub visits: &'a [Visit],
    /// The versions of the charter, the newest first.
    pub versions: &'a [CharterVersion],
}

/// What a quarter asked of an expert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Burden {
    /// Contacts, and those that were one too many; none: not known.
    pub contacts: Option<(i64, i64)>,
    /// Sessions proposed in the quarter.
    pub proposals: i64,
    /// Those that got a yes.
    pub proposals_accepted: i64,
    /// Those that wait for one.
    pub proposals_open: i64,
    /// Sessions held and their minutes, by kind.
    pub held: BTreeMap<SessionKind, (i64, i64)>,
    /// Planned and still to come, or under way.
    pub to_come: i64,
    /// Planned, past, and nothing is said of what became of them.
    pub unresolved: i64,
    /// Confirmed and cancelled.
    pub cancelled: i64,
    /// Confirmed and not held.
    pub not_held: i64,
    /// Journeys between sites on one day.
    pub journeys: i64,
    /// Those whose minutes aren't known.
    pub journeys_unknown: i64,
    /// Minutes of the known ones.
    pub travel_minutes: i64,
    /// Visits made.
    pub visits: i64,
    /// Minutes of them.
    pub visit_minutes: i64,
    /// Held sessions that lie in none.
    pub outside_visits: i64,
    /// Whether a charter was on record by the end.
    pub charter_known: bool,
    /// What went beyond the charter, by day.
    pub beyond: Vec<Beyond>,
}

/// One thing that went beyond a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The day at the site.
    pub date: Date,
    /// Which limit.
    pub limit: CharterLimit,
    /// What it allowed.
    pub allowed: String,
    /// The session or visit, as a name's tail such as `sessions/s1`.
    pub what: String,
    /// Whether the expert's later consent is on record.
    pub own_decision: bool,
}

/// A session that was held with the expert.
struct Held<'a> {
    session: &'a Session,
    start: Timestamp,
    end: Timestamp,
}

/// The journeys from one held session to the next at another site on the same day, in order: which minutes a burden asks for.
#[must_use]
pub fn journeys(sessions: &[Session], ids: &[Id]) -> Vec<(Id, Id)> {
    let held = held_in_order(sessions, ids);
    let pairs = held.windows(2).filter_map(|pair| journey(&pair[0], &pair[1]));
    pairs.map(|(from, to)| (from.clone(), to.clone())).collect()
}

fn journey<'a>(one: &Held<'a>, next: &Held<'a>) -> Option<(&'a Id, &'a Id)> {
    let (from, to) = (&one.session.plan.site, &next.session.plan.site);
    (one.session.place.date == next.session.place.date && from != to).then_some((from, to))
}

fn held_in_order<'a>(sessions: &'a [Session], ids: &[Id]) -> Vec<Held<'a>> {
    let held = |session: &'a Session| {
        let (start, end) = held_with(session, ids)?;
        Some(Held { session, start, end })
    };
    let mut held: Vec<Held<'a>> = sessions.iter().filter_map(held).collect();
    held.sort_by_key(|one| (one.start, one.session.plan.session.clone()));
    held
}

/// What the quarter asked, by what is on record.
#[must_use]
pub fn burden(evidence: &Evidence<'_>) -> Burden {
    let mut burden = Burden { charter_known: version_at(evidence, evidence.window.1).is_some(), ..Burden::default() };
    if let Some(contacts) = evidence.contacts {
        let beyond = contacts.iter().filter(|contact| contact.beyond_charter).count();
        burden.contacts = Some((number(contacts.len()), number(beyond)));
    }
    of_plans(evidence, &mut burden);
    of_visits(evidence, &mut burden);
    of_held(evidence, &mut burden);
    burden.beyond.sort_by(|one, other| (one.date, &one.what, one.limit).cmp(&(other.date, &other.what, other.limit)));
    burden
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn is_in(days: (Date, Date), date: Date) -> bool {
    (days.0..=days.1).contains(&date)
}

fn of_plans(evidence: &Evidence<'_>, burden: &mut Burden) {
    for session in evidence.sessions {
        let session = session.clone().at(evidence.now);
        if !session.plan.experts().any(|id| evidence.ids.contains(id)) {
            continue;
        }
        if session.proposed_time.is_some_and(|time| (evidence.window.0..evidence.window.1).contains(&time)) {
            burden.proposals += 1;
            burden.proposals_accepted += i64::from(session.confirmed);
            burden.proposals_open += i64::from(matches!(session.state, SessionState::Proposed));
        }
        if !is_in(evidence.days, session.place.date) {
            continue;
        }
        match session.state {
            SessionState::InProgress => burden.to_come += 1,
            SessionState::Confirmed if evidence.now < session.plan.end => burden.to_come += 1,
            SessionState::Confirmed => burden.unresolved += 1,
            SessionState::Cancelled => burden.cancelled += i64::from(session.confirmed),
            SessionState::NotHeld => burden.not_held += 1,
            SessionState::Tentative
            | SessionState::Proposed
            | SessionState::Completed
            | SessionState::Lapsed
            | SessionState::Voided => {}
        }
    }
}

fn of_visits(evidence: &Evidence<'_>, burden: &mut Burden) {
    for visit in made(evidence).filter(|visit| is_in(evidence.days, visit.place.date)) {
        let minutes = visit.profile.departure.minutes_since(visit.profile.arrival);
        burden.visits += 1;
        burden.visit_minutes += minutes;
        let Some(version) = version_at(evidence, visit.profile.arrival) else { continue };
        let load = Load { visit_minutes: Some(minutes), ..Load::default() };
        let what = format!("visits/{}", visit.name.id());
        // A yes to a session says nothing of how long the visit around it was to be.
        burden.beyond.extend(beyond(&version.charter.limits, &load, visit.place.date, &what, false));
    }
}

fn made<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a Visit> {
    evidence.visits.iter().filter(|visit| match visit.state {
        VisitState::Ended => true,
        VisitState::Open | VisitState::Cancelled => false,
    })
}

fn of_held(evidence: &Evidence<'_>, burden: &mut Burden) {
    let held = held_in_order(evidence.sessions, evidence.ids);
    let (mut by_day, mut by_week, mut by_month) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut last: Option<&Held<'_>> = None;
    let mut travelled = Some(0);
    for one in &held {
        let date = one.session.place.date;
        let counted = |counts: &mut BTreeMap<Date, i64>, key: Date| {
            let count = counts.entry(key).or_insert(0);
            *count += 1;
            Some(*count)
        };
        let journey = last.and_then(|last| journey(last, one));
        if last.is_none_or(|last| last.session.place.date != date) {
            travelled = Some(0);
        }
        let minutes = journey.map(|(from, to)| evidence.travel.get(&(from.clone(), to.clone())).copied());
        travelled = match minutes {
            None => travelled,
            Some(minutes) => travelled.zip(minutes).map(|(before, minutes)| before + minutes),
        };
        last = Some(one);
        let load = Load {
            sessions_that_day: counted(&mut by_day, date),
            sessions_that_week: counted(&mut by_week, week_of(date).0),
            sessions_that_month: counted(&mut by_month, month_of(date).0),
            travel_minutes_that_day: travelled,
            ..load_of(one)
        };
        if !is_in(evidence.days, date) {
            continue;
        }
        let (sessions, spent) = burden.held.entry(one.session.plan.kind).or_default();
        *sessions += 1;
        *spent += one.end.minutes_since(one.start);
        match minutes {
            None => {}
            Some(None) => {
                (burden.journeys, burden.journeys_unknown) = (burden.journeys + 1, burden.journeys_unknown + 1)
            }
            Some(Some(minutes)) => {
                (burden.journeys, burden.travel_minutes) = (burden.journeys + 1, burden.travel_minutes + minutes);
            }
        }
        let inside = |visit: &Visit| visit.profile.arrival <= one.start && one.end <= visit.profile.departure;
        burden.outside_visits += i64::from(!made(evidence).any(inside));
        let Some(version) = version_at(evidence, one.start) else { continue };
        let days = [date];
        let load = Load { days: &days, ..load };
        let what = format!("sessions/{}", one.session.plan.session);
        let own = is_own_decision(evidence, one.session, version);
        burden.beyond.extend(beyond(&version.charter.limits, &load, date, &what, own));
    }
}

/// What a held session asked by itself. Notice is what was given by whoever planned it; one that was only recorded had none to give.
fn load_of<'a>(held: &Held<'a>) -> Load<'a> {
    let session = held.session;
    let notice = session.plan.start.minutes_since(session.meta.create_time);
    Load {
        kind: Some(session.plan.kind),
        site: Some(&session.plan.site),
        patients: Some(session.plan.capacity),
        notice_minutes: (!session.recorded).then_some(notice),
        ..Load::default()
    }
}

fn beyond<'a>(
    limits: &Limits,
    load: &Load<'_>,
    date: Date,
    what: &'a str,
    own_decision: bool,
) -> impl Iterator<Item = Beyond> + use<'a> {
    let found = limits.breaches(load).into_iter();
    found.map(move |Breach { limit, allowed }| Beyond { date, limit, allowed, what: what.to_owned(), own_decision })
}

/// The version of the charter that held at an instant.
fn version_at<'a>(evidence: &Evidence<'a>, time: Timestamp) -> Option<&'a CharterVersion> {
    evidence.versions.iter().find(|version| version.charter.meta.is_some_and(|meta| meta.update_time <= time))
}

/// Whether the expert said yes to a session after the version was recorded.
fn is_own_decision(evidence: &Evidence<'_>, session: &Session, version: &CharterVersion) -> bool {
    let recorded = version.charter.meta.map_or(Timestamp::default(), |meta| meta.update_time);
    session.consents().iter().any(|given| evidence.ids.contains(&given.expert) && recorded <= given.consent.heard_time)
}

//! Fills the weeks: who comes when and where, for which sessions. Experts take turns, those who were here longest ago
//! first; rooms and assistants are taken once for a half-day.

use std::cmp::Reverse;
use std::collections::HashSet;

use chrono::{Days, NaiveTime};

use crate::experts::ConsentMedium;
use crate::kernel::{Date, HalfDay, SessionKind};
use crate::sites::{RoomKind, SiteLevel};

use super::deeds::Deeds;
use super::dice::{Dice, apportion};
use super::people::{Expert, Host};
use super::places::Site;
use super::plan::{Consent, Outcome, Session, Visit};
use super::{AS_OF, FIRST_DAY, OPERATION_CASES, PURPOSE_TURN, PURPOSE_VISIT, SITTINGS, day};

/// Nobody travelled in these weeks of 2020: remote consultations only.
const PAUSE: std::ops::Range<Date> = day(2020, 2, 3)..day(2020, 3, 30);

/// What a coming week is given.
const WEEK_TO_COME: Want = Want { sittings: 16, cases: 8 };

/// What is still wanted of a week.
#[derive(Clone, Copy)]
struct Want {
    sittings: u32,
    cases: u32,
}

impl Want {
    fn nothing(&self) -> bool {
        self.sittings == 0 && self.cases == 0
    }
}

/// Half a day of a visit.
#[derive(Clone, Copy)]
struct Slot {
    number: usize,
    date: Date,
    half_day: HalfDay,
}

/// Who works where and with whose yes; a remote consultation is part of no visit.
struct Stay<'h> {
    visit: Option<usize>,
    expert: usize,
    host: &'h Host,
    consent: Consent,
}

/// What can be taken once for a half-day.
#[derive(PartialEq, Eq, Hash)]
enum Taken {
    Room(usize, usize),
    Assistant(usize),
}

/// The weeks filled so far.
pub(super) struct Schedule<'a> {
    sites: &'a [Site],
    experts: &'a [Expert],
    taken: HashSet<(Taken, Date, HalfDay)>,
    last_week: Vec<Option<Date>>,
    deeds: Deeds,
    visits: Vec<Visit>,
    sessions: Vec<Session>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(sites: &'a [Site], experts: &'a [Expert]) -> Self {
        let last_week = vec![None; experts.len()];
        let (taken, visits, sessions) = (HashSet::new(), Vec::new(), Vec::new());
        Self { sites, experts, taken, last_week, deeds: Deeds::default(), visits, sessions }
    }

    pub(super) fn finish(self) -> (Vec<Visit>, Vec<Session>) {
        (self.visits, self.sessions)
    }

    /// Every week from the first day to the day of the figures, with exactly the published totals. What a week can't
    /// hold, the next one does.
    pub(super) fn fill_past(&mut self) {
        let mondays: Vec<Date> = FIRST_DAY.iter_weeks().take_while(|monday| *monday < AS_OF).collect();
        let weights: Vec<u32> = mondays.iter().enumerate().map(|(week, monday)| weight(week, *monday)).collect();
        let shares = apportion(SITTINGS, &weights).into_iter().zip(apportion(OPERATION_CASES, &weights));
        let mut want = Want { sittings: 0, cases: 0 };
        for (monday, (sittings, cases)) in mondays.into_iter().zip(shares) {
            want.sittings += sittings;
            want.cases += cases;
            if PAUSE.contains(&monday) {
                self.fill_remote(monday);
            } else {
                self.fill_week(monday, &mut want, Outcome::Held);
            }
        }
    }

    /// The confirmed sessions of the week of `monday`, the same on whichever day they are asked for.
    pub(super) fn fill_to_come(&mut self, monday: Date) {
        let mut want = WEEK_TO_COME;
        self.fill_week(monday, &mut want, Outcome::Confirmed);
    }

    fn fill_week(&mut self, monday: Date, want: &mut Want, outcome: Outcome) {
        for expert in self.in_turn(monday) {
            if want.nothing() {
                break;
            }
            let came = self.visit(expert, monday, want, outcome);
            // A week to come has to be the same when it is next week and the week after: it leaves no trace here.
            if came
                && outcome == Outcome::Held
                && let Some(last) = self.last_week.get_mut(expert)
            {
                *last = Some(monday);
            }
        }
    }

    /// Experts with an assistant at the county hospital consult from afar.
    fn fill_remote(&mut self, monday: Date) {
        let experts = self.experts;
        let host = |index: usize| experts.get(index)?.host_on(monday).filter(|host| host.site == 0);
        let in_turn = self.in_turn(monday).into_iter().filter_map(|index| Some((index, host(index)?)));
        for (number, (expert, host)) in in_turn.take(6).enumerate() {
            let mut dice = visit_dice(expert, monday);
            let date = monday + Days::new(u64::from(dice.roll(5)));
            let half_day = if dice.once_in(2) { HalfDay::Morning } else { HalfDay::Afternoon };
            let slot = Slot { number, date, half_day };
            let stay = Stay { visit: None, expert, host, consent: consent(monday, &mut dice) };
            self.session(&stay, slot, SessionKind::RemoteConsultation, 1, Outcome::Held, &mut dice);
        }
    }

    /// Experts on the roster by whose turn it is.
    fn in_turn(&self, monday: Date) -> Vec<usize> {
        let eagerness = |expert: &usize| {
            let weeks = |last: Date| monday.signed_duration_since(last).num_weeks().clamp(0, 30);
            let waited = self.last_week.get(*expert).copied().flatten().map_or(30, weeks);
            let number = u64::try_from(*expert).unwrap_or_default();
            let luck = Dice::of(PURPOSE_TURN, ordinal(monday) * 1_000 + number).roll(64);
            Reverse((waited * 8 + i64::from(luck), *expert))
        };
        let on_roster = |(index, expert): (usize, &Expert)| (expert.joined <= monday).then_some(index);
        let mut experts: Vec<usize> = self.experts.iter().enumerate().filter_map(on_roster).collect();
        experts.sort_by_cached_key(eagerness);
        experts
    }

    /// One trip, unless there is nothing for this expert to do; true when the expert came.
    fn visit(&mut self, index: usize, monday: Date, want: &mut Want, outcome: Outcome) -> bool {
        let experts = self.experts;
        let Some(expert) = experts.get(index) else { return false };
        let mut dice = visit_dice(index, monday);
        let first = monday + Days::new(first_day_of_visit(monday, &mut dice));
        let second = first + Days::new(1);
        let Some(host) = expert.host_on(first).filter(|host| host.until.is_none_or(|until| second < until)) else {
            return false;
        };
        let visit = Some(self.visits.len());
        let stay = Stay { visit, expert: index, host, consent: consent(monday, &mut dice) };
        let sessions_before = self.sessions.len();
        let slots = [(first, HalfDay::Morning), (first, HalfDay::Afternoon), (second, HalfDay::Morning)];
        for (number, (date, half_day)) in slots.into_iter().enumerate() {
            let slot = Slot { number, date, half_day };
            let Some(kind) = self.kind(expert, host, slot, want, &mut dice) else { continue };
            let amount = if kind == SessionKind::Operation { want.cases.min(2 + dice.roll(3)) } else { 1 };
            if self.session(&stay, slot, kind, amount, outcome, &mut dice) {
                want.sittings -= u32::from(kind == SessionKind::Clinic);
                want.cases -= if kind == SessionKind::Operation { amount } else { 0 };
            }
        }
        if self.sessions.len() == sessions_before {
            return false;
        }
        self.last_afternoon(&stay, second, outcome, &mut dice);
        let (Some(evening_before), Some(evening)) =
            (NaiveTime::from_hms_opt(19, 30, 0), NaiveTime::from_hms_opt(18, 40, 0))
        else {
            return false;
        };
        self.visits.push(Visit {
            id: format!("visit-{}-{:03}", first.format("%Y%m%d"), index + 1),
            expert: index,
            site: host.site,
            arrival: (first - Days::new(1), evening_before),
            departure: (second, evening),
        });
        true
    }

    /// What a half-day of a visit is used for; nothing when the week has what it wants.
    fn kind(&self, expert: &Expert, host: &Host, slot: Slot, want: &Want, dice: &mut Dice) -> Option<SessionKind> {
        let clinic = (want.sittings > 0).then_some(SessionKind::Clinic);
        let operation = (want.cases > 0 && expert.operates()).then_some(SessionKind::Operation);
        let in_township = self.sites.get(host.site).is_some_and(|site| site.level != SiteLevel::CountyHospital);
        let throw = dice.roll(10);
        match (slot.number, expert.operates()) {
            (0, true) => operation.filter(|_| throw < 3).or(clinic).or(operation),
            (1, true) => operation.or(clinic),
            (0 | 1, false) => clinic,
            (_, true) => match throw {
                0..4 => operation.or(clinic),
                4..6 => clinic,
                6..8 => Some(SessionKind::WardRound),
                8 => Some(SessionKind::Teaching),
                _ => Some(SessionKind::CaseConference),
            },
            (_, false) => match throw {
                0..5 => clinic,
                5..7 => Some(SessionKind::WardRound),
                7 => Some(SessionKind::Lecture),
                8 if in_township => Some(SessionKind::FreeClinic),
                _ => Some(SessionKind::Teaching),
            },
        }
    }

    /// Now and then more was planned for the afternoon before leaving, or a colleague asked for one more patient. Only
    /// what is still to come can be cancelled: of the past, the demo records facts.
    fn last_afternoon(&mut self, stay: &Stay<'_>, date: Date, of_visit: Outcome, dice: &mut Dice) {
        let throw = dice.roll(300);
        let (kind, outcome) = match of_visit {
            Outcome::Held if throw < 8 => (SessionKind::Clinic, Outcome::NotHeld),
            Outcome::Held if throw < 14 && stay.host.site == 0 => (SessionKind::OutConsultation, Outcome::Held),
            Outcome::Confirmed if throw < 75 => (SessionKind::Clinic, Outcome::Cancelled),
            Outcome::Held | Outcome::Confirmed | Outcome::NotHeld | Outcome::Cancelled => return,
        };
        let slot = Slot { number: 3, date, half_day: HalfDay::Afternoon };
        self.session(stay, slot, kind, 1, outcome, dice);
    }

    /// Adds a session if a room and the assistant are free; true when it was added.
    fn session(
        &mut self,
        stay: &Stay<'_>,
        slot: Slot,
        kind: SessionKind,
        amount: u32,
        outcome: Outcome,
        dice: &mut Dice,
    ) -> bool {
        let Stay { visit, expert, host, .. } = *stay;
        let Slot { date, half_day, .. } = slot;
        let Some((room_index, room)) = self.free_room(host.site, kind, date, half_day) else { return false };
        if !self.taken.insert((Taken::Assistant(host.assistant), date, half_day)) {
            return false;
        }
        self.taken.insert((Taken::Room(host.site, room_index), date, half_day));
        let Some((start, end)) = hours(kind, half_day) else { return false };
        let half = if half_day == HalfDay::Morning { "am" } else { "pm" };
        let id = format!("session-{}-{half}-{:03}", date.format("%Y%m%d"), expert + 1);
        let activities = match outcome {
            Outcome::Held => {
                let specialty = self.experts.get(expert).map_or("", |expert| expert.specialty);
                self.deeds.of(&id, kind, date, specialty, amount, dice)
            }
            Outcome::Cancelled | Outcome::NotHeld | Outcome::Confirmed => Vec::new(),
        };
        // A few papers of the past are missing, as they are anywhere.
        let held = outcome == Outcome::Held;
        let consent = (!held || !dice.once_in(1_000)).then(|| stay.consent.clone());
        let assistant = (!held || !dice.once_in(700)).then_some(host.assistant);
        let site = host.site;
        self.sessions.push(Session {
            id,
            visit,
            expert,
            site,
            assistant,
            room,
            kind,
            date,
            half_day,
            start,
            end,
            consent,
            outcome,
            activities,
        });
        true
    }

    fn free_room(&self, site: usize, kind: SessionKind, date: Date, half_day: HalfDay) -> Option<(usize, String)> {
        let wanted = room_kind(kind);
        let free = |index: usize| !self.taken.contains(&(Taken::Room(site, index), date, half_day));
        let rooms = self.sites.get(site)?.rooms.iter().enumerate();
        let mut suitable = rooms.filter(|(index, room)| room.kind == wanted && free(*index));
        suitable.next().map(|(index, room)| (index, room.id.clone()))
    }
}

/// How much happens in a week compared with others: ever more, and most when people come home.
fn weight(week: usize, monday: Date) -> u32 {
    if PAUSE.contains(&monday) {
        return 0;
    }
    let growth = 100 + u32::try_from(week).unwrap_or_default();
    let last = monday + Days::new(6);
    let holiday = [(1, 25), (5, 1), (10, 1)].into_iter().any(|(month, day_of_month)| {
        use chrono::Datelike as _;
        let day = day(monday.year(), month, day_of_month);
        monday <= day && day <= last
    });
    if holiday { growth * 3 / 2 } else { growth }
}

/// Days after Monday: weekends at first, later more and more in the week too.
fn first_day_of_visit(monday: Date, dice: &mut Dice) -> u64 {
    let years = monday.signed_duration_since(FIRST_DAY).num_days().clamp(0, 2_600) / 366;
    let in_the_week = i64::from(dice.roll(10)) < years;
    if in_the_week { u64::from(dice.roll(3)) + 1 } else { 5 }
}

/// Said in the weeks before the visit; three weeks are enough for any week to come to be consented already.
fn consent(monday: Date, dice: &mut Dice) -> Consent {
    let medium = match dice.roll(10) {
        0..6 => ConsentMedium::Message,
        6..9 => ConsentMedium::Phone,
        _ => ConsentMedium::InPerson,
    };
    let heard = NaiveTime::from_hms_opt(9 + dice.roll(11), dice.roll(60), 0).unwrap_or_default();
    Consent { medium, heard: (monday - Days::new(15 + u64::from(dice.roll(10))), heard) }
}

const fn room_kind(kind: SessionKind) -> RoomKind {
    match kind {
        SessionKind::Clinic | SessionKind::FreeClinic => RoomKind::Clinic,
        SessionKind::Operation => RoomKind::Operating,
        SessionKind::OutConsultation | SessionKind::WardRound | SessionKind::Teaching => RoomKind::Ward,
        SessionKind::Lecture | SessionKind::CaseConference => RoomKind::Lecture,
        SessionKind::RemoteConsultation => RoomKind::Telemedicine,
    }
}

/// Local start and end; mornings end before 13:00.
fn hours(kind: SessionKind, half_day: HalfDay) -> Option<(NaiveTime, NaiveTime)> {
    let (morning, afternoon) = match kind {
        SessionKind::Clinic => ([8, 30, 11, 30], [14, 30, 17, 0]),
        SessionKind::Operation => ([8, 0, 12, 30], [13, 30, 18, 0]),
        SessionKind::OutConsultation => ([10, 0, 11, 30], [15, 0, 16, 30]),
        SessionKind::WardRound => ([8, 0, 10, 30], [15, 0, 17, 0]),
        SessionKind::Teaching | SessionKind::CaseConference => ([9, 0, 11, 0], [14, 30, 16, 30]),
        SessionKind::Lecture => ([9, 0, 11, 0], [15, 0, 17, 0]),
        SessionKind::RemoteConsultation => ([9, 0, 10, 0], [15, 0, 16, 0]),
        SessionKind::FreeClinic => ([8, 30, 12, 0], [14, 0, 17, 0]),
    };
    let [start_hour, start_minute, end_hour, end_minute] = match half_day {
        HalfDay::Morning => morning,
        HalfDay::Afternoon => afternoon,
    };
    Some((NaiveTime::from_hms_opt(start_hour, start_minute, 0)?, NaiveTime::from_hms_opt(end_hour, end_minute, 0)?))
}

fn visit_dice(expert: usize, monday: Date) -> Dice {
    Dice::of(PURPOSE_VISIT, ordinal(monday) * 1_000 + u64::try_from(expert).unwrap_or_default())
}

fn ordinal(date: Date) -> u64 {
    date.signed_duration_since(FIRST_DAY).num_days().unsigned_abs()
}

//! What the demo says happened, and what is planned for the next two weeks. Pure: the same `today` gives the same plan,
//! and the past is the same for every `today`.

use chrono::{Datelike as _, Days, NaiveTime};

use crate::activities::Performer;
use crate::experts::ConsentMedium;
use crate::kernel::{Date, HalfDay, Residence, SessionKind};

use super::AS_OF;
use super::people::{self, Assistant, Expert, Hospital};
use super::places::{self, Site};
use super::savings::{self, Price, Trip};
use super::schedule::Schedule;
use super::sheets::{self, Sheet};

/// The whole demo. Indices point into the plan's own lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Home hospitals, provincial.
    pub hospitals: Vec<Hospital>,
    /// The county hospitals first, then townships and streets.
    pub sites: Vec<Site>,
    /// In the order in which they joined.
    pub experts: Vec<Expert>,
    /// One for each expert, of the same number.
    pub assistants: Vec<Assistant>,
    /// Trips in the order of time, those to come last.
    pub visits: Vec<Visit>,
    /// Sessions in the order of time, those to come last.
    pub sessions: Vec<Session>,
    /// Trips that patients didn't make, or made in vain.
    pub trips: Vec<Trip>,
    /// The assumed prices of those trips.
    pub prices: Vec<Price>,
    /// By which records were attested.
    pub sheets: Vec<Sheet>,
}

/// One expert's trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// `visit-20170408-001`: first day of work and the expert's number.
    pub id: String,
    /// Index into the experts.
    pub expert: usize,
    /// Index into the sites: the host.
    pub site: usize,
    /// The evening of arrival.
    pub arrival: (Date, NaiveTime),
    /// The evening of departure.
    pub departure: (Date, NaiveTime),
}

impl Visit {
    /// Whether it was made, by the day of the figures.
    pub fn is_past(&self) -> bool {
        self.departure.0 < AS_OF
    }
}

/// One expert at one site for part of a half-day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `session-20170408-am-001`: day, half-day and the expert's number.
    pub id: String,
    /// Index into the visits; a remote consultation has none.
    pub visit: Option<usize>,
    /// Index into the experts.
    pub expert: usize,
    /// Index into the sites.
    pub site: usize,
    /// Index into the assistants; a few sessions of the past have none on record.
    pub assistant: Option<usize>,
    /// The room's id within its site.
    pub room: String,
    /// What kind of session.
    pub kind: SessionKind,
    /// The day in the site's zone.
    pub date: Date,
    /// The half-day that it lies in.
    pub half_day: HalfDay,
    /// Local start.
    pub start: NaiveTime,
    /// Local end, on the same day and in the same half-day.
    pub end: NaiveTime,
    /// The expert's yes; a few sessions of the past have none on record.
    pub consent: Option<Consent>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was done; empty unless it was held.
    pub activities: Vec<Activity>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It took place.
    Held,
    /// Its time came and it did not take place.
    NotHeld,
    /// It is still to come.
    Confirmed,
    /// It was still to come and was called off.
    Cancelled,
}

/// That the expert said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// How it was said.
    pub medium: ConsentMedium,
    /// Local day and time when it was heard.
    pub heard: (Date, NaiveTime),
}

/// Something done in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The session's id with a number after it.
    pub id: String,
    /// What it was.
    pub deed: Deed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Patients seen, as a number.
    Headcount {
        /// At least 1.
        patients: u32,
        /// Where they live.
        residence: Residence,
    },
    /// One patient seen.
    Consultation(Patient),
    /// One operation.
    Operation(Case),
    /// Something taught.
    Lesson {
        /// How many listened.
        listeners: u32,
    },
}

/// A made-up patient of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// A token that was never anybody's.
    pub token: String,
    /// Where the patient lives.
    pub residence: Residence,
    /// What the county's own method says was saved; none where it says nothing.
    pub declared_saving_fen: Option<i64>,
}

/// One table of one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// On whom.
    pub patient: Patient,
    /// Code in 国临版 3.0.
    pub code: &'static str,
    /// 1 to 4.
    pub grade: u8,
    /// Who operated; a local surgeon's case is recorded and not counted.
    pub performer: Performer,
}

impl Plan {
    /// The demo as it stands on a day, which is not before [`AS_OF`] (the past would lie in the future).
    pub fn new(today: Date) -> Self {
        let sites = places::sites();
        let (experts, assistants) = people::experts_and_assistants(&sites);
        let mut schedule = Schedule::new(&sites, &experts);
        schedule.fill_past();
        let monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()));
        schedule.fill_to_come(monday + Days::new(7));
        schedule.fill_to_come(monday + Days::new(14));
        let (visits, sessions) = schedule.finish();
        let (hospitals, prices) = (people::hospitals(), savings::prices());
        let (trips, sheets) = (Vec::new(), Vec::new());
        let plan = Self { hospitals, sites, experts, assistants, visits, sessions, trips, prices, sheets };
        Self { trips: savings::trips(&plan), sheets: sheets::sheets(&plan), ..plan }
    }

    /// How many things there are to load, about: what a progress bar counts.
    pub fn steps(&self) -> u64 {
        let people = self.hospitals.len() + self.sites.len() + self.assistants.len();
        let experts: usize = self.experts.iter().map(|expert| 1 + expert.hosts.len()).sum();
        let sessions: usize = self.sessions.iter().map(|session| 1 + session.activities.len()).sum();
        let bills = self.trips.iter().filter(|trip| trip.bill.is_some()).count();
        let trips = 2 * self.prices.len() + self.trips.len() + bills;
        u64::try_from(people + experts + sessions + self.visits.len() + trips + self.sheets.len()).unwrap_or(u64::MAX)
    }
}

//! Charters 服务意愿: the limits that an expert sets to being asked and planned with, and how often the expert is contacted.
//!
//! Unset means that no limit is known. The office may tighten a limit; loosening one needs the expert's own recorded word. Not here:
//! when an expert can come (`calendars`), and who counts what a plan would ask (`sessions`).
use crate::experts::{Consent, ConsentMedium};
use crate::kernel::{Collection, Date, Error, Id, Meta, Name, Reason, Result, Timestamp, Violation, vocabulary};

pub mod commands;
mod limits;
pub mod queries;
pub mod reactions;
pub mod service;
pub mod store;
mod wire;

pub use limits::{Breach, Limits, Load, loosened, month_of, week_of};

/// The collection `charters`; an expert's charter has the expert's id.
pub enum Charters {}

impl Collection for Charters {
    const COLLECTION: &'static str = "charters";
}

/// The collection `contacts`.
pub enum Contacts {}

impl Collection for Contacts {
    const COLLECTION: &'static str = "contacts";
}

vocabulary! {
    /// One limit of a charter.
    pub enum CharterLimit: "CharterLimit" {
        /// Sessions on one civil day.
        SessionsADay = 1 => "SESSIONS_A_DAY",
        /// Sessions in one week, Monday to Sunday.
        SessionsAWeek = 2 => "SESSIONS_A_WEEK",
        /// Sessions in one calendar month.
        SessionsAMonth = 3 => "SESSIONS_A_MONTH",
        /// Places for patients in one clinic.
        PatientsAClinic = 4 => "PATIENTS_A_CLINIC",
        /// Hours from arrival to departure.
        HoursAVisit = 5 => "HOURS_A_VISIT",
        /// Days on which nothing is planned.
        QuietDates = 6 => "QUIET_DATES",
        /// Hours between being planned and the start.
        NoticeHours = 7 => "NOTICE_HOURS",
        /// Minutes between sites on one day.
        TravelMinutesADay = 8 => "TRAVEL_MINUTES_A_DAY",
        /// Kinds of session.
        Kinds = 9 => "KINDS",
        /// Sites.
        Sites = 10 => "SITES",
        /// Contacts in one week, Monday to Sunday.
        ContactsAWeek = 11 => "CONTACTS_A_WEEK",
    }
}

impl CharterLimit {
    /// The charter's field that has it, as in the API.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            CharterLimit::SessionsADay => "sessions_a_day",
            CharterLimit::SessionsAWeek => "sessions_a_week",
            CharterLimit::SessionsAMonth => "sessions_a_month",
            CharterLimit::PatientsAClinic => "patients_a_clinic",
            CharterLimit::HoursAVisit => "hours_a_visit",
            CharterLimit::QuietDates => "quiet_dates",
            CharterLimit::NoticeHours => "notice_hours",
            CharterLimit::TravelMinutesADay => "travel_minutes_a_day",
            CharterLimit::Kinds => "kinds",
            CharterLimit::Sites => "sites",
            CharterLimit::ContactsAWeek => "contacts_a_week",
        }
    }
}

/// An expert's charter, in its present version.
#[derive(Clone, Debug, PartialEq)]
pub struct Charter {
    /// `programmes/{programme}/charters/{expert}`.
    pub name: Name<Charters>,
    /// What the expert has set.
    pub limits: Limits,
    /// The expert's word with which this version was recorded; none where nobody asked for one.
    pub word: Option<Consent>,
    /// Revision, which is the version's number, and times; none as long as nothing was ever recorded.
    pub meta: Option<Meta>,
}

impl Charter {
    /// The charter of an expert of whom no limit is known.
    #[must_use]
    pub fn unset(programme: Id, expert: Id) -> Charter {
        Charter { name: Name::new(programme, expert), limits: Limits::default(), word: None, meta: None }
    }

    /// Whose it is.
    #[must_use]
    pub fn expert(&self) -> &Id {
        self.name.id()
    }

    /// The number of its present version; 0 as long as nothing was recorded.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.meta.map_or(0, |meta| meta.revision)
    }

    /// The next version of it, recorded now.
    ///
    /// # Errors
    /// `CHARTER_WORD_REQUIRED`, naming every field that would be looser, without the expert's word.
    pub fn amended(&self, limits: Limits, word: Option<Consent>, now: Timestamp) -> Result<Charter> {
        let loosened = loosened(&self.limits, &limits);
        if word.is_none() && !loosened.is_empty() {
            let text = "only the expert can loosen this limit: record the word that was heard";
            let violation = |field: &&str| Violation {
                field: format!("charter.{field}"),
                reason: Reason::CharterWordRequired,
                description: text.to_owned(),
            };
            let violations = loosened.iter().map(violation).collect();
            let error = Error::refused(Reason::CharterWordRequired, text).with("fields", loosened.join(","));
            return Err(error.with("name", &self.name).with_violations(violations));
        }
        let meta = self.meta.map_or(Meta::new(now), |meta| meta.touched(now));
        Ok(Charter { name: self.name.clone(), limits, word, meta: Some(meta) })
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let word = self.word.as_ref().map_or(0, |word| 90 + word.heard_by.len() + word.words.len());
        300 + (2 + self.limits.sites.len()) * name + self.limits.quiet_dates.len() * 30 + word
    }
}

/// A version of a charter as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct CharterVersion {
    /// What it said.
    pub charter: Charter,
    /// The fields that it loosened, as the API names them.
    pub loosened: Vec<&'static str>,
}

/// One time that somebody of the programme turned to an expert: a call, a message, a visit at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// `programmes/{programme}/contacts/{contact}`.
    pub name: Name<Contacts>,
    /// Who was turned to.
    pub expert: Id,
    /// When.
    pub time: Timestamp,
    /// How.
    pub medium: ConsentMedium,
    /// Who did it, a pseudonym or post, 1 to 64 characters.
    pub made_by: String,
    /// What it was about, at most 200 characters.
    pub note: String,
    /// Whether it was one more than the charter allowed in its week, as things were known when it was recorded.
    pub beyond_charter: bool,
    /// When it was recorded.
    pub create_time: Timestamp,
}

impl Contact {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        2 * (95 + self.name.programme().as_str().len()) + 80 + self.made_by.len() + self.note.len()
    }
}

/// Whether one more contact in the week of a day would be beyond a charter; `others` are the days of the known ones.
#[must_use]
pub fn is_beyond(limits: &Limits, day: Date, others: &[Date]) -> bool {
    let (first, last) = week_of(day);
    let known = others.iter().filter(|other| (first..=last).contains(*other)).count();
    let load = Load { contacts_that_week: i64::try_from(known).ok().map(|known| known + 1), ..Load::default() };
    !limits.breaches(&load).is_empty()
}

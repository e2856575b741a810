//! Kinds of days: weekdays as they come, changed by what a country or a hospital announces for a year.
//!
//! The years of mainland China that are shipped stand in `data/calendars/`, with the notices that they are taken from.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::Datelike as _;

use super::shape::Weekday;
use crate::kernel::{Date, Id, Meta, Vocabulary as _, vocabulary};

/// The days that the notices change, with the header `date,kind,holiday`. Days off that are plain weekends stay weekends.
const SHIPPED_DAYS: &str = include_str!("../../data/calendars/cn.csv");
/// The notices of the General Office of the State Council, with the header `year,document,title,date`.
const SHIPPED_NOTICES: &str = include_str!("../../data/calendars/notices.csv");

/// A year has at most this many special days.
pub const MOST_DAYS: usize = 366;

vocabulary! {
    /// What kind of day it is for those who work by the calendar.
    pub enum DayKind: "DayKind" {
        /// 工作日: an ordinary working day.
        Workday = 1 => "WORKDAY",
        /// 周末: an ordinary Saturday or Sunday.
        Weekend = 2 => "WEEKEND",
        /// 法定节假日: a holiday by law.
        StatutoryHoliday = 3 => "STATUTORY_HOLIDAY",
        /// 调休休息日: a weekday off in exchange.
        InLieuRest = 4 => "IN_LIEU_REST",
        /// 调休上班日: a Saturday or Sunday worked in exchange.
        MakeupWorkday = 5 => "MAKEUP_WORKDAY",
    }
}

impl DayKind {
    /// What a day is where nothing is announced.
    #[must_use]
    pub fn by_weekday(date: Date) -> DayKind {
        match Weekday::of(date) {
            Weekday::Saturday | Weekday::Sunday => DayKind::Weekend,
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => {
                DayKind::Workday
            }
        }
    }
}

/// A day and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
    /// What it is called, such as 春节; empty for days without a name.
    pub holiday: String,
    /// Whether its year isn't announced yet, so that the weekday alone says what it is.
    pub provisional: bool,
}

/// A day that isn't what its weekday says, or has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialDay {
    /// Which.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
    /// What it is called, at most 64 characters; may be empty.
    pub holiday: String,
}

/// Whose year: the programme's own, or one hospital's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarName {
    /// The programme.
    pub programme: Id,
    /// The hospital whose own calendar it is; none: everybody's.
    pub hospital: Option<Id>,
    /// The year, 1900 to 2200.
    pub year: i32,
}

impl CalendarName {
    /// Reads `programmes/{programme}/calendar-years/{year}` and
    /// `programmes/{programme}/hospitals/{hospital}/calendar-years/{year}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<CalendarName> {
        let parts: Vec<&str> = text.split('/').take(7).collect();
        let (programme, hospital, year) = match parts.as_slice() {
            ["programmes", programme, "calendar-years", year] => (programme, None, year),
            ["programmes", programme, "hospitals", hospital, "calendar-years", year] => {
                (programme, Some(Id::parse(hospital).ok()?), year)
            }
            [..] => return None,
        };
        let digits = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        let year = year.parse().ok().filter(|_| digits).filter(|year| (1900..=2200).contains(year))?;
        Some(CalendarName { programme: Id::parse(programme).ok()?, hospital, year })
    }
}

impl fmt::Display for CalendarName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hospital {
            None => write!(out, "programmes/{}/calendar-years/{}", self.programme, self.year),
            Some(hospital) => {
                write!(out, "programmes/{}/hospitals/{hospital}/calendar-years/{}", self.programme, self.year)
            }
        }
    }
}

/// One announced year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarYear {
    /// Whose, and which.
    pub name: CalendarName,
    /// Where it is taken from, 1 to 500 characters.
    pub source: String,
    /// Which state of the source, 1 to 64 characters.
    pub version: String,
    /// Its special days in order, at most [`MOST_DAYS`], none twice, all in the year.
    pub days: Vec<SpecialDay>,
    /// Revision and times; none for a year that is shipped and was never imported.
    pub meta: Option<Meta>,
}

impl CalendarYear {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        400 + self.source.len() + self.version.len() + self.days.iter().map(|day| 24 + day.holiday.len()).sum::<usize>()
    }
}

/// A year that came with the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The notice's title and day.
    pub source: String,
    /// The notice's document number.
    pub version: String,
    /// Its special days, in order.
    pub days: Vec<SpecialDay>,
}

/// The years of mainland China that came with the program.
#[must_use]
pub fn shipped() -> &'static BTreeMap<i32, Shipped> {
    static SHIPPED: LazyLock<BTreeMap<i32, Shipped>> = LazyLock::new(|| read(SHIPPED_NOTICES, SHIPPED_DAYS));
    &SHIPPED
}

/// Lines that can't be read are left out; a test counts those of the files that are shipped.
fn read(notices: &str, days: &str) -> BTreeMap<i32, Shipped> {
    let notice = |line: &str| {
        let [year, document, title, date] = line.split(',').collect::<Vec<_>>().try_into().ok()?;
        let shipped = Shipped { source: format!("{title}, {date}"), version: document.to_owned(), days: Vec::new() };
        Some((year.parse().ok()?, shipped))
    };
    let day = |line: &str| {
        let [date, kind, holiday] = line.split(',').collect::<Vec<_>>().try_into().ok()?;
        Some(SpecialDay { date: date.parse().ok()?, kind: DayKind::from_code(kind)?, holiday: holiday.to_owned() })
    };
    let mut years: BTreeMap<i32, Shipped> = notices.lines().skip(1).filter_map(notice).collect();
    for day in days.lines().skip(1).filter_map(day) {
        if let Some(year) = years.get_mut(&day.date.year()) {
            year.days.push(day);
        }
    }
    years
}

/// The days of some years, for everybody and for some hospitals.
///
/// A hospital's own special days go before the programme's, those before the shipped ones; a year that the programme
/// imported replaces the shipped one whole.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// The years that the programme (none) and hospitals imported.
    years: Vec<(Option<Id>, i32)>,
    /// Their special days.
    days: BTreeMap<(Option<Id>, Date), SpecialDay>,
}

impl Calendar {
    /// Of imported years and of their special days.
    #[must_use]
    pub fn new(years: Vec<(Option<Id>, i32)>, days: impl IntoIterator<Item = (Option<Id>, SpecialDay)>) -> Calendar {
        let days = days.into_iter().map(|(hospital, day)| ((hospital, day.date), day)).collect();
        Calendar { years, days }
    }

    /// What a day is, for those who work at a hospital, or for everybody.
    #[must_use]
    pub fn day(&self, hospital: Option<&Id>, date: Date) -> Day {
        let own = hospital.and_then(|hospital| self.days.get(&(Some(hospital.clone()), date)));
        let imported = self.years.iter().any(|(whose, year)| whose.is_none() && *year == date.year());
        let shipped = shipped().get(&date.year()).filter(|_| !imported);
        let announced = || match shipped {
            Some(year) => year.days.iter().find(|day| day.date == date),
            None => self.days.get(&(None, date)),
        };
        let (kind, holiday) = match own.or_else(announced) {
            Some(day) => (day.kind, day.holiday.clone()),
            None => (DayKind::by_weekday(date), String::new()),
        };
        let known = own.is_some() || imported || shipped.is_some();
        Day { date, kind, holiday, provisional: !known }
    }
}

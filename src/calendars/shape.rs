//! The closed grammar of offered time, and its one way to instants.
//!
//! Wall times become instants by [`Zone::instant`] alone: in an overlap of summer time the earlier of the two, in a gap
//! the first instant after it. An occurrence that a gap leaves without any time doesn't happen.
use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveTime};

use crate::kernel::{Date, Timestamp, Zone, vocabulary};

/// First instant, and the first one after it.
pub type Span = (Timestamp, Timestamp);

/// A weekly offer leaves out at most this many days.
pub const MOST_EXCEPTIONS: usize = 400;

const MINUTES_A_DAY: u16 = 24 * 60;

vocabulary! {
    /// A day of the week.
    pub enum Weekday: "Weekday" {
        /// 星期一.
        Monday = 1 => "MONDAY",
        /// 星期二.
        Tuesday = 2 => "TUESDAY",
        /// 星期三.
        Wednesday = 3 => "WEDNESDAY",
        /// 星期四.
        Thursday = 4 => "THURSDAY",
        /// 星期五.
        Friday = 5 => "FRIDAY",
        /// 星期六.
        Saturday = 6 => "SATURDAY",
        /// 星期日.
        Sunday = 7 => "SUNDAY",
    }
}

impl Weekday {
    /// The weekday of a date.
    #[must_use]
    pub fn of(date: Date) -> Weekday {
        match date.weekday() {
            chrono::Weekday::Mon => Weekday::Monday,
            chrono::Weekday::Tue => Weekday::Tuesday,
            chrono::Weekday::Wed => Weekday::Wednesday,
            chrono::Weekday::Thu => Weekday::Thursday,
            chrono::Weekday::Fri => Weekday::Friday,
            chrono::Weekday::Sat => Weekday::Saturday,
            chrono::Weekday::Sun => Weekday::Sunday,
        }
    }
}

/// A time on the wall, in whole minutes after midnight; 24:00 is the midnight that ends the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(u16);

impl WallTime {
    /// 00:00, the midnight that begins the day.
    pub const MIDNIGHT: WallTime = WallTime(0);
    /// 24:00, the midnight that ends it.
    pub const DAYS_END: WallTime = WallTime(MINUTES_A_DAY);

    /// The time so many minutes after midnight, 0 to 1440.
    #[must_use]
    pub fn new(minutes: i64) -> Option<WallTime> {
        u16::try_from(minutes).ok().filter(|minutes| *minutes <= MINUTES_A_DAY).map(WallTime)
    }

    /// Minutes after midnight.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.0.into()
    }

    /// The instant at which a wall in the zone shows this on a day, by the rule above.
    #[must_use]
    pub fn on(self, zone: Zone, date: Date) -> Timestamp {
        let (date, time) = self.read(date);
        zone.instant(date, time)
    }

    /// Whether the wall shows it exactly once that day, so that the rule has nothing to choose.
    #[must_use]
    pub fn is_plain(self, zone: Zone, date: Date) -> bool {
        let (date, time) = self.read(date);
        zone.shows_once(date, time)
    }

    fn read(self, date: Date) -> (Date, NaiveTime) {
        match NaiveTime::from_num_seconds_from_midnight_opt(u32::from(self.0) * 60, 0) {
            Some(time) => (date, time),
            None => (date.succ_opt().unwrap_or(date), NaiveTime::MIN),
        }
    }
}

/// When an offer is: one interval, or every week on some days.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One interval between instants.
    Instants {
        /// First instant.
        start: Timestamp,
        /// First instant after it, later than the first.
        end: Timestamp,
    },
    /// One interval between wall times.
    Civil {
        /// Whose wall.
        zone: Zone,
        /// First day and time.
        start: (Date, WallTime),
        /// Last day, and the time at which it ends; later than the start.
        end: (Date, WallTime),
    },
    /// Every week.
    Weekly(Weekly),
}

/// Time on some days of every week.
#[derive(Clone, Debug, PartialEq)]
pub struct Weekly {
    /// Whose wall.
    pub zone: Zone,
    /// On which days, at least one.
    pub weekdays: BTreeSet<Weekday>,
    /// From when each time.
    pub start: WallTime,
    /// Until when, later than the start.
    pub end: WallTime,
    /// The first day that counts.
    pub first: Date,
    /// The last one, not before the first; none: until it is withdrawn.
    pub last: Option<Date>,
    /// Days left out, at most [`MOST_EXCEPTIONS`].
    pub except: BTreeSet<Date>,
}

/// One resolved occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its instants.
    pub span: Span,
    /// Whether summer time made the rule choose: one of its wall times doesn't exist that day, or exists twice.
    pub adjusted: bool,
}

impl Weekly {
    /// Its days from a day on, in order; they end only where it has a last day.
    pub fn days(&self, from: Date) -> impl Iterator<Item = Date> + '_ {
        let last = self.last.unwrap_or(Date::MAX);
        let days = self.first.max(from).iter_days().take_while(move |day| *day <= last);
        days.filter(|day| self.weekdays.contains(&Weekday::of(*day)) && !self.except.contains(day))
    }

    fn occurrence(&self, day: Date) -> Option<Occurrence> {
        occurrence(self.zone, (day, self.start), (day, self.end))
    }
}

impl Shape {
    /// The zone of its wall times; none where it is given as instants.
    #[must_use]
    pub fn zone(&self) -> Option<Zone> {
        match self {
            Shape::Instants { .. } => None,
            Shape::Civil { zone, .. } | Shape::Weekly(Weekly { zone, .. }) => Some(*zone),
        }
    }

    /// The same wall times on another wall.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Shape {
        match self {
            Shape::Instants { .. } => self,
            Shape::Civil { start, end, .. } => Shape::Civil { zone, start, end },
            Shape::Weekly(weekly) => Shape::Weekly(Weekly { zone, ..weekly }),
        }
    }

    /// The weekly pattern, where it is one.
    #[must_use]
    pub fn weekly(&self) -> Option<&Weekly> {
        match self {
            Shape::Instants { .. } | Shape::Civil { .. } => None,
            Shape::Weekly(weekly) => Some(weekly),
        }
    }

    /// Its first occurrences, at most so many.
    #[must_use]
    pub fn first(&self, most: usize) -> Vec<Occurrence> {
        match self {
            Shape::Instants { start, end } => vec![Occurrence { span: (*start, *end), adjusted: false }],
            Shape::Civil { zone, start, end } => occurrence(*zone, *start, *end).into_iter().collect(),
            Shape::Weekly(weekly) => {
                weekly.days(weekly.first).take(most).filter_map(|day| weekly.occurrence(day)).collect()
            }
        }
    }

    /// Its occurrences that have an instant in `[from, until)`, whole and in order.
    #[must_use]
    pub fn occurrences(&self, from: Timestamp, until: Timestamp) -> Vec<Occurrence> {
        let touches = |each: &Occurrence| each.span.0 < until && from < each.span.1;
        match self {
            Shape::Instants { .. } | Shape::Civil { .. } => self.first(1).into_iter().filter(touches).collect(),
            Shape::Weekly(weekly) => {
                let last = weekly.zone.date_of(until);
                let days = weekly.days(weekly.zone.date_of(from)).take_while(|day| *day <= last);
                days.filter_map(|day| weekly.occurrence(day)).filter(touches).collect()
            }
        }
    }

    /// The time of `[from, until)` that it covers, in order; what touches or overlaps is one interval.
    #[must_use]
    pub fn intervals(&self, from: Timestamp, until: Timestamp) -> Vec<Span> {
        let occurrences = self.occurrences(from, until).into_iter();
        merged(occurrences.map(|each| (each.span.0.max(from), each.span.1.min(until))).collect())
    }

    /// Before the first instant of this and from the second on it covers nothing; none: it goes on.
    #[must_use]
    pub fn reach(&self) -> (Timestamp, Option<Timestamp>) {
        match self {
            Shape::Instants { start, end } => (*start, Some(*end)),
            Shape::Civil { zone, start, end } => (start.1.on(*zone, start.0), Some(end.1.on(*zone, end.0))),
            Shape::Weekly(Weekly { zone, start, end, first, last, .. }) => {
                (start.on(*zone, *first), last.map(|last| end.on(*zone, last)))
            }
        }
    }

    /// Whether it has no occurrence at all: no such weekday between its days, all of them left out, or eaten by a gap.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Shape::Instants { .. } | Shape::Civil { .. } => self.first(1).is_empty(),
            Shape::Weekly(weekly) => weekly.days(weekly.first).find_map(|day| weekly.occurrence(day)).is_none(),
        }
    }
}

fn occurrence(zone: Zone, start: (Date, WallTime), end: (Date, WallTime)) -> Option<Occurrence> {
    let span = (start.1.on(zone, start.0), end.1.on(zone, end.0));
    let adjusted = !start.1.is_plain(zone, start.0) || !end.1.is_plain(zone, end.0);
    (span.0 < span.1).then_some(Occurrence { span, adjusted })
}

/// The same time, in order, as few intervals as can be: what touches or overlaps is one.
#[must_use]
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|(start, end)| start < end);
    spans.sort_unstable();
    let mut whole: Vec<Span> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match whole.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            Some(_) | None => whole.push((start, end)),
        }
    }
    whole
}

/// When an expert can't come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Between instants.
    Instants {
        /// First instant.
        start: Timestamp,
        /// First instant after it, later than the first.
        end: Timestamp,
    },
    /// On whole days.
    Days {
        /// Whose days.
        zone: Zone,
        /// First day.
        from: Date,
        /// Last day, part of it, not before the first.
        to: Date,
    },
}

impl Absent {
    /// First instant, and the first one after it.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Absent::Instants { start, end } => (*start, *end),
            Absent::Days { zone, from, to } => (WallTime::MIDNIGHT.on(*zone, *from), WallTime::DAYS_END.on(*zone, *to)),
        }
    }

    /// The zone of its days; none where it is given as instants.
    #[must_use]
    pub fn zone(&self) -> Option<Zone> {
        match self {
            Absent::Instants { .. } => None,
            Absent::Days { zone, .. } => Some(*zone),
        }
    }

    /// The same days elsewhere.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Absent {
        match self {
            Absent::Instants { .. } => self,
            Absent::Days { from, to, .. } => Absent::Days { zone, from, to },
        }
    }
}

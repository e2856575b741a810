//! The limits of a charter, and what is judged by them: pure.
//!
//! A limit binds every plan; what a plan would ask is counted by whoever plans and comes in as a [`Load`].
use chrono::{Datelike as _, Days as Ahead, Weekday};
use serde::{Deserialize, Serialize};

use super::CharterLimit;
use crate::experts::Days;
use crate::kernel::{Date, Id, SessionKind, Vocabulary as _};

/// What an expert has set; what is unset or empty isn't limited as far as anybody knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// At most so many sessions on one civil day at the site.
    pub sessions_a_day: Option<i64>,
    /// At most so many sessions from a Monday to the Sunday.
    pub sessions_a_week: Option<i64>,
    /// At most so many sessions in a calendar month.
    pub sessions_a_month: Option<i64>,
    /// At most so many places for patients in one clinic or free clinic, places added later counted.
    pub patients_a_clinic: Option<i64>,
    /// At most so many hours from arrival to departure of one visit.
    pub hours_a_visit: Option<i64>,
    /// On none of these days; at most 100 ranges, each with a last day.
    #[serde(with = "iso")]
    pub quiet_dates: Vec<Days>,
    /// At least so many hours between being planned and the start.
    pub notice_hours: Option<i64>,
    /// At most so many minutes between sites on one civil day.
    pub travel_minutes_a_day: Option<i64>,
    /// Only these kinds of session; empty: any.
    pub kinds: Vec<SessionKind>,
    /// Only at these sites; empty: any.
    pub sites: Vec<Id>,
    /// At most so many contacts from a Monday to the Sunday.
    pub contacts_a_week: Option<i64>,
}

/// What a plan would ask of an expert, the plan itself counted. What is `None` isn't known or doesn't apply, and isn't judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load<'a> {
    /// What kind of session.
    pub kind: Option<SessionKind>,
    /// Where.
    pub site: Option<&'a Id>,
    /// On which civil days.
    pub days: &'a [Date],
    /// Sessions that day, this one counted; where it touches two days, of the fuller one.
    pub sessions_that_day: Option<i64>,
    /// Sessions that week, this one counted.
    pub sessions_that_week: Option<i64>,
    /// Sessions that month, this one counted.
    pub sessions_that_month: Option<i64>,
    /// Places for patients; looked at for CLINIC and FREE_CLINIC only.
    pub patients: Option<i64>,
    /// Minutes from arrival to departure.
    pub visit_minutes: Option<i64>,
    /// Minutes from now to the start.
    pub notice_minutes: Option<i64>,
    /// Minutes between sites that day, those of this plan counted.
    pub travel_minutes_that_day: Option<i64>,
    /// Contacts that week, this one counted.
    pub contacts_that_week: Option<i64>,
}

/// A limit that a plan would break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub limit: CharterLimit,
    /// What it allows, in the limit's unit or as codes and ids, for people and for metadata.
    pub allowed: String,
}

impl Limits {
    /// Every limit that a plan would break, in the order of [`CharterLimit`]. A limit that is met exactly isn't broken.
    #[must_use]
    pub fn breaches(&self, load: &Load<'_>) -> Vec<Breach> {
        CharterLimit::ALL.iter().filter_map(|limit| self.breach(*limit, load)).collect()
    }

    fn breach(&self, limit: CharterLimit, load: &Load<'_>) -> Option<Breach> {
        let at_most = |allowed: Option<i64>, asked: Option<i64>| over(allowed, asked, 1);
        let allowed = match limit {
            CharterLimit::SessionsADay => at_most(self.sessions_a_day, load.sessions_that_day),
            CharterLimit::SessionsAWeek => at_most(self.sessions_a_week, load.sessions_that_week),
            CharterLimit::SessionsAMonth => at_most(self.sessions_a_month, load.sessions_that_month),
            CharterLimit::PatientsAClinic => {
                at_most(self.patients_a_clinic, load.patients.filter(|_| load.is_clinic()))
            }
            CharterLimit::HoursAVisit => over(self.hours_a_visit, load.visit_minutes, 60),
            CharterLimit::QuietDates => self.quiet_on(load.days).map(|days| format!("not {days}")),
            CharterLimit::NoticeHours => {
                let short = |hours: &i64| load.notice_minutes.is_some_and(|given| given < hours.saturating_mul(60));
                self.notice_hours.filter(short).map(|hours| hours.to_string())
            }
            CharterLimit::TravelMinutesADay => at_most(self.travel_minutes_a_day, load.travel_minutes_that_day),
            CharterLimit::Kinds => {
                let codes = || self.kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(",");
                load.kind.filter(|kind| !self.allows_kind(*kind)).map(|_| codes())
            }
            CharterLimit::Sites => {
                let ids = || self.sites.iter().map(Id::as_str).collect::<Vec<_>>().join(",");
                load.site.filter(|site| !self.allows_site(site)).map(|_| ids())
            }
            CharterLimit::ContactsAWeek => at_most(self.contacts_a_week, load.contacts_that_week),
        };
        allowed.map(|allowed| Breach { limit, allowed })
    }

    /// The quiet dates that one of these days belongs to.
    #[must_use]
    pub fn quiet_on(&self, days: &[Date]) -> Option<&Days> {
        self.quiet_dates.iter().find(|quiet| days.iter().any(|day| quiet.contains(*day)))
    }

    /// Whether the expert does this kind of session.
    #[must_use]
    pub fn allows_kind(&self, kind: SessionKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether the expert comes to this site.
    #[must_use]
    pub fn allows_site(&self, site: &Id) -> bool {
        self.sites.is_empty() || self.sites.contains(site)
    }

    /// What two records of one expert come to together: of each limit the tighter. Lists that have nothing in common can't both
    /// hold; then this one's stands.
    #[must_use]
    pub fn joined(&self, other: &Limits) -> Limits {
        let least = |own: Option<i64>, other: Option<i64>| own.into_iter().chain(other).min();
        let mut quiet_dates: Vec<Days> = self.quiet_dates.iter().chain(&other.quiet_dates).copied().collect();
        quiet_dates.sort();
        quiet_dates.dedup();
        Limits {
            sessions_a_day: least(self.sessions_a_day, other.sessions_a_day),
            sessions_a_week: least(self.sessions_a_week, other.sessions_a_week),
            sessions_a_month: least(self.sessions_a_month, other.sessions_a_month),
            patients_a_clinic: least(self.patients_a_clinic, other.patients_a_clinic),
            hours_a_visit: least(self.hours_a_visit, other.hours_a_visit),
            quiet_dates,
            notice_hours: self.notice_hours.max(other.notice_hours),
            travel_minutes_a_day: least(self.travel_minutes_a_day, other.travel_minutes_a_day),
            kinds: shared(&self.kinds, &other.kinds),
            sites: shared(&self.sites, &other.sites),
            contacts_a_week: least(self.contacts_a_week, other.contacts_a_week),
        }
    }
}

impl Load<'_> {
    fn is_clinic(&self) -> bool {
        self.kind.is_some_and(|kind| matches!(kind, SessionKind::Clinic | SessionKind::FreeClinic))
    }
}

/// The allowed number where more is asked; what is asked comes in parts of the limit's unit.
fn over(allowed: Option<i64>, asked: Option<i64>, parts: i64) -> Option<String> {
    let allowed = allowed?;
    (asked? > allowed.saturating_mul(parts)).then(|| allowed.to_string())
}

fn shared<T: Clone + PartialEq>(own: &[T], other: &[T]) -> Vec<T> {
    if own.is_empty() {
        return other.to_vec();
    }
    let both: Vec<T> = own.iter().filter(|value| other.contains(value)).cloned().collect();
    if both.is_empty() { own.to_vec() } else { both }
}

/// The fields in which a charter is looser after than before, in the order of [`CharterLimit`]: a number raised or removed, notice
/// shortened, a quiet day given up, a kind or a site more.
#[must_use]
pub fn loosened(before: &Limits, after: &Limits) -> Vec<&'static str> {
    let looser = |limit: &&CharterLimit| is_looser(**limit, before, after);
    CharterLimit::ALL.iter().filter(looser).map(|limit| limit.field()).collect()
}

fn is_looser(limit: CharterLimit, before: &Limits, after: &Limits) -> bool {
    let raised =
        |of: fn(&Limits) -> Option<i64>| of(before).is_some_and(|own| of(after).is_none_or(|value| own < value));
    match limit {
        CharterLimit::SessionsADay => raised(|limits| limits.sessions_a_day),
        CharterLimit::SessionsAWeek => raised(|limits| limits.sessions_a_week),
        CharterLimit::SessionsAMonth => raised(|limits| limits.sessions_a_month),
        CharterLimit::PatientsAClinic => raised(|limits| limits.patients_a_clinic),
        CharterLimit::HoursAVisit => raised(|limits| limits.hours_a_visit),
        CharterLimit::QuietDates => before.quiet_dates.iter().any(|quiet| !is_kept(quiet, &after.quiet_dates)),
        CharterLimit::NoticeHours => before.notice_hours > after.notice_hours,
        CharterLimit::TravelMinutesADay => raised(|limits| limits.travel_minutes_a_day),
        CharterLimit::Kinds => is_wider(&before.kinds, &after.kinds),
        CharterLimit::Sites => is_wider(&before.sites, &after.sites),
        CharterLimit::ContactsAWeek => raised(|limits| limits.contacts_a_week),
    }
}

fn is_wider<T: PartialEq>(before: &[T], after: &[T]) -> bool {
    !before.is_empty() && (after.is_empty() || after.iter().any(|value| !before.contains(value)))
}

/// Whether each of these days is in one of the ranges, which may follow each other.
fn is_kept(days: &Days, ranges: &[Days]) -> bool {
    let mut day = days.from;
    loop {
        let Some(range) = ranges.iter().find(|range| range.contains(day)) else { return false };
        let Some(end) = range.to else { return true };
        if days.to.is_some_and(|last| last <= end) {
            return true;
        }
        match end.succ_opt() {
            Some(next) => day = next,
            None => return true,
        }
    }
}

/// The Monday and the Sunday of a day's week.
#[must_use]
pub fn week_of(day: Date) -> (Date, Date) {
    let week = day.week(Weekday::Mon);
    let last = week.checked_last_day().unwrap_or(Date::MAX);
    (week.checked_first_day().unwrap_or(Date::MIN), last)
}

/// The first and the last day of a day's calendar month.
#[must_use]
pub fn month_of(day: Date) -> (Date, Date) {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(chrono::Months::new(1));
    (first, next.and_then(|next| next.checked_sub_days(Ahead::new(1))).unwrap_or(Date::MAX))
}

/// Days as pairs of ISO texts.
mod iso {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    use crate::experts::Days;
    use crate::kernel::Date;

    pub(super) fn serialize<S: Serializer>(days: &[Days], serializer: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<_> = days.iter().map(|days| (days.from.to_string(), days.to.map(|to| to.to_string()))).collect();
        texts.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Days>, D::Error> {
        let texts = Vec::<(String, Option<String>)>::deserialize(deserializer)?;
        let day = |text: &str| Date::parse_from_str(text, "%Y-%m-%d").map_err(D::Error::custom);
        let days = |(from, to): (String, Option<String>)| {
            let to = to.as_deref().map(day).transpose()?;
            Days::new(day(&from)?, to).ok_or_else(|| D::Error::custom("days that end before they begin"))
        };
        texts.into_iter().map(days).collect()
    }
}

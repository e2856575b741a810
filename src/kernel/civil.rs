//! Civil time: days and half-days in a site's zone. SQL never computes a day; this file does.
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::OffsetComponents as _;

use super::{HalfDay, Timestamp};

/// A zone of the tz database, such as `Asia/Shanghai`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

/// Further than this from UTC no zone ever was, its transitions included.
const SEARCH_HOURS: i64 = 26;

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(chrono_tz::Tz::UTC);

    /// The zone of this name, exactly as the tz database spells it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        chrono_tz::Tz::from_str(name).ok().map(Self)
    }

    /// The name in the tz database.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The tz database that the binary carries, such as `2025b`; it is stored with what was computed by it.
    #[must_use]
    pub fn tz_version() -> &'static str {
        chrono_tz::IANA_TZDB_VERSION
    }

    /// What a clock on the wall shows.
    #[must_use]
    pub fn local(self, instant: Timestamp) -> NaiveDateTime {
        instant.to_utc().with_timezone(&self.0).naive_local()
    }

    /// What a clock on the wall shows with its distance from UTC, by RFC 3339: `2024-04-02T09:00:00+08:00`, cut to seconds.
    #[must_use]
    pub fn told(self, instant: Timestamp) -> String {
        instant.to_utc().with_timezone(&self.0).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// The civil day.
    #[must_use]
    pub fn date_of(self, instant: Timestamp) -> NaiveDate {
        self.local(instant).date()
    }

    /// The half-day; 13:00 belongs to the afternoon.
    #[must_use]
    pub fn half_day_of(self, instant: Timestamp) -> HalfDay {
        HalfDay::of(self.local(instant).time())
    }

    /// The instant when the wall shows this day and time: the earlier of two in an overlap, and in a gap, where no wall ever
    /// showed it, the first instant after the gap.
    #[must_use]
    pub fn instant(self, date: NaiveDate, time: NaiveTime) -> Timestamp {
        let wall = date.and_time(time);
        match self.0.from_local_datetime(&wall) {
            LocalResult::Single(instant) => Timestamp::from_utc(instant.to_utc()),
            LocalResult::Ambiguous(one, other) => Timestamp::from_utc(one.min(other).to_utc()),
            LocalResult::None => self.after_gap(wall),
        }
    }

    /// Whether the clocks are put forward at an instant.
    #[must_use]
    pub fn is_summer_time(self, instant: Timestamp) -> bool {
        !instant.to_utc().with_timezone(&self.0).offset().dst_offset().is_zero()
    }

    /// Whether a wall shows this day and time exactly once; not in the gaps and the overlaps of summer time.
    #[must_use]
    pub fn shows_once(self, date: NaiveDate, time: NaiveTime) -> bool {
        match self.0.from_local_datetime(&date.and_time(time)) {
            LocalResult::Single(_) => true,
            LocalResult::Ambiguous(..) | LocalResult::None => false,
        }
    }

    /// The first instant of a half-day and the first one after it.
    #[must_use]
    pub fn bounds(self, date: NaiveDate, half_day: HalfDay) -> (Timestamp, Timestamp) {
        let noon = self.instant(date, HalfDay::DIVISION);
        match half_day {
            HalfDay::Morning => (self.instant(date, NaiveTime::MIN), noon),
            HalfDay::Afternoon => (noon, self.instant(date.succ_opt().unwrap_or(NaiveDate::MAX), NaiveTime::MIN)),
        }
    }

    /// The first second whose wall time is not before `wall`, by bisection: walls only move forward around a gap.
    fn after_gap(self, wall: NaiveDateTime) -> Timestamp {
        let centre = wall.and_utc();
        let hours = TimeDelta::try_hours(SEARCH_HOURS).unwrap_or_default();
        let mut before = centre.checked_sub_signed(hours).unwrap_or(DateTime::<Utc>::MIN_UTC).timestamp();
        let mut after = centre.checked_add_signed(hours).unwrap_or(DateTime::<Utc>::MAX_UTC).timestamp();
        while after - before > 1 {
            let middle = before.midpoint(after);
            if self.local(Timestamp::from_micros(middle.saturating_mul(1_000_000))) < wall {
                before = middle;
            } else {
                after = middle;
            }
        }
        Timestamp::from_micros(after.saturating_mul(1_000_000))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A civil day in JSON, as `YYYY-MM-DD`: `#[serde(with = "crate::kernel::day")]`.
pub mod day {
    use std::borrow::Cow;

    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes a day.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }

    /// Reads a day.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("no day"))
    }
}

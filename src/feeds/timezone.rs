//! VTIMEZONE: what a zone's clocks do around some instants, onset by onset, without rules for all time.

use chrono::{DateTime, NaiveDateTime};

use crate::kernel::{Timestamp, Zone};

const MINUTES_A_DAY: i64 = 24 * 60;
/// Summer time begins and ends every year: the onset before an instant is at most this many days back, where there is one.
const DAYS_BACK: i64 = 400;

/// From an onset on, a zone's clocks are so far ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observance {
    /// What the wall would have shown at the onset, had the clocks not changed.
    pub onset: NaiveDateTime,
    /// Seconds ahead of UTC before.
    pub from: i64,
    /// Seconds ahead of UTC from then on.
    pub to: i64,
    /// Whether it is summer time.
    pub summer: bool,
}

/// The observance at the first instant and those that begin up to the last.
#[must_use]
pub fn observances(zone: Zone, first: Timestamp, last: Timestamp) -> Vec<Observance> {
    let mut before = first.plus_minutes(-DAYS_BACK * MINUTES_A_DAY);
    let always = Observance {
        onset: DateTime::UNIX_EPOCH.naive_utc(),
        from: offset(zone, before),
        to: offset(zone, before),
        summer: zone.is_summer_time(before),
    };
    let mut found = vec![(None, always)];
    while before < last {
        let after = before.plus_minutes(MINUTES_A_DAY);
        if offset(zone, before) != offset(zone, after) {
            let onset = change(zone, before, after);
            found.push((Some(onset), observance(zone, onset, offset(zone, before))));
        }
        before = after;
    }
    let holding = found.iter().rposition(|(onset, _)| onset.is_none_or(|onset| onset <= first)).unwrap_or(0);
    found.drain(..holding);
    found.into_iter().map(|(_, observance)| observance).collect()
}

fn observance(zone: Zone, onset: Timestamp, from: i64) -> Observance {
    Observance {
        onset: onset.plus_micros(from * 1_000_000).to_utc().naive_utc(),
        from,
        to: offset(zone, onset),
        summer: zone.is_summer_time(onset),
    }
}

/// The second at which the clocks change, by bisection: two changes never lie in one day.
fn change(zone: Zone, before: Timestamp, after: Timestamp) -> Timestamp {
    let second = |instant: Timestamp| instant.micros().div_euclid(1_000_000);
    let at = |second: i64| Timestamp::from_micros(second.saturating_mul(1_000_000));
    let (old, mut low, mut high) = (offset(zone, before), second(before), second(after));
    while high - low > 1 {
        let middle = low.midpoint(high);
        if offset(zone, at(middle)) == old { low = middle } else { high = middle }
    }
    at(high)
}

fn offset(zone: Zone, instant: Timestamp) -> i64 {
    (zone.local(instant) - instant.to_utc().naive_utc()).num_seconds()
}

/// The lines of the component, name and value, in order.
#[must_use]
pub fn component(zone: Zone, first: Timestamp, last: Timestamp) -> Vec<(&'static str, String)> {
    let mut lines = vec![("BEGIN", "VTIMEZONE".to_owned()), ("TZID", zone.name().to_owned())];
    for Observance { onset, from, to, summer } in observances(zone, first, last) {
        let kind = if summer { "DAYLIGHT" } else { "STANDARD" };
        lines.push(("BEGIN", kind.to_owned()));
        lines.push(("DTSTART", onset.format("%Y%m%dT%H%M%S").to_string()));
        lines.push(("TZOFFSETFROM", signed(from)));
        lines.push(("TZOFFSETTO", signed(to)));
        lines.push(("END", kind.to_owned()));
    }
    lines.push(("END", "VTIMEZONE".to_owned()));
    lines
}

/// `+0800`, with seconds where there are some.
fn signed(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if rest == 0 { format!("{sign}{hours:02}{minutes:02}") } else { format!("{sign}{hours:02}{minutes:02}{rest:02}") }
}

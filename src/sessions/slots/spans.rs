//! Sorted intervals of time, and the grid on which sessions start: what lets a search pass over time at once.
use chrono::Days;

use crate::kernel::{Date, Timestamp, Zone};

/// Intervals in order, none overlapping the next; ends aren't part of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<(Timestamp, Timestamp)>);

impl Spans {
    /// The same time, in order; what touches or overlaps is one.
    #[must_use]
    pub fn new(mut spans: Vec<(Timestamp, Timestamp)>) -> Spans {
        spans.retain(|(from, until)| from < until);
        spans.sort_unstable();
        let mut whole: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(spans.len());
        for (from, until) in spans {
            match whole.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                Some(_) | None => whole.push((from, until)),
            }
        }
        Spans(whole)
    }

    /// Intervals that are in order and don't overlap, as they are: what touches stays apart, so that nothing fits across.
    #[must_use]
    pub fn apart(mut spans: Vec<(Timestamp, Timestamp)>) -> Spans {
        spans.retain(|(from, until)| from < until);
        Spans(spans)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The intervals, in order.
    #[must_use]
    pub fn into_inner(self) -> Vec<(Timestamp, Timestamp)> {
        self.0
    }

    /// The rest of a window.
    #[must_use]
    pub fn gaps(&self, (from, until): (Timestamp, Timestamp)) -> Spans {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut at = from;
        for (taken_from, taken_until) in &self.0 {
            gaps.push((at, (*taken_from).min(until)));
            at = at.max(*taken_until);
        }
        gaps.push((at, until));
        gaps.retain(|(from, until)| from < until);
        Spans(gaps)
    }

    /// The first instant, not before `at`, from which so many minutes lie in one of them.
    #[must_use]
    pub fn fit(&self, at: Timestamp, minutes: i64) -> Option<Timestamp> {
        let end = at.plus_minutes(minutes);
        let first = self.0.partition_point(|(_, until)| *until < end);
        let start = |(from, until): &(Timestamp, Timestamp)| {
            let start = at.max(*from);
            (start.plus_minutes(minutes) <= *until).then_some(start)
        };
        self.0.get(first..).into_iter().flatten().find_map(start)
    }

    /// Whether no instant of `[from, until)` is in one of them.
    #[must_use]
    pub fn leave_free(&self, from: Timestamp, until: Timestamp) -> bool {
        let first = self.0.partition_point(|(_, end)| *end <= from);
        self.0.get(first).is_none_or(|(start, _)| *start >= until)
    }
}

/// Starts at equal distances from every midnight of a zone.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The first civil day.
    first: Date,
    midnights: Vec<Timestamp>,
    step: i64,
}

const MINUTE: i64 = 60_000_000;

impl Grid {
    /// Over the days of a window.
    #[must_use]
    pub fn new(zone: Zone, (from, until): (Timestamp, Timestamp), step_minutes: i64) -> Grid {
        let (first, last) = (zone.date_of(from), zone.date_of(until));
        let days = first.iter_days().take_while(|day| *day <= last);
        let mut midnights: Vec<Timestamp> = days.map(|day| zone.instant(day, chrono::NaiveTime::MIN)).collect();
        // The day after the last bounds the last.
        midnights.extend(last.succ_opt().map(|day| zone.instant(day, chrono::NaiveTime::MIN)));
        Grid { first, midnights, step: step_minutes.max(1) * MINUTE }
    }

    /// The first start that isn't before an instant.
    #[must_use]
    pub fn at_or_after(&self, at: Timestamp) -> Timestamp {
        let next = self.midnights.partition_point(|midnight| *midnight <= at);
        let Some(midnight) = next.checked_sub(1).and_then(|day| self.midnights.get(day)) else {
            return self.midnights.first().copied().unwrap_or(at);
        };
        let since = at.micros() - midnight.micros();
        let start = midnight.plus_micros(since.div_euclid(self.step) * self.step);
        let start = if start < at { start.plus_micros(self.step) } else { start };
        self.midnights.get(next).map_or(start, |tomorrow| start.min(*tomorrow))
    }

    /// The civil day of an instant of the window.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> Date {
        let since = self.midnights.partition_point(|midnight| *midnight <= at).saturating_sub(1);
        self.first + Days::new(since as u64)
    }

    /// The first midnight after an instant.
    #[must_use]
    pub fn next_day(&self, at: Timestamp) -> Option<Timestamp> {
        self.midnights.get(self.midnights.partition_point(|midnight| *midnight <= at)).copied()
    }
}

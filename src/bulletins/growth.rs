//! Growth from one whole year to the next: both figures are kept, a rate stands only where there was something before.

use chrono::Datelike as _;

use super::{Figures, Year, measure};

/// A figure of a year against the year before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The measure's name.
    pub measure: &'static str,
    /// The later year.
    pub year: i32,
    /// The year before.
    pub before: i64,
    /// The later year.
    pub after: i64,
    /// Hundredths of a percent, rounded half away from zero; `None` where the figure before isn't positive.
    pub basis_points: Option<i64>,
}

/// The growth of every flow, and of the roster, between the last two whole calendar years; none where there aren't two in a row.
pub fn growth(years: &[Year]) -> Vec<Growth> {
    let mut whole = years.iter().rev().filter(|year| is_whole(year));
    let (Some(last), Some(before)) = (whole.next(), whole.next()) else { return Vec::new() };
    if before.year + 1 != last.year {
        return Vec::new();
    }
    let line = |(measure, figure): &(&'static str, Figure)| {
        let (before, after) = (figure(&before.figures), figure(&last.figures));
        Growth { measure, year: last.year, before, after, basis_points: basis_points(before, after) }
    };
    MEASURES.iter().map(line).collect()
}

/// Which of a year's figures.
type Figure = fn(&Figures) -> i64;

const MEASURES: &[(&str, Figure)] = &[
    (measure::EXPERTS, |figures| figures.experts),
    (measure::SITTINGS, |figures| figures.sittings),
    (measure::CONSULTATIONS, |figures| figures.consultations),
    (measure::OPERATIONS, |figures| figures.operations),
    (measure::DECLARED_SAVINGS, |figures| figures.declared_savings_fen.get()),
];

fn is_whole(year: &Year) -> bool {
    (year.from.month(), year.from.day(), year.to.month(), year.to.day()) == (1, 1, 12, 31)
}

/// The change in hundredths of a percent; `None` where a rate would mean nothing, or doesn't fit.
pub fn basis_points(before: i64, after: i64) -> Option<i64> {
    if before <= 0 {
        return None;
    }
    let (change, before) = (i128::from(after) - i128::from(before), i128::from(before));
    let doubled = change.abs() * 20_000 + before;
    i64::try_from(doubled / (2 * before) * change.signum()).ok()
}

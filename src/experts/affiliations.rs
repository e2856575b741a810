//! Affiliations: where an expert works from a day to a day, and which of them is the home hospital on a day.

use super::days::Days;
use crate::kernel::{Date, Id};

/// Work at a hospital.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affiliation {
    /// The hospital, of the same programme.
    pub hospital: Id,
    /// On which days.
    pub days: Days,
    /// Whether it is the main practice on these days.
    pub main: bool,
}

/// 所在医院: the hospital of the main affiliation on a day, if one is recorded.
#[must_use]
pub fn home_hospital_on(affiliations: &[Affiliation], day: Date) -> Option<&Id> {
    affiliations.iter().find(|each| each.main && each.days.contains(day)).map(|each| &each.hospital)
}

/// The first two affiliations, by place in the list, that are both main on a day, and the days.
#[must_use]
pub fn two_mains(affiliations: &[Affiliation]) -> Option<(usize, usize, Days)> {
    let mains = || affiliations.iter().enumerate().filter(|(_, each)| each.main);
    mains().find_map(|(second, later)| {
        let clash = |(first, earlier): (usize, &Affiliation)| Some((first, second, earlier.days.common(&later.days)?));
        mains().take_while(|(first, _)| *first < second).find_map(clash)
    })
}

/// Two lists as one: what is said of one hospital, main or not, on days that touch becomes one entry; in order of days.
pub(super) fn joined(ours: &[Affiliation], theirs: &[Affiliation]) -> Vec<Affiliation> {
    let mut all: Vec<Affiliation> = ours.iter().chain(theirs).cloned().collect();
    all.sort_by(|a, b| (&a.hospital, a.main, a.days).cmp(&(&b.hospital, b.main, b.days)));
    let mut joined: Vec<Affiliation> = Vec::with_capacity(all.len());
    for next in all {
        match joined.last_mut() {
            Some(last) if last.hospital == next.hospital && last.main == next.main && last.days.touches(&next.days) => {
                last.days = last.days.hull(&next.days);
            }
            Some(_) | None => joined.push(next),
        }
    }
    joined.sort_by(|a, b| (a.days.from, &a.hospital).cmp(&(b.days.from, &b.hospital)));
    joined
}

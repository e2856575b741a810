//! Cells: monthly sums by a few sets of dimensions, folded from the facts of every write. Pure.
//!
//! A set is a face; a question takes the smallest one that covers what it groups and filters by. What another person has attested
//! is kept once more, in cells of its own under the face's second name. A cell that came to zero may
//! still be there, and means what an absent one does.

use super::Dimension;
use crate::db::Delta;
use crate::kernel::{Date, Dimensions, Fact, HalfDay, Id, Leaf, Vocabulary as _};

/// A set of dimensions that cells are kept by.
#[derive(Debug, PartialEq, Eq)]
pub struct Face {
    /// Its name in the table; never reused for another set.
    pub name: &'static str,
    /// The name of its cells of what is attested; never reused either.
    pub attested: &'static str,
    /// Its dimensions, in the order of the key's parts.
    pub dimensions: &'static [Dimension],
}

/// The faces, those with the fewest cells first.
pub static FACES: [Face; 4] = [
    Face {
        name: "kind",
        attested: "kind-attested",
        dimensions: &[Dimension::HalfDay, Dimension::Kind, Dimension::Residence],
    },
    // The first parts of the next one's keys: a site by specialty reads a twelfth of what it would read there.
    Face {
        name: "site",
        attested: "site-attested",
        dimensions: &[Dimension::Site, Dimension::SiteLevel, Dimension::Specialty],
    },
    Face {
        name: "place",
        attested: "place-attested",
        dimensions: &[
            Dimension::Site,
            Dimension::SiteLevel,
            Dimension::Specialty,
            Dimension::Kind,
            Dimension::Residence,
        ],
    },
    Face {
        name: "person",
        attested: "person-attested",
        dimensions: &[Dimension::Expert, Dimension::HomeHospital, Dimension::Specialty, Dimension::Kind],
    },
];

/// The smallest face that knows every one of these dimensions; months and years every face knows.
#[must_use]
pub fn face_for(dimensions: &[Dimension]) -> Option<&'static Face> {
    let is_calendar = |dimension: &Dimension| matches!(dimension, Dimension::Month | Dimension::Year);
    FACES.iter().find(|face| dimensions.iter().all(|it| is_calendar(it) || face.dimensions.contains(it)))
}

/// `YYYY-MM`.
#[must_use]
pub fn month_of(date: Date) -> String {
    let mut text = date.to_string();
    text.truncate(7);
    text
}

/// The first and the last day of a month, `YYYY-MM`, or of a year, `YYYY`.
#[must_use]
pub fn days_of(period: &str) -> Option<(Date, Date)> {
    let (first, months) = match period.len() {
        4 => (format!("{period}-01-01"), 12),
        7 => (format!("{period}-01"), 1),
        _ => return None,
    };
    let first: Date = first.parse().ok()?;
    Some((first, first.checked_add_months(chrono::Months::new(months))?.pred_opt()?))
}

/// What parts a key's values; no value holds it.
const PARTS: char = '|';

/// A leaf's value of a dimension; empty where it isn't known, and for the calendar, which cells keep apart.
fn value(leaf: &Dimensions, dimension: Dimension) -> &str {
    match dimension {
        Dimension::Month | Dimension::Year => "",
        Dimension::HalfDay => leaf.half_day.map_or("", HalfDay::code),
        Dimension::Site => leaf.site.as_str(),
        Dimension::SiteLevel => &leaf.site_level,
        Dimension::Expert => leaf.expert.as_ref().map_or("", Id::as_str),
        Dimension::HomeHospital => leaf.home_hospital.as_ref().map_or("", Id::as_str),
        Dimension::Specialty => &leaf.specialty,
        Dimension::Kind => &leaf.kind,
        Dimension::Residence => leaf.residence.code(),
    }
}

/// A leaf's key in the cells of some dimensions.
#[must_use]
pub fn key(leaf: &Dimensions, dimensions: &[Dimension]) -> String {
    let mut key = String::with_capacity(24 * dimensions.len());
    for (place, dimension) in dimensions.iter().enumerate() {
        if place > 0 {
            key.push(PARTS);
        }
        key.push_str(value(leaf, *dimension));
    }
    key
}

/// A key's values, in the order of the dimensions that it was made of.
pub fn values(key: &str) -> impl Iterator<Item = &str> {
    key.split(PARTS)
}

/// A key with another value in one place.
#[must_use]
pub fn with_value(key: &str, place: usize, value: &str) -> String {
    let values: Vec<&str> = values(key).enumerate().map(|(at, own)| if at == place { value } else { own }).collect();
    values.join(&PARTS.to_string())
}

/// What a leaf adds to the cells of every face, `sign` times.
pub fn spread(leaf: &Leaf, sign: i64) -> impl Iterator<Item = Delta> {
    let month = month_of(leaf.dimensions.date);
    let by: Vec<_> = leaf.quantities.iter().map(|(measure, quantity)| (measure.as_str(), sign * quantity)).collect();
    FACES.iter().flat_map(move |face| {
        let key = key(&leaf.dimensions, face.dimensions);
        let delta = Delta { face: face.name, month: month.clone(), key, by: by.clone() };
        let attested = leaf.attested.then(|| Delta { face: face.attested, ..delta.clone() });
        std::iter::once(delta).chain(attested)
    })
}

/// What a fact changes in the cells: what it counted for goes, what it counts for comes.
#[must_use]
pub fn project(fact: &Fact) -> Vec<Delta> {
    let before = fact.before.iter().flat_map(|leaf| spread(leaf, -1));
    let after = fact.after.iter().flat_map(|leaf| spread(leaf, 1));
    before.chain(after).collect()
}

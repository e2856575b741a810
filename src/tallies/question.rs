//! What a tally is asked for, and from where it is read: whole months from cells, days at the ends from records. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Months};

use super::cells::{Face, face_for, month_of};
use super::measures::{Origin, Rule, Set};
use super::{Basis, Definition, Dimension};
use crate::experts::Merged;
use crate::kernel::{Date, Specialty};

/// What narrows a tally; what isn't there doesn't.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The values that a dimension may have, as cells write them.
    pub values: BTreeMap<Dimension, BTreeSet<String>>,
    /// Specialties that must cover the recorded one.
    pub specialties: Vec<Specialty>,
}

impl Filter {
    /// Whether it narrows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.specialties.is_empty()
    }

    /// The dimensions that it looks at.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        let specialty = (!self.specialties.is_empty()).then_some(Dimension::Specialty);
        self.values.keys().copied().chain(specialty)
    }

    /// Whether a value of a dimension passes.
    #[must_use]
    pub fn passes(&self, dimension: Dimension, value: &str) -> bool {
        let listed = self.values.get(&dimension).is_none_or(|values| values.contains(value));
        let covered = dimension != Dimension::Specialty
            || self.specialties.is_empty()
            || Specialty::parse(value).is_ok_and(|it| self.specialties.iter().any(|wanted| wanted.covers(&it)));
        listed && covered
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// Which measures.
    pub measures: Vec<&'static Definition>,
    /// By what, in this order.
    pub group_by: Vec<Dimension>,
    /// Of which records.
    pub filter: Filter,
    /// Whether attested ones alone.
    pub basis: Basis,
    /// As of this sequence: the versions that stood then; none: now.
    pub as_of: Option<i64>,
}

/// Whether a measure is counted from versions, so that it can be told as of a sequence: a roster is kept as it is, and a policy may be
/// approved for days that have been.
#[must_use]
pub fn is_versioned(definition: &Definition) -> bool {
    match definition.rule {
        Rule::Sum(..) | Rule::Quotient(..) | Rule::Size(Set::ActiveExperts | Set::ActiveSites) => true,
        Rule::Size(Set::Experts | Set::HomeHospitals) | Rule::Method => false,
    }
}

/// Whether a measure can be told apart by a dimension: a roster knows no sites, a session no residence.
#[must_use]
pub fn knows(definition: &Definition, dimension: Dimension) -> bool {
    match definition.rule {
        Rule::Sum(..) | Rule::Quotient(..) | Rule::Method | Rule::Size(Set::ActiveExperts | Set::ActiveSites) => true,
        Rule::Size(Set::Experts | Set::HomeHospitals) => matches!(
            dimension,
            Dimension::Month | Dimension::Year | Dimension::Expert | Dimension::HomeHospital | Dimension::Specialty
        ),
    }
}

impl Question {
    /// What the recorded facts of a period say now, as a whole.
    #[must_use]
    pub fn of(measures: Vec<&'static Definition>, from: Date, to: Date) -> Self {
        let (group_by, filter) = (Vec::new(), Filter::default());
        Question { from, to, measures, group_by, filter, basis: Basis::Recorded, as_of: None }
    }

    /// The same question, asked of survivors wherever its filter names a duplicate.
    #[must_use]
    pub fn of_survivors(&self, merged: &Merged) -> Self {
        let mut question = self.clone();
        if let Some(experts) = question.filter.values.get_mut(&Dimension::Expert) {
            *experts = experts.iter().map(|expert| merged.survivor(expert).to_owned()).collect();
        }
        question
    }

    /// The dimensions that it groups or filters by, each once.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimension> {
        let all: BTreeSet<Dimension> = self.group_by.iter().copied().chain(self.filter.dimensions()).collect();
        all.into_iter().collect()
    }

    /// The first dimension of it that a measure doesn't know.
    #[must_use]
    pub fn unknown_to(&self, definition: &Definition) -> Option<Dimension> {
        self.dimensions().into_iter().find(|dimension| !knows(definition, *dimension))
    }
}

/// Which cells have a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cells {
    /// Those of everything that is recorded.
    Recorded,
    /// Those of what is attested.
    Attested,
    /// None: it is recounted from the records.
    None,
}

impl Question {
    /// Which cells have a sum of an origin. Cells answer now; a session's sheet, and whether a trip's activities are attested, is told from
    /// the records.
    #[must_use]
    pub fn cells_of(&self, origin: Origin) -> Cells {
        match (self.as_of, self.basis, origin) {
            (Some(_), _, _) | (None, Basis::Attested, Origin::Sessions | Origin::Savings) => Cells::None,
            (None, Basis::Recorded, _) | (None, Basis::Attested, Origin::Visits) => Cells::Recorded,
            (None, Basis::Attested, Origin::Activities) => Cells::Attested,
        }
    }
}

/// From where a sum is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The cells of whole months: the face, the first and the last month.
    pub cells: Option<(&'static Face, String, String)>,
    /// The days that are recounted from records: none, one or two ranges.
    pub records: Vec<(Date, Date)>,
}

/// Where to read a sum that is told apart by some dimensions.
#[must_use]
pub fn plan(from: Date, to: Date, dimensions: &[Dimension]) -> Plan {
    let everything = Plan { cells: None, records: vec![(from, to)] };
    let Some(face) = face_for(dimensions) else { return everything };
    let first = if from.day() == 1 { Some(from) } else { next_month(from) };
    let after = to.succ_opt().and_then(|next| next.with_day(1));
    let (Some(first), Some(after)) = (first, after) else { return everything };
    if first >= after {
        return everything;
    }
    let (Some(before_first), Some(last)) = (first.pred_opt(), after.pred_opt()) else { return everything };
    let mut records = Vec::new();
    if from < first {
        records.push((from, before_first));
    }
    if after <= to {
        records.push((after, to));
    }
    Plan { cells: Some((face, month_of(first), month_of(last))), records }
}

/// The first day of the month after a day's.
#[must_use]
pub fn next_month(day: Date) -> Option<Date> {
    day.with_day(1)?.checked_add_months(Months::new(1))
}

/// The last day of every month that has days in a period, cut at the period's end.
#[must_use]
pub fn month_ends(from: Date, to: Date) -> Vec<Date> {
    let mut ends = Vec::new();
    let mut day = Some(from);
    while let Some(next) = day.filter(|day| *day <= to) {
        day = next_month(next);
        ends.push(day.and_then(|first| first.pred_opt()).map_or(to, |end| end.min(to)));
    }
    ends
}

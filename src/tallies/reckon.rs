//! The arithmetic of tallies: sums and sets by groups. Pure; the same for cells and for records.

use std::collections::{BTreeMap, BTreeSet};

use super::measures::{Rule, Set};
use super::{Definition, Dimension, Question, cells};
use crate::experts::Merged;
use crate::kernel::{Dimensions, Error, Leaf, Measure, Result};
use crate::savings::figures::COUNTY_METHOD;

/// Quantities of one measure, told apart by some dimensions.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// What a key's parts are; never the calendar.
    pub dimensions: Vec<Dimension>,
    /// Month, key, quantity; the same (month, key) may come several times.
    pub rows: Vec<(String, String, i64)>,
}

impl Slice {
    /// Adds what leaves have of a measure.
    pub fn add_leaves<'a>(&mut self, leaves: impl Iterator<Item = &'a Leaf>, measure: Measure) {
        for leaf in leaves {
            if let Some((_, quantity)) = leaf.quantities.iter().find(|(counted, _)| *counted == measure) {
                self.rows.push((cells::month_of(leaf.dimensions.date), self.key(&leaf.dimensions), *quantity));
            }
        }
    }

    fn key(&self, leaf: &Dimensions) -> String {
        cells::key(leaf, &self.dimensions)
    }

    /// Gives what was recorded under a merged duplicate's name to its survivor.
    pub fn give_to_survivors(&mut self, merged: &Merged) {
        let Some(place) = self.dimensions.iter().position(|it| *it == Dimension::Expert) else { return };
        if merged.is_empty() {
            return;
        }
        for (_, key, _) in &mut self.rows {
            let expert = cells::values(key).nth(place).unwrap_or("");
            let survivor = merged.survivor(expert);
            if survivor != expert {
                *key = cells::with_value(key, place, survivor);
            }
        }
    }

    /// The rows that pass a question's filter: the values by which it groups, the value of one more dimension, the quantity.
    fn grouped<'a>(
        &'a self,
        question: &'a Question,
        of: Option<Dimension>,
    ) -> impl Iterator<Item = (Vec<&'a str>, &'a str, i64)> {
        let place = |dimension: Dimension| self.dimensions.iter().position(|it| *it == dimension);
        let group: Vec<Part> = question.group_by.iter().map(|dimension| Part::of(*dimension, place)).collect();
        let filter: Vec<(Dimension, Part)> =
            question.filter.dimensions().map(|dimension| (dimension, Part::Value(place(dimension)))).collect();
        let member = of.map(|dimension| Part::Value(place(dimension)));
        self.rows.iter().filter_map(move |(month, key, quantity)| {
            let values: Vec<&'a str> = cells::values(key).collect();
            let value = |part: &Part| -> &'a str {
                match part {
                    Part::Month => month,
                    Part::Year => month.get(..4).unwrap_or(month),
                    Part::Value(place) => place.and_then(|place| values.get(place).copied()).unwrap_or(""),
                }
            };
            let passes = filter.iter().all(|(dimension, part)| question.filter.passes(*dimension, value(part)));
            passes.then(|| (group.iter().map(value).collect(), member.as_ref().map_or("", value), *quantity))
        })
    }

    /// The sum of each group.
    ///
    /// # Errors
    /// A sum beyond 64 bits: an error, never wrapped.
    pub fn sums(&self, question: &Question) -> Result<BTreeMap<Vec<String>, i64>> {
        let mut sums: BTreeMap<Vec<&str>, i64> = BTreeMap::new();
        for (group, _, quantity) in self.grouped(question, None) {
            let sum = sums.entry(group).or_default();
            *sum = sum.checked_add(quantity).ok_or(Error::Internal("a tally is beyond 64 bits"))?;
        }
        Ok(sums.into_iter().map(|(group, sum)| (owned(group), sum)).collect())
    }

    /// The values of a dimension in each group that have a quantity.
    #[must_use]
    pub fn members(&self, question: &Question, of: Dimension) -> BTreeMap<Vec<String>, BTreeSet<String>> {
        let mut members: BTreeMap<Vec<&str>, BTreeSet<String>> = BTreeMap::new();
        for (group, member, quantity) in self.grouped(question, Some(of)) {
            if quantity > 0 && !member.is_empty() {
                members.entry(group).or_default().insert(member.to_owned());
            }
        }
        members.into_iter().map(|(group, members)| (owned(group), members)).collect()
    }
}

/// From where a row's value of a dimension is taken.
enum Part {
    Month,
    Year,
    /// The key's part in this place; none: the key doesn't know the dimension.
    Value(Option<usize>),
}

impl Part {
    fn of(dimension: Dimension, place: impl Fn(Dimension) -> Option<usize>) -> Part {
        match dimension {
            Dimension::Month => Part::Month,
            Dimension::Year => Part::Year,
            Dimension::HalfDay
            | Dimension::Site
            | Dimension::SiteLevel
            | Dimension::Expert
            | Dimension::HomeHospital
            | Dimension::Specialty
            | Dimension::Kind
            | Dimension::Residence => Part::Value(place(dimension)),
        }
    }
}

fn owned(group: Vec<&str>) -> Vec<String> {
    group.into_iter().map(str::to_owned).collect()
}

/// One measure's number: both parts of a quotient, else the denominator is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    /// The number, or the part above the line.
    pub quantity: i64,
    /// The part below the line.
    pub denominator: i64,
}

/// The members of a set in each group; and over everything, which no group tells.
pub type Members = (BTreeMap<Vec<String>, BTreeSet<String>>, BTreeSet<String>);

/// Everything that was counted for a question.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Sums of additive measures.
    pub sums: BTreeMap<Measure, BTreeMap<Vec<String>, i64>>,
    /// Sets.
    pub sets: BTreeMap<Set, Members>,
}

/// The answer: groups in the order of their keys, numbers in the order of the measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The groups that have a number other than zero.
    pub rows: Vec<(Vec<String>, Vec<Number>)>,
    /// The whole.
    pub totals: Vec<Number>,
}

impl Counted {
    /// Puts the numbers of a question's measures side by side.
    ///
    /// # Errors
    /// A total beyond 64 bits.
    pub fn answer(&self, question: &Question) -> Result<Answer> {
        let sums = self.sums.values().flat_map(BTreeMap::keys);
        let sets = self.sets.values().flat_map(|(groups, _)| groups.keys());
        let keys: BTreeSet<&Vec<String>> = sums.chain(sets).collect();
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            let number = |definition: &&'static Definition| self.number(definition, Some(key));
            let numbers = question.measures.iter().map(number).collect::<Result<Vec<_>>>()?;
            if numbers.iter().any(|number| *number != Number::default()) {
                rows.push((key.clone(), numbers));
            }
        }
        let totals = question.measures.iter().map(|definition| self.number(definition, None)).collect::<Result<_>>()?;
        Ok(Answer { rows, totals })
    }

    /// A measure's number in a group, or over everything.
    fn number(&self, definition: &Definition, group: Option<&Vec<String>>) -> Result<Number> {
        Ok(match definition.rule {
            Rule::Sum(measure, _) => Number { quantity: self.sum(measure, group)?, denominator: 0 },
            Rule::Method => Number { quantity: self.sum(COUNTY_METHOD, group)?, denominator: 0 },
            Rule::Quotient(above, below) => {
                let part = |name: &str| match super::measures::find(name).map(|it| it.rule) {
                    Some(Rule::Sum(measure, _)) => self.sum(measure, group),
                    Some(Rule::Size(_) | Rule::Quotient(..) | Rule::Method) | None => {
                        Err(Error::Internal("a part is no sum"))
                    }
                };
                Number { quantity: part(above)?, denominator: part(below)? }
            }
            Rule::Size(set) => {
                let members = self.sets.get(&set);
                let size = members.map_or(0, |(groups, all)| match group {
                    Some(group) => groups.get(group).map_or(0, BTreeSet::len),
                    None => all.len(),
                });
                Number { quantity: i64::try_from(size).unwrap_or(i64::MAX), denominator: 0 }
            }
        })
    }

    fn sum(&self, measure: Measure, group: Option<&Vec<String>>) -> Result<i64> {
        let Some(groups) = self.sums.get(&measure) else { return Ok(0) };
        match group {
            Some(group) => Ok(groups.get(group).copied().unwrap_or_default()),
            None => groups
                .values()
                .try_fold(0_i64, |total, sum| total.checked_add(*sum))
                .ok_or(Error::Internal("a tally is beyond 64 bits")),
        }
    }
}

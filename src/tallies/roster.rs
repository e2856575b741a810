//! The stocks of a roster: experts and home hospitals on a day. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::measures::Set;
use super::question::month_ends;
use super::reckon::Members;
use super::{Dimension, Question, cells};
use crate::experts::{Affiliation, Days, home_hospital_on};
use crate::kernel::{Date, Id};

/// An expert as the roster has it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub expert: Id,
    /// First and last day.
    pub days: Days,
    /// Where the expert works and worked.
    pub affiliations: Vec<Affiliation>,
    /// The foremost specialty; empty where none is known.
    pub specialty: String,
}

/// The members of a set in each group of a question, on the last day of each group's month, year or of the period; and those of
/// the whole, on the period's last day.
#[must_use]
pub fn members(roster: &[Member], question: &Question, set: Set) -> Members {
    let mut groups: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for day in days(question) {
        for (group, member) in on_day(roster, question, set, day) {
            groups.entry(group).or_default().insert(member);
        }
    }
    let all = on_day(roster, question, set, question.to).map(|(_, member)| member).collect();
    (groups, all)
}

/// The days on which a question looks at the roster.
fn days(question: &Question) -> Vec<Date> {
    let ends = month_ends(question.from, question.to);
    if question.group_by.contains(&Dimension::Month) {
        return ends;
    }
    if question.group_by.contains(&Dimension::Year) {
        let year = |day: &Date| cells::month_of(*day).get(..4).map(str::to_owned);
        let last = |(place, day): (usize, &Date)| match ends.get(place + 1) {
            Some(next) if year(next) == year(day) => None,
            Some(_) | None => Some(*day),
        };
        return ends.iter().enumerate().filter_map(last).collect();
    }
    vec![question.to]
}

fn on_day<'a>(
    roster: &'a [Member],
    question: &'a Question,
    set: Set,
    day: Date,
) -> impl Iterator<Item = (Vec<String>, String)> {
    let month = cells::month_of(day);
    roster.iter().filter(move |member| member.days.contains(day)).filter_map(move |member| {
        let hospital = home_hospital_on(&member.affiliations, day).map_or("", Id::as_str);
        let value = |dimension: Dimension| match dimension {
            Dimension::Month => month.clone(),
            Dimension::Year => month.chars().take(4).collect(),
            Dimension::Expert => member.expert.to_string(),
            Dimension::HomeHospital => hospital.to_owned(),
            Dimension::Specialty => member.specialty.clone(),
            Dimension::HalfDay | Dimension::Site | Dimension::SiteLevel | Dimension::Kind | Dimension::Residence => {
                String::new()
            }
        };
        let passes = question.filter.dimensions().all(|it| question.filter.passes(it, &value(it)));
        let who = match set {
            Set::Experts => member.expert.as_str(),
            Set::HomeHospitals => hospital,
            // Those are counted from sessions.
            Set::ActiveExperts | Set::ActiveSites => "",
        };
        (passes && !who.is_empty()).then(|| (question.group_by.iter().map(|it| value(*it)).collect(), who.to_owned()))
    })
}

//! What local hands have learned: the skill ladder of a pairing, and which operations are done locally now. Pure.

use std::collections::BTreeMap;

use super::{AssistantPart, Performer};
use crate::kernel::{Date, Id, vocabulary};

vocabulary! {
    /// How far an operation has come at a site.
    pub enum SuccessionStage: "SuccessionStage" {
        /// Only the expert has performed it there.
        ExpertLed = 1 => "EXPERT_LED",
        /// The assistant has, under supervision.
        Supervised = 2 => "SUPERVISED",
        /// A local surgeon has alone, after the expert.
        Local = 3 => "LOCAL",
    }
}

/// An operation by the code of its main line, whatever the code system's version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OperationCode {
    /// The code system.
    pub system: String,
    /// The code.
    pub code: String,
}

/// Cases that are alike, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cases {
    /// Where.
    pub site: Id,
    /// What.
    pub operation: OperationCode,
    /// Who performed them.
    pub performer: Performer,
    /// The assistant's part, where one is on record.
    pub part: Option<AssistantPart>,
    /// How many.
    pub count: i64,
    /// The first service date among them.
    pub first: Date,
    /// The last one.
    pub last: Date,
}

/// How often something was done, and on which days first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: i64,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl Tally {
    fn with(before: Option<Tally>, cases: &Cases) -> Tally {
        let Cases { count, first, last, .. } = *cases;
        before.map_or(Tally { count, first, last }, |it| Tally {
            count: it.count + count,
            first: it.first.min(first),
            last: it.last.max(last),
        })
    }
}

/// What an assistant has done of one operation, rung by rung.
pub type Rungs = BTreeMap<AssistantPart, Tally>;

/// The skill ladder: each operation with the parts that the assistant had in it, the lowest first.
#[must_use]
pub fn ladder(cases: &[Cases]) -> BTreeMap<OperationCode, Rungs> {
    let mut skills: BTreeMap<OperationCode, Rungs> = BTreeMap::new();
    for one in cases {
        let Some(part) = one.part else { continue };
        let rungs = skills.entry(one.operation.clone()).or_default();
        let before = rungs.get(&part).copied();
        rungs.insert(part, Tally::with(before, one));
    }
    skills
}

/// How far one operation has come at one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// Where.
    pub site: Id,
    /// What.
    pub operation: OperationCode,
    /// By the expert.
    pub expert: Option<Tally>,
    /// By the assistant under supervision.
    pub supervised: Option<Tally>,
    /// By local surgeons alone.
    pub local: Option<Tally>,
    /// How far it has come.
    pub stage: SuccessionStage,
}

/// What experts brought to sites, by site and operation: an operation that no expert has performed or supervised there is none of
/// theirs, and left out. It is LOCAL once local surgeons have done it at least so often, the last time after the expert's first.
#[must_use]
pub fn succession(cases: &[Cases], least: i64) -> Vec<Succession> {
    let mut found: BTreeMap<(Id, OperationCode), [Option<Tally>; 3]> = BTreeMap::new();
    for one in cases {
        let place = match one.performer {
            Performer::Expert => 0,
            Performer::AssistantSupervised => 1,
            Performer::Local => 2,
        };
        let tallies = found.entry((one.site.clone(), one.operation.clone())).or_default();
        tallies[place] = Some(Tally::with(tallies[place], one));
    }
    let of = |((site, operation), [expert, supervised, local]): ((Id, OperationCode), [Option<Tally>; 3])| {
        let brought = expert.iter().chain(&supervised).map(|it| it.first).min()?;
        let is_local = local.is_some_and(|it| it.count >= least && it.last >= brought);
        let stage = match (is_local, supervised) {
            (true, _) => SuccessionStage::Local,
            (false, Some(_)) => SuccessionStage::Supervised,
            (false, None) => SuccessionStage::ExpertLed,
        };
        Some(Succession { site, operation, expert, supervised, local, stage })
    };
    found.into_iter().filter_map(of).collect()
}

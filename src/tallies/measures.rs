//! The measures as data: what each counts, its arithmetic, its unit and its texts. A changed definition gets the next version.

use super::{MeasureSpan, MeasureType};
use crate::activities::leaf;
use crate::kernel::Measure;
use crate::sessions::sittings;

mod savings;

pub use savings::SAVINGS;

/// Which records an additive measure is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Sessions that were held.
    Sessions,
    /// Visits.
    Visits,
    /// Activities.
    Activities,
    /// Avoided trips with what they saved.
    Savings,
}

/// What a distinct measure is the size of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// Experts on the roster.
    Experts,
    /// Home hospitals of experts on the roster.
    HomeHospitals,
    /// Experts with a session that was held.
    ActiveExperts,
    /// Sites with a session that was held.
    ActiveSites,
}

/// How a measure is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Summed from records.
    Sum(Measure, Origin),
    /// A set's size.
    Size(Set),
    /// One sum over another, by their names.
    Quotient(&'static str, &'static str),
    /// Other sums multiplied by the county's own method, each day by the version in force.
    Method,
}

/// A text in Chinese and English.
pub type Text = (&'static str, &'static str);

/// A measure's definition.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// How it is reckoned.
    pub rule: Rule,
    /// Of a day or of a period.
    pub span: MeasureSpan,
    /// Its unit.
    pub unit: Text,
    /// What it counts.
    pub definition: Text,
    /// What is printed under it; may be empty.
    pub footnote: Text,
    /// The definition's version, from 1.
    pub version: i32,
}

impl Definition {
    /// What arithmetic it obeys.
    #[must_use]
    pub fn measure_type(&self) -> MeasureType {
        match self.rule {
            // A method is linear in what it multiplies.
            Rule::Sum(..) | Rule::Method => MeasureType::Additive,
            Rule::Size(_) => MeasureType::Distinct,
            Rule::Quotient(..) => MeasureType::Ratio,
        }
    }
}

/// The definition of a measure's name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    all().find(|definition| definition.name == name)
}

/// Every measure, in the order in which they are printed.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    MEASURES.iter().chain(SAVINGS)
}

/// The additive measures with where they are counted, in the order in which they are printed.
pub fn sums() -> impl Iterator<Item = (Measure, Origin)> {
    all().filter_map(|definition| match definition.rule {
        Rule::Sum(measure, origin) => Some((measure, origin)),
        Rule::Size(_) | Rule::Quotient(..) | Rule::Method => None,
    })
}

const fn flow(measure: Measure, origin: Origin, unit: Text, definition: Text, footnote: Text) -> Definition {
    let rule = Rule::Sum(measure, origin);
    Definition { name: measure.as_str(), rule, span: MeasureSpan::Flow, unit, definition, footnote, version: 1 }
}

/// Every measure but those of savings, in the order in which they are printed: what is asked for where none is named.
pub static MEASURES: &[Definition] = &[
    Definition {
        name: "experts",
        rule: Rule::Size(Set::Experts),
        span: MeasureSpan::Stock,
        unit: ("人", "experts"),
        definition: ("期末在册专家人数", "Experts on the roster on the last day."),
        footnote: ("合计去重：各分组之和可能大于合计", "Distinct: groups may add up to more than the total."),
        version: 1,
    },
    Definition {
        name: "home_hospitals",
        rule: Rule::Size(Set::HomeHospitals),
        span: MeasureSpan::Stock,
        unit: ("家", "hospitals"),
        definition: (
            "期末在册专家当日主要执业医院家数",
            "Home hospitals of the experts on the roster, by their main affiliation on the last day.",
        ),
        footnote: ("合计去重：各分组之和可能大于合计", "Distinct: groups may add up to more than the total."),
        version: 1,
    },
    Definition {
        name: "active_experts",
        rule: Rule::Size(Set::ActiveExperts),
        span: MeasureSpan::Flow,
        unit: ("人", "experts"),
        definition: ("期内有实际开展场次的专家人数", "Experts with a session held in the period."),
        footnote: ("合计去重：各分组之和可能大于合计", "Distinct: groups may add up to more than the total."),
        version: 1,
    },
    Definition {
        name: "active_sites",
        rule: Rule::Size(Set::ActiveSites),
        span: MeasureSpan::Flow,
        unit: ("个", "sites"),
        definition: ("期内有实际开展场次的服务点个数", "Sites with a session held in the period."),
        footnote: ("合计去重：各分组之和可能大于合计", "Distinct: groups may add up to more than the total."),
        version: 1,
    },
    flow(
        Measure::SITTINGS,
        Origin::Sessions,
        ("次", "sittings"),
        (
            "实际开展的坐诊次数：同一专家、同一服务点、同一半日（或按项目口径同一日）计一次，计入实到专家；义诊另计",
            "Clinics held: one per (expert who came, site, half-day), or per day where the programme counts so; free clinics apart.",
        ),
        ("坐诊次是专家出诊的次数，不是患者人数", "A sitting is the expert's act, not a number of patients."),
    ),
    flow(
        sittings::FREE_CLINICS,
        Origin::Sessions,
        ("场", "free clinics"),
        ("实际开展的义诊场次，不计入坐诊次", "Free clinics held; no part of the sittings."),
        ("", ""),
    ),
    flow(
        sittings::SESSIONS_HELD,
        Origin::Sessions,
        ("场", "sessions"),
        ("实际开展的各类场次", "Sessions held, of every kind."),
        ("取消和未开展的场次不计", "Cancelled sessions and those not held don't count."),
    ),
    flow(
        Measure::VISITS,
        Origin::Visits,
        ("人次", "visits"),
        ("专家行程：一名专家一次往返计一人次", "Trips: one expert's one trip."),
        ("", ""),
    ),
    flow(
        Measure::CONSULTATIONS,
        Origin::Activities,
        ("人次", "consultations"),
        ("专家诊疗人次，含仅有人数的登记", "Patients seen by the expert; headcounts count."),
        ("仅有人数的登记不计节省费用", "Headcounts carry no saving."),
    ),
    flow(
        leaf::NEW_CONSULTATIONS,
        Origin::Activities,
        ("人次", "consultations"),
        ("初诊人次：登记为初诊的诊疗人次", "Consultations recorded as for a new complaint."),
        ("未登记初复诊的不计", "Those not known to be new or follow-up aren't counted."),
    ),
    flow(
        leaf::FOLLOW_UP_CONSULTATIONS,
        Origin::Activities,
        ("人次", "consultations"),
        ("复诊人次：登记为复诊的诊疗人次", "Consultations recorded as following up on an earlier one."),
        ("未登记初复诊的不计", "Those not known to be new or follow-up aren't counted."),
    ),
    flow(
        Measure::OPERATION_CASES,
        Origin::Activities,
        ("台次", "cases"),
        (
            "手术台次：一台一麻醉计一台次，多术式、多专家仍计一台次；专家主刀或助手在专家指导下主刀",
            "Operation cases: one table, one anaesthetic, by the expert or by the assistant under supervision.",
        ),
        ("本地医生独立手术另计", "Cases of local surgeons alone are counted apart."),
    ),
    flow(
        leaf::LOCAL_OPERATION_CASES,
        Origin::Activities,
        ("台次", "cases"),
        ("本地医生独立完成的手术台次", "Operation cases that local surgeons did alone."),
        ("反映技术传承，不计入手术台次", "A sign of succession, no part of the operation cases."),
    ),
    flow(
        leaf::TEACHINGS,
        Origin::Activities,
        ("次", "teachings"),
        ("带教记录数", "Teaching at the bedside or bench."),
        ("", ""),
    ),
    flow(
        leaf::TRAINEES,
        Origin::Activities,
        ("人次", "trainees"),
        ("带教人次，人数不详的记录计零", "Those taught, as often as they were; unknown numbers add nothing."),
        ("", ""),
    ),
    flow(leaf::LECTURES, Origin::Activities, ("场", "lectures"), ("讲座场次", "Lectures."), ("", "")),
    flow(
        leaf::LECTURE_ATTENDANCE,
        Origin::Activities,
        ("人次", "attendances"),
        ("讲座听课人次，人数不详的讲座计零", "Attendance of lectures; unknown numbers add nothing."),
        ("", ""),
    ),
    flow(
        leaf::TECHNIQUES,
        Origin::Activities,
        ("项", "techniques"),
        ("引进并已开展的新技术项数", "Techniques that sites now do."),
        ("", ""),
    ),
    flow(
        leaf::GAPS,
        Origin::Activities,
        ("项", "gaps"),
        ("填补空白项数，含县级、市级、省级", "Gaps filled, of the county, the city and the province."),
        ("", ""),
    ),
    flow(
        leaf::COUNTY_GAPS,
        Origin::Activities,
        ("项", "gaps"),
        ("填补县级空白项数", "Gaps of the county filled."),
        ("", ""),
    ),
    flow(
        leaf::CITY_GAPS,
        Origin::Activities,
        ("项", "gaps"),
        ("填补市级空白项数", "Gaps of the city filled."),
        ("", ""),
    ),
    flow(
        leaf::PROVINCE_GAPS,
        Origin::Activities,
        ("项", "gaps"),
        ("填补省级空白项数", "Gaps of the province filled."),
        ("", ""),
    ),
    flow(
        leaf::TRAINED_STAFF,
        Origin::Activities,
        ("人", "staff"),
        ("带出能独立工作的本地人员数", "Local staff trained until they stay and can do the work."),
        ("与带教人次不同，不可相加", "No part of the trainees, who are counted as often as they are taught."),
    ),
    flow(
        Measure::DECLARED_SAVINGS_FEN,
        Origin::Activities,
        ("分", "fen"),
        (
            "县级自报为患者家庭节省的费用，按该县自定方法",
            "What the county declares that patients' households saved, by its own method.",
        ),
        ("自报口径，未经测算参数核定", "Declared, not estimated by a tariff."),
    ),
    Definition {
        name: "consultations_per_sitting",
        rule: Rule::Quotient("consultations", "sittings"),
        span: MeasureSpan::Flow,
        unit: ("人次/次", "consultations a sitting"),
        definition: ("平均每次坐诊的诊疗人次", "Consultations for each sitting, both parts kept."),
        footnote: (
            "分子含坐诊以外场次的诊疗人次；按场次类别筛选“坐诊”后两者同口径",
            "The upper part includes consultations outside clinics; filter by kind CLINIC to compare like with like.",
        ),
        version: 1,
    },
];

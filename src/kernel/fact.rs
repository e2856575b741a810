//! Facts: what a write did to the figures. Projections fold them; which measures exist is the tallies' business.
use std::fmt;

use super::{Date, HalfDay, Id, Residence};

/// One countable thing before and after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name of the resource that it rests on.
    pub name: String,
    /// What kind of thing it is, such as `session` or `activity`.
    pub kind: &'static str,
    /// What it counted for until now; `None` where it is new.
    pub before: Option<Leaf>,
    /// What it counts for from now on; `None` where it no longer counts.
    pub after: Option<Leaf>,
}

/// What one thing counts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Where it is counted, as of the service date.
    pub dimensions: Dimensions,
    /// How much of each measure; a measure stands once.
    pub quantities: Vec<(Measure, i64)>,
    /// Whether another person has attested the record that says so.
    pub attested: bool,
}

/// Where a leaf is counted: copied onto the record as of the service date.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimensions {
    /// The civil day in the site's zone.
    pub date: Date,
    /// The half-day, where it is known.
    pub half_day: Option<HalfDay>,
    /// The site.
    pub site: Id,
    /// The code of the site's level.
    pub site_level: String,
    /// The expert who is credited.
    pub expert: Option<Id>,
    /// The expert's home hospital.
    pub home_hospital: Option<Id>,
    /// The specialty's code; empty where none is known.
    pub specialty: String,
    /// The code of the session's or the activity's kind.
    pub kind: String,
    /// Where the patient lives.
    pub residence: Residence,
}

/// A measure by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Measure(&'static str);

impl Measure {
    /// 坐诊次: clinics held, one per (expert, site, half-day).
    pub const SITTINGS: Self = Self("sittings");
    /// 诊疗人次: patients seen by the expert.
    pub const CONSULTATIONS: Self = Self("consultations");
    /// 手术台次: one table, one anaesthetic.
    pub const OPERATION_CASES: Self = Self("operation_cases");
    /// What the county declared as saved, in fen.
    pub const DECLARED_SAVINGS_FEN: Self = Self("declared_savings_fen");
    /// 专家 × 行程: trips of experts.
    pub const VISITS: Self = Self("visits");

    /// A measure of this name, `[a-z_]+`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

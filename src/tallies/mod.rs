//! Tallies 统计: measures over sessions, visits and activities by period and dimension.
//!
//! A tally is computed, never edited. Cells follow every write in its own transaction ([`cells::project`]); what no face of
//! them covers is recounted from the records, and so is everything by `Reconcile`. Nothing that a command decides on is a tally.
//! A closed period's tally is a statement, which never changes. Not here: how a record counts (`sessions`, `visits`, `activities`), what is
//! printed (`bulletins`).

use crate::kernel::{Collection, Date, Id, Meta, Name, vocabulary};

pub mod cells;
pub mod commands;
pub mod extract;
pub mod measures;
pub mod proof;
pub mod queries;
pub mod question;
pub mod reactions;
pub mod reckon;
pub mod roster;
pub mod sensitivity;
pub mod service;
pub mod statement;
pub mod store;
pub(crate) mod wire;

pub use measures::Definition;
pub use question::{Filter, Question};
pub use reckon::{Answer, Number};

/// The collection `openingBalances`.
pub enum OpeningBalances {}

impl Collection for OpeningBalances {
    const COLLECTION: &'static str = "openingBalances";
}

vocabulary! {
    /// What arithmetic a measure obeys.
    pub enum MeasureType: "MeasureType" {
        /// The total is the sum of any partition.
        Additive = 1 => "ADDITIVE",
        /// The size of a set.
        Distinct = 2 => "DISTINCT",
        /// A quotient of two additive measures.
        Ratio = 3 => "RATIO",
    }
}

vocabulary! {
    /// Whether a measure is of a day or of a period.
    pub enum MeasureSpan: "MeasureSpan" {
        /// On the last day.
        Stock = 1 => "STOCK",
        /// Over the period.
        Flow = 2 => "FLOW",
    }
}

vocabulary! {
    /// What a tally can be grouped by.
    pub enum Dimension: "TallyDimension" {
        /// Calendar month.
        Month = 1 => "MONTH",
        /// Calendar year.
        Year = 2 => "YEAR",
        /// 午别.
        HalfDay = 3 => "HALF_DAY",
        /// Site.
        Site = 4 => "SITE",
        /// The site's level.
        SiteLevel = 5 => "SITE_LEVEL",
        /// The expert who is credited.
        Expert = 6 => "EXPERT",
        /// The expert's home hospital.
        HomeHospital = 7 => "HOME_HOSPITAL",
        /// 诊疗科目.
        Specialty = 8 => "SPECIALTY",
        /// The kind of session.
        Kind = 9 => "KIND",
        /// The patient's residence.
        Residence = 10 => "RESIDENCE",
    }
}

vocabulary! {
    /// Where an answer's numbers were read.
    pub enum Source: "TallySource" {
        /// Monthly cells.
        Cells = 1 => "CELLS",
        /// The records.
        Records = 2 => "RECORDS",
        /// Cells for whole months, records for the days at the ends.
        CellsAndRecords = 3 => "CELLS_AND_RECORDS",
    }
}

vocabulary! {
    /// Which records count.
    pub enum Basis: "TallyBasis" {
        /// Every record that stands.
        Recorded = 1 => "RECORDED",
        /// Those that another person has attested; visits and the roster, which have no sheets, as recorded.
        Attested = 2 => "ATTESTED",
    }
}

vocabulary! {
    /// Where an opening balance stands.
    pub enum BalanceState: "OpeningBalanceState" {
        /// It is declared.
        Declared = 1 => "DECLARED",
        /// It was taken back.
        Voided = 2 => "VOIDED",
    }
}

/// 期初数: a declared figure from before records began. Always shown apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningBalance {
    /// `programmes/{programme}/openingBalances/{opening_balance}`.
    pub name: Name<OpeningBalances>,
    /// An additive measure.
    pub measure: &'static Definition,
    /// The figure, in the measure's unit; not negative.
    pub quantity: i64,
    /// Its last day; records count from the day after.
    pub as_of: Date,
    /// The document that states it.
    pub document: String,
    /// The office that declared it.
    pub declared_by: String,
    /// Where it stands.
    pub state: BalanceState,
    /// Revision and times.
    pub meta: Meta,
}

impl OpeningBalance {
    /// The largest figure.
    pub const MOST: i64 = 1_000_000_000_000_000;

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &Id {
        self.name.id()
    }
}

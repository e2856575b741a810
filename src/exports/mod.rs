//! Exports: a programme's records as the bytes of a file, pinned to a sequence number, the same bytes each time.
//!
//! A table's statements answer rows as text (`store`), a row becomes CSV or NDJSON (`render`), and a file is put together with
//! its counts and its hash (`file`). Nothing is kept: an interrupted export is made again from its beginning and sent from where it
//! stopped. Not here: what records mean (their slices), how tallies are counted (`tallies`).

use crate::kernel::{Date, Vocabulary as _, vocabulary};
use crate::tallies::{Dimension, MeasureType, Question};

pub mod file;
pub mod queries;
pub mod render;
pub mod service;
pub mod store;
mod wire;

vocabulary! {
    /// How an export is written.
    pub enum Format: "ExportFormat" {
        /// RFC 4180 in UTF-8, with column names.
        Csv = 1 => "CSV",
        /// A JSON object a line.
        Ndjson = 2 => "NDJSON",
    }
}

/// What parts the cells of a row as statements answer them; no text of ours holds a control character, and JSON doesn't escape this one.
pub const CELL: char = '\u{7f}';
/// What parts rows.
pub const ROW: char = '\u{80}';

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, which a spreadsheet must not take for a formula.
    Text,
    /// A whole number that adds up to something.
    Sum,
    /// A whole number that doesn't.
    Number,
    /// JSON; an empty list is no value.
    Json,
    /// An instant in microseconds since 1970 UTC.
    Instant,
    /// A JSON list of the tariffs that a row rests on, which the manifest names.
    Tariffs,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// The columns of activities, in the order in which `store` reads them; the last two are the patient's.
pub const ACTIVITY_COLUMNS: &[Column] = &[
    column("date", Kind::Text),
    column("activity", Kind::Text),
    column("state", Kind::Text),
    column("kind", Kind::Text),
    column("quantity", Kind::Sum),
    column("session_kind", Kind::Text),
    column("half_day", Kind::Text),
    column("session", Kind::Text),
    column("site", Kind::Text),
    column("site_level", Kind::Text),
    column("lead_expert", Kind::Text),
    column("co_experts", Kind::Json),
    column("home_hospital", Kind::Text),
    column("specialty", Kind::Text),
    column("residence", Kind::Text),
    column("consultation_type", Kind::Text),
    column("technique", Kind::Text),
    column("assistant", Kind::Text),
    column("assistant_part", Kind::Text),
    column("gap_level", Kind::Text),
    column("performer", Kind::Text),
    column("grade", Kind::Number),
    column("grade_list", Kind::Text),
    column("procedures", Kind::Json),
    column("declared_saving_fen", Kind::Sum),
    column("irregularities", Kind::Json),
    column("void_reason", Kind::Text),
    column("sheet", Kind::Text),
    column("recorder", Kind::Text),
    column("revision", Kind::Number),
    column("since_sequence", Kind::Number),
    column("update_time", Kind::Instant),
    column("patient_issuer", Kind::Text),
    column("patient_token", Kind::Text),
];

/// The columns of savings, which are trips, in the order in which `store` reads them; the last two are the patient's.
pub const SAVING_COLUMNS: &[Column] = &[
    column("date", Kind::Text),
    column("trip", Kind::Text),
    column("state", Kind::Text),
    column("cause", Kind::Text),
    column("stratum", Kind::Text),
    column("site", Kind::Text),
    column("site_level", Kind::Text),
    column("expert", Kind::Text),
    column("home_hospital", Kind::Text),
    column("specialty", Kind::Text),
    column("session_kind", Kind::Text),
    column("half_day", Kind::Text),
    column("residence", Kind::Text),
    column("origin", Kind::Text),
    column("destination", Kind::Text),
    column("activities", Kind::Json),
    column("session", Kind::Text),
    column("encounter", Kind::Text),
    column("travel_fen", Kind::Sum),
    column("lodging_fen", Kind::Sum),
    column("meals_fen", Kind::Sum),
    column("bill_fen", Kind::Sum),
    column("time_fen", Kind::Sum),
    column("fund_fen", Kind::Sum),
    column("parts", Kind::Json),
    column("policy", Kind::Text),
    column("tariffs", Kind::Tariffs),
    column("void_reason", Kind::Text),
    column("recorder", Kind::Text),
    column("revision", Kind::Number),
    column("since_sequence", Kind::Number),
    column("update_time", Kind::Instant),
    column("patient_issuer", Kind::Text),
    column("patient_token", Kind::Text),
];

/// The last columns of a table that say who a patient is.
pub const PATIENT_COLUMNS: usize = 2;

/// What is exported row by row, in versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// What was done.
    Activities,
    /// Trips with what they saved.
    Savings,
}

impl Table {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Activities => "activities",
            Table::Savings => "savings",
        }
    }

    fn columns(self) -> &'static [Column] {
        match self {
            Table::Activities => ACTIVITY_COLUMNS,
            Table::Savings => SAVING_COLUMNS,
        }
    }
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of which table.
    pub table: Table,
    /// First service date; none: from the first one.
    pub from: Option<Date>,
    /// Last service date; none: to the last one.
    pub to: Option<Date>,
    /// Whether voided ones, too.
    pub with_voided: bool,
    /// Whether patients' issuers and tokens are in it.
    pub with_patients: bool,
}

impl Choice {
    /// The columns of the file.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let all = self.table.columns();
        let hidden = if self.with_patients { 0 } else { PATIENT_COLUMNS };
        all[..all.len() - hidden].to_vec()
    }

    /// In words, for the manifest.
    #[must_use]
    pub fn words(&self) -> String {
        let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
        let yes = |is: bool| if is { "yes" } else { "no" };
        let (from, to) = (day(self.from), day(self.to));
        format!("from={from} to={to} voided={} patients={}", yes(self.with_voided), yes(self.with_patients))
    }
}

/// What a tally's file is called in manifests.
pub const TALLY: &str = "tally";

/// The columns of a tally: what it is grouped by, then its measures. A sum stands only under what adds up.
#[must_use]
pub fn tally_columns(question: &Question) -> Vec<Column> {
    let group = question.group_by.iter().map(|dimension| column(dimension_name(*dimension), Kind::Text));
    let measure = question.measures.iter().map(|definition| match definition.measure_type() {
        MeasureType::Additive => column(definition.name, Kind::Sum),
        MeasureType::Distinct | MeasureType::Ratio => column(definition.name, Kind::Number),
    });
    group.chain(measure).collect()
}

/// A tally's question in words, for the manifest.
#[must_use]
pub fn tally_words(question: &Question) -> String {
    let Question { from, to, group_by, filter, basis, .. } = question;
    let group: Vec<&str> = group_by.iter().map(|dimension| dimension_name(*dimension)).collect();
    let narrowed = if filter.is_empty() { String::new() } else { format!(" filter={filter:?}") };
    format!("from={from} to={to} by={} basis={}{narrowed}", group.join(","), basis.code())
}

const fn dimension_name(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Month => "month",
        Dimension::Year => "year",
        Dimension::HalfDay => "half_day",
        Dimension::Site => "site",
        Dimension::SiteLevel => "site_level",
        Dimension::Expert => "expert",
        Dimension::HomeHospital => "home_hospital",
        Dimension::Specialty => "specialty",
        Dimension::Kind => "kind",
        Dimension::Residence => "residence",
    }
}

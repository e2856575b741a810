//! The specialties (诊疗科目) that the demo's experts have, and an operation or two of each surgical one.

use crate::kernel::Specialty;

/// A specialty and how often the demo's experts have it.
pub(super) struct Field {
    pub(super) code: &'static str,
    pub(super) weight: u32,
    /// Empty: its experts don't operate.
    pub(super) operations: &'static [Operation],
}

/// An operation of 国临版 3.0 (shape only: the demo claims no coding practice).
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// Code in 国临版 3.0.
    pub code: &'static str,
    /// Its grade, 1 to 4, by the site's filed list.
    pub grade: u8,
}

const fn operation(code: &'static str, grade: u8) -> Operation {
    Operation { code, grade }
}

const fn field(code: &'static str, weight: u32, operations: &'static [Operation]) -> Field {
    Field { code, weight, operations }
}

pub(super) const FIELDS: &[Field] = &[
    field("03.01", 8, &[]),
    field("03.02", 7, &[]),
    field("03.03", 10, &[]),
    field("03.04", 12, &[]),
    field("03.06", 5, &[]),
    field("03.07", 7, &[]),
    field("07", 8, &[]),
    field("28", 5, &[]),
    field("50", 6, &[]),
    field("04.01", 12, &[operation("51.2300", 3), operation("47.0100", 2)]),
    field("04.03", 10, &[operation("81.5400", 4), operation("79.3600", 3)]),
    field("04.04", 6, &[operation("60.2900", 3), operation("56.3100", 3)]),
    field("05.01", 8, &[operation("68.4100", 4), operation("65.2500", 3)]),
    field("10", 5, &[operation("13.4100", 3)]),
];

/// Operations of a specialty; none for those that don't operate.
pub(super) fn operations(code: &str) -> &'static [Operation] {
    FIELDS.iter().find(|field| field.code == code).map_or(&[], |field| field.operations)
}

pub(super) const COUNTY: &[&str] = &["03", "04", "05", "07", "10", "28", "50"];
pub(super) const COUNTY_CHINESE_MEDICINE: &[&str] = &["03", "04", "50"];
pub(super) const TOWNSHIP: &[&str] = &["03", "04", "05", "07", "50"];
pub(super) const COMMUNITY: &[&str] = &["03", "07", "50"];

pub(super) fn parse(codes: &[&str]) -> Vec<Specialty> {
    codes.iter().filter_map(|code| Specialty::parse(code).ok()).collect()
}

//! A made-up county programme with the figures that Liling has published, to try the service on.
//!
//! [`Plan`] says what happened, purely and always the same; [`commands::load`] sends it through the commands. Synthetic
//! throughout and calibrated to published totals: only the township names and the totals are real. There is no person
//! here, and no figure of any institution. The demo writes nothing by itself: it has no store and no SQL.

pub mod commands;
mod deeds;
mod dice;
mod people;
mod places;
mod plan;
mod savings;
mod schedule;
mod sheets;
mod specialties;

pub use dice::apportion;
pub use people::{Assistant, Expert, Hospital, Host};
pub use places::{Room, Site};
pub use plan::{Activity, Case, Consent, Deed, Outcome, Patient, Plan, Session, Visit};
pub use savings::{Price, Trip};
pub use sheets::{About, Sheet, UNATTESTED_FROM};

use crate::kernel::Date;

/// The programme's id: `programmes/liling`.
pub const PROGRAMME: &str = "liling";

/// The system of the demo's external ids, and the issuer of its patients' tokens.
pub const SYSTEM: &str = "demo";

/// Zone of every site.
pub const ZONE: &str = "Asia/Shanghai";

/// The programme's first day, a Monday.
pub const FIRST_DAY: Date = day(2017, 4, 3);

/// The day of the published figures, a Monday; what the demo says happened ends the day before.
pub const AS_OF: Date = day(2024, 4, 22);

/// Experts on the roster on the day of the figures (published).
pub const ROSTER: u32 = 232;

/// Experts on the first day, all born in Liling (published).
pub const FIRST_EXPERTS: u32 = 25;

/// Provincial key hospitals that the experts work at (published).
pub const HOME_HOSPITALS: u32 = 15;

/// Sittings up to the day of the figures (published).
pub const SITTINGS: u32 = 9_919;

/// Operation cases that count, up to the day of the figures (published).
pub const OPERATION_CASES: u32 = 6_416;

/// What the county says patients saved, in fen: more than this (published in round words).
pub const DECLARED_SAVINGS_ABOVE_FEN: i64 = 5_700_000_000;

// What a run of dice is about: one number each, so that a new throw somewhere moves nothing elsewhere.
const PURPOSE_EXPERT: u64 = 1;
const PURPOSE_TURN: u64 = 2;
const PURPOSE_VISIT: u64 = 3;
const PURPOSE_TRIP: u64 = 4;

const fn day(year: i32, month: u32, day: u32) -> Date {
    match Date::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => Date::MIN,
    }
}

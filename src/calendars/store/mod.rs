//! The tables of calendars: SQL, rows to types, and what later slices read of many experts and days at once.
//!
//! There is no rule here; which instants a row covers is reckoned in `shape.rs`.

pub mod absences;
pub mod days;
pub mod offers;

use crate::kernel::Timestamp;

/// The tables that this slice writes.
pub const TABLES: &[&str] = &["calendar_years", "calendar_days", "offers", "offer_sites", "expert_absences"];

/// Stored instants were reckoned by an older tz database perhaps: rows this close to a window are read too, in minutes.
const SLACK_MINUTES: i64 = 24 * 60;

/// A window wide enough for every row that can touch it.
fn widened(from: Timestamp, until: Timestamp) -> (Timestamp, Timestamp) {
    (from.plus_minutes(-SLACK_MINUTES), until.plus_minutes(SLACK_MINUTES))
}

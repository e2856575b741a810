//! How a programme treats records: how late one may be entered, and how many a sheet's attester looks up again. Pure.

use super::Record;
use crate::kernel::{Collection, Date, Error, Meta, Reason, Result};

/// The collection `activityPolicies`, which has one: `default`.
pub enum ActivityPolicies {}

impl Collection for ActivityPolicies {
    const COLLECTION: &'static str = "activityPolicies";
}

/// The id of a programme's one policy.
pub const ONLY: &str = "default";

/// The longest window, in days: a century.
pub const MOST_DAYS: i64 = 36_500;

/// How a programme treats records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A record can be entered so many days after its service date, 1 to [`MOST_DAYS`]; 0: however late.
    pub late_entry_days: i64,
    /// Of every hundred records on a sheet that are no operation cases, the attester looks so many up again, 1 to 100.
    pub recheck_percent: i64,
    /// Revision and times; none: nobody has changed it yet.
    pub meta: Option<Meta>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { late_entry_days: 0, recheck_percent: 10, meta: None }
    }
}

impl Policy {
    /// The revision; 0 where nobody has changed it.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.meta.as_ref().map_or(0, |meta| meta.revision)
    }
}

/// Refuses what comes after a window of so many days, 0: however late; `today` is the site's.
///
/// # Errors
/// `ENTRY_WINDOW_CLOSED`.
pub fn admit(late_entry_days: i64, record: &Record, today: Date) -> Result<()> {
    let first = today - chrono::Days::new(late_entry_days.unsigned_abs());
    if late_entry_days == 0 || record.date >= first {
        return Ok(());
    }
    let message = "the programme's window for late entries has closed: records of this day can be amended, not added";
    let refusal = Error::refused(Reason::EntryWindowClosed, message);
    Err(refusal.with("date", record.date).with("first_date", first))
}

//! Accounts: what the programme asked of an expert in a quarter, and what the expert gave from a day to a day.
//!
//! Everything is computed from what earlier slices keep, each time it is asked; what isn't on record is unknown, never 0. One expert at a
//! time: nobody is compared. Not here: figures of the programme (`tallies`).
use crate::kernel::{Date, Id, Timestamp};
use crate::sessions::{OutcomeResult, Session, SessionState};

pub mod burden;
pub mod certificate;
pub mod queries;
pub mod service;
pub mod store;
mod wire;

pub use burden::{Beyond, Burden, Evidence, burden};
pub use certificate::{AtSite, Certificate, Done, certificate};

/// When a session was held, if it was and one of these is who came or was beside: the same expert may have several ids.
#[must_use]
pub fn held_with(session: &Session, ids: &[Id]) -> Option<(Timestamp, Timestamp)> {
    match session.state {
        SessionState::Completed => {}
        SessionState::Tentative
        | SessionState::Proposed
        | SessionState::Confirmed
        | SessionState::InProgress
        | SessionState::NotHeld
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => return None,
    }
    let OutcomeResult::Held { start, end, expert, .. } = &session.outcome.as_ref()?.result else { return None };
    let beside = session.plan.co_experts.iter().any(|id| ids.contains(id));
    (ids.contains(expert) || beside).then_some((*start, *end))
}

/// The first and the last day of a quarter, 1 to 4.
#[must_use]
pub fn quarter_days(year: i32, quarter: u32) -> Option<(Date, Date)> {
    let first = Date::from_ymd_opt(year, quarter.checked_mul(3)?.checked_sub(2)?, 1)?;
    let next = first.checked_add_months(chrono::Months::new(3))?;
    Some((first, next.pred_opt()?))
}

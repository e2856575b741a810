//! Sends the plan through the commands, in an order in which everything stands on what is there already.
//!
//! Every resource has the plan's id, so that what is there is left alone: a load that was killed is finished by the next
//! one and doubles nothing. It uses no request ids, which are forgotten after a week.
mod drafts;
mod loader;
mod papers;
mod savings;
mod sheets;

use crate::db::Db;
use crate::kernel::{Date, Error, Result, Zone};

use self::drafts::Drafts;
use self::loader::Loader;
use super::plan::Plan;
use super::{AS_OF, PROGRAMME, ZONE};

/// Why the demo isn't loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The past would lie in the future.
    #[error("the demo's record ends on the day before {AS_OF}, and today is {0}: set the clock right")]
    TooEarly(Date),
    /// Somebody's own programme has the demo's id.
    #[error("programmes/{PROGRAMME} is there and isn't the demo's: give the demo a database of its own")]
    NotTheDemos,
    /// What a command answered.
    #[error(transparent)]
    Command(#[from] Error),
}

/// Loads what of the demo isn't there yet. `progress` hears how many steps of how many are done.
///
/// # Errors
/// [`DemoError`]; what was loaded until then stays, and the next load goes on from there.
pub async fn load(db: &Db, progress: &dyn Fn(u64, u64)) -> Result<(), DemoError> {
    let zone = Zone::parse(ZONE).ok_or(Error::Internal("the demo's zone is unknown"))?;
    let today = zone.date_of(db.clock().now());
    if today < AS_OF {
        return Err(DemoError::TooEarly(today));
    }
    let plan = Plan::new(today);
    let drafts = Drafts { plan: &plan, programme: drafts::id(PROGRAMME)?, zone };
    Loader::new(db, &plan, drafts, progress).load().await
}

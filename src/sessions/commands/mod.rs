//! What can be done with sessions.
mod book;
mod cancel;
mod intake;
mod outcome;
mod read;
mod record;
mod slots;
mod start;

pub use book::{BatchBookSessions, BookSession};
pub use cancel::CancelSession;
pub use intake::{Entry, IntakeFacts, Written};
pub use outcome::{
    Actual, CompleteSession, CorrectSessionOutcome, Correction, MarkSessionNotHeld, OutcomeFacts, Resolved,
};
pub use read::{GetControlTotals, GetSession, ListOutcomes, ListSessions};
pub use record::{BatchRecordHeldSessions, RecordHeldSession};
pub use slots::{BatchFindSlots, ExplainSlot, FindSlots, Found, check};
pub use start::StartSession;

pub(super) use intake::violations_of;

use intake::notes;

use super::{Session, Sessions, store};
use crate::db::Tx;
use crate::kernel::{Error, Etag, Name, Reason, Result, Timestamp, Violation};
use crate::programmes::{self, Programme};

/// A session that a verb is about, and its programme.
#[derive(Debug)]
pub struct Known {
    programme: Programme,
    session: Session,
}

async fn read_known(tx: &mut Tx<'_>, name: &Name<Sessions>) -> Result<Known> {
    let session = store::get(tx, name.programme(), name.id()).await?;
    Ok(Known { programme: programmes::store::get(tx, name.programme()).await?, session })
}

impl Known {
    /// Refuses a stale etag, and any verb once the programme has ended.
    fn check(&self, name: &Name<Sessions>, etag: Option<&str>) -> Result<()> {
        Etag::check(etag, &name.to_string(), self.session.meta.revision)?;
        self.programme.must_be_active()
    }
}

/// Refuses what is said to have happened and lies in the future.
///
/// # Errors
/// `SESSION_NOT_DUE`, naming the field.
fn must_have_passed(session: &Session, field: &str, time: Timestamp, now: Timestamp) -> Result<()> {
    if time <= now {
        return Ok(());
    }
    let name: Name<Sessions> = session.name();
    let violation = Violation {
        field: field.to_owned(),
        reason: Reason::SessionNotDue,
        description: "must not be in the future".to_owned(),
    };
    let error = Error::refused(Reason::SessionNotDue, format!("{time} is in the future"));
    Err(error.with("name", name).with("time", time).with_violations(vec![violation]))
}

/// Whether an actual start belongs to the session's plan: within 24 hours of it. Beyond, it is another session.
fn is_near_plan(session: &Session, start: Timestamp) -> bool {
    (-24 * 60..=24 * 60).contains(&start.minutes_since(session.plan.start))
}

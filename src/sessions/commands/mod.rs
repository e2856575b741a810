//! What can be done with sessions. Verbs about one session are deeds (`amend`); what makes sessions goes through `intake`; what
//! either writes is `written`.
mod admit;
mod amend;
mod cancel;
mod intake;
mod lapse;
mod moves;
mod new;
mod outcome;
mod read;
mod respond;
mod series;
mod set;
mod slots;
mod start;
mod suspend;
mod written;

pub use amend::{Amend, AmendFacts, Deed, Known, Target, Turn};
pub use cancel::{BatchCancelSessions, CancelSession};
pub use intake::{Entry, IntakeFacts, Verdicts};
pub use lapse::{DueProgrammes, LapseSessions, TERM_MICROS};
pub use moves::{Moving, ReplaceAssistant, ReplaceExpert, ReplaceRoom, ReportDelay, RescheduleSession};
pub use new::{
    BatchBookSessions, BatchRecordHeldSessions, BookSession, CreateHold, Intent, Make, MakeMany, ProposeSession,
    RecordHeldSession,
};
pub use outcome::{Actual, CompleteSession, CorrectSessionOutcome, Correction, MarkSessionNotHeld, VoidSession};
pub use read::{GetControlTotals, GetSession, ListOutcomes, ListSessions, Seen};
pub use respond::{Answer, ConfirmHold, RespondSession};
pub use series::{BookSeries, MOST_OCCURRENCES, Pattern, PlanSeries, Series, Slot};
pub use slots::{BatchFindSlots, ExplainSlot, FindSlots, Found, check};
pub use start::StartSession;
pub use suspend::{SuspendSite, Suspended};
pub use written::{Time, Written};

pub(super) use intake::violations_of;
pub(super) use read::attention;

use intake::notes;

use super::{Session, Sessions};
use crate::kernel::{Error, Name, Reason, Result, Timestamp, Violation};

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

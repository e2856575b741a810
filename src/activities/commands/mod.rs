//! What can be done with activities.

mod amend;
mod intake;
mod record;

pub use amend::{AmendActivity, VoidActivity};
pub(super) use amend::{Voided, voided};
pub use intake::Row;
pub use record::{BatchRecordActivities, RecordActivity};

use crate::kernel::Verb;

/// An activity was recorded.
pub const RECORD: Verb = Verb::new("record");
/// An activity was amended.
pub const AMEND: Verb = Verb::new("amend");
/// An activity was voided.
pub const VOID: Verb = Verb::new("void");

/// The kind of the facts that activities make.
const FACT: &str = "activity";

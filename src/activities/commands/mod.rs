//! What can be done with activities.

mod amend;
mod attest;
mod dispute;
mod intake;
mod policy;
mod record;

pub use amend::{AmendActivity, VoidActivity};
pub(super) use amend::{Voided, voided};
pub(super) use attest::lines;
pub use attest::{AttestSheet, Lines};
pub use dispute::{DismissDispute, DisputeActivity};
pub use intake::Row;
pub use policy::UpdatePolicy;
pub use record::{BatchRecordActivities, RecordActivity};

use crate::kernel::Verb;

/// An activity was recorded.
pub const RECORD: Verb = Verb::new("record");
/// An activity was amended.
pub const AMEND: Verb = Verb::new("amend");
/// An activity was voided.
pub const VOID: Verb = Verb::new("void");

/// Another person attested an activity.
pub const ATTEST: Verb = Verb::new("attest");
/// An activity was disputed.
pub const DISPUTE: Verb = Verb::new("dispute");
/// A dispute was found to be without ground.
pub const DISMISS_DISPUTE: Verb = Verb::new("dismiss_dispute");

/// The kind of the facts that activities make.
const FACT: &str = "activity";

//! Bill encounters: one settled bill of the care given near home, hung on one trip and counted once.

use super::trip::{Billed, TripState};
use crate::activities::VoidReason;
use crate::kernel::{Collection, ExternalId, Id, Meta, Name};

/// The collection `encounters`.
pub enum Encounters {}

impl Collection for Encounters {
    const COLLECTION: &'static str = "encounters";
}

/// A bill on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encounter {
    /// `programmes/{programme}/encounters/{encounter}`.
    pub name: Name<Encounters>,
    /// The trip that it hangs on.
    pub trip: Id,
    /// Its number where it was settled: one bill stands for each.
    pub number: ExternalId,
    /// What it says.
    pub bill: Billed,
    /// Where it stands.
    pub state: TripState,
    /// Why it was taken back; exactly for voided ones.
    pub void_reason: Option<VoidReason>,
    /// The subject who recorded it.
    pub recorder: String,
    /// Its place in its batch, from 0.
    pub batch_row: Option<i64>,
    /// Revision and times.
    pub meta: Meta,
}

impl Encounter {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let texts = self.bill.document.len() + self.bill.item.len() + self.recorder.len();
        400 + 2 * name + self.number.system().len() + self.number.value().len() + texts
    }
}

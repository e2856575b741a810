//! Where a number comes from, and how it is known that the trip would have been made.

use crate::kernel::vocabulary;

vocabulary! {
    /// Where a number comes from, the strongest first.
    pub enum ProvenanceClass: "ProvenanceClass" {
        /// A: receipts and settled bills.
        Itemised = 1 => "ITEMISED",
        /// B: an approved tariff in force on the service date.
        Tariff = 2 => "TARIFF",
        /// C: somebody's word, such as a county's flat amount.
        Declared = 3 => "DECLARED",
        /// X: nothing says where it comes from.
        None = 4 => "NONE",
    }
}

impl ProvenanceClass {
    /// Of two sides the weaker one wins.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        self.max(other)
    }
}

vocabulary! {
    /// How it is known that the patient would have made the trip.
    pub enum EvidenceGrade: "EvidenceGrade" {
        /// A referral, a transfer or earlier care there is on record.
        K1 = 1 => "K1",
        /// Patients were asked; a sample of sessions is enough, and it is said which.
        K2 = 2 => "K2",
        /// It is assumed.
        K3 = 3 => "K3",
    }
}

/// What speaks for the trip that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proof {
    /// How well it is known.
    pub grade: EvidenceGrade,
    /// Whether a transfer was on record, which alone lets an emergency save travel.
    pub transfer: bool,
}

impl Proof {
    /// Nothing is on record.
    pub const ASSUMED: Self = Self { grade: EvidenceGrade::K3, transfer: false };
}

/// The headline is A and B with K1 and K2; everything else stands beside it, never inside.
#[must_use]
pub fn in_headline(class: ProvenanceClass, grade: EvidenceGrade) -> bool {
    let sourced = match class {
        ProvenanceClass::Itemised | ProvenanceClass::Tariff => true,
        ProvenanceClass::Declared | ProvenanceClass::None => false,
    };
    let known = match grade {
        EvidenceGrade::K1 | EvidenceGrade::K2 => true,
        EvidenceGrade::K3 => false,
    };
    sourced && known
}

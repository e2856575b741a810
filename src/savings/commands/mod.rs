//! What can be done with tariffs, policies, trips and bills, and what can be asked.
mod encounters;
mod explain;
mod intake;
mod read;
mod recompute;
mod trips;
mod versions;

pub use encounters::{BatchRecordEncounters, BillRow, RecordEncounter, VoidEncounter};
pub use explain::{
    ExplainSaving, Explained, GetEncounter, GetTrip, ListEncounters, ListPossibleDoubles, ListTripVersions, ListTrips,
};
pub use intake::Row as TripRow;
pub(super) use intake::{FOLLOW, Gone, change, fact, gone, load, next, with};
pub use read::{EstimateSaving, GetVersion, ListPolicies, ListTariffs};
pub use recompute::{
    CompareTariffs, ContinueRecomputation, GetRecomputation, ListRecomputations, RecomputeSavings,
    RunningRecomputations,
};
pub(super) use trips::bill_of;
pub use trips::{AmendTrip, BatchRecordTrips, RecordTrip, VoidTrip};
pub use versions::{Approve, Create, Withdraw};

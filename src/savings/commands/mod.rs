//! What can be done with tariffs and policies, and what can be asked.
mod read;
mod versions;

pub use read::{EstimateSaving, GetVersion, ListPolicies, ListTariffs};
pub use versions::{Approve, Create, Withdraw};

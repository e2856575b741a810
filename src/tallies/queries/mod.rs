//! What can be asked of tallies.

mod balances;
mod method;
mod reconcile;
mod tally;

pub use balances::{GetOpeningBalance, ListOpeningBalances};
pub use method::{CountyFigure, county_figures};
pub use reconcile::{ControlTotal, Difference, Reconcile, Reconciliation};
pub use tally::{Cumulative, QueryTally, Tally, count, cumulative};

//! What can be asked of tallies.

mod balances;
mod compose;
mod explain;
mod extract;
mod method;
mod reasons;
mod reconcile;
pub mod sensitivity;
mod statements;
mod tally;

pub use balances::{GetOpeningBalance, ListOpeningBalances};
pub(in crate::tallies) use compose::not_over;
pub use compose::{Closing, ComposeClosing, ComposeRestatement, Composed};
pub use explain::{At, BeginExplanation, Evidence, Explanation, ReadEvidence};
pub use extract::{CompareExtract, Compared, GetDiscrepancy, ListDiscrepancies};
pub use method::{CountyFigure, county_figures};
pub use reconcile::{ControlTotal, Difference, HeldTotals, Reconcile, Reconciliation};
pub use sensitivity::AnalyseSavings;
pub use statements::{GetStatement, ListStatements};
pub use tally::{Cumulative, QueryTally, Tally, count, cumulative};

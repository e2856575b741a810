//! Recomputations: a period's trips reckoned anew, chunk by chunk, as reported against restated. Pure.

use std::collections::BTreeMap;

use super::rounding::out_of_range;
use super::trip::{Prices, Reckoned, Trip};
use crate::kernel::{Collection, Date, Error, Id, Leaf, Meta, Name, Reason, Result, Timestamp, vocabulary};

/// The collection `recomputations`.
pub enum Recomputations {}

impl Collection for Recomputations {
    const COLLECTION: &'static str = "recomputations";
}

vocabulary! {
    /// Where a recomputation stands.
    pub enum RecomputationState: "RecomputationState" {
        /// There is more to do.
        Running = 1 => "RUNNING",
        /// Every trip of the period was reckoned anew.
        Done = 2 => "DONE",
    }
}

/// One that isn't done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// When it was begun: the oldest is gone on with first.
    pub begun: Timestamp,
    /// Which.
    pub name: Name<Recomputations>,
}

/// Each measure as it was, and as it is or would be.
pub type Figures = BTreeMap<String, (i64, i64)>;

/// What a number of trips came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Trips that were looked at.
    pub examined: i64,
    /// Trips whose amounts differ.
    pub changed: i64,
    /// Trips for whose date no tariff or policy is in force.
    pub gaps: i64,
    /// As reported against restated.
    pub figures: Figures,
}

impl Comparison {
    /// Counts a trip before and after.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn count(&mut self, before: Option<&Leaf>, after: Option<&Leaf>) -> Result<()> {
        let add = |sum: &mut i64, quantity: i64| {
            *sum = sum.checked_add(quantity).ok_or_else(out_of_range)?;
            Ok::<_, Error>(())
        };
        for (measure, quantity) in before.iter().flat_map(|leaf| &leaf.quantities) {
            add(&mut self.figures.entry(measure.as_str().to_owned()).or_default().0, *quantity)?;
        }
        for (measure, quantity) in after.iter().flat_map(|leaf| &leaf.quantities) {
            add(&mut self.figures.entry(measure.as_str().to_owned()).or_default().1, *quantity)?;
        }
        Ok(())
    }

    /// Reckons a trip anew; none: its saving is what it was, or a gap keeps it so.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn reckon(&mut self, trip: &Trip, prices: &Prices) -> Result<Option<Reckoned>> {
        self.examined += 1;
        let before = trip.leaf()?;
        let again = match prices.reckon(trip.dimensions.date, &trip.basis) {
            Ok((again, _)) => again,
            Err(Error::Refused(refusal)) if is_gap(refusal.reason) => {
                self.gaps += 1;
                self.count(before.as_ref(), before.as_ref())?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if again == trip.reckoned {
            self.count(before.as_ref(), before.as_ref())?;
            return Ok(None);
        }
        // Versions of a policy or of tariffs that say the same are named from now on, and change no amount.
        self.changed += i64::from(again.parts != trip.reckoned.parts);
        let after = Trip { reckoned: again.clone(), ..trip.clone() };
        self.count(before.as_ref(), after.leaf()?.as_ref())?;
        Ok(Some(again))
    }
}

/// Whether a refusal says that somebody has to enter a number first.
fn is_gap(reason: Reason) -> bool {
    matches!(reason, Reason::TariffGap | Reason::SavingPolicyGap)
}

/// A recomputation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recomputation {
    /// `programmes/{programme}/recomputations/{recomputation}`.
    pub name: Name<Recomputations>,
    /// First service date.
    pub from: Date,
    /// Last service date, included.
    pub to: Date,
    /// Why it is done.
    pub note: String,
    /// Where it stands.
    pub state: RecomputationState,
    /// The last trip that is done, by service date and id; none: it has just begun.
    pub done: Option<(Date, Id)>,
    /// What its trips came to so far.
    pub comparison: Comparison,
    /// The subject who began it.
    pub recorder: String,
    /// Revision and times.
    pub meta: Meta,
}

//! Totals of savings: gross positive, gross negative and net, with the coverage beside each; headline and what stands beside it
//! apart, first visits and follow-ups apart. By period and place they are the tallies' business.

use std::collections::BTreeMap;

use super::rounding::{out_of_range, sum};
use super::saving::{Amount, Saving, Standing};
use super::{Cases, Ledger, ProvenanceClass, Stratum};
use crate::kernel::{Fen, Result, Vocabulary as _};

/// What some savings add up to in one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// The sum of those above 0.
    pub positive: Cases<Fen>,
    /// The sum of those below 0, itself at most 0.
    pub negative: Cases<Fen>,
    /// How many amounts are in it.
    pub counted: i64,
}

impl Total {
    /// Counts one amount.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn count(&mut self, amount: Cases<Fen>) -> Result<()> {
        let add = |(total, amount): (Fen, Fen)| sum([total, amount]);
        self.positive = self.positive.zip(amount.map(|amount| amount.max(Fen::ZERO))).try_map(add)?;
        self.negative = self.negative.zip(amount.map(|amount| amount.min(Fen::ZERO))).try_map(add)?;
        self.counted = self.counted.checked_add(1).ok_or_else(out_of_range)?;
        Ok(())
    }

    /// positive + negative.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn net(&self) -> Result<Cases<Fen>> {
        self.positive.zip(self.negative).try_map(|(positive, negative)| sum([positive, negative]))
    }
}

/// How much of what could be known is: beside every total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Savings whose amount is known.
    pub known: i64,
    /// Savings that aren't nothing by rule.
    pub eligible: i64,
}

/// Totals by ledger, standing and stratum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// What each place has.
    pub totals: BTreeMap<(Ledger, Standing, Stratum), Total>,
    /// By ledger and stratum, headline and beside together.
    pub coverage: BTreeMap<(Ledger, Stratum), Coverage>,
    /// The base case of NET by class: what carries the figure.
    pub classes: BTreeMap<ProvenanceClass, Fen>,
}

impl Totals {
    /// Counts one saving.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn count(&mut self, saving: &Saving) -> Result<()> {
        for ledger in Ledger::ALL {
            let coverage = self.coverage.entry((*ledger, saving.stratum)).or_default();
            match saving.ledger(*ledger)? {
                Amount::Known(_) => (coverage.known, coverage.eligible) = (coverage.known + 1, coverage.eligible + 1),
                Amount::Unknown(_) => coverage.eligible += 1,
                Amount::Excluded(_) => {}
            }
            for standing in Standing::ALL {
                if let Some(amount) = saving.standing(*ledger, *standing)? {
                    self.totals.entry((*ledger, *standing, saving.stratum)).or_default().count(amount)?;
                }
            }
        }
        for part in Ledger::Net.parts().iter().filter_map(|part| saving.parts.get(part)) {
            if let Amount::Known(amount) = part.amount {
                let share = self.classes.entry(part.class).or_default();
                *share = sum([*share, amount.base])?;
            }
        }
        Ok(())
    }
}

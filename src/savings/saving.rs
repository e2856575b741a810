//! A saving: an amount for each part, known, nothing by rule, or not known; with the lines that it is the sum of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bill::Comparison;
use super::eligibility::{Exclusion, Unknown};
use super::evidence::in_headline;
use super::line::{Line, Rule};
use super::rounding::{difference, sum_cases};
use super::{Cases, EvidenceGrade, Ledger, Part, ProvenanceClass, Stratum};
use crate::kernel::{Fen, Result, Vocabulary as _, vocabulary};

/// What an amount is. There is no floor at zero, and what is missing isn't guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// This much, negative where care near home cost more.
    Known(Cases<Fen>),
    /// Nothing by rule: not eligible.
    Excluded(Exclusion),
    /// Eligible, and not known.
    Unknown(Unknown),
}

impl Amount {
    /// In the three cases; what is nothing by rule is 0, what isn't known is none.
    #[must_use]
    pub fn fen(&self) -> Option<Cases<Fen>> {
        match self {
            Self::Known(amount) => Some(*amount),
            Self::Excluded(_) => Some(Cases::sure(Fen::ZERO)),
            Self::Unknown(_) => None,
        }
    }
}

/// One part of a saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartAmount {
    /// How much.
    pub amount: Amount,
    /// The weakest of its lines, of both sides; NONE where it isn't known.
    pub class: ProvenanceClass,
    /// How it is known that the trip would have been made.
    pub evidence: EvidenceGrade,
}

impl PartAmount {
    /// Whether it is in the headline or beside it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if in_headline(self.class, self.evidence) { Standing::Headline } else { Standing::Beside }
    }
}

vocabulary! {
    /// Where an amount is printed.
    pub enum Standing: "SavingStanding" {
        /// A and B with K1 and K2.
        Headline = 1 => "HEADLINE",
        /// Everything else: beside the headline, never inside.
        Beside = 2 => "BESIDE",
    }
}

/// A saving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// Every part.
    pub parts: BTreeMap<Part, PartAmount>,
    /// Its lines, in the order of their parts; steps after them.
    pub lines: Vec<Line>,
    /// Where it is counted.
    pub stratum: Stratum,
    /// The two bills in each case, where both are known.
    pub comparison: Option<Cases<Comparison>>,
}

impl Saving {
    /// A part as the sum of its lines; without a line it is nothing, by the policy's word.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn part_of(lines: &[Line], part: Part, evidence: EvidenceGrade) -> Result<PartAmount> {
        let own = || lines.iter().filter(|line| line.part == Some(part));
        let amounts = own().map(Line::contribution).collect::<Result<Vec<_>>>()?;
        let class = own().map(|line| line.class).reduce(ProvenanceClass::weaker).unwrap_or(ProvenanceClass::Tariff);
        Ok(PartAmount { amount: Amount::Known(sum_cases(amounts)?), class, evidence })
    }

    /// Whether every known part is the sum of its lines.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn adds_up(&self) -> Result<bool> {
        for (part, stands) in &self.parts {
            if let Amount::Known(amount) = stands.amount
                && Amount::Known(amount) != Self::part_of(&self.lines, *part, stands.evidence)?.amount
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a ledger has of it: not known where one of its parts isn't.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn ledger(&self, ledger: Ledger) -> Result<Amount> {
        add(ledger.parts().iter().filter_map(|part| self.parts.get(part)).map(|part| part.amount))
    }

    /// What of a ledger is printed in a place; what isn't known is in none.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn standing(&self, ledger: Ledger, standing: Standing) -> Result<Option<Cases<Fen>>> {
        let parts = ledger.parts().iter().filter_map(|part| self.parts.get(part));
        let own = parts.filter(|part| part.standing() == standing);
        let known: Vec<Cases<Fen>> = own
            .filter_map(|part| match part.amount {
                Amount::Known(amount) => Some(amount),
                Amount::Excluded(_) | Amount::Unknown(_) => None,
            })
            .collect();
        if known.is_empty() { Ok(None) } else { sum_cases(known).map(Some) }
    }

    /// Exactly minus this saving, in every part, line and case.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn minus(&self, rule: Rule) -> Result<Self> {
        let lines = self.lines.iter().map(|line| line.minus(rule)).collect::<Result<Vec<_>>>()?;
        let mut parts = self.parts.clone();
        for part in parts.values_mut() {
            if let Amount::Known(amount) = part.amount {
                part.amount = Amount::Known(amount.try_map(|amount| difference(Fen::ZERO, amount))?);
            }
        }
        Ok(Self { parts, lines, ..self.clone() })
    }

    /// This saving and its reversal together: nothing, with the lines of both.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn reversed(self, rule: Rule) -> Result<Self> {
        let minus = self.minus(rule)?;
        let mut parts = self.parts;
        for part in parts.values_mut() {
            if let Amount::Known(_) = part.amount {
                part.amount = Amount::Known(Cases::sure(Fen::ZERO));
            }
        }
        Ok(Self { parts, lines: self.lines.into_iter().chain(minus.lines).collect(), ..minus })
    }

    /// A saving that is nothing by rule.
    #[must_use]
    pub fn nothing(exclusion: Exclusion, stratum: Stratum, evidence: EvidenceGrade) -> Self {
        let part = PartAmount { amount: Amount::Excluded(exclusion), class: ProvenanceClass::None, evidence };
        let parts = Part::ALL.iter().map(|name| (*name, part)).collect();
        Self { parts, lines: Vec::new(), stratum, comparison: None }
    }
}

fn add(amounts: impl Iterator<Item = Amount>) -> Result<Amount> {
    let (mut known, mut excluded) = (Vec::new(), None);
    for amount in amounts {
        match amount {
            Amount::Known(cases) => known.push(cases),
            Amount::Excluded(exclusion) => excluded = excluded.or(Some(exclusion)),
            Amount::Unknown(_) => return Ok(amount),
        }
    }
    match excluded.filter(|_| known.is_empty()) {
        Some(exclusion) => Ok(Amount::Excluded(exclusion)),
        None => sum_cases(known).map(Amount::Known),
    }
}

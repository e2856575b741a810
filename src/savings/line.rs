//! One line of a saving: quantity × rate = product, rounded once, with everything that an auditor asks of it.

use super::rounding::{Quantity, product, times};
use super::{Cases, Component, EvidenceGrade, Part, ProvenanceClass, Side};
use crate::kernel::{Fen, Result, vocabulary};

vocabulary! {
    /// By which rule a line is reckoned.
    pub enum Rule: "SavingRule" {
        /// Persons × legs × journeys × fare.
        Legs = 1 => "LEGS",
        /// Rooms × nights × room.
        Nights = 2 => "NIGHTS",
        /// Persons × days × meals.
        Meals = 3 => "MEALS",
        /// Earners × days × wage.
        Wages = 4 => "WAGES",
        /// A bill as it is given.
        Total = 5 => "TOTAL",
        /// e = R(bill × scope).
        InScope = 6 => "IN_SCOPE",
        /// R(max(0, e - deductible) × ratio).
        Fund = 7 => "FUND",
        /// What was left of the fund's cap.
        FundCap = 8 => "FUND_CAP",
        /// Bill - fund - assistance.
        OutOfPocket = 9 => "OUT_OF_POCKET",
        /// A fee outside the bill.
        Fee = 10 => "FEE",
        /// Help that leaves the household less to pay.
        Assistance = 11 => "ASSISTANCE",
        /// Onward travel for the same problem within 30 days takes the line back.
        Onward = 12 => "ONWARD",
        /// The record was taken back: exactly minus the original.
        Void = 13 => "VOID",
    }
}

/// Where a line's rate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A tariff version, by its id.
    Tariff {
        /// The version.
        tariff: String,
        /// Who published the number, as the version says.
        published: String,
    },
    /// A receipt, a settled bill or somebody's word, as the record says; empty where nothing says it.
    Document(String),
    /// Reckoned from lines above.
    Reckoned,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The amount that it counts in; none: a step towards another line.
    pub part: Option<Part>,
    /// Which world.
    pub side: Side,
    /// What is priced.
    pub component: Component,
    /// How it is reckoned.
    pub rule: Rule,
    /// How many.
    pub quantity: Cases<Quantity>,
    /// The price of one, in fen.
    pub rate: Cases<Fen>,
    /// R(quantity × rate), in fen.
    pub product: Cases<Fen>,
    /// How strong the number is.
    pub class: ProvenanceClass,
    /// Where it comes from.
    pub source: Source,
    /// How it is known that the trip would have been made.
    pub evidence: EvidenceGrade,
}

/// A line before it is multiplied out.
#[derive(Debug, Clone)]
pub struct Entry {
    /// See [`Line::part`].
    pub part: Option<Part>,
    /// See [`Line::side`].
    pub side: Side,
    /// See [`Line::component`].
    pub component: Component,
    /// See [`Line::rule`].
    pub rule: Rule,
    /// See [`Line::quantity`].
    pub quantity: Cases<Quantity>,
    /// See [`Line::rate`].
    pub rate: Cases<Fen>,
    /// See [`Line::class`].
    pub class: ProvenanceClass,
    /// See [`Line::source`].
    pub source: Source,
}

impl Entry {
    /// The line.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn reckon(self, evidence: EvidenceGrade) -> Result<Line> {
        let Entry { part, side, component, rule, quantity, rate, class, source } = self;
        let product = quantity.zip(rate).try_map(|(quantity, rate)| product(quantity, rate))?;
        Ok(Line { part, side, component, rule, quantity, rate, product, class, source, evidence })
    }
}

impl Line {
    /// What it adds to its part: what is not spent away is saved, what is spent near home is not.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn contribution(&self) -> Result<Cases<Fen>> {
        match self.side {
            Side::Avoided => Ok(self.product),
            Side::Near => self.product.try_map(|amount| product(Quantity::whole(-1), amount)),
        }
    }

    /// Exactly minus this line: minus the quantity at the same rate, since R is even-handed.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn minus(&self, rule: Rule) -> Result<Self> {
        let quantity = self
            .quantity
            .try_map(|it| Ok::<_, crate::kernel::Error>(Quantity { count: times(&[it.count, -1])?, ..it }))?;
        let product = quantity.zip(self.rate).try_map(|(quantity, rate)| product(quantity, rate))?;
        Ok(Self { rule, quantity, product, ..self.clone() })
    }
}

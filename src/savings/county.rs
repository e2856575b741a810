//! The county's own named, versioned method: flat amounts a unit, class C, printed beside the headline and never inside.
//!
//! A county can go on printing the figure that it has always printed, and an auditor sees what carries it. What is no household's
//! money is refused, with its amount, and isn't in the figure.

use serde::{Deserialize, Serialize};

use super::bill::MOST_FEN;
use super::rounding::{Quantity, product, sum};
use super::{EvidenceGrade, ProvenanceClass};
use crate::kernel::{Error, Fen, Fields, Reason, Result, vocabulary};

vocabulary! {
    /// What a flat amount stands for.
    pub enum MethodNature: "MethodNature" {
        /// Fares.
        Travel = 1 => "TRAVEL",
        /// Room and meals.
        Board = 2 => "BOARD",
        /// What the household would have paid for care.
        MedicalExpenses = 3 => "MEDICAL_EXPENSES",
        /// Wages not lost: a memo in every method, so refused in a sum of money saved.
        LostWages = 4 => "LOST_WAGES",
        /// What a lecture is held to be worth: nobody saved it.
        LectureValue = 5 => "LECTURE_VALUE",
        /// What an expert's time is held to be worth: nobody saved it.
        ExpertValue = 6 => "EXPERT_VALUE",
        /// What the insurance fund or a hospital saved: another ledger.
        OthersMoney = 7 => "OTHERS_MONEY",
    }
}

impl MethodNature {
    /// Whether it is money that a household did not spend.
    #[must_use]
    pub const fn is_household_money(self) -> bool {
        match self {
            Self::Travel | Self::Board | Self::MedicalExpenses => true,
            Self::LostWages | Self::LectureValue | Self::ExpertValue | Self::OthersMoney => false,
        }
    }
}

vocabulary! {
    /// What a flat amount is multiplied by.
    pub enum MethodUnit: "MethodUnit" {
        /// Patients seen.
        Consultation = 1 => "CONSULTATION",
        /// 手术台次.
        OperationCase = 2 => "OPERATION_CASE",
        /// Avoided trips.
        Trip = 3 => "TRIP",
    }
}

/// One flat amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What the county calls it.
    pub label: String,
    /// What it stands for.
    pub nature: MethodNature,
    /// What it is multiplied by.
    pub unit: MethodUnit,
    /// For one, at least 0.
    pub amount: Fen,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// What the county calls it, such as 县卫健局测算口径.
    pub name: String,
    /// Which of its versions, such as `2017`.
    pub version: String,
    /// Its amounts, 1 to 20.
    pub items: Vec<Item>,
}

/// One item multiplied out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodLine {
    /// What the county calls it.
    pub label: String,
    /// What it stands for.
    pub nature: MethodNature,
    /// How many.
    pub count: i64,
    /// For one.
    pub amount: Fen,
    /// R(count × amount).
    pub product: Fen,
    /// Whether it is refused: nobody's money, or not a household's.
    pub refused: bool,
}

/// What the method comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodFigure {
    /// The sum of what isn't refused.
    pub accepted: Fen,
    /// The sum of what is.
    pub refused: Fen,
    /// Every item.
    pub lines: Vec<MethodLine>,
}

impl MethodFigure {
    /// Somebody's word.
    pub const CLASS: ProvenanceClass = ProvenanceClass::Declared;
    /// Nobody was asked.
    pub const EVIDENCE: EvidenceGrade = EvidenceGrade::K3;
}

impl Method {
    /// What it comes to, by how many there are of each unit.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn figure(&self, mut count: impl FnMut(MethodUnit) -> i64) -> Result<MethodFigure> {
        let mut line = |item: &Item| {
            let count = count(item.unit);
            Ok::<_, Error>(MethodLine {
                label: item.label.clone(),
                nature: item.nature,
                count,
                amount: item.amount,
                product: product(Quantity::whole(count), item.amount)?,
                refused: !item.nature.is_household_money(),
            })
        };
        let lines = self.items.iter().map(&mut line).collect::<Result<Vec<_>>>()?;
        let total = |refused| sum(lines.iter().filter(|line| line.refused == refused).map(|line| line.product));
        Ok(MethodFigure { accepted: total(false)?, refused: total(true)?, lines: lines.clone() })
    }

    /// Notes what no method of a policy can have: such an item is refused when it is entered.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        for (index, item) in self.items.iter().enumerate() {
            fields.within(&format!("items[{index}]"), |fields| {
                if !item.nature.is_household_money() {
                    let text = "must be a household's money: what a lecture or an expert is worth was saved by nobody";
                    fields.refuse("nature", Reason::SavingNotApplicable, text);
                }
                if !(Fen::ZERO..=Fen::new(MOST_FEN)).contains(&item.amount) {
                    fields.refuse("amount_fen", Reason::OutOfRange, format!("must be 0 to {MOST_FEN}"));
                }
            });
        }
    }
}

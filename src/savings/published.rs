//! Published comparisons: what a table of avoided and of incurred costs comes to, and what of its stated sums no line explains.
//!
//! Amounts are hundredths of one currency. A stated sum is taken as the publisher's word; its difference from the lines is reported,
//! never hidden and never spread over them.

use super::rounding::{Quantity, difference, product, sum};
use crate::kernel::{Error, Fen, Fields, Reason, Result, vocabulary};

vocabulary! {
    /// Whose money a line is.
    pub enum MoneyBearer: "MoneyBearer" {
        /// The patients' households.
        Households = 1 => "HOUSEHOLDS",
        /// Households and others, in parts that aren't known, or nobody says whose.
        Mixed = 2 => "MIXED",
        /// Hospitals, insurers, programmes, the public.
        Others = 3 => "OTHERS",
    }
}

/// One line of a published table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedLine {
    /// What the table calls it.
    pub label: String,
    /// In hundredths of the currency, at least 0.
    pub amount: Fen,
    /// Whose money it is.
    pub bearer: MoneyBearer,
    /// The currency's code, such as `CNY`.
    pub currency: String,
}

/// One column of a published table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedSide {
    /// Its lines, perhaps none.
    pub lines: Vec<PublishedLine>,
    /// The sum that is printed, where one is.
    pub stated: Option<Fen>,
}

/// A published table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// What was not spent.
    pub avoided: PublishedSide,
    /// What was spent instead.
    pub incurred: PublishedSide,
    /// The saving that is printed, where one is.
    pub stated_saving: Option<Fen>,
    /// How many visits, patients or cases both columns are about.
    pub cases: Option<i64>,
}

/// What one column comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideResult {
    /// The stated sum, or else the lines'.
    pub total: Fen,
    /// What of a stated sum no line explains; 0 where there are no lines or nothing is stated.
    pub unallocated: Fen,
    /// R(total ÷ cases).
    pub mean: Option<Fen>,
    /// Money that is the households' for certain.
    pub households_at_least: Fen,
    /// Money that can be the households' at most; a column without lines can be all theirs.
    pub households_at_most: Fen,
}

/// What a table comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedResult {
    /// What was not spent.
    pub avoided: SideResult,
    /// What was spent instead.
    pub incurred: SideResult,
    /// avoided - incurred.
    pub saved: Fen,
    /// R(saved ÷ cases).
    pub mean_saved: Option<Fen>,
    /// R(saved × 10,000 ÷ avoided); none where nothing was avoided.
    pub saved_bp: Option<Fen>,
    /// The stated saving - the reckoned one; 0 where none is stated.
    pub unallocated_saving: Fen,
}

impl PublishedSide {
    fn result(&self, cases: Option<i64>) -> Result<SideResult> {
        let of = |wanted: &[MoneyBearer]| {
            sum(self.lines.iter().filter(|line| wanted.contains(&line.bearer)).map(|line| line.amount))
        };
        let lines = sum(self.lines.iter().map(|line| line.amount))?;
        let total = self.stated.unwrap_or(lines);
        let unallocated = if self.lines.is_empty() { Fen::ZERO } else { difference(total, lines)? };
        let at_most = of(&[MoneyBearer::Households, MoneyBearer::Mixed])?;
        Ok(SideResult {
            total,
            unallocated,
            mean: cases.map(|cases| ratio(total, 1, cases)).transpose()?,
            households_at_least: of(&[MoneyBearer::Households])?,
            households_at_most: if self.lines.is_empty() { total } else { at_most },
        })
    }
}

impl Published {
    /// What it comes to.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn reckon(&self) -> Result<PublishedResult> {
        let (avoided, incurred) = (self.avoided.result(self.cases)?, self.incurred.result(self.cases)?);
        let saved = difference(avoided.total, incurred.total)?;
        let saved_bp = (avoided.total != Fen::ZERO).then(|| ratio(saved, 10_000, avoided.total.get()));
        Ok(PublishedResult {
            avoided,
            incurred,
            saved,
            mean_saved: self.cases.map(|cases| ratio(saved, 1, cases)).transpose()?,
            saved_bp: saved_bp.transpose()?,
            unallocated_saving: self.stated_saving.map_or(Ok(Fen::ZERO), |stated| difference(stated, saved))?,
        })
    }

    /// Notes what no table can be reckoned from: nothing to compare, negative amounts, several currencies.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        let mut currency: Option<&str> = None;
        for (name, side) in [("avoided", &self.avoided), ("incurred", &self.incurred)] {
            fields.within(name, |fields| {
                if side.lines.is_empty() && side.stated.is_none() {
                    fields.refuse("", Reason::Required, "must have lines or a stated sum");
                }
                if side.stated.is_some_and(|stated| stated < Fen::ZERO) {
                    fields.refuse("stated", Reason::OutOfRange, "must not be negative");
                }
                for (index, line) in side.lines.iter().enumerate() {
                    if line.amount < Fen::ZERO {
                        fields.refuse(&format!("lines[{index}].amount"), Reason::OutOfRange, "must not be negative");
                    }
                    if *currency.get_or_insert(&line.currency) != line.currency {
                        let text = "must be the currency of the other lines: amounts of several are never added";
                        fields.refuse(&format!("lines[{index}].currency"), Reason::Inconsistent, text);
                    }
                }
            });
        }
        if self.cases.is_some_and(|cases| cases < 1) {
            fields.refuse("cases", Reason::OutOfRange, "must be at least 1");
        }
    }
}

fn ratio(amount: Fen, times: i64, by: i64) -> Result<Fen> {
    if by == 0 {
        return Err(Error::field("cases", Reason::OutOfRange, "must be at least 1"));
    }
    product(Quantity { count: times, per: by }, amount)
}

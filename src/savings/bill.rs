//! What of a bill the household pays, in the two worlds, and the identity that holds between them.
//!
//! `e = R(bill × scope)`, `fund = min(cap_left, R(max(0, e - deductible_left) × ratio))`, `OOP = bill - fund - assistance`.
//! Side 1 is re-priced so; side 0 is the settled bill where there is one.

use serde::{Deserialize, Serialize};

use super::rounding::{Quantity, difference, out_of_range, product, sum};
use crate::kernel::{Error, Fen, Reason, Result, Violation};

/// The rules of one patient's insurance at one hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The share of the bill in scope, 0 to 10,000 hundredths of a per cent.
    pub scope_bp: i64,
    /// What of the scope the patient still bears before the fund pays, at least 0.
    pub deductible_left: Fen,
    /// The share above it that the fund pays, 0 to 10,000.
    pub ratio_bp: i64,
    /// What the fund still pays at most; none: the cap is out of reach.
    pub cap_left: Option<Fen>,
    /// What others give, at least 0; never more than is left to pay.
    pub assistance: Fen,
}

/// A bill, parted by who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    /// The whole bill.
    pub total: Fen,
    /// e: what of it is in scope.
    pub in_scope: Fen,
    /// What the fund pays.
    pub fund: Fen,
    /// Whether the cap cut what the fund would have paid.
    pub capped: bool,
    /// What others give.
    pub assistance: Fen,
    /// OOP: what the household pays of the bill.
    pub out_of_pocket: Fen,
}

/// Prices a bill by the terms.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`, also for a negative bill or one beyond [`MOST_FEN`].
pub fn price(total: Fen, terms: &Terms) -> Result<Priced> {
    check_amount(total)?;
    let in_scope = product(Quantity::basis_points(terms.scope_bp), total)?;
    let above = difference(in_scope, terms.deductible_left)?.max(Fen::ZERO);
    let uncapped = product(Quantity::basis_points(terms.ratio_bp), above)?;
    let fund = terms.cap_left.map_or(uncapped, |cap| uncapped.min(cap));
    let left = difference(total, fund)?;
    let assistance = terms.assistance.min(left);
    let out_of_pocket = difference(left, assistance)?;
    Ok(Priced { total, in_scope, fund, capped: fund < uncapped, assistance, out_of_pocket })
}

/// A bill as the hospital settled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The whole bill, at least 0.
    pub total: Fen,
    /// What of it was in scope.
    pub in_scope: Fen,
    /// What of the scope the patient bore before the fund paid.
    pub deductible: Fen,
    /// What the fund paid.
    pub fund_paid: Fen,
    /// What others gave.
    pub assistance: Fen,
    /// What the household paid.
    pub cash: Fen,
}

impl Settled {
    /// Who pays what of it.
    #[must_use]
    pub fn priced(&self) -> Priced {
        Priced {
            total: self.total,
            in_scope: self.in_scope,
            fund: self.fund_paid,
            capped: false,
            assistance: self.assistance,
            out_of_pocket: self.cash,
        }
    }

    /// What is wrong with it, field by field; `path` is where it stands in the request.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE` where the parts can't be added; else the violations, perhaps none.
    pub fn violations(&self, path: &str) -> Result<Vec<Violation>> {
        let mut found = Vec::new();
        let mut refuse = |field: &str, reason, description: &str| {
            found.push(Violation { field: format!("{path}.{field}"), reason, description: description.to_owned() });
        };
        let named = [
            ("total_fen", self.total),
            ("in_scope_fen", self.in_scope),
            ("deductible_fen", self.deductible),
            ("fund_paid_fen", self.fund_paid),
            ("assistance_fen", self.assistance),
            ("cash_fen", self.cash),
        ];
        for (field, _) in named.iter().filter(|(_, amount)| *amount < Fen::ZERO) {
            refuse(field, Reason::OutOfRange, "must not be negative");
        }
        if sum([self.fund_paid, self.assistance, self.cash])? != self.total {
            refuse("total_fen", Reason::Inconsistent, "must be fund paid + assistance + cash");
        }
        if self.in_scope > self.total {
            refuse("in_scope_fen", Reason::Inconsistent, "must not be more than the total");
        }
        if self.deductible > self.in_scope {
            refuse("deductible_fen", Reason::Inconsistent, "must not be more than what is in scope");
        }
        if sum([self.deductible, self.fund_paid])? > self.in_scope {
            refuse(
                "fund_paid_fen",
                Reason::Inconsistent,
                "must not be more than what is in scope above the deductible",
            );
        }
        Ok(found)
    }

    /// Itself, if its parts add up.
    ///
    /// # Errors
    /// Every violation, or `AMOUNT_OUT_OF_RANGE`.
    pub fn check(self, path: &str) -> Result<Self> {
        let violations = self.violations(path)?;
        if violations.is_empty() { Ok(self) } else { Err(Error::Invalid(violations)) }
    }
}

/// Two bills for the same care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// Side 1.
    pub away: Priced,
    /// Side 0.
    pub near: Priced,
    /// fee0: what the household pays the expert outside the bill near home.
    pub fee: Fen,
}

impl Comparison {
    /// BILL = OOP1 - (OOP0 + fee0).
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn bill(&self) -> Result<Fen> {
        difference(self.away.out_of_pocket, sum([self.near.out_of_pocket, self.fee])?)
    }

    /// FUND = fund1 - fund0, a memo.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn fund(&self) -> Result<Fen> {
        difference(self.away.fund, self.near.fund)
    }

    /// assistance1 - assistance0.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn assistance(&self) -> Result<Fen> {
        difference(self.away.assistance, self.near.assistance)
    }

    /// bill1 - bill0.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn gap(&self) -> Result<Fen> {
        difference(self.away.total, self.near.total)
    }

    /// What of the gap no ledger has: 0 always, by `bill1 - bill0 = BILL + FUND + (assistance1 - assistance0) + fee0`.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn unexplained(&self) -> Result<Fen> {
        difference(self.gap()?, sum([self.bill()?, self.fund()?, self.assistance()?, self.fee])?)
    }
}

/// The largest amount that a record or a tariff takes: ten billion yuan.
pub const MOST_FEN: i64 = 1_000_000_000_000;

fn check_amount(amount: Fen) -> Result<()> {
    if (Fen::ZERO..=Fen::new(MOST_FEN)).contains(&amount) { Ok(()) } else { Err(out_of_range()) }
}

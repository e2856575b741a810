//! R: half away from zero, once per line; `i64` fen, `i128` in between, and what leaves the range is an error, never wrapped.

use super::Cases;
use crate::kernel::{Error, Fen, Reason, Result};

/// A number of units, as a fraction where it isn't whole: `3/2` days, `8500/10000` of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    /// The numerator; negative in what takes a line back.
    pub count: i64,
    /// The denominator, at least 1.
    pub per: i64,
}

impl Quantity {
    /// A whole number.
    #[must_use]
    pub const fn whole(count: i64) -> Self {
        Self { count, per: 1 }
    }

    /// A share in hundredths of a per cent.
    #[must_use]
    pub const fn basis_points(count: i64) -> Self {
        Self { count, per: 10_000 }
    }

    /// Half-days as days.
    #[must_use]
    pub const fn half_days(count: i64) -> Self {
        Self { count, per: 2 }
    }
}

/// R(quantity × rate).
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn product(quantity: Quantity, rate: Fen) -> Result<Fen> {
    rate.times_ratio(quantity.count, quantity.per).ok_or_else(out_of_range)
}

/// The sum, exact: only the result has to be in range.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Result<Fen> {
    let total: i128 = amounts.into_iter().map(|amount| i128::from(amount.get())).sum();
    i64::try_from(total).map(Fen::new).map_err(|_| out_of_range())
}

/// The sum of each case.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn sum_cases(amounts: impl IntoIterator<Item = Cases<Fen>> + Clone) -> Result<Cases<Fen>> {
    Ok(Cases {
        low: sum(amounts.clone().into_iter().map(|it| it.low))?,
        base: sum(amounts.clone().into_iter().map(|it| it.base))?,
        high: sum(amounts.into_iter().map(|it| it.high))?,
    })
}

/// `a - b`.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn difference(a: Fen, b: Fen) -> Result<Fen> {
    a.checked_sub(b).ok_or_else(out_of_range)
}

/// A product of whole numbers, such as persons × legs.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn times(factors: &[i64]) -> Result<i64> {
    let product = factors.iter().try_fold(1_i64, |product, factor| product.checked_mul(*factor));
    product.ok_or_else(out_of_range)
}

/// What every sum or product answers that leaves the range.
#[must_use]
pub fn out_of_range() -> Error {
    Error::refused(Reason::AmountOutOfRange, "an amount of money leaves the range that can be stored")
}

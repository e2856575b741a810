//! Money: whole fen (0.01 yuan), never a float.
use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen; negative where a saving is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This many fen.
    #[must_use]
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, unless it leaves the range.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The difference, unless it leaves the range.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// Exactly minus the amount, unless it leaves the range.
    #[must_use]
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// `self × numerator / denominator`, rounded half away from zero, once; `None` for a zero denominator or out of range.
    #[must_use]
    pub fn times_ratio(self, numerator: i64, denominator: i64) -> Option<Self> {
        let product = i128::from(self.0) * i128::from(numerator);
        let divisor = i128::from(denominator);
        if divisor == 0 {
            return None;
        }
        let magnitude = (2 * product.unsigned_abs() + divisor.unsigned_abs()) / (2 * divisor.unsigned_abs());
        let magnitude = i128::try_from(magnitude).ok()?;
        let rounded = if (product < 0) == (divisor < 0) { magnitude } else { -magnitude };
        i64::try_from(rounded).ok().map(Self)
    }

    /// Reads yuan with at most two decimals, such as `12.30`, `12` or `-0.5`; no separators, no currency sign.
    ///
    /// # Errors
    /// The shape, where the text has another or the amount leaves the range.
    pub fn parse_yuan(text: &str) -> Result<Self, &'static str> {
        Self::read_yuan(text).ok_or("must be yuan with at most two decimals, such as 12.30")
    }

    fn read_yuan(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (yuan, decimals) = digits.split_once('.').map_or((digits, None), |(yuan, rest)| (yuan, Some(rest)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(yuan) || decimals.is_some_and(|part| !plain(part) || part.len() > 2) {
            return None;
        }
        let mut cents: i128 = decimals.unwrap_or("0").parse().ok()?;
        if decimals.is_some_and(|part| part.len() == 1) {
            cents *= 10;
        }
        let yuan: i128 = yuan.parse().ok()?;
        i64::try_from(sign * yuan.checked_mul(100)?.checked_add(cents)?).ok().map(Self)
    }
}

/// Yuan with two decimals, such as `-12.30`.
impl fmt::Display for Fen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        out.pad(&format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100))
    }
}

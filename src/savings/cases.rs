//! The low, the base and the high case of an estimate.
//!
//! Each is a consistent world of its own: in the low case every assumption speaks against a saving, in the high case for it. So
//! identities hold in each, and a void is minus the original in each. They are no order: where care near home costs more, the high
//! case can lie below the low one.

use serde::{Deserialize, Serialize};

/// One value in each case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Cases<T> {
    /// Every assumption against the saving.
    pub low: T,
    /// What is held to be so.
    pub base: T,
    /// Every assumption for the saving.
    pub high: T,
}

impl<T: Copy> Cases<T> {
    /// The three.
    #[must_use]
    pub const fn new(low: T, base: T, high: T) -> Self {
        Self { low, base, high }
    }

    /// What is known has no range.
    #[must_use]
    pub const fn sure(value: T) -> Self {
        Self::new(value, value, value)
    }

    /// Low and high change places: what is dear away from home speaks for a saving, near home against it.
    #[must_use]
    pub const fn opposed(self) -> Self {
        Self::new(self.high, self.base, self.low)
    }

    /// Each case by itself.
    #[must_use]
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Cases<U> {
        Cases { low: change(self.low), base: change(self.base), high: change(self.high) }
    }

    /// Each case by itself, where one can fail.
    ///
    /// # Errors
    /// The first that fails.
    pub fn try_map<U, E>(self, mut change: impl FnMut(T) -> Result<U, E>) -> Result<Cases<U>, E> {
        Ok(Cases { low: change(self.low)?, base: change(self.base)?, high: change(self.high)? })
    }

    /// The same case of both.
    #[must_use]
    pub const fn zip<U: Copy>(self, other: Cases<U>) -> Cases<(T, U)> {
        Cases { low: (self.low, other.low), base: (self.base, other.base), high: (self.high, other.high) }
    }
}

//! Break-even: at which value of an assumption a saving comes to a target, such as zero or the county's own figure. Pure, whole
//! numbers alone: nothing is interpolated, every value that is tried is reckoned like any other.
//!
//! DOMAIN.md §4 makes a saving a monotone function of any one price or rule: R is even-handed and monotone, and an assumption stands on
//! one side. So "the least value at which the saving has come to the target" is one value, and halving finds it.

use std::ops::RangeInclusive;

use crate::kernel::{Fen, Result};

/// The least value of a range at which a saving has come to a target, on its way from what it is at the range's beginning; none: no value
/// of the range brings it there. What it is at the beginning may be the target already.
///
/// `saving` must not turn back within the range. It is asked for some twice the range's binary digits.
///
/// # Errors
/// Whatever `saving` answers.
pub fn least(
    range: &RangeInclusive<i64>,
    target: Fen,
    mut saving: impl FnMut(i64) -> Result<Fen>,
) -> Result<Option<i64>> {
    let (mut before, mut there) = (*range.start(), *range.end());
    if range.is_empty() {
        return Ok(None);
    }
    let first = saving(before)?;
    if first == target {
        return Ok(Some(before));
    }
    let rises = first < target;
    let has_come = |saving: Fen| if rises { saving >= target } else { saving <= target };
    if !has_come(saving(there)?) {
        return Ok(None);
    }
    // `before` never has come there, `there` always has.
    while there - before > 1 {
        let middle = before + (there - before) / 2;
        if has_come(saving(middle)?) {
            there = middle;
        } else {
            before = middle;
        }
    }
    Ok(Some(there))
}

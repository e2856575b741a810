//! Round words: 超, 近 and 约 stand before a round number only when they are true.

/// A word before a round number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// 超: the figure is above the round number.
    Over,
    /// 近: the figure is below it, by at most 2 %.
    Nearly,
    /// 约: the figure is within 5 % of it, on either side.
    About,
}

impl Word {
    /// Whether the word is true of a figure and a positive round number.
    pub fn is_true(self, figure: i64, round: i64) -> bool {
        let (figure, round) = (i128::from(figure), i128::from(round));
        match self {
            Word::Over => round > 0 && figure > round,
            Word::Nearly => figure < round && (round - figure) * 50 <= round,
            Word::About => round > 0 && (figure - round).abs() * 20 <= round,
        }
    }
}

/// A round number for a figure, with the word that is true of it; `None` where the figure is small or round itself.
///
/// One significant digit where the next such number is within 2 % (9,919: 近 10,000). Else two: the next one above where it is
/// within 2 % and the nearer one (118,000: 近 120,000), else the one below (57,123,456: 超 57,000,000). Figures under
/// 1,000 are printed as they are.
pub fn rounded(figure: i64) -> Option<(Word, i64)> {
    if figure < 1_000 {
        return None;
    }
    let mut step: i64 = 1;
    while figure / step >= 100 {
        step *= 10;
    }
    let below = figure / step * step;
    if below == figure {
        return None;
    }
    let next = |step: i64| (figure / step).checked_add(1)?.checked_mul(step);
    let nearly = |above: &i64| Word::Nearly.is_true(figure, *above);
    let one_digit = step.checked_mul(10).and_then(next).filter(nearly);
    let two_digits = next(step).filter(nearly).filter(|above| above - figure < figure - below);
    Some(one_digit.or(two_digits).map_or((Word::Over, below), |above| (Word::Nearly, above)))
}

/// The nearest whole number to a quotient, and 约 where it isn't exact; `None` where 约 would not be true, or nothing divides.
pub fn per(figure: i64, of: i64) -> Option<(Option<Word>, i64)> {
    if figure <= 0 || of <= 0 {
        return None;
    }
    let (wide_figure, wide_of) = (i128::from(figure), i128::from(of));
    let nearest = (2 * wide_figure + wide_of) / (2 * wide_of);
    let whole = i64::try_from(nearest).ok()?;
    if wide_figure == nearest * wide_of {
        return Some((None, whole));
    }
    let near = (wide_figure - nearest * wide_of).abs() * 20 <= nearest * wide_of;
    near.then_some((Some(Word::About), whole))
}

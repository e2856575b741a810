//! Which assumptions carry the headline of a period's savings, as an answer says it. Pure; what is read is `queries/sensitivity`'s, what is
//! reckoned `savings/sensitivity`'s.

use std::collections::BTreeMap;

use super::Basis;
use crate::kernel::{Date, Fen, Id, Result};
use crate::savings::Cases;
use crate::savings::sensitivity::{Assumption, Swing, TripKinds, scaled};

/// The assumptions that are told of, those that move most.
pub const MOST_LINES: usize = 100;

/// Whose headline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First service date.
    pub from: Date,
    /// Last service date, included.
    pub to: Date,
    /// Whether trips of attested records alone.
    pub basis: Basis,
}

/// What an analysis rests on: read on one snapshot, and worked out once that has ended.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Which days.
    pub period: Period,
    /// Its trips.
    pub counted: TripKinds,
    /// What the county's own method comes to; none: it has none.
    pub county: Option<Fen>,
}

impl Gathered {
    /// What carries the headline. It takes a processor long where there are many kinds of trips, and nothing else.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn analyse(&self) -> Result<Analysis> {
        let Gathered { period, counted, county } = self;
        let weighed = counted.weighed()?;
        let swings = weighed.swings()?;
        let assumptions = swings.len();
        let mut lines = Vec::with_capacity(assumptions.min(MOST_LINES));
        for swing in swings.into_iter().take(MOST_LINES) {
            let zero = weighed.break_even(&swing.assumption, Fen::ZERO)?;
            let county = match county {
                Some(figure) => weighed.break_even(&swing.assumption, *figure)?,
                None => None,
            };
            lines.push(Line { swing, zero, county });
        }
        let (headline, trips) = (counted.headline, counted.trips);
        Ok(Analysis { period: *period, headline, trips, county: *county, lines, assumptions })
    }
}

/// How much each assumption moves the headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Which days.
    pub period: Period,
    /// NET of first visits, in the three cases.
    pub headline: Cases<Fen>,
    /// How many trips it is of.
    pub trips: i64,
    /// What the county's own method comes to; none: it has none.
    pub county: Option<Fen>,
    /// The biggest swing first, at most [`MOST_LINES`].
    pub lines: Vec<Line>,
    /// How many assumptions there are.
    pub assumptions: usize,
}

/// An assumption, what it moves, and where it would carry the headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it moves.
    pub swing: Swing,
    /// Its least value at which the headline has come to zero; none: no value brings it there.
    pub zero: Option<i64>,
    /// Its least value at which the headline has come to the county's figure.
    pub county: Option<i64>,
}

/// What each version says at a break-even: a share of a tariff's base value, or a rule's own number.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn at(swing: &Swing, value: i64) -> Result<BTreeMap<&Id, i64>> {
    let mut values = BTreeMap::new();
    for (id, cases) in &swing.values {
        let own = match &swing.assumption {
            Assumption::Tariff(key) => scaled(key.component.unit(), cases.base, value)?,
            Assumption::Companions | Assumption::Nights(_) | Assumption::MealDays(_) | Assumption::Recorded(..) => {
                value
            }
        };
        values.insert(id, own);
    }
    Ok(values)
}

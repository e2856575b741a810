//! Which assumptions carry the headline of savings: read trip by trip on one snapshot, reckoned by `savings/sensitivity`.

use std::collections::{HashMap, HashSet};

use super::method::county_figures;
use crate::activities;
use crate::db::{Query, Tx};
use crate::kernel::{Date, Error, Fen, Id, Reason, Result};
use crate::programmes::{self, Programme};
use crate::savings::rounding::sum;
use crate::savings::sensitivity::{MOST_KINDS, Trips};
use crate::savings::store::{recomputations, trips};
use crate::savings::trip::{Prices, Trip};
use crate::tallies::Basis;
use crate::tallies::sensitivity::{Analysis, Line, MOST_LINES, Period};

/// Trips that are read at a time.
const CHUNK: i64 = 1_000;
/// Asks for the sensitivity of a period's headline.
#[derive(Clone, Debug)]
pub struct AnalyseSavings {
    /// The programme.
    pub programme: Id,
    /// Which days.
    pub period: Period,
}

impl Query for AnalyseSavings {
    type Output = Analysis;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Analysis> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        analyse(tx, &programme, self.period).await
    }
}

/// What carries the headline of a period.
///
/// # Errors
/// The field `to_date`, where the period's trips are of more than [`MOST_KINDS`] kinds; `AMOUNT_OUT_OF_RANGE`; a storage error.
pub async fn analyse(tx: &mut Tx<'_>, programme: &Programme, period: Period) -> Result<Analysis> {
    let Period { from, to, basis } = period;
    let mut counted = Trips::default();
    let mut prices: HashMap<(Id, Vec<Id>), Prices> = HashMap::new();
    let mut after: Option<(Date, Id)> = None;
    loop {
        let read = recomputations::chunk(tx, &programme.id, (from, to), after.as_ref(), CHUNK).await?;
        let attested = match basis {
            Basis::Recorded => HashSet::new(),
            Basis::Attested => {
                let ids: Vec<&Id> = read.iter().flat_map(|trip| &trip.activities).collect();
                activities::store::attested(tx, &programme.id, &ids, None).await?
            }
        };
        let counts = |trip: &&Trip| basis == Basis::Recorded || trip.activities.iter().all(|it| attested.contains(it));
        for trip in read.iter().filter(counts) {
            let Some(new) = counted.count(trip)? else { continue };
            if counted.kinds() == MOST_KINDS {
                let text = format!("the period's trips are of more than {MOST_KINDS} kinds: ask for a shorter one");
                return Err(Error::field("to_date", Reason::OutOfRange, text));
            }
            let versions = (new.reckoned.policy.clone(), new.reckoned.tariffs.clone());
            let own = match prices.get(&versions) {
                Some(own) => own.clone(),
                None => {
                    let own = trips::prices_of(tx, &programme.id, &new.reckoned).await?;
                    prices.entry(versions).or_insert(own).clone()
                }
            };
            counted.price(new, own);
        }
        match read.last() {
            Some(last) => after = Some((last.dimensions.date, last.name.id().clone())),
            None => break,
        }
    }
    let methods = county_figures(tx, programme, (from, to), basis).await?;
    let county = (!methods.is_empty()).then(|| sum(methods.iter().map(|it| it.figure.accepted))).transpose()?;
    let swings = counted.swings()?;
    let assumptions = swings.len();
    let mut lines = Vec::with_capacity(assumptions.min(MOST_LINES));
    for swing in swings.into_iter().take(MOST_LINES) {
        let zero = counted.break_even(&swing.assumption, Fen::ZERO)?;
        let county = match county {
            Some(figure) => counted.break_even(&swing.assumption, figure)?,
            None => None,
        };
        lines.push(Line { swing, zero, county });
    }
    Ok(Analysis { period, headline: counted.headline, trips: counted.trips, county, lines, assumptions })
}

//! What is read to say which assumptions carry the headline of savings: trip by trip on one snapshot. Working it out takes longer, and is
//! `tallies/sensitivity`'s: nobody's read waits for it.

use std::collections::HashSet;

use super::method::county_figures;
use crate::activities;
use crate::db::{Query, Tx};
use crate::kernel::{Date, Error, Id, Reason, Result};
use crate::programmes::{self, Programme};
use crate::savings::rounding::sum;
use crate::savings::sensitivity::{MOST_KINDS, TripKinds};
use crate::savings::store::{recomputations, trips};
use crate::savings::trip::Trip;
use crate::tallies::Basis;
use crate::tallies::sensitivity::{Gathered, Period};

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
    type Output = Gathered;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Gathered> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        gather(tx, &programme, self.period).await
    }
}

/// What the analysis of a period rests on.
///
/// # Errors
/// The field `to_date`, where the period's trips are of more than [`MOST_KINDS`] kinds; `AMOUNT_OUT_OF_RANGE`; a storage error.
pub async fn gather(tx: &mut Tx<'_>, programme: &Programme, period: Period) -> Result<Gathered> {
    let Period { from, to, basis } = period;
    let mut counted = TripKinds::default();
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
        let counts = |trip: &&Trip| basis == Basis::Recorded || trip.is_attested(&attested);
        for trip in read.iter().filter(counts) {
            if !counted.is_priced(&trip.reckoned) {
                counted.price(&trip.reckoned, trips::prices_of(tx, &programme.id, &trip.reckoned).await?);
            }
            counted.count(trip)?;
        }
        if counted.kinds() > MOST_KINDS {
            let text = format!("the period's trips are of more than {MOST_KINDS} kinds: ask for a shorter one");
            return Err(Error::field("to_date", Reason::OutOfRange, text));
        }
        match read.last() {
            Some(last) => after = Some((last.dimensions.date, last.name.id().clone())),
            None => break,
        }
    }
    let methods = county_figures(tx, programme, (from, to), basis).await?;
    let county = (!methods.is_empty()).then(|| sum(methods.iter().map(|it| it.figure.accepted))).transpose()?;
    Ok(Gathered { period, counted, county })
}

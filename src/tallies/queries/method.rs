//! The county's own method over a period: each day by the policy version in force, and what it multiplies counted like any other sum.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::tally::count;
use crate::db::Tx;
use crate::kernel::{Date, Error, Fen, Id, Result};
use crate::programmes::Programme;
use crate::savings;
use crate::savings::county::{Method, MethodFigure, MethodUnit};
use crate::tallies::measures;
use crate::tallies::{Basis, Definition, Question};

/// What the units of methods are counted by.
const UNITS: [(MethodUnit, &str); 3] = [
    (MethodUnit::Consultation, "consultations"),
    (MethodUnit::OperationCase, "operation_cases"),
    (MethodUnit::Trip, "avoided_trips"),
];

/// One version of the county's method, and what it comes to on the days of a period that it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountyFigure {
    /// The policy version that states it.
    pub policy: Id,
    /// Its first day in the period.
    pub from: Date,
    /// Its last day in the period.
    pub to: Date,
    /// The method.
    pub method: Method,
    /// What it comes to, item by item.
    pub figure: MethodFigure,
}

/// The versions of the method that are in force in a period, by their days.
async fn versions(tx: &mut Tx<'_>, programme: &Id, from: Date, to: Date) -> Result<Vec<(Id, Method, Date, Date)>> {
    let policies = savings::store::approved_policies(tx, programme).await?;
    let mut found: Vec<_> = policies
        .into_iter()
        .filter_map(|policy| {
            let first = from.max(policy.valid_from);
            let last = policy.valid_to.and_then(|end| end.pred_opt()).map_or(to, |end| end.min(to));
            Some((policy.id, policy.method?, first, last)).filter(|_| first <= last)
        })
        .collect();
    found.sort_by_key(|(_, _, first, _)| *first);
    Ok(found)
}

fn units() -> Result<Vec<&'static Definition>> {
    UNITS.iter().map(|(_, name)| measures::find(name).ok_or(Error::Internal("a method's unit is no measure"))).collect()
}

/// What the county's method comes to in each group of a question.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`, or a storage error.
pub(super) fn figure<'a>(
    tx: &'a mut Tx<'_>,
    programme: &'a Programme,
    question: &'a Question,
) -> BoxFuture<'a, Result<BTreeMap<Vec<String>, i64>>> {
    Box::pin(async move {
        let mut groups: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for (_, method, from, to) in versions(tx, &programme.id, question.from, question.to).await? {
            let part = Question { from, to, measures: units()?, ..question.clone() };
            let (answer, _) = count(tx, programme, &part).await?;
            for (group, numbers) in answer.rows {
                let of = |unit| UNITS.iter().position(|(it, _)| *it == unit).and_then(|place| numbers.get(place));
                let figure = method.figure(|unit| of(unit).map_or(0, |number| number.quantity))?;
                let sum = groups.entry(group).or_default();
                let total = Fen::new(*sum).checked_add(figure.accepted).ok_or_else(savings::rounding::out_of_range)?;
                *sum = total.get();
            }
        }
        Ok(groups)
    })
}

/// The county's method over a period, version by version, with what carries each figure.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`, or a storage error.
pub async fn county_figures(
    tx: &mut Tx<'_>,
    programme: &Programme,
    (from, to): (Date, Date),
    basis: Basis,
) -> Result<Vec<CountyFigure>> {
    let mut figures = Vec::new();
    for (policy, method, from, to) in versions(tx, &programme.id, from, to).await? {
        let part = Question { basis, ..Question::of(units()?, from, to) };
        let (answer, _) = count(tx, programme, &part).await?;
        let of = |unit| UNITS.iter().position(|(it, _)| *it == unit).and_then(|place| answer.totals.get(place));
        let figure = method.figure(|unit| of(unit).map_or(0, |number| number.quantity))?;
        figures.push(CountyFigure { policy, from, to, method, figure });
    }
    Ok(figures)
}

//! Messages of sensitivities.

use std::collections::BTreeMap;

use super::period;
use crate::kernel::{Fen, Fields, Id, Result, Vocabulary as _};
use crate::pb;
use crate::savings::Cases;
use crate::savings::sensitivity::{Assumption, Swing};
use crate::savings::wire::cases_message;
use crate::sites::DivisionCode;
use crate::tallies::Basis;
use crate::tallies::queries::AnalyseSavings;
use crate::tallies::sensitivity::{Analysis, Line, Period, at};

pub(in crate::tallies) fn analyse(fields: &mut Fields, request: pb::AnalyseSavingsRequest) -> AnalyseSavings {
    let programme = fields.parent("parent", &request.parent);
    let from = fields.date("from_date", request.from_date.as_ref());
    let to = fields.date("to_date", request.to_date.as_ref());
    period(fields, from, to);
    let basis = fields.optional_choice("basis", request.basis).unwrap_or(Basis::Recorded);
    AnalyseSavings { programme, period: Period { from, to, basis } }
}

/// What carries a headline; a bulletin says the same.
pub(crate) fn analysis(programme: &Id, analysis: &Analysis) -> Result<pb::SavingsAnalysis> {
    Ok(pb::SavingsAnalysis {
        from_date: Some(analysis.period.from.into()),
        to_date: Some(analysis.period.to.into()),
        headline: Some(cases_message(analysis.headline.map(Fen::get))),
        trip_count: analysis.trips,
        county_fen: analysis.county.map(Fen::get),
        swings: analysis.lines.iter().map(|line| swing(programme, line)).collect::<Result<_>>()?,
        assumption_count: i64::try_from(analysis.assumptions).unwrap_or(i64::MAX),
    })
}

fn swing(programme: &Id, line: &Line) -> Result<pb::AssumptionSwing> {
    let Line { swing, zero, county } = line;
    Ok(pb::AssumptionSwing {
        assumption: Some(assumption(&swing.assumption)),
        low_fen: swing.low.get(),
        high_fen: swing.high.get(),
        swing_fen: i64::try_from(swing.size()).unwrap_or(i64::MAX),
        zero_at: *zero,
        county_at: *county,
        values: values(programme, swing, *zero, *county)?,
    })
}

fn values(programme: &Id, swing: &Swing, zero: Option<i64>, county: Option<i64>) -> Result<Vec<pb::AssumedValue>> {
    let found = |value: Option<i64>| value.map_or(Ok(BTreeMap::new()), |value| at(swing, value));
    let (zeros, counties) = (found(zero)?, found(county)?);
    let collection = match swing.assumption {
        Assumption::Tariff(_) => "tariffs",
        Assumption::Companions | Assumption::Nights(_) | Assumption::MealDays(_) | Assumption::Recorded(..) => {
            "saving-policies"
        }
    };
    let value = |(id, stated): (&Id, &Cases<i64>)| pb::AssumedValue {
        version: format!("programmes/{programme}/{collection}/{id}"),
        values: Some(cases_message(*stated)),
        zero: zeros.get(id).copied(),
        county: counties.get(id).copied(),
    };
    Ok(swing.values.iter().map(value).collect())
}

fn assumption(assumption: &Assumption) -> pb::Assumption {
    let message = pb::Assumption { kind: assumption.kind().number(), ..pb::Assumption::default() };
    match assumption {
        Assumption::Tariff(key) => {
            let place =
                |code: &Option<DivisionCode>| code.as_ref().map_or(String::new(), |code| code.as_str().to_owned());
            pb::Assumption {
                component: key.component.number(),
                origin: place(&key.origin),
                destination: place(&key.destination),
                mode: key.mode.map_or(0, |mode| mode.number()),
                person_class: key.person_class.number(),
                item: key.item.clone(),
                ..message
            }
        }
        Assumption::Companions => message,
        Assumption::Nights(setting) | Assumption::MealDays(setting) => {
            pb::Assumption { setting: setting.number(), ..message }
        }
        Assumption::Recorded(component, side) => {
            pb::Assumption { component: component.number(), side: side.number(), ..message }
        }
    }
}

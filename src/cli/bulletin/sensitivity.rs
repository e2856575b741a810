//! What is printed as JSON of the assumptions that carry a bulletin's savings.

use serde::Serialize;

use crate::pb;

/// Amounts in fen; unset where there is none.
#[derive(Serialize)]
pub(super) struct Analysis<'a> {
    headline: Cases,
    trips: i64,
    county_fen: Option<i64>,
    assumptions: i64,
    swings: Vec<Swing<'a>>,
}

#[derive(Serialize)]
struct Cases {
    low: i64,
    base: i64,
    high: i64,
}

/// An assumption's words are those of the API; what it has not is left out.
#[derive(Serialize)]
struct Swing<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    origin: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    destination: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_class: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    item: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<&'static str>,
    low_fen: i64,
    high_fen: i64,
    swing_fen: i64,
    zero_at: Option<i64>,
    county_at: Option<i64>,
    values: Vec<Value<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    version: &'a str,
    values: Cases,
    zero: Option<i64>,
    county: Option<i64>,
}

impl<'a> Analysis<'a> {
    pub(super) fn of(analysis: &'a pb::SavingsAnalysis) -> Self {
        Self {
            headline: cases(analysis.headline.as_ref()),
            trips: analysis.trip_count,
            county_fen: analysis.county_fen,
            assumptions: analysis.assumption_count,
            swings: analysis.swings.iter().filter_map(Swing::of).collect(),
        }
    }
}

impl<'a> Swing<'a> {
    fn of(swing: &'a pb::AssumptionSwing) -> Option<Self> {
        let own = swing.assumption.as_ref()?;
        let value = |it: &'a pb::AssumedValue| Value {
            version: &it.version,
            values: cases(it.values.as_ref()),
            zero: it.zero,
            county: it.county,
        };
        Some(Self {
            kind: own.kind().as_str_name(),
            component: (own.component != 0).then(|| own.component().as_str_name()),
            origin: &own.origin,
            destination: &own.destination,
            mode: (own.mode != 0).then(|| own.mode().as_str_name()),
            person_class: (own.person_class != 0).then(|| own.person_class().as_str_name()),
            item: &own.item,
            setting: (own.setting != 0).then(|| own.setting().as_str_name()),
            side: (own.side != 0).then(|| own.side().as_str_name()),
            low_fen: swing.low_fen,
            high_fen: swing.high_fen,
            swing_fen: swing.swing_fen,
            zero_at: swing.zero_at,
            county_at: swing.county_at,
            values: swing.values.iter().map(value).collect(),
        })
    }
}

fn cases(cases: Option<&pb::Cases>) -> Cases {
    let pb::Cases { low, base, high } = cases.copied().unwrap_or_default();
    Cases { low, base, high }
}

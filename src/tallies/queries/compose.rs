//! What a statement says: every measure that there is, counted on one snapshot; and what has changed since an earlier one.

use crate::db::{self, Query, Tx};
use crate::kernel::{Date, Error, Id, Name, ProgrammeName, Result, Vocabulary as _};
use crate::programmes::{self, Programme};
use crate::tallies::measures::{self, sums};
use crate::tallies::queries::{count, reasons};
use crate::tallies::question::{Question, knows};
use crate::tallies::reckon::{Answer, Number};
use crate::tallies::statement::{self, FORM, Figure, Said, StatementKind, Statements};
use crate::tallies::{Basis, Definition, Dimension, MeasureType, store};

/// By what a statement's figures are told apart.
const BREAKDOWNS: [Dimension; 6] = [
    Dimension::Month,
    Dimension::Site,
    Dimension::HomeHospital,
    Dimension::Specialty,
    Dimension::Kind,
    Dimension::Residence,
];

/// A statement that could be written.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The programme.
    pub programme: Programme,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The sequence as of which it was counted.
    pub sequence: i64,
    /// What it says.
    pub said: Vec<Said>,
    /// A restatement: which statement it follows, and whether any figure has changed since.
    pub previous: Option<(Name<Statements>, i64, bool)>,
}

/// Composes what a statement of a period would say now.
#[derive(Clone, Debug)]
pub struct ComposeClosing {
    /// The programme.
    pub programme: Id,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Query for ComposeClosing {
    type Output = Composed;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Composed> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        compose(tx, programme, (self.from, self.to), None).await
    }
}

/// Composes what a restatement of a period would say now.
#[derive(Clone, Debug)]
pub struct ComposeRestatement {
    /// A statement of the period.
    pub of: Name<Statements>,
}

impl Query for ComposeRestatement {
    type Output = Composed;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Composed> {
        let of = store::statements::get(tx, &self.of).await?;
        let last = store::statements::last(tx, self.of.programme(), of.from, of.to).await?.unwrap_or(of);
        let then = statement::read(&last.text).ok_or_else(|| Error::storage("statements.content is no statement"))?;
        let programme = programmes::store::get(tx, self.of.programme()).await?;
        let mut composed = compose(tx, programme, (last.from, last.to), Some(&last.name)).await?;
        let deltas = statement::deltas(&then, &composed.said);
        let reasons = reasons::reasons(tx, &composed.programme, &then, &composed).await?;
        let additive: Vec<&str> = sums().map(|(measure, _)| measure.as_str()).collect();
        composed.said.extend(statement::account(&deltas, &reasons, &additive));
        composed.previous = Some((last.name, last.ordinal, !deltas.is_empty()));
        Ok(composed)
    }
}

async fn compose(
    tx: &mut Tx<'_>,
    programme: Programme,
    (from, to): (Date, Date),
    previous: Option<&Name<Statements>>,
) -> Result<Composed> {
    let head = db::ledger::head(tx, &programme.id).await?;
    let mut said = vec![Said::Statement {
        form: FORM.to_owned(),
        programme: programme.id.to_string(),
        kind: if previous.is_some() { StatementKind::Restatement } else { StatementKind::Closing },
        from_date: from.to_string(),
        to_date: to.to_string(),
        sequence: head.sequence,
        audit_head: format!("{}:{}", head.entry, head.link),
        time_micros: tx.now().micros(),
        previous: previous.map(ToString::to_string),
    }];
    said.extend(measures::all().map(|it| Said::Measure {
        measure: it.name.to_owned(),
        version: it.version,
        unit: it.unit.0.to_owned(),
        definition: it.definition.0.to_owned(),
        footnote: it.footnote.0.to_owned(),
    }));
    let everything: Vec<&'static Definition> = measures::all().collect();
    said.extend(figures_by(tx, &programme, (from, to), everything, None).await?);
    for dimension in BREAKDOWNS {
        let known = measures::all().filter(|it| knows(it, dimension) && it.measure_type() != MeasureType::Ratio);
        said.extend(figures_by(tx, &programme, (from, to), known.collect(), Some(dimension)).await?);
    }
    let balances = store::standing(tx, &programme.id).await?;
    let mut balances: Vec<_> = balances.into_iter().filter(|balance| balance.as_of <= to).collect();
    balances.sort_by_key(|balance| balance.measure.name);
    said.extend(balances.into_iter().map(|balance| Said::OpeningBalance {
        measure: balance.measure.name.to_owned(),
        quantity: balance.quantity,
        as_of_date: balance.as_of.to_string(),
        document: balance.document,
    }));
    Ok(Composed { programme, from, to, sequence: head.sequence, said, previous: None })
}

/// The figures of everything, or by a dimension, attested beside recorded; of groups only those that have one.
async fn figures_by(
    tx: &mut Tx<'_>,
    programme: &Programme,
    (from, to): (Date, Date),
    measures: Vec<&'static Definition>,
    by: Option<Dimension>,
) -> Result<Vec<Said>> {
    let recorded = Question { group_by: by.into_iter().collect(), ..Question::of(measures.clone(), from, to) };
    let attested = Question { basis: Basis::Attested, ..recorded.clone() };
    let (recorded, _) = count(tx, programme, &recorded).await?;
    let (attested, _) = count(tx, programme, &attested).await?;
    let figure = |definition: &Definition, key: &str, attested: Number, recorded: Number| {
        Said::Figure(Figure {
            measure: definition.name.to_owned(),
            by: by.map_or("", Dimension::code).to_owned(),
            key: key.to_owned(),
            attested: attested.quantity,
            attested_below: attested.denominator,
            recorded: recorded.quantity,
            recorded_below: recorded.denominator,
        })
    };
    let number = |answer: &Answer, key: &[String], place: usize| {
        let row = answer.rows.iter().find(|(own, _)| own.as_slice() == key);
        row.and_then(|(_, numbers)| numbers.get(place)).copied().unwrap_or_default()
    };
    let mut said = Vec::new();
    for (place, definition) in measures.iter().enumerate() {
        if by.is_none() {
            let total = |answer: &Answer| answer.totals.get(place).copied().unwrap_or_default();
            said.push(figure(definition, "", total(&attested), total(&recorded)));
            continue;
        }
        // What is attested is recorded too: every group of the former is one of the latter.
        for (key, numbers) in &recorded.rows {
            let recorded = numbers.get(place).copied().unwrap_or_default();
            if recorded != Number::default() {
                let name = key.first().map_or("", String::as_str);
                said.push(figure(definition, name, number(&attested, key, place), recorded));
            }
        }
    }
    Ok(said)
}

impl Composed {
    /// The programme's name.
    #[must_use]
    pub fn programme_name(&self) -> ProgrammeName {
        self.programme.name()
    }
}

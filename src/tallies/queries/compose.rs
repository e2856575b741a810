//! What a statement says: every measure that there is, counted on one snapshot; and what has changed since an earlier one.

use crate::db::{self, Query, Tx};
use crate::kernel::{Date, Error, Id, Name, Reason, Result, Timestamp, Vocabulary as _};
use crate::programmes::{self, Programme};
use crate::tallies::measures::{self, sums};
use crate::tallies::queries::{count, reasons};
use crate::tallies::question::{Question, knows};
use crate::tallies::statement::{self, FORM, Figure, Said, Statement, StatementKind, Statements};
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

/// A period that is to be closed.
#[derive(Clone, Debug)]
pub struct Closing {
    /// The programme.
    pub programme: Programme,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Closing {
    /// Refuses a period that has a statement, or isn't over.
    ///
    /// # Errors
    /// `PERIOD_CLOSED`, `IN_THE_FUTURE`.
    pub fn refuse(&self, last: Option<Statement>, now: Timestamp) -> Result<()> {
        if let Some(last) = last {
            let message = "the period is closed: what has changed since is restated";
            return Err(Error::refused(Reason::PeriodClosed, message).with("name", last.name));
        }
        if self.to >= self.programme.zone.date_of(now) { Err(not_over()) } else { Ok(()) }
    }
}

/// That a period isn't over yet.
pub fn not_over() -> Error {
    Error::refused(Reason::InTheFuture, "a period is closed once it is over").with("field", "to_date")
}

/// Composes what a statement of a period would say now; nothing, without a count, where it can't be closed.
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
    type Output = (Closing, Option<Composed>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let last = store::statements::last(tx, &programme.id, self.from, self.to).await?;
        let closing = Closing { programme, from: self.from, to: self.to };
        if closing.refuse(last, tx.now()).is_err() {
            return Ok((closing, None));
        }
        let composed = compose(tx, closing.programme.clone(), (self.from, self.to), None).await?;
        Ok((closing, Some(composed)))
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
    let names: Vec<&str> = measures.iter().map(|it| it.name).collect();
    let figures = match by {
        Some(dimension) => statement::side_by_side(&names, dimension.code(), &attested, &recorded),
        None => {
            let totals = names.iter().zip(attested.totals.iter().zip(&recorded.totals));
            totals.map(|(name, (attested, recorded))| Figure::new(name, ("", ""), *attested, *recorded)).collect()
        }
    };
    Ok(figures.into_iter().map(Said::Figure).collect())
}

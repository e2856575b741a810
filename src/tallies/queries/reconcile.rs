//! Recounting every cell from the records, month by month, on one snapshot.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use crate::activities::{self, State};
use crate::db::{Query, Tx};
use crate::kernel::{Date, Error, Id, Leaf, Measure, Result, SessionKind, Vocabulary as _};
use crate::programmes::{self, Programme};
use crate::sessions::sittings::{FREE_CLINICS, SESSIONS_HELD};
use crate::sessions::{self, ControlTotals};
use crate::tallies::measures::{self, Origin};
use crate::tallies::question::next_month;
use crate::tallies::{Basis, cells, store};

/// Recounts a programme's cells.
#[derive(Clone, Debug)]
pub struct Reconcile {
    /// The programme.
    pub programme: Id,
}

/// A cell that differs from its recount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The face's name.
    pub face: String,
    /// The measure's name.
    pub measure: String,
    /// `YYYY-MM`.
    pub month: String,
    /// The values of the face's dimensions.
    pub key: String,
    /// What the cell says.
    pub cell: i64,
    /// What the records say.
    pub recount: i64,
}

/// One measure counted in every way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlTotal {
    /// The sum over the records.
    pub records: i64,
    /// The sum over each face's cells, in the order of [`cells::FACES`].
    pub cells: [i64; cells::FACES.len()],
    /// The sum over the attested records.
    pub attested_records: i64,
    /// The sum over each face's cells of what is attested.
    pub attested_cells: [i64; cells::FACES.len()],
}

/// The result of a recount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// How many cells were compared.
    pub cells: i64,
    /// How many cells belong to no face, measure or month that could be recounted.
    pub strays: i64,
    /// How many differ.
    pub difference_count: i64,
    /// The first of them.
    pub differences: Vec<Difference>,
    /// By measure.
    pub totals: BTreeMap<&'static str, ControlTotal>,
    /// Activities that count.
    pub standing: i64,
    /// Activities that were voided.
    pub voided: i64,
    /// Activities that another person has attested.
    pub attested: i64,
    /// Activities that are disputed.
    pub disputed: i64,
    /// What became of every session.
    pub sessions: ControlTotals,
    /// How those that were held are counted.
    pub held: HeldTotals,
}

/// How sessions that were held are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldTotals {
    /// All that the recount found.
    pub held: i64,
    /// Clinics among them.
    pub clinics: i64,
    /// Those that carry a sitting.
    pub sittings: i64,
    /// Free clinics.
    pub free_clinics: i64,
}

impl HeldTotals {
    fn add(&mut self, leaf: &Leaf) {
        let quantity = |measure| leaf.quantities.iter().find(|(it, _)| *it == measure).map_or(0, |(_, it)| *it);
        let held = quantity(SESSIONS_HELD);
        self.held += held;
        self.clinics += if leaf.dimensions.kind == SessionKind::Clinic.code() { held } else { 0 };
        self.sittings += quantity(Measure::SITTINGS);
        self.free_clinics += quantity(FREE_CLINICS);
    }

    /// Clinics whose sitting another clinic of the expert, site and half-day, or day, carries.
    #[must_use]
    pub fn same_sitting(&self) -> i64 {
        self.clinics - self.sittings
    }

    /// Sessions of other kinds.
    #[must_use]
    pub fn other_kinds(&self) -> i64 {
        self.held - self.clinics - self.free_clinics
    }
}

impl Reconciliation {
    /// The most differences that are listed; all are counted.
    pub const MOST_LISTED: usize = 1000;

    /// Whether every cell equals its recount and every total agrees.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        let agrees = |total: &ControlTotal| {
            total.cells.iter().all(|cells| *cells == total.records)
                && total.attested_cells.iter().all(|cells| *cells == total.attested_records)
        };
        let sessions = self.sessions.balanced() && self.sessions.completed == self.held.held;
        sessions && self.difference_count == 0 && self.strays == 0 && self.totals.values().all(agrees)
    }
}

impl Query for Reconcile {
    type Output = Reconciliation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reconciliation> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let mut result = Reconciliation::default();
        for (measure, _) in measures::sums() {
            result.totals.insert(measure.as_str(), ControlTotal::default());
        }
        let now = tx.now();
        result.sessions = sessions::store::control_totals(tx, &programme.id, now).await?;
        let (cells, cell_months) = store::cell_span(tx, &programme.id).await?;
        let mut span = Span(None);
        if let Some((first, last)) = cell_months {
            span.reach(first_day(&first)?, first_day(&last)?);
        }
        for count in activities::store::count_states(tx, &programme.id).await? {
            match count.state {
                State::Recorded => {}
                State::Attested => result.attested = count.activities,
                State::Disputed => result.disputed = count.activities,
                State::Voided => result.voided = count.activities,
            }
            result.standing += if count.state.stands() { count.activities } else { 0 };
            span.reach(count.first, count.last);
        }
        for origin in [Origin::Sessions, Origin::Visits, Origin::Savings] {
            if let Some((first, last)) = store::span(tx, &programme.id, origin).await? {
                span.reach(first, last);
            }
        }
        let mut month = span.0.and_then(|(first, _)| first.with_day(1));
        while let (Some(first), Some((_, last))) =
            (month.filter(|it| span.0.is_some_and(|(_, end)| *it <= end)), span.0)
        {
            month = next_month(first);
            let end = month.and_then(|next| next.pred_opt()).unwrap_or(last);
            recount_month(tx, &programme, first, end, &mut result).await?;
        }
        result.strays = cells - result.cells;
        Ok(result)
    }
}

/// The first and the last day of anything.
struct Span(Option<(Date, Date)>);

impl Span {
    fn reach(&mut self, first: Date, last: Date) {
        self.0 = Some(self.0.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
    }
}

fn first_day(month: &str) -> Result<Date> {
    format!("{month}-01").parse().map_err(|_| Error::storage("tally_cells.month is no month"))
}

async fn recount_month(
    tx: &mut Tx<'_>,
    programme: &Programme,
    first: Date,
    last: Date,
    result: &mut Reconciliation,
) -> Result<()> {
    let month = cells::month_of(first);
    // (face, measure, key) → what the cell says, what the records say.
    let mut compared: BTreeMap<(String, String, String), (i64, i64)> = BTreeMap::new();
    for cell in store::month_cells(tx, &programme.id, &month).await? {
        result.cells += 1;
        if let Some(total) = result.totals.get_mut(cell.measure.as_str()) {
            for (place, face) in cells::FACES.iter().enumerate() {
                if face.name == cell.face {
                    add(&mut total.cells[place], cell.quantity)?;
                } else if face.attested == cell.face {
                    add(&mut total.attested_cells[place], cell.quantity)?;
                }
            }
        }
        compared.insert((cell.face, cell.measure, cell.key), (cell.quantity, 0));
    }
    for origin in [Origin::Sessions, Origin::Visits, Origin::Activities, Origin::Savings] {
        let cut = store::Cut { from: first, to: last, basis: Basis::Recorded, as_of: None };
        for leaf in store::leaves(tx, programme, origin, cut).await? {
            result.held.add(&leaf);
            for (measure, quantity) in &leaf.quantities {
                if let Some(total) = result.totals.get_mut(measure.as_str()) {
                    add(&mut total.records, *quantity)?;
                    if leaf.attested {
                        add(&mut total.attested_records, *quantity)?;
                    }
                }
            }
            for delta in cells::spread(&leaf, 1) {
                for (measure, by) in delta.by {
                    let key = (delta.face.to_owned(), measure.to_owned(), delta.key.clone());
                    add(&mut compared.entry(key).or_default().1, by)?;
                }
            }
        }
    }
    for ((face, measure, key), (cell, recount)) in compared.into_iter().filter(|(_, (cell, count))| cell != count) {
        result.difference_count += 1;
        if result.differences.len() < Reconciliation::MOST_LISTED {
            result.differences.push(Difference { face, measure, month: month.clone(), key, cell, recount });
        }
    }
    Ok(())
}

fn add(sum: &mut i64, quantity: i64) -> Result<()> {
    *sum = sum.checked_add(quantity).ok_or(Error::Internal("a tally is beyond 64 bits"))?;
    Ok(())
}

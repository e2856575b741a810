//! Answering a tally: what has to be counted, from where, and opening balances beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::method;
use crate::db::{self, Query, Tx};
use crate::experts::{self, Merged};
use crate::kernel::{Cursor, Date, Error, Id, Key, Leaf, Measure, Page, PageRequest, Reason, Result};
use crate::programmes::{self, Programme};
use crate::savings::figures::COUNTY_METHOD;
use crate::sessions::sittings::SESSIONS_HELD;
use crate::tallies::measures::{self, Origin, Rule, Set};
use crate::tallies::question::{Cells, Plan, Question, plan};
use crate::tallies::reckon::{Answer, Counted, Members, Number, Slice};
use crate::tallies::store::Cut;
use crate::tallies::{Basis, Definition, Dimension, OpeningBalance, Source, roster, store};

/// Measures over a period, in groups.
#[derive(Clone, Debug)]
pub struct QueryTally {
    /// The programme.
    pub programme: Id,
    /// What is asked.
    pub question: Question,
    /// Which groups.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

/// A tally.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The programme; its counting unit is a footnote.
    pub programme: Programme,
    /// The groups of the page.
    pub rows: Page<(Vec<String>, Vec<Number>)>,
    /// The whole, over every page.
    pub totals: Vec<Number>,
    /// Opening balances beside the flow that follows them.
    pub cumulative: Vec<Cumulative>,
    /// Where the numbers were read.
    pub source: Source,
    /// The sequence as of which they are.
    pub sequence: i64,
}

/// An opening balance beside the flow that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cumulative {
    /// What was declared.
    pub balance: OpeningBalance,
    /// What the records have from the day after it on.
    pub flow: i64,
}

impl Query for QueryTally {
    type Output = Tally;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Tally> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let newest = db::ledger::head(tx, &programme.id).await?.sequence;
        must_be_known(&self.question, newest, &programme)?;
        let (Answer { rows, totals }, source) = count(tx, &programme, &self.question).await?;
        // A balance says what it says now, about everything that is recorded.
        let is_plain = self.question.filter.is_empty() && self.question.as_of.is_none();
        let cumulative = if is_plain && self.question.basis == Basis::Recorded {
            cumulative(tx, &programme, &self.question.measures, (self.question.to, Basis::Recorded)).await?
        } else {
            Vec::new()
        };
        let keys = |row: &(Vec<String>, Vec<Number>)| Cursor(row.0.iter().cloned().map(Key::Text).collect());
        let after = self.page.after.as_ref();
        let rows: Vec<_> = rows.into_iter().filter(|row| after.is_none_or(|after| keys(row).0 > after.0)).collect();
        let rows = Page::cut(rows, &self.page, &self.bound_to, keys);
        let sequence = self.question.as_of.unwrap_or(newest);
        Ok(Tally { programme, rows, totals, cumulative, source, sequence })
    }
}

/// Refuses a question as of a sequence that a programme hasn't reached.
///
/// # Errors
/// `SEQUENCE_AHEAD`.
pub(super) fn must_be_known(question: &Question, newest: i64, programme: &Programme) -> Result<()> {
    let Some(ahead) = question.as_of.filter(|as_of| *as_of > newest) else { return Ok(()) };
    let message = format!("the programme has no change {ahead} yet");
    let refusal = Error::refused(Reason::SequenceAhead, message).with("name", programme.name());
    Err(refusal.with("newest", newest))
}

/// What has to be counted for a question: sums that are told apart by its dimensions, and sets.
fn wanted(measures: &[&'static Definition]) -> (BTreeMap<Measure, Origin>, BTreeSet<Set>) {
    let (mut sums, mut sets) = (BTreeMap::new(), BTreeSet::new());
    for definition in measures {
        match definition.rule {
            Rule::Sum(measure, origin) => {
                sums.insert(measure, origin);
            }
            Rule::Size(set) => {
                sets.insert(set);
            }
            // Counted by itself, day by day's version.
            Rule::Method => {}
            Rule::Quotient(above, below) => {
                for rule in [above, below].into_iter().filter_map(measures::find).map(|it| it.rule) {
                    if let Rule::Sum(measure, origin) = rule {
                        sums.insert(measure, origin);
                    }
                }
            }
        }
    }
    (sums, sets)
}

/// Answers a question, and says where its numbers were read.
///
/// # Errors
/// A storage error, or a sum beyond 64 bits.
pub async fn count(tx: &mut Tx<'_>, programme: &Programme, question: &Question) -> Result<(Answer, Source)> {
    let (sums, sets) = wanted(&question.measures);
    let tells_experts = question.dimensions().contains(&Dimension::Expert) || sets.contains(&Set::ActiveExperts);
    let merged = if tells_experts { experts::store::merged(tx, &programme.id).await? } else { Merged::default() };
    let question = &question.of_survivors(&merged);
    let mut reader = Reader { programme, question, merged, records: BTreeMap::new(), sources: BTreeSet::new() };
    let mut counted = Counted::default();
    for (measure, slice) in reader.slices(tx, &sums, None).await? {
        counted.sums.insert(measure, slice.sums(question)?);
    }
    for set in sets {
        let members = match set {
            Set::Experts | Set::HomeHospitals => {
                reader.sources.insert(Source::Records);
                roster::members(&store::roster(tx, &programme.id).await?, question, set)
            }
            Set::ActiveExperts => reader.holding(tx, Dimension::Expert).await?,
            Set::ActiveSites => reader.holding(tx, Dimension::Site).await?,
        };
        counted.sets.insert(set, members);
    }
    let sources = reader.sources.clone();
    if question.measures.iter().any(|definition| definition.rule == Rule::Method) {
        counted.sums.insert(COUNTY_METHOD, method::figure(tx, programme, question).await?);
    }
    let source = match (sources.contains(&Source::Cells), sources.contains(&Source::Records)) {
        (true, true) => Source::CellsAndRecords,
        (true, false) => Source::Cells,
        (false, _) => Source::Records,
    };
    Ok((counted.answer(question)?, source))
}

/// Reads sums for one question; records of the same days are read once.
struct Reader<'a> {
    programme: &'a Programme,
    question: &'a Question,
    /// A duplicate's records are its survivor's; cells and records keep the name under which they were made.
    merged: Merged,
    records: BTreeMap<(Origin, Date, Date), Vec<Leaf>>,
    sources: BTreeSet<Source>,
}

impl Reader<'_> {
    /// The values of a dimension that had a session held, in each group and over everything.
    async fn holding(&mut self, tx: &mut Tx<'_>, of: Dimension) -> Result<Members> {
        let sums = BTreeMap::from([(SESSIONS_HELD, Origin::Sessions)]);
        let slices = self.slices(tx, &sums, Some(of)).await?;
        let groups = slices.get(&SESSIONS_HELD).map(|slice| slice.members(self.question, of)).unwrap_or_default();
        let all = groups.values().flatten().cloned().collect();
        Ok((groups, all))
    }

    /// What there is of each measure; the cells of all in one statement.
    async fn slices(
        &mut self,
        tx: &mut Tx<'_>,
        sums: &BTreeMap<Measure, Origin>,
        besides: Option<Dimension>,
    ) -> Result<BTreeMap<Measure, Slice>> {
        let mut needed = self.question.dimensions();
        needed.extend(besides);
        let mut by_cells: BTreeMap<Cells, BTreeMap<Measure, Origin>> = BTreeMap::new();
        for (measure, origin) in sums {
            by_cells.entry(self.question.cells_of(*origin)).or_default().insert(*measure, *origin);
        }
        let mut slices = BTreeMap::new();
        for (cells, sums) in by_cells {
            slices.append(&mut self.slices_of(tx, cells, &sums, &needed).await?);
        }
        slices.values_mut().for_each(|slice| slice.give_to_survivors(&self.merged));
        Ok(slices)
    }

    /// What there is of measures that have the same cells.
    async fn slices_of(
        &mut self,
        tx: &mut Tx<'_>,
        cells: Cells,
        sums: &BTreeMap<Measure, Origin>,
        needed: &[Dimension],
    ) -> Result<BTreeMap<Measure, Slice>> {
        let (from, to) = (self.question.from, self.question.to);
        let plan = match cells {
            Cells::Recorded | Cells::Attested => plan(from, to, needed),
            Cells::None => Plan { cells: None, records: vec![(from, to)] },
        };
        let dimensions = match &plan.cells {
            Some((face, ..)) => face.dimensions.to_vec(),
            None => needed.iter().copied().filter(|it| !matches!(it, Dimension::Month | Dimension::Year)).collect(),
        };
        let empty = |measure: &Measure| (*measure, Slice { dimensions: dimensions.clone(), rows: Vec::new() });
        let mut slices: BTreeMap<Measure, Slice> = sums.keys().map(empty).collect();
        if let Some((face, first, last)) = &plan.cells {
            self.sources.insert(Source::Cells);
            let name = if cells == Cells::Attested { face.attested } else { face.name };
            store::add_cells(tx, &self.programme.id, name, (first, last), &mut slices).await?;
        }
        for (from, to) in plan.records {
            self.sources.insert(Source::Records);
            for (measure, origin) in sums {
                let days = (*origin, from, to);
                if !self.records.contains_key(&days) {
                    let cut = Cut { from, to, basis: self.question.basis, as_of: self.question.as_of };
                    self.records.insert(days, store::leaves(tx, self.programme, *origin, cut).await?);
                }
                let leaves = self.records.get(&days).map_or(&[][..], Vec::as_slice);
                if let Some(slice) = slices.get_mut(measure) {
                    slice.add_leaves(leaves.iter(), *measure);
                }
            }
        }
        Ok(slices)
    }
}

/// The standing opening balances of additive measures up to a day, each with the flow from the day after its own, of recorded or of
/// attested records. One that is later than the day says nothing about it, and is left out.
///
/// # Errors
/// As [`count`].
pub async fn cumulative(
    tx: &mut Tx<'_>,
    programme: &Programme,
    measures: &[&'static Definition],
    (to, basis): (Date, Basis),
) -> Result<Vec<Cumulative>> {
    let mut lines = Vec::new();
    for balance in store::standing(tx, &programme.id).await? {
        if balance.as_of > to || !measures.contains(&balance.measure) {
            continue;
        }
        let flow = match balance.as_of.succ_opt().filter(|from| *from <= to) {
            Some(from) => {
                let question = Question { basis, ..Question::of(vec![balance.measure], from, to) };
                let (answer, _) = count(tx, programme, &question).await?;
                answer.totals.first().map_or(0, |total| total.quantity)
            }
            None => 0,
        };
        lines.push(Cumulative { balance, flow });
    }
    let place = |line: &Cumulative| measures.iter().position(|measure| *measure == line.balance.measure);
    lines.sort_by_key(place);
    Ok(lines)
}

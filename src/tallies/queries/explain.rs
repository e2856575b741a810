//! Explaining a cell: the records that it counts, page by page, as of the sequence at which the explanation began.

use crate::activities;
use crate::activities::store::changed;
use crate::db::{self, Query, Tx};
use crate::experts::{self, Experts, Merged};
use crate::kernel::{
    Collection, Cursor, Date, Dimensions, Error, Id, Key, Leaf, Measure, Name, Page, PageRequest, Result,
};
use crate::programmes::{self, Programme};
use crate::savings::trip::Trips;
use crate::sessions::Sessions;
use crate::sessions::sittings::SESSIONS_HELD;
use crate::tallies::measures::{Origin, Rule, Set};
use crate::tallies::queries::count;
use crate::tallies::question::month_ends;
use crate::tallies::reckon::Number;
use crate::tallies::store::Cut;
use crate::tallies::{Basis, Dimension, Question, cells, roster, store};
use crate::visits::Visits;

/// Rows that are read at a time.
pub const PAGE: usize = 500;

/// Begins to explain one measure of a question without groups.
#[derive(Clone, Debug)]
pub struct BeginExplanation {
    /// The programme.
    pub programme: Id,
    /// What is asked: one measure that is no ratio, and no groups.
    pub question: Question,
}

/// An explanation that has begun.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The programme.
    pub programme: Programme,
    /// The question, pinned to a sequence.
    pub question: Question,
    /// The number that the records come to.
    pub number: Number,
    /// The sequence.
    pub sequence: i64,
    /// Who is who.
    merged: Merged,
}

impl Query for BeginExplanation {
    type Output = Explanation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Explanation> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let newest = db::ledger::head(tx, &programme.id).await?.sequence;
        super::tally::must_be_known(&self.question, newest, &programme)?;
        let (answer, _) = count(tx, &programme, &self.question).await?;
        let merged = experts::store::merged(tx, &programme.id).await?;
        let sequence = self.question.as_of.unwrap_or(newest);
        let question = Question { as_of: Some(sequence), ..self.question.of_survivors(&merged) };
        let number = answer.totals.first().copied().unwrap_or_default();
        Ok(Explanation { programme, question, number, sequence, merged })
    }
}

/// One record, and what it adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The record's name.
    pub name: String,
    /// Its version at the sequence; 0 where its versions have no numbers here.
    pub revision: i64,
    /// The service date; none of the roster's.
    pub date: Option<Date>,
    /// What it adds.
    pub quantity: i64,
    /// Whether another person has attested it.
    pub attested: bool,
}

/// Where an explanation goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Activities, after a page's last; none: from the first one on.
    Activities(Option<Cursor>),
    /// Sessions or visits of the month with this day.
    Month(Date),
    /// The roster.
    Roster,
    /// Nowhere: that was all.
    End,
}

impl Explanation {
    /// Where it begins.
    #[must_use]
    pub fn first(&self) -> At {
        match self.origin() {
            Some(Origin::Activities) => At::Activities(None),
            Some(Origin::Sessions | Origin::Visits | Origin::Savings) => At::Month(self.question.from),
            None => At::Roster,
        }
    }

    /// Which records the measure counts; none: the roster.
    fn origin(&self) -> Option<Origin> {
        match self.question.measures.first().map(|it| it.rule) {
            Some(Rule::Sum(_, origin)) => Some(origin),
            Some(Rule::Size(Set::ActiveExperts | Set::ActiveSites)) => Some(Origin::Sessions),
            Some(Rule::Size(Set::Experts | Set::HomeHospitals) | Rule::Quotient(..) | Rule::Method) | None => None,
        }
    }

    /// What is summed, or shows that a member of a set was active.
    fn measure(&self) -> Option<Measure> {
        match self.question.measures.first().map(|it| it.rule) {
            Some(Rule::Sum(measure, _)) => Some(measure),
            Some(Rule::Size(Set::ActiveExperts | Set::ActiveSites)) => Some(SESSIONS_HELD),
            Some(Rule::Size(Set::Experts | Set::HomeHospitals) | Rule::Quotient(..) | Rule::Method) | None => None,
        }
    }

    /// What a leaf adds to the number, if it is among those that are asked for.
    fn adds(&self, leaf: &Leaf) -> Option<i64> {
        let measure = self.measure()?;
        let (_, quantity) = leaf.quantities.iter().find(|(counted, _)| *counted == measure)?;
        self.passes(&leaf.dimensions).then_some(*quantity)
    }

    fn passes(&self, dimensions: &Dimensions) -> bool {
        self.question.filter.dimensions().all(|dimension| {
            let value = cells::key(dimensions, &[dimension]);
            let value = if dimension == Dimension::Expert { self.merged.survivor(&value) } else { &value };
            self.question.filter.passes(dimension, value)
        })
    }

    /// The one value that a filter leaves a dimension; none where it leaves several, or any.
    fn only(&self, dimension: Dimension) -> Option<&str> {
        let values = self.question.filter.values.get(&dimension)?;
        let only = values.iter().next().filter(|value| values.len() == 1 && !value.is_empty())?;
        // A survivor's records may stand under a duplicate's name.
        let is_plain = dimension != Dimension::Expert || self.merged.is_empty();
        is_plain.then_some(only.as_str())
    }
}

/// The next records of an explanation.
#[derive(Clone, Debug)]
pub struct ReadEvidence {
    /// Which explanation.
    pub of: Explanation,
    /// Where it goes on.
    pub at: At,
}

impl Query for ReadEvidence {
    type Output = (Vec<Evidence>, At);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(Vec<Evidence>, At)> {
        match &self.at {
            At::Activities(after) => self.activities(tx, after.as_ref()).await,
            At::Month(from) => self.month(tx, *from).await,
            At::Roster => Ok((self.roster(tx).await?, At::End)),
            At::End => Ok((Vec::new(), At::End)),
        }
    }
}

impl ReadEvidence {
    async fn activities(&self, tx: &mut Tx<'_>, after: Option<&Cursor>) -> Result<(Vec<Evidence>, At)> {
        let Explanation { programme, question, sequence, .. } = &self.of;
        let narrow = (self.of.only(Dimension::Site), self.of.only(Dimension::Expert));
        let days = (question.from, question.to);
        let page = PageRequest { size: PAGE, after: after.cloned() };
        let versions = changed::stood(tx, &programme.id, days, *sequence, narrow, &page).await?;
        let cursor = |it: &activities::Activity| Cursor(vec![Key::from(it.record.date), Key::from(it.name.id())]);
        let read = Page::cut(versions, &page, "", cursor);
        let next = match read.next {
            Some(_) => At::Activities(read.items.last().map(cursor)),
            None => At::End,
        };
        let evidence = |activity: activities::Activity| {
            let leaf = activity.leaf().filter(|leaf| leaf.attested || question.basis == Basis::Recorded)?;
            Some(Evidence {
                name: activity.name.to_string(),
                revision: activity.meta.revision,
                date: Some(activity.record.date),
                quantity: self.of.adds(&leaf)?,
                attested: leaf.attested,
            })
        };
        Ok((read.items.into_iter().filter_map(evidence).collect(), next))
    }

    async fn month(&self, tx: &mut Tx<'_>, from: Date) -> Result<(Vec<Evidence>, At)> {
        let Explanation { programme, question, sequence, .. } = &self.of;
        let Some(to) = month_ends(from, question.to).first().copied() else { return Ok((Vec::new(), At::End)) };
        let cut = Cut { from, to, basis: question.basis, as_of: Some(*sequence) };
        let leaves = match self.of.origin() {
            Some(Origin::Visits) => named::<Visits>(programme, store::visit_leaves(tx, &programme.id, cut).await?),
            Some(Origin::Savings) => named::<Trips>(programme, store::trip_leaves(tx, &programme.id, cut).await?),
            Some(Origin::Sessions | Origin::Activities) | None => {
                named::<Sessions>(programme, store::held_leaves(tx, programme, cut).await?.into_iter().collect())
            }
        };
        let has_sheets = matches!(self.of.origin(), Some(Origin::Sessions | Origin::Savings));
        let is_attested = question.basis == Basis::Attested && has_sheets;
        let evidence = |(name, leaf): (String, Leaf)| {
            let quantity = self.of.adds(&leaf)?;
            Some(Evidence { name, revision: 0, date: Some(leaf.dimensions.date), quantity, attested: is_attested })
        };
        let next = to.succ_opt().filter(|next| *next <= question.to).map_or(At::End, At::Month);
        Ok((leaves.into_iter().filter_map(evidence).collect(), next))
    }

    async fn roster(&self, tx: &mut Tx<'_>) -> Result<Vec<Evidence>> {
        let Explanation { programme, question, .. } = &self.of;
        let Some(Rule::Size(set)) = question.measures.first().map(|it| it.rule) else { return Ok(Vec::new()) };
        let members = store::roster(tx, &programme.id).await?;
        let by_expert = Question { group_by: vec![Dimension::Expert], ..question.clone() };
        let (groups, _) = roster::members(&members, &by_expert, set);
        let evidence = |group: Vec<String>| {
            let expert = Id::parse(group.first().map_or("", String::as_str)).map_err(Error::Internal)?;
            let name = Name::<Experts>::new(programme.id.clone(), expert).to_string();
            Ok(Evidence { name, revision: 0, date: None, quantity: 1, attested: false })
        };
        groups.into_keys().map(evidence).collect()
    }
}

fn named<C: Collection>(programme: &Programme, leaves: Vec<(Id, Leaf)>) -> Vec<(String, Leaf)> {
    let name = |id: Id| Name::<C>::new(programme.id.clone(), id).to_string();
    leaves.into_iter().map(|(id, leaf)| (name(id), leaf)).collect()
}

//! Reckoning a period's savings anew, chunk by chunk; and asking what versions of tariffs would change.

use super::encounters::prices_for;
use super::intake;
use crate::db::{Command, Context, Decision, Query, Tx};
use crate::kernel::{Change, Cursor, Date, Error, Fact, Id, Key, Meta, Name, Page, PageRequest, Result, Verb};
use crate::programmes;
use crate::savings::recomputation::{Comparison, Recomputation, RecomputationState, Recomputations, Running};
use crate::savings::store::{recomputations, trips};
use crate::savings::trip::{Prices, Trip, TripCause};
use crate::savings::versions::Tariffs;

/// Begins a recomputation.
#[derive(Clone, Debug)]
pub struct RecomputeSavings {
    /// Its name.
    pub name: Name<Recomputations>,
    /// First service date.
    pub from: Date,
    /// Last service date, included.
    pub to: Date,
    /// Why.
    pub note: String,
}

impl Command for RecomputeSavings {
    type Facts = bool;
    type Effects = Recomputation;
    type Output = Recomputation;
    const METHOD: &'static str = "RecomputationService.RecomputeSavings";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<bool> {
        Ok(recomputations::find(tx, self.name.programme(), self.name.id()).await?.is_some())
    }

    fn decide(&self, exists: bool, context: &Context<'_>) -> Result<Decision<Recomputation, Recomputation>> {
        if exists {
            return Err(Error::already_exists(&self.name));
        }
        let job = Recomputation {
            name: self.name.clone(),
            from: self.from,
            to: self.to,
            note: self.note.clone(),
            state: RecomputationState::Running,
            done: None,
            comparison: Comparison::default(),
            recorder: context.call.caller.subject.clone(),
            meta: Meta::new(context.now),
        };
        Ok(Decision::new(job.clone(), job, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, job: &Recomputation, tx: &mut Tx<'_>) -> Result<()> {
        recomputations::insert(tx, job).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Recomputation> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        get(tx, made.as_ref().unwrap_or(&self.name)).await
    }
}

async fn get(tx: &mut Tx<'_>, name: &Name<Recomputations>) -> Result<Recomputation> {
    recomputations::find(tx, name.programme(), name.id()).await?.ok_or_else(|| Error::not_found(name))
}

/// Does one chunk.
#[derive(Clone, Debug)]
pub struct ContinueRecomputation {
    /// Of which recomputation.
    pub name: Name<Recomputations>,
}

impl ContinueRecomputation {
    /// The most trips of a chunk: some milliseconds of the writer's time.
    pub const MOST_TRIPS: usize = 200;
}

/// What a chunk is reckoned from.
#[derive(Debug)]
pub struct Chunk {
    job: Recomputation,
    trips: Vec<Trip>,
    prices: Prices,
    sequence: i64,
}

/// What a chunk writes: where it stands, and the trips that differ.
#[derive(Debug)]
pub struct Restated {
    job: Recomputation,
    trips: Vec<Trip>,
}

impl Command for ContinueRecomputation {
    type Facts = Chunk;
    type Effects = Restated;
    type Output = Recomputation;
    const METHOD: &'static str = "RecomputationService.ContinueRecomputation";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Chunk> {
        let programme = self.name.programme();
        let job = get(tx, &self.name).await?;
        let most = i64::try_from(Self::MOST_TRIPS).unwrap_or(i64::MAX);
        let trips = match job.state {
            RecomputationState::Running => {
                recomputations::chunk(tx, programme, (job.from, job.to), job.done.as_ref(), most).await?
            }
            RecomputationState::Done => Vec::new(),
        };
        let prices = prices_for(tx, programme, trips.iter()).await?;
        Ok(Chunk { job, trips, prices, sequence: tx.sequence() })
    }

    fn decide(&self, chunk: Chunk, context: &Context<'_>) -> Result<Decision<Restated, Recomputation>> {
        let Chunk { mut job, trips, prices, sequence } = chunk;
        match job.state {
            RecomputationState::Running => {}
            RecomputationState::Done => {
                return Ok(Decision::new(Restated { job: job.clone(), trips: Vec::new() }, job, Vec::new()));
            }
        }
        // The recomputation's own change comes first.
        let mut numbers = sequence + 1..;
        let (mut restated, mut facts): (Vec<Trip>, Vec<Fact>) = (Vec::new(), Vec::new());
        for trip in &trips {
            let Some(reckoned) = job.comparison.reckon(trip, &prices)? else { continue };
            let number = numbers.next().unwrap_or(i64::MAX);
            let after = Trip { reckoned, ..intake::next(trip, TripCause::Restated, context, number) };
            facts.push(intake::fact(Some(trip), &after)?);
            restated.push(after);
        }
        job.done = trips.last().map(|trip| (trip.dimensions.date, trip.name.id().clone())).or(job.done);
        if trips.len() < Self::MOST_TRIPS {
            job.state = RecomputationState::Done;
        }
        job.meta = job.meta.touched(context.now);
        let own = Change::new(&job.name, Verb::new("continue"), job.meta.revision);
        let others = restated.iter().map(|trip| intake::change(trip, Verb::new("restate")));
        Ok(Decision {
            changes: std::iter::once(own).chain(others).collect(),
            facts,
            output: job.clone(),
            effects: Restated { job, trips: restated },
        })
    }

    async fn apply(&self, restated: &Restated, tx: &mut Tx<'_>) -> Result<()> {
        recomputations::update(tx, &restated.job).await?;
        trips::restate(tx, &restated.trips).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _: &[String]) -> Result<Recomputation> {
        get(tx, &self.name).await
    }
}

/// Those that aren't done, in every programme, some at a time: what a server goes on with by itself.
#[derive(Clone, Debug)]
pub struct RunningRecomputations {
    /// After this one; none: from the oldest.
    pub after: Option<Running>,
}

impl Query for RunningRecomputations {
    type Output = Vec<Running>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Running>> {
        recomputations::running(tx, self.after.as_ref()).await
    }
}

/// A recomputation.
#[derive(Clone, Debug)]
pub struct GetRecomputation {
    /// Which.
    pub name: Name<Recomputations>,
}

impl Query for GetRecomputation {
    type Output = Recomputation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Recomputation> {
        get(tx, &self.name).await
    }
}

/// Recomputations by id.
#[derive(Clone, Debug)]
pub struct ListRecomputations {
    /// The programme.
    pub programme: Id,
    /// Which page.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for ListRecomputations {
    type Output = Page<Recomputation>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<Recomputation>> {
        programmes::store::state(tx, &self.programme).await?;
        let jobs = recomputations::list(tx, &self.programme, &self.page).await?;
        // A note of 300 characters, and some thirty figures.
        Ok(Page::cut_sized(jobs, &self.page, &self.bound_to, |it| Cursor::from([it.name.id()]), |_| 4_000))
    }
}

/// What versions of tariffs would change about the trips of a page.
#[derive(Clone, Debug)]
pub struct CompareTariffs {
    /// The programme.
    pub programme: Id,
    /// The versions.
    pub tariffs: Vec<Id>,
    /// First service date.
    pub from: Date,
    /// Last service date, included.
    pub to: Date,
    /// How many trips, and after which.
    pub page: PageRequest,
    /// The question that page tokens belong to.
    pub bound_to: String,
}

impl Query for CompareTariffs {
    type Output = (Comparison, Page<Trip>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let versions = recomputations::tariffs(tx, &self.programme, &self.tariffs).await?;
        if let Some(absent) = self.tariffs.iter().find(|id| !versions.iter().any(|it| it.id == **id)) {
            return Err(Error::not_found(Name::<Tariffs>::new(self.programme.clone(), absent.clone())));
        }
        let after = self.page.after.as_ref().and_then(|cursor| match cursor.keys() {
            [Key::Text(date), Key::Text(trip)] => Some((date.parse().ok()?, Id::parse(trip).ok()?)),
            [..] => None,
        });
        let most = i64::try_from(self.page.size).unwrap_or(i64::MAX - 1) + 1;
        let trips = recomputations::chunk(tx, &self.programme, (self.from, self.to), after.as_ref(), most).await?;
        let cursor = |it: &Trip| Cursor(vec![Key::from(it.dimensions.date), Key::from(it.name.id())]);
        let page = Page::cut(trips, &self.page, &self.bound_to, cursor);
        let prices = prices_for(tx, &self.programme, page.items.iter()).await?;
        let prices = Prices { book: prices.book.with(versions)?, ..prices };
        let mut comparison = Comparison::default();
        for trip in &page.items {
            comparison.reckon(trip, &prices)?;
        }
        Ok((comparison, page))
    }
}

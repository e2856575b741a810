//! Carrying rows out, checked or written, one by one or in batches, and what became of each.

use std::time::Duration;

use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use super::seal::{Fate, Remembered, Seal, Sealed, SealedBatch};
use super::steps::{Planner, Step, seal};
use crate::activities::commands::{BatchRecordActivities, Row as ActivityRow};
use crate::db::{Command, Db};
use crate::imports::headers::Header;
use crate::imports::records::Record;
use crate::imports::table::Entry;
use crate::imports::{Problem, Table};
use crate::kernel::{Call, Error, Id, Result, Vocabulary as _};
use crate::savings::commands::{BatchRecordEncounters, BatchRecordTrips, BillRow, TripRow};
use crate::sessions::commands::BatchRecordHeldSessions;

/// Under which table's name the second step of who has left is noted.
pub(super) const EXITS: &str = "EXITS";

/// Rows that are under way at a time where they go one by one: the writer groups them.
const SIDE_BY_SIDE: usize = 64;
/// Batches that are under way at a time.
const BATCHES: usize = 2;
const SESSIONS_A_BATCH: usize = 200;
/// How often a full queue is waited for before the import gives up.
const PATIENCE: u32 = 50;

/// Whether rows are only checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Check,
    Write,
}

/// What became of a row: whether it was written now, or its problems.
pub(super) type RowFate = (Entry, Result<bool, Vec<Problem>>);

/// Rows in their order, some at a time; an error stops the import.
pub(super) type Fates<'a> = BoxStream<'a, Result<Vec<RowFate>>>;

/// What carries rows out.
pub(super) struct Doing<'a> {
    pub db: &'a Db,
    pub call: &'a Call,
    pub planner: &'a Planner<'a>,
    pub table: Table,
    pub header: &'a Header,
}

/// Whether a row has a second step: an exit from the roster, an end at the site.
pub(super) fn leaves(entry: &Entry) -> bool {
    match &entry.record {
        Record::Expert(expert) => expert.exit_date.is_some(),
        Record::Assistant(assistant) => assistant.end_date.is_some(),
        Record::Hospital(_)
        | Record::Site(_)
        | Record::Room(_)
        | Record::Pairing(_)
        | Record::Session(_)
        | Record::Activity(_)
        | Record::OpeningBalance(_)
        | Record::Tariff(_)
        | Record::Trip(_)
        | Record::Bill(_) => false,
    }
}

impl<'a> Doing<'a> {
    /// Carries rows out in their order.
    pub(super) fn carry_out(&'a self, mode: Mode, entries: Vec<Entry>) -> Fates<'a> {
        let batch = match self.table {
            Table::Sessions => SESSIONS_A_BATCH,
            Table::Activities => BatchRecordActivities::MOST_ROWS,
            Table::Trips => BatchRecordTrips::MOST_ROWS,
            Table::Bills => BatchRecordEncounters::MOST_ROWS,
            Table::Hospitals
            | Table::Sites
            | Table::Rooms
            | Table::Experts
            | Table::Assistants
            | Table::Pairings
            | Table::OpeningBalances
            | Table::Tariffs => return self.one_by_one(mode, entries),
        };
        let mut batches = Vec::with_capacity(entries.len() / batch + 1);
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            batches.push(entries.by_ref().take(batch).collect::<Vec<_>>());
        }
        stream::iter(batches).map(move |batch| self.batch(mode, batch).boxed()).buffered(BATCHES).boxed()
    }

    fn one_by_one(&'a self, mode: Mode, entries: Vec<Entry>) -> Fates<'a> {
        let row = move |entry: Entry| {
            async move {
                let fate = self.row(mode, &entry).await?;
                Ok(vec![(entry, fate)])
            }
            .boxed()
        };
        stream::iter(entries).map(row).buffered(SIDE_BY_SIDE).boxed()
    }

    async fn row(&self, mode: Mode, entry: &Entry) -> Result<Result<bool, Vec<Problem>>> {
        let steps = match self.steps(entry) {
            Ok(steps) => steps,
            Err(problems) => return Ok(Err(problems)),
        };
        let first = self.step(mode, self.table.code(), entry, steps.first).await;
        let fate = match (first, steps.second, mode) {
            // The second step can only be checked once the first one is written.
            (Ok(fate), None, _) | (Ok(fate), Some(_), Mode::Check) => Ok(fate),
            (Ok(_), Some(second), Mode::Write) => self.step(mode, EXITS, entry, second).await,
            (Err(error), ..) => Err(error),
        };
        match fate {
            Ok(fate) => Ok(Ok(fate == Fate::Created)),
            Err(error) => Ok(Err(self.place(entry).problems(error)?)),
        }
    }

    async fn step(&self, mode: Mode, table: &'static str, entry: &Entry, step: Step) -> Result<Fate> {
        let seal = seal(entry);
        match step {
            Step::Hospital(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::Site(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::Room(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::Expert(inner) => self.sealed(mode, Sealed { table, seal, inner: *inner }).await,
            Step::ExpertExit(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::Assistant(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::AssistantEnd(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::Pairing { create: inner, .. } => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::OpeningBalance(inner) => self.sealed(mode, Sealed { table, seal, inner }).await,
            Step::Tariff(inner) => self.sealed(mode, Sealed { table, seal, inner: *inner }).await,
            Step::Session(_) | Step::Activity(_) | Step::Trip(_) | Step::Bill(_) => {
                Err(Error::Internal("sessions, activities, trips and bills go in batches"))
            }
        }
    }

    /// A full queue ends the import here: [`SIDE_BY_SIDE`] is far below its length, so it is others who fill it.
    async fn sealed<C: Command>(&self, mode: Mode, sealed: Sealed<C>) -> Result<Fate> {
        match mode {
            Mode::Check => self.db.check(self.call.clone(), sealed).await,
            Mode::Write => self.db.write(self.call.clone(), sealed).await,
        }
    }

    /// A batch: planned, carried out, and planned again without what another import brought in meanwhile.
    #[expect(clippy::disallowed_methods, reason = "a full queue says itself when to come back")]
    async fn batch(&self, mode: Mode, entries: Vec<Entry>) -> Result<Vec<RowFate>> {
        let mut fates: Vec<RowFate> = Vec::with_capacity(entries.len());
        let mut waiting = entries;
        for _ in 0..PATIENCE {
            let mut planned = Vec::with_capacity(waiting.len());
            let mut steps = Vec::with_capacity(waiting.len());
            for entry in waiting {
                match self.steps(&entry) {
                    Err(problems) => fates.push((entry, Err(problems))),
                    Ok(one) => {
                        steps.push(one.first);
                        planned.push(entry);
                    }
                }
            }
            let seals = planned.iter().map(seal).collect();
            match self.together(mode, seals, steps).await {
                Err(Error::Overloaded { retry_after_ms }) => {
                    tokio::time::sleep(Duration::from_millis(retry_after_ms)).await;
                    waiting = planned;
                }
                Err(error) => return Err(error),
                Ok(Some(results)) => {
                    for (entry, result) in planned.into_iter().zip(results) {
                        let fate = match result {
                            Ok(()) => Ok(true),
                            Err(error) => Err(self.place(&entry).problems(error)?),
                        };
                        fates.push((entry, fate));
                    }
                    fates.sort_by_key(|(entry, _)| entry.line);
                    return Ok(fates);
                }
                Ok(None) => waiting = self.without_known(planned, &mut fates).await?,
            }
        }
        Err(Error::Overloaded { retry_after_ms: 1_000 })
    }

    async fn together(&self, mode: Mode, seals: Vec<Seal>, steps: Vec<Step>) -> Result<Option<Vec<Result<()>>>> {
        let programme: Id = self.planner.programme.clone();
        let table = self.table.code();
        if self.table == Table::Sessions {
            let drafts = steps
                .into_iter()
                .filter_map(|step| if let Step::Session(draft) = step { Some(Ok(*draft)) } else { None });
            let inner = BatchRecordHeldSessions::new(programme, drafts.collect(), false);
            return self.sealed_batch(mode, SealedBatch { table, seals, inner }).await;
        }
        let (mut activities, mut trips, mut bills) = (Vec::new(), Vec::new(), Vec::new());
        for (place, step) in (0..).zip(steps) {
            let place = Some(place);
            match step {
                Step::Activity(row) => activities.push(Ok(ActivityRow { place, ..*row })),
                Step::Trip(row) => trips.push(Ok(TripRow { place, ..*row })),
                Step::Bill(row) => bills.push(Ok(BillRow { place, ..*row })),
                Step::Hospital(_)
                | Step::Site(_)
                | Step::Room(_)
                | Step::Expert(_)
                | Step::ExpertExit(_)
                | Step::Assistant(_)
                | Step::AssistantEnd(_)
                | Step::Pairing { .. }
                | Step::Session(_)
                | Step::OpeningBalance(_)
                | Step::Tariff(_) => return Err(Error::Internal("the rows of this table don't go in batches")),
            }
        }
        if self.table == Table::Trips {
            let inner = BatchRecordTrips { programme, rows: trips };
            return self.sealed_batch(mode, SealedBatch { table, seals, inner }).await;
        }
        if self.table == Table::Bills {
            let inner = BatchRecordEncounters { programme, rows: bills };
            return self.sealed_batch(mode, SealedBatch { table, seals, inner }).await;
        }
        let inner = BatchRecordActivities { programme, rows: activities };
        self.sealed_batch(mode, SealedBatch { table, seals, inner }).await
    }

    async fn sealed_batch<C, T>(&self, mode: Mode, batch: SealedBatch<C>) -> Result<Option<Vec<Result<()>>>>
    where
        C: Command<Output = Vec<Result<T>>>,
        T: 'static,
    {
        match mode {
            Mode::Check => self.db.check(self.call.clone(), batch).await,
            Mode::Write => self.db.write(self.call.clone(), batch).await,
        }
    }

    /// Rows that another import has brought in since are done; the others wait on.
    async fn without_known(&self, entries: Vec<Entry>, fates: &mut Vec<RowFate>) -> Result<Vec<Entry>> {
        let keys = entries.iter().map(|entry| entry.key.clone()).collect();
        let programme = self.planner.programme.clone();
        let known = self.db.read(Remembered { programme, table: self.table.code(), keys }).await?;
        let mut waiting = Vec::new();
        for entry in entries {
            match known.get(&entry.key) {
                Some(fingerprint) if *fingerprint == entry.fingerprint => fates.push((entry, Ok(false))),
                Some(before) => {
                    let differs = super::seal::differs(&entry.fingerprint, before);
                    let problems = self.place(&entry).problems(differs)?;
                    fates.push((entry, Err(problems)));
                }
                None => waiting.push(entry),
            }
        }
        Ok(waiting)
    }
}

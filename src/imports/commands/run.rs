//! One file from bytes to report: read, refer, check, write, and say so all along.
//!
//! A file is a job of many short commands, never one long transaction: what is written stays when it is cut off, and the next
//! run finds it. Rows of small tables go one by one, many at a time, which the writer groups; sessions and activities in batches.

use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::clashes::Taken;
use super::directory::{LookUp, Wanted};
use super::seal::{Remembered, differs};
use super::steps::{self, Planner, Steps};
use super::trouble::Place;
use super::work::{Doing, Fates, Mode};
use crate::access::table::Powers;
use crate::db::Db;
use crate::imports::headers::Header;
use crate::imports::table::{self, About, Entry, Reading};
use crate::imports::{MOST_PROBLEMS, Problem, Table, TextEncoding};
use crate::kernel::{Call, Error, Id, Result, Vocabulary as _};

/// A file to bring in.
#[derive(Debug)]
pub struct Import {
    /// The programme.
    pub programme: Id,
    /// What the caller says about the file.
    pub about: About,
    /// Write the good rows of a file that has bad ones.
    pub partial: bool,
    /// Only check.
    pub validate_only: bool,
    /// The system whose numbers the rows have.
    pub system: Option<String>,
    /// The file.
    pub bytes: Vec<u8>,
    /// What the caller may do.
    pub powers: Powers,
}

/// What an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Checking rows against what they refer to.
    Checking,
    /// Writing rows.
    Writing,
}

/// What an import says on its way.
#[derive(Clone, Debug)]
pub enum Event {
    /// How far it is.
    Progress {
        /// In which phase.
        phase: Phase,
        /// Rows done.
        done: usize,
        /// Rows of the phase.
        total: usize,
    },
    /// What is wrong.
    Problem(Problem),
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What it was read as.
    pub table: Option<Table>,
    /// What it was decoded from.
    pub encoding: Option<TextEncoding>,
    /// Rows that are not blank.
    pub rows: usize,
    /// Rows written, or that would be.
    pub created: usize,
    /// Rows that were in already.
    pub unchanged: usize,
    /// Rows with problems.
    pub bad_rows: usize,
    /// Problems.
    pub problems: usize,
    /// Whether rows were written.
    pub written: bool,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Rows that are done between two words about progress.
pub(super) const STRIDE: usize = 500;

/// Brings a file in; what is wrong with it and how far it is goes to `events`.
///
/// # Errors
/// `RESOURCE_NOT_FOUND` or `PROGRAMME_ENDED` of the programme, an error of the storage, or that nobody listens any more: then what
/// was written stays, and the same file completes it.
pub async fn run(db: &Db, call: &Call, import: Import, events: &mpsc::Sender<Event>) -> Result<Report> {
    let Import { programme, about, partial, validate_only, system, bytes, powers } = import;
    // Reading is work for a processor, not for the runtime that serves others.
    let reading = tokio::task::spawn_blocking(move || table::read(&about, &bytes)).await;
    let reading = reading.map_err(|_| Error::Internal("reading a table panicked"))?;
    if let Some(table) = reading.table {
        table.must_be_for(&programme, &powers)?;
    }
    let mut wanted = Wanted::default();
    reading.entries.iter().for_each(|entry| steps::want(&entry.record, &mut wanted));
    let directory = db.read(LookUp { programme: programme.clone(), system: system.clone(), wanted }).await?;
    let now = db.clock().now();
    let planner = Planner { programme: &programme, system: system.as_deref(), directory: &directory, now };
    let Reading { table, encoding, rows, entries, problems, problem_count, bad_rows, notes, header, unreadable } =
        reading;
    let mut report = Report { table, encoding, rows, notes, bad_rows, problems: problem_count, ..Report::default() };
    let mut told = Told { events, report: &mut report, last_bad_line: 0, told: 0, kept: problems };
    let (Some(table), Some(header), false) = (table, header, unreadable) else {
        told.in_order().await?;
        return Ok(report);
    };

    let doing = Doing { db, call, planner: &planner, table, header: &header };
    let fresh = told.fresh(&doing, entries).await?;
    let fresh = told.apart(&doing, fresh);
    let total = fresh.len();
    let checked = doing.carry_out(Mode::Check, fresh);
    let good = told.follow(checked, Phase::Checking, total).await?;
    told.in_order().await?;
    let refused = told.report.problems > 0 && !partial;
    if validate_only || refused {
        report.created = if refused { 0 } else { good.len() };
        return Ok(report);
    }
    let total = good.len();
    let written = doing.carry_out(Mode::Write, good);
    told.follow(written, Phase::Writing, total).await?;
    told.in_order().await?;
    report.written = true;
    Ok(report)
}

/// What has been told so far.
struct Told<'a> {
    events: &'a mpsc::Sender<Event>,
    report: &'a mut Report,
    last_bad_line: u32,
    /// Problems that were said; once they are [`MOST_PROBLEMS`], further ones are counted.
    told: usize,
    /// Problems to say, the first ones by line: each look at the file finds some of all lines.
    kept: Vec<Problem>,
}

impl Told<'_> {
    async fn say(&self, event: Event) -> Result<()> {
        self.events.send(event).await.map_err(|_| Error::Unavailable)
    }

    /// Problems of one row after the other.
    fn problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.report.problems += 1;
            if problem.line > 0 && problem.line != self.last_bad_line {
                self.report.bad_rows += 1;
                self.last_bad_line = problem.line;
            }
            self.kept.push(problem);
        }
        // A file of nothing else must not fill the memory with them.
        if self.kept.len() > 2 * MOST_PROBLEMS {
            self.first_ones();
        }
    }

    /// Leaves the first problems by line, as many as may still be said.
    fn first_ones(&mut self) {
        self.kept.sort_by_key(|problem| problem.line);
        self.kept.truncate(MOST_PROBLEMS - self.told);
    }

    /// Says the problems that were found so far, by line.
    async fn in_order(&mut self) -> Result<()> {
        self.first_ones();
        self.told += self.kept.len();
        for problem in std::mem::take(&mut self.kept) {
            self.say(Event::Problem(problem)).await?;
        }
        Ok(())
    }

    /// Leaves out the rows that were brought in before, and those that say something else now.
    async fn fresh(&mut self, doing: &Doing<'_>, entries: Vec<Entry>) -> Result<Vec<Entry>> {
        let keys = entries.iter().map(|entry| entry.key.clone()).collect();
        let programme = doing.planner.programme.clone();
        let remembered = doing.db.read(Remembered { programme, table: doing.table.code(), keys }).await?;
        let exits: Vec<_> =
            entries.iter().filter(|entry| super::work::leaves(entry)).map(|entry| entry.key.clone()).collect();
        let programme = doing.planner.programme.clone();
        let exited = doing.db.read(Remembered { programme, table: super::work::EXITS, keys: exits }).await?;
        let mut fresh = Vec::new();
        for entry in entries {
            match remembered.get(&entry.key) {
                Some(known) if *known != entry.fingerprint => {
                    let place = doing.place(&entry);
                    self.problems(place.problems(differs(&entry.fingerprint, known))?);
                }
                // An import that was cut off may have entered somebody and not yet recorded the exit.
                Some(_) if !super::work::leaves(&entry) || exited.contains_key(&entry.key) => {
                    self.report.unchanged += 1
                }
                Some(_) | None => fresh.push(entry),
            }
        }
        Ok(fresh)
    }

    /// Leaves out the rows that can't stand beside an earlier one of the file.
    fn apart(&mut self, doing: &Doing<'_>, entries: Vec<Entry>) -> Vec<Entry> {
        let mut taken = Taken::nothing(doing.planner.now);
        let mut apart = Vec::with_capacity(entries.len());
        for entry in entries {
            // What can't be planned is a problem of the check that follows.
            let steps = doing.steps(&entry).ok();
            match steps.and_then(|steps| taken.take(&steps.first, doing.place(&entry))) {
                Some(problem) => self.problems(vec![problem]),
                None => apart.push(entry),
            }
        }
        apart
    }

    /// Follows rows as they are done; answers those without problems.
    async fn follow(&mut self, mut rows: Fates<'_>, phase: Phase, total: usize) -> Result<Vec<Entry>> {
        let mut good = Vec::new();
        let mut done = 0;
        self.say(Event::Progress { phase, done, total }).await?;
        while let Some(chunk) = rows.next().await {
            for (entry, fate) in chunk? {
                done += 1;
                match fate {
                    Ok(created) => {
                        if phase == Phase::Writing {
                            self.report.created += usize::from(created);
                            self.report.unchanged += usize::from(!created);
                        } else {
                            good.push(entry);
                        }
                    }
                    Err(problems) => self.problems(problems),
                }
                if done % STRIDE == 0 || done == total {
                    self.say(Event::Progress { phase, done, total }).await?;
                }
            }
        }
        Ok(good)
    }
}

impl<'a> Doing<'a> {
    pub(super) fn place(&self, entry: &Entry) -> Place<'a> {
        let header: &'a Header = self.header;
        Place { table: self.table, header, line: entry.line }
    }

    pub(super) fn steps(&self, entry: &Entry) -> Result<Steps, Vec<Problem>> {
        self.planner.steps(entry, self.place(entry))
    }
}

//! One batch: lock the heads, look up request ids, run the commands, write the ledger, commit.
//!
//! At first without savepoints. A batch that a command spoils is run again command by command in savepoints, then each
//! command in a transaction of its own, so that what one of them does costs the others time only.
use std::any::TypeId;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span, error, warn};

use super::ahead::{Ahead, First};
use super::command::{Context, Outcome, Output, Then, Work};
use super::engine::Conn;
use super::fault::{Fault, classify, engine_error, storage};
use super::ledger::{self, Answered, Head, Heads, Record, RequestOf};
use super::reaction;
use super::stats::Stats;
use super::tx::Tx;
use super::writer::Setup;
use crate::kernel::{Call, Change, Error, Result, Timestamp};

/// A command in the queue, and who waits for it.
pub(super) struct Job {
    pub call: Call,
    pub work: Box<dyn Work>,
    pub answer: oneshot::Sender<Result<Output>>,
    /// The request's span, so that what is logged about the command names it.
    pub span: Span,
}

type Answer = Result<Output>;

/// Why a transaction can't be committed.
enum Stop {
    /// A command left something in it that can't be undone.
    Spoiled,
    /// The engine says no.
    Engine(Error),
    /// There is no connection to be had.
    Away,
    /// Whether the commit took place isn't known.
    Unknown(Error, Vec<Answer>, Heads),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Engine(error)
    }
}

const TRIES: u32 = 3;

/// Runs a batch until it is durable or can't be. `conn` is `None` after it broke, until it is needed again.
pub(super) async fn run(conn: &mut Option<Conn>, jobs: &[&Job], setup: &Setup) -> Vec<Answer> {
    let unavailable = || jobs.iter().map(|_| Err(Error::Unavailable)).collect();
    let mut last = Error::Unavailable;
    for tries in 0..TRIES {
        let error = match attempt(conn, jobs, setup, tries > 0).await {
            Ok(answers) => return answers,
            Err(Stop::Spoiled) => {
                Stats::add(&setup.stats.reruns, 1);
                continue;
            }
            // Nothing is gained by waiting for a connection once more for each command.
            Err(Stop::Away) => return unavailable(),
            Err(Stop::Unknown(error, answers, heads)) => match was_committed(conn, setup, &heads).await {
                Ok(true) => return answers,
                Ok(false) => error,
                Err(_) => return unavailable(),
            },
            Err(Stop::Engine(error)) => error,
        };
        Stats::add(&setup.stats.reruns, 1);
        let fault = engine_error(&error).map_or(Fault::Other, classify);
        warn!(commands = jobs.len(), tries, ?fault, %error, "a batch is run again");
        match fault {
            Fault::Broken => conn.take().into_iter().for_each(Conn::discard),
            Fault::Retryable => {}
            Fault::Other => {
                last = error;
                if tries > 0 {
                    break;
                }
            }
        }
    }
    if let [_] = jobs {
        return vec![Err(last)];
    }
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        answers.extend(Box::pin(run(conn, &[job], setup)).await);
    }
    answers
}

/// The lane's connection, taken from the pool again if it broke.
async fn connected<'c>(conn: &'c mut Option<Conn>, setup: &Setup) -> Result<&'c mut Conn> {
    if conn.is_none() {
        *conn = Some(setup.pool.acquire().await?);
    }
    conn.as_mut().ok_or(Error::Unavailable)
}

async fn attempt(conn: &mut Option<Conn>, jobs: &[&Job], setup: &Setup, careful: bool) -> Result<Vec<Answer>, Stop> {
    let own = connected(conn, setup).await.map_err(|error| {
        error!(%error, "the writer has no connection");
        Stop::Away
    })?;
    let mut tx = own.begin_write().await.map_err(storage)?;
    let filled = AssertUnwindSafe(fill(&mut tx, jobs, setup, careful)).catch_unwind().await;
    let done = filled.unwrap_or(Err(Stop::Engine(Error::Internal("a projection panicked"))));
    Stats::add(&setup.stats.messages, tx.messages() + 1);
    let (fates, heads) = match done {
        Ok(done) => done,
        Err(stop) => {
            // An engine may have given the transaction up by itself (SQLite, where there is no room), which its driver doesn't notice.
            if tx.rollback().await.is_err() {
                conn.take().into_iter().for_each(Conn::discard);
            }
            return Err(stop);
        }
    };
    let answers = fates.into_iter().map(Fate::answer).collect();
    let Some(heads) = heads else {
        tx.rollback().await.map_err(storage)?;
        return Ok(answers);
    };
    Stats::add(&setup.stats.commits, 1);
    let has_destroyed = tx.has_destroyed();
    let committed = tx.commit().await;
    if has_destroyed {
        setup.scrub.destroyed(); // also where it isn't known whether it was
    }
    match committed {
        Ok(()) => {
            setup.commits.send_modify(|commits| *commits += 1);
            Ok(answers)
        }
        Err(error) => Err(Stop::Unknown(storage(error), answers, heads)),
    }
}

/// What became of one command: carried out now, answered from the record, or refused.
enum Fate {
    Done(Outcome<Output>),
    Replayed(Output),
    Refused(Error),
}

impl Fate {
    fn answer(self) -> Answer {
        match self {
            Fate::Done(outcome) => Ok(outcome.output),
            Fate::Replayed(output) => Ok(output),
            Fate::Refused(error) => Err(error),
        }
    }
}

/// Everything between BEGIN and COMMIT. The heads are those to be committed; none, if nothing was written.
async fn fill(
    tx: &mut Tx<'_>,
    jobs: &[&Job],
    setup: &Setup,
    careful: bool,
) -> Result<(Vec<Fate>, Option<Heads>), Stop> {
    let programmes: BTreeSet<&str> = jobs.iter().map(|job| job.work.programme().as_str()).collect();
    let creators = jobs.iter().filter(|job| job.work.creates_programme());
    let may_be_made: BTreeSet<&str> = creators.map(|job| job.work.programme().as_str()).collect();
    let mut heads = ledger::lock(tx, &programmes, &may_be_made).await?;
    // Read once the heads are ours, and never before what they have seen: times follow the sequence across servers.
    let now = heads.values().map(|head| head.time).max().unwrap_or_default().max(setup.clock.now());
    tx.at(now);
    let requests: Vec<_> = jobs.iter().map(|job| request_of(job)).collect();
    let answered = ledger::answered(tx, &requests, now).await?;

    let fates = Commands {
        heads: &heads,
        answered,
        jobs,
        requests: &requests,
        setup,
        careful,
        now,
        carried_out: HashMap::with_capacity(jobs.len()),
        sequences: HashMap::new(),
        ended: HashSet::new(),
        ahead: Ahead::default(),
    }
    .run(tx)
    .await?;

    let records: Vec<_> = jobs.iter().zip(&fates).filter_map(|(job, fate)| record(job, fate)).collect();
    if records.is_empty() {
        return Ok((fates, None));
    }
    Stats::add(&setup.stats.changes, records.iter().map(|record| record.changes.len() as u64).sum());
    let written: BTreeSet<&str> = records.iter().map(|record| record.programme).collect();
    ledger::drop_unused(tx, &mut heads, &written).await?;
    ledger::write(tx, &mut heads, &records, &setup.projections, now).await?;
    drop(records);
    Ok((fates, Some(heads)))
}

fn record<'a>(job: &'a Job, fate: &'a Fate) -> Option<Record<'a>> {
    let Fate::Done(outcome) = fate else { return None };
    Some(Record {
        programme: job.work.programme().as_str(),
        call: &job.call,
        method: job.work.method(),
        changes: &outcome.changes,
        facts: &outcome.facts,
        ends_programme: job.work.ends_programme(),
    })
}

fn request_of(job: &Job) -> Option<RequestOf<'_>> {
    let id = job.call.request_id.as_ref()?;
    Some((job.work.programme().as_str(), &job.call.caller.subject, job.work.method(), id))
}

/// The commands of a batch being run, in order of arrival.
struct Commands<'a> {
    heads: &'a Heads,
    /// What was answered before this batch, by the job that asks again.
    answered: HashMap<usize, Answered>,
    jobs: &'a [&'a Job],
    /// What makes each job's request id one, if it has one.
    requests: &'a [Option<RequestOf<'a>>],
    /// Which of the batch's jobs has carried a request out.
    carried_out: HashMap<RequestOf<'a>, usize>,
    setup: &'a Setup,
    careful: bool,
    now: Timestamp,
    /// How many changes each programme's commands have made so far.
    sequences: HashMap<&'a str, i64>,
    /// The programmes that the batch itself ended.
    ended: HashSet<&'a str>,
    ahead: Ahead,
}

impl<'a> Commands<'a> {
    /// Neighbours of one kind run as a set, unless the batch is run with care.
    async fn run(mut self, tx: &mut Tx<'_>) -> Result<Vec<Fate>, Stop> {
        let mut fates = Vec::with_capacity(self.jobs.len());
        while fates.len() < self.jobs.len() {
            let at = fates.len();
            let rest = &self.jobs[at..];
            if let Some(fate) = self.without_running(tx, at, self.answer_of(at, &fates)).await? {
                fates.push(fate);
                continue;
            }
            let length = if self.careful { 1 } else { self.set_length(at) };
            let outcomes = if length > 1 { self.set(tx, &rest[..length]).await? } else { Vec::new() };
            if outcomes.is_empty() {
                let first = self.ahead(tx, at).await?;
                let outcome = self.one(tx, at, first).await?;
                fates.push(self.remember(at, outcome));
                continue;
            }
            for (at, outcome) in (at..).zip(outcomes) {
                fates.push(self.remember(at, outcome));
            }
        }
        Ok(fates)
    }

    /// The digest and the resources of what a job's request was answered with, before this batch or in it.
    fn answer_of(&self, at: usize, fates: &[Fate]) -> Option<(&str, Cow<'_, [String]>)> {
        if let Some(before) = self.answered.get(&at) {
            return Some((&before.digest, Cow::Borrowed(&before.names)));
        }
        let first = *self.carried_out.get(&self.requests[at]?)?;
        let Fate::Done(done) = fates.get(first)? else { return None };
        let names = done.changes.iter().map(|change| change.name.clone()).collect();
        Some((&self.jobs[first].call.body_digest, Cow::Owned(names)))
    }

    /// A command that doesn't have to run: its request was answered before, or its programme isn't there, or has ended.
    async fn without_running(
        &self,
        tx: &mut Tx<'_>,
        at: usize,
        answered: Option<(&str, Cow<'_, [String]>)>,
    ) -> Result<Option<Fate>, Stop> {
        let job = self.jobs[at];
        if let Some((digest, names)) = answered {
            if digest != job.call.body_digest {
                let request_id = job.call.request_id.clone().unwrap_or_default();
                return Ok(Some(Fate::Refused(Error::RequestIdReused { request_id })));
            }
            tx.enter(self.careful, self.next_sequence(job.work.programme().as_str()));
            let ran = AssertUnwindSafe(job.work.recall(tx, &names)).catch_unwind().await;
            return Ok(Some(settle(tx, job, ran).await?.map_or_else(Fate::Refused, Fate::Replayed)));
        }
        let programme = job.work.programme().as_str();
        let was_there = self.heads.get(programme).is_some_and(|head| !head.is_origin());
        let is_there = was_there || self.sequences.contains_key(programme);
        if !is_there && !job.work.creates_programme() {
            return Ok(Some(Fate::Refused(Error::not_found(format!("programmes/{programme}")))));
        }
        let has_ended = self.heads.get(programme).is_some_and(|head| head.ended) || self.ended.contains(programme);
        if has_ended && !job.work.may_follow_end() {
            return Ok(Some(Fate::Refused(Error::programme_ended(job.work.programme()))));
        }
        Ok(None)
    }

    /// Takes an outcome down, for doubles of its request and for the sequence numbers of who comes after.
    fn remember(&mut self, at: usize, outcome: Result<Outcome<Output>>) -> Fate {
        let job = self.jobs[at];
        let done = match outcome {
            Ok(done) => done,
            Err(error) => {
                self.ahead.refused();
                return Fate::Refused(error);
            }
        };
        self.ahead.carried_out();
        let made = self.sequences.entry(job.work.programme().as_str()).or_default();
        *made += count(&done.changes);
        if job.work.ends_programme() {
            self.ended.insert(job.work.programme().as_str());
        }
        if let Some(request) = self.requests[at] {
            self.carried_out.insert(request, at);
        }
        Fate::Done(done)
    }

    /// The sequence number of the next change in a programme.
    fn next_sequence(&self, programme: &str) -> i64 {
        let before = self.heads.get(programme).map_or_else(|| Head::origin().sequence, |head| head.sequence);
        before + self.sequences.get(programme).copied().unwrap_or_default() + 1
    }

    /// How many jobs from the first on can run as one set: of its kind and programme, and no request id twice.
    fn set_length(&self, at: usize) -> usize {
        let jobs = &self.jobs[at..];
        let kind: Option<TypeId> = jobs[0].work.set();
        if kind.is_none() {
            return 1;
        }
        let mut requests = HashSet::with_capacity(jobs.len());
        let mut is_first = |at: usize| {
            !self.answered.contains_key(&at)
                && self.requests[at].is_none_or(|own| !self.carried_out.contains_key(&own) && requests.insert(own))
        };
        (at..)
            .zip(jobs)
            .take_while(|(at, job)| {
                is_first(*at) && job.work.set() == kind && job.work.programme() == jobs[0].work.programme()
            })
            .count()
    }

    fn context(&self, job: &'a Job) -> Context<'a> {
        Context { call: &job.call, now: self.now }
    }

    /// Runs jobs of one kind as a set; nothing, if it has to be done one by one.
    async fn set(&self, tx: &mut Tx<'_>, jobs: &[&'a Job]) -> Result<Vec<Result<Outcome<Output>>>, Stop> {
        let mut next = self.next_sequence(jobs[0].work.programme().as_str());
        tx.enter(false, next);
        let set = jobs.iter().map(|job| (&*job.work, self.context(job))).collect();
        let work = async {
            let mut outcomes = jobs[0].work.run_set(set, tx).await?;
            let mut reacted = false;
            for (job, outcome) in jobs.iter().zip(&mut outcomes) {
                let Ok(Outcome { changes, facts, .. }) = outcome else { continue };
                if reacted && !changes.is_empty() {
                    return Err(Error::Internal("a reaction's changes move the numbers of the set's later ones"));
                }
                reaction::object(tx, &self.setup.reactions, changes, self.context(job)).await?;
                let own = changes.len();
                tx.number(next);
                reaction::follow(tx, &self.setup.reactions, changes, facts, self.context(job)).await?;
                next += count(changes);
                reacted |= changes.len() > own;
            }
            Ok::<_, Error>(outcomes)
        };
        let ran = AssertUnwindSafe(work).catch_unwind().await;
        if let Ok(Ok(outcomes)) = ran
            && outcomes.len() == jobs.len()
            && !tx.has_failed()
        {
            return Ok(outcomes);
        }
        if tx.undo().await? { Ok(Vec::new()) } else { Err(Stop::Spoiled) }
    }

    /// What is known of what a command asks first.
    async fn ahead(&mut self, tx: &mut Tx<'_>, at: usize) -> Result<First> {
        if self.careful {
            return Ok(First::Asked); // an error of its reads is its own
        }
        let alone = self.jobs[at..].iter().take_while(|job| job.work.set().is_none()).count();
        self.ahead.first(tx, at, &self.jobs[at..at + alone]).await
    }

    /// Runs one job so that, whatever it does, the transaction is as before or with all of it.
    async fn one(&self, tx: &mut Tx<'_>, at: usize, first: First) -> Result<Result<Outcome<Output>>, Stop> {
        let job = self.jobs[at];
        let sequence = self.next_sequence(job.work.programme().as_str());
        match !self.careful && self.ahead.is_apart(at) {
            true => tx.enter_apart(sequence),
            false => tx.enter(self.careful, sequence),
        }
        tx.knows(first);
        let context = self.context(job);
        let work = async {
            let mut outcome = job.work.run(tx, context, &self.setup.reactions, Then::Apply).await?;
            reaction::follow(tx, &self.setup.reactions, &mut outcome.changes, &mut outcome.facts, context).await?;
            if self.careful {
                tx.flush().await?; // an error of its writes is its own
            }
            Ok(outcome)
        };
        let ran = AssertUnwindSafe(work).catch_unwind().instrument(job.span.clone()).await;
        settle(tx, job, ran).await
    }
}

/// How many sequence numbers changes take.
fn count(changes: &[Change]) -> i64 {
    i64::try_from(changes.len()).unwrap_or(i64::MAX)
}

/// Keeps all that a command did in the transaction, or takes all of it out.
async fn settle<T>(tx: &mut Tx<'_>, job: &Job, ran: std::thread::Result<Result<T>>) -> Result<Result<T>, Stop> {
    let outcome = ran.unwrap_or_else(|_panic| {
        tx.fail();
        job.span.in_scope(|| error!(method = job.work.method(), "a command panicked"));
        Err(Error::Internal("a command panicked"))
    });
    let error = match outcome {
        Err(error) if engine_error(&error).is_some_and(|error| classify(error) != Fault::Other) => {
            return Err(Stop::Engine(error));
        }
        Err(error) => error,
        Ok(outcome) if !tx.has_failed() => {
            tx.keep().await?;
            return Ok(Ok(outcome));
        }
        Ok(_) => Error::Internal("a command swallowed an error of the engine"),
    };
    match tx.undo().await {
        Ok(true) => Ok(Err(error)),
        Ok(false) => Err(Stop::Spoiled),
        // The engine has given the whole transaction up: what the command met of it says why, its undoing only that.
        Err(undoing) => Err(Stop::Engine(if engine_error(&error).is_some() { error } else { undoing })),
    }
}

/// After a commit without an answer: is it there? The audit's link is the receipt.
async fn was_committed(conn: &mut Option<Conn>, setup: &Setup, heads: &Heads) -> Result<bool> {
    conn.take().into_iter().for_each(Conn::discard);
    let mut tx = connected(conn, setup).await?.begin_write().await.map_err(storage)?;
    let is_there = ledger::is_committed(&mut tx, heads).await?;
    tx.rollback().await.map_err(storage)?;
    Ok(is_there)
}

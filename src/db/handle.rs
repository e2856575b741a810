//! The database as the rest of the service sees it: commands in, queries in, answers out.
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OnceCell, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span, error, info};

use super::batch::Job;
use super::bell;
use super::command::{Command, Context, Output, Query, Reading, Then, Work};
use super::engine::{Conn, Engine, OpenError, Pool, Purpose, Target};
use super::fault::{Fault, classify, engine_error, refused_if_full, storage};
use super::ledger::{self, Projection};
use super::migrations;
use super::reaction::Reaction;
use super::retention;
use super::scrub;
use super::statistics;
use super::stats::{Counts, Stats};
use super::tx::Tx;
use super::writer::{self, Setup};
use crate::kernel::{Call, Clock, Error, Result, Timestamp};

/// How commands reach the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritePath {
    /// Through the writer: one lane, many commands in one transaction.
    Grouped,
    /// Each in a transaction of its own, on a pool of this many connections: for measuring only.
    Alone(u32),
}

/// How a database is opened.
#[derive(Clone)]
pub struct Options {
    /// How commands reach it.
    pub write_path: WritePath,
    /// The most commands that wait; one more is refused with `OVERLOADED`.
    pub queue: usize,
    /// The most reads at a time.
    pub readers: u32,
    /// What folds facts into cells of tallies.
    pub projections: Vec<Projection>,
    /// What follows what.
    pub reactions: Vec<Reaction>,
    /// For how many days changes are kept; 0: for ever.
    pub keep_changes_days: u32,
    /// Whether SQLite's lane has a thread of its own, which makes it faster; as a task of the caller's runtime it takes what was queued
    /// before it was polled again, so that whoever runs both on one thread knows what a batch will hold.
    pub own_thread: bool,
    /// The most pages of an SQLite file; 0: no limit.
    pub sqlite_pages: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            write_path: WritePath::Grouped,
            queue: 4096,
            readers: 4,
            projections: Vec::new(),
            reactions: Vec::new(),
            keep_changes_days: 0,
            sqlite_pages: 0,
            own_thread: false,
        }
    }
}

/// A handle on an open database; clones share it.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    engine: Engine,
    setup: Setup,
    reads: Pool,
    /// A connection for what must be read however busy the readers are; opened when something first is.
    aside: OnceCell<Pool>,
    target: Target,
    readers: u32,
    path: WritePath,
    keep_changes_days: u32,
    queue: std::sync::Mutex<Option<mpsc::Sender<Job>>>,
    lane: std::sync::Mutex<Option<JoinHandle<()>>>,
}

/// How soon a caller may try again when the queue is full.
const RETRY_AFTER_MS: u64 = 200;

impl Db {
    /// Opens a database, brings it to this version and starts the writer.
    ///
    /// # Errors
    /// [`OpenError`] says which database, what is wrong with it and what to do.
    pub async fn open(target: &Target, options: Options, clock: Arc<dyn Clock>) -> Result<Db, OpenError> {
        let connections = match options.write_path {
            WritePath::Grouped => 2, // the lane's, by turns
            WritePath::Alone(connections) => connections,
        };
        migrations::check_before_opening(target).await?;
        let unreachable = |error: sqlx::Error| migrations::why_not_opened(target, &error);
        let pool = Pool::open(target, Purpose::Write, connections, options.sqlite_pages).await.map_err(unreachable)?;
        migrations::migrate(&pool, target).await?;
        let beside = Pool::open(target, Purpose::Write, 1, options.sqlite_pages).await.map_err(unreachable)?;
        let reads = Pool::open(target, Purpose::Read, options.readers, 0).await.map_err(unreachable)?;
        let setup = Setup {
            pool,
            beside,
            clock,
            projections: options.projections.into(),
            reactions: options.reactions.into(),
            stats: Arc::default(),
            looks: Arc::default(),
            scrub: Arc::default(),
            commits: Arc::new(watch::Sender::new(0)),
        };
        let (sender, queue) = mpsc::channel(options.queue.max(1));
        let lane = start_lane(target.engine(), options.own_thread, writer::lane(queue, setup.clone()));
        Ok(Db(Arc::new(Shared {
            engine: target.engine(),
            setup,
            reads,
            aside: OnceCell::new(),
            target: target.clone(),
            readers: options.readers,
            path: options.write_path,
            keep_changes_days: options.keep_changes_days,
            queue: std::sync::Mutex::new(Some(sender)),
            lane: std::sync::Mutex::new(Some(lane)),
        })))
    }

    /// Carries a command out; answers when it is durable. With `validate_only` it is only decided.
    ///
    /// # Errors
    /// The refusal, `OVERLOADED` when the queue is full, or an error of the storage.
    pub async fn write<C: Command>(&self, call: Call, command: C) -> Result<C::Output> {
        told(self.carry_out(call, Box::new(command)).await?)
    }

    async fn carry_out(&self, call: Call, work: Box<dyn Work>) -> Result<Output> {
        if call.validate_only {
            return self.decide(call, work).await;
        }
        let (answer, answered) = oneshot::channel();
        let job = Job { call, work, answer, span: Span::current() };
        match self.0.path {
            WritePath::Grouped => self.queue(job)?,
            WritePath::Alone(_) => drop(tokio::spawn(writer::alone(job, self.0.setup.clone()))),
        }
        answered.await.map_err(|_| Error::Unavailable)?.map_err(refused_if_full)
    }

    fn queue(&self, job: Job) -> Result<()> {
        let queue = self.0.queue.lock().map_err(|_| Error::Unavailable)?.clone().ok_or(Error::ShuttingDown)?;
        queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Stats::add(&self.0.setup.stats.overloads, 1);
                Error::Overloaded { retry_after_ms: RETRY_AFTER_MS }
            }
            mpsc::error::TrySendError::Closed(_) => Error::ShuttingDown,
        })
    }

    /// Loads and decides a command, and writes nothing.
    ///
    /// # Errors
    /// The refusal that the command would get now.
    pub async fn check<C: Command>(&self, call: Call, command: C) -> Result<C::Output> {
        told(self.decide(call, Box::new(command)).await?)
    }

    async fn decide(&self, call: Call, work: Box<dyn Work>) -> Result<Output> {
        let now = self.0.setup.clock.now();
        let reactions = self.0.setup.reactions.clone();
        told(self.read_on(Box::new(Dry { call, work, now, reactions }), readers).await?)
    }

    /// Answers a query from one consistent snapshot.
    ///
    /// # Errors
    /// The query's, or an error of the storage.
    pub async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        told(self.read_on(Box::new(query), readers).await?)
    }

    /// The same on a connection of its own, which waits for no reader: for what has to be known in time, such as who may still call.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_aside<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        let open = || Pool::open(&self.0.target, Purpose::Read, 1, 0);
        self.0.aside.get_or_try_init(open).await.map_err(storage)?;
        told(self.read_on(Box::new(query), |shared| (shared.aside.get().unwrap_or(&shared.reads), 1)).await?)
    }

    async fn read_on(&self, reading: Box<dyn Reading>, pool: fn(&Shared) -> (&Pool, u32)) -> Result<Output> {
        // In a task of its own: a caller that goes away must not drop a transaction half way.
        let task = tokio::spawn(answer(Arc::clone(&self.0), reading, pool).in_current_span());
        task.await.unwrap_or_else(|_panic| {
            error!("a query panicked");
            Err(Error::Internal("a query panicked"))
        })
    }

    /// The clock that commands are run by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.setup.clock
    }

    /// What the writer has counted.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.0.setup.stats
    }

    /// The engine it runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Forgets request ids that are older than seven days; returns how many.
    ///
    /// # Errors
    /// An error of the storage.
    pub async fn forget_requests(&self) -> Result<u64> {
        writer::forget_requests(&self.0.setup).await
    }

    /// Forgets changes that are older than they are kept; returns how many.
    ///
    /// # Errors
    /// An error of the storage.
    pub async fn forget_changes(&self) -> Result<u64> {
        match self.0.keep_changes_days {
            0 => Ok(0),
            days => retention::forget_changes(&self.0.setup, days).await,
        }
    }

    /// Has PostgreSQL count those of its tables that have outgrown what it knows of them, where anything was written of late. To be called
    /// every few seconds; what fails is tried again by the next call.
    pub async fn count_tables(&self) {
        statistics::look(self.0.engine, &self.0.setup).await;
    }

    /// Empties the write-ahead log of an SQLite file, in which what was destroyed can still be found; nothing where nothing was since it was
    /// emptied last. Whether that is done: readers of old snapshots may be in the way, and then the next call does it.
    ///
    /// # Errors
    /// An error of the storage.
    pub async fn empty_log(&self) -> Result<bool> {
        scrub::empty_log(&self.0.setup).await
    }

    /// Changes with each commit of this server: a hint that there is news. Another server's commits aren't seen here.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.0.setup.commits.subscribe()
    }

    /// Takes no more commands, finishes those that wait, and closes the connections.
    pub async fn close(&self) {
        let queue = self.0.queue.lock().ok().and_then(|mut queue| queue.take());
        drop(queue);
        let lane = self.0.lane.lock().ok().and_then(|mut lane| lane.take());
        if let Some(lane) = lane {
            let _ = lane.await; // a lane doesn't panic: commands' panics are contained
            let Counts { batches, commands, messages, commits, changes, reruns, overloads } = self.stats().counts();
            info!(batches, commands, messages, commits, changes, reruns, overloads, "the writer stopped");
        }
        self.0.setup.pool.close().await;
        self.0.setup.beside.close().await;
        self.0.reads.close().await;
        if let Some(aside) = self.0.aside.get() {
            aside.close().await;
        }
    }
}

/// Starts the lane. SQLite works in a thread of its own: a lane that waits for it in another wakes at once, without going through the
/// runtime's driver. PostgreSQL's answers come through that driver, so its lane is a task there.
fn start_lane(engine: Engine, own_thread: bool, lane: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    if engine == Engine::Postgres || !own_thread {
        return tokio::spawn(lane);
    }
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _entered = runtime.enter();
        bell::run(lane);
    })
}

fn readers(shared: &Shared) -> (&Pool, u32) {
    (&shared.reads, shared.readers)
}

/// An answer as the type that it was asked as.
fn told<O: 'static>(output: Output) -> Result<O> {
    output.downcast().map(|output| *output).map_err(|_| Error::Internal("it was answered with another type"))
}

/// Reads on a connection of a pool. After the database was restarted, every connection of the pool is broken once.
async fn answer(shared: Arc<Shared>, reading: Box<dyn Reading>, pool: fn(&Shared) -> (&Pool, u32)) -> Result<Output> {
    let (pool, connections) = pool(&shared);
    for _ in 0..=connections {
        let mut conn = pool.acquire().await?;
        let output = snapshot(&mut conn, &*reading, shared.setup.clock.now()).await;
        match &output {
            Err(error) if engine_error(error).is_some_and(|error| classify(error) == Fault::Broken) => conn.discard(),
            Ok(_) | Err(_) => return output,
        }
    }
    Err(Error::Unavailable)
}

/// Runs a query in a transaction of its own. Nothing was written, so nobody waits for its end: the connection rolls back before
/// it is in the pool again.
async fn snapshot(conn: &mut Conn, reading: &dyn Reading, now: Timestamp) -> Result<Output> {
    let mut tx = conn.begin_read().await.map_err(storage)?;
    tx.at(now);
    reading.run(&mut tx).await
}

/// `validate_only`: load, decide, and ask who objects.
struct Dry {
    call: Call,
    work: Box<dyn Work>,
    now: Timestamp,
    reactions: Arc<[Reaction]>,
}

impl Query for Dry {
    type Output = Output;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Output> {
        tx.at(self.now);
        let programme = self.work.programme();
        match ledger::has_ended(tx, programme).await? {
            None if !self.work.creates_programme() => return Err(Error::not_found(format!("programmes/{programme}"))),
            Some(true) if !self.work.may_follow_end() => return Err(Error::programme_ended(programme)),
            None | Some(_) => {}
        }
        let context = Context { call: &self.call, now: self.now };
        Ok(self.work.run(tx, context, &self.reactions, Then::Forget).await?.output)
    }
}

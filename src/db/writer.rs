//! The writer: one queue, and whatever waits goes into one transaction.
//!
//! No timer: a batch is what arrived while the one before it was written. Whose caller has gone is dropped before it
//! runs. The lane's task belongs to the writer, so that a client's cancel can't drop a transaction half way.
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::batch::{self, Job};
use super::engine::{Conn, Pool};
use super::ledger::{self, Projection};
use super::reaction::Reaction;
use super::scrub::Scrub;
use super::statistics::{self, Looks};
use super::stats::Stats;
use crate::kernel::{Clock, Error, Result};

/// The most commands in one transaction.
pub(super) const MAX_BATCH: usize = 256;

/// What every lane shares.
#[derive(Clone)]
pub(super) struct Setup {
    pub pool: Pool,
    /// What nobody waits for writes here: the lanes' connections are theirs.
    pub beside: Pool,
    pub clock: Arc<dyn Clock>,
    pub projections: Arc<[Projection]>,
    pub reactions: Arc<[Reaction]>,
    pub stats: Arc<Stats>,
    /// When the engine is asked to look at its tables.
    pub looks: Arc<Looks>,
    /// Whether something was destroyed that the log of an SQLite file still has.
    pub scrub: Arc<Scrub>,
    /// Counts this server's commits, for those who wait for news.
    pub commits: Arc<watch::Sender<u64>>,
}

/// Runs batches until the last sender of its queue is gone and the queue is empty.
pub(super) async fn lane(mut queue: mpsc::Receiver<Job>, setup: Setup) {
    let mut conn: Option<Conn> = None;
    let mut jobs: Vec<Job> = Vec::with_capacity(MAX_BATCH);
    while queue.recv_many(&mut jobs, MAX_BATCH).await > 0 {
        jobs.retain(|job| !job.answer.is_closed());
        run_batch(&mut conn, &mut jobs, &setup).await;
        if setup.pool.takes_turns() {
            drop(conn.take());
        }
    }
}

/// Runs one command in a transaction of its own, on any connection: the reference that the writer is measured
/// against.
pub(super) async fn alone(job: Job, setup: Setup) {
    let mut conn: Option<Conn> = None;
    run_batch(&mut conn, &mut vec![job], &setup).await;
}

async fn run_batch(conn: &mut Option<Conn>, jobs: &mut Vec<Job>, setup: &Setup) {
    if jobs.is_empty() {
        return;
    }
    Stats::add(&setup.stats.batches, 1);
    Stats::add(&setup.stats.commands, jobs.len() as u64);
    let refs: Vec<&Job> = jobs.iter().collect();
    let answers = batch::run(conn, &refs, setup).await;
    drop(refs);
    for (job, answer) in jobs.drain(..).zip(answers) {
        let _ = job.answer.send(answer); // who gave up meanwhile learns it by the request id
    }
    statistics::after_batch(setup);
}

/// Forgets requests that are older than they are kept, in chunks, on a connection of its own.
pub(super) async fn forget_requests(setup: &Setup) -> Result<u64> {
    let mut conn = setup.beside.acquire().await?;
    let forgotten = forget_all(&mut conn, setup).await;
    conn.after(forgotten)
}

async fn forget_all(conn: &mut Conn, setup: &Setup) -> Result<u64> {
    let mut forgotten = 0;
    loop {
        let mut tx = conn.begin_write().await.map_err(super::fault::storage)?;
        let chunk = ledger::forget_requests(&mut tx, setup.clock.now()).await?;
        tx.commit().await.map_err(|_| Error::Unavailable)?;
        forgotten += chunk;
        if chunk == 0 {
            return Ok(forgotten);
        }
    }
}

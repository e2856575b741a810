//! One reader of the log for all watchers of a programme on this server: what it reads goes into a ring that they share.
//!
//! It looks when this server has committed, and in a rhythm, because other servers commit too; between two looks it rests, so that
//! thousands of watchers get one message of what many callers do at once, not one of each. Nobody waits for a watcher: who is overtaken
//! by the ring reads the log itself.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, broadcast, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::warn;

use super::present::Seen;
use crate::changes::queries::{ReadChanges, ReadExtent};
use crate::db::Db;
use crate::kernel::{Error, Id, Result};

/// How often the log is looked at for what other servers have committed.
const RHYTHM: Duration = Duration::from_millis(200);
/// How long it rests after changes were handed on.
const REST: Duration = Duration::from_millis(50);
/// Changes in a programme's ring: what bounds the memory that watchers take.
const RING: usize = 1_024;
/// Changes that are read at a time.
const CHUNK: usize = 256;

/// The logs' readers on this server.
pub struct Hub {
    db: Db,
    tails: Mutex<HashMap<Id, broadcast::Sender<Arc<Seen>>>>,
    closed: watch::Sender<bool>,
}

impl Hub {
    /// Without a reader yet.
    #[must_use]
    pub fn new(db: Db) -> Arc<Hub> {
        Arc::new(Hub { db, tails: Mutex::default(), closed: watch::Sender::new(false) })
    }

    /// Ends every watch: what they still get is that the server shuts down.
    pub async fn close(&self) {
        self.closed.send_replace(true);
        self.tails.lock().await.clear();
    }

    pub(super) fn refuse_closed(&self) -> Result<()> {
        if *self.closed.borrow() { Err(Error::ShuttingDown) } else { Ok(()) }
    }

    /// What is committed from now on. Whoever reads the log after this has returned misses nothing in between.
    pub(super) async fn subscribe(self: &Arc<Hub>, programme: &Id) -> Result<broadcast::Receiver<Arc<Seen>>> {
        let mut tails = self.tails.lock().await;
        self.refuse_closed()?;
        if let Some(tail) = tails.get(programme) {
            return Ok(tail.subscribe());
        }
        let from = self.db.read(ReadExtent { programme: programme.clone() }).await?.newest;
        let (sender, receiver) = broadcast::channel(RING);
        tails.insert(programme.clone(), sender.clone());
        tokio::spawn(Arc::clone(self).follow(programme.clone(), from, sender));
        Ok(receiver)
    }

    /// Reads a programme's log until nobody listens any more.
    async fn follow(self: Arc<Hub>, programme: Id, mut last: i64, ring: broadcast::Sender<Arc<Seen>>) {
        let (mut commits, mut closed) = (self.db.commits(), self.closed.subscribe());
        let mut rhythm = interval(RHYTHM);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            commits.mark_unchanged(); // before the look: what is committed during it is a reason for another
            let before = last;
            if let Err(error) = self.look(&programme, &mut last, &ring).await {
                warn!(%error, "the change log can't be read now");
            }
            if last > before && timeout(REST, closed.changed()).await.is_ok() {
                return;
            }
            tokio::select! {
                Ok(()) = commits.changed() => {}
                _ = rhythm.tick() => {}
                _ = closed.changed() => return,
            }
            if ring.receiver_count() == 0 {
                let mut tails = self.tails.lock().await;
                if ring.receiver_count() == 0 {
                    tails.remove(&programme);
                    return;
                }
            }
        }
    }

    /// Hands on what came after `last`.
    async fn look(&self, programme: &Id, last: &mut i64, ring: &broadcast::Sender<Arc<Seen>>) -> Result<()> {
        loop {
            let read = ReadChanges { programme: programme.clone(), after: *last, most: CHUNK };
            let (_, changes) = self.db.read(read).await?;
            let is_all = changes.len() < CHUNK;
            for change in changes {
                *last = change.sequence;
                let _ = ring.send(Seen::new(change)); // nobody may be listening just now
            }
            if is_all {
                return Ok(());
            }
        }
    }
}

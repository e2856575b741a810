//! One reader of the log for all watchers of a programme on this server: what it reads goes into rings that they share.
//!
//! It looks when this server has committed, and in a rhythm, because other servers commit too. Watchers stand in rows, and one row is
//! handed what was read after the other, so that thousands of them don't all wake at the moment in which somebody books; the next
//! look comes when the last row has it. Nobody waits for a watcher: who is overtaken by a ring reads the log itself.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, broadcast, watch};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::present::Seen;
use crate::changes::queries::{ReadChanges, ReadExtent};
use crate::db::Db;
use crate::kernel::{Error, Id, Result};

/// How often the log is looked at for what other servers have committed.
const RHYTHM: Duration = Duration::from_millis(200);
/// The least time from one handing on to the next.
const REST: Duration = Duration::from_millis(50);
/// The most watchers that are handed changes at once.
const ROW: usize = 16;
/// How long the next row waits: those of a row send what they were handed in a fifth of it, and whoever books comes in between.
const PAUSE: Duration = Duration::from_millis(4);
/// The most changes in a piece of news, and in a message.
pub(super) const PIECE: usize = 256;
/// Pieces of news in a row's ring: with [`PIECE`], what bounds the memory that watchers take. More than a second of them.
const RING: usize = 32;
/// The most changes that are read at a time.
const CHUNK: usize = 2 * PIECE;

/// Changes that a watcher takes at once, at most [`PIECE`]: who is handed them one by one is woken by the first, and sends each alone.
pub(super) type News = Arc<[Arc<Seen>]>;

type Ring = broadcast::Sender<News>;

/// The logs' readers on this server.
pub struct Hub {
    db: Db,
    /// The rings of each programme's rows.
    rows: Mutex<HashMap<Id, Vec<Ring>>>,
    closed: watch::Sender<bool>,
}

impl Hub {
    /// Without a reader yet.
    #[must_use]
    pub fn new(db: Db) -> Arc<Hub> {
        Arc::new(Hub { db, rows: Mutex::default(), closed: watch::Sender::new(false) })
    }

    /// Ends every watch: what they still get is that the server shuts down.
    pub async fn close(&self) {
        self.closed.send_replace(true);
        self.rows.lock().await.clear();
    }

    pub(super) fn refuse_closed(&self) -> Result<()> {
        if *self.closed.borrow() { Err(Error::ShuttingDown) } else { Ok(()) }
    }

    /// What is committed from now on. Whoever reads the log after this has returned misses nothing in between.
    pub(super) async fn subscribe(self: &Arc<Hub>, programme: &Id) -> Result<broadcast::Receiver<News>> {
        let mut rows = self.rows.lock().await;
        self.refuse_closed()?;
        if let Some(rows) = rows.get_mut(programme) {
            return Ok(stand_in(rows));
        }
        let from = self.db.read(ReadExtent { programme: programme.clone() }).await?.newest;
        let receiver = stand_in(rows.entry(programme.clone()).or_default());
        tokio::spawn(Arc::clone(self).follow(programme.clone(), from));
        Ok(receiver)
    }

    /// Reads a programme's log until nobody listens any more.
    async fn follow(self: Arc<Hub>, programme: Id, mut last: i64) {
        let (mut commits, mut closed) = (self.db.commits(), self.closed.subscribe());
        let mut rhythm = interval(RHYTHM);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            commits.mark_unchanged(); // before the look: what is committed during it is a reason for another
            let news = self.look(&programme, last).await.unwrap_or_else(|error| {
                warn!(%error, "the change log can't be read now");
                Vec::new()
            });
            last = news.last().map_or(last, |seen| seen.change.sequence);
            // After the look: whoever has come since finds in the log what was found now.
            let Some(rows) = self.standing(&programme).await else { return };
            tokio::select! {
                () = hand_on(&rows, &news) => {}
                _ = closed.changed() => return,
            }
            if news.len() == CHUNK {
                continue;
            }
            tokio::select! {
                Ok(()) = commits.changed() => {}
                _ = rhythm.tick() => {}
                _ = closed.changed() => return,
            }
        }
    }

    /// What came after `last`, a chunk of it.
    async fn look(&self, programme: &Id, last: i64) -> Result<Vec<Arc<Seen>>> {
        let read = ReadChanges { programme: programme.clone(), after: last, most: CHUNK };
        let (_, changes) = self.db.read(read).await?;
        Ok(changes.into_iter().map(Seen::new).collect())
    }

    /// The rows in which somebody stands; none once there is nobody, and then nobody follows the log any more.
    async fn standing(&self, programme: &Id) -> Option<Vec<Ring>> {
        let mut rows = self.rows.lock().await;
        let standing = rows.get_mut(programme)?;
        standing.retain(|row| row.receiver_count() > 0);
        if standing.is_empty() {
            rows.remove(programme);
            return None;
        }
        Some(standing.clone())
    }
}

/// A place in the first row that has one.
fn stand_in(rows: &mut Vec<Ring>) -> broadcast::Receiver<News> {
    if let Some(row) = rows.iter().find(|row| row.receiver_count() < ROW) {
        return row.subscribe();
    }
    let (row, receiver) = broadcast::channel(RING);
    rows.push(row);
    receiver
}

/// Hands news on to one row after the other.
async fn hand_on(rows: &[Ring], news: &[Arc<Seen>]) {
    if news.is_empty() {
        return;
    }
    let news: Vec<News> = news.chunks(PIECE).map(News::from).collect();
    let pause = PAUSE.max(REST / u32::try_from(rows.len()).unwrap_or(u32::MAX));
    let mut pace = interval(pause); // its first tick comes at once
    for row in rows {
        pace.tick().await;
        for news in &news {
            let _ = row.send(Arc::clone(news)); // nobody may be listening just now
        }
    }
    pace.tick().await;
}

//! One watcher: reads the log until it has caught up, and goes on from the shared ring.
//!
//! It does something only when its client takes the next message, so that a slow client holds nothing but its place.
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Status;

use super::hub::{Hub, News, PIECE};
use super::present::{Collections, Joined, Seen, join};
use crate::access::table::Sight;
use crate::changes::queries::ReadChanges;
use crate::changes::{Interest, refuse_too_slow};
use crate::kernel::{Error, Id};
use crate::pb;
use crate::wire::Api;

/// What a watcher gets.
pub(super) type Watched = BoxStream<'static, Result<pb::WatchChangesResponse, Status>>;

/// What is watched, and how.
pub(crate) struct Wish {
    /// The programme.
    pub programme: Id,
    /// After this sequence number.
    pub after: i64,
    /// Which changes.
    pub interest: Interest,
    /// What may be joined.
    pub sight: Sight,
    /// After how long without a message one is sent that says so.
    pub heartbeat: Duration,
}

struct Watcher {
    wish: Wish,
    api: Api,
    hub: Arc<Hub>,
    collections: Collections,
    ring: broadcast::Receiver<News>,
    heartbeats: Interval,
    /// Up to here everything was sent.
    last: i64,
    /// Whether the log has to be read, because the ring doesn't have what comes next.
    behind: bool,
    /// Whether it has been up to date once: from then on it has to keep up.
    caught_up: bool,
    greeted: bool,
    ended: bool,
}

/// Begins to watch.
pub(super) async fn watch(api: Api, hub: Arc<Hub>, collections: Collections, wish: Wish) -> Result<Watched, Status> {
    // A number that can't be gone on from is refused before the stream begins.
    api.read(ReadChanges { programme: wish.programme.clone(), after: wish.after, most: 1 }).await?;
    let ring = hub.subscribe(&wish.programme).await?;
    let mut heartbeats = interval(wish.heartbeat);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (last, behind, caught_up, greeted, ended) = (wish.after, true, false, false, false);
    let watcher = Watcher { wish, api, hub, collections, ring, heartbeats, last, behind, caught_up, greeted, ended };
    Ok(stream::unfold(watcher, Watcher::next).boxed())
}

impl Watcher {
    async fn next(mut self) -> Option<(Result<pb::WatchChangesResponse, Status>, Watcher)> {
        if self.ended {
            return None;
        }
        let message = self.message().await;
        self.ended = message.is_err();
        self.greeted = true;
        self.heartbeats.reset();
        Some((message, self))
    }

    /// The next message: changes, or none as a heartbeat. The first comes at once, so that the watcher knows where it stands.
    async fn message(&mut self) -> Result<pb::WatchChangesResponse, Status> {
        loop {
            self.hub.refuse_closed()?;
            let seen = if self.behind {
                self.read().await?
            } else {
                tokio::select! {
                    biased; // whom nothing interests gets heartbeats under load too
                    _ = self.heartbeats.tick() => return Ok(self.answer(Vec::new())),
                    news = take(&mut self.ring) => {
                        let news = news?;
                        self.behind = news.is_none();
                        news.unwrap_or_default()
                    }
                }
            };
            let joined =
                join(&self.api, self.collections, (&self.wish.interest, &self.wish.sight), self.last, &seen).await?;
            let Joined { changes, last, is_cut } = joined;
            self.last = last;
            self.behind |= is_cut;
            if !changes.is_empty() || !self.greeted {
                return Ok(self.answer(changes));
            }
        }
    }

    fn answer(&self, changes: Vec<pb::Change>) -> pb::WatchChangesResponse {
        pb::WatchChangesResponse { changes, sequence: self.last, time: Some(self.api.db().clock().now().into()) }
    }

    /// What the log has after the last change that was sent.
    async fn read(&mut self) -> Result<News, Status> {
        let read = ReadChanges { programme: self.wish.programme.clone(), after: self.last, most: PIECE };
        let (extent, changes) = self.api.read(read).await?;
        if self.caught_up {
            refuse_too_slow(&self.wish.programme, self.last, extent.newest)?;
        }
        self.behind = changes.len() == PIECE;
        self.caught_up |= !self.behind;
        Ok(changes.into_iter().map(Seen::new).collect())
    }
}

/// The next news of the ring; none where it dropped some before they were taken.
async fn take(ring: &mut broadcast::Receiver<News>) -> Result<Option<News>, Error> {
    match ring.recv().await {
        Ok(news) => Ok(Some(news)),
        Err(RecvError::Lagged(_)) => Ok(None),
        Err(RecvError::Closed) => Err(Error::ShuttingDown),
    }
}

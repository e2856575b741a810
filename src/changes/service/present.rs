//! What a resource looks like now, for those who want it with a change: a table of readers, one for each collection, that
//! `server/` fills in.
//!
//! A reader calls the collection's own service as a caller without a name, so that nothing is shown here that a service
//! shows to some callers only; and a watcher gets the states of those resources alone that it may read, all of their collection.
use std::sync::Arc;

use futures_util::future::BoxFuture;
use prost::Message as _;
use prost_types::Any;
use tokio::sync::OnceCell;
use tonic::{Code, Status};

use crate::access::table::Sight;
use crate::changes::{Interest, Logged, wire};
use crate::kernel::page::MAX_BYTES;
use crate::pb;
use crate::wire::Api;

/// What a reader answers in a while.
pub type Answer<T> = BoxFuture<'static, Result<T, Status>>;

/// Reads a page of a programme's resources (the programme's name, a page token), and the next page's token.
pub type List = fn(Api, String, String) -> Answer<(Vec<Any>, String)>;

/// How the resources of one collection are read.
#[derive(Clone, Copy)]
pub struct Collection {
    /// Its name in resource names, such as `experts`.
    pub name: &'static str,
    /// Its resources' message, such as `Expert`.
    pub message: &'static str,
    /// Reads one resource by its name.
    pub get: fn(Api, String) -> Answer<Any>,
    /// Reads them page by page; none where a collection isn't listed on its own.
    pub list: Option<List>,
}

/// Every collection that has a reader.
pub type Collections = &'static [Collection];

/// A change, and the resource's state once somebody asked for it: read once for all watchers.
pub(super) struct Seen {
    pub change: Logged,
    state: OnceCell<Option<Any>>,
}

impl Seen {
    pub(super) fn new(change: Logged) -> Arc<Seen> {
        Arc::new(Seen { change, state: OnceCell::new() })
    }

    /// The resource as it is now, or as it was when it was first asked for here; none where it is gone, or has no reader.
    async fn state(&self, api: &Api, collections: Collections) -> Result<Option<Any>, Status> {
        let state = self.state.get_or_try_init(async || {
            let collection = self.change.collection();
            let reader = collections.iter().find(|reader| reader.name == collection);
            let Some(reader) = reader.filter(|_| !self.change.is_tombstone()) else { return Ok(None) };
            match (reader.get)(api.clone(), self.change.name.clone()).await {
                Ok(state) => Ok(Some(state)),
                Err(status) if status.code() == Code::NotFound => Ok(None), // gone since; its tombstone follows
                Err(status) => Err(status),
            }
        });
        state.await.cloned()
    }
}

/// Changes as they are sent.
pub(super) struct Joined {
    pub changes: Vec<pb::Change>,
    /// Up to here they are all that was wanted.
    pub last: i64,
    /// Whether there was more: no room for it, or a gap.
    pub is_cut: bool,
}

/// Picks what is wanted of what follows `last` without a gap, with the resources' states where those are wanted, as much as
/// an answer holds.
pub(super) async fn join(
    api: &Api,
    collections: Collections,
    (interest, sight): (&Interest, &Sight),
    last: i64,
    seen: &[Arc<Seen>],
) -> Result<Joined, Status> {
    let mut joined = Joined { changes: Vec::new(), last, is_cut: false };
    let mut bytes = 0;
    for seen in seen.iter().filter(|seen| seen.change.sequence > last) {
        if seen.change.sequence != joined.last + 1 {
            joined.is_cut = true;
            break;
        }
        if interest.has(&seen.change) {
            let message = collections.iter().find(|reader| reader.name == seen.change.collection());
            let is_seen = message.is_some_and(|reader| sight.sees(reader.message));
            let state = if interest.with_state && is_seen { seen.state(api, collections).await? } else { None };
            let change = wire::change(&seen.change, state);
            bytes += change.encoded_len();
            if bytes > MAX_BYTES && !joined.changes.is_empty() {
                joined.is_cut = true;
                break;
            }
            joined.changes.push(change);
        }
        joined.last = seen.change.sequence;
    }
    Ok(joined)
}

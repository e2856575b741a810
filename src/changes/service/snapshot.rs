//! A programme's resources as they are now, collection by collection, with the sequence number from which a copy goes on.
//!
//! It is no moment's picture: what changes while it is sent may be in it or not, and is after its sequence number in any case.
use std::collections::VecDeque;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use prost_types::Any;
use tonic::Status;

use super::present::Collection;
use crate::changes::Extent;
use crate::kernel::{Id, ProgrammeName};
use crate::pb;
use crate::wire::Api;

/// What the caller of a snapshot gets.
pub(super) type Snapshot = BoxStream<'static, Result<pb::GetSnapshotResponse, Status>>;

/// What a snapshot is made of.
pub(crate) struct Wish {
    /// The programme.
    pub programme: Id,
    /// Its collections, each of which can be listed.
    pub collections: VecDeque<Collection>,
}

struct Progress {
    api: Api,
    wish: Wish,
    token: String,
    sequence: i64,
    is_over: bool,
}

/// Begins with where the log ended before anything was read.
pub(super) fn snapshot(api: Api, wish: Wish, extent: Extent) -> Snapshot {
    let progress = Progress { api, wish, token: String::new(), sequence: extent.newest, is_over: false };
    stream::unfold(progress, Progress::next).boxed()
}

impl Progress {
    async fn next(mut self) -> Option<(Result<pb::GetSnapshotResponse, Status>, Progress)> {
        if self.is_over {
            return None;
        }
        let page = self.page().await;
        self.is_over = page.is_err() || self.wish.collections.is_empty();
        let (sequence, is_complete) = (self.sequence, self.is_over);
        let answer = page.map(|resources| pb::GetSnapshotResponse { sequence, resources, complete: is_complete });
        Some((answer, self))
    }

    async fn page(&mut self) -> Result<Vec<Any>, Status> {
        let Some(list) = self.wish.collections.front().and_then(|collection| collection.list) else {
            self.wish.collections.pop_front();
            return Ok(Vec::new());
        };
        let parent = ProgrammeName::new(self.wish.programme.clone()).to_string();
        let (resources, next) = list(self.api.clone(), parent, std::mem::take(&mut self.token)).await?;
        if next.is_empty() {
            self.wish.collections.pop_front();
        }
        self.token = next;
        Ok(resources)
    }
}

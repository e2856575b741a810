//! gRPC of changes: parse, read, message; streams in `watch.rs` and `snapshot.rs`.
pub mod hub;
pub mod present;
pub(super) mod snapshot;
pub(super) mod watch;

use std::sync::Arc;

use tonic::{Request, Response};

use super::queries::ReadExtent;
use super::wire;
use crate::access::table::Sight;
use crate::pb;
use crate::pb::change_service_server::ChangeService;
use crate::wire::{Api, Reply};
use hub::Hub;
use present::{Collections, Seen, join};

/// The service of changes.
#[derive(Clone)]
pub struct Service {
    /// How requests become queries, and queries answers.
    pub api: Api,
    /// Who reads the log for watchers.
    pub hub: Arc<Hub>,
    /// How resources are read.
    pub collections: Collections,
}

#[tonic::async_trait]
impl ChangeService for Service {
    type WatchChangesStream = watch::Watched;
    type GetSnapshotStream = snapshot::Snapshot;

    async fn list_changes(&self, request: Request<pb::ListChangesRequest>) -> Reply<pb::ListChangesResponse> {
        let sight = sight_of(&request);
        let (read, interest) = self.api.query(request, wire::list)?;
        let after = read.after;
        let (extent, changes) = self.api.read(read).await?;
        let seen: Vec<_> = changes.into_iter().map(Seen::new).collect();
        let joined = join(&self.api, self.collections, (&interest, &sight), after, &seen).await?;
        Ok(Response::new(wire::listed(joined.changes, joined.last, &extent)))
    }

    async fn watch_changes(&self, request: Request<pb::WatchChangesRequest>) -> Reply<watch::Watched> {
        let sight = sight_of(&request);
        let wish = self.api.query(request, |fields, message| wire::watch(fields, message, sight))?;
        let watched = watch::watch(self.api.clone(), self.hub.clone(), self.collections, wish).await?;
        Ok(Response::new(watched))
    }

    async fn get_snapshot(&self, request: Request<pb::GetSnapshotRequest>) -> Reply<snapshot::Snapshot> {
        let sight = sight_of(&request);
        let snapshot = |fields: &mut _, message| wire::snapshot(fields, message, self.collections, &sight);
        let wish = self.api.query(request, snapshot)??;
        let extent = self.api.read(ReadExtent { programme: wish.programme.clone() }).await?;
        Ok(Response::new(snapshot::snapshot(self.api.clone(), wish, extent)))
    }
}

/// What the caller may have joined to changes.
fn sight_of<T>(request: &Request<T>) -> Sight {
    request.extensions().get::<Sight>().cloned().unwrap_or_default()
}

//! gRPC of slots: parse, query, message.
use std::sync::Arc;

use tonic::{Request, Response};

use crate::kernel::Call;
use crate::pb;
use crate::pb::slot_service_server::SlotService;
use crate::sessions::atlas::Atlas;
use crate::sessions::commands::check;
use crate::sessions::wire;
use crate::wire::{Api, Reply, caller_of};

/// The service of slots.
#[derive(Clone)]
pub struct Slots {
    api: Api,
    /// What searches looked up of places before, shared by all calls.
    atlas: Arc<Atlas>,
}

impl Slots {
    /// The service, which knows of no place yet.
    #[must_use]
    pub fn new(api: Api) -> Slots {
        Slots { api, atlas: Arc::default() }
    }
}

#[tonic::async_trait]
impl SlotService for Slots {
    async fn find_slots(&self, request: Request<pb::FindSlotsRequest>) -> Reply<pb::FindSlotsResponse> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::find(fields, message, &self.atlas, now))?;
        let found = self.api.read(query).await?;
        Ok(Response::new(wire::found(found)))
    }

    async fn batch_find_slots(&self, request: Request<pb::BatchFindSlotsRequest>) -> Reply<pb::BatchFindSlotsResponse> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::batch_find(fields, message, &self.atlas, now))?;
        let found = self.api.read(query).await?;
        Ok(Response::new(pb::BatchFindSlotsResponse { responses: found.into_iter().map(wire::found).collect() }))
    }

    async fn check_slot(&self, request: Request<pb::CheckSlotRequest>) -> Reply<pb::CheckSlotResponse> {
        let (now, call) = (self.api.db().clock().now(), Call::new(caller_of(&request)));
        let (purpose, draft) = self.api.query(request, |fields, message| wire::check_slot(fields, message, now))?;
        let verdict = check(self.api.db(), call, purpose, draft).await;
        Ok(Response::new(wire::checked(verdict)?))
    }

    async fn explain_slot(&self, request: Request<pb::ExplainSlotRequest>) -> Reply<pb::ExplainSlotResponse> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::explain_slot(fields, message, now))?;
        let programme = query.draft.programme.clone();
        let explanation = self.api.read(query).await?;
        Ok(Response::new(wire::explanation(&programme, explanation)))
    }
}

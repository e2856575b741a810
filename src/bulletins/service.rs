//! gRPC of bulletins: parse, query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::bulletin_service_server::BulletinService;
use crate::wire::{Api, Reply};

/// The service of bulletins.
#[derive(Clone)]
pub struct Service {
    /// How requests become queries, and queries answers.
    pub api: Api,
}

#[tonic::async_trait]
impl BulletinService for Service {
    async fn get_bulletin(&self, request: Request<pb::GetBulletinRequest>) -> Reply<pb::Bulletin> {
        let now = self.api.db().clock().now();
        let (query, wording) = self.api.query(request, |fields, message| wire::get(fields, &message, now))?;
        let composed = self.api.read(query).await?;
        let bulletin = match composed.is_gathered() {
            true => self.api.compute(move || composed.whole()).await?,
            false => composed.whole()?,
        };
        Ok(Response::new(wire::bulletin(&bulletin, wording, now)?))
    }
}

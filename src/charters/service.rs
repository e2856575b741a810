//! gRPC of charters: parse, command or query, message.
use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::charter_service_server::CharterService;
use crate::wire::{Api, Reply};

/// The service of charters and contacts.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl CharterService for Service {
    async fn get_charter(&self, request: Request<pb::GetCharterRequest>) -> Reply<pb::Charter> {
        let query = self.api.query(request, wire::get)?;
        let charter = self.api.read(query).await?;
        Ok(Response::new(wire::charter(charter)))
    }

    async fn update_charter(&self, request: Request<pb::UpdateCharterRequest>) -> Reply<pb::Charter> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let charter = self.api.write(call, command).await?;
        Ok(Response::new(wire::charter(charter)))
    }

    async fn list_charter_versions(
        &self,
        request: Request<pb::ListCharterVersionsRequest>,
    ) -> Reply<pb::ListCharterVersionsResponse> {
        let query = self.api.query(request, wire::versions)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(wire::version_page(page)))
    }

    async fn record_contact(&self, request: Request<pb::RecordContactRequest>) -> Reply<pb::Contact> {
        let (call, command) = self.api.parse(request, wire::record_contact)?;
        let contact = self.api.write(call, command).await?;
        Ok(Response::new(wire::contact(contact)))
    }

    async fn list_contacts(&self, request: Request<pb::ListContactsRequest>) -> Reply<pb::ListContactsResponse> {
        let query = self.api.query(request, wire::list_contacts)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(wire::contact_page(page)))
    }
}

//! gRPC of assistants, pairings and the search for experts: parse, command or query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::assistant_service_server::AssistantService;
use crate::pb::expert_search_service_server::ExpertSearchService;
use crate::pb::pairing_service_server::PairingService;
use crate::wire::{Api, Reply};

/// The services of assistants.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl AssistantService for Service {
    async fn create_assistant(&self, request: Request<pb::CreateAssistantRequest>) -> Reply<pb::Assistant> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let assistant = self.api.write(call, command).await?;
        Ok(Response::new(assistant.into()))
    }

    async fn get_assistant(&self, request: Request<pb::GetAssistantRequest>) -> Reply<pb::Assistant> {
        let query = self.api.query(request, wire::get)?;
        let assistant = self.api.read(query).await?;
        Ok(Response::new(assistant.into()))
    }

    async fn list_assistants(&self, request: Request<pb::ListAssistantsRequest>) -> Reply<pb::ListAssistantsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }

    async fn update_assistant(&self, request: Request<pb::UpdateAssistantRequest>) -> Reply<pb::Assistant> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let assistant = self.api.write(call, command).await?;
        Ok(Response::new(assistant.into()))
    }

    async fn end_assistant(&self, request: Request<pb::EndAssistantRequest>) -> Reply<pb::Assistant> {
        let (call, command) = self.api.parse(request, wire::end)?;
        let assistant = self.api.write(call, command).await?;
        Ok(Response::new(assistant.into()))
    }
}

#[tonic::async_trait]
impl PairingService for Service {
    async fn create_pairing(&self, request: Request<pb::CreatePairingRequest>) -> Reply<pb::Pairing> {
        let (call, command) = self.api.parse(request, wire::pairings::create)?;
        let pairing = self.api.write(call, command).await?;
        Ok(Response::new(pairing.into()))
    }

    async fn get_pairing(&self, request: Request<pb::GetPairingRequest>) -> Reply<pb::Pairing> {
        let query = self.api.query(request, wire::pairings::get)?;
        let pairing = self.api.read(query).await?;
        Ok(Response::new(pairing.into()))
    }

    async fn list_pairings(&self, request: Request<pb::ListPairingsRequest>) -> Reply<pb::ListPairingsResponse> {
        let query = self.api.query(request, wire::pairings::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }

    async fn update_pairing(&self, request: Request<pb::UpdatePairingRequest>) -> Reply<pb::Pairing> {
        let (call, command) = self.api.parse(request, wire::pairings::update)?;
        let pairing = self.api.write(call, command).await?;
        Ok(Response::new(pairing.into()))
    }

    async fn end_pairing(&self, request: Request<pb::EndPairingRequest>) -> Reply<pb::Pairing> {
        let (call, command) = self.api.parse(request, wire::pairings::end)?;
        let pairing = self.api.write(call, command).await?;
        Ok(Response::new(pairing.into()))
    }
}

#[tonic::async_trait]
impl ExpertSearchService for Service {
    async fn search_experts(&self, request: Request<pb::SearchExpertsRequest>) -> Reply<pb::SearchExpertsResponse> {
        let query = self.api.query(request, wire::pairings::search)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }
}

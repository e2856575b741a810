//! `ExpertService` over gRPC: parse, run, answer.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::expert_service_server::ExpertService;
use crate::wire::{Api, Reply, caller_of};

/// The service of experts.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl ExpertService for Service {
    async fn create_expert(&self, request: Request<pb::CreateExpertRequest>) -> Reply<pb::Expert> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let expert = self.api.write(call, command).await?;
        Ok(Response::new(expert.into()))
    }

    async fn get_expert(&self, request: Request<pb::GetExpertRequest>) -> Reply<pb::Expert> {
        let sees = wire::Sees::of(&caller_of(&request));
        let query = self.api.query(request, wire::get)?;
        Ok(Response::new(sees.of_expert(self.api.read(query).await?.into())))
    }

    async fn list_experts(&self, request: Request<pb::ListExpertsRequest>) -> Reply<pb::ListExpertsResponse> {
        let sees = wire::Sees::of(&caller_of(&request));
        let query = self.api.query(request, wire::list)?;
        Ok(Response::new(sees.of_page(self.api.read(query).await?.into())))
    }

    async fn update_expert(&self, request: Request<pb::UpdateExpertRequest>) -> Reply<pb::Expert> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let expert = self.api.write(call, command).await?;
        Ok(Response::new(expert.into()))
    }

    async fn pause_expert(&self, request: Request<pb::PauseExpertRequest>) -> Reply<pb::Expert> {
        let (call, command) = self.api.parse(request, wire::pause)?;
        let expert = self.api.write(call, command).await?;
        Ok(Response::new(expert.into()))
    }

    async fn resume_expert(&self, request: Request<pb::ResumeExpertRequest>) -> Reply<pb::Expert> {
        let (call, command) = self.api.parse(request, wire::resume)?;
        let expert = self.api.write(call, command).await?;
        Ok(Response::new(expert.into()))
    }

    async fn end_expert(&self, request: Request<pb::EndExpertRequest>) -> Reply<pb::Expert> {
        let (call, command) = self.api.parse(request, wire::end)?;
        let expert = self.api.write(call, command).await?;
        Ok(Response::new(expert.into()))
    }

    async fn merge_experts(&self, request: Request<pb::MergeExpertsRequest>) -> Reply<pb::Expert> {
        let (call, command) = self.api.parse(request, wire::merge)?;
        let survivor = self.api.write(call, command).await?;
        Ok(Response::new(survivor.into()))
    }
}

//! gRPC of programmes: parse, command or query, message.
use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::programme_service_server::ProgrammeService;
use crate::wire::{Api, Reply};

/// The service of programmes.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl ProgrammeService for Service {
    async fn create_programme(&self, request: Request<pb::CreateProgrammeRequest>) -> Reply<pb::Programme> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let programme = self.api.write(call, command).await?;
        Ok(Response::new(wire::programme(programme)))
    }

    async fn get_programme(&self, request: Request<pb::GetProgrammeRequest>) -> Reply<pb::Programme> {
        let query = self.api.query(request, wire::get)?;
        let programme = self.api.read(query).await?;
        Ok(Response::new(wire::programme(programme)))
    }

    async fn list_programmes(&self, request: Request<pb::ListProgrammesRequest>) -> Reply<pb::ListProgrammesResponse> {
        let query = self.api.query_by(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let programmes = page.items.into_iter().map(wire::programme).collect();
        Ok(Response::new(pb::ListProgrammesResponse { programmes, next_page_token }))
    }

    async fn update_programme(&self, request: Request<pb::UpdateProgrammeRequest>) -> Reply<pb::Programme> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let programme = self.api.write(call, command).await?;
        Ok(Response::new(wire::programme(programme)))
    }

    async fn set_sitting_unit(&self, request: Request<pb::SetSittingUnitRequest>) -> Reply<pb::Programme> {
        let (call, command) = self.api.parse(request, wire::set_sitting_unit)?;
        let programme = self.api.write(call, command).await?;
        Ok(Response::new(wire::programme(programme)))
    }

    async fn end_programme(&self, request: Request<pb::EndProgrammeRequest>) -> Reply<pb::Programme> {
        let (call, command) = self.api.parse(request, wire::end)?;
        let programme = self.api.write(call, command).await?;
        Ok(Response::new(wire::programme(programme)))
    }
}

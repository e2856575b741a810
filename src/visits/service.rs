//! gRPC of visits: parse, command or query, message.
use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::visit_service_server::VisitService;
use crate::wire::{Api, Reply};

/// The service of visits.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl VisitService for Service {
    async fn create_visit(&self, request: Request<pb::CreateVisitRequest>) -> Reply<pb::Visit> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let visit = self.api.write(call, command).await?;
        Ok(Response::new(wire::visit(visit)))
    }

    async fn get_visit(&self, request: Request<pb::GetVisitRequest>) -> Reply<pb::Visit> {
        let query = self.api.query(request, wire::get)?;
        let visit = self.api.read(query).await?;
        Ok(Response::new(wire::visit(visit)))
    }

    async fn list_visits(&self, request: Request<pb::ListVisitsRequest>) -> Reply<pb::ListVisitsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let visits = page.items.into_iter().map(wire::visit).collect();
        Ok(Response::new(pb::ListVisitsResponse { visits, next_page_token }))
    }

    async fn update_visit(&self, request: Request<pb::UpdateVisitRequest>) -> Reply<pb::Visit> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let visit = self.api.write(call, command).await?;
        Ok(Response::new(wire::visit(visit)))
    }

    async fn end_visit(&self, request: Request<pb::EndVisitRequest>) -> Reply<pb::Visit> {
        let (call, command) = self.api.parse(request, wire::end)?;
        let visit = self.api.write(call, command).await?;
        Ok(Response::new(wire::visit(visit)))
    }

    async fn cancel_visit(&self, request: Request<pb::CancelVisitRequest>) -> Reply<pb::Visit> {
        let (call, command) = self.api.parse(request, wire::cancel)?;
        let visit = self.api.write(call, command).await?;
        Ok(Response::new(wire::visit(visit)))
    }
}

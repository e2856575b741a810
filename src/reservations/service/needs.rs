//! gRPC of the need list: parse, command or query, message.
use tonic::{Request, Response};

use super::super::wire;
use super::Service;
use crate::pb;
use crate::pb::need_service_server::NeedService;
use crate::wire::Reply;

#[tonic::async_trait]
impl NeedService for Service {
    async fn create_need(&self, request: Request<pb::CreateNeedRequest>) -> Reply<pb::Need> {
        let (call, command) = self.api.parse(request, wire::needs::create)?;
        let need = self.api.write(call, command).await?;
        Ok(Response::new(wire::needs::need(need)))
    }

    async fn withdraw_need(&self, request: Request<pb::WithdrawNeedRequest>) -> Reply<pb::Need> {
        let (call, command) = self.api.parse(request, wire::needs::withdraw)?;
        let need = self.api.write(call, command).await?;
        Ok(Response::new(wire::needs::need(need)))
    }

    async fn get_need(&self, request: Request<pb::GetNeedRequest>) -> Reply<pb::Need> {
        let query = self.api.query(request, wire::needs::get)?;
        let need = self.api.read(query).await?;
        Ok(Response::new(wire::needs::need(need)))
    }

    async fn list_needs(&self, request: Request<pb::ListNeedsRequest>) -> Reply<pb::ListNeedsResponse> {
        let query = self.api.query(request, wire::needs::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let needs = page.items.into_iter().map(wire::needs::need).collect();
        Ok(Response::new(pb::ListNeedsResponse { needs, next_page_token }))
    }

    async fn fill_from_needs(&self, request: Request<pb::FillFromNeedsRequest>) -> Reply<pb::FillFromNeedsResponse> {
        let (call, command) = self.api.parse(request, wire::needs::fill)?;
        let made = self.api.write(call, command).await?;
        let reservations = made.into_iter().map(wire::reservation).collect();
        Ok(Response::new(pb::FillFromNeedsResponse { reservations }))
    }
}

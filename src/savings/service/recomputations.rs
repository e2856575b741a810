//! gRPC of recomputations: parse, command or query, message.
use tonic::{Request, Response};

use super::Service;
use crate::pb;
use crate::pb::recomputation_service_server::RecomputationService;
use crate::savings::wire::recomputations as wire;
use crate::wire::Reply;

#[tonic::async_trait]
impl RecomputationService for Service {
    async fn recompute_savings(&self, request: Request<pb::RecomputeSavingsRequest>) -> Reply<pb::Recomputation> {
        let (call, command) = self.api.parse(request, wire::begin)?;
        let job = self.api.write(call, command).await?;
        Ok(Response::new(wire::recomputation(job)))
    }

    async fn continue_recomputation(
        &self,
        request: Request<pb::ContinueRecomputationRequest>,
    ) -> Reply<pb::Recomputation> {
        let (call, command) = self.api.parse(request, wire::go_on)?;
        let job = self.api.write(call, command).await?;
        Ok(Response::new(wire::recomputation(job)))
    }

    async fn get_recomputation(&self, request: Request<pb::GetRecomputationRequest>) -> Reply<pb::Recomputation> {
        let query = self.api.query(request, wire::get)?;
        let job = self.api.read(query).await?;
        Ok(Response::new(wire::recomputation(job)))
    }

    async fn list_recomputations(
        &self,
        request: Request<pb::ListRecomputationsRequest>,
    ) -> Reply<pb::ListRecomputationsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?.map(wire::recomputation);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListRecomputationsResponse { recomputations: page.items, next_page_token }))
    }

    async fn compare_tariffs(&self, request: Request<pb::CompareTariffsRequest>) -> Reply<pb::CompareTariffsResponse> {
        let query = self.api.query(request, wire::compare)?;
        let (comparison, page) = self.api.read(query).await?;
        Ok(Response::new(wire::compared(comparison, page.next_page_token())))
    }
}

//! gRPC of tallies: parse, command or query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::tally_service_server::TallyService;
use crate::wire::{Api, Reply};

/// The service of tallies.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl TallyService for Service {
    async fn list_measures(&self, request: Request<pb::ListMeasuresRequest>) -> Reply<pb::ListMeasuresResponse> {
        let page = self.api.query(request, |fields, message| wire::measures_page(fields, &message))?;
        let next_page_token = page.next_page_token();
        let measures = page.items.into_iter().map(wire::definition).collect();
        Ok(Response::new(pb::ListMeasuresResponse { measures, next_page_token }))
    }

    async fn query_tally(&self, request: Request<pb::QueryTallyRequest>) -> Reply<pb::QueryTallyResponse> {
        let query = self.api.query(request, wire::query)?;
        let question = query.question.clone();
        let tally = self.api.read(query).await?;
        Ok(Response::new(wire::tally(&question, tally)))
    }

    async fn reconcile(&self, request: Request<pb::ReconcileRequest>) -> Reply<pb::ReconcileResponse> {
        let query = self.api.query(request, wire::reconcile)?;
        let result = self.api.read(query).await?;
        Ok(Response::new(wire::reconciliation(result)))
    }

    async fn create_opening_balance(
        &self,
        request: Request<pb::CreateOpeningBalanceRequest>,
    ) -> Reply<pb::OpeningBalance> {
        let (call, command) = self.api.parse(request, wire::create_balance)?;
        let balance = self.api.write(call, command).await?;
        Ok(Response::new(wire::balance(balance)))
    }

    async fn get_opening_balance(&self, request: Request<pb::GetOpeningBalanceRequest>) -> Reply<pb::OpeningBalance> {
        let query = self.api.query(request, wire::get_balance)?;
        let balance = self.api.read(query).await?;
        Ok(Response::new(wire::balance(balance)))
    }

    async fn list_opening_balances(
        &self,
        request: Request<pb::ListOpeningBalancesRequest>,
    ) -> Reply<pb::ListOpeningBalancesResponse> {
        let query = self.api.query(request, wire::list_balances)?;
        let page = self.api.read(query).await?.map(wire::balance);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListOpeningBalancesResponse { opening_balances: page.items, next_page_token }))
    }

    async fn void_opening_balance(&self, request: Request<pb::VoidOpeningBalanceRequest>) -> Reply<pb::OpeningBalance> {
        let (call, command) = self.api.parse(request, wire::void_balance)?;
        let balance = self.api.write(call, command).await?;
        Ok(Response::new(wire::balance(balance)))
    }
}

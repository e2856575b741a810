//! gRPC of tallies: parse, command or query, message.

use tonic::{Request, Response};

use super::commands::{ClosePeriod, RestatePeriod};
use super::wire;
use super::wire::{sensitivity, statements};
use crate::pb;
use crate::pb::tally_service_server::TallyService;
use crate::wire::{Api, Reply};

mod explain;
mod extracts;

use explain::Answers;

/// The service of tallies.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl TallyService for Service {
    type ExplainTallyStream = Answers<pb::ExplainTallyResponse>;
    type ExportStatementStream = Answers<pb::ExportStatementResponse>;

    async fn explain_tally(&self, request: Request<pb::ExplainTallyRequest>) -> Reply<Self::ExplainTallyStream> {
        let query = self.api.query(request, statements::explain)?;
        let explanation = self.api.read(query).await?;
        Ok(Response::new(explain::answers(self.api.clone(), explanation)))
    }

    async fn close_period(&self, request: Request<pb::ClosePeriodRequest>) -> Reply<pb::Statement> {
        let (call, query) = self.api.parse(request, statements::close)?;
        let (closing, composed) = self.api.read(query).await?;
        let statement = self.api.write(call, ClosePeriod { closing, composed }).await?;
        Ok(Response::new(statements::statement(statement)))
    }

    async fn restate_period(&self, request: Request<pb::RestatePeriodRequest>) -> Reply<pb::Statement> {
        let (call, query) = self.api.parse(request, statements::restate)?;
        let composed = self.api.read(query).await?;
        let statement = self.api.write(call, RestatePeriod { composed }).await?;
        Ok(Response::new(statements::statement(statement)))
    }

    async fn get_statement(&self, request: Request<pb::GetStatementRequest>) -> Reply<pb::Statement> {
        let query = self.api.query(request, statements::get)?;
        let statement = self.api.read(query).await?;
        Ok(Response::new(statements::statement(statement)))
    }

    async fn list_statements(&self, request: Request<pb::ListStatementsRequest>) -> Reply<pb::ListStatementsResponse> {
        let query = self.api.query(request, statements::list)?;
        let page = self.api.read(query).await?.map(statements::listed);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListStatementsResponse { statements: page.items, next_page_token }))
    }

    async fn export_statement(
        &self,
        request: Request<pb::ExportStatementRequest>,
    ) -> Reply<Self::ExportStatementStream> {
        let query = self.api.query(request, statements::export)?;
        let pieces = statements::pieces(&self.api.read(query).await?);
        Ok(Response::new(Box::pin(futures_util::stream::iter(pieces.into_iter().map(Ok)))))
    }

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

    async fn analyse_savings(&self, request: Request<pb::AnalyseSavingsRequest>) -> Reply<pb::SavingsAnalysis> {
        let query = self.api.query(request, sensitivity::analyse)?;
        let programme = query.programme.clone();
        let gathered = self.api.read(query).await?;
        let analysis = self.api.compute(move || gathered.analyse()).await?;
        Ok(Response::new(sensitivity::analysis(&programme, &analysis)?))
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

//! gRPC of sessions: parse, command or query, message.
mod slots;

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::session_service_server::SessionService;
use crate::sessions::Session;
use crate::wire::{Api, Bounded, Reply};

/// The service of sessions.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl SessionService for Service {
    async fn book_session(&self, request: Request<pb::BookSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::book)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn batch_book_sessions(
        &self,
        request: Request<pb::BatchBookSessionsRequest>,
    ) -> Reply<pb::BatchBookSessionsResponse> {
        let (call, command) = self.api.parse(request, wire::batch_book)?;
        let verdicts = self.api.write(call, Bounded::new(command, Session::bytes)).await?;
        Ok(Response::new(pb::BatchBookSessionsResponse { results: wire::results(verdicts) }))
    }

    async fn record_held_session(&self, request: Request<pb::RecordHeldSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::record)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn batch_record_held_sessions(
        &self,
        request: Request<pb::BatchRecordHeldSessionsRequest>,
    ) -> Reply<pb::BatchRecordHeldSessionsResponse> {
        let (call, command) = self.api.parse(request, wire::batch_record)?;
        let verdicts = self.api.write(call, Bounded::new(command, Session::bytes)).await?;
        Ok(Response::new(pb::BatchRecordHeldSessionsResponse { results: wire::results(verdicts) }))
    }

    async fn get_session(&self, request: Request<pb::GetSessionRequest>) -> Reply<pb::Session> {
        let query = self.api.query(request, wire::get)?;
        let session = self.api.read(query).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn list_sessions(&self, request: Request<pb::ListSessionsRequest>) -> Reply<pb::ListSessionsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let sessions = page.items.into_iter().map(wire::session).collect();
        Ok(Response::new(pb::ListSessionsResponse { sessions, next_page_token }))
    }

    async fn list_session_outcomes(
        &self,
        request: Request<pb::ListSessionOutcomesRequest>,
    ) -> Reply<pb::ListSessionOutcomesResponse> {
        let query = self.api.query(request, wire::list_outcomes)?;
        let programme = query.session.programme().clone();
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let outcomes = page.items.into_iter().map(|version| wire::outcome(&programme, version)).collect();
        Ok(Response::new(pb::ListSessionOutcomesResponse { outcomes, next_page_token }))
    }

    async fn cancel_session(&self, request: Request<pb::CancelSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::cancel)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn start_session(&self, request: Request<pb::StartSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::start)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn complete_session(&self, request: Request<pb::CompleteSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::complete)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn mark_session_not_held(&self, request: Request<pb::MarkSessionNotHeldRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::mark_not_held)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn correct_session_outcome(&self, request: Request<pb::CorrectSessionOutcomeRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::correct)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session)))
    }

    async fn get_session_control_totals(
        &self,
        request: Request<pb::GetSessionControlTotalsRequest>,
    ) -> Reply<pb::SessionControlTotals> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::control_totals(fields, message, now))?;
        let totals = self.api.read(query).await?;
        Ok(Response::new(wire::totals(totals)))
    }
}

//! gRPC of sessions: parse, command or query, message.
mod slots;

use tonic::{Request, Response};

pub use slots::Slots;

use super::wire;
use crate::kernel::{Fields, Timestamp};
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

impl Service {
    fn now(&self) -> Timestamp {
        self.api.db().clock().now()
    }
}

#[tonic::async_trait]
impl SessionService for Service {
    async fn book_session(&self, request: Request<pb::BookSessionRequest>) -> Reply<pb::Session> {
        let (call, booking) = self.api.parse(request, wire::book)?;
        let session = match booking {
            wire::Booking::New(command) => self.api.write(call, command).await?,
            wire::Booking::Held(command) => self.api.write(call, command).await?,
        };
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn batch_book_sessions(
        &self,
        request: Request<pb::BatchBookSessionsRequest>,
    ) -> Reply<pb::BatchBookSessionsResponse> {
        let (call, command) = self.api.parse(request, wire::batch_book)?;
        let verdicts = self.api.write(call, Bounded::new(command, Session::bytes)).await?;
        Ok(Response::new(pb::BatchBookSessionsResponse { results: wire::results(verdicts, self.now()) }))
    }

    async fn record_held_session(&self, request: Request<pb::RecordHeldSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::record)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn batch_record_held_sessions(
        &self,
        request: Request<pb::BatchRecordHeldSessionsRequest>,
    ) -> Reply<pb::BatchRecordHeldSessionsResponse> {
        let (call, command) = self.api.parse(request, wire::batch_record)?;
        let verdicts = self.api.write(call, Bounded::new(command, Session::bytes)).await?;
        Ok(Response::new(pb::BatchRecordHeldSessionsResponse { results: wire::results(verdicts, self.now()) }))
    }

    async fn get_session(&self, request: Request<pb::GetSessionRequest>) -> Reply<pb::Session> {
        let now = self.now();
        let query = self.api.query_by(request, |fields, message, caller| wire::get(fields, message, caller, now))?;
        let seen = self.api.read(query).await?;
        Ok(Response::new(wire::seen(seen, now)))
    }

    async fn list_sessions(&self, request: Request<pb::ListSessionsRequest>) -> Reply<pb::ListSessionsResponse> {
        let now = self.now();
        let query = self.api.query(request, |fields, message| wire::list(fields, message, now))?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let sessions = page.items.into_iter().map(|seen| wire::seen(seen, now)).collect();
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
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn start_session(&self, request: Request<pb::StartSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::start)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn complete_session(&self, request: Request<pb::CompleteSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::complete)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn mark_session_not_held(&self, request: Request<pb::MarkSessionNotHeldRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::mark_not_held)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn correct_session_outcome(&self, request: Request<pb::CorrectSessionOutcomeRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::correct)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn get_session_control_totals(
        &self,
        request: Request<pb::GetSessionControlTotalsRequest>,
    ) -> Reply<pb::SessionControlTotals> {
        let now = self.now();
        let query = self.api.query(request, |fields, message| wire::control_totals(fields, message, now))?;
        let totals = self.api.read(query).await?;
        Ok(Response::new(wire::totals(totals)))
    }

    async fn create_hold(&self, request: Request<pb::CreateHoldRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::hold)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn propose_session(&self, request: Request<pb::ProposeSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::propose)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn respond_session(&self, request: Request<pb::RespondSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::respond)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn reschedule_session(&self, request: Request<pb::RescheduleSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::reschedule)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn replace_session_expert(&self, request: Request<pb::ReplaceSessionExpertRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::replace_expert)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn replace_session_assistant(
        &self,
        request: Request<pb::ReplaceSessionAssistantRequest>,
    ) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::replace_assistant)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn replace_session_room(&self, request: Request<pb::ReplaceSessionRoomRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::replace_room)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn report_session_delay(&self, request: Request<pb::ReportSessionDelayRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::delay)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn void_session(&self, request: Request<pb::VoidSessionRequest>) -> Reply<pb::Session> {
        let (call, command) = self.api.parse(request, wire::void)?;
        let session = self.api.write(call, command).await?;
        Ok(Response::new(wire::session(session, self.now())))
    }

    async fn plan_series(&self, request: Request<pb::PlanSeriesRequest>) -> Reply<pb::PlanSeriesResponse> {
        let now = self.now();
        let parse = |fields: &mut Fields, message, caller| wire::plan_series(fields, message, caller, now);
        let query = self.api.query_by(request, parse)?;
        let verdicts = self.api.read(query).await?;
        Ok(Response::new(pb::PlanSeriesResponse { results: wire::results(verdicts, now) }))
    }

    async fn book_series(&self, request: Request<pb::BookSeriesRequest>) -> Reply<pb::BookSeriesResponse> {
        let (call, command) = self.api.parse(request, wire::book_series)?;
        let verdicts = self.api.write(call, Bounded::new(command, Session::bytes)).await?;
        Ok(Response::new(pb::BookSeriesResponse { results: wire::results(verdicts, self.now()) }))
    }

    async fn batch_cancel_sessions(
        &self,
        request: Request<pb::BatchCancelSessionsRequest>,
    ) -> Reply<pb::BatchCancelSessionsResponse> {
        let (call, command) = self.api.parse(request, wire::batch_cancel)?;
        let verdicts = self.api.write(call, Bounded::new(command, Session::bytes)).await?;
        Ok(Response::new(pb::BatchCancelSessionsResponse { results: wire::results(verdicts, self.now()) }))
    }

    async fn suspend_site(&self, request: Request<pb::SuspendSiteRequest>) -> Reply<pb::SuspendSiteResponse> {
        let (call, command) = self.api.parse(request, wire::suspend)?;
        let suspended = self.api.write(call, command).await?;
        Ok(Response::new(wire::suspended(suspended, self.now())))
    }
}

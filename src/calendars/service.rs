//! gRPC of calendars: parse, command or query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::calendar_service_server::CalendarService;
use crate::wire::{Api, Reply};

/// The service of calendars.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl CalendarService for Service {
    async fn import_calendar_year(&self, request: Request<pb::ImportCalendarYearRequest>) -> Reply<pb::CalendarYear> {
        let (call, command) = self.api.parse(request, wire::days::import)?;
        let year = self.api.write(call, command).await?;
        Ok(Response::new(year.into()))
    }

    async fn get_calendar_year(&self, request: Request<pb::GetCalendarYearRequest>) -> Reply<pb::CalendarYear> {
        let query = self.api.query(request, wire::days::get)?;
        let year = self.api.read(query).await?;
        Ok(Response::new(year.into()))
    }

    async fn list_calendar_years(
        &self,
        request: Request<pb::ListCalendarYearsRequest>,
    ) -> Reply<pb::ListCalendarYearsResponse> {
        let query = self.api.query(request, wire::days::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }

    async fn list_days(&self, request: Request<pb::ListDaysRequest>) -> Reply<pb::ListDaysResponse> {
        let query = self.api.query(request, wire::days::list_days)?;
        let days = self.api.read(query).await?;
        Ok(Response::new(pb::ListDaysResponse { days: days.into_iter().map(Into::into).collect() }))
    }

    async fn create_offer(&self, request: Request<pb::CreateOfferRequest>) -> Reply<pb::Offer> {
        let (call, command) = self.api.parse(request, wire::create_offer)?;
        let offer = self.api.write(call, command).await?;
        Ok(Response::new(offer.into()))
    }

    async fn get_offer(&self, request: Request<pb::GetOfferRequest>) -> Reply<pb::Offer> {
        let query = self.api.query(request, wire::get_offer)?;
        let offer = self.api.read(query).await?;
        Ok(Response::new(offer.into()))
    }

    async fn list_offers(&self, request: Request<pb::ListOffersRequest>) -> Reply<pb::ListOffersResponse> {
        let query = self.api.query(request, wire::list_offers)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }

    async fn withdraw_offer(&self, request: Request<pb::WithdrawOfferRequest>) -> Reply<pb::Offer> {
        let (call, command) = self.api.parse(request, wire::withdraw_offer)?;
        let offer = self.api.write(call, command).await?;
        Ok(Response::new(offer.into()))
    }

    async fn list_offered_times(
        &self,
        request: Request<pb::ListOfferedTimesRequest>,
    ) -> Reply<pb::ListOfferedTimesResponse> {
        let query = self.api.query(request, wire::list_offered_times)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }

    async fn create_expert_absence(
        &self,
        request: Request<pb::CreateExpertAbsenceRequest>,
    ) -> Reply<pb::ExpertAbsence> {
        let (call, command) = self.api.parse(request, wire::absences::create)?;
        let absence = self.api.write(call, command).await?;
        Ok(Response::new(absence.into()))
    }

    async fn get_expert_absence(&self, request: Request<pb::GetExpertAbsenceRequest>) -> Reply<pb::ExpertAbsence> {
        let query = self.api.query(request, wire::absences::get)?;
        let absence = self.api.read(query).await?;
        Ok(Response::new(absence.into()))
    }

    async fn list_expert_absences(
        &self,
        request: Request<pb::ListExpertAbsencesRequest>,
    ) -> Reply<pb::ListExpertAbsencesResponse> {
        let query = self.api.query(request, wire::absences::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(page.into()))
    }

    async fn withdraw_expert_absence(
        &self,
        request: Request<pb::WithdrawExpertAbsenceRequest>,
    ) -> Reply<pb::ExpertAbsence> {
        let (call, command) = self.api.parse(request, wire::absences::withdraw)?;
        let absence = self.api.write(call, command).await?;
        Ok(Response::new(absence.into()))
    }
}

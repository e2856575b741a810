//! gRPC of sites: parse, command or query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::site_service_server::SiteService;
use crate::wire::{Api, Reply};

/// The service of sites.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl SiteService for Service {
    async fn create_site(&self, request: Request<pb::CreateSiteRequest>) -> Reply<pb::Site> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let site = self.api.write(call, command).await?;
        Ok(Response::new(wire::site(site)))
    }

    async fn get_site(&self, request: Request<pb::GetSiteRequest>) -> Reply<pb::Site> {
        let query = self.api.query(request, wire::get)?;
        let site = self.api.read(query).await?;
        Ok(Response::new(wire::site(site)))
    }

    async fn list_sites(&self, request: Request<pb::ListSitesRequest>) -> Reply<pb::ListSitesResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let sites = page.items.into_iter().map(wire::site).collect();
        Ok(Response::new(pb::ListSitesResponse { sites, next_page_token }))
    }

    async fn update_site(&self, request: Request<pb::UpdateSiteRequest>) -> Reply<pb::Site> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let site = self.api.write(call, command).await?;
        Ok(Response::new(wire::site(site)))
    }

    async fn delete_site(&self, request: Request<pb::DeleteSiteRequest>) -> Reply<()> {
        let (call, command) = self.api.parse(request, wire::delete)?;
        self.api.write(call, command).await?;
        Ok(Response::new(()))
    }

    async fn close_site(&self, request: Request<pb::CloseSiteRequest>) -> Reply<pb::Closure> {
        let (call, command) = self.api.parse(request, wire::close)?;
        let closure = self.api.write(call, command).await?;
        Ok(Response::new(wire::closure(closure)))
    }

    async fn reopen_site(&self, request: Request<pb::ReopenSiteRequest>) -> Reply<pb::Closure> {
        let (call, command) = self.api.parse(request, wire::reopen)?;
        let closure = self.api.write(call, command).await?;
        Ok(Response::new(wire::closure(closure)))
    }

    async fn get_closure(&self, request: Request<pb::GetClosureRequest>) -> Reply<pb::Closure> {
        let query = self.api.query(request, wire::get_closure)?;
        let closure = self.api.read(query).await?;
        Ok(Response::new(wire::closure(closure)))
    }

    async fn list_closures(&self, request: Request<pb::ListClosuresRequest>) -> Reply<pb::ListClosuresResponse> {
        let query = self.api.query(request, wire::list_closures)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let closures = page.items.into_iter().map(wire::closure).collect();
        Ok(Response::new(pb::ListClosuresResponse { closures, next_page_token }))
    }

    async fn set_travel_minutes(
        &self,
        request: Request<pb::SetTravelMinutesRequest>,
    ) -> Reply<pb::SetTravelMinutesResponse> {
        let (call, command) = self.api.parse(request, wire::set_travel_minutes)?;
        let programme = command.programme.clone();
        let journeys = self.api.write(call, command).await?;
        let travel_minutes = wire::journeys(&programme, journeys);
        Ok(Response::new(pb::SetTravelMinutesResponse { travel_minutes }))
    }

    async fn list_travel_minutes(
        &self,
        request: Request<pb::ListTravelMinutesRequest>,
    ) -> Reply<pb::ListTravelMinutesResponse> {
        let query = self.api.query(request, wire::list_travel_minutes)?;
        let programme = query.0.programme.clone();
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let travel_minutes = wire::journeys(&programme, page.items);
        Ok(Response::new(pb::ListTravelMinutesResponse { travel_minutes, next_page_token }))
    }
}

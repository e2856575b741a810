//! gRPC of savings: parse, command or query, message.
use tonic::{Request, Response};

use super::versions::{PolicyVersion, Tariff};
use super::wire;
use crate::pb;
use crate::pb::saving_service_server::SavingService;
use crate::wire::{Api, Reply};

mod recomputations;
mod trips;

/// The service of savings.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl SavingService for Service {
    async fn create_tariff(&self, request: Request<pb::CreateTariffRequest>) -> Reply<pb::Tariff> {
        let (call, command) = self.api.parse(request, wire::create_tariff)?;
        let tariff = self.api.write(call, command).await?;
        Ok(Response::new(wire::tariff(tariff)))
    }

    async fn approve_tariff(&self, request: Request<pb::ApproveTariffRequest>) -> Reply<pb::Tariff> {
        let (call, command) =
            self.api.parse(request, |fields, it, _| wire::approve::<Tariff>(fields, &it.name, &it.etag))?;
        let tariff = self.api.write(call, command).await?;
        Ok(Response::new(wire::tariff(tariff)))
    }

    async fn withdraw_tariff(&self, request: Request<pb::WithdrawTariffRequest>) -> Reply<pb::Tariff> {
        let (call, command) =
            self.api.parse(request, |fields, it, _| wire::withdraw::<Tariff>(fields, &it.name, &it.etag))?;
        let tariff = self.api.write(call, command).await?;
        Ok(Response::new(wire::tariff(tariff)))
    }

    async fn get_tariff(&self, request: Request<pb::GetTariffRequest>) -> Reply<pb::Tariff> {
        let query = self.api.query(request, |fields, it| wire::get::<Tariff>(fields, &it.name))?;
        let tariff = self.api.read(query).await?;
        Ok(Response::new(wire::tariff(tariff)))
    }

    async fn list_tariffs(&self, request: Request<pb::ListTariffsRequest>) -> Reply<pb::ListTariffsResponse> {
        let query = self.api.query(request, wire::list_tariffs)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let tariffs = page.items.into_iter().map(wire::tariff).collect();
        Ok(Response::new(pb::ListTariffsResponse { tariffs, next_page_token }))
    }

    async fn create_saving_policy(&self, request: Request<pb::CreateSavingPolicyRequest>) -> Reply<pb::SavingPolicy> {
        let (call, command) = self.api.parse(request, wire::create_policy)?;
        let policy = self.api.write(call, command).await?;
        Ok(Response::new(wire::policy(policy)))
    }

    async fn approve_saving_policy(&self, request: Request<pb::ApproveSavingPolicyRequest>) -> Reply<pb::SavingPolicy> {
        let (call, command) =
            self.api.parse(request, |fields, it, _| wire::approve::<PolicyVersion>(fields, &it.name, &it.etag))?;
        let policy = self.api.write(call, command).await?;
        Ok(Response::new(wire::policy(policy)))
    }

    async fn withdraw_saving_policy(
        &self,
        request: Request<pb::WithdrawSavingPolicyRequest>,
    ) -> Reply<pb::SavingPolicy> {
        let (call, command) =
            self.api.parse(request, |fields, it, _| wire::withdraw::<PolicyVersion>(fields, &it.name, &it.etag))?;
        let policy = self.api.write(call, command).await?;
        Ok(Response::new(wire::policy(policy)))
    }

    async fn get_saving_policy(&self, request: Request<pb::GetSavingPolicyRequest>) -> Reply<pb::SavingPolicy> {
        let query = self.api.query(request, |fields, it| wire::get::<PolicyVersion>(fields, &it.name))?;
        let policy = self.api.read(query).await?;
        Ok(Response::new(wire::policy(policy)))
    }

    async fn list_saving_policies(
        &self,
        request: Request<pb::ListSavingPoliciesRequest>,
    ) -> Reply<pb::ListSavingPoliciesResponse> {
        let query = self.api.query(request, wire::list_policies)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let policies = page.items.into_iter().map(wire::policy).collect();
        Ok(Response::new(pb::ListSavingPoliciesResponse { policies, next_page_token }))
    }

    async fn estimate_saving(&self, request: Request<pb::EstimateSavingRequest>) -> Reply<pb::EstimateSavingResponse> {
        let query = self.api.query(request, wire::estimate)?;
        let programme = query.programme.clone();
        let (saving, policy) = self.api.read(query).await?;
        let saving = Some(wire::saving(&programme, &policy, &saving)?);
        Ok(Response::new(pb::EstimateSavingResponse { saving }))
    }

    async fn reckon_published(
        &self,
        request: Request<pb::ReckonPublishedRequest>,
    ) -> Reply<pb::ReckonPublishedResponse> {
        let table = self.api.query(request, wire::published)?;
        Ok(Response::new(wire::published_result(&table.reckon()?)))
    }

    async fn reckon_method(&self, request: Request<pb::ReckonMethodRequest>) -> Reply<pb::ReckonMethodResponse> {
        let (method, count) = self.api.query(request, wire::method_request)?;
        Ok(Response::new(wire::method_figure(&method.items, &method.figure(count)?)))
    }
}

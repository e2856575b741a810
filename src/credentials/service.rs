//! gRPC of credentials, dossiers and checklists: parse, command or query, message.
use tonic::{Request, Response};

use super::wire;
use super::wire::{dossiers, onboardings};
use crate::pb;
use crate::pb::credential_service_server::CredentialService;
use crate::pb::dossier_service_server::DossierService;
use crate::pb::onboarding_service_server::OnboardingService;
use crate::wire::{Api, Reply};

/// The services of this slice.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl CredentialService for Service {
    async fn create_credential(&self, request: Request<pb::CreateCredentialRequest>) -> Reply<pb::Credential> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let credential = self.api.write(call, command).await?;
        Ok(Response::new(wire::credential(credential)))
    }

    async fn batch_create_credentials(
        &self,
        request: Request<pb::BatchCreateCredentialsRequest>,
    ) -> Reply<pb::BatchCreateCredentialsResponse> {
        let (call, command) = self.api.parse(request, wire::batch_create)?;
        let made = self.api.write(call, command).await?;
        let credentials = made.into_iter().map(wire::credential).collect();
        Ok(Response::new(pb::BatchCreateCredentialsResponse { credentials }))
    }

    async fn get_credential(&self, request: Request<pb::GetCredentialRequest>) -> Reply<pb::Credential> {
        let query = self.api.query(request, wire::get)?;
        let credential = self.api.read(query).await?;
        Ok(Response::new(wire::credential(credential)))
    }

    async fn list_credentials(
        &self,
        request: Request<pb::ListCredentialsRequest>,
    ) -> Reply<pb::ListCredentialsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(wire::credential_page(page)))
    }

    async fn end_credential(&self, request: Request<pb::EndCredentialRequest>) -> Reply<pb::Credential> {
        let (call, command) = self.api.parse(request, wire::end)?;
        let credential = self.api.write(call, command).await?;
        Ok(Response::new(wire::credential(credential)))
    }

    async fn list_expiring(&self, request: Request<pb::ListExpiringRequest>) -> Reply<pb::ListExpiringResponse> {
        let query = self.api.query(request, wire::expiring)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(wire::expiring_page(page)))
    }

    async fn list_missing(&self, request: Request<pb::ListMissingRequest>) -> Reply<pb::ListMissingResponse> {
        let query = self.api.query(request, wire::missing)?;
        let programme = query.programme.clone();
        let page = self.api.read(query).await?;
        Ok(Response::new(wire::missing_page(&programme, page)))
    }
}

#[tonic::async_trait]
impl DossierService for Service {
    async fn create_dossier(&self, request: Request<pb::CreateDossierRequest>) -> Reply<pb::Dossier> {
        let (call, command) = self.api.parse(request, dossiers::create)?;
        let dossier = self.api.write(call, command).await?;
        Ok(Response::new(dossiers::dossier(dossier)))
    }

    async fn get_dossier(&self, request: Request<pb::GetDossierRequest>) -> Reply<pb::Dossier> {
        let query = self.api.query(request, dossiers::get)?;
        let dossier = self.api.read(query).await?;
        Ok(Response::new(dossiers::dossier(dossier)))
    }

    async fn list_dossiers(&self, request: Request<pb::ListDossiersRequest>) -> Reply<pb::ListDossiersResponse> {
        let query = self.api.query(request, dossiers::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(dossiers::page(page)))
    }

    async fn file_dossier_papers(&self, request: Request<pb::FileDossierPapersRequest>) -> Reply<pb::Dossier> {
        let (call, command) = self.api.parse(request, dossiers::file_papers)?;
        let dossier = self.api.write(call, command).await?;
        Ok(Response::new(dossiers::dossier(dossier)))
    }

    async fn report_back_dossier(&self, request: Request<pb::ReportBackDossierRequest>) -> Reply<pb::Dossier> {
        let (call, command) = self.api.parse(request, dossiers::report_back)?;
        let dossier = self.api.write(call, command).await?;
        Ok(Response::new(dossiers::dossier(dossier)))
    }

    async fn withdraw_dossier(&self, request: Request<pb::WithdrawDossierRequest>) -> Reply<pb::Dossier> {
        let (call, command) = self.api.parse(request, dossiers::withdraw)?;
        let dossier = self.api.write(call, command).await?;
        Ok(Response::new(dossiers::dossier(dossier)))
    }
}

#[tonic::async_trait]
impl OnboardingService for Service {
    async fn create_onboarding(&self, request: Request<pb::CreateOnboardingRequest>) -> Reply<pb::Onboarding> {
        let (call, command) = self.api.parse(request, onboardings::create)?;
        let onboarding = self.api.write(call, command).await?;
        Ok(Response::new(onboardings::onboarding(onboarding)))
    }

    async fn get_onboarding(&self, request: Request<pb::GetOnboardingRequest>) -> Reply<pb::Onboarding> {
        let query = self.api.query(request, onboardings::get)?;
        let onboarding = self.api.read(query).await?;
        Ok(Response::new(onboardings::onboarding(onboarding)))
    }

    async fn list_onboardings(
        &self,
        request: Request<pb::ListOnboardingsRequest>,
    ) -> Reply<pb::ListOnboardingsResponse> {
        let query = self.api.query(request, onboardings::list)?;
        let page = self.api.read(query).await?;
        Ok(Response::new(onboardings::page(page)))
    }

    async fn update_onboarding(&self, request: Request<pb::UpdateOnboardingRequest>) -> Reply<pb::Onboarding> {
        let (call, command) = self.api.parse(request, onboardings::update)?;
        let onboarding = self.api.write(call, command).await?;
        Ok(Response::new(onboardings::onboarding(onboarding)))
    }
}

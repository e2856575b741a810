//! The one list of services: each slice adds its line here.
//!
//! What a service needs comes in with [`Api`]; how it is served is in `mod.rs`.
use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tower::Service;

use super::present;
use crate::access::service::directory::Directory;
use crate::changes::service::hub::Hub;
use crate::pb::access_service_server::AccessServiceServer;
use crate::pb::account_service_server::AccountServiceServer;
use crate::pb::activity_service_server::ActivityServiceServer;
use crate::pb::assistant_service_server::AssistantServiceServer;
use crate::pb::audit_service_server::AuditServiceServer;
use crate::pb::bulletin_service_server::BulletinServiceServer;
use crate::pb::calendar_service_server::CalendarServiceServer;
use crate::pb::change_service_server::ChangeServiceServer;
use crate::pb::charter_service_server::CharterServiceServer;
use crate::pb::credential_service_server::CredentialServiceServer;
use crate::pb::dossier_service_server::DossierServiceServer;
use crate::pb::expert_search_service_server::ExpertSearchServiceServer;
use crate::pb::expert_service_server::ExpertServiceServer;
use crate::pb::export_service_server::ExportServiceServer;
use crate::pb::feed_service_server::FeedServiceServer;
use crate::pb::hospital_service_server::HospitalServiceServer;
use crate::pb::import_service_server::ImportServiceServer;
use crate::pb::need_service_server::NeedServiceServer;
use crate::pb::onboarding_service_server::OnboardingServiceServer;
use crate::pb::pairing_service_server::PairingServiceServer;
use crate::pb::person_service_server::PersonServiceServer;
use crate::pb::programme_service_server::ProgrammeServiceServer;
use crate::pb::recomputation_service_server::RecomputationServiceServer;
use crate::pb::reconciliation_service_server::ReconciliationServiceServer;
use crate::pb::reservation_service_server::ReservationServiceServer;
use crate::pb::saving_service_server::SavingServiceServer;
use crate::pb::session_service_server::SessionServiceServer;
use crate::pb::sheet_service_server::SheetServiceServer;
use crate::pb::site_service_server::SiteServiceServer;
use crate::pb::slot_service_server::SlotServiceServer;
use crate::pb::succession_service_server::SuccessionServiceServer;
use crate::pb::tally_service_server::TallyServiceServer;
use crate::pb::trip_service_server::TripServiceServer;
use crate::pb::visit_service_server::VisitServiceServer;
use crate::wire::Api;
use crate::{
    access, accounts, activities, assistants, audit, bulletins, calendars, changes, charters, credentials, experts,
    exports, feeds, hospitals, imports, persons, programmes, reservations, savings, sessions, sites, tallies, visits,
};

/// Every slice's service, in the order of the slices.
pub(super) fn all(api: &Api, hub: &Arc<Hub>, directory: &Arc<Directory>) -> Services {
    Services::default()
        .add(ProgrammeServiceServer::new(programmes::service::Service { api: api.clone() }))
        .add(HospitalServiceServer::new(hospitals::service::Service { api: api.clone() }))
        .add(SiteServiceServer::new(sites::service::Service { api: api.clone() }))
        .add(ExpertServiceServer::new(experts::service::Service { api: api.clone() }))
        .add(AssistantServiceServer::new(assistants::service::Service { api: api.clone() }))
        .add(PairingServiceServer::new(assistants::service::Service { api: api.clone() }))
        .add(ExpertSearchServiceServer::new(assistants::service::Service { api: api.clone() }))
        .add(PersonServiceServer::new(persons::service::Service { api: api.clone() }))
        .add(CalendarServiceServer::new(calendars::service::Service { api: api.clone() }))
        .add(CharterServiceServer::new(charters::service::Service { api: api.clone() }))
        .add(CredentialServiceServer::new(credentials::service::Service { api: api.clone() }))
        .add(DossierServiceServer::new(credentials::service::Service { api: api.clone() }))
        .add(OnboardingServiceServer::new(credentials::service::Service { api: api.clone() }))
        .add(SessionServiceServer::new(sessions::service::Service { api: api.clone() }))
        .add(SlotServiceServer::new(sessions::service::Slots::new(api.clone())))
        .add(VisitServiceServer::new(visits::service::Service { api: api.clone() }))
        .add(ActivityServiceServer::new(activities::service::Service { api: api.clone() }))
        .add(SheetServiceServer::new(activities::service::Service { api: api.clone() }))
        .add(SuccessionServiceServer::new(activities::service::Service { api: api.clone() }))
        .add(SavingServiceServer::new(savings::service::Service { api: api.clone() }))
        .add(TripServiceServer::new(savings::service::Service { api: api.clone() }))
        .add(RecomputationServiceServer::new(savings::service::Service { api: api.clone() }))
        .add(ReservationServiceServer::new(reservations::service::Service { api: api.clone() }))
        .add(NeedServiceServer::new(reservations::service::Service { api: api.clone() }))
        .add(TallyServiceServer::new(tallies::service::Service { api: api.clone() }))
        .add(ReconciliationServiceServer::new(tallies::service::Service { api: api.clone() }))
        .add(AccountServiceServer::new(accounts::service::Service { api: api.clone() }))
        .add(FeedServiceServer::new(feeds::service::Service { api: api.clone() }))
        .add(AccessServiceServer::new(access::service::Service { api: api.clone(), directory: directory.clone() }))
        .add(ChangeServiceServer::new(changes::service::Service {
            api: api.clone(),
            hub: hub.clone(),
            collections: present::COLLECTIONS,
        }))
        .add(AuditServiceServer::new(audit::service::Service { api: api.clone() }))
        .add(ImportServiceServer::new(imports::service::Service::new(api.clone())))
        .add(ExportServiceServer::new(exports::service::Service { api: api.clone() }))
        .add(BulletinServiceServer::new(bulletins::service::Service { api: api.clone() }))
}

/// Services with their names, which health and reflection tell.
#[derive(Default)]
pub(super) struct Services {
    routes: RoutesBuilder,
    names: Vec<&'static str>,
}

impl Services {
    /// One more service.
    pub(super) fn add<S>(mut self, service: S) -> Services
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes.add_service(service);
        self
    }

    /// The full names, as `homecoming.v1.HospitalService`.
    pub(super) fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// What answers their calls.
    pub(super) fn routes(self) -> Routes {
        self.routes.routes()
    }
}

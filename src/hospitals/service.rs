//! gRPC of hospitals: parse, command or query, message.

use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::hospital_service_server::HospitalService;
use crate::wire::{Api, Reply};

/// The service of hospitals.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl HospitalService for Service {
    async fn create_hospital(&self, request: Request<pb::CreateHospitalRequest>) -> Reply<pb::Hospital> {
        let (call, command) = self.api.parse(request, wire::create)?;
        let hospital = self.api.write(call, command).await?;
        Ok(Response::new(wire::hospital(hospital)))
    }

    async fn get_hospital(&self, request: Request<pb::GetHospitalRequest>) -> Reply<pb::Hospital> {
        let query = self.api.query(request, wire::get)?;
        let hospital = self.api.read(query).await?;
        Ok(Response::new(wire::hospital(hospital)))
    }

    async fn find_hospital(&self, request: Request<pb::FindHospitalRequest>) -> Reply<pb::Hospital> {
        let query = self.api.query(request, wire::find)?;
        let hospital = self.api.read(query).await?;
        Ok(Response::new(wire::hospital(hospital)))
    }

    async fn list_hospitals(&self, request: Request<pb::ListHospitalsRequest>) -> Reply<pb::ListHospitalsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let hospitals = page.items.into_iter().map(wire::hospital).collect();
        Ok(Response::new(pb::ListHospitalsResponse { hospitals, next_page_token }))
    }

    async fn update_hospital(&self, request: Request<pb::UpdateHospitalRequest>) -> Reply<pb::Hospital> {
        let (call, command) = self.api.parse(request, wire::update)?;
        let hospital = self.api.write(call, command).await?;
        Ok(Response::new(wire::hospital(hospital)))
    }

    async fn delete_hospital(&self, request: Request<pb::DeleteHospitalRequest>) -> Reply<()> {
        let (call, command) = self.api.parse(request, wire::delete)?;
        self.api.write(call, command).await?;
        Ok(Response::new(()))
    }
}

//! gRPC of trips and bills: parse, command or query, message.
use tonic::{Request, Response};

use super::Service;
use crate::pb;
use crate::pb::trip_service_server::TripService;
use crate::savings::encounter::Encounter;
use crate::savings::trip::Trip;
use crate::savings::wire::trips as wire;
use crate::wire::{Bounded, Reply};

#[tonic::async_trait]
impl TripService for Service {
    async fn record_trip(&self, request: Request<pb::RecordTripRequest>) -> Reply<pb::Trip> {
        let (call, command) = self.api.parse(request, wire::record)?;
        let trip = self.api.write(call, command).await?;
        Ok(Response::new(wire::trip(&trip)?))
    }

    async fn batch_record_trips(
        &self,
        request: Request<pb::BatchRecordTripsRequest>,
    ) -> Reply<pb::BatchRecordTripsResponse> {
        let (call, command) = self.api.parse(request, wire::batch)?;
        let rows = self.api.write(call, Bounded::new(command, Trip::bytes)).await?;
        let results = (0..).zip(rows).map(|(row, outcome)| wire::trip_result(row, outcome)).collect();
        Ok(Response::new(pb::BatchRecordTripsResponse { results }))
    }

    async fn amend_trip(&self, request: Request<pb::AmendTripRequest>) -> Reply<pb::Trip> {
        let (call, command) = self.api.parse(request, wire::amend)?;
        let trip = self.api.write(call, command).await?;
        Ok(Response::new(wire::trip(&trip)?))
    }

    async fn void_trip(&self, request: Request<pb::VoidTripRequest>) -> Reply<pb::Trip> {
        let (call, command) = self.api.parse(request, wire::void)?;
        let trip = self.api.write(call, command).await?;
        Ok(Response::new(wire::trip(&trip)?))
    }

    async fn get_trip(&self, request: Request<pb::GetTripRequest>) -> Reply<pb::Trip> {
        let query = self.api.query(request, wire::get)?;
        let trip = self.api.read(query).await?;
        Ok(Response::new(wire::trip(&trip)?))
    }

    async fn list_trips(&self, request: Request<pb::ListTripsRequest>) -> Reply<pb::ListTripsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let trips = page.items.iter().map(wire::trip).collect::<Result<_, _>>()?;
        Ok(Response::new(pb::ListTripsResponse { trips, next_page_token }))
    }

    async fn list_trip_versions(
        &self,
        request: Request<pb::ListTripVersionsRequest>,
    ) -> Reply<pb::ListTripVersionsResponse> {
        let query = self.api.query(request, wire::list_versions)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let versions = page.items.iter().map(wire::trip).collect::<Result<_, _>>()?;
        Ok(Response::new(pb::ListTripVersionsResponse { versions, next_page_token }))
    }

    async fn list_possible_double_trips(
        &self,
        request: Request<pb::ListPossibleDoubleTripsRequest>,
    ) -> Reply<pb::ListPossibleDoubleTripsResponse> {
        let query = self.api.query(request, wire::doubles)?;
        let programme = query.programme.clone();
        let page = self.api.read(query).await?.map(|double| wire::double(&programme, double));
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListPossibleDoubleTripsResponse { doubles: page.items, next_page_token }))
    }

    async fn explain_saving(&self, request: Request<pb::ExplainSavingRequest>) -> Reply<pb::ExplainSavingResponse> {
        let query = self.api.query(request, wire::explain)?;
        let explained = self.api.read(query).await?;
        Ok(Response::new(wire::explained(&explained)?))
    }

    async fn record_encounter(&self, request: Request<pb::RecordEncounterRequest>) -> Reply<pb::Encounter> {
        let (call, command) = self.api.parse(request, wire::record_bill)?;
        let encounter = self.api.write(call, command).await?;
        Ok(Response::new(wire::bill(encounter)))
    }

    async fn batch_record_encounters(
        &self,
        request: Request<pb::BatchRecordEncountersRequest>,
    ) -> Reply<pb::BatchRecordEncountersResponse> {
        let (call, command) = self.api.parse(request, wire::batch_bills)?;
        let rows = self.api.write(call, Bounded::new(command, Encounter::bytes)).await?;
        let results = (0..).zip(rows).map(|(row, outcome)| wire::bill_result(row, outcome)).collect();
        Ok(Response::new(pb::BatchRecordEncountersResponse { results }))
    }

    async fn void_encounter(&self, request: Request<pb::VoidEncounterRequest>) -> Reply<pb::Encounter> {
        let (call, command) = self.api.parse(request, wire::void_bill)?;
        let encounter = self.api.write(call, command).await?;
        Ok(Response::new(wire::bill(encounter)))
    }

    async fn get_encounter(&self, request: Request<pb::GetEncounterRequest>) -> Reply<pb::Encounter> {
        let query = self.api.query(request, wire::get_bill)?;
        let encounter = self.api.read(query).await?;
        Ok(Response::new(wire::bill(encounter)))
    }

    async fn list_encounters(&self, request: Request<pb::ListEncountersRequest>) -> Reply<pb::ListEncountersResponse> {
        let query = self.api.query(request, wire::list_bills)?;
        let page = self.api.read(query).await?.map(wire::bill);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListEncountersResponse { encounters: page.items, next_page_token }))
    }
}

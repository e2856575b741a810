//! gRPC of reservations: parse, command or query, message.
mod needs;

use tonic::{Request, Response};

use super::commands::{Acknowledge, CheckIn, NoShow, NotServed};
use super::wire;
use crate::pb;
use crate::pb::reservation_service_server::ReservationService;
use crate::wire::{Api, Reply};

/// The service of reservations.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl ReservationService for Service {
    async fn get_reservation_policy(
        &self,
        request: Request<pb::GetReservationPolicyRequest>,
    ) -> Reply<pb::ReservationPolicy> {
        let query = self.api.query(request, wire::get_policy)?;
        let programme = query.programme.clone();
        let policy = self.api.read(query).await?;
        Ok(Response::new(wire::policy(&programme, policy)))
    }

    async fn update_reservation_policy(
        &self,
        request: Request<pb::UpdateReservationPolicyRequest>,
    ) -> Reply<pb::ReservationPolicy> {
        let (call, command) = self.api.parse(request, wire::update_policy)?;
        let programme = command.name.programme().clone();
        let policy = self.api.write(call, command).await?;
        Ok(Response::new(wire::policy(&programme, policy)))
    }

    async fn open_register(&self, request: Request<pb::OpenRegisterRequest>) -> Reply<pb::Register> {
        let (call, command) = self.api.parse(request, wire::open)?;
        let register = self.api.write(call, command).await?;
        Ok(Response::new(wire::register(register, Vec::new())))
    }

    async fn update_register(&self, request: Request<pb::UpdateRegisterRequest>) -> Reply<pb::Register> {
        let (call, command) = self.api.parse(request, wire::update_register)?;
        let register = self.api.write(call, command).await?;
        Ok(Response::new(wire::register(register, Vec::new())))
    }

    async fn grant_extra_places(&self, request: Request<pb::GrantExtraPlacesRequest>) -> Reply<pb::Register> {
        let (call, command) = self.api.parse(request, wire::grant)?;
        let register = self.api.write(call, command).await?;
        Ok(Response::new(wire::register(register, Vec::new())))
    }

    async fn get_register(&self, request: Request<pb::GetRegisterRequest>) -> Reply<pb::Register> {
        let query = self.api.query(request, wire::get_register)?;
        let (register, grants) = self.api.read(query).await?;
        Ok(Response::new(wire::register(register, grants)))
    }

    async fn get_availability(
        &self,
        request: Request<pb::GetAvailabilityRequest>,
    ) -> Reply<pb::GetAvailabilityResponse> {
        let query = self.api.query(request, wire::availability_of)?;
        let found = self.api.read(query).await?;
        let availabilities = found.into_iter().map(wire::availability).collect();
        Ok(Response::new(pb::GetAvailabilityResponse { availabilities }))
    }

    async fn hold_reservation(&self, request: Request<pb::HoldReservationRequest>) -> Reply<pb::Reservation> {
        let (call, command) = self.api.parse(request, wire::hold)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn book_reservation(&self, request: Request<pb::BookReservationRequest>) -> Reply<pb::Reservation> {
        let reservation = if request.get_ref().name.is_empty() {
            let (call, command) = self.api.parse(request, wire::book)?;
            self.api.write(call, command).await?
        } else {
            let (call, command) = self.api.parse(request, wire::book_held)?;
            self.api.write(call, command).await?
        };
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn join_waitlist(&self, request: Request<pb::JoinWaitlistRequest>) -> Reply<pb::Reservation> {
        let (call, command) = self.api.parse(request, wire::join)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn cancel_reservation(&self, request: Request<pb::CancelReservationRequest>) -> Reply<pb::Reservation> {
        let (call, command) = self.api.parse(request, wire::cancel)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn move_reservation(&self, request: Request<pb::MoveReservationRequest>) -> Reply<pb::Reservation> {
        let (call, command) = self.api.parse(request, wire::move_to)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn mark_reservation_served(
        &self,
        request: Request<pb::MarkReservationServedRequest>,
    ) -> Reply<pb::Reservation> {
        let (call, command) = self.api.parse(request, wire::serve)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn check_in_reservation(&self, request: Request<pb::CheckInReservationRequest>) -> Reply<pb::Reservation> {
        let treat =
            |fields: &mut _, m: pb::CheckInReservationRequest, _| wire::treat(fields, &m.name, &m.etag, CheckIn);
        let (call, command) = self.api.parse(request, treat)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn mark_reservation_no_show(
        &self,
        request: Request<pb::MarkReservationNoShowRequest>,
    ) -> Reply<pb::Reservation> {
        let treat =
            |fields: &mut _, m: pb::MarkReservationNoShowRequest, _| wire::treat(fields, &m.name, &m.etag, NoShow);
        let (call, command) = self.api.parse(request, treat)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn mark_reservation_not_served(
        &self,
        request: Request<pb::MarkReservationNotServedRequest>,
    ) -> Reply<pb::Reservation> {
        let treat = |fields: &mut _, m: pb::MarkReservationNotServedRequest, _| {
            wire::treat(fields, &m.name, &m.etag, NotServed)
        };
        let (call, command) = self.api.parse(request, treat)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn acknowledge_reservation(
        &self,
        request: Request<pb::AcknowledgeReservationRequest>,
    ) -> Reply<pb::Reservation> {
        let treat = |fields: &mut _, m: pb::AcknowledgeReservationRequest, _| {
            wire::treat(fields, &m.name, &m.etag, Acknowledge)
        };
        let (call, command) = self.api.parse(request, treat)?;
        let reservation = self.api.write(call, command).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn get_reservation(&self, request: Request<pb::GetReservationRequest>) -> Reply<pb::Reservation> {
        let query = self.api.query(request, wire::get)?;
        let reservation = self.api.read(query).await?;
        Ok(Response::new(wire::reservation(reservation)))
    }

    async fn list_reservations(
        &self,
        request: Request<pb::ListReservationsRequest>,
    ) -> Reply<pb::ListReservationsResponse> {
        let query = self.api.query_by(request, wire::list)?;
        let page = self.api.read(query).await?;
        let next_page_token = page.next_page_token();
        let reservations = page.items.into_iter().map(wire::reservation).collect();
        Ok(Response::new(pb::ListReservationsResponse { reservations, next_page_token }))
    }
}

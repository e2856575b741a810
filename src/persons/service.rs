//! `PersonService` over gRPC: parse, run, answer.
use tonic::{Request, Response, Status};
use tracing::warn;

use super::commands::DestroyKeys;
use super::queries::GetRestriction;
use super::{Restriction, State, wire};
use crate::kernel::{Call, Caller};
use crate::pb;
use crate::pb::person_service_server::PersonService;
use crate::wire::{Api, Reply};

/// The service of persons.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
}

#[tonic::async_trait]
impl PersonService for Service {
    async fn restrict_person(&self, request: Request<pb::RestrictPersonRequest>) -> Reply<pb::PersonRestriction> {
        let (call, command) = self.api.parse(request, wire::restrict)?;
        let is_dry = call.validate_only;
        let made = self.api.write(call, command).await?;
        // What others sealed is counted once they have followed.
        let made = if is_dry { made } else { self.api.read(GetRestriction { name: made.name }).await? };
        Ok(Response::new(wire::restriction(made)))
    }

    async fn lift_restriction(&self, request: Request<pb::LiftRestrictionRequest>) -> Reply<pb::PersonRestriction> {
        let (call, command) = self.api.parse(request, wire::lift)?;
        Ok(Response::new(wire::restriction(self.api.write(call, command).await?)))
    }

    async fn erase_person(&self, request: Request<pb::ErasePersonRequest>) -> Reply<pb::PersonRestriction> {
        let (call, command) = self.api.parse(request, wire::erase)?;
        let (caller, is_dry) = (call.caller.clone(), call.validate_only);
        let erasing = self.api.write(call, command).await?;
        let erased = if is_dry { erasing } else { self.destroy_keys(caller, erasing).await? };
        Ok(Response::new(wire::restriction(erased)))
    }

    async fn get_person_restriction(
        &self,
        request: Request<pb::GetPersonRestrictionRequest>,
    ) -> Reply<pb::PersonRestriction> {
        let query = self.api.query(request, wire::get)?;
        Ok(Response::new(wire::restriction(self.api.read(query).await?)))
    }

    async fn list_person_restrictions(
        &self,
        request: Request<pb::ListPersonRestrictionsRequest>,
    ) -> Reply<pb::ListPersonRestrictionsResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?.map(wire::restriction);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListPersonRestrictionsResponse { person_restrictions: page.items, next_page_token }))
    }
}

impl Service {
    /// Step by step, so that nobody waits long for the writer; where the caller goes away, the server goes on (`server/erasures.rs`). A
    /// replay of an erasure that is over has nothing to do.
    async fn destroy_keys(&self, caller: Caller, mut restriction: Restriction) -> Result<Restriction, Status> {
        while restriction.state == State::Erasing {
            let step = DestroyKeys { name: restriction.name.clone() };
            restriction = self.api.write(Call::new(caller.clone()), step).await?;
        }
        match self.api.db().empty_log().await {
            Ok(true) => {}
            Ok(false) => {
                warn!("what was erased is still in the database's log: the server tries again within seconds")
            }
            Err(error) => {
                warn!(%error, "the database's log can't be emptied: the server tries again within seconds")
            }
        }
        Ok(restriction)
    }
}

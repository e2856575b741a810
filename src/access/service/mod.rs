//! gRPC of tokens and bindings: parse, command or query, message; what servers know of them is in `directory`.
pub mod directory;

use std::sync::Arc;

use tonic::{Request, Response};
use tracing::warn;

use super::secret::Secret;
use super::{Binding, Token, wire};
use crate::db::Command;
use crate::kernel::{Call, Error};
use crate::pb;
use crate::pb::access_service_server::AccessService;
use crate::wire::{Api, Reply};
use directory::Directory;

/// The service of tokens and bindings.
#[derive(Clone)]
pub struct Service {
    /// How requests become commands, and commands answers.
    pub api: Api,
    /// What this server knows of access: it looks again after each write here.
    pub directory: Arc<Directory>,
}

impl Service {
    /// Writes, and answers once this server goes by it.
    async fn write<C: Command>(&self, call: Call, command: C) -> Result<C::Output, tonic::Status> {
        let is_written = !call.validate_only;
        let output = self.api.write(call, command).await?;
        if is_written {
            // What is written is written; who follows looks again within its rhythm.
            if let Err(error) = self.directory.refresh().await {
                warn!(%error, "what was written of tokens and roles can't be read back now");
            }
        }
        Ok(output)
    }
}

#[tonic::async_trait]
impl AccessService for Service {
    async fn create_token(&self, request: Request<pb::CreateTokenRequest>) -> Reply<pb::CreateTokenResponse> {
        let secret = Secret::fresh().ok_or(Error::Internal("the system has no random bits"))?;
        let parse = |fields: &mut _, message, now| wire::create_token(fields, message, now, &secret);
        let (call, command) = self.api.parse(request, parse)?;
        let is_shown = !call.validate_only;
        let token = self.write(call, command).await?;
        // A repeated request finds the token that was made first, whose secret nobody knows here.
        let is_shown = is_shown && token.hash == secret.hash();
        let secret = if is_shown { secret.text().to_owned() } else { String::new() };
        Ok(Response::new(pb::CreateTokenResponse { token: Some(wire::token(token)), secret }))
    }

    async fn get_token(&self, request: Request<pb::GetTokenRequest>) -> Reply<pb::Token> {
        let query = self.api.query(request, |fields, it| wire::get::<Token>(fields, &it.name))?;
        let token = self.api.read(query).await?;
        Ok(Response::new(wire::token(token)))
    }

    async fn list_tokens(&self, request: Request<pb::ListTokensRequest>) -> Reply<pb::ListTokensResponse> {
        let list = |fields: &mut _, it: pb::ListTokensRequest| {
            wire::list::<Token>(fields, &it.parent, &it.subject, (it.page_size, &it.page_token))
        };
        let page = self.api.read(self.api.query(request, list)?).await?;
        let next_page_token = page.next_page_token();
        let tokens = page.items.into_iter().map(wire::token).collect();
        Ok(Response::new(pb::ListTokensResponse { tokens, next_page_token }))
    }

    async fn revoke_token(&self, request: Request<pb::RevokeTokenRequest>) -> Reply<pb::Token> {
        let (call, command) =
            self.api.parse(request, |fields, it, _| wire::revoke::<Token>(fields, &it.name, &it.etag))?;
        let token = self.write(call, command).await?;
        Ok(Response::new(wire::token(token)))
    }

    async fn create_binding(&self, request: Request<pb::CreateBindingRequest>) -> Reply<pb::Binding> {
        let (call, command) = self.api.parse(request, wire::create_binding)?;
        let binding = self.write(call, command).await?;
        Ok(Response::new(wire::binding(binding)))
    }

    async fn get_binding(&self, request: Request<pb::GetBindingRequest>) -> Reply<pb::Binding> {
        let query = self.api.query(request, |fields, it| wire::get::<Binding>(fields, &it.name))?;
        let binding = self.api.read(query).await?;
        Ok(Response::new(wire::binding(binding)))
    }

    async fn list_bindings(&self, request: Request<pb::ListBindingsRequest>) -> Reply<pb::ListBindingsResponse> {
        let list = |fields: &mut _, it: pb::ListBindingsRequest| {
            wire::list::<Binding>(fields, &it.parent, &it.subject, (it.page_size, &it.page_token))
        };
        let page = self.api.read(self.api.query(request, list)?).await?;
        let next_page_token = page.next_page_token();
        let bindings = page.items.into_iter().map(wire::binding).collect();
        Ok(Response::new(pb::ListBindingsResponse { bindings, next_page_token }))
    }

    async fn revoke_binding(&self, request: Request<pb::RevokeBindingRequest>) -> Reply<pb::Binding> {
        let (call, command) =
            self.api.parse(request, |fields, it, _| wire::revoke::<Binding>(fields, &it.name, &it.etag))?;
        let binding = self.write(call, command).await?;
        Ok(Response::new(wire::binding(binding)))
    }
}

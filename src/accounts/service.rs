//! gRPC of accounts: parse, query, message.
use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::account_service_server::AccountService;
use crate::wire::{Api, Reply};

/// The service of accounts.
#[derive(Clone)]
pub struct Service {
    /// How requests become queries, and queries answers.
    pub api: Api,
}

#[tonic::async_trait]
impl AccountService for Service {
    async fn get_burden_statement(
        &self,
        request: Request<pb::GetBurdenStatementRequest>,
    ) -> Reply<pb::BurdenStatement> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::burden(fields, &message, now))?;
        let statement = self.api.read(query).await?;
        Ok(Response::new(wire::statement(statement)))
    }

    async fn get_service_certificate(
        &self,
        request: Request<pb::GetServiceCertificateRequest>,
    ) -> Reply<pb::ServiceCertificate> {
        let now = self.api.db().clock().now();
        let query = self.api.query(request, |fields, message| wire::certificate(fields, &message, now))?;
        let certificate = self.api.read(query).await?;
        Ok(Response::new(wire::certified(certificate)))
    }
}

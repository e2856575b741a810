//! gRPC of the audit: parse, query, message.
use tonic::{Request, Response};

use super::wire;
use crate::pb;
use crate::pb::audit_service_server::AuditService;
use crate::wire::{Api, Reply};

/// The service of the audit.
#[derive(Clone)]
pub struct Service {
    /// How requests become queries, and queries answers.
    pub api: Api,
}

#[tonic::async_trait]
impl AuditService for Service {
    async fn list_audit_entries(
        &self,
        request: Request<pb::ListAuditEntriesRequest>,
    ) -> Reply<pb::ListAuditEntriesResponse> {
        let query = self.api.query(request, wire::list)?;
        let (head, entries) = self.api.read(query).await?;
        Ok(Response::new(wire::listed(head, &entries)?))
    }

    async fn verify_audit(&self, request: Request<pb::VerifyAuditRequest>) -> Reply<pb::VerifyAuditResponse> {
        let query = self.api.query(request, wire::verify)?;
        let report = self.api.read(query).await?;
        Ok(Response::new(wire::report(report)))
    }
}

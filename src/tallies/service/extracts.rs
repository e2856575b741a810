//! gRPC of extracts and discrepancies: a stream of rows in, a report out.

use std::collections::HashSet;

use tonic::{Request, Response, Status, Streaming};

use super::Service;
use crate::kernel::{Call, Caller, Error, Fields, Id, Reason};
use crate::pb;
use crate::pb::reconciliation_service_server::ReconciliationService;
use crate::tallies::commands::QueueDiscrepancies;
use crate::tallies::extract::{MOST_ROWS, Report, Scope, Theirs};
use crate::tallies::queries::{CompareExtract, Compared};
use crate::tallies::wire::extracts as wire;
use crate::wire::{Reply, caller_of};

#[tonic::async_trait]
impl ReconciliationService for Service {
    async fn reconcile_extract(
        &self,
        request: Request<Streaming<pb::ReconcileExtractRequest>>,
    ) -> Reply<pb::ReconcileExtractResponse> {
        let caller = caller_of(&request);
        let (query, is_dry) = read(request.into_inner()).await?;
        let (programme, system) = (query.programme.clone(), query.scope.system.clone());
        let Compared { report, gone } = self.api.read(query).await?;
        if !is_dry {
            self.queue(caller, &programme, &system, &report, &gone).await?;
        }
        let settled = if is_dry { 0 } else { gone.len() };
        Ok(Response::new(wire::report(&programme, &report, settled)))
    }

    async fn resolve_discrepancy(&self, request: Request<pb::ResolveDiscrepancyRequest>) -> Reply<pb::Discrepancy> {
        let (call, command) = self.api.parse(request, wire::resolve)?;
        let discrepancy = self.api.write(call, command).await?;
        Ok(Response::new(wire::discrepancy(discrepancy)))
    }

    async fn get_discrepancy(&self, request: Request<pb::GetDiscrepancyRequest>) -> Reply<pb::Discrepancy> {
        let query = self.api.query(request, wire::get)?;
        let discrepancy = self.api.read(query).await?;
        Ok(Response::new(wire::discrepancy(discrepancy)))
    }

    async fn list_discrepancies(
        &self,
        request: Request<pb::ListDiscrepanciesRequest>,
    ) -> Reply<pb::ListDiscrepanciesResponse> {
        let query = self.api.query(request, wire::list)?;
        let page = self.api.read(query).await?.map(wire::discrepancy);
        let next_page_token = page.next_page_token();
        Ok(Response::new(pb::ListDiscrepanciesResponse { discrepancies: page.items, next_page_token }))
    }
}

impl Service {
    /// Queues what was found in chunks, and settles what isn't found any more. Cut off between two chunks, the same extract goes on where
    /// it ended.
    async fn queue(
        &self,
        caller: Caller,
        programme: &Id,
        system: &str,
        report: &Report,
        gone: &[Id],
    ) -> Result<(), Status> {
        let now = self.api.db().clock().now();
        let mut seen = HashSet::new();
        let once = report.findings.iter().filter(|(finding, _)| seen.insert(finding.key()));
        let found: Vec<_> = once.map(|(finding, about)| (Id::fresh(now), finding.clone(), about.clone())).collect();
        let chunk = |found: &[_], gone: &[Id]| QueueDiscrepancies {
            programme: programme.clone(),
            system: system.to_owned(),
            found: found.to_vec(),
            gone: gone.to_vec(),
        };
        let chunks = found.chunks(QueueDiscrepancies::MOST).map(|found| chunk(found, &[]));
        let settling = gone.chunks(QueueDiscrepancies::MOST).map(|gone| chunk(&[], gone));
        for command in chunks.chain(settling) {
            self.api.write(Call::new(caller.clone()), command).await?;
        }
        Ok(())
    }
}

/// Reads an extract to its end; whether it is only to be compared stands in the first message.
async fn read(mut messages: Streaming<pb::ReconcileExtractRequest>) -> Result<(CompareExtract, bool), Status> {
    let mut begun: Option<((Id, Scope), bool)> = None;
    let mut rows: Vec<Theirs> = Vec::new();
    while let Some(message) = messages.message().await? {
        let mut fields = Fields::new();
        let ((_, scope), _) =
            &*begun.get_or_insert_with(|| (wire::scope(&mut fields, &message), message.validate_only));
        for row in &message.rows {
            let place = format!("rows[{}]", rows.len());
            rows.push(fields.within(&place, |fields| wire::row(fields, row, &scope.system)));
        }
        fields.check()?;
        if rows.len() > MOST_ROWS {
            let text = format!("must be at most {MOST_ROWS}: reconcile fewer days at a time");
            return Err(Error::field("rows", Reason::OutOfRange, text).into());
        }
    }
    let required = || Error::field("parent", Reason::Required, "must be set in the first message");
    let ((programme, scope), is_dry) = begun.ok_or_else(required)?;
    Ok((CompareExtract { programme, scope, rows }, is_dry))
}

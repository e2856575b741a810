//! gRPC of exports: parse, pin, and a stream that works when its client takes a message.
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::Choice;
use super::file::File;
use super::queries::{Pinned, ReadRows, ReadTariffs};
use super::wire::{self, Options};
use crate::kernel::{Error, Reason};
use crate::pb;
use crate::pb::export_part::Content;
use crate::pb::export_service_server::ExportService;
use crate::wire::{Api, Reply};

/// The service of exports.
#[derive(Clone)]
pub struct Service {
    /// How requests become queries, and queries answers.
    pub api: Api,
}

#[tonic::async_trait]
impl ExportService for Service {
    type ExportActivitiesStream = BoxStream<'static, Result<pb::ExportActivitiesResponse, Status>>;
    type ExportSavingsStream = BoxStream<'static, Result<pb::ExportSavingsResponse, Status>>;

    async fn export_activities(
        &self,
        request: Request<pb::ExportActivitiesRequest>,
    ) -> Reply<Self::ExportActivitiesStream> {
        let (options, choice) = self.api.query(request, |fields, message| wire::activities(fields, &message))?;
        let parts = self.rows(options, choice).await?;
        Ok(Response::new(parts.map(|part| Ok(pb::ExportActivitiesResponse { part: Some(part?) })).boxed()))
    }

    async fn export_savings(&self, request: Request<pb::ExportSavingsRequest>) -> Reply<Self::ExportSavingsStream> {
        let (options, choice) = self.api.query(request, |fields, message| wire::savings(fields, &message))?;
        let parts = self.rows(options, choice).await?;
        Ok(Response::new(parts.map(|part| Ok(pb::ExportSavingsResponse { part: Some(part?) })).boxed()))
    }
}

type Parts = BoxStream<'static, Result<pb::ExportPart, Status>>;

impl Service {
    async fn rows(&self, options: Options, choice: Choice) -> Result<Parts, Status> {
        let pinned = self.api.read(options.pin()).await?;
        let (table, words, columns) = (choice.table.name(), choice.words(), choice.columns());
        let programme = options.programme.clone();
        let rows = Some(ReadRows { programme, choice, sequence: pinned.sequence, after: None });
        let first = Some(wire::head(pinned, &columns));
        let file = options.file(columns);
        let export = Export { api: self.api.clone(), options, table, words, pinned, rows, file, first };
        let parts = stream::unfold(Some(export), Export::next);
        Ok(parts.map(|content| Ok(pb::ExportPart { content: Some(content?) })).boxed())
    }
}

/// An export under way: a page is read when nothing is left to be sent.
struct Export {
    api: Api,
    options: Options,
    table: &'static str,
    words: String,
    pinned: Pinned,
    /// How the next page is read; none once all were.
    rows: Option<ReadRows>,
    file: File,
    first: Option<Content>,
}

impl Export {
    async fn next(export: Option<Export>) -> Option<(Result<Content, Status>, Option<Export>)> {
        let mut export = export?;
        let part = export.part().await;
        let goes_on = matches!(part, Ok(Content::Head(_) | Content::Data(_)));
        Some((part, goes_on.then_some(export)))
    }

    async fn part(&mut self) -> Result<Content, Status> {
        if let Some(head) = self.first.take() {
            return Ok(head);
        }
        loop {
            if let Some(data) = self.file.take() {
                return Ok(Content::Data(data));
            }
            let Some(read) = self.rows.clone() else { return self.manifest().await };
            match self.api.read(read).await? {
                Some((page, after)) => {
                    self.file.add(&page);
                    self.rows = self.rows.take().map(|read| ReadRows { after: Some(after), ..read });
                }
                None => self.rows = None,
            }
        }
    }

    async fn manifest(&self) -> Result<Content, Status> {
        let beyond = || Error::field("options.resume_offset", Reason::OutOfRange, "must not be beyond the file's end");
        let counted = self.file.finish().ok_or_else(beyond)?;
        let (programme, ids) = (self.options.programme.clone(), self.file.tariffs());
        let tariffs = if ids.is_empty() { Vec::new() } else { self.api.read(ReadTariffs { programme, ids }).await? };
        Ok(wire::manifest(&self.options, (self.table, &self.words), self.pinned, counted, tariffs))
    }
}

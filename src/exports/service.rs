//! gRPC of exports: parse, pin, and a stream that works when its client takes a message.
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::file::File;
use super::queries::{Pinned, ReadActivities};
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

    async fn export_activities(
        &self,
        request: Request<pb::ExportActivitiesRequest>,
    ) -> Reply<Self::ExportActivitiesStream> {
        let (options, choice) = self.api.query(request, |fields, message| wire::activities(fields, &message))?;
        let pinned = self.api.read(options.pin()).await?;
        let (table, words, columns) = ("activities", choice.words(), choice.columns());
        let programme = options.programme.clone();
        let rows = ReadActivities { programme, choice, sequence: pinned.sequence, after: None };
        let first = wire::head(pinned, &columns);
        let file = options.file(columns);
        let export =
            Export { api: self.api.clone(), options, table, words, pinned, rows: Some(rows), file, first: Some(first) };
        Ok(Response::new(stream::unfold(Some(export), Export::next).map(answer).boxed()))
    }
}

fn answer(content: Result<Content, Status>) -> Result<pb::ExportActivitiesResponse, Status> {
    Ok(pb::ExportActivitiesResponse { part: Some(pb::ExportPart { content: Some(content?) }) })
}

/// An export under way: a page is read when nothing is left to be sent.
struct Export {
    api: Api,
    options: Options,
    table: &'static str,
    words: String,
    pinned: Pinned,
    /// How the next page is read; none once all were.
    rows: Option<ReadActivities>,
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
            let Some(read) = self.rows.clone() else { return self.manifest() };
            match self.api.read(read).await? {
                Some((page, after)) => {
                    self.file.add(&page);
                    self.rows = self.rows.take().map(|read| ReadActivities { after: Some(after), ..read });
                }
                None => self.rows = None,
            }
        }
    }

    fn manifest(&self) -> Result<Content, Status> {
        let beyond = || Error::field("options.resume_offset", Reason::OutOfRange, "must not be beyond the file's end");
        let counted = self.file.finish().ok_or_else(beyond)?;
        Ok(wire::manifest(&self.options, self.table, &self.words, self.pinned, counted))
    }
}

//! gRPC of exports: parse, pin, and a stream that is read ahead of what its client has taken.
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::file::File;
use super::queries::{Pinned, ReadRows, ReadTally, ReadTariffs};
use super::wire::{self, Options};
use super::{Choice, Column, TALLY, tally_columns, tally_words};
use crate::kernel::{Error, Reason};
use crate::pb;
use crate::pb::export_part::Content;
use crate::pb::export_service_server::ExportService;
use crate::tallies::Question;
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
    type ExportTallyStream = BoxStream<'static, Result<pb::ExportTallyResponse, Status>>;
    type ExportSavingsStream = BoxStream<'static, Result<pb::ExportSavingsResponse, Status>>;

    async fn export_activities(
        &self,
        request: Request<pb::ExportActivitiesRequest>,
    ) -> Reply<Self::ExportActivitiesStream> {
        let (options, choice) = self.api.query(request, |fields, message| wire::activities(fields, &message))?;
        let parts = self.rows(options, choice).await?;
        Ok(Response::new(parts.map(|part| Ok(pb::ExportActivitiesResponse { part: Some(part?) })).boxed()))
    }

    async fn export_tally(&self, request: Request<pb::ExportTallyRequest>) -> Reply<Self::ExportTallyStream> {
        let (options, question) = self.api.query(request, wire::tally)?;
        let parts = self.tally(options, question).await?;
        Ok(Response::new(parts.map(|part| Ok(pb::ExportTallyResponse { part: Some(part?) })).boxed()))
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
        let rows = Source::Rows(ReadRows { programme, choice, sequence: pinned.sequence, after: None });
        Ok(self.parts(options, (table, words), columns, pinned, rows))
    }

    async fn tally(&self, options: Options, mut question: Question) -> Result<Parts, Status> {
        let pinned = self.api.read(options.pin()).await?;
        question.as_of = Some(pinned.sequence);
        let (words, columns) = (tally_words(&question), tally_columns(&question));
        let programme = options.programme.clone();
        let rows = Source::Tally(ReadTally { programme, question });
        Ok(self.parts(options, (TALLY, words), columns, pinned, rows))
    }

    fn parts(
        &self,
        options: Options,
        (table, words): (&'static str, String),
        columns: Vec<Column>,
        pinned: Pinned,
        rows: Source,
    ) -> Parts {
        let first = Some(wire::head(pinned, &columns));
        let file = options.file(columns);
        let pages = rows.ahead(&self.api);
        let export = Export { api: self.api.clone(), options, table, words, pinned, pages, file, first };
        let parts = stream::unfold(Some(export), Export::next);
        parts.map(|content| Ok(pb::ExportPart { content: Some(content?) })).boxed()
    }
}

/// Where the rows come from.
enum Source {
    /// Page by page.
    Rows(ReadRows),
    /// All at once: a tally has a row for each group.
    Tally(ReadTally),
}

/// A page of rows, or that there is none after those before.
type Paged = Result<Option<String>, Status>;

impl Source {
    /// Reads page after page in a task of its own, while what came before is written and sent. One page waits to be taken: a client that
    /// is slow holds three.
    fn ahead(self, api: &Api) -> mpsc::Receiver<Paged> {
        let (pages, taken) = mpsc::channel(1);
        let api = api.clone();
        let read = async move {
            let mut source = Some(self);
            while let Some(here) = source.take() {
                let page = here.page(&api).await.map(|(page, rest)| {
                    source = rest;
                    Some(page)
                });
                let failed = page.is_err();
                if pages.send(page).await.is_err() || failed {
                    return;
                }
            }
            let _ = pages.send(Ok(None)).await; // who doesn't want to know any more has gone
        };
        tokio::spawn(read.in_current_span());
        taken
    }

    /// Reads the next page; and where the ones after it come from.
    async fn page(self, api: &Api) -> Result<(String, Option<Source>), Status> {
        match self {
            Source::Rows(read) => match api.read(read.clone()).await? {
                Some((page, after)) => Ok((page, Some(Source::Rows(ReadRows { after: Some(after), ..read })))),
                None => Ok((String::new(), None)),
            },
            Source::Tally(read) => Ok((api.read(read).await?, None)),
        }
    }
}

/// An export under way.
struct Export {
    api: Api,
    options: Options,
    table: &'static str,
    words: String,
    pinned: Pinned,
    pages: mpsc::Receiver<Paged>,
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
            let page = self.pages.recv().await;
            match page.unwrap_or_else(|| Err(Error::Internal("a reader of an export panicked").into()))? {
                Some(page) => self.file.add(&page),
                None => return self.manifest().await,
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

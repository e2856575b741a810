//! Imports: cells, encodings and headers as tables of cases, then whole files over the socket on both engines.
mod cells;
mod cli;
mod cut_off;
mod example;
mod files;
mod headers;
mod savings;
mod tables;
mod text;

use homecoming::kernel::{Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::import_service_client::ImportServiceClient;
use homecoming::pb::import_table_request::Part;
use homecoming::pb::import_table_response::Event;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use tonic::Status;
use tonic::transport::Channel;

/// Problems as (line, column, reason), and the report.
struct Answer {
    problems: Vec<(i64, String, Reason)>,
    texts: Vec<String>,
    report: pb::ImportReport,
}

impl Answer {
    /// (rows, created, unchanged, bad rows, written).
    fn counts(&self) -> (i64, i64, i64, i64, bool) {
        let report = &self.report;
        let counts = (report.row_count, report.created_count, report.unchanged_count, report.bad_row_count);
        (counts.0, counts.1, counts.2, counts.3, report.written)
    }
}

async fn programme(channel: &Channel) {
    let request = pb::CreateProgrammeRequest {
        programme_id: "liling".to_owned(),
        programme: Some(pb::Programme {
            display_name: "湘雅乡情·专家醴陵行".to_owned(),
            division_code: "430281".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            ..pb::Programme::default()
        }),
        ..pb::CreateProgrammeRequest::default()
    };
    ProgrammeServiceClient::new(channel.clone()).create_programme(request).await.unwrap();
}

fn header(file_name: &str) -> pb::ImportTableHeader {
    let (parent, file_name) = ("programmes/liling".to_owned(), file_name.to_owned());
    pb::ImportTableHeader { parent, file_name, ..pb::ImportTableHeader::default() }
}

fn messages(header: pb::ImportTableHeader, bytes: &[u8]) -> Vec<pb::ImportTableRequest> {
    let chunks = bytes.chunks(1_000).map(|chunk| Part::Chunk(chunk.to_vec()));
    let parts = std::iter::once(Part::Header(header)).chain(chunks);
    parts.map(|part| pb::ImportTableRequest { part: Some(part) }).collect()
}

async fn send(channel: &Channel, header: pb::ImportTableHeader, bytes: &[u8]) -> Result<Answer, Status> {
    let stream = futures_util::stream::iter(messages(header, bytes));
    let mut events = ImportServiceClient::new(channel.clone()).import_table(stream).await?.into_inner();
    let (mut problems, mut texts) = (Vec::new(), Vec::new());
    while let Some(message) = events.message().await? {
        match message.event.unwrap() {
            Event::Progress(progress) => assert!(progress.done_rows <= progress.total_rows),
            Event::Problem(problem) => {
                problems.push((problem.line, problem.column, Reason::from_number(problem.reason).unwrap()));
                texts.push(problem.description);
            }
            Event::Report(report) => {
                let count = usize::try_from(report.problem_count).unwrap();
                assert_eq!(problems.len(), count.min(homecoming::imports::MOST_PROBLEMS));
                assert!(events.message().await?.is_none(), "the report is the last message");
                return Ok(Answer { problems, texts, report });
            }
        }
    }
    panic!("no report")
}

async fn import(channel: &Channel, file_name: &str, bytes: &[u8]) -> Answer {
    send(channel, header(file_name), bytes).await.unwrap()
}

fn told(answer: &Answer) -> Vec<(i64, &str, Reason)> {
    answer.problems.iter().map(|(line, column, reason)| (*line, column.as_str(), *reason)).collect()
}

/// The example's files in order, with their names.
fn example() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/liling");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension != "md"));
    files.sort();
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

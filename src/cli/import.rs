//! `homecoming import`: a folder of a county's tables, through the API of a server that runs.

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::client::{self, Line, sentence};
use crate::imports::{MAX_FILE_BYTES, MOST_PROBLEMS, Table, table};
use crate::kernel::Vocabulary as _;
use crate::pb;
use crate::pb::import_service_client::ImportServiceClient;
use crate::pb::import_table_request::Part;
use crate::pb::import_table_response::Event;

/// Arguments of `homecoming import`.
#[derive(Debug, Args)]
pub struct Import {
    /// A folder of CSV and XLSX tables, or one table
    path: PathBuf,
    /// The programme, such as `liling`; not needed where the server has just one
    #[arg(long)]
    programme: Option<String>,
    /// Write the good rows of files that have bad ones
    #[arg(long)]
    partial: bool,
    /// Only check, write nothing
    #[arg(long)]
    check: bool,
    /// The system whose numbers the rows have; they become external ids of it
    #[arg(long, default_value = "")]
    system: String,
    #[command(flatten)]
    server: client::Server,
}

/// Bytes of a message on the way to the server.
const CHUNK: usize = 64 << 10;

/// A file and the table that it looks like; the server decides.
struct File {
    path: PathBuf,
    name: String,
    table: Option<Table>,
    bytes: Vec<u8>,
}

impl Import {
    /// Brings every table of the folder in, in the order in which they need each other, and prints a report.
    ///
    /// # Errors
    /// What kept it from starting, or that some rows were not brought in.
    pub async fn run(self) -> Result<(), Failure> {
        let files = self.files()?;
        let channel = self.server.connect().await?;
        let programme = client::programme(&channel, self.programme.as_deref()).await?;
        let mut bad = 0;
        for file in files {
            let name = file.name.clone();
            let report = self.import(&channel, &programme, file).await.map_err(|status| sentence(&name, &status))?;
            bad += usize::from(report.problem_count > 0);
            println!("{}", summary(&report, self.check));
        }
        match bad {
            0 => Ok(()),
            1 => Err("1 file has problems, named above".into()),
            more => Err(format!("{more} files have problems, named above").into()),
        }
    }

    /// The tables, in the order in which they need each other.
    fn files(&self) -> Result<Vec<File>, Failure> {
        let mut paths = Vec::new();
        if self.path.is_dir() {
            for entry in std::fs::read_dir(&self.path)? {
                paths.push(entry?.path());
            }
            paths.retain(|path| is_table(path));
        } else {
            paths.push(self.path.clone());
        }
        if paths.is_empty() {
            return Err(format!("{} has no .csv or .xlsx file", self.path.display()).into());
        }
        let mut files = paths.into_iter().map(File::read).collect::<Result<Vec<_>, _>>()?;
        // What nothing says the table of comes last: the server names it.
        files.sort_by_key(|file| (file.table.is_none(), file.table, file.path.clone()));
        Ok(files)
    }

    async fn import(&self, channel: &Line, programme: &str, file: File) -> Result<pb::ImportReport, tonic::Status> {
        let header = pb::ImportTableHeader {
            parent: programme.to_owned(),
            file_name: file.name.clone(),
            partial: self.partial,
            validate_only: self.check,
            system: self.system.clone(),
            ..pb::ImportTableHeader::default()
        };
        let chunks: Vec<_> = file.bytes.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec())).collect();
        let parts = std::iter::once(Part::Header(header)).chain(chunks);
        let messages = stream::iter(parts.map(|part| pb::ImportTableRequest { part: Some(part) }).collect::<Vec<_>>());
        let mut events = ImportServiceClient::new(channel.clone()).import_table(messages).await?.into_inner();
        let bar = progress_bar(&file.name);
        while let Some(message) = events.message().await? {
            match message.event {
                Some(Event::Progress(progress)) => {
                    bar.set_length(progress.total_rows.unsigned_abs());
                    bar.set_position(progress.done_rows.unsigned_abs());
                    bar.set_message(match progress.phase() {
                        pb::ImportPhase::Checking => "checking",
                        pb::ImportPhase::Writing | pb::ImportPhase::Unspecified => "writing",
                    });
                }
                Some(Event::Problem(problem)) => bar.suspend(|| println!("{}", told(&problem))),
                Some(Event::Report(report)) => {
                    bar.finish_and_clear();
                    return Ok(report);
                }
                None => {}
            }
        }
        Err(tonic::Status::unknown("the server ended without a report"))
    }
}

impl File {
    fn read(path: PathBuf) -> Result<Self, Failure> {
        let unreadable = |error: std::io::Error| format!("{}: {error}", path.display());
        let size = std::fs::metadata(&path).map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES as u64 {
            return Err(format!("{}: over {} MiB, split it", path.display(), MAX_FILE_BYTES >> 20).into());
        }
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let table = Table::of_file_name(&name).or_else(|| table::of_content(&bytes));
        Ok(Self { path, name, table, bytes })
    }
}

fn is_table(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '~']));
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    !hidden && path.is_file() && extension.is_some_and(|extension| matches!(extension.as_str(), "csv" | "xlsx" | "xls"))
}

fn progress_bar(file_name: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_prefix(file_name.to_owned());
    let style = ProgressStyle::with_template("{prefix} {msg} {wide_bar} {pos}/{len}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// `file:line: column: REASON: description`.
fn told(problem: &pb::ImportProblem) -> String {
    let reason = crate::kernel::Reason::from_number(problem.reason).map_or("UNKNOWN", |reason| reason.code());
    let line = if problem.line == 0 { String::new() } else { format!(":{}", problem.line) };
    let column = if problem.column.is_empty() { String::new() } else { format!("{}: ", problem.column) };
    format!("{}{line}: {column}{reason}: {}", problem.file_name, problem.description)
}

fn summary(report: &pb::ImportReport, check: bool) -> String {
    let table = Table::from_number(report.table).map_or("no table", |table| table.code());
    let verb = if check { "would be written" } else { "written" };
    let mut line = format!(
        "{}: {table}: {} rows, {} {verb}, {} unchanged, {} with problems",
        report.file_name, report.row_count, report.created_count, report.unchanged_count, report.bad_row_count
    );
    if report.problem_count > 0 && !report.written && !check {
        line.push_str("; nothing of this file was written");
    }
    if report.problem_count > MOST_PROBLEMS as i64 {
        line.push_str(&format!("; the first {MOST_PROBLEMS} of {} problems are named", report.problem_count));
    }
    for note in &report.notes {
        line.push_str(&format!("\n{}: note: {note}", report.file_name));
    }
    line
}

//! `homecoming export`: a programme's records from a server that runs, as a file with its manifest; an interrupted one goes on.
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::client::Line;
use clap::{Args, ValueEnum};
use futures_util::stream::{BoxStream, StreamExt as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tonic::Status;

use super::Failure;
use super::client::{self, sentence};
use crate::kernel::{Date, Vocabulary as _};
use crate::pb;
use crate::pb::export_part::Content;
use crate::pb::export_service_client::ExportServiceClient;
use crate::tallies::Dimension;

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Table {
    /// What was done, a row for each activity
    Activities,
    /// Measures of the days between --from and --to, a row for each group
    Tally,
    /// What patients saved, a row for each avoided trip
    Savings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For spreadsheets, with a line of column names
    Csv,
    /// For programs, a JSON object a line
    Ndjson,
}

fn dimension(text: &str) -> Result<Dimension, String> {
    let known = || Dimension::ALL.iter().map(|it| it.code().to_ascii_lowercase()).collect::<Vec<_>>().join(", ");
    Dimension::from_code(&text.to_ascii_uppercase()).ok_or_else(|| format!("must be one of {}", known()))
}

/// Arguments of `homecoming export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The programme, such as `liling`
    programme: String,
    /// What to export
    table: Table,
    /// The file to write, which must not be there. FILE.manifest.json says what it is; FILE.partial is what an interrupted export goes on from
    file: PathBuf,
    /// First day
    #[arg(long)]
    from: Option<Date>,
    /// Last day, included
    #[arg(long)]
    to: Option<Date>,
    /// Of a tally: a measure by its name, once for each; else all but savings'
    #[arg(long = "measure", value_name = "NAME")]
    measures: Vec<String>,
    /// Of a tally: what it is grouped by, such as month or site, once for each
    #[arg(long = "by", value_name = "DIMENSION", value_parser = dimension)]
    group_by: Vec<Dimension>,
    /// How it is written
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Begin a CSV with a byte order mark, by which Excel knows UTF-8
    #[arg(long)]
    bom: bool,
    /// The sequence number at which it is pinned; else the newest one
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(i64).range(1..))]
    as_of: Option<i64>,
    /// With rows that were voided
    #[arg(long)]
    voided: bool,
    /// With issuers and tokens of patients: de-identified, still sensitive
    #[arg(long)]
    patients: bool,
    #[command(flatten)]
    server: client::Server,
}

/// What an interrupted export needs to go on; it stands beside the partial file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    question: String,
    as_of_sequence: i64,
}

impl Export {
    /// Writes the file and its manifest, and says what it holds.
    ///
    /// # Errors
    /// What the server refused, that it can't be reached, that a file can't be written, or that what came isn't what the manifest says.
    pub async fn run(self) -> Result<(), Failure> {
        if self.file == Path::new("-") {
            let why = "it goes on where it was interrupted, and its manifest stands beside it";
            return Err(format!("an export is written to a file, not to standard output: {why}").into());
        }
        if self.file.try_exists()? {
            return Err(format!("{} is there already: choose another file", self.file.display()).into());
        }
        let channel = self.server.connect().await?;
        let parent = client::programme(&channel, Some(&self.programme)).await?;
        let mut draft = Draft::open(&self.file, self.question(&parent), self.as_of)?;
        let manifest = match self.fetch(channel, parent, &mut draft).await {
            Ok(manifest) => manifest,
            Err(failure) => {
                draft.forget_if_empty();
                return Err(failure);
            }
        };
        draft.finish(&self.file, &manifest)?;
        let (rows, bytes, sequence) = (manifest.row_count, manifest.byte_count, manifest.as_of_sequence);
        eprintln!("{rows} rows, {bytes} bytes as of sequence {sequence}; sha256 {}", manifest.sha256);
        Ok(())
    }

    /// Writes what comes into the draft, up to the manifest.
    async fn fetch(&self, channel: Line, parent: String, draft: &mut Draft) -> Result<pb::ExportManifest, Failure> {
        let mut parts = self.parts(channel, parent, draft.sequence, draft.bytes).await?;
        loop {
            let part =
                parts.next().await.ok_or("the server ended the export before its manifest: run it again to go on")?;
            match part.map_err(|status| sentence(&self.programme, &status))? {
                Content::Head(head) => draft.pin(head.as_of_sequence)?,
                Content::Data(data) => draft.write(&data)?,
                Content::Manifest(manifest) => return Ok(manifest),
            }
        }
    }

    /// What makes two exports the same, but for the sequence number.
    fn question(&self, parent: &str) -> String {
        let Self { table, from, to, measures, group_by, format, bom, voided, patients, .. } = self;
        format!("{parent} {table:?} {from:?} {to:?} {measures:?} {group_by:?} {format:?} {bom} {voided} {patients}")
    }

    async fn parts(
        &self,
        channel: Line,
        parent: String,
        as_of_sequence: i64,
        resume_offset: i64,
    ) -> Result<BoxStream<'static, Result<Content, Status>>, Failure> {
        let format = match self.format {
            Format::Csv => pb::ExportFormat::Csv,
            Format::Ndjson => pb::ExportFormat::Ndjson,
        };
        let (format, byte_order_mark) = (format.into(), self.bom);
        let options = Some(pb::ExportOptions { format, byte_order_mark, as_of_sequence, resume_offset });
        let mut client = ExportServiceClient::new(channel);
        let refused = |status: Status| sentence(&self.programme, &status);
        let content = |part: Option<pb::ExportPart>| {
            part.and_then(|part| part.content)
                .ok_or_else(|| Status::data_loss("the server sent a part without content"))
        };
        let (from_date, to_date) = (self.from.map(Into::into), self.to.map(Into::into));
        let (with_voided, with_patients) = (self.voided, self.patients);
        match self.table {
            Table::Tally => {
                let group_by = self.group_by.iter().map(|dimension| dimension.number()).collect();
                let measures = self.measures.clone();
                let question =
                    pb::QueryTallyRequest { parent, from_date, to_date, measures, group_by, ..Default::default() };
                let request = pb::ExportTallyRequest { question: Some(question), options };
                let stream = client.export_tally(request).await.map_err(refused)?.into_inner();
                Ok(stream.map(move |part| content(part?.part)).boxed())
            }
            Table::Savings => {
                let request =
                    pb::ExportSavingsRequest { parent, from_date, to_date, with_voided, with_patients, options };
                let stream = client.export_savings(request).await.map_err(refused)?.into_inner();
                Ok(stream.map(move |part| content(part?.part)).boxed())
            }
            Table::Activities => {
                let request =
                    pb::ExportActivitiesRequest { parent, from_date, to_date, with_voided, with_patients, options };
                let stream = client.export_activities(request).await.map_err(refused)?.into_inner();
                Ok(stream.map(move |part| content(part?.part)).boxed())
            }
        }
    }
}

/// The file while it isn't whole.
struct Draft {
    path: PathBuf,
    note: PathBuf,
    file: File,
    question: String,
    sequence: i64,
    bytes: i64,
    hash: Sha256,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

impl Draft {
    /// What an interrupted export of the same question left, or an empty file.
    fn open(file: &Path, question: String, as_of: Option<i64>) -> Result<Self, Failure> {
        let (path, note) = (beside(file, ".partial"), beside(file, ".partial.json"));
        let left = fs::read(&note).ok().and_then(|text| serde_json::from_slice::<Note>(&text).ok());
        let left =
            left.filter(|left| left.question == question && as_of.is_none_or(|as_of| as_of == left.as_of_sequence));
        let unwritable = |error: io::Error| format!("{}: {error}", path.display());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(left.is_none());
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600); // rows may be about patients
        let mut file = options.open(&path).map_err(unwritable)?;
        let mut hash = Sha256::new();
        let mut bytes = 0;
        let mut chunk = vec![0; 1 << 16];
        loop {
            match file.read(&mut chunk).map_err(unwritable)? {
                0 => break,
                read => {
                    hash.update(&chunk[..read]);
                    bytes += i64::try_from(read)?;
                }
            }
        }
        let sequence = left.map_or(as_of.unwrap_or_default(), |left| left.as_of_sequence);
        Ok(Self { path, note, file, question, sequence, bytes, hash })
    }

    /// Keeps where the export is pinned, before its first byte.
    fn pin(&mut self, as_of_sequence: i64) -> Result<(), Failure> {
        self.sequence = as_of_sequence;
        let note = Note { question: self.question.clone(), as_of_sequence };
        Ok(fs::write(&self.note, serde_json::to_vec(&note)?)?)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.file.write_all(data).map_err(|error| format!("{}: {error}", self.path.display()))?;
        self.hash.update(data);
        self.bytes += i64::try_from(data.len())?;
        Ok(())
    }

    /// Leaves nothing behind of an export of which nothing came.
    fn forget_if_empty(self) {
        if self.bytes == 0 {
            let _ = fs::remove_file(&self.path); // why nothing came is what matters
            let _ = fs::remove_file(&self.note);
        }
    }

    /// Gives the file its name once it is what the manifest says.
    fn finish(self, file: &Path, manifest: &pb::ExportManifest) -> Result<(), Failure> {
        let sha256 = self.hash.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // a String takes everything
            text
        });
        if sha256 != manifest.sha256 || self.bytes != manifest.byte_count {
            let (path, note) = (self.path.display(), self.note.display());
            return Err(
                format!("what came isn't what the manifest says: remove {path} and {note}, and begin again").into()
            );
        }
        self.file.sync_all()?;
        let mut text = serde_json::to_string_pretty(&Document::of(manifest))?;
        text.push('\n');
        fs::write(beside(file, ".manifest.json"), text)?;
        fs::rename(&self.path, file)?;
        Ok(fs::remove_file(&self.note)?)
    }
}

/// The manifest as a file.
#[derive(Serialize)]
struct Document<'a> {
    programme: &'a str,
    table: &'a str,
    question: &'a str,
    as_of_sequence: i64,
    as_of_time: Option<String>,
    row_count: i64,
    byte_count: i64,
    sha256: &'a str,
    totals: serde_json::Map<String, serde_json::Value>,
    tariffs: serde_json::Map<String, serde_json::Value>,
}

impl<'a> Document<'a> {
    fn of(manifest: &'a pb::ExportManifest) -> Self {
        let time = |time: &prost_types::Timestamp| {
            let micros = time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos) / 1_000);
            crate::kernel::Timestamp::from_micros(micros).to_string()
        };
        Self {
            programme: &manifest.programme,
            table: &manifest.table,
            question: &manifest.question,
            as_of_sequence: manifest.as_of_sequence,
            as_of_time: manifest.as_of_time.as_ref().map(time),
            row_count: manifest.row_count,
            byte_count: manifest.byte_count,
            sha256: &manifest.sha256,
            tariffs: manifest.tariffs.iter().map(|it| (it.name.clone(), it.sha256.clone().into())).collect(),
            totals: manifest.totals.iter().map(|total| (total.column.clone(), total.sum.into())).collect(),
        }
    }
}

//! `homecoming reconcile`: a hospital's own extract, a CSV table, beside the records of a server that runs.
use std::path::PathBuf;

use clap::Args;
use futures_util::stream;

use super::Failure;
use super::client::{self, sentence};
use crate::activities::Kind;
use crate::kernel::{Date, Vocabulary as _};
use crate::pb;
use crate::pb::reconciliation_service_client::ReconciliationServiceClient;

/// Arguments of `homecoming reconcile`.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// A CSV table in UTF-8 with the headings `id,kind,date`, and perhaps `quantity,issuer,token`
    file: PathBuf,
    /// The programme, such as `liling`; not needed where the server has just one
    #[arg(long)]
    programme: Option<String>,
    /// The system whose identifiers the table has, as in external ids
    #[arg(long)]
    system: String,
    /// The first day of the extract, YYYY-MM-DD
    #[arg(long)]
    from: Date,
    /// The last day of the extract, YYYY-MM-DD
    #[arg(long)]
    to: Date,
    /// Only compare, queue nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    server: client::Server,
}

/// Rows of a message on the way to the server.
const CHUNK: usize = 1_000;

const REQUIRED: [&str; 3] = ["id", "kind", "date"];
const OPTIONAL: [&str; 3] = ["quantity", "issuer", "token"];

/// What is wrong with a table's headings; nothing where all that are needed are there, once each, and no others.
fn wrong_headings(found: &csv::StringRecord) -> Option<String> {
    let is_once = |heading: &&str| found.iter().filter(|it| it == heading).count() == 1;
    let is_known = |heading: &str| REQUIRED.contains(&heading) || OPTIONAL.contains(&heading);
    if REQUIRED.iter().all(is_once) && found.iter().all(|it| is_known(it) && is_once(&it)) {
        return None;
    }
    // Where the headings are missing the first line is a record, of which nothing is repeated.
    let is_value = |it: &str| it.chars().count() > 24 || it.bytes().filter(u8::is_ascii_digit).count() > 2;
    let shown = |(place, it): (usize, &str)| if is_value(it) { format!("(column {place})") } else { it.to_owned() };
    let shown: Vec<_> = (1..).zip(found.iter()).map(shown).collect();
    let (required, optional, shown) = (REQUIRED.join(","), OPTIONAL.join(","), shown.join(","));
    Some(format!(
        "the headings must be `{required}`, perhaps `{optional}` too, each once, and no others; these are `{shown}`"
    ))
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    kind: String,
    date: String,
    quantity: Option<i64>,
    issuer: Option<String>,
    token: Option<String>,
}

impl Reconcile {
    /// Prints how many match, are missing, doubled or differ, and the first of them.
    ///
    /// # Errors
    /// What kept it from comparing, or that not everything agrees.
    pub async fn run(self) -> Result<(), Failure> {
        let rows = self.rows()?;
        let channel = self.server.connect().await?;
        let parent = client::programme(&channel, self.programme.as_deref()).await?;
        let first = pb::ReconcileExtractRequest {
            parent,
            system: self.system.clone(),
            from_date: Some(self.from.into()),
            to_date: Some(self.to.into()),
            validate_only: self.check,
            ..Default::default()
        };
        let rest =
            rows.chunks(CHUNK).map(|rows| pb::ReconcileExtractRequest { rows: rows.to_vec(), ..Default::default() });
        let messages: Vec<_> = std::iter::once(first).chain(rest).collect();
        let answer = ReconciliationServiceClient::new(channel).reconcile_extract(stream::iter(messages)).await;
        let report = answer.map_err(|status| sentence("reconcile", &status))?.into_inner();
        println!("{} rows, {} match, {} left out: restricted", report.rows, report.matched, report.restricted);
        println!("missing here {}, missing there {}", report.missing_here, report.missing_there);
        println!("doubled here {}, doubled there {}", report.doubled_here, report.doubled_there);
        println!("differing {}, settled {}", report.differing, report.settled);
        for finding in &report.findings {
            let kind = finding.kind().as_str_name().trim_start_matches("DISCREPANCY_KIND_");
            println!("  {kind} {} {} {}", finding.value, finding.activity, finding.fields.join(","));
        }
        if report.findings.is_empty() { Ok(()) } else { Err("the extract and the records don't agree".into()) }
    }

    fn rows(&self) -> Result<Vec<pb::ExtractRow>, Failure> {
        let place = |line: usize, what: &str| format!("{}, line {line}: {what}", self.file.display());
        let mut reader =
            csv::Reader::from_path(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let headings = reader.headers().map_err(|error| place(1, &error.to_string()))?;
        if let Some(wrong) = wrong_headings(headings) {
            return Err(place(1, &wrong).into());
        }
        let mut rows = Vec::new();
        for (line, row) in (2..).zip(reader.deserialize::<Row>()) {
            let row = row.map_err(|error| place(line, &error.to_string()))?;
            let kind = Kind::from_code(&row.kind.to_ascii_uppercase()).ok_or_else(|| place(line, "no such kind"))?;
            let date: Date = row.date.parse().map_err(|_| place(line, "the date must be YYYY-MM-DD"))?;
            let token = row.token.filter(|token| !token.is_empty());
            rows.push(pb::ExtractRow {
                value: row.id,
                kind: kind.number(),
                date: Some(date.into()),
                quantity: row.quantity.unwrap_or_default(),
                patient: token.map(|token| pb::Patient { issuer: row.issuer.unwrap_or_default(), token }),
            });
        }
        Ok(rows)
    }
}

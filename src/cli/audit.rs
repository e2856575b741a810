//! `homecoming audit`: a programme's audit from a server that runs, as a file that `homecoming verify` reads.
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::client::{self, sentence};
use crate::audit::wire::recorded;
use crate::audit::{Head, file};
use crate::pb;
use crate::pb::audit_service_client::AuditServiceClient;

/// Entries that are asked for at a time.
const PAGE: i32 = 1_000;

/// Arguments of `homecoming audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// The programme, such as `liling`
    programme: String,
    /// The file to write, which must not be there; else standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: client::Server,
}

impl Audit {
    /// Writes a line for each entry, and says on standard error where the chain ends.
    ///
    /// # Errors
    /// What the server refused, that it can't be reached, or that the file can't be written.
    pub async fn run(self) -> Result<(), Failure> {
        let channel = self.server.connect().await?;
        let parent = client::programme(&channel, Some(&self.programme)).await?;
        let mut client = AuditServiceClient::new(channel).max_decoding_message_size(16 << 20);
        let mut out: Box<dyn Write + Send> = match &self.output {
            Some(path) => {
                let file = OpenOptions::new().write(true).create_new(true).open(path);
                Box::new(BufWriter::new(file.map_err(|error| format!("{}: {error}", path.display()))?))
            }
            None => Box::new(BufWriter::new(io::stdout())),
        };
        let mut last: Option<Head> = None;
        loop {
            let after_entry = last.as_ref().map_or(0, |head| head.entry);
            let request = pb::ListAuditEntriesRequest { parent: parent.clone(), after_entry, page_size: PAGE };
            let page = client.list_audit_entries(request).await;
            let page = page.map_err(|status| sentence(&self.programme, &status))?.into_inner();
            if page.entries.is_empty() {
                break;
            }
            for entry in page.entries {
                let recorded = recorded(entry).ok_or("the server answered an entry that can't be read")?;
                last = Some(Head { entry: recorded.entry.entry, link: recorded.link.clone().unwrap_or_default() });
                writeln!(out, "{}", file::line(&recorded).ok_or("an entry's resources can't be read")?)?;
            }
        }
        out.flush()?;
        match last {
            Some(head) => eprintln!("{} entries; the head is {head}", head.entry),
            None => eprintln!("no entries"),
        }
        Ok(())
    }
}

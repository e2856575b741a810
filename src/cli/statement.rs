//! `homecoming statement`: a statement's text from a server that runs, as a file that `homecoming verify` proves.
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::client::{self, sentence};
use crate::pb;
use crate::pb::tally_service_client::TallyServiceClient;

/// Arguments of `homecoming statement`.
#[derive(Debug, Args)]
pub struct Statement {
    /// The statement's name, such as `programmes/liling/statements/2024-01-01-2024-03-31-…`
    name: String,
    /// The file to write, which must not be there; else standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: client::Server,
}

impl Statement {
    /// Writes the text, byte for byte.
    ///
    /// # Errors
    /// What the server refused, that it can't be reached, or that the file can't be written.
    pub async fn run(self) -> Result<(), Failure> {
        let channel = self.server.connect().await?;
        let request = pb::ExportStatementRequest { name: self.name.clone() };
        let answer = TallyServiceClient::new(channel).export_statement(request).await;
        let mut pieces = answer.map_err(|status| sentence(&self.name, &status))?.into_inner();
        let mut out: Box<dyn Write + Send> = match &self.output {
            Some(path) => {
                let file = OpenOptions::new().write(true).create_new(true).open(path);
                Box::new(BufWriter::new(file.map_err(|error| format!("{}: {error}", path.display()))?))
            }
            None => Box::new(BufWriter::new(io::stdout())),
        };
        while let Some(piece) = pieces.message().await.map_err(|status| sentence(&self.name, &status))? {
            out.write_all(&piece.content)?;
        }
        out.flush()?;
        Ok(())
    }
}

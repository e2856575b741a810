//! The command line: one file for each subcommand, which reads its arguments and calls the rest.
pub mod audit;
pub mod backup;
pub mod bench;
pub mod bulletin;
pub mod client;
mod demo;
pub mod export;
pub mod import;
pub mod migrate_data;
pub mod pseudonymise;
pub mod reconcile;
pub mod serve;
pub mod statement;
pub mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Schedules a county's visiting specialists, pairs them with local assistants and tallies what was done.
#[derive(Debug, Parser)]
#[command(name = "homecoming", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API
    Serve(serve::Serve),
    /// Bring a county's own tables in, through a server that runs
    Import(import::Import),
    /// Print a programme's bulletin
    Bulletin(bulletin::Bulletin),
    /// Write a programme's records to a file, from a server that runs
    Export(export::Export),
    /// Make tokens of patients' identity numbers, inside the hospital
    Pseudonymise(pseudonymise::Pseudonymise),
    /// Export a programme's audit, from a server that runs
    Audit(audit::Audit),
    /// Compare a hospital's own extract with the records, through a server that runs
    Reconcile(reconcile::Reconcile),
    /// Write a statement's text, from a server that runs
    Statement(statement::Statement),
    /// Check an exported audit, and prove a statement's text by it, without a server
    Verify(verify::Verify),
    /// Copy a database to an empty one, on whichever engine each is
    MigrateData(migrate_data::MigrateData),
    /// Copy an SQLite database to a file, also while a server runs on it
    Backup(backup::Backup),
    /// Put a copy back where no database is
    Restore(backup::Restore),
    /// Put load on a server that runs, and count again what is stored
    Bench(bench::Bench),
}

/// Runs what the arguments say.
#[must_use]
pub fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let own = matches.subcommand().map(|(_, own)| own);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => serve.run(own).await,
            Command::Import(import) => import.run().await,
            Command::Bulletin(bulletin) => bulletin.run().await,
            Command::Export(export) => export.run().await,
            Command::Pseudonymise(pseudonymise) => pseudonymise.run(),
            Command::Audit(audit) => audit.run().await,
            Command::Reconcile(reconcile) => reconcile.run().await,
            Command::Statement(statement) => statement.run().await,
            Command::Verify(verify) => verify.run(),
            Command::MigrateData(migrate) => migrate.run().await,
            Command::Backup(backup) => backup.run().await,
            Command::Restore(restore) => restore.run().await,
            Command::Bench(bench) => bench.run().await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

/// Every error of a subcommand is a sentence for the operator.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("homecoming: {error}");
    ExitCode::FAILURE
}

//! `homecoming backup` and `homecoming restore`: a copy of an SQLite file, also while a server runs on it, and back.
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::db::backup::{Copied, backup, restore};
use crate::server::settings::Storage;

/// Arguments of `homecoming backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, which must not be there
    file: PathBuf,
    #[command(flatten)]
    storage: Storage,
}

impl Backup {
    /// Copies the database and says what the copy was found to have.
    ///
    /// # Errors
    /// Why there is no copy, in a sentence.
    pub async fn run(self) -> Result<(), Failure> {
        let copied = backup(&self.storage.target(), &self.file).await?;
        println!("{} is a backup of {}: {}", self.file.display(), self.storage.target(), found(&copied));
        Ok(())
    }
}

/// Arguments of `homecoming restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The file that `homecoming backup` wrote
    file: PathBuf,
    #[command(flatten)]
    storage: Storage,
}

impl Restore {
    /// Puts the copy where the database shall be; none may be there.
    ///
    /// # Errors
    /// Why nothing was restored, in a sentence.
    pub async fn run(self) -> Result<(), Failure> {
        let copied = restore(&self.file, &self.storage.target()).await?;
        println!("{} is restored from {}: {}", self.storage.target(), self.file.display(), found(&copied));
        Ok(())
    }
}

fn found(copied: &Copied) -> String {
    match &copied.verified {
        Some(ledger) => format!(
            "{} bytes, {} programmes, {} changes and {} audit entries, verified",
            copied.bytes, ledger.programmes, ledger.changes, ledger.entries
        ),
        None => format!("{} bytes, of an older version; its pages are verified, its ledger isn't", copied.bytes),
    }
}

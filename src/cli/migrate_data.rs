//! `homecoming migrate-data`: everything of one database into an empty one, across engines.
use clap::Args;

use super::Failure;
use crate::db::Target;
use crate::db::migrate_data::migrate_data;

/// Arguments of `homecoming migrate-data`.
#[derive(Debug, Args)]
pub struct MigrateData {
    /// The database to copy, whose servers are stopped: an SQLite file, or postgres://user:password@host:port/name
    #[arg(long, value_name = "FILE|URL")]
    from: String,
    /// The database to copy to, which has no rows: an SQLite file that needn't be there, or postgres://user:password@host:port/name
    #[arg(long, value_name = "FILE|URL")]
    to: String,
}

impl MigrateData {
    /// Copies, verifies, and says what the copy was found to have.
    ///
    /// # Errors
    /// Why nothing was copied, in a sentence.
    pub async fn run(self) -> Result<(), Failure> {
        let (from, to) = (Target::parse(&self.from), Target::parse(&self.to));
        let migrated = migrate_data(&from, &to).await?;
        for (table, rows) in migrated.tables.iter().filter(|(_, rows)| *rows > 0) {
            println!("{table}: {rows} rows");
        }
        for head in &migrated.heads {
            println!("{}: {} changes; the head is {}:{}", head.programme, head.sequence, head.entry, head.link);
        }
        let (changes, entries) = (migrated.verified.changes, migrated.verified.entries);
        println!(
            "{to} is a copy of {from}: every table's rows counted, {changes} changes and {entries} audit entries verified"
        );
        Ok(())
    }
}

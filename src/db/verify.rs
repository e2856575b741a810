//! Checks that the ledger is whole: dense sequences, dense entries, links that follow from the entries.
//!
//! What an auditor and every test after a crash asks. It reads, and mends nothing.
use super::chain::{Entry, Link, ORIGIN};
use super::command::Query;
use super::sql::Sql;
use super::tx::Tx;
use crate::kernel::{Id, Result};

const HEADS: Sql =
    Sql::new("SELECT h.programme, h.sequence, h.expired, h.entry, h.link FROM heads h ORDER BY h.programme");
const HEADLESS: Sql = Sql::new(
    "SELECT a.programme FROM audit_entries a \
     WHERE a.entry = 1 AND (SELECT 1 FROM heads h WHERE h.programme = a.programme LIMIT 1) IS NULL ORDER BY a.programme",
);
const SEQUENCES: Sql = Sql::new(
    "SELECT count(*) AS rows, COALESCE(MIN(c.sequence), $2 + 1) AS lowest, COALESCE(MAX(c.sequence), $2) AS highest \
     FROM changes c WHERE c.programme = $1 AND c.sequence > $2",
);
const ENTRIES: Sql = Sql::new(
    "SELECT a.entry, a.time, a.subject, a.on_behalf_of, a.method, a.names, a.digest, a.link FROM audit_entries a \
     WHERE a.programme = $1 AND a.entry > $2 ORDER BY a.entry LIMIT 1000",
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] =
    &[("HEADS", HEADS), ("HEADLESS", HEADLESS), ("SEQUENCES", SEQUENCES), ("ENTRIES", ENTRIES)];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Programmes looked at; the platform's own ledger is looked at too, and no programme.
    pub programmes: u64,
    /// Changes counted, those aside that are kept no longer.
    pub changes: u64,
    /// Audit entries whose hashes were computed again.
    pub entries: u64,
    /// What is wrong, in words; empty when all is well.
    pub wrong: Vec<String>,
}

/// Verifies the ledgers of all programmes.
#[derive(Clone, Copy, Debug)]
pub struct VerifyLedger;

impl Query for VerifyLedger {
    type Output = Verified;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Verified> {
        let mut verified = Verified::default();
        for head in tx.sql(HEADS).fetch_all().await? {
            let programme: Id = head.get("programme")?;
            verified.programmes += u64::from(programme != Id::platform());
            let (sequence, expired): (i64, i64) = (head.get("sequence")?, head.get("expired")?);
            let counted = tx.sql(SEQUENCES).bind(&programme).bind(expired).fetch_one().await?;
            let (rows, lowest, highest): (i64, i64, i64) =
                (counted.get("rows")?, counted.get("lowest")?, counted.get("highest")?);
            verified.changes += rows.unsigned_abs();
            if (rows, lowest, highest) != (sequence - expired, expired + 1, sequence) {
                let found = format!("{rows} changes from {lowest} to {highest}");
                verified.wrong.push(format!("{programme}: {found}, the head says {} to {sequence}", expired + 1));
            }
            let chain = walk(tx, &programme).await?;
            verified.entries += chain.entries.unsigned_abs();
            verified.wrong.extend(chain.wrong.map(|wrong| format!("{programme}: {wrong}")));
            let (entry, link): (i64, String) = (head.get("entry")?, head.get("link")?);
            if (chain.entries, &chain.link) != (entry, &link) {
                verified.wrong.push(format!(
                    "{programme}: the chain ends at entry {}, the head at {entry}, or with another link",
                    chain.entries
                ));
            }
        }
        for row in tx.sql(HEADLESS).fetch_all().await? {
            verified.wrong.push(format!("{}: it has entries and no head", row.get::<String>("programme")?));
        }
        Ok(verified)
    }
}

struct Chain {
    entries: i64,
    link: String,
    wrong: Option<String>,
}

/// Computes a programme's chain again, in pieces of 1,000 entries.
async fn walk(tx: &mut Tx<'_>, programme: &Id) -> Result<Chain> {
    let mut chain = Chain { entries: 0, link: ORIGIN.to_owned(), wrong: None };
    let mut link = Link::after(ORIGIN);
    loop {
        let rows = tx.sql(ENTRIES).bind(programme).bind(chain.entries).fetch_all().await?;
        if rows.is_empty() {
            return Ok(chain);
        }
        for row in rows {
            let entry = Entry {
                programme: programme.to_string(),
                entry: row.get("entry")?,
                time: row.get("time")?,
                subject: row.get("subject")?,
                on_behalf_of: row.get("on_behalf_of")?,
                method: row.get("method")?,
                names: row.get("names")?,
                digest: row.get("digest")?,
            };
            if entry.entry != chain.entries + 1 {
                chain.wrong = Some(format!("entry {} is missing", chain.entries + 1));
                return Ok(chain);
            }
            chain.entries = entry.entry;
            link.cover(&entry);
            let Some(stored) = row.get::<Option<String>>("link")? else { continue };
            let computed = std::mem::replace(&mut link, Link::after(&stored)).finish();
            if computed != stored {
                chain.wrong =
                    Some(format!("the link at entry {} doesn't follow from the entries before it", entry.entry));
                return Ok(chain);
            }
            chain.link = stored;
        }
    }
}

//! What reads the audit: one struct per use case.
use super::{Head, Recorded, Report, Verifier, store};
use crate::db::{Query, Tx};
use crate::kernel::page::MAX_BYTES;
use crate::kernel::{Id, Result};

/// Entries that are read at a time: one can name a thousand resources.
const CHUNK: usize = 100;

/// Reads entries after a number, as many as an answer holds, and where the chain ends.
#[derive(Clone, Debug)]
pub struct ReadEntries {
    /// Of which programme.
    pub programme: Id,
    /// After this entry.
    pub after: i64,
    /// So many at most.
    pub most: usize,
}

impl Query for ReadEntries {
    type Output = (Head, Vec<Recorded>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(Head, Vec<Recorded>)> {
        let head = store::head(tx, &self.programme).await?;
        let (mut entries, mut bytes): (Vec<Recorded>, usize) = (Vec::new(), 0);
        loop {
            let after = entries.last().map_or(self.after, |last| last.entry.entry);
            let chunk = store::after(tx, &self.programme, after, CHUNK).await?;
            let is_last = chunk.len() < CHUNK;
            for recorded in chunk {
                bytes += recorded.bytes();
                if entries.len() == self.most || (bytes > MAX_BYTES && !entries.is_empty()) {
                    return Ok((head, entries));
                }
                entries.push(recorded);
            }
            if is_last {
                return Ok((head, entries));
            }
        }
    }
}

/// Computes a programme's chain again, from its first entry to its end, and compares it with the heads.
#[derive(Clone, Debug)]
pub struct VerifyChain {
    /// Of which programme.
    pub programme: Id,
    /// A head that was published; none: only with the database's own.
    pub published: Option<Head>,
}

impl Query for VerifyChain {
    type Output = Report;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Report> {
        let own = store::head(tx, &self.programme).await?;
        let heads = self.published.iter().cloned().chain([own]).collect();
        let mut verifier = Verifier::new(self.programme.as_str(), heads);
        let mut last = 0;
        loop {
            let chunk = store::after(tx, &self.programme, last, CHUNK).await?;
            let Some(end) = chunk.last() else { return Ok(verifier.finish()) };
            last = end.entry.entry;
            for recorded in &chunk {
                verifier.take(recorded, None);
            }
        }
    }
}

//! What an export reads: where it is pinned, and page after page, each in a snapshot of its own.
use super::{CELL, Choice, ROW};
use std::collections::BTreeSet;

use super::store::{self, After};
use crate::changes;
use crate::db::{Query, Tx};
use crate::kernel::{Error, Id, ProgrammeName, Reason, Result, Timestamp};
use crate::programmes;
use crate::tallies::Question;
use crate::tallies::queries::count;

/// Pins an export.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The programme.
    pub programme: Id,
    /// At which sequence number; 0: the newest one.
    pub sequence: i64,
}

/// Where an export is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The sequence number.
    pub sequence: i64,
    /// When it was given; none where its change isn't kept any more.
    pub time: Option<Timestamp>,
}

impl Query for Pin {
    type Output = Pinned;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Pinned> {
        let extent = changes::store::extent(tx, &self.programme).await?;
        if self.sequence > extent.newest {
            let name = ProgrammeName::new(self.programme.clone());
            let refused = Error::refused(Reason::SequenceAhead, "the programme has no such change yet");
            return Err(refused.with("name", name).with("newest", extent.newest));
        }
        let sequence = if self.sequence == 0 { extent.newest } else { self.sequence };
        let change = changes::store::after(tx, &self.programme, sequence - 1, 1).await?.pop();
        let time = change.filter(|change| change.sequence == sequence).map(|change| change.time);
        Ok(Pinned { sequence, time })
    }
}

/// Reads the next rows of an export. Versions are append-only: pages that are read later still fit.
#[derive(Clone, Debug)]
pub struct ReadRows {
    /// The programme.
    pub programme: Id,
    /// Which of them.
    pub choice: Choice,
    /// The sequence number at which they stood.
    pub sequence: i64,
    /// Where the page before ended.
    pub after: Option<After>,
}

impl Query for ReadRows {
    type Output = Option<(String, After)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<(String, After)>> {
        store::page(tx, &self.programme, &self.choice, self.sequence, self.after.as_ref()).await
    }
}

/// Reads what tariffs say.
#[derive(Clone, Debug)]
pub struct ReadTariffs {
    /// The programme.
    pub programme: Id,
    /// Their ids.
    pub ids: BTreeSet<String>,
}

impl Query for ReadTariffs {
    type Output = Vec<(String, String)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
        store::tariffs(tx, &self.programme, &self.ids).await
    }
}

/// Counts a tally as of the sequence at which its export is pinned: a row for each group, as statements answer rows.
#[derive(Clone, Debug)]
pub struct ReadTally {
    /// The programme.
    pub programme: Id,
    /// What is asked, as of the sequence.
    pub question: Question,
}

impl Query for ReadTally {
    type Output = String;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<String> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        let (answer, _) = count(tx, &programme, &self.question).await?;
        let mut text = String::new();
        for (group, numbers) in answer.rows {
            let numbers = numbers.iter().map(|number| number.quantity.to_string());
            let cells: Vec<String> = group.into_iter().chain(numbers).collect();
            text.push_str(&cells.join(&CELL.to_string()));
            text.push(ROW);
        }
        Ok(text)
    }
}

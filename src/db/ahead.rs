//! What commands ask first, asked for several of them in one message (docs/adr/0023-what-is-asked-ahead.md).
//!
//! A refused command writes nothing. So what the next commands of its batch ask first would be answered the same in their turn as now, until
//! one of them is carried out; and after that, too, for those that touch nothing that it touched
//! (docs/adr/0026-neighbours-that-touch-nothing-in-common.md).
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::batch::Job;
use super::row::Row;
use super::sql::Sql;
use super::tx::Tx;
use super::value::Value;
use crate::kernel::Result;

/// The most commands that are looked at ahead.
const MOST: usize = 16;
/// The most reads in one message: what an engine has to read of a text that it meets for the first time is bounded.
const MOST_READS: usize = 64;

/// Reads of which none waits for another's rows, each with its values.
pub(super) type Asked = Vec<(Sql, Vec<Value>)>;

/// What becomes of the first that is asked of a transaction.
#[derive(Default)]
pub(super) enum First {
    /// It is asked.
    #[default]
    Asked,
    /// It is only noted, and whoever asks waits for ever: it is to be known without being asked.
    Noted(Asked),
    /// It was asked ahead, with these rows of each read.
    Known(Asked, Vec<Vec<Row>>),
}

impl First {
    /// The rows, if just this was asked ahead.
    pub(super) fn rows_of(self, asked: &Asked) -> Option<Vec<Vec<Row>>> {
        match self {
            First::Known(known, rows) if is_same(&known, asked) => Some(rows),
            First::Asked | First::Noted(_) | First::Known(..) => None,
        }
    }
}

fn is_same(known: &Asked, asked: &Asked) -> bool {
    has_same_texts(known, asked) && known.iter().zip(asked).all(|((_, known), (_, asked))| known == asked)
}

fn has_same_texts(known: &Asked, asked: &Asked) -> bool {
    known.len() == asked.len() && known.iter().zip(asked).all(|((known, _), (asked, _))| known.text() == asked.text())
}

/// What is known ahead of a batch's commands, by their place in it.
#[derive(Default)]
pub(super) struct Ahead {
    known: HashMap<usize, First>,
    /// How many commands in a row were refused.
    refused: usize,
    /// The places of commands of which no two touch anything in common.
    apart: Range<usize>,
}

impl Ahead {
    /// A command was refused.
    pub(super) fn refused(&mut self) {
        self.refused += 1;
    }

    /// A command was carried out: of what was read before it, only that counts that it can't have touched.
    pub(super) fn carried_out(&mut self) {
        self.refused = 0;
        self.known.retain(|at, _| self.apart.contains(at));
    }

    /// Whether the command at this place touches nothing that the one before it touched.
    pub(super) fn is_apart(&self, at: usize) -> bool {
        at > self.apart.start && self.apart.contains(&at)
    }

    /// What is known of the first of these commands, which stands at this place. It is asked for those that touch nothing in common, or for
    /// as many as were refused in a row before: what proves to be asked in vain is never more than what was of use.
    pub(super) async fn first(&mut self, tx: &mut Tx<'_>, at: usize, jobs: &[&Job]) -> Result<First> {
        if at >= self.apart.end {
            self.apart = at..at + apart(jobs);
        }
        if let Some(known) = self.known.remove(&at) {
            return Ok(known);
        }
        let useful = self.refused.max(self.apart.end - at);
        let asked = alike(tx, &jobs[..jobs.len().min(useful).min(MOST)]);
        if asked.len() < 2 {
            return Ok(First::Asked);
        }
        let mut rows = tx.read(asked.iter().flatten().cloned().collect()).await?.into_iter();
        let known = (at..).zip(asked).map(|(at, asked)| {
            let rows = rows.by_ref().take(asked.len()).collect();
            (at, First::Known(asked, rows))
        });
        self.known = known.collect();
        Ok(self.known.remove(&at).unwrap_or_default())
    }
}

/// What the first commands ask first, as far as it is said in the same texts: so many of them that there are few combinations of texts.
fn alike(tx: &mut Tx<'_>, jobs: &[&Job]) -> Vec<Asked> {
    if jobs.len() < 2 {
        return Vec::new();
    }
    let mut alike: Vec<Asked> = Vec::with_capacity(jobs.len());
    for job in jobs {
        let asked = job.work.first(tx);
        let fits = alike.first().is_none_or(|first| has_same_texts(first, &asked));
        if asked.is_empty() || !fits || (alike.len() + 1) * asked.len() > MOST_READS {
            break;
        }
        alike.push(asked);
    }
    alike.truncate((alike.len() + 1).next_power_of_two() / 2);
    alike
}

/// How many of these commands, from the first on, are of its kind and programme and touch nothing in common.
fn apart(jobs: &[&Job]) -> usize {
    let mut touched = HashSet::new();
    let fits = |job: &&&Job| {
        let is_like_first = jobs.first().is_some_and(|first| {
            job.work.kind() == first.work.kind() && job.work.programme() == first.work.programme()
        });
        let Some(touches) = job.work.touches().filter(|_| is_like_first) else { return false };
        let is_apart = touches.iter().all(|key| !touched.contains(key));
        touched.extend(touches);
        is_apart
    };
    jobs.iter().take_while(fits).count()
}

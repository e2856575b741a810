//! Sheets: by one, another person than the recorder attests what was recorded of a session, or at a site on some days. Pure.
//!
//! Whoever attests shows by a digest that the lines are those that were read, has looked every operation case up again at its source,
//! and a sample of the rest, which nobody can choose: it follows from the lines themselves.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::{Activity, Kind};
use crate::kernel::{Collection, Date, Id, Name, Timestamp, hex, vocabulary};

/// The collection `sheets`.
pub enum Sheets {}

impl Collection for Sheets {
    const COLLECTION: &'static str = "sheets";
}

vocabulary! {
    /// What a look at the source came to.
    pub enum Finding: "SheetFinding" {
        /// The record says what the source says.
        Agrees = 1 => "AGREES",
        /// It doesn't: the record is disputed.
        Differs = 2 => "DIFFERS",
    }
}

/// The most records of a sheet: more are attested by several.
pub const MOST_ACTIVITIES: usize = 500;
/// The longest note of a check, in characters.
pub const MOST_NOTE: usize = 500;

/// What a sheet is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One session, and what was recorded of it.
    Session(Id),
    /// What was recorded at a site on days of one month, and the sessions held there on them.
    Days {
        /// Where.
        site: Id,
        /// First day.
        from: Date,
        /// Last day, of the same month.
        to: Date,
    },
}

/// A record that was looked up again at its source.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Check {
    /// Which.
    pub activity: Id,
    /// What came of it.
    pub finding: Finding,
    /// What differs, without personal data; empty where nothing does.
    pub note: String,
}

/// A sheet 核验单.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// `programmes/{programme}/sheets/{sheet}`.
    pub name: Name<Sheets>,
    /// What it is about.
    pub scope: Scope,
    /// How many records it attested.
    pub attested: i64,
    /// How many operation cases are among them.
    pub operations: i64,
    /// What was looked up again.
    pub checks: Vec<Check>,
    /// Of which lines it is: 64 hexadecimal digits.
    pub digest: String,
    /// Who attested: the person, or the subject where the call named none.
    pub attester: String,
    /// The sequence from which it stands.
    pub since_sequence: i64,
    /// When it was made.
    pub create_time: Timestamp,
}

impl Sheet {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let checks = self.checks.iter().map(|check| 10 + name + check.note.len());
        250 + 3 * name + self.attester.len() + checks.sum::<usize>()
    }
}

/// The digest of a sheet's lines: whoever shows it has read these records in these versions.
#[must_use]
pub fn digest(scope: &Scope, lines: &[Activity]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{scope:?}"));
    for line in lines {
        hasher.update(format!("\n{} {}", line.name.id(), line.meta.revision));
    }
    hex(hasher.finalize())
}

/// The records that have to be looked up again: every operation case, and of the others so many of a hundred, at least one.
#[must_use]
pub fn to_check(digest: &str, lines: &[Activity], percent: i64) -> BTreeSet<Id> {
    let (cases, others): (Vec<&Activity>, Vec<&Activity>) =
        lines.iter().partition(|line| line.record.kind == Kind::OperationCase);
    let mut drawn: Vec<([u8; 32], &Id)> = others
        .iter()
        .map(|line| (Sha256::digest(format!("{digest} {}", line.name.id())).into(), line.name.id()))
        .collect();
    drawn.sort();
    let percent = usize::try_from(percent).unwrap_or(100).min(100);
    let size = (drawn.len() * percent).div_ceil(100);
    let sample = drawn.into_iter().take(size).map(|(_, id)| id.clone());
    cases.into_iter().map(|line| line.name.id().clone()).chain(sample).collect()
}

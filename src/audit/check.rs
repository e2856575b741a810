//! Finds what was changed in a chain: entries are taken one after the other, and each that is changed, dropped or moved is
//! named, as far as can be told.
//!
//! An entry's own hash, where a file has it, names the entry. A link covers a batch: without hashes the batch is named. Whoever
//! computes every hash and link anew is found by a head that was published before, and only by that.
use std::collections::BTreeMap;
use std::fmt;

use super::{Head, Recorded};
use crate::db::chain::{Link, ORIGIN};
use crate::kernel::vocabulary;

vocabulary! {
    /// What is wrong with entries.
    pub enum FindingKind: "AuditFindingKind" {
        /// The entry isn't what its hash was made of.
        Changed = 1 => "CHANGED",
        /// The entries are gone.
        Missing = 2 => "MISSING",
        /// The entry stands where it doesn't belong, or stands twice.
        Moved = 3 => "MOVED",
        /// The link at the last of the entries doesn't follow from them: one was changed, or the link.
        LinkBroken = 4 => "LINK_BROKEN",
        /// The entries at the end have no link: the end of their batch is cut off.
        Unsealed = 5 => "UNSEALED",
        /// The chain went on to the head, and these are cut off.
        TailCut = 6 => "TAIL_CUT",
        /// The entry has another link than the head: the chain was made anew.
        HeadDiffers = 7 => "HEAD_DIFFERS",
        /// The entry is another programme's.
        Foreign = 8 => "FOREIGN",
        /// What stands in the entry's place can't be read.
        Unreadable = 9 => "UNREADABLE",
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// With which entry.
    pub first: i64,
    /// The last entry that it is about; the same as the first where it is about one.
    pub last: i64,
}

/// Findings in fewer words: one of the same kind about the next entry continues the one before it. What is told of a batch stays.
#[must_use]
pub fn shortened(findings: &[Finding]) -> Vec<Finding> {
    let mut short: Vec<Finding> = Vec::new();
    for finding in findings {
        let is_of_entry = match finding.kind {
            FindingKind::Changed | FindingKind::Moved | FindingKind::Foreign | FindingKind::Unreadable => true,
            FindingKind::Missing
            | FindingKind::LinkBroken
            | FindingKind::Unsealed
            | FindingKind::TailCut
            | FindingKind::HeadDiffers => false,
        };
        match short.iter_mut().rev().find(|it| it.kind == finding.kind) {
            Some(before) if is_of_entry && before.last.saturating_add(1) == finding.first => before.last = finding.last,
            _ => short.push(finding.clone()),
        }
    }
    short
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { kind, first, last } = self;
        let is_one = first == last;
        let entries = if is_one { format!("entry {first}") } else { format!("entries {first} to {last}") };
        match kind {
            FindingKind::Changed if is_one => write!(out, "{entries} was changed: it isn't what its hash was made of"),
            FindingKind::Changed => write!(out, "{entries} were changed: they aren't what their hashes were made of"),
            FindingKind::Missing => write!(out, "{entries} missing"),
            FindingKind::Moved if is_one => write!(out, "{entries} was moved or stands twice"),
            FindingKind::Moved => write!(out, "{entries} were moved or stand twice"),
            FindingKind::LinkBroken => write!(out, "{entries}: changed, or the link at entry {last}"),
            FindingKind::Unsealed => write!(out, "{entries} without a link: the end of the batch is cut off"),
            FindingKind::TailCut => write!(out, "{entries} cut off: the head is at entry {last}"),
            FindingKind::HeadDiffers => {
                write!(out, "{entries} has another link than the head: the chain was made anew")
            }
            FindingKind::Foreign => write!(out, "{entries} of another programme"),
            FindingKind::Unreadable => write!(out, "{entries}: what stands there can't be read"),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many entries were looked at.
    pub entries: u64,
    /// Where the chain ends as it was found.
    pub head: Head,
    /// What is wrong, by entry; empty where all is well. At most [`MOST_FINDINGS`].
    pub findings: Vec<Finding>,
}

/// More is not told.
pub const MOST_FINDINGS: usize = 1_000;

/// A chain being looked at.
pub struct Verifier {
    programme: String,
    heads: Vec<Head>,
    entries: u64,
    /// The number that the next entry should have.
    expected: i64,
    /// First and last of the entries that were skipped.
    skipped: BTreeMap<i64, i64>,
    link: Link,
    batch_first: i64,
    /// Whether nothing was found in this batch, so that its link can be judged.
    is_sound: bool,
    last_link: String,
    findings: Vec<Finding>,
}

impl Verifier {
    /// Begins with a programme's first entry; the chain must have every one of these heads.
    #[must_use]
    pub fn new(programme: &str, heads: Vec<Head>) -> Self {
        Self {
            programme: programme.to_owned(),
            heads,
            entries: 0,
            expected: 1,
            skipped: BTreeMap::new(),
            link: Link::after(ORIGIN),
            batch_first: 1,
            is_sound: true,
            last_link: ORIGIN.to_owned(),
            findings: Vec::new(),
        }
    }

    fn find(&mut self, kind: FindingKind, first: i64, last: i64) {
        self.is_sound = false;
        let finding = Finding { kind, first, last };
        if self.findings.len() < MOST_FINDINGS && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The next entry, with its own hash where that is known.
    pub fn take(&mut self, recorded: &Recorded, hash: Option<&str>) {
        let (entry, number) = (&recorded.entry, recorded.entry.entry);
        self.entries += 1;
        if entry.programme != self.programme {
            return self.find(FindingKind::Foreign, number, number);
        }
        if hash.is_some_and(|hash| hash != entry.fingerprint()) {
            self.find(FindingKind::Changed, number, number);
        }
        if number < self.expected {
            self.find(FindingKind::Moved, number, number);
            self.unskip(number);
        } else {
            if number > self.expected {
                self.skipped.insert(self.expected, number - 1);
                self.is_sound = false;
            }
            self.expected = number.saturating_add(1);
        }
        if self.heads.iter().any(|head| head.entry == number && Some(&head.link) != recorded.link.as_ref()) {
            self.find(FindingKind::HeadDiffers, number, number);
        }
        self.link.cover(entry);
        if let Some(stored) = &recorded.link {
            self.close(number, stored);
        }
    }

    /// What should be the next entry can't be read.
    pub fn skip_unreadable(&mut self) {
        self.find(FindingKind::Unreadable, self.expected, self.expected);
        self.expected = self.expected.saturating_add(1);
    }

    /// A batch ends.
    fn close(&mut self, number: i64, stored: &str) {
        let computed = std::mem::replace(&mut self.link, Link::after(stored)).finish();
        if self.is_sound && computed != stored {
            self.find(FindingKind::LinkBroken, self.batch_first, number);
        }
        self.batch_first = number.saturating_add(1);
        self.is_sound = true;
        stored.clone_into(&mut self.last_link);
    }

    /// An entry that was skipped is there after all.
    fn unskip(&mut self, number: i64) {
        let Some((&first, &last)) = self.skipped.range(..=number).next_back() else { return };
        if last < number {
            return;
        }
        self.skipped.remove(&first);
        if first < number {
            self.skipped.insert(first, number - 1);
        }
        if number < last {
            self.skipped.insert(number + 1, last);
        }
    }

    /// That was all.
    #[must_use]
    pub fn finish(mut self) -> Report {
        for (first, last) in std::mem::take(&mut self.skipped) {
            self.find(FindingKind::Missing, first, last);
        }
        let highest = self.expected - 1;
        if self.batch_first <= highest {
            self.find(FindingKind::Unsealed, self.batch_first, highest);
        }
        for head in std::mem::take(&mut self.heads) {
            if highest < head.entry {
                self.find(FindingKind::TailCut, highest + 1, head.entry);
            }
        }
        self.findings.sort_by_key(|finding| (finding.first, finding.last));
        let head = Head { entry: highest, link: self.last_link };
        Report { entries: self.entries, head, findings: self.findings }
    }
}

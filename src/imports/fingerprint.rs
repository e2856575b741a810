//! Whether a row that is brought in again says the same, and in which columns it doesn't. Pure.
//!
//! The whole is a digest of what was understood. A column has a mark of 12 bits beside it: enough to tell a column that differs (all but one
//! in 4,096 times), and too little to tell what stood there. Columns that name a patient have none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::kernel::hex;

/// What is understood of a row, where nothing is wrong with it. Two are equal where the rows say the same.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    whole: String,
    /// `level=3f2,city=a01`: the columns' English headings with their marks; nothing of a row that an older version brought in.
    marks: Option<String>,
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Fingerprint) -> bool {
        self.whole == other.whole
    }
}

impl Eq for Fingerprint {}

/// A cell that was understood.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The column's English heading: its stable name.
    pub heading: &'a str,
    /// Its canonical form.
    pub text: &'a str,
    /// Whether the column names a patient.
    pub names_patient: bool,
}

impl Fingerprint {
    /// Of a row's cells, in the order of their columns.
    #[must_use]
    pub fn of(cells: &[Said<'_>]) -> Fingerprint {
        let (mut text, mut marks) = (String::new(), String::new());
        for cell in cells {
            // The separators can't be in a cell; a String takes everything.
            let _ = write!(text, "{}\u{1f}{}\u{1e}", cell.heading, cell.text);
            if !cell.names_patient {
                let comma = if marks.is_empty() { "" } else { "," };
                let _ = write!(marks, "{comma}{}={:03x}", cell.heading, mark(cell));
            }
        }
        Fingerprint { whole: hex(Sha256::digest(text.as_bytes())), marks: Some(marks) }
    }

    /// As the database has it.
    #[must_use]
    pub const fn stored(whole: String, marks: Option<String>) -> Fingerprint {
        Fingerprint { whole, marks }
    }

    /// The digest of what was understood.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.whole
    }

    /// The columns' marks, where there are any.
    #[must_use]
    pub fn marks(&self) -> Option<&str> {
        self.marks.as_deref()
    }

    /// The English headings of columns that say something else than before, or that only one of both has; nothing where that can't be told.
    #[must_use]
    pub fn differing<'a>(&'a self, before: &'a Fingerprint) -> Vec<&'a str> {
        let (Some(now), Some(before)) = (&self.marks, &before.marks) else { return Vec::new() };
        let (now, before) = (by_heading(now), by_heading(before));
        let mut differing: Vec<&str> = now
            .iter()
            .filter(|(heading, mark)| before.get(*heading) != Some(*mark))
            .map(|(heading, _)| *heading)
            .collect();
        differing.extend(before.keys().filter(|heading| !now.contains_key(*heading)));
        differing
    }
}

fn by_heading(marks: &str) -> BTreeMap<&str, &str> {
    marks.split(',').filter_map(|mark| mark.split_once('=')).collect()
}

/// FNV-1a, folded to 12 bits: nothing rests on it but which column is named.
fn mark(cell: &Said<'_>) -> u64 {
    let bytes = cell.heading.bytes().chain([0x1f]).chain(cell.text.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 12) ^ (hash >> 24) ^ (hash >> 36) ^ (hash >> 48)) & 0xfff
}

//! A file in the making: what is written so far, counted and hashed, and what of it is still to be sent. Pure.
use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{CELL, Column, Format, Kind, ROW, render};

/// The most bytes that are sent in one message.
pub const PART: usize = 512 << 10;

/// A file that grows row by row. What comes before `skip` is counted and hashed, and not sent.
pub struct File {
    format: Format,
    columns: Vec<Column>,
    /// Each column's sum, where its cells add up; none once it went beyond 64 bits.
    sums: Vec<Option<i64>>,
    hash: Sha256,
    /// What stood in columns of tariffs, each list once.
    tariffs: BTreeSet<String>,
    rows: i64,
    bytes: u64,
    skip: u64,
    unsent: Vec<u8>,
}

/// What a whole file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its rows.
    pub rows: i64,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// The sums of the columns that add up.
    pub sums: Vec<(&'static str, i64)>,
}

impl File {
    /// Begins a file; its first `skip` bytes are there already.
    #[must_use]
    pub fn new(format: Format, columns: Vec<Column>, byte_order_mark: bool, skip: u64) -> Self {
        let sums = columns.iter().map(|_| Some(0)).collect();
        let (hash, rows, bytes, unsent) = (Sha256::new(), 0, 0, Vec::new());
        let tariffs = BTreeSet::new();
        let mut file = Self { format, columns, sums, hash, tariffs, rows, bytes, skip, unsent };
        let mut head = Vec::new();
        if byte_order_mark && format == Format::Csv {
            head.extend_from_slice(render::BYTE_ORDER_MARK);
        }
        render::header(format, &file.columns, &mut head);
        file.put(&head);
        file
    }

    /// Writes rows as a statement answers them.
    pub fn add(&mut self, rows: &str) {
        let mut written = Vec::with_capacity(rows.len() + rows.len() / 2);
        let mut cells = Vec::with_capacity(self.columns.len());
        for row in rows.split(ROW).filter(|row| !row.is_empty()) {
            cells.clear();
            cells.extend(row.split(CELL));
            render::row(self.format, &self.columns, &cells, &mut written);
            self.sum(&cells);
            self.rows = self.rows.saturating_add(1);
        }
        self.put(&written);
    }

    fn sum(&mut self, cells: &[&str]) {
        for ((column, sum), cell) in self.columns.iter().zip(&mut self.sums).zip(cells) {
            if column.kind == Kind::Sum && !cell.is_empty() {
                *sum = sum.zip(cell.parse::<i64>().ok()).and_then(|(sum, cell)| sum.checked_add(cell));
            }
            if column.kind == Kind::Tariffs && !self.tariffs.contains(*cell) {
                self.tariffs.insert((*cell).to_owned());
            }
        }
    }

    fn put(&mut self, written: &[u8]) {
        self.hash.update(written);
        let begin = usize::try_from(self.skip.saturating_sub(self.bytes)).unwrap_or(usize::MAX).min(written.len());
        self.bytes = self.bytes.saturating_add(written.len() as u64);
        self.unsent.extend_from_slice(&written[begin..]);
    }

    /// The ids of the tariffs that its rows rest on.
    #[must_use]
    pub fn tariffs(&self) -> BTreeSet<String> {
        let listed = |list: &String| serde_json::from_str::<Vec<String>>(list).unwrap_or_default();
        self.tariffs.iter().flat_map(listed).collect()
    }

    /// The next part to be sent, if anything is.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if self.unsent.is_empty() {
            return None;
        }
        let rest = self.unsent.split_off(self.unsent.len().min(PART));
        Some(std::mem::replace(&mut self.unsent, rest))
    }

    /// What the whole is; none where it is shorter than what was there already.
    #[must_use]
    pub fn finish(&self) -> Option<Counted> {
        let sha256 = hex(&self.hash.clone().finalize());
        let adds_up = |(column, sum): (&Column, &Option<i64>)| match column.kind {
            Kind::Sum => sum.map(|sum| (column.name, sum)),
            Kind::Text | Kind::Number | Kind::Json | Kind::Instant | Kind::Tariffs => None,
        };
        let sums = self.columns.iter().zip(&self.sums).filter_map(adds_up).collect();
        (self.skip <= self.bytes).then_some(Counted { rows: self.rows, bytes: self.bytes, sha256, sums })
    }
}

/// SHA-256 in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}

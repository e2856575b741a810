//! A file read whole: its table, its rows as records, and everything that is wrong with it, all at once.
//!
//! Pure: bytes in, records and problems out. What refers to other resources is resolved later, in `commands`.

use std::collections::HashMap;

use super::headers::Header;
use super::record::{Fingerprint, Key, Line};
use super::records::{self, Record};
use super::{MAX_FILE_BYTES, MAX_ROWS, Problem, Row, Table, TextEncoding, sheet, text};
use crate::kernel::Reason;

/// What a caller says about a file.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its name, without folders.
    pub file_name: String,
    /// Its table, where the name and the header are not to decide.
    pub table: Option<Table>,
    /// Its encoding, where the bytes are not to decide.
    pub encoding: Option<TextEncoding>,
}

/// A row without problems of its own.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its line in the file.
    pub line: u32,
    /// What it is called in this table: the same row brought in again has the same key.
    pub key: Key,
    /// What was understood of it.
    pub fingerprint: Fingerprint,
    /// What it says.
    pub record: Record,
}

/// What was read of a file.
#[derive(Debug, Default)]
pub struct Reading {
    /// Its table; `None` where nothing says which.
    pub table: Option<Table>,
    /// What its text was decoded from; `None` for a workbook.
    pub encoding: Option<TextEncoding>,
    /// Rows that are not blank, without the header and titles above it.
    pub rows: usize,
    /// The good ones, in the file's order.
    pub entries: Vec<Entry>,
    /// Everything that is wrong, by line.
    pub problems: Vec<Problem>,
    /// What a reader should know and is no problem.
    pub notes: Vec<String>,
    /// Which column is which; `None` where no header was read.
    pub header: Option<Header>,
    /// Whether the header or the whole file can't be read: then no row is good.
    pub unreadable: bool,
}

impl Reading {
    fn unreadable(mut self, problems: Vec<Problem>) -> Self {
        self.problems.extend(problems);
        self.unreadable = true;
        self
    }
}

/// Titles that may stand above a header.
const MAX_TITLES: usize = 5;

/// Reads a file.
pub fn read(about: &About, bytes: &[u8]) -> Reading {
    let mut reading = Reading::default();
    if bytes.len() > MAX_FILE_BYTES {
        let text = format!("over {} MiB: split the file", MAX_FILE_BYTES >> 20);
        return reading.unreadable(vec![Problem::of_file(Reason::OutOfRange, text)]);
    }
    if bytes.starts_with(sheet::OLD_MARK) {
        let text = "an old XLS (or a protected workbook): save it as XLSX or CSV";
        return reading.unreadable(vec![Problem::of_file(Reason::Malformed, text)]);
    }
    if bytes.starts_with(sheet::MARK) {
        return match sheet::read(bytes) {
            Err(problem) => reading.unreadable(vec![problem]),
            Ok(sheet) => {
                reading
                    .notes
                    .extend(sheet.unread.iter().map(|name| format!("sheet {name} was not read: one table a file")));
                rows(about, reading, sheet.rows.into_iter().map(Ok))
            }
        };
    }
    match text::decode(bytes, about.encoding) {
        Err(problem) => reading.unreadable(vec![problem]),
        Ok(decoded) => {
            reading.encoding = Some(decoded.encoding);
            reading.problems = decoded.problems;
            if text::has_open_quote(&decoded.text) {
                let text = "an odd number of quotation marks: one isn't closed, so rows can't be told apart";
                return reading.unreadable(vec![Problem::of_file(Reason::Malformed, text)]);
            }
            rows(about, reading, text::rows(&decoded.text))
        }
    }
}

fn rows(about: &About, mut reading: Reading, rows: impl Iterator<Item = Result<Row, Problem>>) -> Reading {
    let mut rows = rows.peekable();
    let Some(first) = header_row(&mut rows) else {
        return reading.unreadable(vec![Problem::of_file(Reason::Required, "the file has no row")]);
    };
    let first = match first {
        Ok(row) => row,
        Err(problem) => return reading.unreadable(vec![problem]),
    };
    let named = about.table.or_else(|| Table::of_file_name(&about.file_name));
    let Some(table) = named.or_else(|| Table::of_header(&first)) else {
        let text = "neither the file's name nor its header says which table it is";
        return reading.unreadable(vec![Problem::of_file(Reason::UnknownValue, text)]);
    };
    reading.table = Some(table);
    let header = match Header::read(table, &first) {
        Ok(header) => header,
        Err(problems) => return reading.unreadable(problems),
    };
    let undecodable: Vec<u32> = reading.problems.iter().map(|problem| problem.line).collect();
    let mut first_lines: HashMap<Key, u32> = HashMap::new();
    for row in rows {
        reading.rows += 1;
        if reading.rows > MAX_ROWS {
            reading.rows -= 1;
            let text = format!("over {MAX_ROWS} rows: split the file");
            return reading.unreadable(vec![Problem::of_file(Reason::OutOfRange, text)]);
        }
        let entry = row.map_err(|problem| vec![problem]).and_then(|row| records::read(Line::new(table, &header, &row)));
        match entry {
            Err(problems) => reading.problems.extend(problems),
            // Its problem is noted already: what was decoded of the line isn't what was written.
            Ok(entry) if undecodable.contains(&entry.line) => {}
            Ok(entry) => match first_lines.get(&entry.key) {
                Some(line) => {
                    let text = format!("the same as line {line}: two rows have one number or key");
                    reading.problems.push(Problem::at(entry.line, "", Reason::Duplicate, text));
                }
                None => {
                    first_lines.insert(entry.key.clone(), entry.line);
                    reading.entries.push(entry);
                }
            },
        }
    }
    reading.problems.sort_by_key(|problem| problem.line);
    reading.header = Some(header);
    reading
}

/// The first row with more than one cell: rows of one cell above it are titles.
fn header_row(rows: &mut impl Iterator<Item = Result<Row, Problem>>) -> Option<Result<Row, Problem>> {
    let mut titles = 0;
    rows.find(|row| {
        let title = row.as_ref().is_ok_and(|row| row.cells.iter().filter(|cell| !cell.is_blank()).count() == 1);
        titles += usize::from(title);
        !title || titles > MAX_TITLES
    })
}

/// The table that a file's header says, for whoever has to put files in order before they are read.
pub fn of_content(bytes: &[u8]) -> Option<Table> {
    let first = if bytes.starts_with(sheet::MARK) {
        sheet::read(bytes).ok().and_then(|sheet| header_row(&mut sheet.rows.into_iter().map(Ok)))
    } else {
        let decoded = text::decode(bytes, None).ok()?;
        header_row(&mut text::rows(&decoded.text))
    };
    Table::of_header(&first?.ok()?)
}

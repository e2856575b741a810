//! A file read whole: its table, its rows as records, and everything that is wrong with it, all at once.
//!
//! Pure: bytes in, records and problems out. What refers to other resources is resolved later, in `commands`.

use std::collections::HashMap;

use super::fingerprint::Fingerprint;
use super::headers::Header;
use super::record::{Key, Line};
use super::records::{self, Record};
use super::{MAX_FILE_BYTES, MAX_ROWS, MOST_PROBLEMS, Problem, Row, Table, TextEncoding, sheet, text};
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
    /// What is wrong, by line: the first problems, at most [`MOST_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many there are.
    pub problem_count: usize,
    /// In how many lines.
    pub bad_rows: usize,
    /// What a reader should know and is no problem.
    pub notes: Vec<String>,
    /// Which column is which; `None` where no header was read.
    pub header: Option<Header>,
    /// Whether the header or the whole file can't be read: then no row is good.
    pub unreadable: bool,
}

impl Reading {
    fn unreadable(mut self, problems: Vec<Problem>) -> Self {
        self.bad_rows += usize::from(problems.iter().any(|problem| problem.line > 0));
        self.note(problems);
        self.unreadable = true;
        self
    }

    /// Counts problems, and keeps the first ones. A file of nothing else must not fill the memory with them.
    fn note(&mut self, problems: Vec<Problem>) {
        self.problem_count += problems.len();
        let room = MOST_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(problems.into_iter().take(room));
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
                rows(about, reading, &[], sheet.rows.into_iter().map(Ok))
            }
        };
    }
    match text::decode(bytes, about.encoding) {
        Err(problem) => reading.unreadable(vec![problem]),
        Ok(decoded) => {
            reading.encoding = Some(decoded.encoding);
            if text::has_open_quote(&decoded.text) {
                let text = "an odd number of quotation marks: one isn't closed, so rows can't be told apart";
                reading.note(decoded.problems);
                return reading.unreadable(vec![Problem::of_file(Reason::Malformed, text)]);
            }
            let reading = rows(about, reading, &decoded.undecodable, text::rows(&decoded.text));
            with_undecodable(reading, decoded.problems, decoded.undecodable.len())
        }
    }
}

/// What is wrong with lines as they are written, beside what is wrong with what they say.
fn with_undecodable(mut reading: Reading, problems: Vec<Problem>, count: usize) -> Reading {
    reading.problem_count += count;
    reading.bad_rows += count;
    reading.problems.extend(problems);
    reading.problems.sort_by_key(|problem| problem.line);
    reading.problems.truncate(MOST_PROBLEMS);
    reading
}

fn rows(
    about: &About,
    mut reading: Reading,
    undecodable: &[u32],
    rows: impl Iterator<Item = Result<Row, Problem>>,
) -> Reading {
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
    let is_undecodable = |line: u32| undecodable.binary_search(&line).is_ok();
    let mut first_lines: HashMap<Key, u32> = HashMap::new();
    for row in rows {
        reading.rows += 1;
        let read = row.map_err(|problem| vec![problem]).and_then(|row| records::read(Line::new(table, &header, &row)));
        let problems = match read {
            Err(problems) => problems,
            // Its problem is noted already: what was decoded of the line isn't what was written.
            Ok(entry) if is_undecodable(entry.line) => continue,
            Ok(_) if reading.rows > MAX_ROWS => continue, // the file is refused; its rows are still looked at
            Ok(entry) => match first_lines.get(&entry.key) {
                Some(line) => {
                    let text = format!("the same as line {line}: two rows have one number or key");
                    vec![Problem::at(entry.line, "", Reason::Duplicate, text)]
                }
                None => {
                    first_lines.insert(entry.key.clone(), entry.line);
                    reading.entries.push(entry);
                    continue;
                }
            },
        };
        reading.bad_rows += usize::from(!problems.first().is_some_and(|problem| is_undecodable(problem.line)));
        reading.note(problems);
    }
    if reading.rows > MAX_ROWS {
        let text = format!("over {MAX_ROWS} rows: split the file");
        reading.problems.insert(0, Problem::of_file(Reason::OutOfRange, text));
        reading.problems.truncate(MOST_PROBLEMS);
        reading.problem_count += 1;
        reading.unreadable = true;
        reading.entries.clear();
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

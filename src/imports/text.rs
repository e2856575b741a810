//! Text files to rows of cells: which encoding it is, what can't be decoded, where each row stands.
//!
//! Pure, and it doesn't know what a column means. A file is UTF-8 when all of it is; where it isn't, its header or most
//! of its lines say which of UTF-8 and GB18030 was meant, and every line that isn't in it is a problem with its number.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::cells::Cell;
use super::{MOST_PROBLEMS, Problem, Row, TextEncoding};
use crate::kernel::Reason;

/// A decoded file: its lines are those of the file, undecodable ones have replacement characters.
pub struct Decoded<'a> {
    /// The text without a byte order mark.
    pub text: Cow<'a, str>,
    /// What it was decoded from.
    pub encoding: TextEncoding,
    /// The first lines with bytes that the encoding doesn't have, at most [`MOST_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// All such lines, in order.
    pub undecodable: Vec<u32>,
}

const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes a file, in the encoding given or the one that it is in.
///
/// # Errors
/// A problem of the whole file when it is UTF-16 or has NUL bytes: it isn't a text that this reads.
pub fn decode(bytes: &[u8], given: Option<TextEncoding>) -> Result<Decoded<'_>, Problem> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Problem::of_file(Reason::Malformed, "the file is UTF-16: save it as CSV UTF-8"));
    }
    if bytes.contains(&0) {
        return Err(Problem::of_file(Reason::ControlCharacter, "the file has NUL bytes: it isn't a CSV"));
    }
    let marked = bytes.starts_with(UTF_8_MARK);
    let bytes = bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes);
    let encoding = match given {
        Some(encoding) => encoding,
        None if marked => TextEncoding::Utf8,
        None => detect(bytes),
    };
    let rules = match encoding {
        TextEncoding::Utf8 => UTF_8,
        TextEncoding::Gb18030 => GB18030,
    };
    let (text, faulty) = rules.decode_without_bom_handling(bytes);
    let undecodable = if faulty { undecodable(bytes, rules) } else { Vec::new() };
    let problem = |line: &u32| {
        let text = format!("bytes that are not {}: the file is damaged or mixes encodings", encoding.title());
        Problem::at(*line, "", Reason::Malformed, text)
    };
    let problems = undecodable.iter().take(MOST_PROBLEMS).map(problem).collect();
    Ok(Decoded { text, encoding, problems, undecodable })
}

/// All of it UTF-8: UTF-8. Else what the first line with other letters than ASCII is in, where it is valid in just one;
/// else what more of such lines are in.
fn detect(bytes: &[u8]) -> TextEncoding {
    if std::str::from_utf8(bytes).is_ok() {
        return TextEncoding::Utf8;
    }
    let beyond_ascii = || bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii());
    let in_utf_8 = |line: &&[u8]| std::str::from_utf8(line).is_ok();
    let in_gb18030 = |line: &[u8]| GB18030.decode_without_bom_handling_and_without_replacement(line).is_some();
    match beyond_ascii().next() {
        Some(first) if in_utf_8(&first) && !in_gb18030(first) => return TextEncoding::Utf8,
        Some(first) if !in_utf_8(&first) && in_gb18030(first) => return TextEncoding::Gb18030,
        Some(_) | None => {}
    }
    let lines = beyond_ascii().count();
    if beyond_ascii().filter(in_utf_8).count() * 2 >= lines { TextEncoding::Utf8 } else { TextEncoding::Gb18030 }
}

/// Every line with bytes outside the encoding. A line feed is never inside a character of either.
fn undecodable(bytes: &[u8], rules: &'static Encoding) -> Vec<u32> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let bad = lines.filter(|(_, line)| rules.decode_without_bom_handling_and_without_replacement(line).is_none());
    bad.map(|(index, _)| u32::try_from(index + 1).unwrap_or(u32::MAX)).collect()
}

/// Whether a quotation mark isn't closed: everything behind it would be one cell, and rows would be lost without a word.
pub fn has_open_quote(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

/// Reads rows one at a time from a decoded text; blank ones are left out.
pub fn rows(text: &str) -> impl Iterator<Item = Result<Row, Problem>> + '_ {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), counted: 0, line: 1 };
    reader.into_records().filter_map(move |record| match record {
        Ok(record) => {
            let line = lines.at(record.position());
            let cells: Vec<_> = record.iter().map(Cell::of_text).collect();
            let blank = cells.iter().all(Cell::is_blank);
            (!blank).then_some(Ok(Row { line, cells }))
        }
        Err(error) => Some(Err(Problem::at(lines.at(error.position()), "", Reason::Malformed, "the line isn't CSV"))),
    })
}

/// Counts lines as editors do. The reader's own count takes a line feed for the next record's where a carriage return
/// ended the last one.
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line of the first sign at or behind a position that is not an end of line. Positions only grow.
    fn at(&mut self, position: Option<&csv::Position>) -> u32 {
        let byte = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.counted);
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let ends = self.text.get(byte..).map_or(0, |rest| rest.iter().take_while(|byte| is_end(byte)).count());
        let passed = self.text.get(self.counted..byte + ends).unwrap_or_default();
        let feeds = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(feeds).unwrap_or(u32::MAX));
        self.counted = self.counted.max(byte + ends);
        self.line
    }
}

/// The sign that the first line has most of: comma, tab or semicolon.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: u8| first.bytes().filter(|byte| *byte == sign).count();
    let mut best = b',';
    for sign in [b'\t', b';'] {
        if count(sign) > count(best) {
            best = sign;
        }
    }
    best
}

//! Spreadsheets (XLSX) to rows of cells, within bounds that are measured before anything is read.
//!
//! Formulas are read as their stored results; styles, comments and charts are not read. The first sheet with a row in it is the
//! table, the report names the others. The old binary XLS is refused: save it as XLSX or CSV.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};
use chrono::NaiveTime;

use super::cells::Cell;
use super::{Problem, Row};
use crate::kernel::{Date, Reason};

/// What an XLSX starts with: it is a ZIP archive.
pub const MARK: &[u8] = b"PK\x03\x04";
/// What an old XLS starts with.
pub const OLD_MARK: &[u8] = b"\xd0\xcf\x11\xe0";

/// Bytes that a workbook may have once unpacked, all parts together: a small archive can hold much.
const MAX_UNPACKED: u64 = 128 << 20;
/// Cells of one sheet, counted by its corners: a stray cell in the last row makes a range of it all.
const MAX_CELLS: u64 = 2_000_000;

/// A sheet's rows, and the names of other sheets that have rows too.
#[derive(Debug)]
pub struct Sheet {
    /// Rows that are not blank, with their row numbers.
    pub rows: Vec<Row>,
    /// Sheets that were not read.
    pub unread: Vec<String>,
}

/// Reads the first sheet that has something in it.
///
/// # Errors
/// A problem of the whole file: not a workbook, damaged, or too large once unpacked.
pub fn read(bytes: &[u8]) -> Result<Sheet, Problem> {
    measure(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut sheet = Sheet { rows: Vec::new(), unread: Vec::new() };
    for name in book.sheet_names() {
        let corners = book.worksheet_cells_reader(&name).map_err(|_| damaged())?.dimensions();
        let height = u64::from(corners.end.0.saturating_sub(corners.start.0)) + 1;
        let width = u64::from(corners.end.1.saturating_sub(corners.start.1)) + 1;
        if height.saturating_mul(width) > MAX_CELLS {
            return Err(Problem::of_file(
                Reason::OutOfRange,
                "a sheet's range has over 2,000,000 cells: delete stray cells",
            ));
        }
        let rows = rows(&mut book, &name)?;
        if rows.is_empty() {
            continue;
        }
        if sheet.rows.is_empty() { sheet.rows = rows } else { sheet.unread.push(name) }
    }
    Ok(sheet)
}

/// Unpacks every part to nowhere: what an archive says about its own size may be wrong.
fn measure(bytes: &[u8]) -> Result<(), Problem> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| damaged())?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| damaged())?;
        left = left.checked_sub(unpacked).ok_or_else(|| {
            Problem::of_file(Reason::OutOfRange, "the workbook has over 128 MiB once unpacked: split it")
        })?;
    }
    Ok(())
}

fn rows(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, Problem> {
    let range = book.worksheet_range(name).map_err(|_| damaged())?;
    let (top, left) = range.start().unwrap_or_default();
    let numbered = range.rows().enumerate().map(|(index, row)| {
        let line = top.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)).saturating_add(1);
        // Columns before the range's first are blank, so that a header and its rows keep their places.
        let blanks = std::iter::repeat_n(Cell::Blank, left as usize);
        Row { line, cells: blanks.chain(row.iter().map(cell)).collect() }
    });
    Ok(numbered.filter(|row| !row.cells.iter().all(Cell::is_blank)).collect())
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Blank,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::of_text(text),
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::Bool(truth) => Cell::Text(if *truth { "true" } else { "false" }.to_owned()),
        Data::DateTime(moment) if moment.as_f64() < 1.0 => Cell::Number(moment.as_f64()),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = Date::from_ymd_opt(year.into(), month.into(), day.into());
            let time = NaiveTime::from_hms_opt(hour.into(), minute.into(), second.into());
            date.zip(time).map_or(Cell::Fault, |(date, time)| Cell::Moment(date.and_time(time)))
        }
        Data::Error(_) => Cell::Fault,
    }
}

fn damaged() -> Problem {
    Problem::of_file(Reason::Malformed, "not an XLSX workbook, or a damaged one")
}

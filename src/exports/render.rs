//! Rows as CSV or NDJSON. Pure; the bytes depend on the cells alone.
use std::io::Write as _;

use super::{Column, Format, Kind};
use crate::kernel::Timestamp;

/// By which spreadsheets know UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Writes the line of column names, where the format has one.
pub fn header(format: Format, columns: &[Column], out: &mut Vec<u8>) {
    match format {
        Format::Ndjson => {}
        Format::Csv => {
            for (place, column) in columns.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(column.name.as_bytes());
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Writes a row: as many cells as there are columns, further ones are left out.
pub fn row(format: Format, columns: &[Column], cells: &[&str], out: &mut Vec<u8>) {
    match format {
        Format::Csv => {
            for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                csv_cell(column.kind, cell, out);
            }
            out.extend_from_slice(b"\r\n");
        }
        Format::Ndjson => {
            for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
                out.push(if place == 0 { b'{' } else { b',' });
                quoted(column.name, out);
                out.push(b':');
                json_cell(column.kind, cell, out);
            }
            out.extend_from_slice(b"}\n");
        }
    }
}

fn csv_cell(kind: Kind, cell: &str, out: &mut Vec<u8>) {
    match kind {
        Kind::Sum | Kind::Number => out.extend_from_slice(cell.as_bytes()),
        Kind::Instant => instant(cell, out),
        Kind::Json | Kind::Tariffs if cell == "[]" => {}
        Kind::Json | Kind::Tariffs | Kind::Text => text(cell, out),
    }
}

fn text(cell: &str, out: &mut Vec<u8>) {
    let is_formula = is_formula(cell);
    let is_plain = !cell.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
    if is_plain && !is_formula {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    if is_formula {
        out.push(b'\'');
    }
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Whether a spreadsheet could run a cell instead of showing it.
#[must_use]
pub fn is_formula(cell: &str) -> bool {
    // What most cells begin with.
    if cell.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric) {
        return false;
    }
    cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(FORMULA)
}

fn json_cell(kind: Kind, cell: &str, out: &mut Vec<u8>) {
    match kind {
        _ if cell.is_empty() => out.extend_from_slice(b"null"),
        Kind::Sum | Kind::Number | Kind::Json | Kind::Tariffs => out.extend_from_slice(cell.as_bytes()),
        Kind::Text => quoted(cell, out),
        Kind::Instant => {
            out.push(b'"');
            instant(cell, out);
            out.push(b'"');
        }
    }
}

/// RFC 3339 in UTC.
fn instant(micros: &str, out: &mut Vec<u8>) {
    if let Ok(micros) = micros.parse() {
        let _ = write!(out, "{}", Timestamp::from_micros(micros)); // a Vec takes everything
    }
}

/// A text as JSON has it.
fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

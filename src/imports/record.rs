//! One row read by its columns: every accessor notes what is wrong, and what it understood, in one canonical form.
//!
//! Accessors answer `None` for what is blank or wrong; a record is built only where the row has no problem. The fingerprint of
//! what was understood says whether a row that is brought in again is the same: `2024.3.5` and `2024-03-05` are.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

use super::cells::{Cell, Moment, Reading};
use super::fingerprint::{Fingerprint, Said};
use super::headers::{Column, Header, Heading};
use super::spelling::Spelled;
use super::{MAX_CELL_CHARACTERS, Problem, Row, Table};
use crate::kernel::{Date, Fen, Id, NaiveTime, Reason, Specialty, hex};

/// What stands in a row, column by column.
pub struct Line<'a> {
    table: Table,
    header: &'a Header,
    row: &'a Row,
    said: BTreeMap<Column, String>,
    problems: Vec<Problem>,
}

/// The county's own number of something, as its tables write it: 1 to 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// A key of several parts, such as a pairing's expert, assistant and day.
    pub fn of_parts(parts: &[&str]) -> Self {
        Self(parts.join("|"))
    }

    /// A key as the database has it.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the resource with this key: the key itself where it has an id's shape in lower case, else one made from it.
    /// The same key always leads to the same id, so that a second import finds what the first one wrote.
    pub fn id(&self) -> Id {
        let lower = self.0.to_ascii_lowercase();
        // Ids that are made up here start with this, so a key that looks like one gets another.
        let own = Id::parse(&lower).ok().filter(|_| !lower.starts_with(MADE_UP));
        own.or_else(|| Id::parse(&format!("{MADE_UP}{}", &hex(Sha256::digest(lower.as_bytes()))[..26])).ok())
            .unwrap_or_else(|| Id::fresh(crate::kernel::Timestamp::default()))
    }
}

const MADE_UP: &str = "k-";

impl<'a> Line<'a> {
    /// Starts reading a row.
    pub fn new(table: Table, header: &'a Header, row: &'a Row) -> Self {
        let mut line = Self { table, header, row, said: BTreeMap::new(), problems: Vec::new() };
        if row.cells.iter().skip(header.width()).any(|cell| !cell.is_blank()) {
            let text = "more cells than the header has: a comma in a text needs quotes around it";
            line.problems.push(Problem::at(row.line, "", Reason::Malformed, text));
        }
        line
    }

    /// Its line in the file.
    pub fn number(&self) -> u32 {
        self.row.line
    }

    /// Ends reading.
    ///
    /// # Errors
    /// Everything that was wrong.
    pub fn finish(self) -> Result<Fingerprint, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let mut cells = Vec::with_capacity(self.said.len());
        for (column, text) in &self.said {
            let heading =
                self.heading(*column).and_then(|heading| heading.spellings.first()).copied().unwrap_or_default();
            cells.push(Said { heading, text, names_patient: column.names_patient() });
        }
        Ok(Fingerprint::of(&cells))
    }

    /// Its table.
    pub fn table(&self) -> Table {
        self.table
    }

    /// Notes a problem of a column.
    pub fn refuse(&mut self, column: Column, reason: Reason, text: impl Into<String>) {
        self.problems.push(Problem::at(self.row.line, self.header.label(self.table, column), reason, text));
    }

    /// Whether something stands in a column.
    pub fn has(&self, column: Column) -> bool {
        !self.cell(column).is_blank()
    }

    /// Notes that a column must be filled in this row.
    pub fn require(&mut self, column: Column, why: &str) {
        if !self.has(column) {
            self.refuse(column, Reason::Required, why);
        }
    }

    /// Notes that a column must be blank in this row.
    pub fn forbid(&mut self, column: Column, why: &str) {
        if self.has(column) {
            self.refuse(column, Reason::Inconsistent, why);
        }
    }

    /// A text of at most `max` characters; blank: empty.
    pub fn text(&mut self, column: Column, max: usize) -> Option<String> {
        self.parse(column, |cell| {
            let text = cell.text()?;
            bounded(&text, max)?;
            Ok((text.clone(), text))
        })
    }

    /// A text that may be missing.
    pub fn text_or_empty(&mut self, column: Column, max: usize) -> String {
        self.text(column, max).unwrap_or_default()
    }

    /// The county's own number of this row or of another one.
    pub fn key(&mut self, column: Column) -> Option<Key> {
        self.text(column, 128).map(Key)
    }

    /// Several keys in one cell.
    pub fn keys(&mut self, column: Column, max: usize) -> Vec<Key> {
        self.list(column, max, 128).into_iter().map(Key).collect()
    }

    /// A civil day.
    pub fn date(&mut self, column: Column) -> Option<Date> {
        self.parse(column, |cell| cell.date().map(|date| (date.to_string(), date)))
    }

    /// A time of the day.
    pub fn time(&mut self, column: Column) -> Option<NaiveTime> {
        self.parse(column, |cell| cell.time().map(|time| (time.to_string(), time)))
    }

    /// A day and time.
    pub fn moment(&mut self, column: Column) -> Option<Moment> {
        self.parse(column, |cell| cell.moment().map(|moment| (format!("{moment:?}"), moment)))
    }

    /// Whether a column has a day and a time in one cell.
    pub fn has_moment(&self, column: Column) -> bool {
        self.cell(column).has_time() && self.cell(column).date().is_ok()
    }

    /// A whole number in a range.
    pub fn count(&mut self, column: Column, range: RangeInclusive<i64>) -> Option<i64> {
        let count = self.parse(column, |cell| cell.count().map(|count| (count.to_string(), count)))?;
        if range.contains(&count) {
            return Some(count);
        }
        let text = format!("not between {} and {}", range.start(), range.end());
        self.refuse(column, Reason::OutOfRange, text);
        None
    }

    /// An amount in yuan.
    pub fn yuan(&mut self, column: Column) -> Option<Fen> {
        self.parse(column, |cell| cell.yuan().map(|fen| (fen.to_string(), fen)))
    }

    /// One of a vocabulary, by a Chinese word or its code.
    pub fn choice<V: Spelled>(&mut self, column: Column) -> Option<V> {
        let word = self.text(column, MAX_CELL_CHARACTERS)?;
        let value = V::read(&word);
        match value {
            Some(value) => drop(self.said.insert(column, value.code().to_owned())),
            None => self.refuse(column, Reason::UnknownValue, V::expected()),
        }
        value
    }

    /// Several of a vocabulary, none twice.
    pub fn choices<V: Spelled + PartialEq>(&mut self, column: Column) -> Vec<V> {
        let mut values = Vec::new();
        for word in self.list(column, 20, MAX_CELL_CHARACTERS) {
            match V::read(&word) {
                None => self.refuse(column, Reason::UnknownValue, V::expected()),
                Some(value) if values.contains(&value) => {
                    self.refuse(column, Reason::Duplicate, "an entry stands twice")
                }
                Some(value) => values.push(value),
            }
        }
        if !values.is_empty() {
            let codes: Vec<_> = values.iter().map(|value| value.code()).collect();
            self.said.insert(column, codes.join(";"));
        }
        values
    }

    /// A 诊疗科目.
    pub fn specialty(&mut self, column: Column) -> Option<Specialty> {
        self.parse(column, |cell| {
            let specialty = Specialty::parse(&cell.text()?).map_err(|_| SPECIALTY)?;
            Ok((specialty.to_string(), specialty))
        })
    }

    /// Several 诊疗科目, none twice.
    pub fn specialties(&mut self, column: Column, max: usize) -> Vec<Specialty> {
        let mut specialties = Vec::new();
        for code in self.list(column, max, 8) {
            match Specialty::parse(&code) {
                Err(_) => self.refuse(column, Reason::Malformed, SPECIALTY),
                Ok(code) if specialties.contains(&code) => {
                    self.refuse(column, Reason::Duplicate, "a code stands twice")
                }
                Ok(code) => specialties.push(code),
            }
        }
        specialties
    }

    /// A cell of several texts: between them `;`, `、`, `|`, `,` or a new line.
    pub fn list(&mut self, column: Column, max_items: usize, max: usize) -> Vec<String> {
        let Some(text) = self.text(column, MAX_CELL_CHARACTERS) else { return Vec::new() };
        let parts = text.split([';', '、', '|', ',', '\n']).map(str::trim).filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if parts.len() > max_items {
            self.refuse(column, Reason::OutOfRange, format!("over {max_items} entries"));
        } else if parts.iter().any(|part| part.chars().count() > max) {
            self.refuse(column, Reason::OutOfRange, format!("an entry has over {max} characters"));
        } else {
            self.said.insert(column, parts.join(";"));
            return parts;
        }
        Vec::new()
    }

    /// What a shape's own parser makes of a text; `shape` says what it should be.
    pub fn shaped<T>(
        &mut self,
        column: Column,
        reason: Reason,
        shape: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(column, MAX_CELL_CHARACTERS)?;
        let value = read(&text);
        if value.is_none() {
            self.refuse(column, reason, shape);
        }
        value
    }

    fn heading(&self, column: Column) -> Option<&'static Heading> {
        self.table.headings().iter().find(|heading| heading.column == column)
    }

    fn cell(&self, column: Column) -> &'a Cell {
        self.header.position(column).and_then(|index| self.row.cells.get(index)).unwrap_or(&Cell::Blank)
    }

    /// Reads a cell that isn't blank, and notes its canonical form.
    fn parse<T>(&mut self, column: Column, read: impl FnOnce(&Cell) -> Reading<(String, T)>) -> Option<T> {
        let cell = self.cell(column);
        if cell.is_blank() {
            if self.heading(column).is_some_and(|heading| heading.required) {
                self.refuse(column, Reason::Required, "must not be blank");
            }
            return None;
        }
        match read(cell) {
            Ok((said, value)) => {
                self.said.insert(column, said);
                Some(value)
            }
            Err(why) => {
                self.refuse(column, Reason::Malformed, why);
                None
            }
        }
    }
}

const SPECIALTY: &str =
    "not a code of 诊疗科目 such as 03.04; in a spreadsheet the cell must be text, or 03.04 becomes 3.04";

fn bounded(text: &str, max: usize) -> Reading<()> {
    if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\r') {
        return Err("has a control character");
    }
    // Lengths that differ by column stay out of the text, which must be one of the program's own.
    if text.chars().count() > max { Err("too long") } else { Ok(()) }
}

//! What a slice refuses about a row, as problems with the file's own columns; and what stops a whole import.

use crate::imports::headers::{Column, Header};
use crate::imports::records::column_of;
use crate::imports::{Problem, Table};
use crate::kernel::{Error, Reason, Result, Violation};

/// Where a row stands, for naming its columns.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub table: Table,
    pub header: &'a Header,
    pub line: u32,
}

impl Place<'_> {
    /// A problem of a column of the row.
    pub fn problem(&self, column: Option<Column>, reason: Reason, text: impl Into<String>) -> Problem {
        let label = column.map_or(String::new(), |column| self.header.label(self.table, column));
        Problem::at(self.line, label, reason, text)
    }

    /// The column that a field stands for: an English heading of the table, or a field of a slice's own request.
    fn column(&self, field: &str) -> Option<Column> {
        let own = self.table.headings().iter().find(|heading| heading.spellings.first() == Some(&field));
        own.map(|heading| heading.column).or_else(|| column_of(field))
    }

    /// The problems that a refusal comes to.
    ///
    /// # Errors
    /// What isn't the row's fault: it stops the import.
    pub fn problems(&self, error: Error) -> Result<Vec<Problem>> {
        let of_field =
            |violation: Violation| self.problem(self.column(&violation.field), violation.reason, violation.description);
        match error {
            Error::Invalid(violations) => Ok(violations.into_iter().map(of_field).collect()),
            Error::NotFound { name } => {
                Ok(vec![self.problem(referring(&name), Reason::ResourceNotFound, "the programme has no such resource")])
            }
            Error::AlreadyExists { .. } => {
                let text = "the programme has this already, and not from a table: change it through its own service";
                Ok(vec![self.problem(Some(Column::Id), Reason::ResourceExists, text)])
            }
            Error::Refused(refusal) if refusal.violations.is_empty() => {
                let field = refusal.metadata.iter().find(|(key, _)| *key == "field");
                let column = field.and_then(|(_, field)| self.column(field));
                Ok(vec![self.problem(column, refusal.reason, refusal.message)])
            }
            Error::Refused(refusal) => Ok(refusal.violations.into_iter().map(of_field).collect()),
            Error::Stale { .. }
            | Error::RequestIdReused { .. }
            | Error::CallerInvalid { .. }
            | Error::Overloaded { .. }
            | Error::Unavailable
            | Error::ShuttingDown
            | Error::Storage(_)
            | Error::Internal(_) => Err(error),
        }
    }
}

/// The column that refers to a resource of a collection.
fn referring(name: &str) -> Option<Column> {
    match name.split('/').nth(2)? {
        "hospitals" => Some(Column::Hospital),
        "sites" => Some(Column::Site),
        "experts" => Some(Column::Expert),
        "assistants" => Some(Column::Assistant),
        "sessions" => Some(Column::Session),
        _ => None,
    }
}

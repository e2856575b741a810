//! Messages of imports to what is to be done, and what came of it to messages.

use super::commands::{Event, Import, Phase, Report};
use super::table::About;
use super::{Problem, Table, TextEncoding};
use crate::access::table::Powers;
use crate::kernel::{Fields, Id, Reason, Vocabulary as _};
use crate::pb;
use crate::pb::import_table_response::Event as Said;

/// The header of an import; the bytes are still to come.
pub(super) fn header(fields: &mut Fields, header: &pb::ImportTableHeader) -> Import {
    fields.within("header", |fields| {
        let file_name = fields.required("file_name", &header.file_name, 255);
        if file_name.contains(['/', '\\']) {
            fields.refuse("file_name", Reason::Malformed, "must have no folders");
        }
        let system = (!header.system.is_empty()).then(|| header.system.clone());
        if let Some(system) = &system {
            // The value is a row's; here a system alone is looked at.
            fields.external_id("system", system, "1");
        }
        Import {
            programme: fields.parent("parent", &header.parent),
            about: About {
                file_name,
                table: fields.optional_choice::<Table>("table", header.table),
                encoding: fields.optional_choice::<TextEncoding>("encoding", header.encoding),
            },
            partial: header.partial,
            validate_only: header.validate_only,
            system,
            bytes: Vec::new(),
            powers: Powers::default(),
        }
    })
}

/// What the client sent where a header must be first.
pub(super) fn no_header(fields: &mut Fields) -> Option<Id> {
    fields.refuse("header", Reason::Required, "must be the first message, and chunks the others");
    None
}

pub(super) fn event(file_name: &str, event: Event) -> pb::ImportTableResponse {
    let said = match event {
        Event::Progress { phase, done, total } => Said::Progress(pb::ImportProgress {
            phase: match phase {
                Phase::Checking => pb::ImportPhase::Checking.into(),
                Phase::Writing => pb::ImportPhase::Writing.into(),
            },
            done_rows: count(done),
            total_rows: count(total),
        }),
        Event::Problem(problem) => Said::Problem(self::problem(file_name, problem)),
    };
    pb::ImportTableResponse { event: Some(said) }
}

fn problem(file_name: &str, problem: Problem) -> pb::ImportProblem {
    pb::ImportProblem {
        file_name: file_name.to_owned(),
        line: problem.line.into(),
        column: problem.column,
        reason: problem.reason.number(),
        description: problem.text,
    }
}

pub(super) fn report(file_name: String, report: Report) -> pb::ImportTableResponse {
    let report = pb::ImportReport {
        file_name,
        table: report.table.map_or(0, |table| table.number()),
        encoding: report.encoding.map_or(0, |encoding| encoding.number()),
        row_count: count(report.rows),
        created_count: count(report.created),
        unchanged_count: count(report.unchanged),
        bad_row_count: count(report.bad_rows),
        problem_count: count(report.problems),
        written: report.written,
        notes: report.notes,
    };
    pb::ImportTableResponse { event: Some(Said::Report(report)) }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

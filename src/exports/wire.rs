//! Messages of exports to what is wanted, and what is sent to messages.
use super::file::{Counted, File, sha256};
use super::queries::{Pin, Pinned};
use super::{Choice, Column, Format, Table};
use crate::kernel::{Fields, Id, ProgrammeName, Reason, Vocabulary as _};
use crate::pb;
use crate::pb::export_part::Content;
use crate::tallies::{self, MeasureType, Question};

/// What every export is told.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub programme: Id,
    pub format: Format,
    pub byte_order_mark: bool,
    pub sequence: i64,
    pub resume_offset: u64,
}

impl Options {
    pub(super) fn pin(&self) -> Pin {
        Pin { programme: self.programme.clone(), sequence: self.sequence }
    }

    pub(super) fn file(&self, columns: Vec<Column>) -> File {
        File::new(self.format, columns, self.byte_order_mark, self.resume_offset)
    }
}

/// Reads what is asked of a table: the requests of all tables have the same fields.
macro_rules! table {
    ($name:ident, $request:ty, $table:expr) => {
        pub(super) fn $name(fields: &mut Fields, request: &$request) -> (Options, Choice) {
            let programme = fields.parent("parent", &request.parent);
            let choice = Choice {
                table: $table,
                from: fields.optional_date("from_date", request.from_date.as_ref()),
                to: fields.optional_date("to_date", request.to_date.as_ref()),
                with_voided: request.with_voided,
                with_patients: request.with_patients,
            };
            if choice.from.zip(choice.to).is_some_and(|(from, to)| to < from) {
                fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
            }
            (options(fields, programme, request.options.unwrap_or_default()), choice)
        }
    };
}

table!(activities, pb::ExportActivitiesRequest, Table::Activities);
table!(savings, pb::ExportSavingsRequest, Table::Savings);

pub(super) fn tally(fields: &mut Fields, request: pb::ExportTallyRequest) -> (Options, Question) {
    let asked = request.options.unwrap_or_default();
    let mut message = fields.message("question", request.question);
    let chooses = !message.measures.is_empty();
    // As of whichever sequence: what isn't kept in versions can't come again.
    message.as_of = asked.as_of_sequence.max(1);
    let query = fields.within("question", |fields| {
        let mut query = tallies::wire::query(fields, message);
        if !chooses {
            query.question.measures.retain(|definition| definition.measure_type() != MeasureType::Ratio);
        }
        for definition in &query.question.measures {
            if definition.measure_type() == MeasureType::Ratio {
                let text = format!("{} is a quotient: export its two parts", definition.name);
                fields.refuse("measures", Reason::Inconsistent, text);
            }
        }
        query
    });
    (options(fields, query.programme, asked), query.question)
}

fn options(fields: &mut Fields, programme: Id, message: pb::ExportOptions) -> Options {
    fields.within("options", |fields| {
        let resume_offset = fields.number("resume_offset", message.resume_offset, 0..=i64::MAX);
        if resume_offset > 0 && message.as_of_sequence == 0 {
            fields.refuse("as_of_sequence", Reason::Required, "must be that of the export that is resumed");
        }
        Options {
            programme,
            format: fields.optional_choice("format", message.format).unwrap_or(Format::Csv),
            byte_order_mark: message.byte_order_mark,
            sequence: fields.number("as_of_sequence", message.as_of_sequence, 0..=i64::MAX),
            resume_offset: resume_offset.unsigned_abs(),
        }
    })
}

pub(super) fn head(pinned: Pinned, columns: &[Column]) -> Content {
    let columns = columns.iter().map(|column| column.name.to_owned()).collect();
    Content::Head(pb::ExportHead { as_of_sequence: pinned.sequence, columns })
}

pub(super) fn manifest(
    options: &Options,
    (table, words): (&str, &str),
    pinned: Pinned,
    counted: Counted,
    tariffs: Vec<(String, String)>,
) -> Content {
    let mark = if options.byte_order_mark { " mark=yes" } else { "" };
    let tariff = |(id, content): (String, String)| pb::ExportTariff {
        name: format!("{}/tariffs/{id}", ProgrammeName::new(options.programme.clone())),
        sha256: sha256(content.as_bytes()),
    };
    let total = |(column, sum): (&str, i64)| pb::ExportTotal { column: column.to_owned(), sum };
    Content::Manifest(pb::ExportManifest {
        programme: ProgrammeName::new(options.programme.clone()).to_string(),
        table: table.to_owned(),
        question: format!("{words} format={}{mark}", options.format.code()),
        as_of_sequence: pinned.sequence,
        as_of_time: pinned.time.map(Into::into),
        row_count: counted.rows,
        byte_count: i64::try_from(counted.bytes).unwrap_or(i64::MAX),
        sha256: counted.sha256,
        totals: counted.sums.into_iter().map(total).collect(),
        tariffs: tariffs.into_iter().map(tariff).collect(),
    })
}

//! Messages of statements and explanations.

use crate::kernel::{Date, Fields, Id, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::tallies::queries::{
    BeginExplanation, ComposeClosing, ComposeRestatement, Evidence, Explanation, GetStatement, ListStatements,
};
use crate::tallies::question::Question;
use crate::tallies::statement::{Said, Statement, digest, read};
use crate::wire::mutations;

use super::{definition_in, filter, measures_of, period};
use crate::tallies::measures::Rule;
use crate::tallies::{Basis, Dimension, Filter, cells};

mutations!(pb::ClosePeriodRequest, pb::RestatePeriodRequest);

pub(in crate::tallies) fn close(
    fields: &mut Fields,
    request: pb::ClosePeriodRequest,
    _now: Timestamp,
) -> ComposeClosing {
    let programme = fields.parent("parent", &request.parent);
    let from = fields.date("from_date", request.from_date.as_ref());
    let to = fields.date("to_date", request.to_date.as_ref());
    period(fields, from, to);
    ComposeClosing { programme, from, to }
}

pub(in crate::tallies) fn restate(
    fields: &mut Fields,
    request: pb::RestatePeriodRequest,
    _now: Timestamp,
) -> ComposeRestatement {
    ComposeRestatement { of: fields.name("name", &request.name) }
}

pub(in crate::tallies) fn get(fields: &mut Fields, request: pb::GetStatementRequest) -> GetStatement {
    GetStatement { name: fields.name("name", &request.name) }
}

pub(in crate::tallies) fn export(fields: &mut Fields, request: pb::ExportStatementRequest) -> GetStatement {
    GetStatement { name: fields.name("name", &request.name) }
}

pub(in crate::tallies) fn list(fields: &mut Fields, request: pb::ListStatementsRequest) -> ListStatements {
    let programme = fields.parent("parent", &request.parent);
    let bound_to = format!("ListStatements {programme}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListStatements { programme, page, bound_to }
}

pub(in crate::tallies) fn listed(statement: Statement) -> pb::Statement {
    let message = self::statement(statement);
    pb::Statement { deltas: Vec::new(), causes: Vec::new(), reasons: Vec::new(), unexplained: Vec::new(), ..message }
}

/// A statement, as its own text says it.
pub(in crate::tallies) fn statement(statement: Statement) -> pb::Statement {
    let digest = digest(statement.text.as_bytes());
    let mut message = pb::Statement {
        name: statement.name.to_string(),
        kind: statement.kind.number(),
        from_date: Some(statement.from.into()),
        to_date: Some(statement.to.into()),
        ordinal: statement.ordinal,
        sequence: statement.sequence,
        digest,
        closer: statement.closer,
        create_time: Some(statement.create_time.into()),
        ..Default::default()
    };
    for said in read(&statement.text).unwrap_or_default() {
        match said {
            Said::Statement { audit_head, previous, .. } => {
                message.audit_head = audit_head;
                message.previous = previous.unwrap_or_default();
            }
            Said::Figure(it) if it.by.is_empty() => message.figures.push(pb::StatementFigure {
                measure: it.measure,
                attested: it.attested,
                attested_denominator: it.attested_below,
                recorded: it.recorded,
                recorded_denominator: it.recorded_below,
            }),
            Said::Delta(it) if it.by.is_empty() => message.deltas.push(pb::StatementDelta {
                measure: it.measure,
                before: it.before,
                after: it.after,
                delta: it.delta,
                before_denominator: it.below.before,
                after_denominator: it.below.after,
                delta_denominator: it.below.delta,
            }),
            Said::Cause(it) => message.causes.push(pb::StatementCause {
                cause: it.cause.number(),
                measure: it.measure,
                records: it.records,
                delta: it.delta,
            }),
            Said::Reason(it) => message.reasons.push(pb::StatementReason {
                name: it.name,
                cause: it.cause.number(),
                measure: it.measure,
                before: it.before,
                after: it.after,
            }),
            Said::Unexplained { measure, delta } => {
                message.unexplained.push(pb::StatementDelta { measure, delta, ..Default::default() });
            }
            // Groups, definitions and opening balances are in the exported text.
            Said::Figure(_) | Said::Delta(_) | Said::Measure { .. } | Said::OpeningBalance { .. } => {}
        }
    }
    message
}

/// The text in pieces.
pub(in crate::tallies) fn pieces(statement: &Statement) -> Vec<pb::ExportStatementResponse> {
    let piece = |bytes: &[u8]| pb::ExportStatementResponse { content: bytes.to_vec() };
    statement.text.as_bytes().chunks(64 << 10).map(piece).collect()
}

pub(in crate::tallies) fn explain(fields: &mut Fields, request: pb::ExplainTallyRequest) -> BeginExplanation {
    let programme = fields.parent("parent", &request.parent);
    let from = fields.date("from_date", request.from_date.as_ref());
    let to = fields.date("to_date", request.to_date.as_ref());
    period(fields, from, to);
    let basis = fields.optional_choice("basis", request.basis).unwrap_or(Basis::Recorded);
    let as_of = Some(fields.number("as_of", request.as_of, 0..=i64::MAX)).filter(|as_of| *as_of > 0);
    let filter = fields.within("filter", |fields| filter(fields, &programme, &request.filter.unwrap_or_default()));
    let group_by: Vec<Dimension> = fields.choices("group_by", &request.group_by);
    let question = Question { group_by: Vec::new(), filter, basis, as_of, ..Question::of(Vec::new(), from, to) };
    let question = narrowed(fields, question, &group_by, request.key.unwrap_or_default(), &programme);
    let measures = measures_of(fields, std::slice::from_ref(&request.measure), &question);
    if measures.iter().any(|it| matches!(it.rule, Rule::Quotient(..) | Rule::Method)) {
        let text = "has no records of its own: explain what it is reckoned from";
        fields.refuse("measure", Reason::Inconsistent, text);
    }
    BeginExplanation { programme, question: Question { measures, ..question } }
}

/// The question of one row of a tally: its period and its filter, narrowed to the row's key.
fn narrowed(
    fields: &mut Fields,
    mut question: Question,
    group_by: &[Dimension],
    key: pb::TallyKey,
    programme: &Id,
) -> Question {
    let values = super::key_values(fields, group_by, key, programme);
    for (dimension, value) in group_by.iter().zip(values) {
        match dimension {
            Dimension::Month | Dimension::Year => {
                let (first, last) = match cells::days_of(&value) {
                    Some(days) => days,
                    None => {
                        fields.refuse("key", Reason::Malformed, "must have the month as YYYY-MM, or the year");
                        continue;
                    }
                };
                question.from = question.from.max(first);
                question.to = question.to.min(last);
            }
            Dimension::HalfDay
            | Dimension::Site
            | Dimension::SiteLevel
            | Dimension::Expert
            | Dimension::HomeHospital
            | Dimension::Specialty
            | Dimension::Kind
            | Dimension::Residence => {
                let passes = question.filter.passes(*dimension, &value);
                let only = if passes { [value].into() } else { Default::default() };
                question.filter.values.insert(*dimension, only);
            }
        }
    }
    if question.to < question.from {
        // The row lies outside the period: nothing is counted there.
        let nothing: Date = question.from;
        question.to = nothing;
        question.filter = Filter { values: [(Dimension::Kind, Default::default())].into(), ..Filter::default() };
    }
    question
}

pub(in crate::tallies) fn begun(it: &Explanation) -> pb::ExplainTallyResponse {
    let definition = it.question.measures.first().map(|definition| definition_in(&it.programme, definition));
    pb::ExplainTallyResponse { quantity: it.number.quantity, sequence: it.sequence, definition, evidence: Vec::new() }
}

pub(in crate::tallies) fn evidence(found: Vec<Evidence>) -> pb::ExplainTallyResponse {
    let evidence = |it: Evidence| pb::TallyEvidence {
        name: it.name,
        revision: it.revision,
        date: it.date.map(Into::into),
        quantity: it.quantity,
        attested: it.attested,
    };
    pb::ExplainTallyResponse { evidence: found.into_iter().map(evidence).collect(), ..Default::default() }
}

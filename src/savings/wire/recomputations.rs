//! Messages of recomputations to commands and queries, and recomputations to messages.
use crate::kernel::{Fields, Id, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::savings::commands::{
    CompareTariffs, ContinueRecomputation, GetRecomputation, ListRecomputations, RecomputeSavings,
};
use crate::savings::recomputation::{Comparison, Figures, Recomputation};
use crate::savings::versions::Tariffs;
use crate::wire::mutations;

mutations!(pb::RecomputeSavingsRequest, pb::ContinueRecomputationRequest);

pub(in crate::savings) fn begin(
    fields: &mut Fields,
    request: pb::RecomputeSavingsRequest,
    now: Timestamp,
) -> RecomputeSavings {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("recomputation_id", &request.recomputation_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("recomputation", request.recomputation);
    fields.within("recomputation", |fields| {
        let (from, to) = days(fields, message.from_date.as_ref(), message.to_date.as_ref());
        let note = fields.required("note", &message.note, 300);
        RecomputeSavings { name: Name::new(programme, id), from, to, note }
    })
}

fn days(
    fields: &mut Fields,
    from: Option<&pb::Date>,
    to: Option<&pb::Date>,
) -> (crate::kernel::Date, crate::kernel::Date) {
    let both = from.is_some() && to.is_some();
    let (from, to) = (fields.date("from_date", from), fields.date("to_date", to));
    if both && to < from {
        fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
    }
    (from, to)
}

pub(in crate::savings) fn go_on(
    fields: &mut Fields,
    request: pb::ContinueRecomputationRequest,
    _now: Timestamp,
) -> ContinueRecomputation {
    ContinueRecomputation { name: fields.name("name", &request.name) }
}

pub(in crate::savings) fn get(fields: &mut Fields, request: pb::GetRecomputationRequest) -> GetRecomputation {
    GetRecomputation { name: fields.name("name", &request.name) }
}

pub(in crate::savings) fn list(fields: &mut Fields, request: pb::ListRecomputationsRequest) -> ListRecomputations {
    let programme = fields.parent("parent", &request.parent);
    let bound_to = format!("ListRecomputations {programme}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListRecomputations { programme, page, bound_to }
}

pub(in crate::savings) fn compare(fields: &mut Fields, request: pb::CompareTariffsRequest) -> CompareTariffs {
    let programme = fields.parent("parent", &request.parent);
    if request.tariffs.is_empty() {
        fields.refuse("tariffs", Reason::Required, "must name 1 to 50 versions");
    }
    let tariffs = fields.names_in::<Tariffs>("tariffs", &request.tariffs, 50, &programme);
    let (from, to) = days(fields, request.from_date.as_ref(), request.to_date.as_ref());
    let bound_to = format!("CompareTariffs {programme} {tariffs:?} {from} {to}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    CompareTariffs { programme, tariffs, from, to, page, bound_to }
}

pub(in crate::savings) fn recomputation(job: Recomputation) -> pb::Recomputation {
    let Recomputation { name, from, to, note, state, comparison, recorder, meta, done: _ } = job;
    pb::Recomputation {
        etag: meta.etag(&name),
        from_date: Some(from.into()),
        to_date: Some(to.into()),
        note,
        state: state.number(),
        examined: comparison.examined,
        changed: comparison.changed,
        gaps: comparison.gaps,
        figures: figures(comparison.figures),
        recorder,
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
        name: name.to_string(),
    }
}

fn figures(figures: Figures) -> Vec<pb::RestatedFigure> {
    let figure = |(measure, (reported, restated))| pb::RestatedFigure { measure, reported, restated };
    figures.into_iter().map(figure).collect()
}

pub(in crate::savings) fn compared(comparison: Comparison, next_page_token: String) -> pb::CompareTariffsResponse {
    let Comparison { examined, changed, gaps, figures: own } = comparison;
    pb::CompareTariffsResponse { examined, changed, gaps, figures: figures(own), next_page_token }
}

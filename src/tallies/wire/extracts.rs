//! Messages of extracts and discrepancies.

use crate::activities::Activities;
use crate::kernel::{ExternalId, Fields, Id, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::Sites;
use crate::tallies::commands::ResolveDiscrepancy;
use crate::tallies::extract::{
    Discrepancies, Discrepancy, DiscrepancyKind, Finding, MOST_LISTED, Report, Scope, Theirs,
};
use crate::tallies::queries::{GetDiscrepancy, ListDiscrepancies};
use crate::wire::mutations;

mutations!(pb::ResolveDiscrepancyRequest);

/// The longest note, in characters.
const MOST_NOTE: usize = 500;

/// What an extract is about, from its first message.
pub(in crate::tallies) fn scope(fields: &mut Fields, message: &pb::ReconcileExtractRequest) -> (Id, Scope) {
    let programme = fields.parent("parent", &message.parent);
    let from = fields.date("from_date", message.from_date.as_ref());
    let to = fields.date("to_date", message.to_date.as_ref());
    super::period(fields, from, to);
    let site = fields.optional_name_in::<Sites>("site", &message.site, &programme);
    let is_system = ExternalId::parse(&message.system, "1").is_ok();
    if !is_system {
        fields.refuse("system", Reason::Malformed, "must be the system of external ids, such as liling.his");
    }
    (programme, Scope { system: message.system.clone(), from, to, site })
}

/// A row of an extract.
pub(in crate::tallies) fn row(fields: &mut Fields, message: &pb::ExtractRow, system: &str) -> Theirs {
    if ExternalId::parse(system, &message.value).is_err() {
        fields.refuse("value", Reason::Malformed, "must be an identifier of the system");
    }
    Theirs {
        value: message.value.clone(),
        kind: fields.choice("kind", message.kind),
        date: fields.date("date", message.date.as_ref()),
        quantity: match message.quantity {
            0 => 1,
            quantity => fields.number("quantity", quantity, 1..=100_000),
        },
        patient: fields.patient("patient", message.patient.as_ref()),
    }
}

pub(in crate::tallies) fn report(programme: &Id, report: &Report, settled: usize) -> pb::ReconcileExtractResponse {
    let count = |kind: DiscrepancyKind| {
        let found = report.findings.iter().filter(|(finding, _)| finding.kind == kind).count();
        i64::try_from(found).unwrap_or(i64::MAX)
    };
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    pb::ReconcileExtractResponse {
        rows: number(report.rows),
        matched: number(report.matched),
        restricted: number(report.restricted),
        missing_here: count(DiscrepancyKind::MissingHere),
        missing_there: count(DiscrepancyKind::MissingThere),
        doubled_here: count(DiscrepancyKind::DoubledHere),
        doubled_there: count(DiscrepancyKind::DoubledThere),
        differing: count(DiscrepancyKind::Differing),
        settled: number(settled),
        findings: report.findings.iter().take(MOST_LISTED).map(|(it, _)| finding(programme, it)).collect(),
    }
}

fn finding(programme: &Id, it: &Finding) -> pb::ExtractFinding {
    let name = |id: &Id| Name::<Activities>::new(programme.clone(), id.clone()).to_string();
    pb::ExtractFinding {
        kind: it.kind.number(),
        value: it.value.clone(),
        activity: it.activity.as_ref().map(name).unwrap_or_default(),
        fields: it.fields.clone(),
    }
}

pub(in crate::tallies) fn resolve(
    fields: &mut Fields,
    request: pb::ResolveDiscrepancyRequest,
    _now: Timestamp,
) -> ResolveDiscrepancy {
    ResolveDiscrepancy {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        resolution: fields.choice("resolution", request.resolution),
        note: fields.required("note", &request.note, MOST_NOTE),
    }
}

pub(in crate::tallies) fn get(fields: &mut Fields, request: pb::GetDiscrepancyRequest) -> GetDiscrepancy {
    GetDiscrepancy { name: fields.name::<Discrepancies>("name", &request.name) }
}

pub(in crate::tallies) fn list(fields: &mut Fields, request: pb::ListDiscrepanciesRequest) -> ListDiscrepancies {
    let programme = fields.parent("parent", &request.parent);
    let state = fields.optional_choice("state", request.state);
    let system = Some(request.system).filter(|system| !system.is_empty());
    let bound_to = format!("ListDiscrepancies {programme} {state:?} {system:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListDiscrepancies { programme, state, system, page, bound_to }
}

pub(in crate::tallies) fn discrepancy(it: Discrepancy) -> pb::Discrepancy {
    let name: &Name<Discrepancies> = &it.name;
    pb::Discrepancy {
        name: name.to_string(),
        system: it.system.clone(),
        finding: Some(finding(name.programme(), &it.finding)),
        date: Some(it.date.into()),
        state: it.state.number(),
        resolution: it.resolution.map_or(0, |it| it.number()),
        etag: it.meta.etag(name),
        create_time: Some(it.meta.create_time.into()),
        update_time: Some(it.meta.update_time.into()),
        note: it.note,
        resolver: it.resolver,
    }
}

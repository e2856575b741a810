//! Messages of tallies to commands and queries, and tallies to messages.

use std::collections::BTreeSet;

use super::commands::{CreateOpeningBalance, VoidOpeningBalance, opens};
use super::measures::{self, MEASURES, Rule};
use super::queries::{
    Cumulative, GetOpeningBalance, HeldTotals, ListOpeningBalances, QueryTally, Reconcile, Reconciliation, Tally,
};
use super::question::{Filter, Question, is_versioned};
use super::reckon::Number;
use super::{Basis, Definition, Dimension, OpeningBalance, OpeningBalances, cells};
use crate::experts::Experts;
use crate::hospitals::Hospitals;
use crate::kernel::page::MAX_SIZE;
use crate::kernel::{
    Collection, Cursor, Date, Fields, HalfDay, Id, Key, Name, Page, PageRequest, Reason, Residence, SessionKind,
    Timestamp, Vocabulary,
};
use crate::pb;
use crate::programmes::{Programme, SittingUnit};
use crate::sessions::ControlTotals;
use crate::sites::{SiteLevel, Sites};
use crate::wire::mutations;

pub(super) mod extracts;
pub(crate) mod sensitivity;
pub(super) mod statements;

mutations!(pb::CreateOpeningBalanceRequest, pb::VoidOpeningBalanceRequest);

/// The longest period of a tally, in years.
const MOST_YEARS: i64 = 50;
/// The most measures of a question.
const MOST_MEASURES: usize = 64;
/// The most dimensions that a question groups by.
const MOST_GROUPS: usize = 4;
/// The most values of a filter's list.
const MOST_VALUES: usize = 100;

/// What a tally is asked for; exports ask the same.
pub(crate) fn query(fields: &mut Fields, request: pb::QueryTallyRequest) -> QueryTally {
    let programme = fields.parent("parent", &request.parent);
    let from = fields.date("from_date", request.from_date.as_ref());
    let to = fields.date("to_date", request.to_date.as_ref());
    if ![from, to].contains(&Date::default()) {
        period(fields, from, to); // of two days that are days
    }
    if request.group_by.len() > MOST_GROUPS {
        fields.refuse("group_by", Reason::OutOfRange, format!("must have at most {MOST_GROUPS} entries"));
    }
    let group_by = fields.choices("group_by", &request.group_by);
    let filter = fields.within("filter", |fields| filter(fields, &programme, &request.filter.unwrap_or_default()));
    let basis = fields.optional_choice("basis", request.basis).unwrap_or(Basis::Recorded);
    let as_of = Some(fields.number("as_of", request.as_of, 0..=i64::MAX)).filter(|as_of| *as_of > 0);
    let question = Question { from, to, measures: Vec::new(), group_by, filter, basis, as_of };
    let question = Question { measures: measures_of(fields, &request.measures, &question), ..question };
    let names: Vec<_> = question.measures.iter().map(|definition| definition.name).collect();
    let Question { group_by, filter, .. } = &question;
    let bound_to = format!("QueryTally {programme} {from} {to} {names:?} {group_by:?} {filter:?} {basis:?} {as_of:?}");
    let page = whole_page(fields, request.page_size, &request.page_token, &bound_to);
    QueryTally { programme, question, page, bound_to }
}

fn period(fields: &mut Fields, from: Date, to: Date) {
    if to < from {
        fields.refuse("to_date", Reason::Inconsistent, "must not be before from_date");
    } else if (to - from).num_days() > MOST_YEARS * 366 {
        fields.refuse("to_date", Reason::OutOfRange, format!("must be at most {MOST_YEARS} years after from_date"));
    }
}

/// A page that holds as much as a page can, unless the caller wants less.
fn whole_page(fields: &mut Fields, size: i32, token: &str, bound_to: &str) -> PageRequest {
    let most = i32::try_from(MAX_SIZE).unwrap_or(i32::MAX);
    fields.page(if size == 0 { most } else { size }, token, bound_to)
}

/// The measures asked for; where none is named, all but savings' that the question's dimensions can tell apart.
fn measures_of(fields: &mut Fields, names: &[String], question: &Question) -> Vec<&'static Definition> {
    let can_be_told = |definition: &Definition| question.as_of.is_none() || is_versioned(definition);
    if names.is_empty() {
        let is_known = |definition: &&Definition| question.unknown_to(definition).is_none() && can_be_told(definition);
        return MEASURES.iter().filter(is_known).collect();
    }
    let mut chosen: Vec<&'static Definition> = Vec::new();
    fields.list("measures", names, MOST_MEASURES, |fields, name| {
        let Some(definition) = measures::find(name) else {
            fields.refuse("", Reason::UnknownValue, "no such measure: see ListMeasures");
            return;
        };
        if chosen.contains(&definition) {
            fields.refuse("", Reason::Duplicate, "stands twice");
        }
        if let Some(dimension) = question.unknown_to(definition) {
            let text = format!("{} can't be told apart by {}", definition.name, dimension.code());
            fields.refuse("", Reason::Inconsistent, text);
        }
        if !can_be_told(definition) {
            let text = format!("{} isn't counted from versions: it can't be told as of a sequence", definition.name);
            fields.refuse("", Reason::Inconsistent, text);
        }
        chosen.push(definition);
    });
    chosen
}

fn filter(fields: &mut Fields, programme: &Id, message: &pb::TallyFilter) -> Filter {
    let mut filter =
        Filter { specialties: fields.specialties("specialties", &message.specialties), ..Filter::default() };
    let mut codes = |dimension: Dimension, values: BTreeSet<String>| {
        if !values.is_empty() {
            filter.values.insert(dimension, values);
        }
    };
    codes(Dimension::HalfDay, codes_of::<HalfDay>(fields, "half_days", &message.half_days));
    codes(Dimension::Site, ids_of::<Sites>(fields, "sites", &message.sites, programme));
    codes(Dimension::SiteLevel, codes_of::<SiteLevel>(fields, "site_levels", &message.site_levels));
    codes(Dimension::Expert, ids_of::<Experts>(fields, "experts", &message.experts, programme));
    codes(Dimension::HomeHospital, ids_of::<Hospitals>(fields, "home_hospitals", &message.home_hospitals, programme));
    codes(Dimension::Kind, codes_of::<SessionKind>(fields, "kinds", &message.kinds));
    codes(Dimension::Residence, codes_of::<Residence>(fields, "residences", &message.residences));
    filter
}

fn codes_of<V: Vocabulary>(fields: &mut Fields, field: &str, numbers: &[i32]) -> BTreeSet<String> {
    fields.choices::<V>(field, numbers).into_iter().map(|value| value.code().to_owned()).collect()
}

fn ids_of<C: Collection>(fields: &mut Fields, field: &str, names: &[String], programme: &Id) -> BTreeSet<String> {
    let ids = fields.list(field, names, MOST_VALUES, |fields, name| fields.name_in::<C>("", name, programme));
    ids.into_iter().map(String::from).collect()
}

pub(super) fn measures_page(fields: &mut Fields, request: &pb::ListMeasuresRequest) -> Page<&'static Definition> {
    let bound_to = "ListMeasures";
    let page = whole_page(fields, request.page_size, &request.page_token, bound_to);
    let after = page.after.as_ref().and_then(|cursor| match cursor.keys() {
        [Key::Int(place)] => usize::try_from(*place).ok(),
        [..] => None,
    });
    let places = measures::all().enumerate().skip(after.map_or(0, |place| place + 1)).collect();
    let cursor = |(place, _): &(usize, _)| Cursor::from([i64::try_from(*place).unwrap_or_default()]);
    Page::cut(places, &page, bound_to, cursor).map(|(_, definition)| definition)
}

pub(super) fn reconcile(fields: &mut Fields, request: pb::ReconcileRequest) -> Reconcile {
    Reconcile { programme: fields.parent("parent", &request.parent) }
}

pub(super) fn create_balance(
    fields: &mut Fields,
    request: pb::CreateOpeningBalanceRequest,
    now: Timestamp,
) -> CreateOpeningBalance {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("opening_balance_id", &request.opening_balance_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("opening_balance", request.opening_balance);
    fields.within("opening_balance", |fields| CreateOpeningBalance {
        name: Name::new(programme, id),
        measure: measure(fields, &message.measure),
        quantity: fields.number("quantity", message.quantity, 0..=OpeningBalance::MOST),
        as_of: fields.date("as_of_date", message.as_of_date.as_ref()),
        document: fields.required("document", &message.document, 500),
        declared_by: fields.required("declared_by", &message.declared_by, 200),
    })
}

fn measure(fields: &mut Fields, name: &str) -> &'static Definition {
    let found = measures::find(name);
    match found {
        None if name.is_empty() => fields.refuse("measure", Reason::Required, "must be set"),
        None => fields.refuse("measure", Reason::UnknownValue, "no such measure: see ListMeasures"),
        Some(definition) if !opens(definition) => {
            let text = "only an ADDITIVE measure can go on from a declared figure";
            fields.refuse("measure", Reason::MeasureNotAdditive, text);
        }
        Some(_) => {}
    }
    // The first one stands in for a refused name, as placeholders do.
    found.unwrap_or(&MEASURES[0])
}

pub(super) fn get_balance(fields: &mut Fields, request: pb::GetOpeningBalanceRequest) -> GetOpeningBalance {
    GetOpeningBalance { name: fields.name::<OpeningBalances>("name", &request.name) }
}

pub(super) fn list_balances(fields: &mut Fields, request: pb::ListOpeningBalancesRequest) -> ListOpeningBalances {
    let programme = fields.parent("parent", &request.parent);
    let measure = (!request.measure.is_empty()).then(|| measure(fields, &request.measure));
    let bound_to = format!("ListOpeningBalances {programme} {:?}", measure.map(|it| it.name));
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListOpeningBalances { programme, measure, page, bound_to }
}

pub(super) fn void_balance(
    fields: &mut Fields,
    request: pb::VoidOpeningBalanceRequest,
    _now: Timestamp,
) -> VoidOpeningBalance {
    VoidOpeningBalance { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn definition(definition: &Definition) -> pb::MeasureDefinition {
    let (numerator, denominator) = match definition.rule {
        Rule::Quotient(above, below) => (above, below),
        Rule::Sum(..) | Rule::Size(_) | Rule::Method => ("", ""),
    };
    pb::MeasureDefinition {
        measure: definition.name.to_owned(),
        r#type: definition.measure_type().number(),
        span: definition.span.number(),
        unit_zh: definition.unit.0.to_owned(),
        unit_en: definition.unit.1.to_owned(),
        definition_zh: definition.definition.0.to_owned(),
        definition_en: definition.definition.1.to_owned(),
        footnote_zh: definition.footnote.0.to_owned(),
        footnote_en: definition.footnote.1.to_owned(),
        version: definition.version,
        numerator: numerator.to_owned(),
        denominator: denominator.to_owned(),
    }
}

/// A definition as a programme prints it: what a sitting is counted by is the programme's own setting.
fn definition_in(programme: &Programme, of: &Definition) -> pb::MeasureDefinition {
    let mut message = definition(of);
    if of.name == "sittings" {
        for version in &programme.sitting_units {
            let (zh, en) = match version.unit {
                SittingUnit::HalfDay => ("半日", "half-day"),
                SittingUnit::Day => ("日", "day"),
            };
            message.footnote_zh.push_str(&format!("；自{}起按{zh}计", version.from_date));
            message.footnote_en.push_str(&format!(" By the {en} from {} on.", version.from_date));
        }
    }
    message
}

pub(super) fn tally(command: &Question, tally: Tally) -> pb::QueryTallyResponse {
    let programme = &tally.programme;
    let next_page_token = tally.rows.next_page_token();
    let rows = tally.rows.items.into_iter().map(|(key, numbers)| pb::TallyRow {
        key: Some(key_of(&programme.id, &command.group_by, &key)),
        values: values(&command.measures, &numbers),
    });
    pb::QueryTallyResponse {
        rows: rows.collect(),
        totals: values(&command.measures, &tally.totals),
        cumulative: tally.cumulative.into_iter().map(cumulative).collect(),
        definitions: command.measures.iter().map(|it| definition_in(programme, it)).collect(),
        source: tally.source.number(),
        next_page_token,
        sequence: tally.sequence,
    }
}

fn values(measures: &[&'static Definition], numbers: &[Number]) -> Vec<pb::TallyValue> {
    let value = |(definition, number): (&&Definition, &Number)| pb::TallyValue {
        measure: definition.name.to_owned(),
        quantity: number.quantity,
        denominator: number.denominator,
    };
    measures.iter().zip(numbers).map(value).collect()
}

fn key_of(programme: &Id, group_by: &[Dimension], values: &[String]) -> pb::TallyKey {
    let name = |collection: &str, id: &str| {
        if id.is_empty() { String::new() } else { format!("programmes/{programme}/{collection}/{id}") }
    };
    fn number<V: Vocabulary>(code: &str) -> i32 {
        V::from_code(code).map_or(0, Vocabulary::number)
    }
    let mut key = pb::TallyKey::default();
    for (dimension, value) in group_by.iter().zip(values) {
        match dimension {
            Dimension::Month => key.month.clone_from(value),
            Dimension::Year => key.year = value.parse().unwrap_or_default(),
            Dimension::HalfDay => key.half_day = number::<HalfDay>(value),
            Dimension::Site => key.site = name(Sites::COLLECTION, value),
            Dimension::SiteLevel => key.site_level = number::<SiteLevel>(value),
            Dimension::Expert => key.expert = name(Experts::COLLECTION, value),
            Dimension::HomeHospital => key.home_hospital = name(Hospitals::COLLECTION, value),
            Dimension::Specialty => key.specialty.clone_from(value),
            Dimension::Kind => key.kind = number::<SessionKind>(value),
            Dimension::Residence => key.residence = number::<Residence>(value),
        }
    }
    key
}

/// The values of a row's key, as cells write them.
fn key_values(fields: &mut Fields, group_by: &[Dimension], key: pb::TallyKey, programme: &Id) -> Vec<String> {
    fn code<V: Vocabulary>(fields: &mut Fields, field: &str, number: i32) -> String {
        fields.optional_choice::<V>(field, number).map(|value| value.code().to_owned()).unwrap_or_default()
    }
    fn id<C: Collection>(fields: &mut Fields, field: &str, name: &str, programme: &Id) -> String {
        fields.optional_name_in::<C>(field, name, programme).map(String::from).unwrap_or_default()
    }
    fields.within("key", |fields| {
        let value = |dimension: &Dimension| match dimension {
            Dimension::Month => key.month.clone(),
            Dimension::Year => format!("{:04}", key.year),
            Dimension::HalfDay => code::<HalfDay>(fields, "half_day", key.half_day),
            Dimension::Site => id::<Sites>(fields, "site", &key.site, programme),
            Dimension::SiteLevel => code::<SiteLevel>(fields, "site_level", key.site_level),
            Dimension::Expert => id::<Experts>(fields, "expert", &key.expert, programme),
            Dimension::HomeHospital => id::<Hospitals>(fields, "home_hospital", &key.home_hospital, programme),
            Dimension::Specialty => key.specialty.clone(),
            Dimension::Kind => code::<SessionKind>(fields, "kind", key.kind),
            Dimension::Residence => code::<Residence>(fields, "residence", key.residence),
        };
        group_by.iter().map(value).collect()
    })
}

fn cumulative(line: Cumulative) -> pb::CumulativeLine {
    pb::CumulativeLine {
        measure: line.balance.measure.name.to_owned(),
        flow: line.flow,
        cumulative: line.balance.quantity.saturating_add(line.flow),
        opening_balance: Some(balance(line.balance)),
    }
}

pub(super) fn balance(balance: OpeningBalance) -> pb::OpeningBalance {
    let name = balance.name.to_string();
    pb::OpeningBalance {
        etag: balance.meta.etag(&name),
        name,
        measure: balance.measure.name.to_owned(),
        quantity: balance.quantity,
        as_of_date: Some(balance.as_of.into()),
        document: balance.document,
        declared_by: balance.declared_by,
        state: balance.state.number(),
        create_time: Some(balance.meta.create_time.into()),
        update_time: Some(balance.meta.update_time.into()),
    }
}

fn session_control(all: &ControlTotals, held: &HeldTotals) -> pb::SessionControl {
    let ended = all.completed + all.cancelled + all.not_held + all.voided;
    pb::SessionControl {
        ever_confirmed: all.ever_confirmed,
        completed: all.completed,
        cancelled: all.cancelled,
        not_held: all.not_held,
        voided: all.voided,
        in_progress: all.in_progress,
        unresolved: all.unresolved,
        future: all.future,
        unallocated: all.ever_confirmed - ended - all.in_progress - all.unresolved - all.future,
        sittings: held.sittings,
        free_clinics: held.free_clinics,
        other_kinds: held.other_kinds(),
        same_sitting: held.same_sitting(),
        uncounted: all.completed - held.held,
    }
}

pub(super) fn reconciliation(result: Reconciliation) -> pb::ReconcileResponse {
    pb::ReconcileResponse {
        equal: result.is_equal(),
        cells: result.cells,
        difference_count: result.difference_count,
        faces: cells::FACES.iter().map(|face| face.name.to_owned()).collect(),
        stray_cells: result.strays,
        differences: result
            .differences
            .into_iter()
            .map(|it| pb::CellDifference {
                face: it.face,
                measure: it.measure,
                month: it.month,
                key: it.key,
                cell: it.cell,
                recount: it.recount,
            })
            .collect(),
        totals: result
            .totals
            .into_iter()
            .map(|(measure, total)| pb::ControlTotal {
                measure: measure.to_owned(),
                records: total.records,
                cells: total.cells.to_vec(),
                attested_records: total.attested_records,
                attested_cells: total.attested_cells.to_vec(),
            })
            .collect(),
        activities_ever: result.standing + result.voided,
        activities_standing: result.standing,
        activities_voided: result.voided,
        activities_attested: result.attested,
        activities_disputed: result.disputed,
        sessions: Some(session_control(&result.sessions, &result.held)),
    }
}

//! Messages of tariffs, policies and dry questions to commands and queries, and versions to messages.
//!
//! What a saving is reckoned from is read in `facts`, a saving is written in `saving`.
use super::commands::{Approve, Create, GetVersion, ListPolicies, ListTariffs, Withdraw};
use super::county::{Item, Method};
use super::policy::{Policy, Stay};
use super::store::Stored;
use super::tariff::{self, Key, Version};
use super::versions::{Approval, Dated, Policies, PolicyDraft, PolicyVersion, Tariff, TariffDraft, Tariffs};
use super::{Cases, Component};
use crate::kernel::{Collection, Fen, Fields, Id, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::DivisionCode;
use crate::wire::mutations;

mod facts;
pub(super) mod recomputations;
mod saving;
pub(super) mod trips;

pub(super) use facts::{estimate, method_request, published};
pub(super) use saving::{method_figure, published_result, saving};

mutations!(
    pb::CreateTariffRequest,
    pb::ApproveTariffRequest,
    pb::WithdrawTariffRequest,
    pb::CreateSavingPolicyRequest,
    pb::ApproveSavingPolicyRequest,
    pb::WithdrawSavingPolicyRequest,
);

/// The longest source, in characters.
const SOURCE: usize = 300;

pub(super) fn create_tariff(fields: &mut Fields, request: pb::CreateTariffRequest, now: Timestamp) -> Create<Tariff> {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("tariff_id", &request.tariff_id).unwrap_or_else(|| Id::fresh(now));
    let tariff = fields.message("tariff", request.tariff);
    fields.within("tariff", |fields| {
        let component: Component = fields.choice("component", tariff.component);
        let key = Key {
            component,
            origin: optional_place(fields, "origin", &tariff.origin),
            destination: optional_place(fields, "destination", &tariff.destination),
            mode: fields.optional_choice("mode", tariff.mode),
            person_class: fields.choice("person_class", tariff.person_class),
            item: fields.text("item", &tariff.item, 64),
        };
        if tariff.component != 0 {
            key.refuse_unfit(fields);
        }
        let values = cases(&fields.message("values", tariff.values));
        let valid_from = fields.date("valid_from", tariff.valid_from.as_ref());
        let valid_to = fields.optional_date("valid_to", tariff.valid_to.as_ref());
        tariff::refuse_unfit(fields, component.unit(), values, valid_from, valid_to);
        let source = fields.required("source", &tariff.source, SOURCE);
        let version = Version { id: id.clone(), key, values, valid_from, valid_to, source };
        let source_hash = hash(fields, &tariff.source_hash);
        Create {
            draft: TariffDraft { version, source_hash, grade: fields.choice("grade", tariff.grade) },
            replaces: fields.optional_name_in::<Tariffs>("replaces", &tariff.replaces, &programme),
            name: Name::new(programme, id),
        }
    })
}

fn hash(fields: &mut Fields, text: &str) -> String {
    let shaped = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !text.is_empty() && !shaped {
        fields.refuse("source_hash", Reason::Malformed, "must be 64 hexadecimal digits in lower case");
        return String::new();
    }
    text.to_owned()
}

fn optional_place(fields: &mut Fields, field: &str, code: &str) -> Option<DivisionCode> {
    if code.is_empty() {
        return None;
    }
    fields.shaped(field, code, DivisionCode::SHAPE, |code| DivisionCode::parse(code).ok_or(()))
}

fn cases(cases: &pb::Cases) -> Cases<i64> {
    Cases::new(cases.low, cases.base, cases.high)
}

pub(super) fn create_policy(
    fields: &mut Fields,
    request: pb::CreateSavingPolicyRequest,
    now: Timestamp,
) -> Create<PolicyVersion> {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("policy_id", &request.policy_id).unwrap_or_else(|| Id::fresh(now));
    let policy = fields.message("policy", request.policy);
    fields.within("policy", |fields| {
        let rules = Policy {
            id: id.clone(),
            valid_from: fields.date("valid_from", policy.valid_from.as_ref()),
            valid_to: fields.optional_date("valid_to", policy.valid_to.as_ref()),
            mode: fields.choice("mode", policy.mode),
            feeder_mode: fields.optional_choice("feeder_mode", policy.feeder_mode),
            near_mode: fields.choice("near_mode", policy.near_mode),
            most_companions: fields.number("most_companions", policy.most_companions, 1..=3),
            persons_a_room: fields.number("persons_a_room", policy.persons_a_room, 1..=4),
            outpatient: stay(&fields.message("outpatient", policy.outpatient)),
            inpatient: stay(&fields.message("inpatient", policy.inpatient)),
            near_wage_half_days: fields.number("near_wage_half_days", policy.near_wage_half_days, 0..=4),
            method: policy.method.map(|it| fields.within("method", |fields| method(fields, &it))),
        };
        rules.refuse_unfit(fields);
        Create {
            draft: PolicyDraft { policy: rules, source: fields.required("source", &policy.source, SOURCE) },
            replaces: fields.optional_name_in::<Policies>("replaces", &policy.replaces, &programme),
            name: Name::new(programme, id),
        }
    })
}

fn stay(stay: &pb::Stay) -> Stay {
    let of = |field: &Option<pb::Cases>| cases(&field.unwrap_or_default());
    Stay { nights: of(&stay.nights), meal_days: of(&stay.meal_days), wage_half_days: of(&stay.wage_half_days) }
}

/// A county's method as its fields have it; whether its items are households' money is another question.
fn method(fields: &mut Fields, method: &pb::CountyMethod) -> Method {
    if method.items.is_empty() {
        fields.refuse("items", Reason::Required, "must have 1 to 20 entries");
    }
    Method {
        name: fields.required("title", &method.title, 100),
        version: fields.required("version", &method.version, 32),
        items: fields.list("items", &method.items, 20, |fields, item| Item {
            label: fields.required("label", &item.label, 100),
            nature: fields.choice("nature", item.nature),
            unit: fields.choice("unit", item.unit),
            amount: Fen::new(fields.number("amount_fen", item.amount_fen, 0..=super::bill::MOST_FEN)),
        }),
    }
}

pub(super) fn approve<T: Stored>(fields: &mut Fields, name: &str, etag: &str) -> Approve<T> {
    Approve { name: fields.name("name", name), etag: fields.etag("etag", etag) }
}

pub(super) fn withdraw<T: Stored>(fields: &mut Fields, name: &str, etag: &str) -> Withdraw<T> {
    Withdraw { name: fields.name("name", name), etag: fields.etag("etag", etag) }
}

pub(super) fn get<T: Stored>(fields: &mut Fields, name: &str) -> GetVersion<T> {
    GetVersion { name: fields.name("name", name) }
}

pub(super) fn list_tariffs(fields: &mut Fields, request: pb::ListTariffsRequest) -> ListTariffs {
    let programme = fields.parent("parent", &request.parent);
    let state = fields.optional_choice("state", request.state);
    let component = fields.optional_choice("component", request.component);
    let bound_to = format!("ListTariffs {programme} {state:?} {component:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListTariffs { programme, state, component, page, bound_to }
}

pub(super) fn list_policies(fields: &mut Fields, request: pb::ListSavingPoliciesRequest) -> ListPolicies {
    let programme = fields.parent("parent", &request.parent);
    let bound_to = format!("ListSavingPolicies {programme}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListPolicies { programme, page, bound_to }
}

/// A number in its three cases; tallies say the same.
pub(crate) fn cases_message(cases: Cases<i64>) -> pb::Cases {
    pb::Cases { low: cases.low, base: cases.base, high: cases.high }
}

/// The name of the version that another one takes the place of; empty where there is none.
fn replaced<T: Dated>(version: &T) -> String {
    let programme = version.name().programme();
    let name = |id: &Id| format!("programmes/{programme}/{}/{id}", <T::Collection as Collection>::COLLECTION);
    version.approval().replaces.as_ref().map_or(String::new(), name)
}

pub(super) fn tariff(tariff: Tariff) -> pb::Tariff {
    let replaces = replaced(&tariff);
    let Tariff { name, draft: TariffDraft { version, source_hash, grade }, approval, meta } = tariff;
    let place = |code: &Option<DivisionCode>| code.as_ref().map_or(String::new(), |code| code.as_str().to_owned());
    let Approval { state, entered_by, approved_by, .. } = approval;
    pb::Tariff {
        etag: meta.etag(&name),
        name: name.to_string(),
        component: version.key.component.number(),
        origin: place(&version.key.origin),
        destination: place(&version.key.destination),
        mode: version.key.mode.map_or(0, |mode| mode.number()),
        person_class: version.key.person_class.number(),
        unit: version.key.component.unit().number(),
        item: version.key.item,
        values: Some(cases_message(version.values)),
        valid_from: Some(version.valid_from.into()),
        valid_to: version.valid_to.map(Into::into),
        source: version.source,
        source_hash,
        grade: grade.number(),
        replaces,
        state: state.number(),
        entered_by,
        approved_by: approved_by.unwrap_or_default(),
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
    }
}

pub(super) fn policy(version: PolicyVersion) -> pb::SavingPolicy {
    let replaces = replaced(&version);
    let PolicyVersion { name, draft: PolicyDraft { policy, source }, approval, meta } = version;
    let Approval { state, entered_by, approved_by, .. } = approval;
    let stay = |stay: Stay| pb::Stay {
        nights: Some(cases_message(stay.nights)),
        meal_days: Some(cases_message(stay.meal_days)),
        wage_half_days: Some(cases_message(stay.wage_half_days)),
    };
    pb::SavingPolicy {
        etag: meta.etag(&name),
        name: name.to_string(),
        valid_from: Some(policy.valid_from.into()),
        valid_to: policy.valid_to.map(Into::into),
        mode: policy.mode.number(),
        feeder_mode: policy.feeder_mode.map_or(0, |mode| mode.number()),
        near_mode: policy.near_mode.number(),
        most_companions: small(policy.most_companions),
        persons_a_room: small(policy.persons_a_room),
        outpatient: Some(stay(policy.outpatient)),
        inpatient: Some(stay(policy.inpatient)),
        near_wage_half_days: small(policy.near_wage_half_days),
        method: policy.method.map(|method| pb::CountyMethod {
            title: method.name,
            version: method.version,
            items: method.items.iter().map(item).collect(),
        }),
        source,
        replaces,
        state: state.number(),
        entered_by,
        approved_by: approved_by.unwrap_or_default(),
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
    }
}

fn item(item: &Item) -> pb::MethodItem {
    pb::MethodItem {
        label: item.label.clone(),
        nature: item.nature.number(),
        unit: item.unit.number(),
        amount_fen: item.amount.get(),
    }
}

/// A number whose limits fit.
fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

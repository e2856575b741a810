//! Messages of hospitals to commands, and hospitals to messages.

use super::commands::{CreateHospital, DeleteHospital, UpdateHospital};
use super::queries::{FindHospital, GetHospital, ListHospitals};
use super::store::Filter;
use super::{CreditCode, FIELDS, Hospital, HospitalLevel, NameKey, Profile};
use crate::kernel::{Fields, Id, Mask, Name, Reason, Timestamp, Vocabulary};
use crate::pb;
use crate::wire::mutations;

mutations!(pb::CreateHospitalRequest, pb::UpdateHospitalRequest, pb::DeleteHospitalRequest);

/// The longest name or alias, in characters.
const MAX_NAME: usize = 100;
/// The longest name of a city, in characters.
const MAX_CITY: usize = 50;
/// The most aliases of a hospital.
const MAX_ALIASES: usize = 20;

pub(super) fn create(fields: &mut Fields, request: pb::CreateHospitalRequest, now: Timestamp) -> CreateHospital {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("hospital_id", &request.hospital_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("hospital", request.hospital);
    let all = fields.mask(&None, FIELDS);
    let profile = fields.within("hospital", |fields| profile(fields, &message, &all));
    CreateHospital { name: Name::new(programme, id), profile }
}

pub(super) fn update(fields: &mut Fields, request: pb::UpdateHospitalRequest, _now: Timestamp) -> UpdateHospital {
    let mask = fields.mask(&request.update_mask, FIELDS);
    let message = fields.message("hospital", request.hospital);
    fields.within("hospital", |fields| UpdateHospital {
        name: fields.name("name", &message.name),
        etag: fields.etag("etag", &message.etag),
        profile: profile(fields, &message, &mask),
        mask,
    })
}

pub(super) fn delete(fields: &mut Fields, request: pb::DeleteHospitalRequest, _now: Timestamp) -> DeleteHospital {
    DeleteHospital { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetHospitalRequest) -> GetHospital {
    GetHospital { name: fields.name("name", &request.name) }
}

pub(super) fn find(fields: &mut Fields, request: pb::FindHospitalRequest) -> FindHospital {
    let programme = fields.parent("parent", &request.parent);
    let known_as = fields.required("known_as", &request.known_as, MAX_NAME);
    FindHospital { programme, known_as: NameKey::of(&known_as) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListHospitalsRequest) -> ListHospitals {
    let programme = fields.parent("parent", &request.parent);
    let city = fields.text("city", &request.city, MAX_CITY);
    let known_as = fields.text("known_as", &request.known_as, MAX_NAME);
    let filter = Filter {
        level: fields.optional_choice("level", request.level),
        city: Some(city).filter(|city| !city.is_empty()),
        known_as: Some(NameKey::of(&known_as)).filter(|key| !key.as_str().is_empty()),
        credit_code: credit_code(fields, "credit_code", &request.credit_code),
        external_id: request.external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = format!("ListHospitals {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListHospitals { programme, filter, page, bound_to }
}

/// The fields that the mask has; the others as they come.
fn profile(fields: &mut Fields, message: &pb::Hospital, mask: &Mask) -> Profile {
    let level = |fields: &mut Fields| fields.choice("level", message.level);
    let mut external_ids =
        fields.masked(mask, "external_ids", |f| f.external_ids("external_ids", &message.external_ids));
    external_ids.sort();
    let profile = Profile {
        display_name: fields
            .masked(mask, "display_name", |f| f.required("display_name", &message.display_name, MAX_NAME)),
        aliases: fields.masked(mask, "aliases", |fields| {
            fields.list("aliases", &message.aliases, MAX_ALIASES, |fields, alias| fields.required("", alias, MAX_NAME))
        }),
        level: if mask.has("level") { level(fields) } else { HospitalLevel::Other },
        city: fields.masked(mask, "city", |f| f.text("city", &message.city, MAX_CITY)),
        credit_code: fields.masked(mask, "credit_code", |f| credit_code(f, "credit_code", &message.credit_code)),
        external_ids,
    };
    refuse_repeated_names(fields, &profile);
    profile
}

/// Names every alias that repeats an earlier name. Names that were refused are empty, and said already.
fn refuse_repeated_names(fields: &mut Fields, profile: &Profile) {
    let mut seen = std::collections::HashSet::new();
    for (position, (key, _)) in profile.names().enumerate() {
        if !key.as_str().is_empty() && !seen.insert(key) {
            // The display name comes first, so what repeats is an alias.
            let alias = format!("aliases[{}]", position.saturating_sub(1));
            fields.refuse(&alias, Reason::Duplicate, "stands twice");
        }
    }
}

/// A credit code; `None` where the field is empty.
fn credit_code(fields: &mut Fields, field: &str, value: &str) -> Option<CreditCode> {
    if value.is_empty() {
        return None;
    }
    fields.shaped(field, value, CreditCode::SHAPE, |value| CreditCode::parse(value).ok_or(()))
}

pub(super) fn hospital(hospital: Hospital) -> pb::Hospital {
    let Hospital { name, profile, meta } = hospital;
    pb::Hospital {
        etag: meta.etag(&name),
        name: name.to_string(),
        display_name: profile.display_name,
        aliases: profile.aliases,
        level: profile.level.number(),
        city: profile.city,
        credit_code: profile.credit_code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        external_ids: profile.external_ids.into_iter().map(Into::into).collect(),
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
    }
}

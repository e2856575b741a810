//! Requests about pairings and searches to commands and queries, and their answers to messages.

use crate::assistants::commands::{CreatePairing, EndPairing, PairingPatch, UpdatePairing};
use crate::assistants::queries::{GetPairing, ListPairings, Match, SearchExperts};
use crate::assistants::search::{Criteria, MatchReason};
use crate::assistants::store::pairings::Filter;
use crate::assistants::{Assistants, Pairing, Pairings};
use crate::experts::wire::days;
use crate::experts::{Days, Experts};
use crate::hospitals::Hospitals;
use crate::kernel::{Date, Fields, Id, Name, Page, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::{DivisionCode, Sites};

const UPDATABLE: &[&str] = &["role", "from_date", "to_date", "external_ids"];

pub fn create(fields: &mut Fields, request: pb::CreatePairingRequest, now: Timestamp) -> CreatePairing {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("pairing_id", &request.pairing_id).unwrap_or_else(|| Id::fresh(now));
    let pairing = fields.message("pairing", request.pairing);
    fields.within("pairing", |fields| {
        let days = days(fields, ("from_date", pairing.from_date.as_ref()), ("to_date", pairing.to_date.as_ref()));
        CreatePairing {
            expert: fields.name_in::<Experts>("expert", &pairing.expert, &programme),
            assistant: fields.name_in::<Assistants>("assistant", &pairing.assistant, &programme),
            role: fields.choice("role", pairing.role),
            // Where it is refused, nothing is done with the placeholder.
            days: days.unwrap_or(Days { from: Date::default(), to: None }),
            external_ids: fields.external_ids("external_ids", &pairing.external_ids),
            name: Name::new(programme, id),
        }
    })
}

pub fn update(fields: &mut Fields, request: pb::UpdatePairingRequest, _now: Timestamp) -> UpdatePairing {
    let mask = fields.mask(&request.update_mask, UPDATABLE);
    let pairing = fields.message("pairing", request.pairing);
    fields.within("pairing", |fields| {
        let name = fields.name::<Pairings>("name", &pairing.name);
        let mut patch = PairingPatch::default();
        for field in mask.iter() {
            match field {
                "role" => patch.role = Some(fields.choice(field, pairing.role)),
                "from_date" => patch.from = Some(fields.date(field, pairing.from_date.as_ref())),
                "to_date" => patch.to = Some(fields.optional_date(field, pairing.to_date.as_ref())),
                "external_ids" => patch.external_ids = Some(fields.external_ids(field, &pairing.external_ids)),
                _ => {}
            }
        }
        UpdatePairing { name, etag: fields.etag("etag", &pairing.etag), patch }
    })
}

pub fn end(fields: &mut Fields, request: pb::EndPairingRequest, _now: Timestamp) -> EndPairing {
    EndPairing {
        name: fields.name("name", &request.name),
        to: fields.date("to_date", request.to_date.as_ref()),
        etag: fields.etag("etag", &request.etag),
    }
}

pub fn get(fields: &mut Fields, request: pb::GetPairingRequest) -> GetPairing {
    GetPairing { name: fields.name("name", &request.name) }
}

pub fn list(fields: &mut Fields, request: pb::ListPairingsRequest) -> ListPairings {
    let programme = fields.parent("parent", &request.parent);
    let unpaged = pb::ListPairingsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("ListPairings {unpaged:?}");
    let external_id = request.external_id.as_ref();
    ListPairings {
        filter: Filter {
            id: None,
            expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
            assistant: fields.optional_name_in::<Assistants>("assistant", &request.assistant, &programme),
            site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
            day: fields.optional_date("day", request.day.as_ref()),
            role: fields.optional_choice("role", request.role),
        },
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        programme,
        bound_to,
    }
}

pub fn search(fields: &mut Fields, request: pb::SearchExpertsRequest) -> SearchExperts {
    let programme = fields.parent("parent", &request.parent);
    let unpaged = pb::SearchExpertsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("SearchExperts {unpaged:?}");
    SearchExperts {
        criteria: Criteria {
            day: fields.date("day", request.day.as_ref()),
            specialty: fields.optional_specialty("specialty", &request.specialty),
            tie_kind: fields.optional_choice("tie_kind", request.tie_kind),
            tie_division: division(fields, "tie_division", &request.tie_division),
            hospital: fields.optional_name_in::<Hospitals>("hospital", &request.hospital, &programme),
            site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        },
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        programme,
        bound_to,
    }
}

fn division(fields: &mut Fields, field: &str, value: &str) -> Option<DivisionCode> {
    if value.is_empty() {
        return None;
    }
    fields.shaped(field, value, DivisionCode::SHAPE, |code| DivisionCode::parse(code).ok_or(()))
}

impl From<Pairing> for pb::Pairing {
    fn from(pairing: Pairing) -> Self {
        let Pairing { name, expert, assistant, site, role, days, external_ids, meta } = pairing;
        let programme = || name.programme().clone();
        pb::Pairing {
            expert: Name::<Experts>::new(programme(), expert).to_string(),
            assistant: Name::<Assistants>::new(programme(), assistant).to_string(),
            site: Name::<Sites>::new(programme(), site).to_string(),
            role: role.number(),
            from_date: Some(days.from.into()),
            to_date: days.to.map(Into::into),
            external_ids: external_ids.into_iter().map(Into::into).collect(),
            etag: meta.etag(&name),
            create_time: Some(meta.create_time.into()),
            update_time: Some(meta.update_time.into()),
            name: name.to_string(),
        }
    }
}

impl From<Page<Pairing>> for pb::ListPairingsResponse {
    fn from(page: Page<Pairing>) -> Self {
        let next_page_token = page.next_page_token();
        pb::ListPairingsResponse { pairings: page.items.into_iter().map(Into::into).collect(), next_page_token }
    }
}

impl From<Match> for pb::ExpertMatch {
    fn from(found: Match) -> Self {
        let reason = |reason: MatchReason| pb::MatchReason { kind: reason.kind.number(), value: reason.value };
        pb::ExpertMatch { expert: Some(found.expert.into()), reasons: found.reasons.into_iter().map(reason).collect() }
    }
}

impl From<Page<Match>> for pb::SearchExpertsResponse {
    fn from(page: Page<Match>) -> Self {
        let next_page_token = page.next_page_token();
        pb::SearchExpertsResponse { matches: page.items.into_iter().map(Into::into).collect(), next_page_token }
    }
}

//! Requests about assistants to commands and queries, and assistants to messages.

use super::commands::{AssistantPatch, CreateAssistant, EndAssistant, UpdateAssistant};
use super::queries::{GetAssistant, ListAssistants};
use super::store::Filter;
use super::{Absence, Assistant, Assistants, Profile};
use crate::experts::Days;
use crate::experts::wire::days;
use crate::kernel::{Date, Fields, HalfDay, Id, Name, Page, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

pub(super) mod pairings;

mutations!(
    pb::CreateAssistantRequest,
    pb::UpdateAssistantRequest,
    pb::EndAssistantRequest,
    pb::CreatePairingRequest,
    pb::UpdatePairingRequest,
    pb::EndPairingRequest,
);

const MAX_NAME: usize = 64;
const MAX_ABSENCES: usize = 500;
const UPDATABLE: &[&str] = &["display_name", "specialties", "licence", "absences", "external_ids"];

pub(super) fn create(fields: &mut Fields, request: pb::CreateAssistantRequest, now: Timestamp) -> CreateAssistant {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("assistant_id", &request.assistant_id).unwrap_or_else(|| Id::fresh(now));
    let assistant = fields.message("assistant", request.assistant);
    fields.within("assistant", |fields| CreateAssistant {
        site: fields.name_in::<Sites>("site", &assistant.site, &programme),
        profile: Profile {
            display_name: fields.required("display_name", &assistant.display_name, MAX_NAME),
            specialties: fields.specialties("specialties", &assistant.specialties),
            licence: licence(fields, assistant.licence.as_ref()),
            absences: absences(fields, &assistant.absences),
            external_ids: fields.external_ids("external_ids", &assistant.external_ids),
        },
        name: Name::new(programme, id),
    })
}

pub(super) fn update(fields: &mut Fields, request: pb::UpdateAssistantRequest, _now: Timestamp) -> UpdateAssistant {
    let mask = fields.mask(&request.update_mask, UPDATABLE);
    let assistant = fields.message("assistant", request.assistant);
    fields.within("assistant", |fields| {
        let name = fields.name::<Assistants>("name", &assistant.name);
        let mut patch = AssistantPatch::default();
        for field in mask.iter() {
            match field {
                "display_name" => {
                    patch.display_name = Some(fields.required(field, &assistant.display_name, MAX_NAME));
                }
                "specialties" => patch.specialties = Some(fields.specialties(field, &assistant.specialties)),
                "licence" => patch.licence = Some(licence(fields, assistant.licence.as_ref())),
                "absences" => patch.absences = Some(absences(fields, &assistant.absences)),
                "external_ids" => patch.external_ids = Some(fields.external_ids(field, &assistant.external_ids)),
                _ => {}
            }
        }
        UpdateAssistant { name, etag: fields.etag("etag", &assistant.etag), patch }
    })
}

pub(super) fn end(fields: &mut Fields, request: pb::EndAssistantRequest, _now: Timestamp) -> EndAssistant {
    EndAssistant {
        name: fields.name("name", &request.name),
        end: fields.date("end_date", request.end_date.as_ref()),
        etag: fields.etag("etag", &request.etag),
    }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetAssistantRequest) -> GetAssistant {
    GetAssistant { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListAssistantsRequest) -> ListAssistants {
    let programme = fields.parent("parent", &request.parent);
    let unpaged = pb::ListAssistantsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("ListAssistants {unpaged:?}");
    let external_id = request.external_id.as_ref();
    ListAssistants {
        filter: Filter {
            id: None,
            state: fields.optional_choice("state", request.state),
            site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
            specialty: fields.optional_specialty("specialty", &request.specialty),
            available_day: fields.optional_date("available_date", request.available_date.as_ref()),
        },
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
        page: fields.page(request.page_size, &request.page_token, &bound_to),
        programme,
        bound_to,
    }
}

fn licence(fields: &mut Fields, value: Option<&pb::Licence>) -> Option<Days> {
    let value = value?;
    let (from, to) = (value.valid_from_date.as_ref(), value.valid_to_date.as_ref());
    fields.within("licence", |fields| days(fields, ("valid_from_date", from), ("valid_to_date", to)))
}

fn absences(fields: &mut Fields, values: &[pb::Absence]) -> Vec<Absence> {
    let read = fields.list("absences", values, MAX_ABSENCES, |fields, value| {
        let kind = fields.choice("kind", value.kind);
        let half_day = fields.optional_choice::<HalfDay>("half_day", value.half_day);
        if value.to_date.is_none() {
            fields.refuse("to_date", Reason::Required, "must be set");
        }
        let days = days(fields, ("from_date", value.from_date.as_ref()), ("to_date", value.to_date.as_ref()))?;
        Some(Absence { kind, from: days.from, to: days.to?, half_day })
    });
    read.into_iter().flatten().collect()
}

impl From<Assistant> for pb::Assistant {
    fn from(assistant: Assistant) -> Self {
        let state = assistant.state();
        let Assistant { name, site, profile, end, meta } = assistant;
        let licence = |days: Days| pb::Licence {
            valid_from_date: Some(days.from.into()),
            valid_to_date: days.to.map(Into::into),
        };
        pb::Assistant {
            name: name.to_string(),
            display_name: profile.display_name,
            site: Name::<Sites>::new(name.programme().clone(), site).to_string(),
            specialties: profile.specialties.into_iter().map(String::from).collect(),
            licence: profile.licence.map(licence),
            absences: profile.absences.into_iter().map(Into::into).collect(),
            state: state.number(),
            end_date: end.map(|end: Date| end.into()),
            external_ids: profile.external_ids.into_iter().map(Into::into).collect(),
            etag: meta.etag(&name),
            create_time: Some(meta.create_time.into()),
            update_time: Some(meta.update_time.into()),
        }
    }
}

impl From<Absence> for pb::Absence {
    fn from(absence: Absence) -> Self {
        pb::Absence {
            kind: absence.kind.number(),
            from_date: Some(absence.from.into()),
            to_date: Some(absence.to.into()),
            half_day: absence.half_day.map_or(0, HalfDay::number),
        }
    }
}

impl From<Page<Assistant>> for pb::ListAssistantsResponse {
    fn from(page: Page<Assistant>) -> Self {
        let next_page_token = page.next_page_token();
        pb::ListAssistantsResponse { assistants: page.items.into_iter().map(Into::into).collect(), next_page_token }
    }
}

//! Messages of checklists to commands and queries, and checklists to messages.
use super::super::commands::{CreateOnboarding, UpdateOnboarding};
use super::super::onboarding::MOST_ITEMS;
use super::super::queries::{GetOnboarding, ListOnboardings};
use super::super::store::onboardings::Filter;
use super::super::{Item, Onboarding};
use crate::experts::Experts;
use crate::kernel::{Fields, Id, Name, Page, Reason, Timestamp};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(pb::CreateOnboardingRequest, pb::UpdateOnboardingRequest);

const MAX_ITEM: usize = 128;

pub(in crate::credentials) fn create(
    fields: &mut Fields,
    request: pb::CreateOnboardingRequest,
    now: Timestamp,
) -> CreateOnboarding {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("onboarding_id", &request.onboarding_id).unwrap_or_else(|| Id::fresh(now));
    let onboarding = fields.message("onboarding", request.onboarding);
    fields.within("onboarding", |fields| CreateOnboarding {
        expert: fields.name_in::<Experts>("expert", &onboarding.expert, &programme),
        site: fields.name_in::<Sites>("site", &onboarding.site, &programme),
        items: items(fields, &onboarding.items),
        name: Name::new(programme, id),
    })
}

pub(in crate::credentials) fn update(
    fields: &mut Fields,
    request: pb::UpdateOnboardingRequest,
    _now: Timestamp,
) -> UpdateOnboarding {
    // One field can change, and so an update that is accepted always has it.
    fields.mask(&request.update_mask, UpdateOnboarding::FIELDS);
    let onboarding = fields.message("onboarding", request.onboarding);
    fields.within("onboarding", |fields| UpdateOnboarding {
        name: fields.name("name", &onboarding.name),
        etag: fields.etag("etag", &onboarding.etag),
        items: items(fields, &onboarding.items),
    })
}

fn items(fields: &mut Fields, values: &[pb::OnboardingItem]) -> Vec<Item> {
    if values.is_empty() {
        fields.refuse("items", Reason::Required, "must have at least one entry");
    }
    let mut seen = Vec::new();
    fields.list("items", values, MOST_ITEMS, |fields, value| {
        let item = fields.required("item", &value.item, MAX_ITEM);
        if seen.contains(&value.item) {
            fields.refuse("item", Reason::Duplicate, "stands twice");
        }
        seen.push(value.item.clone());
        Item { item, done: fields.optional_date("done_date", value.done_date.as_ref()) }
    })
}

pub(in crate::credentials) fn get(fields: &mut Fields, request: pb::GetOnboardingRequest) -> GetOnboarding {
    GetOnboarding { name: fields.name("name", &request.name) }
}

pub(in crate::credentials) fn list(fields: &mut Fields, request: pb::ListOnboardingsRequest) -> ListOnboardings {
    let programme = fields.parent("parent", &request.parent);
    let filter = Filter {
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        open: request.open,
    };
    let bound_to = format!("ListOnboardings {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListOnboardings { programme, filter, page, bound_to }
}

pub(in crate::credentials) fn onboarding(onboarding: Onboarding) -> pb::Onboarding {
    let programme = onboarding.name.programme();
    let item = |item: &Item| pb::OnboardingItem { item: item.item.clone(), done_date: item.done.map(Into::into) };
    pb::Onboarding {
        name: onboarding.name.to_string(),
        expert: format!("programmes/{programme}/experts/{}", onboarding.expert),
        site: format!("programmes/{programme}/sites/{}", onboarding.site),
        items: onboarding.items.iter().map(item).collect(),
        complete: onboarding.is_complete(),
        etag: onboarding.meta.etag(&onboarding.name),
        create_time: Some(onboarding.meta.create_time.into()),
        update_time: Some(onboarding.meta.update_time.into()),
    }
}

pub(in crate::credentials) fn page(page: Page<Onboarding>) -> pb::ListOnboardingsResponse {
    let next_page_token = page.next_page_token();
    pb::ListOnboardingsResponse { onboardings: page.items.into_iter().map(onboarding).collect(), next_page_token }
}

//! Messages of charters to commands and queries, and charters to messages.
use super::commands::{RecordContact, UpdateCharter};
use super::queries::{GetCharter, ListCharterVersions, ListContacts};
use super::store::Filter;
use super::{Charter, CharterVersion, Charters, Contact, Limits};
use crate::experts::wire::{consent, days};
use crate::experts::{Days, Experts};
use crate::kernel::{Etag, Fields, Id, Mask, Name, Page, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(pb::UpdateCharterRequest, pb::RecordContactRequest);

/// The most ranges of quiet dates, and the most sites.
const MOST: usize = 100;
const MAX_NAME: usize = 64;
const MAX_NOTE: usize = 200;

pub(super) fn get(fields: &mut Fields, request: pb::GetCharterRequest) -> GetCharter {
    GetCharter { name: fields.name("name", &request.name) }
}

pub(super) fn update(fields: &mut Fields, request: pb::UpdateCharterRequest, now: Timestamp) -> UpdateCharter {
    let mask = fields.mask(&request.update_mask, UpdateCharter::FIELDS);
    let charter = fields.message("charter", request.charter);
    let word = match request.word {
        Some(word) => consent(fields, "word", Some(&word), now),
        None => None,
    };
    fields.within("charter", |fields| {
        let name: Name<Charters> = fields.name("name", &charter.name);
        UpdateCharter {
            etag: fields.etag("etag", &charter.etag),
            limits: limits(fields, &charter, &mask, name.programme()),
            mask,
            word,
            name,
        }
    })
}

/// The limits of a charter; what the mask leaves out isn't looked at, and its value here is never used.
fn limits(fields: &mut Fields, charter: &pb::Charter, mask: &Mask, programme: &Id) -> Limits {
    let mut number = |field: &str, value: Option<i32>, range| {
        fields.masked(mask, field, |fields| fields.optional_number(field, value, range))
    };
    Limits {
        sessions_a_day: number("sessions_a_day", charter.sessions_a_day, 0..=20),
        sessions_a_week: number("sessions_a_week", charter.sessions_a_week, 0..=100),
        sessions_a_month: number("sessions_a_month", charter.sessions_a_month, 0..=500),
        patients_a_clinic: number("patients_a_clinic", charter.patients_a_clinic, 0..=1000),
        hours_a_visit: number("hours_a_visit", charter.hours_a_visit, 1..=8784),
        notice_hours: number("notice_hours", charter.notice_hours, 0..=2160),
        travel_minutes_a_day: number("travel_minutes_a_day", charter.travel_minutes_a_day, 0..=1440),
        contacts_a_week: number("contacts_a_week", charter.contacts_a_week, 0..=100),
        quiet_dates: fields.masked(mask, "quiet_dates", |fields| quiet_dates(fields, &charter.quiet_dates)),
        kinds: fields.masked(mask, "kinds", |fields| fields.choices("kinds", &charter.kinds)),
        sites: fields
            .masked(mask, "sites", |fields| fields.names_in::<Sites>("sites", &charter.sites, MOST, programme)),
    }
}

fn quiet_dates(fields: &mut Fields, values: &[pb::QuietDates]) -> Vec<Days> {
    let read = fields.list("quiet_dates", values, MOST, |fields, value| {
        if value.to_date.is_none() {
            fields.refuse("to_date", Reason::Required, "must be set");
        }
        days(fields, ("from_date", value.from_date.as_ref()), ("to_date", value.to_date.as_ref()))
    });
    read.into_iter().flatten().collect()
}

pub(super) fn versions(fields: &mut Fields, request: pb::ListCharterVersionsRequest) -> ListCharterVersions {
    let name: Name<Charters> = fields.name("name", &request.name);
    let bound_to = format!("ListCharterVersions {name}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListCharterVersions { name, page, bound_to }
}

pub(super) fn record_contact(fields: &mut Fields, request: pb::RecordContactRequest, now: Timestamp) -> RecordContact {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("contact_id", &request.contact_id).unwrap_or_else(|| Id::fresh(now));
    let contact = fields.message("contact", request.contact);
    fields.within("contact", |fields| {
        let time = fields.time("contact_time", contact.contact_time.as_ref());
        if time > now {
            fields.refuse("contact_time", Reason::Inconsistent, "must not be in the future");
        }
        RecordContact {
            expert: fields.name_in::<Experts>("expert", &contact.expert, &programme),
            time,
            medium: fields.choice("medium", contact.medium),
            made_by: fields.required("made_by", &contact.made_by, MAX_NAME),
            note: fields.text("note", &contact.note, MAX_NOTE),
            name: Name::new(programme, id),
        }
    })
}

pub(super) fn list_contacts(fields: &mut Fields, request: pb::ListContactsRequest) -> ListContacts {
    let programme = fields.parent("parent", &request.parent);
    let filter = Filter {
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        from: fields.optional_time("contact_time_from", request.contact_time_from.as_ref()),
        until: fields.optional_time("contact_time_until", request.contact_time_until.as_ref()),
    };
    let bound_to = format!("ListContacts {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListContacts { programme, filter, page, bound_to }
}

pub(super) fn charter(charter: Charter) -> pb::Charter {
    let Charter { name, limits, word, meta } = charter;
    let small = |number: Option<i64>| number.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    let quiet = |days: &Days| pb::QuietDates { from_date: Some(days.from.into()), to_date: days.to.map(Into::into) };
    let revision = meta.map_or(0, |meta| meta.revision);
    pb::Charter {
        expert: Name::<Experts>::new(name.programme().clone(), name.id().clone()).to_string(),
        sessions_a_day: small(limits.sessions_a_day),
        sessions_a_week: small(limits.sessions_a_week),
        sessions_a_month: small(limits.sessions_a_month),
        patients_a_clinic: small(limits.patients_a_clinic),
        hours_a_visit: small(limits.hours_a_visit),
        quiet_dates: limits.quiet_dates.iter().map(quiet).collect(),
        notice_hours: small(limits.notice_hours),
        travel_minutes_a_day: small(limits.travel_minutes_a_day),
        kinds: limits.kinds.iter().map(|kind| kind.number()).collect(),
        sites: limits.sites.iter().map(|id| format!("programmes/{}/sites/{id}", name.programme())).collect(),
        contacts_a_week: small(limits.contacts_a_week),
        word: word.map(Into::into),
        version: i32::try_from(revision).unwrap_or(i32::MAX),
        etag: Etag::of(&name, revision),
        create_time: meta.map(|meta| meta.create_time.into()),
        update_time: meta.map(|meta| meta.update_time.into()),
        name: name.to_string(),
    }
}

pub(super) fn version_page(page: Page<CharterVersion>) -> pb::ListCharterVersionsResponse {
    let next_page_token = page.next_page_token();
    let version = |version: CharterVersion| pb::CharterVersion {
        charter: Some(charter(version.charter)),
        loosened_fields: version.loosened.into_iter().map(str::to_owned).collect(),
    };
    pb::ListCharterVersionsResponse { versions: page.items.into_iter().map(version).collect(), next_page_token }
}

pub(super) fn contact(contact: Contact) -> pb::Contact {
    pb::Contact {
        name: contact.name.to_string(),
        expert: format!("programmes/{}/experts/{}", contact.name.programme(), contact.expert),
        contact_time: Some(contact.time.into()),
        medium: contact.medium.number(),
        made_by: contact.made_by,
        note: contact.note,
        beyond_charter: contact.beyond_charter,
        create_time: Some(contact.create_time.into()),
    }
}

pub(super) fn contact_page(page: Page<Contact>) -> pb::ListContactsResponse {
    let next_page_token = page.next_page_token();
    pb::ListContactsResponse { contacts: page.items.into_iter().map(contact).collect(), next_page_token }
}

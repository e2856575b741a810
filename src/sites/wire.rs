//! Messages of sites to commands, and sites, closures and journeys to messages.

use std::collections::HashSet;

use super::commands::{CloseSite, CreateSite, DeleteSite, ReopenSite, SetTravelMinutes, UpdateSite};
use super::queries::{GetClosure, GetSite, ListClosures, ListSites, ListTravelMinutes, Listing};
use super::{Closure, ClosureCause, DivisionCode, FIELDS, Journey, Profile, Room, Site, SiteLevel, Sites, store};
use crate::hospitals::{CreditCode, Hospitals};
use crate::kernel::{Fields, Id, Mask, Name, Reason, Specialty, Timestamp, Vocabulary, Zone};
use crate::pb;
use crate::wire::mutations;

mutations!(
    pb::CreateSiteRequest,
    pb::UpdateSiteRequest,
    pb::DeleteSiteRequest,
    pb::CloseSiteRequest,
    pb::ReopenSiteRequest,
    pb::SetTravelMinutesRequest,
);

/// The most rooms of a site.
const MAX_ROOMS: usize = 200;
/// The most journeys of a request: each may give its origin a new revision too.
const MAX_JOURNEYS: usize = 500;

pub(super) fn create(fields: &mut Fields, request: pb::CreateSiteRequest, now: Timestamp) -> CreateSite {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("site_id", &request.site_id).unwrap_or_else(|| Id::fresh(now));
    let message = fields.message("site", request.site);
    let all = fields.mask(&None, FIELDS);
    let profile = fields.within("site", |fields| profile(fields, &message, &all, &programme));
    CreateSite { name: Name::new(programme, id), profile }
}

pub(super) fn update(fields: &mut Fields, request: pb::UpdateSiteRequest, _now: Timestamp) -> UpdateSite {
    let mask = fields.mask(&request.update_mask, FIELDS);
    let message = fields.message("site", request.site);
    fields.within("site", |fields| {
        let name = fields.name::<Sites>("name", &message.name);
        let etag = fields.etag("etag", &message.etag);
        let profile = profile(fields, &message, &mask, name.programme());
        UpdateSite { name, etag, mask, profile }
    })
}

pub(super) fn delete(fields: &mut Fields, request: pb::DeleteSiteRequest, _now: Timestamp) -> DeleteSite {
    DeleteSite { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

/// A request to close, as the command that it asks for.
pub fn close(fields: &mut Fields, request: pb::CloseSiteRequest, now: Timestamp) -> CloseSite {
    let site = fields.name::<Sites>("name", &request.name);
    let id = fields.id("closure_id", &request.closure_id).unwrap_or_else(|| Id::fresh(now));
    let start = fields.time("start_time", request.start_time.as_ref());
    let end = fields.optional_time("end_time", request.end_time.as_ref());
    if end.is_some_and(|end| end <= start) {
        fields.refuse("end_time", Reason::Inconsistent, "must be after start_time");
    }
    let cause = fields.choice("cause", request.cause);
    let note = fields.prose("note", &request.note, 500);
    if cause == ClosureCause::Other && request.note.trim().is_empty() {
        fields.refuse("note", Reason::Required, "must be set with the cause OTHER");
    }
    CloseSite {
        name: Name::new(site.programme().clone(), id),
        site,
        room: fields.id("room_id", &request.room_id),
        start,
        end,
        cause,
        note,
    }
}

pub(super) fn reopen(fields: &mut Fields, request: pb::ReopenSiteRequest, _now: Timestamp) -> ReopenSite {
    ReopenSite {
        name: fields.name("name", &request.name),
        at: fields.optional_time("reopen_time", request.reopen_time.as_ref()),
        etag: fields.etag("etag", &request.etag),
    }
}

pub(super) fn set_travel_minutes(
    fields: &mut Fields,
    request: pb::SetTravelMinutesRequest,
    _now: Timestamp,
) -> SetTravelMinutes {
    let programme = fields.parent("parent", &request.parent);
    if request.travel_minutes.is_empty() {
        fields.refuse("travel_minutes", Reason::Required, "must have an entry");
    }
    let mut seen = HashSet::new();
    let mut journeys = fields.list("travel_minutes", &request.travel_minutes, MAX_JOURNEYS, |fields, message| {
        let clean = (Name::<Sites>::parse(&message.origin).is_ok(), Name::<Sites>::parse(&message.destination).is_ok());
        let journey = Journey {
            origin: fields.name_in::<Sites>("origin", &message.origin, &programme),
            destination: fields.name_in::<Sites>("destination", &message.destination, &programme),
            minutes: fields.optional_number("minutes", message.minutes, 1..=1440),
        };
        if clean == (true, true) && journey.origin == journey.destination {
            fields.refuse("destination", Reason::Inconsistent, "must be another site than the origin");
        } else if clean == (true, true) && !seen.insert((message.origin.clone(), message.destination.clone())) {
            fields.refuse("", Reason::Duplicate, "stands twice");
        }
        journey
    });
    journeys.sort();
    SetTravelMinutes { programme, journeys }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetSiteRequest) -> GetSite {
    GetSite { name: fields.name("name", &request.name) }
}

pub(super) fn get_closure(fields: &mut Fields, request: pb::GetClosureRequest) -> GetClosure {
    GetClosure { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListSitesRequest) -> ListSites {
    let programme = fields.parent("parent", &request.parent);
    let division = &request.division_code;
    let filter = store::Filter {
        level: fields.optional_choice("level", request.level),
        hospital: fields.optional_name_in::<Hospitals>("hospital", &request.hospital, &programme),
        division_code: if division.is_empty() { None } else { Some(division_code(fields, division)) },
        licensed_specialty: fields.optional_specialty("licensed_specialty", &request.licensed_specialty),
        external_id: request.external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = format!("ListSites {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListSites(Listing { programme, filter, page, bound_to })
}

pub(super) fn list_closures(fields: &mut Fields, request: pb::ListClosuresRequest) -> ListClosures {
    let programme = fields.parent("parent", &request.parent);
    let overlapping = request.overlapping.as_ref();
    let filter = store::closures::Filter {
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        overlapping: overlapping.map(|interval| fields.interval("overlapping", Some(interval))),
    };
    let bound_to = format!("ListClosures {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListClosures(Listing { programme, filter, page, bound_to })
}

pub(super) fn list_travel_minutes(fields: &mut Fields, request: pb::ListTravelMinutesRequest) -> ListTravelMinutes {
    let programme = fields.parent("parent", &request.parent);
    let filter = store::travel::Filter {
        origin: fields.optional_name_in::<Sites>("origin", &request.origin, &programme),
        destination: fields.optional_name_in::<Sites>("destination", &request.destination, &programme),
    };
    let bound_to = format!("ListTravelMinutes {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListTravelMinutes(Listing { programme, filter, page, bound_to })
}

/// The fields that the mask has; the others as they come.
fn profile(fields: &mut Fields, message: &pb::Site, mask: &Mask, programme: &Id) -> Profile {
    let level = |fields: &mut Fields| fields.choice("level", message.level);
    let zone = |fields: &mut Fields| fields.zone("zone", &message.zone);
    let division = |fields: &mut Fields| division_code(fields, &message.division_code);
    let hospital = |f: &mut Fields| f.optional_name_in::<Hospitals>("hospital", &message.hospital, programme);
    let mut external_ids =
        fields.masked(mask, "external_ids", |f| f.external_ids("external_ids", &message.external_ids));
    external_ids.sort();
    Profile {
        display_name: fields.masked(mask, "display_name", |f| f.required("display_name", &message.display_name, 100)),
        hospital: fields.masked(mask, "hospital", hospital),
        level: if mask.has("level") { level(fields) } else { SiteLevel::Other },
        institution_code: fields.masked(mask, "institution_code", |f| institution_code(f, &message.institution_code)),
        division_code: if mask.has("division_code") { division(fields) } else { DivisionCode::placeholder() },
        zone: if mask.has("zone") { zone(fields) } else { Zone::UTC },
        licensed_specialties: fields
            .masked(mask, "licensed_specialties", |f| specialties(f, &message.licensed_specialties)),
        rooms: fields.masked(mask, "rooms", |f| rooms(f, &message.rooms)),
        address: fields.masked(mask, "address", |f| f.text("address", &message.address, 200)),
        external_ids,
    }
}

/// 诊疗科目 by code, as they are stored.
fn specialties(fields: &mut Fields, codes: &[String]) -> Vec<Specialty> {
    let mut specialties = fields.specialties("licensed_specialties", codes);
    specialties.sort();
    specialties
}

/// Rooms in the caller's order, their ids unique.
fn rooms(fields: &mut Fields, messages: &[pb::Room]) -> Vec<Room> {
    let mut seen = HashSet::new();
    let rooms = fields.list("rooms", messages, MAX_ROOMS, |fields, message| {
        let id = fields.id("id", &message.id);
        if message.id.is_empty() {
            fields.refuse("id", Reason::Required, "must be set");
        } else if id.as_ref().is_some_and(|id| !seen.insert(id.clone())) {
            fields.refuse("id", Reason::Duplicate, "stands twice");
        }
        if message.kinds.is_empty() {
            fields.refuse("kinds", Reason::Required, "must have an entry");
        }
        let display_name = fields.required("display_name", &message.display_name, 60);
        let mut kinds = fields.choices("kinds", &message.kinds);
        kinds.sort();
        let turnover_minutes = fields.number("turnover_minutes", message.turnover_minutes, 0..=480);
        id.map(|id| Room { id, display_name, kinds, turnover_minutes })
    });
    rooms.into_iter().flatten().collect()
}

/// A division code, which must be set.
fn division_code(fields: &mut Fields, value: &str) -> DivisionCode {
    let parse = |value: &str| DivisionCode::parse(value).ok_or(());
    let code = fields.shaped("division_code", value, DivisionCode::SHAPE, parse);
    code.unwrap_or_else(DivisionCode::placeholder)
}

/// A credit code; `None` where the field is empty.
fn institution_code(fields: &mut Fields, value: &str) -> Option<CreditCode> {
    if value.is_empty() {
        return None;
    }
    fields.shaped("institution_code", value, CreditCode::SHAPE, |value| CreditCode::parse(value).ok_or(()))
}

pub(super) fn site(site: Site) -> pb::Site {
    let Site { name, profile, meta } = site;
    let hospital = |id: Id| Name::<Hospitals>::new(name.programme().clone(), id).to_string();
    pb::Site {
        etag: meta.etag(&name),
        display_name: profile.display_name,
        hospital: profile.hospital.map(hospital).unwrap_or_default(),
        level: profile.level.number(),
        institution_code: profile.institution_code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        division_code: profile.division_code.as_str().to_owned(),
        zone: profile.zone.name().to_owned(),
        licensed_specialties: profile.licensed_specialties.iter().map(ToString::to_string).collect(),
        rooms: profile.rooms.into_iter().map(room).collect(),
        address: profile.address,
        external_ids: profile.external_ids.into_iter().map(Into::into).collect(),
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
        name: name.to_string(),
    }
}

fn room(room: Room) -> pb::Room {
    pb::Room {
        id: room.id.to_string(),
        display_name: room.display_name,
        kinds: room.kinds.into_iter().map(Vocabulary::number).collect(),
        turnover_minutes: minutes(room.turnover_minutes),
    }
}

/// A closure as a message.
pub fn closure(closure: Closure) -> pb::Closure {
    let site = Name::<Sites>::new(closure.name.programme().clone(), closure.site);
    pb::Closure {
        etag: closure.meta.etag(&closure.name),
        name: closure.name.to_string(),
        site: site.to_string(),
        room_id: closure.room.map(String::from).unwrap_or_default(),
        start_time: Some(closure.start.into()),
        end_time: closure.end.map(Into::into),
        cause: closure.cause.number(),
        note: closure.note,
        reopen_time: closure.reopened.map(Into::into),
        create_time: Some(closure.meta.create_time.into()),
        update_time: Some(closure.meta.update_time.into()),
    }
}

pub(super) fn journeys(programme: &Id, journeys: Vec<Journey>) -> Vec<pb::TravelMinutes> {
    let name = |id: Id| Name::<Sites>::new(programme.clone(), id).to_string();
    let message = |journey: Journey| pb::TravelMinutes {
        origin: name(journey.origin),
        destination: name(journey.destination),
        minutes: journey.minutes.map(minutes),
    };
    journeys.into_iter().map(message).collect()
}

/// Minutes as the wire has them; every stored number of minutes fits.
fn minutes(minutes: i64) -> i32 {
    i32::try_from(minutes).unwrap_or(i32::MAX)
}

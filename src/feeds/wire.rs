//! Requests for feeds to queries, and what they answer to messages.

use super::itinerary::Itinerary;
use super::queries::{Feed, GetCalendarFeed, GetVisitItinerary, Owner};
use super::{Language, Reader, ical};
use crate::kernel::{Fields, Id, Name, Timestamp, page};
use crate::pb;

const MINUTES_A_DAY: i64 = 24 * 60;
const DAYS_BEFORE: i64 = 60;
const DAYS_AFTER: i64 = 180;
const MOST_DAYS: i64 = 400;

pub(super) fn calendar(fields: &mut Fields, request: pb::GetCalendarFeedRequest, now: Timestamp) -> GetCalendarFeed {
    let unpaged = pb::GetCalendarFeedRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let bound_to = format!("GetCalendarFeed {unpaged:?}");
    let usual = (now.plus_minutes(-DAYS_BEFORE * MINUTES_A_DAY), now.plus_minutes(DAYS_AFTER * MINUTES_A_DAY));
    let window = request.window.as_ref().map_or(usual, |window| fields.window("window", Some(window), MOST_DAYS));
    let size =
        if request.page_size == 0 { i32::try_from(page::MAX_SIZE).unwrap_or(i32::MAX) } else { request.page_size };
    GetCalendarFeed {
        owner: owner(fields, &request.name, now),
        window,
        language: language(fields, request.language),
        now,
        page: fields.page(size, &request.page_token, &bound_to),
        bound_to,
    }
}

fn owner(fields: &mut Fields, value: &str, now: Timestamp) -> Owner {
    let shape = "must name an expert, an assistant or a site: programmes/{programme}/{collection}/{id}";
    let owner = fields.shaped("name", value, shape, |value| Owner::parse(value).ok_or(()));
    // Where it is refused, nothing is done with the placeholder.
    owner.unwrap_or_else(|| Owner::Site(Name::new(Id::fresh(now), Id::fresh(now))))
}

fn language(fields: &mut Fields, value: i32) -> Language {
    fields.optional_choice("language", value).unwrap_or(Language::Chinese)
}

pub(super) fn feed(feed: Feed, reader: Reader, language: Language) -> pb::CalendarFeed {
    let entries = &feed.entries.items;
    pb::CalendarFeed {
        calendar: ical::calendar(&feed.title, entries, reader, language),
        update_time: entries.iter().map(|entry| entry.update_time).max().map(Into::into),
        next_page_token: feed.entries.next_page_token(),
    }
}

pub(super) fn itinerary(
    fields: &mut Fields,
    request: &pb::GetVisitItineraryRequest,
    now: Timestamp,
) -> (GetVisitItinerary, Language) {
    let query = GetVisitItinerary { name: fields.name("name", &request.name), now };
    (query, language(fields, request.language))
}

pub(super) fn visit(itinerary: &Itinerary, language: Language) -> pb::VisitItinerary {
    pb::VisitItinerary {
        title: itinerary.title(language),
        text: itinerary.text(language),
        html: itinerary.html(language),
        update_time: Some(itinerary.update_time.into()),
    }
}

//! iCalendar (RFC 5545): entries as events of one calendar, with the zones they stand in.

use std::collections::BTreeMap;

use icalendar::{Calendar, CalendarDateTime, Component as _, Event, EventLike as _, EventStatus, Property};

use super::{Entry, Language, Reader, timezone, words};
use crate::kernel::{Timestamp, Vocabulary as _, Zone};
use crate::sessions::SessionState;

/// A calendar of entries. The same entries give the same bytes.
#[must_use]
pub fn calendar(title: &str, entries: &[Entry], reader: Reader, language: Language) -> String {
    let mut calendar = Calendar::empty();
    let product = language.choose("-//Homecoming//Calendar feed//ZH", "-//Homecoming//Calendar feed//EN");
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", product),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", title),
    ] {
        calendar.append_property(Property::new(key, value));
    }
    for (zone, first, last) in zones(entries) {
        // The crate has no VTIMEZONE. A calendar's properties are written first and in order: so are these lines.
        for (key, value) in timezone::component(zone, first, last) {
            calendar.append_property(Property::new(key, value));
        }
    }
    for entry in entries {
        calendar.push(event(entry, reader, language));
    }
    calendar.to_string()
}

/// Each zone with the first and the last instant that stands in it.
fn zones(entries: &[Entry]) -> Vec<(Zone, Timestamp, Timestamp)> {
    let mut zones: BTreeMap<&str, (Zone, Timestamp, Timestamp)> = BTreeMap::new();
    for entry in entries {
        let (start, end) = entry.span;
        let reach = zones.entry(entry.zone.name()).or_insert((entry.zone, start, end));
        (reach.1, reach.2) = (reach.1.min(start), reach.2.max(end));
    }
    zones.into_values().collect()
}

fn event(entry: &Entry, reader: Reader, language: Language) -> Event {
    let mut event = Event::new();
    event
        .uid(&format!("{}.{}@homecoming", entry.session, entry.programme))
        .sequence(u32::try_from(entry.sequence).unwrap_or(u32::MAX))
        .timestamp(entry.update_time.to_utc())
        .created(entry.create_time.to_utc())
        .last_modified(entry.update_time.to_utc())
        .starts(on_the_wall(entry.zone, entry.span.0))
        .ends(on_the_wall(entry.zone, entry.span.1))
        .summary(&summary(entry, reader, language))
        .location(&location(entry))
        .description(&description(entry, language))
        .categories([entry.kind.code()])
        .status(status(entry.state));
    event.done()
}

/// A time on the wall. Where the wall shows it twice and this is the later one, in UTC: readers take the earlier.
fn on_the_wall(zone: Zone, instant: Timestamp) -> CalendarDateTime {
    let local = zone.local(instant);
    if zone.instant(local.date(), local.time()) == instant {
        CalendarDateTime::WithTimezone { date_time: local, tzid: zone.name().to_owned() }
    } else {
        CalendarDateTime::Utc(instant.to_utc())
    }
}

fn status(state: SessionState) -> EventStatus {
    match state {
        SessionState::Tentative | SessionState::Proposed => EventStatus::Tentative,
        SessionState::Confirmed | SessionState::InProgress | SessionState::Completed => EventStatus::Confirmed,
        SessionState::NotHeld | SessionState::Cancelled | SessionState::Lapsed | SessionState::Voided => {
            EventStatus::Cancelled
        }
    }
}

fn summary(entry: &Entry, reader: Reader, language: Language) -> String {
    let kind = words::kind(entry.kind, language);
    match reader {
        Reader::Person => format!("{kind} · {}", entry.site_name),
        Reader::Site => format!("{kind} · {}", entry.expert),
    }
}

fn location(entry: &Entry) -> String {
    let parts = [Some(entry.site_name.as_str()), entry.room.as_deref(), Some(entry.address.as_str())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn description(entry: &Entry, language: Language) -> String {
    let experts: Vec<&str> = std::iter::once(&entry.expert).chain(&entry.beside).map(String::as_str).collect();
    let label = |chinese, english, value: &str| words::labelled(language.choose(chinese, english), value, language);
    let mut lines = vec![
        label("状态", "State", words::state(entry.state, language)),
        label("专家", "Experts", &experts.join(language.choose("、", ", "))),
    ];
    lines.extend(entry.assistant.as_ref().map(|assistant| label("助手", "Assistant", assistant)));
    lines.extend(entry.specialty.as_ref().map(|specialty| label("诊疗科目", "Specialty", specialty.as_str())));
    lines.join("\n")
}

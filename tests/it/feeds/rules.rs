//! What is written, of entries that no session has: zones, escapes, states.
use homecoming::feeds::itinerary::{Itinerary, ItineraryDay, Step};
use homecoming::feeds::timezone::{Observance, component, observances};
use homecoming::feeds::{Entry, Language, Reader, ical, words};
use homecoming::kernel::{Id, SessionKind, Timestamp, Vocabulary as _, Zone};
use homecoming::sessions::SessionState;
use homecoming::visits::VisitState;
use proptest::prelude::*;

use crate::support::county::day;

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn instant(text: &str) -> Timestamp {
    Timestamp::from_utc(text.parse().unwrap())
}

pub(super) fn entry(zone_name: &str, start: &str, end: &str) -> Entry {
    Entry {
        programme: Id::parse("liling").unwrap(),
        session: Id::parse("s1").unwrap(),
        kind: SessionKind::Clinic,
        state: SessionState::Confirmed,
        span: (instant(start), instant(end)),
        zone: zone(zone_name),
        site: Id::parse("county").unwrap(),
        site_name: "市中医院".to_owned(),
        address: String::new(),
        room: None,
        expert: "专家 001".to_owned(),
        beside: Vec::new(),
        assistant: None,
        specialty: None,
        capacity: 0,
        sequence: 1,
        create_time: instant("2024-04-01T00:00:00Z"),
        update_time: instant("2024-04-01T00:00:00Z"),
    }
}

/// A calendar's lines, unfolded.
pub(super) fn lines(calendar: &str) -> Vec<String> {
    assert!(calendar.ends_with("\r\n") && !calendar.replace("\r\n", "").contains(['\r', '\n']), "lines end with CRLF");
    assert!(calendar.split("\r\n").all(|line| line.len() <= 75), "no line is longer than 75 bytes");
    calendar.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn observances_are_those_of_the_zone() {
    let of = |name: &str, first: &str, last: &str| -> Vec<String> {
        let found = observances(zone(name), instant(first), instant(last));
        let shown = |each: Observance| format!("{} {} {} {}", each.onset, each.from / 60, each.to / 60, each.summer);
        found.into_iter().map(shown).collect()
    };
    let cases = [
        ("Asia/Shanghai", "2024-04-01T00:00:00Z", "2024-12-01T00:00:00Z", vec!["1970-01-01 00:00:00 480 480 false"]),
        (
            "America/New_York",
            "2024-04-01T00:00:00Z",
            "2024-12-01T00:00:00Z",
            vec!["2024-03-10 02:00:00 -300 -240 true", "2024-11-03 02:00:00 -240 -300 false"],
        ),
        (
            "Australia/Lord_Howe",
            "2024-04-07T00:00:00Z",
            "2024-04-08T00:00:00Z",
            vec!["2024-04-07 02:00:00 660 630 false"],
        ),
    ];
    for (name, first, last, expected) in cases {
        assert_eq!(of(name, first, last), expected, "{name}");
    }
    let expected = "BEGIN:VTIMEZONE BEGIN:STANDARD END:STANDARD END:VTIMEZONE";
    let lines = component(zone("Asia/Shanghai"), instant("2024-04-01T00:00:00Z"), instant("2024-04-02T00:00:00Z"));
    let frame: Vec<String> = lines
        .iter()
        .filter(|(key, _)| matches!(*key, "BEGIN" | "END"))
        .map(|(key, value)| format!("{key}:{value}"))
        .collect();
    assert_eq!(frame.join(" "), expected);
}

const ZONES: [&str; 6] =
    ["Asia/Shanghai", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"];

proptest! {
    #[test]
    fn a_reader_of_the_observances_finds_the_zones_clock(
        name in prop::sample::select(&ZONES[..]),
        first in 0_i64..3_000 * 1440,
        (length, at) in (1_i64..800 * 1440).prop_flat_map(|length| (Just(length), 0..length)),
    ) {
        let first = instant("2018-01-01T00:00:00Z").plus_minutes(first);
        let found = observances(zone(name), first, first.plus_minutes(length));
        let asked = first.plus_minutes(at);
        // As a reader does: the last observance that has begun by then.
        let utc = |each: &Observance| each.onset.and_utc().timestamp() - each.from;
        let holding = found.iter().rev().find(|each| utc(each) <= asked.micros() / 1_000_000).unwrap();
        let local = zone(name).local(asked) - asked.to_utc().naive_utc();
        prop_assert_eq!(local.num_seconds(), holding.to);
    }
}

#[test]
fn every_state_has_a_status() {
    for state in SessionState::ALL {
        let entry = Entry { state: *state, ..entry("Asia/Shanghai", "2024-04-02T00:00:00Z", "2024-04-02T04:00:00Z") };
        let expected = match state {
            SessionState::Tentative | SessionState::Proposed => "TENTATIVE",
            SessionState::Confirmed | SessionState::InProgress | SessionState::Completed => "CONFIRMED",
            SessionState::NotHeld | SessionState::Cancelled | SessionState::Lapsed | SessionState::Voided => {
                "CANCELLED"
            }
        };
        assert_eq!(entry.stands(), expected != "CANCELLED", "{state:?}");
        let calendar = ical::calendar("a", &[entry], Reader::Person, Language::Chinese);
        assert!(lines(&calendar).contains(&format!("STATUS:{expected}")), "{state:?}");
    }
    let all = |language| SessionState::ALL.iter().map(move |state| words::state(*state, language));
    let mut said: Vec<&str> = all(Language::Chinese).chain(all(Language::English)).collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 2 * SessionState::ALL.len(), "each state has its own word");
}

#[test]
fn times_stand_on_the_wall_and_in_utc_where_the_wall_shows_them_twice() {
    let cases = [
        ("Asia/Shanghai", "2024-04-02T00:30:00Z", "DTSTART;TZID=Asia/Shanghai:20240402T083000"),
        ("America/New_York", "2024-11-03T05:30:00Z", "DTSTART;TZID=America/New_York:20241103T013000"),
        ("America/New_York", "2024-11-03T06:30:00Z", "DTSTART:20241103T063000Z"),
    ];
    for (name, start, expected) in cases {
        let entry = entry(name, start, "2024-12-31T00:00:00Z");
        let calendar = ical::calendar("a", &[entry], Reader::Person, Language::Chinese);
        assert!(lines(&calendar).contains(&expected.to_owned()), "{calendar}");
    }
}

#[test]
fn what_people_write_stays_text() {
    let nasty = Entry {
        site_name: "卫生院; a,b\\n <script>\"'&".to_owned(),
        expert: "专家 001，".repeat(12),
        ..entry("Asia/Shanghai", "2024-04-02T00:00:00Z", "2024-04-02T04:00:00Z")
    };
    let calendar = lines(&ical::calendar("a", std::slice::from_ref(&nasty), Reader::Person, Language::Chinese));
    assert!(calendar.contains(&"SUMMARY:坐诊 · 卫生院\\; a\\,b\\\\n <script>\"'&".to_owned()), "{calendar:?}");
    assert_eq!(calendar.iter().filter(|line| line.starts_with("BEGIN:VEVENT")).count(), 1);
    let written = ical::calendar("a", std::slice::from_ref(&nasty), Reader::Site, Language::English).len();
    assert!(written <= nasty.bytes() + 600, "{written} bytes with the frame");

    let day = ItineraryDay {
        date: day("2024-04-02"),
        holiday: String::new(),
        steps: vec![
            Step::Session(Box::new(nasty.clone())),
            Step::Journey { minutes: None, to: nasty.site_name.clone() },
        ],
    };
    let itinerary = Itinerary {
        programme: "<b>".to_owned(),
        expert: nasty.expert.clone(),
        host: nasty.site_name,
        address: "</td>".to_owned(),
        zone: nasty.zone,
        arrival: nasty.span.0,
        departure: nasty.span.1,
        state: VisitState::Cancelled,
        days: vec![day],
        update_time: nasty.update_time,
    };
    for language in [Language::Chinese, Language::English] {
        let html = itinerary.html(language);
        assert!(html.contains("卫生院; a,b\\n &lt;script&gt;&quot;&#39;&amp;"), "{html}");
        for never in ["<script", "<b>", "</td></td>", "src=", "href=", "http", "@import", "url("] {
            assert!(!html.contains(never), "{never} in {html}");
        }
        assert!(itinerary.text(language).contains("<b>"), "plain text is left as it is");
    }
}

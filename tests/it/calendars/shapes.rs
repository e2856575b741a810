//! Offers as instants: wall times over gaps and overlaps, ends, exceptions, and what is merged.
use std::collections::BTreeSet;

use homecoming::calendars::{Absent, Shape, WallTime, Weekday, Weekly, merged};
use homecoming::kernel::{Date, Timestamp, Vocabulary as _, Zone};
use proptest::prelude::*;

use crate::support::county::day;

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn wall(text: &str) -> WallTime {
    let (hour, minute) = text.split_once(':').unwrap();
    WallTime::new(hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()).unwrap()
}

fn instant(text: &str) -> Timestamp {
    Timestamp::from_utc(text.parse().unwrap())
}

/// Every day at these times, from a day on.
fn daily(zone_name: &str, first: &str, start: &str, end: &str) -> Weekly {
    Weekly {
        zone: zone(zone_name),
        weekdays: Weekday::ALL.iter().copied().collect(),
        start: wall(start),
        end: wall(end),
        first: day(first),
        last: None,
        except: BTreeSet::new(),
    }
}

fn shown(spans: &[(Timestamp, Timestamp)]) -> Vec<String> {
    spans.iter().map(|(start, end)| format!("{start}/{end}")).collect()
}

#[test]
fn one_day_over_summer_time() {
    // (zone, day, from, to, the instants, whether the rule chose)
    let cases = [
        ("Asia/Shanghai", "2026-03-08", "02:15", "04:00", Some("2026-03-07T18:15:00Z/2026-03-07T20:00:00Z"), false),
        ("America/New_York", "2026-03-08", "01:00", "04:00", Some("2026-03-08T06:00:00Z/2026-03-08T08:00:00Z"), false),
        ("America/New_York", "2026-03-08", "02:15", "04:00", Some("2026-03-08T07:00:00Z/2026-03-08T08:00:00Z"), true),
        ("America/New_York", "2026-03-08", "01:00", "02:30", Some("2026-03-08T06:00:00Z/2026-03-08T07:00:00Z"), true),
        ("America/New_York", "2026-03-08", "02:10", "02:50", None, true),
        ("America/New_York", "2026-11-01", "00:30", "01:30", Some("2026-11-01T04:30:00Z/2026-11-01T05:30:00Z"), true),
        ("America/New_York", "2026-11-01", "01:30", "02:30", Some("2026-11-01T05:30:00Z/2026-11-01T07:30:00Z"), true),
        ("America/New_York", "2026-11-01", "00:00", "24:00", Some("2026-11-01T04:00:00Z/2026-11-02T05:00:00Z"), false),
        ("Asia/Shanghai", "1986-05-04", "02:30", "12:00", Some("1986-05-03T18:00:00Z/1986-05-04T03:00:00Z"), true),
        (
            "Australia/Lord_Howe",
            "2025-10-05",
            "02:10",
            "03:00",
            Some("2025-10-04T15:30:00Z/2025-10-04T16:00:00Z"),
            true,
        ),
        ("Pacific/Apia", "2011-12-30", "08:00", "24:00", None, true),
    ];
    for (name, date, start, end, expected, adjusted) in cases {
        let civil = Shape::Civil { zone: zone(name), start: (day(date), wall(start)), end: (day(date), wall(end)) };
        let weekly = Shape::Weekly(Weekly { last: Some(day(date)), ..daily(name, date, start, end) });
        for shape in [civil, weekly] {
            let found = shape.first(2);
            let spans: Vec<_> = found.iter().map(|each| each.span).collect();
            assert_eq!(shown(&spans), expected.into_iter().collect::<Vec<_>>(), "{name} {date} {start} {end}");
            assert!(found.iter().all(|each| each.adjusted == adjusted), "{name} {date} {start} {end}");
            assert_eq!(shape.is_empty(), expected.is_none());
        }
    }
}

#[test]
fn a_weekly_offer_keeps_its_wall_time_over_the_year() {
    let shape = Shape::Weekly(Weekly {
        weekdays: [Weekday::Sunday].into(),
        except: [day("2026-03-15")].into(),
        last: Some(day("2026-03-29")),
        ..daily("America/New_York", "2026-03-01", "09:00", "12:00")
    });
    let expected = [
        "2026-03-01T14:00:00Z/2026-03-01T17:00:00Z",
        "2026-03-08T13:00:00Z/2026-03-08T16:00:00Z",
        "2026-03-22T13:00:00Z/2026-03-22T16:00:00Z",
        "2026-03-29T13:00:00Z/2026-03-29T16:00:00Z",
    ];
    let year = (instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z"));
    assert_eq!(shown(&shape.intervals(year.0, year.1)), expected);
    assert_eq!(shape.reach(), (instant("2026-03-01T14:00:00Z"), Some(instant("2026-03-29T16:00:00Z"))));
    let cut = shape.intervals(instant("2026-03-01T15:00:00Z"), instant("2026-03-08T14:00:00Z"));
    let expected = ["2026-03-01T15:00:00Z/2026-03-01T17:00:00Z", "2026-03-08T13:00:00Z/2026-03-08T14:00:00Z"];
    assert_eq!(shown(&cut), expected, "cut at the window");
}

#[test]
fn whole_days_that_follow_each_other_are_one_interval() {
    let weekend = Weekly {
        weekdays: [Weekday::Saturday, Weekday::Sunday].into(),
        ..daily("Asia/Shanghai", "2026-01-03", "00:00", "24:00")
    };
    let found = Shape::Weekly(weekend).intervals(instant("2026-01-01T00:00:00Z"), instant("2026-01-12T00:00:00Z"));
    let expected = ["2026-01-02T16:00:00Z/2026-01-04T16:00:00Z", "2026-01-09T16:00:00Z/2026-01-11T16:00:00Z"];
    assert_eq!(shown(&found), expected);
}

#[test]
fn an_offer_without_time_is_known() {
    let monday_only = Weekly {
        weekdays: [Weekday::Monday].into(),
        last: Some(day("2026-01-10")),
        ..daily("Asia/Shanghai", "2026-01-06", "08:00", "12:00")
    };
    assert!(Shape::Weekly(monday_only).is_empty(), "no Monday between its days");
    let one = daily("Asia/Shanghai", "2026-01-06", "08:00", "12:00");
    let left_out = Weekly { last: Some(day("2026-01-06")), except: [day("2026-01-06")].into(), ..one };
    assert!(Shape::Weekly(left_out).is_empty(), "its only day is left out");
}

#[test]
fn absent_days_last_from_midnight_to_midnight() {
    let days = |name: &str, from: &str, to: &str| Absent::Days { zone: zone(name), from: day(from), to: day(to) };
    let cases = [
        (days("Asia/Shanghai", "2026-05-01", "2026-05-01"), "2026-04-30T16:00:00Z/2026-05-01T16:00:00Z"),
        (days("America/New_York", "2026-03-07", "2026-03-08"), "2026-03-07T05:00:00Z/2026-03-09T04:00:00Z"),
        // The clock jumps at midnight: the day begins at one.
        (days("America/Santiago", "2026-09-06", "2026-09-06"), "2026-09-06T04:00:00Z/2026-09-07T03:00:00Z"),
    ];
    for (absent, expected) in cases {
        assert_eq!(shown(&[absent.span()]), [expected], "{absent:?}");
    }
}

#[test]
fn wall_times_end_with_the_day() {
    assert_eq!(WallTime::new(1440), Some(WallTime::DAYS_END));
    assert_eq!((WallTime::new(1441), WallTime::new(-1)), (None, None));
}

const ZONES: [&str; 6] = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
];

prop_compose! {
    fn weekly()(
        zone_name in prop::sample::select(&ZONES[..]),
        mask in 1_u8..128,
        (start, end) in (0_i64..1440).prop_flat_map(|start| (Just(start), start + 1..=1440)),
        (first, length) in (0_i64..800, prop::option::of(0_i64..100)),
        except in prop::collection::btree_set(0_i64..900, 0..10),
    ) -> Weekly {
        let date = |offset| day("2025-01-01") + chrono_days(offset);
        let weekdays = Weekday::ALL.iter().copied().filter(|each| mask & (1 << (each.number() - 1)) != 0);
        Weekly {
            zone: zone(zone_name),
            weekdays: weekdays.collect(),
            start: WallTime::new(start).unwrap(),
            end: WallTime::new(end).unwrap(),
            first: date(first),
            last: length.map(|length| date(first + length)),
            except: except.into_iter().map(date).collect(),
        }
    }
}

fn chrono_days(days: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::try_days(days).unwrap()
}

/// The slow way: every day of the calendar, each by the one rule.
fn by_hand(weekly: &Weekly, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut spans = Vec::new();
    let mut date: Date = day("2024-12-01");
    while date < day("2028-06-01") {
        let counts = weekly.first <= date
            && weekly.last.is_none_or(|last| date <= last)
            && weekly.weekdays.contains(&Weekday::of(date))
            && !weekly.except.contains(&date);
        let (start, end) = (weekly.start.on(weekly.zone, date), weekly.end.on(weekly.zone, date));
        if counts && start < end && start < until && from < end {
            spans.push((start.max(from), end.min(until)));
        }
        date = date.succ_opt().unwrap();
    }
    merged(spans)
}

proptest! {
    #[test]
    fn expansion_is_what_each_day_says(weekly in weekly(), from in 0_i64..1_000 * 1440, minutes in 1_i64..84 * 1440) {
        let from = instant("2025-01-01T00:00:00Z").plus_minutes(from);
        let until = from.plus_minutes(minutes);
        let found = Shape::Weekly(weekly.clone()).intervals(from, until);
        prop_assert_eq!(&found, &by_hand(&weekly, from, until));
        prop_assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].0), "in order, none touching");
        prop_assert!(found.iter().all(|(start, end)| start < end && from <= *start && *end <= until));
        let (first, last) = Shape::Weekly(weekly).reach();
        prop_assert!(found.iter().all(|(start, end)| first <= *start && last.is_none_or(|last| *end <= last)));
    }

    #[test]
    fn merging_keeps_the_same_time(spans in prop::collection::vec((0_i64..200, 0_i64..20), 0..30)) {
        let spans: Vec<_> = spans.into_iter()
            .map(|(start, length)| (Timestamp::from_micros(start), Timestamp::from_micros(start + length)))
            .collect();
        let whole = merged(spans.clone());
        for at in (0..230).map(Timestamp::from_micros) {
            let inside = |spans: &[(Timestamp, Timestamp)]| spans.iter().any(|(start, end)| *start <= at && at < *end);
            prop_assert_eq!(inside(&spans), inside(&whole));
        }
        prop_assert!(whole.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}

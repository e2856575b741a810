//! Civil days and half-days in zones that jump, and instants.
use homecoming::kernel::{Clock as _, Date, HalfDay, ManualClock, NaiveTime, Timestamp, Zone};
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

#[test]
fn instants_of_gaps_and_overlaps() {
    let cases = [
        ("Asia/Shanghai", "2026-01-05", "08:00:00", "2026-01-05T00:00:00Z", "without summer time"),
        ("Asia/Shanghai", "1986-05-04", "01:59:59", "1986-05-03T17:59:59Z", "before the gap"),
        ("Asia/Shanghai", "1986-05-04", "02:00:00", "1986-05-03T18:00:00Z", "the gap's first"),
        ("Asia/Shanghai", "1986-05-04", "02:30:00", "1986-05-03T18:00:00Z", "inside the gap"),
        ("Asia/Shanghai", "1986-05-04", "03:00:00", "1986-05-03T18:00:00Z", "after the gap"),
        ("Asia/Shanghai", "1986-09-14", "00:30:00", "1986-09-13T15:30:00Z", "before the overlap"),
        ("Asia/Shanghai", "1986-09-14", "01:30:00", "1986-09-13T16:30:00Z", "in the overlap, the earlier"),
        ("Asia/Shanghai", "1986-09-14", "02:00:00", "1986-09-13T18:00:00Z", "after the overlap"),
        ("America/New_York", "2026-03-08", "02:15:00", "2026-03-08T07:00:00Z", "a gap west of Greenwich"),
        ("Pacific/Apia", "2011-12-30", "12:00:00", "2011-12-30T10:00:00Z", "a day that never was"),
        ("Australia/Lord_Howe", "2025-10-05", "02:10:00", "2025-10-04T15:30:00Z", "a gap of half an hour"),
        ("UTC", "1970-01-01", "00:00:00", "1970-01-01T00:00:00Z", "no offset"),
    ];
    for (name, day, wall, expected, case) in cases {
        assert_eq!(zone(name).instant(date(day), time(wall)).to_string(), expected, "{case}");
    }
}

#[test]
fn instants_are_told_by_the_wall() {
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000 + 999_999);
    let cases = [
        ("Asia/Shanghai", 1_712_019_600, "2024-04-02T09:00:00+08:00"),
        ("Asia/Shanghai", 517_593_600, "1986-05-28T01:00:00+09:00"),
        ("America/St_Johns", 1_712_019_600, "2024-04-01T22:30:00-02:30"),
        ("UTC", -1, "1969-12-31T23:59:59+00:00"),
    ];
    for (name, seconds, told) in cases {
        assert_eq!(zone(name).told(at(seconds)), told);
    }
}

#[test]
fn zones_are_those_of_the_database() {
    assert_eq!(zone("Asia/Shanghai").name(), "Asia/Shanghai");
    for unknown in ["", "Asia/Liling", "asia/shanghai", "GMT+8:00", "Asia/Shanghai\0", "../etc/passwd", "CST "] {
        assert!(Zone::parse(unknown).is_none(), "{unknown:?}");
    }
    assert!(Zone::tz_version().starts_with("20"));
}

#[test]
fn the_day_is_divided_at_one() {
    let shanghai = zone("Asia/Shanghai");
    let at = |wall: &str| shanghai.half_day_of(shanghai.instant(date("2026-03-02"), time(wall)));
    assert_eq!(at("00:00:00"), HalfDay::Morning);
    assert_eq!(at("12:59:59.999999"), HalfDay::Morning);
    assert_eq!(at("13:00:00"), HalfDay::Afternoon);
    assert_eq!(at("23:59:59"), HalfDay::Afternoon);
    // The same instant is another half-day, and another day, elsewhere.
    let instant = shanghai.instant(date("2026-03-02"), time("07:00:00"));
    assert_eq!(
        (zone("UTC").half_day_of(instant), zone("UTC").date_of(instant)),
        (HalfDay::Afternoon, date("2026-03-01"))
    );
}

#[test]
fn the_two_half_days_are_the_day() {
    let shanghai = zone("Asia/Shanghai");
    // 23 hours, 25 hours, an ordinary day and the end of a year.
    for (day, hours) in [("1986-05-04", 23), ("1986-09-14", 25), ("2026-03-02", 24), ("2026-12-31", 24)] {
        let (start, noon) = shanghai.bounds(date(day), HalfDay::Morning);
        let (same_noon, end) = shanghai.bounds(date(day), HalfDay::Afternoon);
        assert_eq!((noon, end.minutes_since(start)), (same_noon, hours * 60), "{day}");
        assert_eq!(shanghai.date_of(start), date(day));
        assert_eq!(shanghai.date_of(end), date(day).succ_opt().unwrap());
    }
}

#[test]
fn instants_print_as_rfc_3339_and_stop_at_their_ends() {
    let instant = Timestamp::from_micros(1_767_225_600_000_001);
    assert_eq!(instant.to_string(), "2026-01-01T00:00:00.000001Z");
    assert_eq!(Timestamp::default().plus_minutes(-1).to_string(), "1969-12-31T23:59:00Z");
    assert_eq!(Timestamp::from_utc(instant.to_utc()), instant);
    assert_eq!(Timestamp::from_micros(i64::MAX).plus_minutes(i64::MAX).micros(), i64::MAX);
    assert_eq!(Timestamp::from_micros(-1).minutes_since(Timestamp::default()), -1);
    assert_eq!(serde_json::to_string(&instant).unwrap(), "1767225600000001");
}

#[test]
fn a_manual_clock_stands_until_it_is_moved() {
    let clock = ManualClock::new(Timestamp::from_micros(5));
    assert_eq!((clock.now().micros(), clock.now().micros()), (5, 5));
    clock.advance_minutes(1);
    clock.advance_micros(2);
    assert_eq!(clock.now().micros(), 60_000_007);
    clock.set(Timestamp::default());
    assert_eq!(clock.now(), Timestamp::default());
}

proptest! {
    #[test]
    fn a_wall_time_that_exists_comes_back(seconds in -2_000_000_000i64..4_000_000_000, at in 0usize..5) {
        let zone = zone(["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Apia", "Europe/London"][at]);
        let instant = Timestamp::from_micros(seconds * 1_000_000);
        let wall = zone.local(instant);
        let back = zone.instant(wall.date(), wall.time());
        // In an overlap the earlier one; otherwise the same.
        prop_assert!(back <= instant);
        prop_assert_eq!(zone.local(back), wall);
        prop_assert_eq!(zone.date_of(instant), wall.date());
    }

    #[test]
    fn after_any_wall_time_the_wall_is_not_earlier(day in 0i64..30_000, second in 0u32..86_400, at in 0usize..4) {
        let zone = zone(["Asia/Shanghai", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"][at]);
        let date = date("1970-01-01").checked_add_signed(chrono::TimeDelta::days(day)).unwrap();
        let wall = NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap();
        prop_assert!(zone.local(zone.instant(date, wall)) >= date.and_time(wall));
    }
}

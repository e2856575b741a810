//! What a charter's limits say, as values.
use homecoming::charters::{CharterLimit, Limits, Load, is_beyond, loosened, month_of, week_of};
use homecoming::experts::Days;
use homecoming::kernel::{Date, Id, SessionKind, Vocabulary as _};
use proptest::option;
use proptest::prelude::*;

fn day(text: &str) -> Date {
    Date::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn days(from: &str, to: &str) -> Days {
    Days { from: day(from), to: Some(day(to)) }
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn set() -> Limits {
    Limits {
        sessions_a_day: Some(2),
        sessions_a_week: Some(3),
        sessions_a_month: Some(6),
        patients_a_clinic: Some(20),
        hours_a_visit: Some(48),
        quiet_dates: vec![days("2024-02-09", "2024-02-17")],
        notice_hours: Some(72),
        travel_minutes_a_day: Some(120),
        kinds: vec![SessionKind::Clinic, SessionKind::Lecture],
        sites: vec![id("county")],
        contacts_a_week: Some(1),
    }
}

fn broken(limits: &Limits, load: Load<'_>) -> Vec<CharterLimit> {
    limits.breaches(&load).into_iter().map(|breach| breach.limit).collect()
}

#[test]
fn a_limit_that_is_met_exactly_holds_and_one_more_breaks_it() {
    let (county, banshan) = (id("county"), id("banshan"));
    let (eve, new_year) = ([day("2024-02-08")], [day("2024-02-08"), day("2024-02-09")]);
    let clinic = Load { kind: Some(SessionKind::Clinic), ..Load::default() };
    let cases: &[(CharterLimit, Load<'_>, Load<'_>)] = &[
        (
            CharterLimit::SessionsADay,
            Load { sessions_that_day: Some(2), ..clinic },
            Load { sessions_that_day: Some(3), ..clinic },
        ),
        (
            CharterLimit::SessionsAWeek,
            Load { sessions_that_week: Some(3), ..clinic },
            Load { sessions_that_week: Some(4), ..clinic },
        ),
        (
            CharterLimit::SessionsAMonth,
            Load { sessions_that_month: Some(6), ..clinic },
            Load { sessions_that_month: Some(7), ..clinic },
        ),
        (CharterLimit::PatientsAClinic, Load { patients: Some(20), ..clinic }, Load { patients: Some(21), ..clinic }),
        (
            CharterLimit::HoursAVisit,
            Load { visit_minutes: Some(48 * 60), ..clinic },
            Load { visit_minutes: Some(48 * 60 + 1), ..clinic },
        ),
        (CharterLimit::QuietDates, Load { days: &eve, ..clinic }, Load { days: &new_year, ..clinic }),
        (
            CharterLimit::NoticeHours,
            Load { notice_minutes: Some(72 * 60), ..clinic },
            Load { notice_minutes: Some(72 * 60 - 1), ..clinic },
        ),
        (
            CharterLimit::TravelMinutesADay,
            Load { travel_minutes_that_day: Some(120), ..clinic },
            Load { travel_minutes_that_day: Some(121), ..clinic },
        ),
        (CharterLimit::Kinds, clinic, Load { kind: Some(SessionKind::Operation), ..clinic }),
        (CharterLimit::Sites, Load { site: Some(&county), ..clinic }, Load { site: Some(&banshan), ..clinic }),
        (
            CharterLimit::ContactsAWeek,
            Load { contacts_that_week: Some(1), ..clinic },
            Load { contacts_that_week: Some(2), ..clinic },
        ),
    ];
    assert_eq!(cases.len(), CharterLimit::ALL.len(), "every limit is looked at");
    for (limit, holds, breaks) in cases {
        assert_eq!(broken(&set(), *holds), [], "{limit:?}");
        assert_eq!(broken(&set(), *breaks), [*limit]);
        assert_eq!(broken(&Limits::default(), *breaks), [], "unset is no limit: {limit:?}");
    }
    let nobody_counted = Load::default();
    assert_eq!(broken(&set(), nobody_counted), [], "what isn't known isn't judged");
    let lecture = Load { kind: Some(SessionKind::Lecture), patients: Some(300), ..Load::default() };
    assert_eq!(broken(&set(), lecture), [], "a lecture has listeners, not patients");
    let none_at_all = Limits { sessions_a_week: Some(0), ..Limits::default() };
    let first = Load { sessions_that_week: Some(1), ..Load::default() };
    let breach = none_at_all.breaches(&first);
    assert_eq!((breach.len(), breach[0].allowed.as_str(), breach[0].limit.field()), (1, "0", "sessions_a_week"));
}

#[test]
fn only_what_gives_the_expert_less_protection_is_looser() {
    type Change = fn(&mut Limits);
    let cases: &[(Change, &[&str])] = &[
        (|_| {}, &[]),
        (|limits| limits.sessions_a_day = Some(1), &[]),
        (|limits| limits.sessions_a_day = Some(3), &["sessions_a_day"]),
        (|limits| limits.sessions_a_day = None, &["sessions_a_day"]),
        (|limits| limits.patients_a_clinic = Some(21), &["patients_a_clinic"]),
        (|limits| limits.notice_hours = Some(96), &[]),
        (|limits| limits.notice_hours = Some(71), &["notice_hours"]),
        (|limits| limits.notice_hours = None, &["notice_hours"]),
        (|limits| limits.quiet_dates.push(days("2024-10-01", "2024-10-07")), &[]),
        (|limits| limits.quiet_dates = vec![days("2024-02-01", "2024-02-12"), days("2024-02-13", "2024-03-01")], &[]),
        (|limits| limits.quiet_dates = vec![days("2024-02-09", "2024-02-16")], &["quiet_dates"]),
        (
            |limits| limits.quiet_dates = vec![days("2024-02-09", "2024-02-12"), days("2024-02-14", "2024-02-17")],
            &["quiet_dates"],
        ),
        (|limits| limits.kinds.truncate(1), &[]),
        (|limits| limits.kinds.push(SessionKind::Operation), &["kinds"]),
        (|limits| limits.kinds.clear(), &["kinds"]),
        (|limits| limits.sites = vec![id("banshan")], &["sites"]),
        (
            |limits| *limits = Limits::default(),
            &[
                "sessions_a_day",
                "sessions_a_week",
                "sessions_a_month",
                "patients_a_clinic",
                "hours_a_visit",
                "quiet_dates",
                "notice_hours",
                "travel_minutes_a_day",
                "kinds",
                "sites",
                "contacts_a_week",
            ],
        ),
    ];
    for (change, expected) in cases {
        let mut after = set();
        change(&mut after);
        assert_eq!(loosened(&set(), &after), *expected, "{after:?}");
    }
    assert_eq!(loosened(&Limits::default(), &set()), Vec::<&str>::new(), "the first limits only ever tighten");
}

#[test]
fn weeks_begin_on_monday_and_months_end_on_their_last_day() {
    assert_eq!(week_of(day("2024-04-01")), (day("2024-04-01"), day("2024-04-07")), "a Monday");
    assert_eq!(week_of(day("2024-03-03")), (day("2024-02-26"), day("2024-03-03")), "a Sunday after a leap day");
    assert_eq!(month_of(day("2024-02-10")), (day("2024-02-01"), day("2024-02-29")));
    assert_eq!(month_of(day("2023-12-31")), (day("2023-12-01"), day("2023-12-31")));
}

#[test]
fn contacts_are_counted_from_monday_to_sunday() {
    let limits = Limits { contacts_a_week: Some(2), ..Limits::default() };
    let others = [day("2024-04-01"), day("2024-04-07"), day("2024-04-08")];
    assert!(is_beyond(&limits, day("2024-04-03"), &others));
    assert!(!is_beyond(&limits, day("2024-04-10"), &others));
    assert!(!is_beyond(&Limits::default(), day("2024-04-03"), &others));
}

fn number() -> impl Strategy<Value = Option<i64>> {
    option::of(0i64..5)
}

fn quiet() -> impl Strategy<Value = Vec<Days>> {
    let range = (0u64..20, 0u64..5).prop_map(|(from, length)| {
        let first = day("2024-01-01").checked_add_days(chrono::Days::new(from)).unwrap();
        Days { from: first, to: first.checked_add_days(chrono::Days::new(length)) }
    });
    proptest::collection::vec(range, 0..4)
}

fn limits() -> impl Strategy<Value = Limits> {
    (number(), number(), number(), quiet(), number(), number()).prop_map(
        |(day, patients, visit, quiet_dates, notice, contacts)| Limits {
            sessions_a_day: day,
            patients_a_clinic: patients,
            hours_a_visit: visit,
            quiet_dates,
            notice_hours: notice,
            contacts_a_week: contacts,
            ..Limits::default()
        },
    )
}

proptest! {
    #[test]
    fn two_records_of_one_expert_together_are_no_looser_than_either(one in limits(), other in limits()) {
        let both = one.joined(&other);
        prop_assert_eq!(loosened(&one, &both), Vec::<&str>::new());
        prop_assert_eq!(loosened(&other, &both), Vec::<&str>::new());
    }

    #[test]
    fn what_breaks_no_limit_breaks_none_of_a_looser_charter(one in limits(), other in limits(), count in 0i64..6, offset in 0u64..25) {
        let days = [day("2024-01-01").checked_add_days(chrono::Days::new(offset)).unwrap()];
        let load = Load {
            kind: Some(SessionKind::Clinic), days: &days, sessions_that_day: Some(count), patients: Some(count),
            visit_minutes: Some(count * 60), notice_minutes: Some(count * 60), contacts_that_week: Some(count), ..Load::default()
        };
        if loosened(&other, &one).is_empty() && one.breaches(&load).is_empty() {
            prop_assert_eq!(other.breaches(&load), vec![], "{:?} is no looser than {:?}", one, other);
        }
    }

    #[test]
    fn stored_limits_come_back(limits in limits()) {
        let text = serde_json::to_string(&limits).unwrap();
        prop_assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
    }
}

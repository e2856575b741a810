//! The rules of experts as tables and properties, without a database.

use homecoming::experts::{
    Affiliation, Consent, ConsentMedium, Days, Expert, ExpertTitle, HomeTie, HomeTieKind, LicenceNumber, LicenceSecret,
    Profile, Roster, Scope, Standing, home_hospital_on, merged, two_mains,
};
use homecoming::kernel::{Date, Error, ExternalId, Id, Meta, Name, Reason, Specialty, Timestamp};
use proptest::prelude::*;

use crate::support::county::day;

const DAYS: i64 = 40;

fn at(offset: i64) -> Date {
    day("2024-01-01") + chrono::Duration::days(offset)
}

fn days() -> impl Strategy<Value = Days> {
    (0..DAYS, proptest::option::of(0..DAYS))
        .prop_map(|(from, length)| Days::new(at(from), length.map(|length| at((from + length).min(DAYS - 1)))).unwrap())
}

fn affiliations(hospitals: &'static [&'static str]) -> impl Strategy<Value = Vec<Affiliation>> {
    let one = (proptest::sample::select(hospitals), days(), any::<bool>());
    let one = one.prop_map(|(hospital, days, main)| Affiliation { hospital: Id::parse(hospital).unwrap(), days, main });
    proptest::collection::vec(one, 0..6)
}

fn expert(id: &str, affiliations: Vec<Affiliation>) -> Expert {
    Expert {
        name: Name::new(Id::parse("liling").unwrap(), Id::parse(id).unwrap()),
        profile: Profile {
            display_name: "专家 001".to_owned(),
            title: ExpertTitle::Chief,
            specialties: vec![Specialty::parse("03.04").unwrap()],
            affiliations,
            home_ties: Vec::new(),
            scope: Scope::default(),
            external_ids: Vec::new(),
        },
        roster: Roster::entered(at(0)),
        licence: None,
        meta: Meta::new(Timestamp::default()),
    }
}

/// One day beyond the others stands for all that go on.
fn all_days() -> impl Iterator<Item = Date> {
    (-1..=DAYS + 1).map(at)
}

fn mains_on(affiliations: &[Affiliation], day: Date) -> usize {
    affiliations.iter().filter(|each| each.main && each.days.contains(day)).count()
}

proptest! {
    #[test]
    fn two_mains_are_found_exactly_where_a_day_has_two(list in affiliations(&["a", "b"])) {
        let crowded: Vec<Date> = all_days().filter(|day| mains_on(&list, *day) > 1).collect();
        let found = two_mains(&list);
        prop_assert_eq!(found.is_some(), !crowded.is_empty());
        if let Some((first, second, days)) = found {
            prop_assert!(first < second);
            for day in all_days() {
                let both = list[first].days.contains(day) && list[second].days.contains(day);
                prop_assert_eq!(days.contains(day), both);
            }
        }
    }

    #[test]
    fn a_merge_keeps_every_home_hospital_or_says_where_two_meet(
        ours in affiliations(&["a", "b"]).prop_filter("one main a day", |list| two_mains(list).is_none()),
        theirs in affiliations(&["a", "b"]).prop_filter("one main a day", |list| two_mains(list).is_none()),
    ) {
        let (one, other) = (expert("e1", ours), expert("e2", theirs));
        let home = |expert: &Expert, day| home_hospital_on(&expert.profile.affiliations, day).cloned();
        let clash = all_days().any(|day| home(&one, day).zip(home(&other, day)).is_some_and(|(a, b)| a != b));
        match merged(&one, &other) {
            Ok(both) => {
                prop_assert!(!clash);
                prop_assert!(two_mains(&both.profile.affiliations).is_none());
                for day in all_days() {
                    prop_assert_eq!(home(&both, day), home(&one, day).or(home(&other, day)));
                }
            }
            Err(error) => {
                prop_assert!(clash);
                prop_assert_eq!(error.reason(), Reason::AffiliationsOverlap);
            }
        }
    }

    #[test]
    fn days_are_sets_of_days(one in days(), other in days()) {
        let has = |day: &Date| (one.contains(*day), other.contains(*day));
        let common: Vec<Date> = all_days().filter(|day| has(day) == (true, true)).collect();
        prop_assert_eq!(one.common(&other).is_some(), !common.is_empty());
        prop_assert_eq!(one.common(&other), other.common(&one));
        if let Some(both) = one.common(&other) {
            prop_assert_eq!(all_days().filter(|day| both.contains(*day)).collect::<Vec<_>>(), common);
        }
        let covers = all_days().all(|day| one.contains(day) || !other.contains(day));
        prop_assert_eq!(one.covers(&other), covers);
        let hull = one.hull(&other);
        prop_assert!(hull.covers(&one) && hull.covers(&other));
        let whole = all_days().all(|day| hull.contains(day) == (one.contains(day) || other.contains(day)));
        prop_assert_eq!(one.touches(&other), whole, "what touches leaves no gap");
        for last in all_days() {
            let until = one.until(last);
            for day in all_days() {
                let kept = until.is_some_and(|until| until.contains(day));
                prop_assert_eq!(kept, one.contains(day) && day <= last);
            }
        }
    }

    #[test]
    fn two_rosters_joined_have_the_days_of_both(
        (one, other) in (days(), days()), exits in any::<(bool, bool)>(),
    ) {
        let roster = |days: Days, exited: bool| Roster {
            entry: days.from,
            exit: if exited { Some(days.to.unwrap_or(at(DAYS))) } else { None },
            standing: if exited { Standing::Exited } else { Standing::Active },
        };
        let (one, other) = (roster(one, exits.0), roster(other, exits.1));
        let both = one.joined(&other);
        for day in all_days().filter(|day| one.on_roster(*day) || other.on_roster(*day)) {
            prop_assert!(both.on_roster(day));
        }
        prop_assert_eq!(both.exit.is_some(), exits == (true, true));
        prop_assert_eq!(both.standing == Standing::Exited, exits == (true, true));
    }
}

/// An expert with so many different specialties, affiliations, ties and external ids, all its own.
fn laden(id: &str, series: usize, counts: [usize; 4]) -> Expert {
    let mut expert = expert(id, Vec::new());
    let [specialties, affiliations, ties, external_ids] = counts.map(|count| series..series + count);
    let tie = |number: usize| HomeTie {
        kind: HomeTieKind::Born,
        division: None,
        place: format!("村 {number}"),
        consent: Consent {
            heard_by: "办公室".to_owned(),
            medium: ConsentMedium::Phone,
            heard_time: Timestamp::default(),
            words: String::new(),
        },
    };
    let affiliation = |number: usize| Affiliation {
        hospital: Id::parse(&format!("h{number}")).unwrap(),
        days: Days::new(at(0), None).unwrap(),
        main: false,
    };
    let specialty = |number: usize| Specialty::parse(&format!("{:02}.{:02}", number / 100, number % 100)).unwrap();
    expert.profile.specialties = specialties.map(specialty).collect();
    expert.profile.affiliations = affiliations.map(affiliation).collect();
    expert.profile.home_ties = ties.map(tie).collect();
    let external = |number| ExternalId::parse("his", &format!("{number}")).unwrap();
    expert.profile.external_ids = external_ids.map(external).collect();
    expert
}

#[test]
fn a_merge_makes_no_list_longer_than_an_update_could_write() {
    let limits = [100, 50, 20, 20];
    let half = limits.map(|limit| limit / 2);
    assert!(merged(&laden("e1", 0, half), &laden("e2", 500, half)).is_ok(), "as much as one can have");
    assert!(merged(&laden("e1", 0, limits), &laden("e2", 0, limits)).is_ok(), "the same is counted once");
    for (place, field) in ["specialties", "affiliations", "home_ties", "external_ids"].into_iter().enumerate() {
        let mut more = half;
        more[place] += 1;
        let Err(Error::Refused(refusal)) = merged(&laden("e1", 0, half), &laden("e2", 500, more)) else {
            panic!("{field}: one too many")
        };
        assert_eq!(refusal.reason, Reason::MergeTooLarge);
        let told: Vec<_> = refusal.metadata.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let (count, limit) = ((limits[place] + 1).to_string(), limits[place].to_string());
        let name = "programmes/liling/experts/e1";
        assert_eq!(told, [("name", name), ("field", field), ("count", count.as_str()), ("limit", limit.as_str())]);
    }
}

#[test]
fn who_is_paused_or_merged_is_not_planned_with() {
    let merged = Standing::Merged { into: Id::parse("e2").unwrap() };
    let until = |day: &str| Standing::Paused { until: Some(self::day(day)) };
    // standing, day, on the roster, plannable; the roster is 2024-01-01 to 2024-12-31.
    let table = [
        (Standing::Active, "2023-12-31", false, false),
        (Standing::Active, "2024-01-01", true, true),
        (Standing::Active, "2024-12-31", true, true),
        (Standing::Active, "2025-01-01", false, false),
        (Standing::Exited, "2024-12-31", true, true),
        (Standing::Paused { until: None }, "2024-06-01", true, false),
        (until("2024-06-01"), "2024-06-01", true, false),
        (until("2024-06-01"), "2024-06-02", true, true),
        (merged, "2024-06-01", false, false),
    ];
    for (standing, on, on_roster, plannable) in table {
        let roster = Roster { entry: day("2024-01-01"), exit: Some(day("2024-12-31")), standing };
        assert_eq!(
            (roster.on_roster(day(on)), roster.plannable_on(day(on))),
            (on_roster, plannable),
            "{roster:?} {on}"
        );
    }
}

#[test]
fn a_licence_number_is_fifteen_digits_and_leaves_only_a_keyed_hash() {
    for wrong in
        ["", "11043000001234", "1104300000123456", "11043000001234X", "２10430000012345", "200743110432502195001011234"]
    {
        assert!(LicenceNumber::parse(wrong).is_none(), "{wrong}");
    }
    let number = LicenceNumber::parse("110430000012345").unwrap();
    let secret = LicenceSecret::stored("a secret".to_owned());
    assert_eq!(number.hashed(&secret), number.hashed(&secret.clone()));
    assert_ne!(number.hashed(&secret), number.hashed(&LicenceSecret::stored("another".to_owned())));
    assert!(!format!("{number:?}{secret:?}").contains("1104"));
    assert_ne!(
        LicenceSecret::fresh(Timestamp::default()).as_str(),
        LicenceSecret::fresh(Timestamp::default()).as_str()
    );
}

//! Which tariff is taken on which day.
use homecoming::kernel::{Error, Fields, Reason};
use homecoming::savings::estimate::{Facts, estimate};
use homecoming::savings::policy;
use homecoming::savings::tariff::{Book, Key, Version, refuse_unfit};
use homecoming::savings::{Cases, Component, Ledger, PersonClass, TravelMode, Unit};

use super::fixture::{base, book, day, facts, place, policy, version, versions};

fn fare(name: &str, value: i64, from: &str, to: Option<&str>) -> Version {
    let (origin, destination) = (place("430281"), place("430100"));
    let key = Key::journey(Component::Fare, PersonClass::Adult, (&origin, Some(&destination)), TravelMode::Rail);
    Version { valid_from: day(from), valid_to: to.map(day), ..version(name, key, Cases::sure(value)) }
}

#[test]
fn the_service_date_chooses_and_the_end_is_not_part_of_a_version() {
    let mut all = versions();
    all.retain(|version| version.key.component != Component::Fare);
    all.push(fare("old", 10_000, "2024-01-01", Some("2024-05-06")));
    all.push(fare("new", 12_000, "2024-05-06", None));
    let book = Book::new(all).unwrap();
    let cash =
        |date: &str| base(&estimate(&Facts { date: day(date), ..facts() }, &policy(), &book).unwrap(), Ledger::Cash);
    assert_eq!([cash("2024-05-05"), cash("2024-05-06"), cash("2026-01-01")], [73_000, 81_000, 81_000]);
}

#[test]
fn a_gap_is_an_error_and_never_a_fallback() {
    let refused = estimate(&Facts { date: day("2023-12-31"), ..facts() }, &policy(), &book()).unwrap_err();
    let Error::Refused(refusal) = refused else { panic!("{refused}") };
    assert_eq!(refusal.reason, Reason::TariffGap);
    assert!(refusal.metadata.contains(&("date", "2023-12-31".to_owned())), "{refusal:?}");
    assert!(refusal.metadata.contains(&("component", "FARE".to_owned())), "{refusal:?}");
    let near = homecoming::savings::travel::Places { near: place("430281400"), ..super::fixture::places() };
    let township = estimate(&Facts { places: near, ..facts() }, &policy(), &book()).unwrap_err();
    assert_eq!(township.reason(), Reason::TariffGap, "a township isn't its county");
}

#[test]
fn versions_of_one_tariff_do_not_overlap() {
    let pair = |one, other| Book::new(vec![one, other]).map(drop).map_err(|refused| refused.reason());
    let old = || fare("old", 1, "2024-01-01", Some("2024-06-01"));
    assert_eq!(pair(old(), fare("new", 2, "2024-05-31", None)), Err(Reason::TariffOverlap));
    assert_eq!(pair(old(), fare("new", 2, "2024-06-01", None)), Ok(()));
    assert_eq!(
        pair(fare("endless", 1, "2024-01-01", None), fare("new", 2, "2025-01-01", None)),
        Err(Reason::TariffOverlap)
    );
}

#[test]
fn numbers_are_in_order_and_in_range() {
    let reasons = |unit, values, to: Option<&str>| {
        let mut fields = Fields::new();
        refuse_unfit(&mut fields, unit, values, day("2024-01-01"), to.map(day));
        match fields.check() {
            Err(Error::Invalid(found)) => found.into_iter().map(|it| it.reason).collect(),
            other => other.map(|()| Vec::new()).unwrap(),
        }
    };
    assert_eq!(reasons(Unit::FenPerLeg, Cases::new(1, 2, 3), None), []);
    assert_eq!(reasons(Unit::FenPerLeg, Cases::new(3, 2, 3), None), [Reason::Inconsistent]);
    assert_eq!(reasons(Unit::BasisPoints, Cases::new(1, 2, 10_001), None), [Reason::OutOfRange]);
    assert_eq!(reasons(Unit::FenPerDay, Cases::new(-1, 2, 3), None), [Reason::OutOfRange]);
    assert_eq!(reasons(Unit::FenPerDay, Cases::sure(1_000_000_000_000_000_000), None), [Reason::OutOfRange; 3]);
    assert_eq!(reasons(Unit::FenPerDay, Cases::sure(1), Some("2024-01-01")), [Reason::Inconsistent]);
}

#[test]
fn a_key_has_what_its_component_needs_and_nothing_else() {
    let wrong = |key: &Key| {
        let mut fields = Fields::new();
        key.refuse_unfit(&mut fields);
        fields.check().is_err()
    };
    assert!(versions().iter().all(|version| !wrong(&version.key)));
    assert!(wrong(&Key::new(Component::Fare, PersonClass::Adult)));
    assert!(wrong(&Key { item: "x".to_owned(), ..Key::at(Component::RoomNight, PersonClass::Any, &place("430100")) }));
}

#[test]
fn a_day_without_a_policy_is_an_error() {
    let all = [policy()];
    assert_eq!(policy::on(&all, day("2023-12-31")).unwrap_err().reason(), Reason::SavingPolicyGap);
    assert_eq!(policy::on(&all, day("2024-01-01")).unwrap().id, all[0].id);
}

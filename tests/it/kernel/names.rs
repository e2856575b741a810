//! Ids, names, external ids and etags.
use std::collections::HashSet;

use homecoming::kernel::{Call, Collection, Error, Etag, ExternalId, Id, Meta, Name, ProgrammeName, Timestamp};
use proptest::prelude::*;

#[derive(Debug)]
enum Experts {}
impl Collection for Experts {
    const COLLECTION: &'static str = "experts";
}

#[test]
fn ids_have_the_shape_of_aip_122() {
    let longest = "a".repeat(63);
    for good in ["a", "0", "liling", "site-01", "a--b", longest.as_str()] {
        assert_eq!(Id::parse(good).map(|id| id.to_string()).as_deref(), Ok(good));
    }
    let too_long = "a".repeat(64);
    for bad in ["", "-", "-a", "a-", "A", "a_b", "a b", "a/b", "醴陵", "a\0", "a\n", too_long.as_str()] {
        assert!(Id::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn fresh_ids_are_ids_and_sort_by_time() {
    let earlier = Timestamp::from_micros(1_767_225_600_000_000);
    let ids: Vec<Id> = (0..1000).map(|_| Id::fresh(earlier)).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1000);
    let later = Id::fresh(earlier.plus_micros(1_000));
    assert!(ids.iter().all(|id| *id < later && Id::parse(id.as_str()).as_ref() == Ok(id)));
    // Before 1970 there is no UUIDv7, but still an id.
    assert!(Id::parse(Id::fresh(Timestamp::from_micros(-1)).as_str()).is_ok());
}

#[test]
fn ids_are_checked_in_json_too() {
    assert_eq!(serde_json::from_str::<Id>("\"liling\"").unwrap().as_str(), "liling");
    assert!(serde_json::from_str::<Id>("\"LILING\"").is_err());
}

#[test]
fn names_of_other_shapes_are_refused() {
    let bad = [
        "",
        "programmes",
        "programmes/",
        "programmes/p",
        "programmes/p/experts",
        "programmes/p/experts/",
        "programmes/p/sites/s",
        "programmes/p/experts/e/",
        "programmes/p/experts/e/f",
        "programmes//experts/e",
        "programmes/p/expertsx/e",
        "/programmes/p/experts/e",
        "programmes/P/experts/e",
        "programmes/p/experts/e ",
    ];
    for text in bad {
        assert!(Name::<Experts>::parse(text).is_err(), "{text:?}");
    }
    for text in ["", "programmes/", "programmes", "programmes/p/", "programmes/p/experts/e", "Programmes/p", "p"] {
        assert!(ProgrammeName::parse(text).is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn names_come_back(programme in "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", id in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?") {
        let name = Name::<Experts>::new(Id::parse(&programme).unwrap(), Id::parse(&id).unwrap());
        prop_assert_eq!(name.to_string(), format!("programmes/{programme}/experts/{id}"));
        prop_assert_eq!(Name::parse(&name.to_string()), Ok(name.clone()));
        let programme = ProgrammeName::new(name.programme().clone());
        prop_assert_eq!(ProgrammeName::parse(&programme.to_string()), Ok(programme));
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(text in "\\PC{0,80}") {
        if let Ok(id) = Id::parse(&text) {
            prop_assert_eq!(id.as_str(), text.as_str());
        }
        if let Ok(name) = Name::<Experts>::parse(&text) {
            prop_assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn an_etag_is_of_one_name_and_revision(revision in 1i64..1_000_000, other in 1i64..1_000_000) {
        let etag = Etag::of("programmes/p/experts/e", revision);
        prop_assert!(Etag::check(Some(&etag), "programmes/p/experts/e", revision).is_ok());
        prop_assert_eq!(Etag::check(Some(&etag), "programmes/p/experts/e", other).is_ok(), revision == other);
        prop_assert!(Etag::check(Some(&etag), "programmes/p/experts/f", revision).is_err());
    }
}

#[test]
fn an_etag_stays_what_it_was_for_those_who_hold_one() {
    let name = Name::<Experts>::parse("programmes/p/experts/e").unwrap();
    assert_eq!(Etag::of(&name, 1), "938af3f0462fbea3"); // of SHA-256 over the name's text, a zero and the revision in 8 bytes
    assert_eq!(Etag::of(name.to_string(), 1), Etag::of(&name, 1));
}

#[test]
fn an_etag_is_asked_for_only_where_one_is_given() {
    assert!(Etag::check(None, "programmes/p", 3).is_ok());
    assert!(Etag::check(Some(""), "programmes/p", 3).is_ok());
    let stale = Etag::check(Some("nonsense"), "programmes/p", 3);
    assert!(matches!(stale, Err(Error::Stale { name }) if name == "programmes/p"));
    let meta = Meta::new(Timestamp::from_micros(1)).touched(Timestamp::from_micros(2));
    assert_eq!((meta.revision, meta.create_time.micros(), meta.update_time.micros()), (2, 1, 2));
    assert_eq!(meta.etag("programmes/p"), Etag::of("programmes/p", 2));
}

#[test]
fn external_ids_have_a_system_and_a_value() {
    let longest = "号".repeat(128);
    let too_long = "号".repeat(129);
    let cases = [
        ("his.liling", "00017", None),
        ("a-b_c.9", longest.as_str(), None),
        ("", "1", Some("system")),
        ("HIS", "1", Some("system")),
        ("his liling", "1", Some("system")),
        ("his", "", Some("value")),
        ("his", "a\0b", Some("value")),
        ("his", "a\nb", Some("value")),
        ("his", too_long.as_str(), Some("value")),
    ];
    for (system, value, wrong) in cases {
        let parsed = ExternalId::parse(system, value);
        assert_eq!(parsed.as_ref().err().map(|(part, _)| *part), wrong, "{system:?} {value:?}");
        if let Ok(parsed) = parsed {
            assert_eq!((parsed.system(), parsed.value()), (system, value));
        }
    }
}

#[test]
fn request_ids_have_a_shape() {
    let longest = "x".repeat(64);
    let too_long = "x".repeat(65);
    assert!(["a", "A_b-9", longest.as_str()].into_iter().all(Call::is_request_id));
    assert!(!["", "a b", "号", "a.b", "a\0", too_long.as_str()].into_iter().any(Call::is_request_id));
}

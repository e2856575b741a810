//! The rules of assistants and pairings as properties, without a database.

use homecoming::assistants::{
    Absence, AbsenceKind, Assistant, Pairing, PairingRole, Profile, absorbed, admitted, cut_at,
};
use homecoming::experts::{Days, Roster};
use homecoming::kernel::{Date, Error, ExternalId, HalfDay, Id, Meta, Name, Reason, Timestamp};
use proptest::prelude::*;

use crate::support::county::day;

const DAYS: i64 = 30;

fn at(offset: i64) -> Date {
    day("2024-01-01") + chrono::Duration::days(offset)
}

/// One day beyond the others stands for all that go on.
fn all_days() -> impl Iterator<Item = Date> {
    (0..=DAYS + 1).map(at)
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

const ASSISTANTS: [(&str, &str); 4] = [("a1", "county"), ("a2", "county"), ("a3", "county"), ("b1", "banshan")];

/// Pairings of one expert as the service admits them, one after another.
fn pairings(expert: &'static str, prefix: &'static str) -> impl Strategy<Value = Vec<Pairing>> {
    let days = (0..DAYS, proptest::option::of(0..DAYS));
    let one = (0..ASSISTANTS.len(), any::<bool>(), days);
    proptest::collection::vec(one, 0..8).prop_map(move |wanted| {
        let mut admitted_ones: Vec<Pairing> = Vec::new();
        for (number, (who, primary, (from, length))) in wanted.into_iter().enumerate() {
            let (assistant, site) = ASSISTANTS[who];
            let pairing = Pairing {
                name: Name::new(id("liling"), id(&format!("{prefix}{number}"))),
                expert: id(expert),
                assistant: id(assistant),
                site: id(site),
                role: if primary { PairingRole::Primary } else { PairingRole::Backup },
                days: Days::new(at(from), length.map(|length| at((from + length).min(DAYS)))).unwrap(),
                external_ids: vec![ExternalId::parse("his", &format!("{prefix}{number}")).unwrap()],
                meta: Meta::new(Timestamp::default()),
            };
            if admitted(&pairing, &admitted_ones, &Roster::entered(at(0)), &stationed(assistant, site)).is_ok() {
                admitted_ones.push(pairing);
            }
        }
        admitted_ones
    })
}

fn stationed(assistant: &str, site: &str) -> Assistant {
    Assistant {
        name: Name::new(id("liling"), id(assistant)),
        site: id(site),
        profile: Profile {
            display_name: "助手 001".to_owned(),
            specialties: Vec::new(),
            licence: None,
            absences: Vec::new(),
            external_ids: Vec::new(),
        },
        end: None,
        meta: Meta::new(Timestamp::default()),
    }
}

/// Who assists at a site on a day, and how many of them as the primary.
fn on(pairings: &[Pairing], site: &str, day: Date) -> (Vec<Id>, usize) {
    let there: Vec<&Pairing> =
        pairings.iter().filter(|each| each.site == id(site) && each.days.contains(day)).collect();
    let mut who: Vec<Id> = there.iter().map(|each| each.assistant.clone()).collect();
    who.sort();
    (who, there.iter().filter(|each| each.role == PairingRole::Primary).count())
}

proptest! {
    #[test]
    fn what_is_admitted_has_one_primary_a_day_and_nobody_twice(list in pairings("e1", "p")) {
        for site in ["county", "banshan"] {
            for day in all_days() {
                let (who, primaries) = on(&list, site, day);
                let mut once = who.clone();
                once.dedup();
                prop_assert!(primaries <= 1);
                prop_assert_eq!(once, who);
            }
        }
    }

    #[test]
    fn a_merge_loses_no_day_and_breaks_no_rule(own in pairings("e1", "p"), moved in pairings("e2", "q")) {
        let result = absorbed(&id("e1"), &own, &moved).unwrap();
        let touched: Vec<_> = result.changed.iter().chain(&result.deleted).map(|each| &each.name).collect();
        let untouched = own.iter().chain(&moved).filter(|each| !touched.contains(&&each.name));
        let after: Vec<Pairing> = untouched.chain(&result.changed).cloned().collect();
        prop_assert!(after.iter().all(|pairing| pairing.expert == id("e1")));
        prop_assert_eq!(after.len() + result.deleted.len(), own.len() + moved.len());
        let known_as = |pairings: &[Pairing]| {
            let mut all: Vec<ExternalId> = pairings.iter().flat_map(|each| each.external_ids.clone()).collect();
            all.sort();
            all
        };
        prop_assert_eq!(known_as(&after), known_as(&[own.as_slice(), &moved].concat()), "nobody's number is lost");
        for deleted in &result.deleted {
            prop_assert!(own.iter().chain(&moved).any(|each| each == deleted), "a tombstone of what was there");
        }
        for site in ["county", "banshan"] {
            for day in all_days() {
                let (who, primaries) = on(&after, site, day);
                let (mut before, had) = on(&own, site, day);
                let (theirs, they_had) = on(&moved, site, day);
                before.extend(theirs);
                before.sort();
                before.dedup();
                prop_assert!(before.iter().all(|assistant| who.contains(assistant)), "nobody's day is lost");
                let mut once = who.clone();
                once.dedup();
                prop_assert_eq!(&once, &who, "nobody twice");
                prop_assert!(primaries <= 1);
                if moved.is_empty() {
                    prop_assert_eq!(primaries, had + they_had);
                }
            }
        }
        prop_assert!(!moved.is_empty() || (result.changed.is_empty() && result.deleted.is_empty()));
    }

    #[test]
    fn nothing_outlasts_a_last_day_and_nothing_before_it_changes(list in pairings("e1", "p"), last in 0..DAYS) {
        let last = at(last);
        let (shortened, deleted) = cut_at(&list, last);
        let touched: Vec<_> = shortened.iter().chain(&deleted).map(|each| &each.name).collect();
        let rest = list.iter().filter(|each| !touched.contains(&&each.name));
        let after: Vec<Pairing> = rest.chain(&shortened).cloned().collect();
        for site in ["county", "banshan"] {
            for day in all_days() {
                let expected = if day <= last { on(&list, site, day) } else { (Vec::new(), 0) };
                prop_assert_eq!(on(&after, site, day), expected);
            }
        }
    }
}

#[test]
fn pairings_that_become_one_have_no_more_external_ids_than_one_can_have() {
    let pairing = |expert: &str, name: &str, count: usize| Pairing {
        name: Name::new(id("liling"), id(name)),
        expert: id(expert),
        assistant: id("a1"),
        site: id("county"),
        role: PairingRole::Backup,
        days: Days::new(at(0), None).unwrap(),
        external_ids: (0..count).map(|n| ExternalId::parse("his", &format!("{name}-{n}")).unwrap()).collect(),
        meta: Meta::new(Timestamp::default()),
    };
    let absorbed = |count| absorbed(&id("e1"), &[pairing("e1", "p", 10)], &[pairing("e2", "q", count)]);
    assert_eq!(absorbed(10).unwrap().changed[0].external_ids.len(), 20);
    let Err(Error::Refused(refusal)) = absorbed(11) else { panic!("twenty-one") };
    assert_eq!(refusal.reason, Reason::MergeTooLarge);
    let told: Vec<_> = refusal.metadata.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let name = "programmes/liling/pairings/p";
    assert_eq!(told, [("name", name), ("field", "external_ids"), ("count", "21"), ("limit", "20")]);
}

#[test]
fn an_absence_takes_its_half_of_its_days() {
    let absence = |half_day| Absence { kind: AbsenceKind::Duty, from: at(1), to: at(2), half_day };
    let (whole, morning) = (absence(None), absence(Some(HalfDay::Morning)));
    // day, half asked for, taken by a whole one, taken by a morning
    let table = [
        (0, None, false, false),
        (1, None, true, true),
        (2, Some(HalfDay::Morning), true, true),
        (2, Some(HalfDay::Afternoon), true, false),
        (3, Some(HalfDay::Morning), false, false),
    ];
    for (offset, half, by_whole, by_morning) in table {
        let taken = (whole.takes(at(offset), half), morning.takes(at(offset), half));
        assert_eq!(taken, (by_whole, by_morning), "{offset} {half:?}");
    }
}

//! What trips count, as properties of the pure functions: classes, standings and strata partition; a void is exactly minus.
use std::collections::BTreeMap;

use homecoming::kernel::Measure;
use homecoming::savings::eligibility::{Attendance, FollowUp};
use homecoming::savings::estimate::Facts;
use homecoming::savings::figures::{self, quantities};
use homecoming::savings::line::Rule;
use homecoming::savings::{Component, EvidenceGrade, Ledger, Proof, ProvenanceClass, Side};
use proptest::prelude::*;

use super::fixture::{base, facts, given, reckon, with_bills};

/// Facts with or without bills, of every grade and stratum, whose far bill may be given in any class and may be the cheaper one.
fn any_facts() -> impl Strategy<Value = Facts> {
    let class = prop_oneof![
        Just(None),
        Just(Some(ProvenanceClass::Itemised)),
        Just(Some(ProvenanceClass::Declared)),
        Just(Some(ProvenanceClass::None)),
    ];
    let grade = prop_oneof![Just(EvidenceGrade::K1), Just(EvidenceGrade::K2), Just(EvidenceGrade::K3)];
    (any::<bool>(), class, grade, any::<bool>(), 0_i64..3_000_000, any::<bool>()).prop_map(
        |(billed, class, grade, follow_up, far, travels)| {
            let mut facts = if billed { with_bills() } else { facts() };
            facts.given.extend(class.map(|class| given(Component::EncounterBill, Side::Avoided, far, class)));
            facts.proof = Proof { grade, transfer: false };
            facts.follow_up = follow_up.then_some(FollowUp { trip_needed: true });
            facts.journey = facts.journey.filter(|_| travels);
            facts
        },
    )
}

fn counted(facts: &Facts) -> BTreeMap<Measure, i64> {
    quantities(&reckon(facts), facts.attendance, false).unwrap().into_iter().collect()
}

proptest! {
    #[test]
    fn classes_and_standings_partition_what_is_known(facts in any_facts()) {
        let counted = counted(&facts);
        let of = |measure: Measure| counted.get(&measure).copied().unwrap_or_default();
        let classes = [figures::ITEMISED, figures::TARIFF, figures::DECLARED, figures::UNSOURCED].map(of);
        prop_assert_eq!(classes.iter().sum::<i64>(), of(figures::NET) + of(figures::NET_BESIDE));
        prop_assert_eq!(of(figures::NET), of(figures::NET_POSITIVE) + of(figures::NET_NEGATIVE));
        prop_assert_eq!(of(figures::NET), of(figures::CASH) + of(figures::BILL));
        prop_assert_eq!(of(figures::NET_BESIDE), of(figures::CASH_BESIDE) + of(figures::BILL_BESIDE));
        prop_assert!(of(figures::KNOWN) <= of(figures::ELIGIBLE));
        let first = facts.follow_up.is_none();
        prop_assert_eq!(of(figures::ELIGIBLE), i64::from(first));
        prop_assert_eq!(of(figures::FOLLOW_UP_ELIGIBLE), i64::from(!first));
        prop_assert!(first || of(figures::NET) == 0 && of(figures::NET_BESIDE) == 0, "a stratum of its own");
        prop_assert!(facts.proof.grade != EvidenceGrade::K3 || of(figures::NET) == 0, "K3 is never in the headline");
    }

    #[test]
    fn a_void_counts_exactly_minus_the_original(facts in any_facts()) {
        let saving = reckon(&facts);
        let (own, minus) = (counted(&facts), saving.minus(Rule::Void).unwrap());
        let back: BTreeMap<Measure, i64> =
            quantities(&minus, facts.attendance, false).unwrap().into_iter().collect();
        let counts = [figures::KNOWN, figures::ELIGIBLE, figures::BILL_KNOWN, figures::BILL_ELIGIBLE];
        let gross = [figures::NET_POSITIVE, figures::NET_NEGATIVE, figures::BILL_POSITIVE, figures::BILL_NEGATIVE];
        for (measure, quantity) in own {
            let name = measure.as_str();
            if name.ends_with("_fen") && !gross.contains(&measure) && !counts.contains(&measure) {
                prop_assert_eq!(back.get(&measure).copied().unwrap_or_default(), -quantity, "{}", name);
            }
        }
    }

    #[test]
    fn the_two_bills_of_a_saving_differ_by_its_ledgers(facts in any_facts()) {
        if let Some(comparison) = reckon(&facts).comparison {
            for case in [comparison.low, comparison.base, comparison.high] {
                prop_assert_eq!(case.unexplained().unwrap().get(), 0);
            }
        }
    }
}

#[test]
fn a_patient_who_came_in_vain_made_a_negative_local_trip() {
    let in_vain = Facts { attendance: Attendance::InVain, ..facts() };
    let saving = reckon(&in_vain);
    assert_eq!(base(&saving, Ledger::Cash), -4_000, "two people, there and back");
    let counted: BTreeMap<Measure, i64> = quantities(&saving, Attendance::InVain, false).unwrap().into_iter().collect();
    assert_eq!((counted[&figures::NET], counted[&figures::NET_NEGATIVE]), (-4_000, -4_000), "no floor at zero");
    assert_eq!((counted[&figures::TRIPS_IN_VAIN], counted.get(&figures::AVOIDED_TRIPS)), (1, None));
}

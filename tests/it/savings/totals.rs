//! Totals, coverage and shares.
use homecoming::kernel::Fen;
use homecoming::kernel::Reason;
use homecoming::savings::eligibility::{Attendance, FollowUp};
use homecoming::savings::estimate::Facts;
use homecoming::savings::saving::Standing;
use homecoming::savings::total::{Coverage, Total, Totals};
use homecoming::savings::{Cases, Component, EvidenceGrade, Ledger, Proof, ProvenanceClass, Saving, Side, Stratum};
use proptest::prelude::*;

use super::fixture::{facts, given, reckon, with_bills};

fn totals(savings: &[Saving]) -> Totals {
    let mut totals = Totals::default();
    savings.iter().for_each(|saving| totals.count(saving).unwrap());
    totals
}

fn some() -> Vec<Saving> {
    let assumed = Facts { proof: Proof::ASSUMED, ..with_bills() };
    let follow_up = Facts { follow_up: Some(FollowUp { trip_needed: true }), ..facts() };
    let cancelled = Facts { attendance: Attendance::Cancelled, ..facts() };
    let in_vain = Facts { attendance: Attendance::InVain, ..facts() };
    [with_bills(), assumed, follow_up, cancelled, in_vain, facts()].iter().map(reckon).collect()
}

#[test]
fn gross_positive_gross_negative_and_net_stand_side_by_side() {
    let all = totals(&some());
    let cash = all.totals[&(Ledger::Cash, Standing::Headline, Stratum::First)];
    assert_eq!((cash.positive.base.get(), cash.negative.base.get()), (162_000, -4_000), "no floor at zero");
    assert_eq!(cash.net().unwrap().base.get(), 158_000);
}

#[test]
fn what_is_assumed_stands_beside_the_headline_and_never_inside() {
    let all = totals(&some());
    let bill = |standing| all.totals[&(Ledger::Bill, standing, Stratum::First)].positive.base.get();
    assert_eq!((bill(Standing::Headline), bill(Standing::Beside)), (537_989, 537_989));
    assert_eq!(EvidenceGrade::K3, Proof::ASSUMED.grade);
}

#[test]
fn coverage_is_known_of_eligible() {
    let all = totals(&some());
    let net = all.coverage[&(Ledger::Net, Stratum::First)];
    assert_eq!(net, Coverage { known: 3, eligible: 4 }, "the cancelled one isn't eligible, one bill isn't known");
    assert_eq!(all.coverage[&(Ledger::Bill, Stratum::First)], Coverage { known: 2, eligible: 3 });
    assert_eq!(all.coverage[&(Ledger::Cash, Stratum::FollowUp)], Coverage { known: 1, eligible: 1 });
}

#[test]
fn class_shares_say_what_carries_the_figure() {
    let mut declared = with_bills();
    declared.given.push(given(Component::LocalFare, Side::Near, 1_000, ProvenanceClass::Declared));
    let all = totals(&[reckon(&declared)]);
    let share = |class| all.classes[&class].get();
    assert_eq!((share(ProvenanceClass::Tariff), share(ProvenanceClass::Declared)), (21_000 + 537_989, 60_000));
}

#[test]
fn totals_that_leave_the_range_are_errors() {
    let mut total = Total::default();
    total.count(Cases::sure(Fen::new(i64::MAX))).unwrap();
    assert_eq!(total.count(Cases::sure(Fen::new(1))).unwrap_err().reason(), Reason::AmountOutOfRange);
}

proptest! {
    #[test]
    fn a_void_takes_exactly_what_the_original_gave(fares in proptest::collection::vec(0..10_000_000_i64, 1..8)) {
        let mut net = Total::default();
        for fare in fares {
            let mut facts = facts();
            facts.given.push(given(Component::Fare, Side::Avoided, fare, ProvenanceClass::Itemised));
            let saving = reckon(&facts);
            for saving in [&saving, &saving.minus(homecoming::savings::line::Rule::Void).unwrap()] {
                net.count(saving.standing(Ledger::Cash, Standing::Headline).unwrap().unwrap()).unwrap();
            }
        }
        prop_assert_eq!(net.net().unwrap(), Cases::sure(Fen::ZERO));
    }
}

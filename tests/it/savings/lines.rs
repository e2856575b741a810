//! R, quantities, and the trip's lines.
use homecoming::kernel::{Fen, Reason};
use homecoming::savings::line::Rule;
use homecoming::savings::policy::{CareSetting, CompanionGround};
use homecoming::savings::rounding::{Quantity, product, sum};
use homecoming::savings::travel::Journey;
use homecoming::savings::{Amount, Cases, Component, Ledger, Part, PersonClass, ProvenanceClass, Side, Source};
use proptest::prelude::*;

use super::fixture::{base, facts, given, journey, line, policy, reckon};

#[test]
fn r_rounds_half_away_from_zero() {
    let half = |fen: i64| product(Quantity { count: 1, per: 2 }, Fen::new(fen)).unwrap().get();
    assert_eq!([3, -3, 1, -1, 4, 0].map(half), [2, -2, 1, -1, 2, 0]);
    assert_eq!(product(Quantity::basis_points(8_500), Fen::new(1_446_590)).unwrap().get(), 1_229_602);
}

#[test]
fn what_leaves_the_range_is_an_error_and_sums_are_exact_in_between() {
    let largest = Fen::new(i64::MAX);
    assert_eq!(product(Quantity::whole(2), largest).unwrap_err().reason(), Reason::AmountOutOfRange);
    assert_eq!(sum([largest, Fen::new(1)]).unwrap_err().reason(), Reason::AmountOutOfRange);
    assert_eq!(sum([largest, largest, Fen::new(-i64::MAX)]).unwrap(), largest);
}

#[test]
fn worked_case_of_a_trip() {
    let saving = reckon(&facts());
    assert_eq!(base(&saving, Ledger::Cash), 81_000);
    assert_eq!(base(&saving, Ledger::Time), 37_986);
    let parts = [Part::Travel, Part::Lodging, Part::Meals].map(|part| saving.parts[&part].amount.fen().unwrap().base);
    assert_eq!(parts.map(Fen::get), [60_000, 15_000, 6_000]);
}

#[test]
fn time_and_fund_are_memos_and_never_in_net() {
    assert_eq!(Ledger::Net.parts(), [Part::Travel, Part::Lodging, Part::Meals, Part::Bill]);
    let memos = [Ledger::Time, Ledger::Fund].map(Ledger::parts);
    assert!(memos.iter().all(|parts| parts.iter().all(|part| !Ledger::Net.parts().contains(part))));
}

#[test]
fn a_line_explains_itself() {
    let saving = reckon(&facts());
    let rail = line(&saving, Component::Fare, Side::Avoided);
    assert_eq!(
        (rail.quantity.base, rail.rate.base.get(), rail.product.base.get()),
        (Quantity::whole(4), 12_000, 48_000)
    );
    assert_eq!((rail.class, rail.rule), (ProvenanceClass::Tariff, Rule::Legs));
    let source = Source::Tariff { tariff: "rail".to_owned(), published: "a price list".to_owned() };
    assert_eq!(rail.source, source);
}

#[test]
fn each_case_is_consistent_for_and_against() {
    let mut facts = facts();
    let range = |component, side, values| homecoming::savings::rates::Given {
        values,
        ..given(component, side, 0, ProvenanceClass::Itemised)
    };
    facts.given.push(range(Component::Fare, Side::Avoided, Cases::new(10_000, 12_000, 20_000)));
    facts.given.push(range(Component::LocalFare, Side::Near, Cases::new(500, 1_000, 3_000)));
    let saving = reckon(&facts);
    let local = line(&saving, Component::LocalFare, Side::Near);
    assert_eq!(local.rate.map(Fen::get), Cases::new(3_000, 1_000, 500), "dear near home speaks against");
    let travel = saving.parts[&Part::Travel].amount.fen().unwrap();
    assert!(travel.low < travel.base && travel.base < travel.high);
}

#[test]
fn companions_go_with_minors_dependents_anaesthesia_or_the_declared_and_one_at_most_in_the_base_case() {
    let policy = policy();
    assert_eq!(policy.companions(&[], 3), Cases::sure(0), "nobody without a ground");
    for ground in [CompanionGround::Minor, CompanionGround::Dependent, CompanionGround::Anaesthesia] {
        assert_eq!(policy.companions(&[ground], 1), Cases::sure(1), "{ground:?}");
    }
    assert_eq!(policy.companions(&[CompanionGround::Declared], 1), Cases::new(0, 1, 1));
    assert_eq!(policy.companions(&[CompanionGround::Declared], 9), Cases::new(0, 1, 2), "the policy's most");
}

#[test]
fn nights_and_days_come_from_the_policy_and_inpatients_sleep_in_the_hospital() {
    let mut facts = facts();
    let inpatient = Journey { setting: CareSetting::Inpatient, grounds: Vec::new(), ..journey() };
    facts.journey = Some(inpatient);
    let saving = reckon(&facts);
    assert_eq!(saving.parts[&Part::Lodging].amount, Amount::Known(Cases::sure(Fen::ZERO)));
    assert!(saving.lines.iter().all(|line| line.component != Component::RoomNight), "nothing is asked of the tariff");
}

#[test]
fn a_childs_fare_is_its_own_and_the_companion_goes_as_an_adult() {
    let mut facts = facts();
    facts.journey =
        Some(Journey { patient_class: PersonClass::Child, grounds: vec![CompanionGround::Minor], ..journey() });
    let refused = homecoming::savings::estimate::estimate(&facts, &policy(), &super::fixture::book()).unwrap_err();
    assert_eq!(refused.reason(), Reason::TariffGap, "no child's fare: nothing falls back to the adult's");
}

#[test]
fn n_journeys_near_home_stand_against_one_trip() {
    let mut facts = facts();
    facts.journey = Some(Journey { near_journeys: 3, ..journey() });
    assert_eq!(base(&reckon(&facts), Ledger::Cash), 81_000 - 2 * 4_000);
}

#[test]
fn receipts_stand_in_place_of_tariffs() {
    let mut facts = facts();
    let mut tickets = given(Component::Fare, Side::Avoided, 50_500, ProvenanceClass::Itemised);
    tickets.quantity = Some(1);
    facts.given.push(tickets);
    let saving = reckon(&facts);
    assert_eq!(base(&saving, Ledger::Cash), 81_000 - 48_000 + 50_500);
    assert_eq!(line(&saving, Component::Fare, Side::Avoided).class, ProvenanceClass::Itemised);
}

proptest! {
    #[test]
    fn void_plus_original_is_zero(fare in 0..10_000_000_i64, local in 0..10_000_000_i64, per in 0..5_i64) {
        let mut facts = super::fixture::with_bills();
        facts.given.push(given(Component::Fare, Side::Avoided, fare, ProvenanceClass::Itemised));
        facts.given.push(given(Component::LocalFare, Side::Near, local, ProvenanceClass::Itemised));
        facts.journey = Some(Journey { near_journeys: per + 1, ..journey() });
        let saving = reckon(&facts);
        let void = saving.minus(Rule::Void).unwrap();
        prop_assert!(void.adds_up().unwrap());
        for (part, stands) in &saving.parts {
            let both = stands.amount.fen().unwrap().zip(void.parts[part].amount.fen().unwrap());
            prop_assert_eq!(both.map(|(a, b)| a.get() + b.get()), Cases::sure(0));
        }
        for (line, minus) in saving.lines.iter().zip(&void.lines) {
            prop_assert_eq!(line.product.zip(minus.product).map(|(a, b)| a.get() + b.get()), Cases::sure(0));
        }
    }

    #[test]
    fn reckoning_again_by_the_same_tariff_changes_nothing(days in 0..300_u64) {
        let facts = super::fixture::with_bills();
        let facts = homecoming::savings::estimate::Facts { date: facts.date + chrono::Days::new(days), ..facts };
        prop_assert_eq!(reckon(&facts), reckon(&facts.clone()));
    }
}

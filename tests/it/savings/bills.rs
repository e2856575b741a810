//! Who pays a bill, and the identity between two of them.
use homecoming::kernel::{Error, Fen, Reason};
use homecoming::savings::bill::{Comparison, Priced, Settled, Terms, price};
use homecoming::savings::estimate::{Facts, estimate};
use homecoming::savings::{Component, Ledger, Part, ProvenanceClass, Side};
use proptest::prelude::*;

use super::fixture::{base, book, given, line, policy, reckon, settled, with_bills};

fn terms(scope_bp: i64, deductible: i64, ratio_bp: i64) -> Terms {
    Terms { scope_bp, deductible_left: Fen::new(deductible), ratio_bp, cap_left: None, assistance: Fen::ZERO }
}

fn fen(priced: &Priced) -> [i64; 3] {
    [priced.in_scope.get(), priced.fund.get(), priced.out_of_pocket.get()]
}

#[test]
fn worked_case_of_two_bills() {
    let away = price(Fen::new(1_446_590), &terms(8_500, 150_000, 6_000)).unwrap();
    let near = price(Fen::new(687_200), &terms(9_000, 50_000, 7_500)).unwrap();
    assert_eq!(fen(&away), [1_229_602, 647_761, 798_829]);
    assert_eq!(fen(&near), [618_480, 426_360, 260_840]);
    let both = Comparison { away, near, fee: Fen::ZERO };
    let figures = [both.bill(), both.fund(), both.gap(), both.unexplained()].map(|it| it.unwrap().get());
    assert_eq!(figures, [537_989, 221_401, 759_390, 0]);
}

#[test]
fn worked_case_of_two_bills_as_a_saving_with_its_lines() {
    let saving = reckon(&with_bills());
    assert_eq!((base(&saving, Ledger::Bill), base(&saving, Ledger::Fund)), (537_989, 221_401));
    let e1 = line(&saving, Component::Scope, Side::Avoided);
    assert_eq!((e1.quantity.base.count, e1.quantity.base.per, e1.rate.base.get()), (8_500, 10_000, 1_446_590));
    assert_eq!((e1.product.base.get(), e1.part), (1_229_602, None), "1,229,601.5 rounded, a step and no summand");
    assert_eq!(base(&saving, Ledger::Net), 81_000 + 537_989, "FUND is a memo");
}

#[test]
fn the_fund_pays_no_more_than_its_cap_has_left() {
    let capped = Terms { cap_left: Some(Fen::new(100_000)), ..terms(8_500, 150_000, 6_000) };
    let priced = price(Fen::new(1_446_590), &capped).unwrap();
    assert_eq!((priced.fund.get(), priced.capped, priced.out_of_pocket.get()), (100_000, true, 1_346_590));
}

#[test]
fn a_bill_below_the_deductible_is_the_households() {
    let priced = price(Fen::new(100_000), &terms(8_500, 150_000, 6_000)).unwrap();
    assert_eq!(fen(&priced), [85_000, 0, 100_000]);
}

#[test]
fn side_0_is_the_settled_bill_where_there_is_one() {
    let mut facts = with_bills();
    facts.given.clear();
    facts.bills.settled =
        Some((Settled { cash: Fen::new(260_841), total: Fen::new(687_201), ..settled() }, "B-1".into()));
    let saving = reckon(&facts);
    assert_eq!(base(&saving, Ledger::Bill), 798_829 - 260_841, "its own parts, not priced again");
}

#[test]
fn a_bill_whose_parts_do_not_add_up_is_refused() {
    let wrong = |settled: Settled, field: &str| {
        let mut facts = with_bills();
        facts.bills.settled = Some((settled, "B-1".to_owned()));
        match estimate(&facts, &policy(), &book()) {
            Err(Error::Invalid(found)) => {
                assert!(found.iter().any(|it| it.field == format!("bill.{field}")), "{field}: {found:?}");
            }
            other => panic!("{field}: {other:?}"),
        }
    };
    wrong(Settled { cash: Fen::new(260_839), ..settled() }, "total_fen");
    wrong(Settled { in_scope: Fen::new(700_000), ..settled() }, "in_scope_fen");
    wrong(Settled { deductible: Fen::new(618_481), ..settled() }, "deductible_fen");
    wrong(Settled { deductible: Fen::new(192_121), ..settled() }, "fund_paid_fen");
    wrong(Settled { assistance: Fen::new(-1), cash: Fen::new(260_841), ..settled() }, "assistance_fen");
}

#[test]
fn a_fee_outside_the_bill_is_the_households() {
    let mut facts = with_bills();
    facts.given.push(given(Component::ExpertFee, Side::Near, 30_000, ProvenanceClass::Itemised));
    assert_eq!(base(&reckon(&facts), Ledger::Bill), 537_989 - 30_000);
}

#[test]
fn assistance_is_no_saving_of_the_household() {
    let mut facts = with_bills();
    facts.given.push(given(Component::Assistance, Side::Avoided, 200_000, ProvenanceClass::Itemised));
    let saving = reckon(&facts);
    assert_eq!(base(&saving, Ledger::Bill), 537_989 - 200_000);
    assert_eq!(saving.comparison.unwrap().base.unexplained().unwrap(), Fen::ZERO);
}

#[test]
fn sums_that_leave_the_range_are_errors() {
    let huge =
        Settled { total: Fen::new(i64::MAX), cash: Fen::new(i64::MAX), fund_paid: Fen::new(i64::MAX), ..settled() };
    assert_eq!(huge.violations("bill").unwrap_err().reason(), Reason::AmountOutOfRange);
    let mut facts: Facts = with_bills();
    facts.given.push(given(Component::EncounterBill, Side::Avoided, i64::MAX, ProvenanceClass::Declared));
    facts.given.push(given(Component::ExpertFee, Side::Near, i64::MAX, ProvenanceClass::Declared));
    facts.given[0].values = homecoming::savings::Cases::sure(i64::MIN);
    assert_eq!(estimate(&facts, &policy(), &book()).unwrap_err().reason(), Reason::AmountOutOfRange);
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let cap = proptest::option::of(0..50_000_000_i64);
    (0..=10_000_i64, 0..3_000_000_i64, 0..=10_000_i64, cap, 0..5_000_000_i64).prop_map(
        |(scope_bp, deductible, ratio_bp, cap, assistance)| Terms {
            scope_bp,
            deductible_left: Fen::new(deductible),
            ratio_bp,
            cap_left: cap.map(Fen::new),
            assistance: Fen::new(assistance),
        },
    )
}

proptest! {
    #[test]
    fn bill1_minus_bill0_is_explained_to_the_fen(
        bills in (0..1_000_000_000_i64, 0..1_000_000_000_i64), away in any_terms(), near in any_terms(), fee in 0..1_000_000_i64
    ) {
        let away = price(Fen::new(bills.0), &away).unwrap();
        let near = price(Fen::new(bills.1), &near).unwrap();
        prop_assert!(away.out_of_pocket >= Fen::ZERO && near.out_of_pocket >= Fen::ZERO);
        let both = Comparison { away, near, fee: Fen::new(fee) };
        prop_assert_eq!(both.unexplained().unwrap(), Fen::ZERO);
    }

    #[test]
    fn the_identity_holds_in_every_case_of_a_saving(bill in 0..1_000_000_000_i64, low in 0..5_000_i64, high in 5_000..=10_000_i64) {
        let mut facts = with_bills();
        facts.given[0].values = homecoming::savings::Cases::new(bill / 2, bill, bill);
        let ratio = homecoming::savings::Cases::new(low, 5_000, high);
        facts.given.push(homecoming::savings::rates::Given { values: ratio, ..given(Component::FundRatio, Side::Avoided, 0, ProvenanceClass::Declared) });
        let saving = reckon(&facts);
        let cases = saving.comparison.unwrap();
        let amount = |part: Part| saving.parts[&part].amount.fen().unwrap();
        for (case, bill, fund) in [
            (cases.low, amount(Part::Bill).low, amount(Part::Fund).low),
            (cases.base, amount(Part::Bill).base, amount(Part::Fund).base),
            (cases.high, amount(Part::Bill).high, amount(Part::Fund).high),
        ] {
            prop_assert_eq!(case.unexplained().unwrap(), Fen::ZERO);
            prop_assert_eq!((case.bill().unwrap(), case.fund().unwrap()), (bill, fund));
        }
        prop_assert!(cases.low.bill().unwrap() <= cases.base.bill().unwrap());
        prop_assert!(cases.base.bill().unwrap() <= cases.high.bill().unwrap());
    }
}

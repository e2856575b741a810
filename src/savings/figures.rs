//! What a saving counts: the one place where ledgers, standings and strata become measures, for cells and for recounts alike.
//!
//! The headline is what first visits saved, A and B with K1 and K2; what stands beside it and what follow-ups saved have measures of their
//! own and are in no other. By class, headline and beside together: `itemised + tariff + declared + unsourced = headline + beside`.

use super::eligibility::{Attendance, Service};
use super::rounding::sum;
use super::saving::{Amount, Saving, Standing};
use super::{Cases, Ledger, Part, ProvenanceClass, Stratum};
use crate::activities::leaf;
use crate::kernel::{Fen, Measure, Result};

/// CASH + BILL, headline, base case.
pub const NET: Measure = Measure::new("net_savings_fen");
/// The same in the low case.
pub const NET_LOW: Measure = Measure::new("net_savings_low_fen");
/// The same in the high case.
pub const NET_HIGH: Measure = Measure::new("net_savings_high_fen");
/// What of it is above 0.
pub const NET_POSITIVE: Measure = Measure::new("net_savings_positive_fen");
/// What of it is below 0.
pub const NET_NEGATIVE: Measure = Measure::new("net_savings_negative_fen");
/// CASH + BILL, beside the headline.
pub const NET_BESIDE: Measure = Measure::new("net_savings_beside_fen");
/// "Medical expenses saved", headline, base case.
pub const BILL: Measure = Measure::new("bill_savings_fen");
/// The same in the low case.
pub const BILL_LOW: Measure = Measure::new("bill_savings_low_fen");
/// The same in the high case.
pub const BILL_HIGH: Measure = Measure::new("bill_savings_high_fen");
/// What of it is above 0.
pub const BILL_POSITIVE: Measure = Measure::new("bill_savings_positive_fen");
/// What of it is below 0.
pub const BILL_NEGATIVE: Measure = Measure::new("bill_savings_negative_fen");
/// BILL, beside the headline.
pub const BILL_BESIDE: Measure = Measure::new("bill_savings_beside_fen");
/// Fares, lodging and meals, headline, base case.
pub const CASH: Measure = Measure::new("cash_savings_fen");
/// Fares, lodging and meals, beside the headline.
pub const CASH_BESIDE: Measure = Measure::new("cash_savings_beside_fen");
/// NET of follow-ups, in their own headline.
pub const FOLLOW_UP_NET: Measure = Measure::new("follow_up_net_savings_fen");
/// BILL of follow-ups.
pub const FOLLOW_UP_BILL: Measure = Measure::new("follow_up_bill_savings_fen");
/// NET of follow-ups, beside their headline.
pub const FOLLOW_UP_BESIDE: Measure = Measure::new("follow_up_net_savings_beside_fen");
/// Wages not lost: a memo, in no ledger.
pub const TIME: Measure = Measure::new("time_memo_fen");
/// What the insurance fund pays less: a memo, in no ledger.
pub const FUND: Measure = Measure::new("fund_memo_fen");
/// NET of class A, headline and beside together.
pub const ITEMISED: Measure = Measure::new("net_savings_itemised_fen");
/// NET of class B.
pub const TARIFF: Measure = Measure::new("net_savings_tariff_fen");
/// NET of class C.
pub const DECLARED: Measure = Measure::new("net_savings_declared_fen");
/// NET of class X.
pub const UNSOURCED: Measure = Measure::new("net_savings_unsourced_fen");
/// First visits' savings whose NET is known in every part.
pub const KNOWN: Measure = Measure::new("savings_known");
/// First visits' savings that aren't nothing by rule.
pub const ELIGIBLE: Measure = Measure::new("savings_eligible");
/// First visits' savings whose BILL is known.
pub const BILL_KNOWN: Measure = Measure::new("bill_savings_known");
/// First visits' savings whose BILL isn't nothing by rule.
pub const BILL_ELIGIBLE: Measure = Measure::new("bill_savings_eligible");
/// Follow-ups' savings whose NET is known in every part.
pub const FOLLOW_UP_KNOWN: Measure = Measure::new("follow_up_savings_known");
/// Follow-ups' savings that aren't nothing by rule.
pub const FOLLOW_UP_ELIGIBLE: Measure = Measure::new("follow_up_savings_eligible");
/// Services on trips whose NET is told: known in every part, or nothing by rule.
pub const TOLD_SERVICES: Measure = Measure::new("services_with_told_saving");
/// Services on trips whose BILL is told.
pub const BILL_TOLD_SERVICES: Measure = Measure::new("services_with_told_bill_saving");
/// Trips that were not made, whether or not their saving is known.
pub const AVOIDED_TRIPS: Measure = Measure::new("avoided_trips");
/// Trips to sessions that were cancelled.
pub const TRIPS_IN_VAIN: Measure = Measure::new("trips_in_vain");

/// The county's own named method: never counted from trips, and never inside another figure.
pub const COUNTY_METHOD: Measure = Measure::new("county_method_fen");

/// What a saving counts, zeros left out; a measure stands once. `reversed`: the trip was made after all.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn quantities(saving: &Saving, attendance: Attendance, reversed: bool) -> Result<Vec<(Measure, i64)>> {
    let mut counted = Vec::with_capacity(24);
    let mut count = |measure: Measure, quantity: i64| {
        if quantity != 0 {
            counted.push((measure, quantity));
        }
    };
    let of = |ledger, standing| Ok::<_, crate::kernel::Error>(saving.standing(ledger, standing)?.unwrap_or_default());
    let (net, bill) = (of(Ledger::Net, Standing::Headline)?, of(Ledger::Bill, Standing::Headline)?);
    let beside = of(Ledger::Net, Standing::Beside)?.base.get();
    let (known, eligible) = coverage(saving.ledger(Ledger::Net)?);
    match saving.stratum {
        Stratum::First => {
            for (measures, amount) in [
                ([NET, NET_LOW, NET_HIGH, NET_POSITIVE, NET_NEGATIVE], net),
                ([BILL, BILL_LOW, BILL_HIGH, BILL_POSITIVE, BILL_NEGATIVE], bill),
            ] {
                let Cases { low, base, high } = amount.map(Fen::get);
                let values = [base, low, high, base.max(0), base.min(0)];
                measures.into_iter().zip(values).for_each(|(measure, value)| count(measure, value));
            }
            count(NET_BESIDE, beside);
            count(BILL_BESIDE, of(Ledger::Bill, Standing::Beside)?.base.get());
            count(CASH, of(Ledger::Cash, Standing::Headline)?.base.get());
            count(CASH_BESIDE, of(Ledger::Cash, Standing::Beside)?.base.get());
            count(TIME, of(Ledger::Time, Standing::Headline)?.base.get());
            count(FUND, of(Ledger::Fund, Standing::Headline)?.base.get());
            for (measure, class) in CLASSES {
                count(measure, of_class(saving, class)?.get());
            }
            count(KNOWN, known);
            count(ELIGIBLE, eligible);
            let (known, eligible) = coverage(saving.ledger(Ledger::Bill)?);
            count(BILL_KNOWN, known);
            count(BILL_ELIGIBLE, eligible);
        }
        Stratum::FollowUp => {
            count(FOLLOW_UP_NET, net.base.get());
            count(FOLLOW_UP_BILL, bill.base.get());
            count(FOLLOW_UP_BESIDE, beside);
            count(FOLLOW_UP_KNOWN, known);
            count(FOLLOW_UP_ELIGIBLE, eligible);
        }
    }
    let travels = saving.parts.get(&Part::Travel).is_some_and(|part| !matches!(part.amount, Amount::Excluded(_)));
    match attendance {
        Attendance::Seen => count(AVOIDED_TRIPS, i64::from(travels && !reversed)),
        Attendance::InVain => count(TRIPS_IN_VAIN, 1),
        Attendance::NoShow | Attendance::Cancelled => {}
    }
    Ok(counted)
}

/// How many of a trip's services its saving tells something of, NET and BILL: what coverage sets against every service that can save a
/// trip, on a trip or not. Zeros are left out.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn told(saving: &Saving, attendance: Attendance, services: &[Service]) -> Result<Vec<(Measure, i64)>> {
    if attendance != Attendance::Seen {
        return Ok(Vec::new());
    }
    let can_save = |it: &&Service| leaf::can_save(it.session_kind, it.kind, it.performer);
    let services = i64::try_from(services.iter().filter(can_save).count()).unwrap_or(i64::MAX);
    let mut counted = Vec::with_capacity(2);
    for (measure, ledger) in [(TOLD_SERVICES, Ledger::Net), (BILL_TOLD_SERVICES, Ledger::Bill)] {
        let is_told = !matches!(saving.ledger(ledger)?, Amount::Unknown(_));
        if is_told && services > 0 {
            counted.push((measure, services));
        }
    }
    Ok(counted)
}

/// The measure of each class.
const CLASSES: [(Measure, ProvenanceClass); 4] = [
    (ITEMISED, ProvenanceClass::Itemised),
    (TARIFF, ProvenanceClass::Tariff),
    (DECLARED, ProvenanceClass::Declared),
    (UNSOURCED, ProvenanceClass::None),
];

/// What of NET is known and of a class, base case.
fn of_class(saving: &Saving, class: ProvenanceClass) -> Result<Fen> {
    let parts = Ledger::Net.parts().iter().filter_map(|part| saving.parts.get(part));
    sum(parts.filter(|part| part.class == class).filter_map(|part| match part.amount {
        Amount::Known(amount) => Some(amount.base),
        Amount::Excluded(_) | Amount::Unknown(_) => None,
    }))
}

/// (known, eligible) of one amount.
const fn coverage(amount: Amount) -> (i64, i64) {
    match amount {
        Amount::Known(_) => (1, 1),
        Amount::Unknown(_) => (0, 1),
        Amount::Excluded(_) => (0, 0),
    }
}

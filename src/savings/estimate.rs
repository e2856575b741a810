//! The one function from facts, policy and tariffs to a saving: estimates, records, explanations and recomputations are all this.

use std::collections::BTreeMap;

use super::bill::{Comparison, Priced, Settled, Terms, price};
use super::eligibility::{
    Attendance, Exclusion, FollowUp, Onward, Service, Unknown, excluded, reverses, saves_travel, stratum,
};
use super::line::{Entry, Line, Rule};
use super::policy::Policy;
use super::rates::{Given, Rate, Rates};
use super::rounding::{Quantity, difference};
use super::saving::{Amount, PartAmount, Saving};
use super::tariff::{Book, Key, fen};
use super::travel::{self, Extent, Journey, Places};
use super::{Cases, Component, EvidenceGrade, Part, PersonClass, Proof, ProvenanceClass, Side, Source};
use crate::kernel::{Date, Fen, Result};

/// What a saving is reckoned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The service date: of the first service on the trip's account.
    pub date: Date,
    /// What was done; several services of one stay are one trip.
    pub services: Vec<Service>,
    /// What became of the appointment.
    pub attendance: Attendance,
    /// Whether the patient could have been moved: false for emergencies too.
    pub transferable: bool,
    /// Of a follow-up.
    pub follow_up: Option<FollowUp>,
    /// What speaks for the trip.
    pub proof: Proof,
    /// Between where and where.
    pub places: Places,
    /// Who would have travelled; none: nobody says.
    pub journey: Option<Journey>,
    /// What care cost, and would have cost.
    pub bills: Bills,
    /// Numbers that the record gives itself.
    pub given: Vec<Given>,
    /// A journey onward.
    pub onward: Option<Onward>,
}

/// What is known of the bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bills {
    /// The encounter near home, as it was settled, and its document.
    pub settled: Option<(Settled, String)>,
    /// How the patient is insured: chooses the terms of the far place.
    pub insured: PersonClass,
    /// Which care, as tariffs of ENCOUNTER_BILL name it; empty: none is chosen.
    pub item: String,
}

/// Reckons a saving.
///
/// # Errors
/// `TARIFF_GAP`, `AMOUNT_OUT_OF_RANGE`, or the fields of a bill whose parts don't add up.
pub fn estimate(facts: &Facts, policy: &Policy, book: &Book) -> Result<Saving> {
    let stratum = stratum(facts.follow_up);
    let grade = facts.proof.grade;
    if let Some(exclusion) = excluded(&facts.services, facts.attendance, facts.follow_up) {
        return Ok(Saving::nothing(exclusion, stratum, grade));
    }
    let rates = Rates { book, given: &facts.given, date: facts.date };
    let mut lines = Vec::new();
    let mut parts = BTreeMap::new();
    let in_vain = facts.attendance == Attendance::InVain;

    let travelling = [Part::Travel, Part::Lodging, Part::Meals, Part::Time];
    match &facts.journey {
        None => parts.extend(missing(&travelling, Unknown::NoJourney, grade)),
        Some(_) if !in_vain && !saves_travel(facts.transferable, facts.proof) => {
            parts.extend(nothing(&travelling, Exclusion::Emergency, grade));
        }
        Some(journey) => {
            let extent = if in_vain { Extent::InVain } else { Extent::Whole };
            lines.extend(travel::lines((&facts.places, journey), policy, &rates, grade, extent)?);
            for part in travelling {
                parts.insert(part, Saving::part_of(&lines, part, grade)?);
            }
        }
    }

    let paying = [Part::Bill, Part::Fund];
    let mut comparison = None;
    if in_vain {
        parts.extend(nothing(&paying, Exclusion::Cancelled, grade));
    } else {
        match compare(facts, &rates)? {
            Err(unknown) => parts.extend(missing(&paying, unknown, grade)),
            Ok((cases, entries)) => {
                for entry in entries {
                    lines.push(entry.reckon(grade)?);
                }
                for part in paying {
                    parts.insert(part, Saving::part_of(&lines, part, grade)?);
                }
                // A fund's payment rests on the bill that it is a share of.
                let weakest = lines.iter().filter(|line| is_of_bills(line)).map(|line| line.class);
                let weakest = weakest.reduce(ProvenanceClass::weaker).unwrap_or(ProvenanceClass::None);
                for part in paying {
                    if let Some(stands) = parts.get_mut(&part) {
                        stands.class = weakest;
                    }
                }
                comparison = Some(cases);
            }
        }
    }
    lines.sort_by_key(|line| (line.part.is_none(), line.part));
    let saving = Saving { parts, lines, stratum, comparison };
    match &facts.onward {
        Some(onward) if reverses(facts.date, onward) => saving.reversed(Rule::Onward),
        Some(_) | None => Ok(saving),
    }
}

fn is_of_bills(line: &Line) -> bool {
    match line.part {
        None | Some(Part::Bill | Part::Fund) => true,
        Some(Part::Travel | Part::Lodging | Part::Meals | Part::Time) => false,
    }
}

fn missing(parts: &[Part], unknown: Unknown, evidence: EvidenceGrade) -> Vec<(Part, PartAmount)> {
    let part = PartAmount { amount: Amount::Unknown(unknown), class: ProvenanceClass::None, evidence };
    parts.iter().map(|name| (*name, part)).collect()
}

fn nothing(parts: &[Part], exclusion: Exclusion, evidence: EvidenceGrade) -> Vec<(Part, PartAmount)> {
    let part = PartAmount { amount: Amount::Excluded(exclusion), class: ProvenanceClass::None, evidence };
    parts.iter().map(|name| (*name, part)).collect()
}

/// Both bills in each case with their lines, or what is missing.
type Compared = std::result::Result<(Cases<Comparison>, Vec<Entry>), Unknown>;

fn compare(facts: &Facts, rates: &Rates<'_>) -> Result<Compared> {
    let near = match &facts.bills.settled {
        Some((settled, document)) => settled_side(settled, document)?,
        None => match rates.given(Component::EncounterBill, Side::Near) {
            Some((total, _)) => priced_side(facts, rates, Side::Near, total)?,
            None => return Ok(Err(Unknown::NoNearBill)),
        },
    };
    let total = match rates.given(Component::EncounterBill, Side::Avoided) {
        Some((total, _)) => total,
        None if facts.bills.item.is_empty() => return Ok(Err(Unknown::NoAwayBill)),
        None => {
            let key = Key::at(Component::EncounterBill, PersonClass::Any, &facts.places.destination);
            rates.of(Side::Avoided, &Key { item: facts.bills.item.clone(), ..key })?
        }
    };
    let away = priced_side(facts, rates, Side::Avoided, total)?;

    let mut entries = away.entries;
    entries.extend(near.entries);
    let fee = rates.given(Component::ExpertFee, Side::Near).map(|(rate, _)| rate);
    let fees = fee.as_ref().map_or(Cases::sure(Fen::ZERO), |rate| fen(rate.values));
    if let Some(rate) = fee {
        entries.push(Entry {
            part: Some(Part::Bill),
            side: Side::Near,
            component: Component::ExpertFee,
            rule: Rule::Fee,
            quantity: Cases::sure(Quantity::whole(1)),
            rate: fees,
            class: rate.class,
            source: rate.source,
        });
    }
    let cases = away.priced.zip(near.priced).zip(fees).map(|((away, near), fee)| Comparison { away, near, fee });
    Ok(Ok((cases, entries)))
}

struct Priceable {
    priced: Cases<Priced>,
    entries: Vec<Entry>,
}

/// The bill near home as it was settled: what the household and the fund paid stands on it.
fn settled_side(settled: &Settled, document: &str) -> Result<Priceable> {
    let priced = settled.check("bill")?.priced();
    let one = |part, component, rule, amount| Entry {
        part,
        side: Side::Near,
        component,
        rule,
        quantity: Cases::sure(Quantity::whole(1)),
        rate: Cases::sure(amount),
        class: ProvenanceClass::Itemised,
        source: Source::Document(document.to_owned()),
    };
    let entries = vec![
        one(None, Component::EncounterBill, Rule::Total, priced.total),
        one(Some(Part::Fund), Component::FundRatio, Rule::Fund, priced.fund),
        one(Some(Part::Bill), Component::EncounterBill, Rule::OutOfPocket, priced.out_of_pocket),
    ];
    Ok(Priceable { priced: Cases::sure(priced), entries })
}

/// A bill priced by the terms of a place: the far one's, or near home where no bill was settled.
fn priced_side(facts: &Facts, rates: &Rates<'_>, side: Side, total: Rate) -> Result<Priceable> {
    let place = match side {
        Side::Avoided => &facts.places.destination,
        Side::Near => &facts.places.near,
    };
    let insured = facts.bills.insured;
    let none = || Rate { values: Cases::sure(0), class: ProvenanceClass::Itemised, source: Source::Reckoned };
    let term = |component| match insured {
        PersonClass::Uninsured => Ok(none()),
        PersonClass::Any
        | PersonClass::Adult
        | PersonClass::Child
        | PersonClass::Senior
        | PersonClass::ResidentInsured
        | PersonClass::EmployeeInsured => rates.of(side, &Key::at(component, insured, place)),
    };
    let (scope, deductible, ratio) =
        (term(Component::Scope)?, term(Component::Deductible)?, term(Component::FundRatio)?);
    let cap = rates.given(Component::FundCap, side).map(|(rate, _)| rate);
    let help = rates.given(Component::Assistance, side).map(|(rate, _)| rate);

    let caps = cap.as_ref().map_or(Cases::sure(None), |cap| cap.values.map(Some));
    let helps = help.as_ref().map_or(Cases::sure(0), |help| help.values);
    let terms = scope.values.zip(deductible.values).zip(ratio.values.zip(caps)).zip(helps).map(
        |(((scope_bp, deductible), (ratio_bp, cap)), help)| Terms {
            scope_bp,
            deductible_left: Fen::new(deductible),
            ratio_bp,
            cap_left: cap.map(Fen::new),
            assistance: Fen::new(help),
        },
    );
    let totals = fen(total.values);
    let priced = totals.zip(terms).try_map(|(total, terms)| price(total, &terms))?;
    let entries = lines_of(side, &priced, &terms, [&total, &scope, &deductible, &ratio], (cap, help))?;
    Ok(Priceable { priced, entries })
}

/// The lines of a priced bill: total, e, what was left to bear, the fund's share, help, and what the household pays.
fn lines_of(
    side: Side,
    priced: &Cases<Priced>,
    terms: &Cases<Terms>,
    [total, scope, deductible, ratio]: [&Rate; 4],
    (cap, help): (Option<Rate>, Option<Rate>),
) -> Result<Vec<Entry>> {
    let one = Cases::sure(Quantity::whole(1));
    let entry = |part, component, rule, (quantity, rate), from: &Rate| Entry {
        part,
        side,
        component,
        rule,
        quantity,
        rate,
        class: from.class,
        source: from.source.clone(),
    };
    let totals = priced.map(|it| it.total);
    let above = priced.zip(*terms).try_map(|(priced, terms)| {
        difference(priced.in_scope, terms.deductible_left).map(|above| above.max(Fen::ZERO))
    })?;
    let capped = priced.base.capped;
    let funds = priced.zip(*terms).zip(above).map(|((priced, terms), above)| {
        if priced.capped { (Quantity::whole(1), priced.fund) } else { (Quantity::basis_points(terms.ratio_bp), above) }
    });
    let fund = entry(
        Some(Part::Fund),
        if capped { Component::FundCap } else { Component::FundRatio },
        if capped { Rule::FundCap } else { Rule::Fund },
        (funds.map(|it| it.0), funds.map(|it| it.1)),
        cap.as_ref().filter(|_| capped).unwrap_or(ratio),
    );
    let in_scope = (terms.map(|terms| Quantity::basis_points(terms.scope_bp)), totals);
    let mut entries = vec![
        entry(None, Component::EncounterBill, Rule::Total, (one, totals), total),
        entry(None, Component::Scope, Rule::InScope, in_scope, scope),
        entry(None, Component::Deductible, Rule::InScope, (one, terms.map(|it| it.deductible_left)), deductible),
        fund,
    ];
    if let Some(help) = help {
        let given = priced.map(|it| it.assistance);
        entries.push(entry(None, Component::Assistance, Rule::Assistance, (one, given), &help));
    }
    let weakest = entries.iter().map(|entry| entry.class).fold(total.class, ProvenanceClass::weaker);
    entries.push(Entry {
        part: Some(Part::Bill),
        side,
        component: Component::EncounterBill,
        rule: Rule::OutOfPocket,
        quantity: one,
        rate: priced.map(|it| it.out_of_pocket),
        class: weakest,
        source: Source::Reckoned,
    });
    Ok(entries)
}

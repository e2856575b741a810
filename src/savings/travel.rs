//! The lines of a trip that was not made and of the journeys near home: T, L, M and the memo TIME.

use serde::{Deserialize, Serialize};

use super::line::{Entry, Line, Rule};
use super::policy::{CareSetting, CompanionGround, Policy};
use super::rates::Rates;
use super::rounding::{Quantity, times};
use super::tariff::{Key, fen};
use super::{Cases, Component, EvidenceGrade, Part, PersonClass, Side};
use crate::kernel::Result;
use crate::sites::DivisionCode;

/// There and back.
pub const LEGS: i64 = 2;

/// Between where and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The patient's home.
    pub origin: DivisionCode,
    /// Where the patient would have gone.
    pub destination: DivisionCode,
    /// Where care was given.
    pub near: DivisionCode,
}

/// Who would have travelled, and who did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// The patient's fare.
    pub patient_class: PersonClass,
    /// Whether the patient loses wages.
    pub patient_earns: bool,
    /// Where the patient sleeps at the far place.
    pub setting: CareSetting,
    /// Why somebody goes along, each once.
    pub grounds: Vec<CompanionGround>,
    /// How many the household says went along, 0 to 10; asked in the high case alone.
    pub companions: i64,
    /// Journeys to the place near home, 1 to 100.
    pub near_journeys: i64,
}

/// Which of the two worlds' lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Both.
    Whole,
    /// Only what was spent near home: the patient travelled to a session that was cancelled.
    InVain,
}

/// One question for lines: some number of one component's units on one side.
struct Ask {
    part: Part,
    rule: Rule,
    side: Side,
    key: Key,
    quantity: Cases<Quantity>,
}

/// The lines.
///
/// # Errors
/// `TARIFF_GAP`, `AMOUNT_OUT_OF_RANGE`.
pub fn lines(
    (places, journey): (&Places, &Journey),
    policy: &Policy,
    rates: &Rates<'_>,
    evidence: EvidenceGrade,
    extent: Extent,
) -> Result<Vec<Line>> {
    let mut asked = asks(places, journey, policy)?;
    if extent == Extent::InVain {
        asked.retain(|ask| ask.side == Side::Near);
    }
    let mut lines = Vec::new();
    for component in TRAVEL_COMPONENTS {
        for side in [Side::Avoided, Side::Near] {
            let wanted = extent == Extent::Whole || side == Side::Near;
            let own = rates.given(component.0, side).and_then(|(rate, quantity)| Some((rate, quantity?)));
            if let Some((rate, quantity)) = own.filter(|_| wanted) {
                lines.push(Entry {
                    part: Some(component.1),
                    side,
                    component: component.0,
                    rule: component.2,
                    quantity: Cases::sure(Quantity::whole(quantity)),
                    rate: fen(rate.values),
                    class: rate.class,
                    source: rate.source,
                });
                asked.retain(|ask| ask.key.component != component.0 || ask.side != side);
            }
        }
    }
    for ask in asked {
        let rate = rates.of(ask.side, &ask.key)?;
        lines.push(Entry {
            part: Some(ask.part),
            side: ask.side,
            component: ask.key.component,
            rule: ask.rule,
            quantity: ask.quantity,
            rate: fen(rate.values),
            class: rate.class,
            source: rate.source,
        });
    }
    let mut lines = lines.into_iter().map(|entry| entry.reckon(evidence)).collect::<Result<Vec<_>>>()?;
    lines.sort_by_key(|line| (line.part, line.side, line.component));
    Ok(lines)
}

/// What a record can give numbers of its own for, with a quantity.
const TRAVEL_COMPONENTS: [(Component, Part, Rule); 6] = [
    (Component::Fare, Part::Travel, Rule::Legs),
    (Component::Feeder, Part::Travel, Rule::Legs),
    (Component::LocalFare, Part::Travel, Rule::Legs),
    (Component::RoomNight, Part::Lodging, Rule::Nights),
    (Component::MealDay, Part::Meals, Rule::Meals),
    (Component::WageDay, Part::Time, Rule::Wages),
];

/// Everything that is asked of the tariffs; what comes to nothing in every case isn't asked.
fn asks(places: &Places, journey: &Journey, policy: &Policy) -> Result<Vec<Ask>> {
    let companions = policy.companions(&journey.grounds, journey.companions);
    let stay = policy.stay(journey.setting);
    let mut asks = Vec::new();
    let mut ask = |part, rule, side, key, quantity: Cases<Quantity>| {
        if [quantity.low, quantity.base, quantity.high].iter().any(|it| it.count != 0) {
            asks.push(Ask { part, rule, side, key, quantity });
        }
    };

    for (class, persons) in groups(journey.patient_class, companions) {
        let away = persons.try_map(|persons| times(&[persons, LEGS]).map(Quantity::whole))?;
        let near = persons.try_map(|persons| times(&[persons, LEGS, journey.near_journeys]).map(Quantity::whole))?;
        let (origin, far, place) = (&places.origin, &places.destination, &places.near);
        let fare = Key::journey(Component::Fare, class, (origin, Some(far)), policy.mode);
        ask(Part::Travel, Rule::Legs, Side::Avoided, fare, away);
        if let Some(mode) = policy.feeder_mode {
            let feeder = Key::journey(Component::Feeder, class, (origin, None), mode);
            ask(Part::Travel, Rule::Legs, Side::Avoided, feeder, away);
        }
        let local = Key::journey(Component::LocalFare, class, (origin, Some(place)), policy.near_mode);
        ask(Part::Travel, Rule::Legs, Side::Near, local, near);
    }

    let patient_lodges = match journey.setting {
        CareSetting::Outpatient => 1,
        CareSetting::Inpatient => 0,
    };
    let lodgers = companions.map(|companions| companions.saturating_add(patient_lodges));
    let rooms = lodgers.map(|lodgers| rooms_for(lodgers, policy.persons_a_room));
    let nights = rooms.zip(stay.nights).try_map(|(rooms, nights)| times(&[rooms, nights]).map(Quantity::whole))?;
    let room = Key::at(Component::RoomNight, PersonClass::Any, &places.destination);
    ask(Part::Lodging, Rule::Nights, Side::Avoided, room, nights);
    let meals = lodgers.zip(stay.meal_days).try_map(|(persons, days)| times(&[persons, days]).map(Quantity::whole))?;
    let meal = Key::at(Component::MealDay, PersonClass::Any, &places.destination);
    ask(Part::Meals, Rule::Meals, Side::Avoided, meal, meals);

    let earners = companions.map(|companions| companions.saturating_add(i64::from(journey.patient_earns)));
    let wage = || Key { origin: Some(places.origin.clone()), ..Key::new(Component::WageDay, PersonClass::Any) };
    let away = earners.zip(stay.wage_half_days);
    let away = away.try_map(|(earners, days)| times(&[earners, days]).map(Quantity::half_days))?;
    ask(Part::Time, Rule::Wages, Side::Avoided, wage(), away);
    let near = earners.try_map(|earners| {
        times(&[earners, policy.near_wage_half_days, journey.near_journeys]).map(Quantity::half_days)
    })?;
    ask(Part::Time, Rule::Wages, Side::Near, wage(), near);
    Ok(asks)
}

/// Who pays which fare: companions go as adults.
fn groups(patient: PersonClass, companions: Cases<i64>) -> Vec<(PersonClass, Cases<i64>)> {
    if patient == PersonClass::Adult {
        vec![(PersonClass::Adult, companions.map(|companions| companions.saturating_add(1)))]
    } else {
        vec![(patient, Cases::sure(1)), (PersonClass::Adult, companions)]
    }
}

/// Division that leaves nobody without a place.
fn rooms_for(lodgers: i64, persons_a_room: i64) -> i64 {
    let places = persons_a_room.max(1);
    lodgers / places + i64::from(lodgers % places > 0)
}

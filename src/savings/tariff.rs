//! Tariffs 测算参数: dated prices and rules as immutable versions, and the one way to choose among them.
//!
//! A version holds from a day until a day, the end not part of it, and is chosen by the service date. A day without one is an error:
//! nothing falls back to another day, another class or another mode.

use super::bill::MOST_FEN;
use super::{Cases, Component, PersonClass, Side, TravelMode, Unit};
use crate::kernel::{Date, Error, Fen, Fields, Id, Reason, Result, Vocabulary as _, vocabulary};
use crate::sites::DivisionCode;

vocabulary! {
    /// How good a tariff's source is.
    pub enum TariffGrade: "TariffGrade" {
        /// Gazetted or published by who sets the price.
        Official = 1 => "OFFICIAL",
        /// Asked or measured.
        Surveyed = 2 => "SURVEYED",
        /// Assumed, and printed as an assumption.
        Assumed = 3 => "ASSUMED",
    }
}

/// What a price is for. Every part that is set must be the same in the question: there are no wild cards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What is priced.
    pub component: Component,
    /// Where the journey begins, for components that have one.
    pub origin: Option<DivisionCode>,
    /// Where the price holds, or the journey ends.
    pub destination: Option<DivisionCode>,
    /// By what, for fares.
    pub mode: Option<TravelMode>,
    /// For whom.
    pub person_class: PersonClass,
    /// Which care, for ENCOUNTER_BILL: a code of the county's own, such as a procedure's; empty otherwise.
    pub item: String,
}

impl Key {
    /// A key of a component alone; add what it has.
    #[must_use]
    pub fn new(component: Component, person_class: PersonClass) -> Self {
        Self { component, origin: None, destination: None, mode: None, person_class, item: String::new() }
    }

    /// A journey from a place to a place.
    #[must_use]
    pub fn journey(
        component: Component,
        person_class: PersonClass,
        (origin, destination): (&DivisionCode, Option<&DivisionCode>),
        mode: TravelMode,
    ) -> Self {
        let (origin, mode) = (Some(origin.clone()), Some(mode));
        Self { origin, destination: destination.cloned(), mode, ..Self::new(component, person_class) }
    }

    /// A price at a place.
    #[must_use]
    pub fn at(component: Component, person_class: PersonClass, destination: &DivisionCode) -> Self {
        Self { destination: Some(destination.clone()), ..Self::new(component, person_class) }
    }

    /// Notes the parts that the component must have and hasn't, or has and mustn't.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        let (origin, destination, mode, item) = match self.component {
            Component::Fare | Component::LocalFare => (true, true, true, false),
            Component::Feeder => (true, false, true, false),
            Component::RoomNight | Component::MealDay => (false, true, false, false),
            Component::WageDay => (true, false, false, false),
            Component::EncounterBill => (false, true, false, true),
            Component::Scope | Component::Deductible | Component::FundRatio | Component::FundCap => {
                (false, true, false, false)
            }
            Component::Assistance | Component::ExpertFee => (false, true, false, false),
        };
        let mut must = |field, wanted: bool, given: bool| match (wanted, given) {
            (true, false) => fields.refuse(field, Reason::Required, "must be set for this component"),
            (false, true) => fields.refuse(field, Reason::Inconsistent, "must be unset for this component"),
            (true, true) | (false, false) => {}
        };
        must("origin", origin, self.origin.is_some());
        must("destination", destination, self.destination.is_some());
        must("mode", mode, self.mode.is_some());
        must("item", item, !self.item.is_empty());
    }
}

/// One version of a tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: Id,
    /// What it prices.
    pub key: Key,
    /// Low, base and high, in the component's unit; low at most base at most high.
    pub values: Cases<i64>,
    /// First day.
    pub valid_from: Date,
    /// First day after it; none: no end is known.
    pub valid_to: Option<Date>,
    /// Who published the number, and where.
    pub source: String,
}

impl Version {
    /// Whether it is in force on a service date.
    #[must_use]
    pub fn holds_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_to.is_none_or(|end| date < end)
    }

    /// Whether both would be in force for one key on one day.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.key == other.key
            && self.valid_to.is_none_or(|end| other.valid_from < end)
            && other.valid_to.is_none_or(|end| self.valid_from < end)
    }
}

/// Notes what no version's numbers can be: out of range, out of order, or a period without a day.
pub fn refuse_unfit(fields: &mut Fields, unit: Unit, values: Cases<i64>, valid_from: Date, valid_to: Option<Date>) {
    fields.within("values", |fields| refuse_numbers(fields, unit, values));
    if valid_to.is_some_and(|end| end <= valid_from) {
        fields.refuse("valid_to", Reason::Inconsistent, "must be after valid_from, of which it is not part");
    }
}

/// Notes numbers that are out of their unit's range or out of order.
pub fn refuse_numbers(fields: &mut Fields, unit: Unit, values: Cases<i64>) {
    let most = match unit {
        Unit::BasisPoints => 10_000,
        Unit::FenPerLeg | Unit::FenPerNight | Unit::FenPerDay | Unit::FenPerEncounter => MOST_FEN,
    };
    for (field, value) in [("low", values.low), ("base", values.base), ("high", values.high)] {
        if !(0..=most).contains(&value) {
            fields.refuse(field, Reason::OutOfRange, format!("must be 0 to {most}"));
        }
    }
    if values.low > values.base || values.base > values.high {
        fields.refuse("base", Reason::Inconsistent, "must be low at most base at most high");
    }
}

/// The versions that an estimate may choose among.
#[derive(Debug, Clone, Default)]
pub struct Book {
    versions: Vec<Version>,
}

impl Book {
    /// A book of approved versions, which don't overlap.
    ///
    /// # Errors
    /// `TARIFF_OVERLAP`.
    pub fn new(mut versions: Vec<Version>) -> Result<Self> {
        versions.sort_by(|a, b| (&a.key, a.valid_from).cmp(&(&b.key, b.valid_from)));
        match versions.windows(2).find(|pair| pair[0].overlaps(&pair[1])) {
            Some(pair) => Err(overlap(&pair[0].id, &pair[1].id)),
            None => Ok(Self { versions }),
        }
    }

    /// This book with other versions in the place of those that they overlap.
    ///
    /// # Errors
    /// `TARIFF_OVERLAP` where the others overlap each other.
    pub fn with(&self, others: Vec<Version>) -> Result<Self> {
        let stays = |version: &&Version| !others.iter().any(|other| other.overlaps(version));
        let versions: Vec<Version> = self.versions.iter().filter(stays).cloned().collect();
        Self::new(versions.into_iter().chain(others).collect())
    }

    /// Every version, by key and first day.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The same versions with other numbers.
    ///
    /// # Errors
    /// What `value` answers.
    pub fn revalued(&self, value: impl Fn(&Version) -> Result<Cases<i64>>) -> Result<Self> {
        let change = |version: &Version| Ok(Version { values: value(version)?, ..version.clone() });
        Ok(Self { versions: self.versions.iter().map(change).collect::<Result<_>>()? })
    }

    /// The version for a key on a service date.
    ///
    /// # Errors
    /// `TARIFF_GAP`.
    pub fn on(&self, key: &Key, date: Date) -> Result<&Version> {
        let start = self.versions.partition_point(|version| (&version.key, version.valid_from) <= (key, date));
        let before = start.checked_sub(1).and_then(|index| self.versions.get(index));
        before.filter(|version| version.key == *key && version.holds_on(date)).ok_or_else(|| gap(key, date))
    }
}

/// Two versions would both be in force.
#[must_use]
pub fn overlap(one: &Id, other: &Id) -> Error {
    let refusal = Error::refused(Reason::TariffOverlap, "two versions of one tariff would be in force on one day");
    refusal.with("tariff", one).with("other", other)
}

fn gap(key: &Key, date: Date) -> Error {
    let place = |code: &Option<DivisionCode>| code.as_ref().map_or(String::new(), |code| code.as_str().to_owned());
    let message = format!("no approved tariff for {} is in force on {date}", key.component.code());
    Error::refused(Reason::TariffGap, message)
        .with("component", key.component.code())
        .with("origin", place(&key.origin))
        .with("destination", place(&key.destination))
        .with("mode", key.mode.map_or("", |mode| mode.code()))
        .with("person_class", key.person_class.code())
        .with("item", &key.item)
        .with("date", date)
}

/// A component's numbers as the cases of a side: against a saving in the low case, for it in the high one.
#[must_use]
pub fn facing(component: Component, side: Side, values: Cases<i64>) -> Cases<i64> {
    let against_when_low = match side {
        Side::Avoided => !component.eases(),
        Side::Near => component.eases(),
    };
    if against_when_low { values } else { values.opposed() }
}

/// Fen of numbers whose unit is fen.
#[must_use]
pub fn fen(values: Cases<i64>) -> Cases<Fen> {
    values.map(Fen::new)
}

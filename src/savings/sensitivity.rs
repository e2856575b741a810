//! Sensitivity: what each assumption alone moves about the headline, the others as they are in the base case. Pure.
//!
//! The headline is what `savings/figures` counts as NET. An assumption is a tariff's key with all its versions, a rule of the policy, or a range that a record gives itself. Trips that are
//! reckoned alike are kept once with their number: what an assumption moves about one of them, it moves about each. What a hospital
//! settled is no assumption, so bills of any amount are alike. Not here: what is read (`tallies/queries/sensitivity`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::bill::Settled;
use super::eligibility::reverses;
use super::policy::{CareSetting, CompanionGround};
use super::rounding::{Quantity, out_of_range, product};
use super::saving::Standing;
use super::tariff::Key;
use super::trip::{Basis, Prices, Reckoned, Trip, TripState};
use super::{Cases, Component, Ledger, Side, Stratum, Unit, break_even};
use crate::kernel::{Date, Error, Fen, Id, Result, vocabulary};

vocabulary! {
    /// What kind of assumption.
    pub enum AssumptionKind: "AssumptionKind" {
        /// A price or a rule, in all its versions.
        Tariff = 1 => "TARIFF",
        /// How many go along.
        Companions = 2 => "COMPANIONS",
        /// Nights at the far place.
        Nights = 3 => "NIGHTS",
        /// Days of meals at the far place.
        MealDays = 4 => "MEAL_DAYS",
        /// A number that records give themselves.
        Recorded = 5 => "RECORDED",
    }
}

/// One assumption that savings rest on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// A price or a rule, in all its versions.
    Tariff(Key),
    /// How many go along with a patient for whom somebody goes along.
    Companions,
    /// Nights at the far place.
    Nights(CareSetting),
    /// Days of meals at the far place.
    MealDays(CareSetting),
    /// A number that records give themselves, with a range of their own.
    Recorded(Component, Side),
}

impl Assumption {
    /// What kind it is.
    #[must_use]
    pub const fn kind(&self) -> AssumptionKind {
        match self {
            Self::Tariff(_) => AssumptionKind::Tariff,
            Self::Companions => AssumptionKind::Companions,
            Self::Nights(_) => AssumptionKind::Nights,
            Self::MealDays(_) => AssumptionKind::MealDays,
            Self::Recorded(..) => AssumptionKind::Recorded,
        }
    }

    /// The values among which a break-even is looked for: of a tariff, hundredths of a per cent of its base values, up to a hundred times
    /// as much; of a rule, the number itself; none where no one value stands for all records.
    #[must_use]
    pub const fn range(&self) -> Option<std::ops::RangeInclusive<i64>> {
        match self {
            Self::Tariff(_) => Some(0..=1_000_000),
            Self::Companions => Some(0..=3),
            Self::Nights(_) | Self::MealDays(_) => Some(0..=365),
            Self::Recorded(..) => None,
        }
    }
}

/// How an assumption is taken, where all others are as in the base case.
#[derive(Clone, Copy, Debug)]
enum Taken<'a> {
    /// As in the base case, too.
    Base,
    /// In its three cases.
    Open(&'a Assumption),
    /// At a value of its range, in the high case.
    At(&'a Assumption, i64),
}

/// Trips that are reckoned alike.
#[derive(Clone, Debug)]
struct Alike {
    date: Date,
    basis: Basis,
    prices: Prices,
    trips: i64,
}

/// The most kinds of trips that are told apart: more would take too long to reckon in one answer.
pub const MOST_KINDS: usize = 20_000;

/// The trips of a period, by how they are reckoned.
#[derive(Clone, Debug, Default)]
pub struct Trips {
    /// NET of first visits, the headline, in the three cases.
    pub headline: Cases<Fen>,
    /// How many trips are in it.
    pub trips: i64,
    kinds: HashMap<String, Alike>,
}

impl Trips {
    /// Counts one trip. Answers its reckoning where nothing like it was counted before: then [`Trips::price`] must follow.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn count(&mut self, trip: &Trip) -> Result<Option<New>> {
        let saving = trip.saving()?;
        let is_first = saving.stratum == Stratum::First && trip.state == TripState::Recorded;
        let Some(amount) = saving.standing(Ledger::Net, Standing::Headline)?.filter(|_| is_first) else {
            return Ok(None);
        };
        let add = |(sum, amount): (Fen, Fen)| sum.checked_add(amount).ok_or_else(out_of_range);
        self.headline = self.headline.zip(amount).try_map(add)?;
        self.trips += 1;
        let words = &trip.basis.words;
        if words.onward.as_ref().is_some_and(|it| reverses(trip.dimensions.date, &it.onward)) {
            return Ok(None); // Nothing, whatever is assumed.
        }
        let basis = stripped(&trip.basis);
        let kind = serde_json::to_string(&(&trip.reckoned.policy, &trip.reckoned.tariffs, &basis));
        let kind = kind.map_err(Error::storage)?;
        if let Some(alike) = self.kinds.get_mut(&kind) {
            alike.trips += 1;
            return Ok(None);
        }
        Ok(Some(New { kind, date: trip.dimensions.date, basis, reckoned: trip.reckoned.clone() }))
    }

    /// Keeps a kind of trips with the prices by which its first one was reckoned.
    pub fn price(&mut self, new: New, prices: Prices) {
        let New { kind, date, basis, .. } = new;
        self.kinds.insert(kind, Alike { date, basis, prices, trips: 1 });
    }

    /// How many kinds of trips there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.kinds.len()
    }

    /// What each assumption moves, the biggest swing first.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn swings(&self) -> Result<Vec<Swing>> {
        let mut moved: BTreeMap<Assumption, Cases<i128>> = BTreeMap::new();
        let mut values: BTreeMap<Assumption, BTreeMap<Id, Cases<i64>>> = BTreeMap::new();
        for alike in self.kinds.values() {
            let base = alike.net(Taken::Base)?.base;
            for (assumption, stated) in alike.assumptions() {
                let open = alike.net(Taken::Open(&assumption))?;
                let moves = open.map(|it| (i128::from(it.get()) - i128::from(base.get())) * i128::from(alike.trips));
                let sum = moved.entry(assumption.clone()).or_default();
                *sum = sum.zip(moves).map(|(sum, moves)| sum + moves);
                values.entry(assumption).or_default().extend(stated);
            }
        }
        let headline = i128::from(self.headline.base.get());
        let fen = |sum: i128| i64::try_from(sum).map(Fen::new).map_err(|_| out_of_range());
        let mut swings = Vec::with_capacity(moved.len());
        for (assumption, moves) in moved {
            let (low, high) = (fen(headline + moves.low)?, fen(headline + moves.high)?);
            let values = values.remove(&assumption).unwrap_or_default();
            swings.push(Swing { assumption, low, high, values });
        }
        swings.sort_by(|a, b| (b.size(), &a.assumption).cmp(&(a.size(), &b.assumption)));
        Ok(swings)
    }

    /// The least value of an assumption at which the headline has come to a target ([`break_even::least`]).
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn break_even(&self, assumption: &Assumption, target: Fen) -> Result<Option<i64>> {
        let Some(range) = assumption.range() else { return Ok(None) };
        let mut touched = Vec::new();
        for alike in self.kinds.values().filter(|alike| alike.assumptions().contains_key(assumption)) {
            touched.push((alike, alike.net(Taken::Base)?.base));
        }
        break_even::least(&range, target, |value| {
            let mut sum = i128::from(self.headline.base.get());
            for (alike, base) in &touched {
                let net = alike.net(Taken::At(assumption, value))?.high;
                sum += (i128::from(net.get()) - i128::from(base.get())) * i128::from(alike.trips);
            }
            i64::try_from(sum).map(Fen::new).map_err(|_| out_of_range())
        })
    }
}

/// A kind of trips that wasn't there before.
#[derive(Clone, Debug)]
pub struct New {
    kind: String,
    date: Date,
    basis: Basis,
    /// By which versions it was reckoned.
    pub reckoned: Reckoned,
}

/// What an assumption alone moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swing {
    /// Which.
    pub assumption: Assumption,
    /// The headline with it at its low.
    pub low: Fen,
    /// The headline with it at its high.
    pub high: Fen,
    /// What each version of the tariff or the policy says, in its unit; empty for what records give themselves.
    pub values: BTreeMap<Id, Cases<i64>>,
}

impl Swing {
    /// How far apart the headline's two values are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.high.get().abs_diff(self.low.get())
    }
}

/// The share of a tariff's base value, in its unit's range.
///
/// # Errors
/// `AMOUNT_OUT_OF_RANGE`.
pub fn scaled(unit: Unit, base: i64, share_bp: i64) -> Result<i64> {
    let value = product(Quantity::basis_points(share_bp), Fen::new(base))?.get();
    Ok(match unit {
        Unit::BasisPoints => value.min(10_000),
        Unit::FenPerLeg | Unit::FenPerNight | Unit::FenPerDay | Unit::FenPerEncounter => {
            value.min(super::bill::MOST_FEN)
        }
    })
}

/// What of a basis an assumption can work on: who says something, and what was settled, move nothing.
fn stripped(basis: &Basis) -> Basis {
    let mut basis = basis.clone();
    basis.words.evidence.record.clear();
    basis.words.evidence.asked.clear();
    basis.words.onward = None;
    if let Some(bill) = &mut basis.bill {
        bill.document.clear();
        let zero = Fen::ZERO;
        bill.settled =
            Settled { total: zero, in_scope: zero, deductible: zero, fund_paid: zero, assistance: zero, cash: zero };
        if bill.fee > Fen::ZERO {
            bill.fee = Fen::ZERO;
            basis.words.given.retain(|own| own.component != Component::ExpertFee || own.side != Side::Near);
        }
    }
    for own in &mut basis.words.given {
        own.document.clear();
    }
    basis
}

impl Alike {
    /// What it rests on, with what each version says.
    fn assumptions(&self) -> BTreeMap<Assumption, Vec<(Id, Cases<i64>)>> {
        let mut found: BTreeMap<Assumption, Vec<(Id, Cases<i64>)>> = BTreeMap::new();
        for version in self.prices.book.versions() {
            let stated = (version.id.clone(), version.values);
            found.entry(Assumption::Tariff(version.key.clone())).or_default().push(stated);
        }
        if let Some(journey) = &self.basis.words.journey {
            for policy in &self.prices.policies {
                let stay = policy.stay(journey.setting);
                let mut add = |assumption, values| {
                    found.entry(assumption).or_default().push((policy.id.clone(), values));
                };
                if !journey.grounds.is_empty() {
                    add(Assumption::Companions, Cases::new(0, 1, policy.most_companions));
                }
                add(Assumption::Nights(journey.setting), stay.nights);
                add(Assumption::MealDays(journey.setting), stay.meal_days);
            }
        }
        let ranges = self.basis.words.given.iter().filter(|own| own.values != Cases::sure(own.values.base));
        let recorded: BTreeSet<_> = ranges.map(|own| (own.component, own.side)).collect();
        found.extend(recorded.into_iter().map(|(component, side)| (Assumption::Recorded(component, side), Vec::new())));
        found
    }

    /// NET of one of its trips, as far as it is in the headline.
    fn net(&self, taken: Taken<'_>) -> Result<Cases<Fen>> {
        let (_, saving) = self.prices(taken)?.reckon(self.date, &self.basis(taken))?;
        Ok(saving.standing(Ledger::Net, Standing::Headline)?.unwrap_or_default())
    }

    fn prices(&self, taken: Taken<'_>) -> Result<Prices> {
        let book = self.prices.book.revalued(|version| {
            let base = version.values.base;
            Ok::<_, Error>(match taken {
                Taken::Open(Assumption::Tariff(key)) if *key == version.key => version.values,
                Taken::At(Assumption::Tariff(key), share) if *key == version.key => {
                    Cases::sure(scaled(key.component.unit(), base, share)?)
                }
                Taken::Base | Taken::Open(_) | Taken::At(..) => Cases::sure(base),
            })
        })?;
        let mut policies = self.prices.policies.clone();
        for policy in &mut policies {
            for (setting, stay) in
                [(CareSetting::Outpatient, &mut policy.outpatient), (CareSetting::Inpatient, &mut policy.inpatient)]
            {
                stay.nights = number(taken, &Assumption::Nights(setting), stay.nights);
                stay.meal_days = number(taken, &Assumption::MealDays(setting), stay.meal_days);
                stay.wage_half_days = Cases::sure(stay.wage_half_days.base);
            }
            if let Taken::At(Assumption::Companions, most) = taken {
                policy.most_companions = most;
            }
        }
        Ok(Prices { policies, book })
    }

    fn basis(&self, taken: Taken<'_>) -> Basis {
        let mut basis = self.basis.clone();
        if let Some(journey) = basis.words.journey.as_mut().filter(|journey| !journey.grounds.is_empty()) {
            // A ground that stands by itself: one goes along in every case, and in the high one as many as are asked for.
            match taken {
                Taken::Open(Assumption::Companions) => {}
                Taken::At(Assumption::Companions, 0) => journey.grounds.clear(),
                Taken::At(Assumption::Companions, number) => {
                    (journey.grounds, journey.companions) = (vec![CompanionGround::Minor], number);
                }
                Taken::Base | Taken::Open(_) | Taken::At(..) => {
                    (journey.grounds, journey.companions) = (vec![CompanionGround::Minor], 1);
                }
            }
        }
        for own in &mut basis.words.given {
            let opened = Assumption::Recorded(own.component, own.side);
            if !matches!(taken, Taken::Open(open) if *open == opened) {
                own.values = Cases::sure(own.values.base);
            }
        }
        basis
    }
}

/// A number of the policy as an assumption is taken.
fn number(taken: Taken<'_>, own: &Assumption, values: Cases<i64>) -> Cases<i64> {
    match taken {
        Taken::Open(open) if open == own => values,
        Taken::At(at, value) if at == own => Cases::sure(value),
        Taken::Base | Taken::Open(_) | Taken::At(..) => Cases::sure(values.base),
    }
}

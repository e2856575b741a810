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

/// Trips that are reckoned alike, by the same versions.
#[derive(Clone, Debug)]
struct Alike {
    date: Date,
    basis: Basis,
    trips: i64,
}

/// Kinds of trips that were reckoned by the same versions: these are kept once.
#[derive(Clone, Debug)]
struct Priced {
    prices: Prices,
    kinds: HashMap<String, Alike>,
}

/// The most kinds of trips that are told apart: more would take too long to reckon in one answer (docs/adr/0019).
pub const MOST_KINDS: usize = 2_000;

/// The versions by which a saving was reckoned: the policy's, and the tariffs'.
type Versions = (Id, Vec<Id>);

/// The trips of a period, by how they are reckoned.
#[derive(Clone, Debug, Default)]
pub struct TripKinds {
    /// NET of first visits, the headline, in the three cases.
    pub headline: Cases<Fen>,
    /// How many trips are in it.
    pub trips: i64,
    by_versions: HashMap<Versions, Priced>,
}

impl TripKinds {
    /// Whether the prices are known by which a trip was reckoned: else [`TripKinds::price`] comes first.
    #[must_use]
    pub fn is_priced(&self, reckoned: &Reckoned) -> bool {
        self.by_versions.contains_key(&versions(reckoned))
    }

    /// Keeps the prices by which trips were reckoned.
    pub fn price(&mut self, reckoned: &Reckoned, prices: Prices) {
        self.by_versions.insert(versions(reckoned), Priced { prices, kinds: HashMap::new() });
    }

    /// Counts one trip, whose prices are known.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn count(&mut self, trip: &Trip) -> Result<()> {
        let saving = trip.saving()?;
        let is_first = saving.stratum == Stratum::First && trip.state == TripState::Recorded;
        let Some(amount) = saving.standing(Ledger::Net, Standing::Headline)?.filter(|_| is_first) else {
            return Ok(());
        };
        let add = |(sum, amount): (Fen, Fen)| sum.checked_add(amount).ok_or_else(out_of_range);
        self.headline = self.headline.zip(amount).try_map(add)?;
        self.trips += 1;
        let words = &trip.basis.words;
        if words.onward.as_ref().is_some_and(|it| reverses(trip.dimensions.date, &it.onward)) {
            return Ok(()); // Nothing, whatever is assumed.
        }
        let basis = stripped(&trip.basis);
        let kind = serde_json::to_string(&basis).map_err(Error::storage)?;
        let priced = self.by_versions.get_mut(&versions(&trip.reckoned));
        let priced = priced.ok_or(Error::Internal("a trip is counted before its prices are known"))?;
        let alike = || Alike { date: trip.dimensions.date, basis, trips: 0 };
        priced.kinds.entry(kind).or_insert_with(alike).trips += 1;
        Ok(())
    }

    /// How many kinds of trips there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.by_versions.values().map(|priced| priced.kinds.len()).sum()
    }

    /// Each kind reckoned in the base case, with what it rests on.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn weighed(&self) -> Result<Weighed<'_>> {
        let mut groups = Vec::with_capacity(self.by_versions.len());
        // Prices that no counted trip rests on assume nothing.
        for Priced { prices, kinds } in self.by_versions.values().filter(|it| !it.kinds.is_empty()) {
            let base = taken_by(prices, Taken::Base)?;
            let own = |alike| Ok(Own { alike, base: alike.net(&base, Taken::Base)?.base, rules: alike.rules(prices) });
            let kinds = kinds.values().map(own).collect::<Result<_>>()?;
            groups.push(Group { prices, tariffs: tariffs(prices), kinds });
        }
        Ok(Weighed { headline: self.headline.base, groups })
    }
}

fn versions(reckoned: &Reckoned) -> Versions {
    (reckoned.policy.clone(), reckoned.tariffs.clone())
}

/// What an assumption says in each version.
type Stated = Vec<(Id, Cases<i64>)>;

/// A kind of trips with what one of them comes to in the base case, and the rules and ranges that it rests on.
struct Own<'a> {
    alike: &'a Alike,
    base: Fen,
    rules: BTreeMap<Assumption, Stated>,
}

/// Kinds of trips that rest on the same prices.
struct Group<'a> {
    prices: &'a Prices,
    tariffs: BTreeMap<Assumption, Stated>,
    kinds: Vec<Own<'a>>,
}

impl Group<'_> {
    fn resting_on(&self, assumption: &Assumption) -> Vec<&Own<'_>> {
        let is_all = self.tariffs.contains_key(assumption);
        self.kinds.iter().filter(|own| is_all || own.rules.contains_key(assumption)).collect()
    }
}

/// The kinds of a period's trips, ready to be reckoned again and again: each kind's base case and each version is worked out once.
pub struct Weighed<'a> {
    headline: Fen,
    groups: Vec<Group<'a>>,
}

impl Weighed<'_> {
    /// What each assumption moves, the biggest swing first.
    ///
    /// # Errors
    /// `AMOUNT_OUT_OF_RANGE`.
    pub fn swings(&self) -> Result<Vec<Swing>> {
        let mut moved: BTreeMap<&Assumption, Moved> = BTreeMap::new();
        for group in &self.groups {
            let rules = group.kinds.iter().flat_map(|own| &own.rules);
            for (assumption, stated) in group.tariffs.iter().chain(rules) {
                moved.entry(assumption).or_default().values.extend(stated.iter().cloned());
            }
        }
        for (assumption, Moved { sum, .. }) in &mut moved {
            let taken = Taken::Open(assumption);
            for (group, kinds) in self.resting_on(assumption) {
                let prices = taken_by(group.prices, taken)?;
                for own in kinds {
                    let moves = own.alike.net(&prices, taken)?.map(|net| own.moved_to(net));
                    *sum = sum.zip(moves).map(|(sum, moves)| sum + moves);
                }
            }
        }
        let headline = i128::from(self.headline.get());
        let mut swings = Vec::with_capacity(moved.len());
        for (assumption, Moved { sum, values }) in moved {
            let (low, high) = (fen(headline + sum.low)?, fen(headline + sum.high)?);
            swings.push(Swing { assumption: assumption.clone(), low, high, values });
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
        let touched = self.resting_on(assumption);
        break_even::least(&range, target, |value| {
            let taken = Taken::At(assumption, value);
            let mut sum = i128::from(self.headline.get());
            for (group, kinds) in &touched {
                let prices = taken_by(group.prices, taken)?;
                for own in kinds {
                    sum += own.moved_to(own.alike.net(&prices, taken)?.high);
                }
            }
            fen(sum)
        })
    }

    fn resting_on(&self, assumption: &Assumption) -> Vec<(&Group<'_>, Vec<&Own<'_>>)> {
        let groups = self.groups.iter().map(|group| (group, group.resting_on(assumption)));
        groups.filter(|(_, kinds)| !kinds.is_empty()).collect()
    }
}

/// What an assumption moves about the headline, and what it says in each version.
#[derive(Default)]
struct Moved {
    sum: Cases<i128>,
    values: BTreeMap<Id, Cases<i64>>,
}

impl Own<'_> {
    /// What all of its trips move about the headline, where one of them comes to this.
    fn moved_to(&self, net: Fen) -> i128 {
        (i128::from(net.get()) - i128::from(self.base.get())) * i128::from(self.alike.trips)
    }
}

fn fen(sum: i128) -> Result<Fen> {
    i64::try_from(sum).map(Fen::new).map_err(|_| out_of_range())
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

/// The tariffs among prices, with what each version says.
fn tariffs(prices: &Prices) -> BTreeMap<Assumption, Stated> {
    let mut found: BTreeMap<Assumption, Stated> = BTreeMap::new();
    for version in prices.book.versions() {
        let stated = (version.id.clone(), version.values);
        found.entry(Assumption::Tariff(version.key.clone())).or_default().push(stated);
    }
    found
}

/// Prices with one assumption as it is taken.
fn taken_by(prices: &Prices, taken: Taken<'_>) -> Result<Prices> {
    let book = prices.book.revalued(|version| {
        let base = version.values.base;
        Ok::<_, Error>(match taken {
            Taken::Open(Assumption::Tariff(key)) if *key == version.key => version.values,
            Taken::At(Assumption::Tariff(key), share) if *key == version.key => {
                Cases::sure(scaled(key.component.unit(), base, share)?)
            }
            Taken::Base | Taken::Open(_) | Taken::At(..) => Cases::sure(base),
        })
    })?;
    let mut policies = prices.policies.clone();
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

impl Alike {
    /// The rules and ranges that it rests on, with what each version of the policy says.
    fn rules(&self, prices: &Prices) -> BTreeMap<Assumption, Stated> {
        let mut found: BTreeMap<Assumption, Stated> = BTreeMap::new();
        if let Some(journey) = &self.basis.words.journey {
            for policy in &prices.policies {
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

    /// NET of one of its trips, as far as it is in the headline, by prices that are taken the same way.
    fn net(&self, prices: &Prices, taken: Taken<'_>) -> Result<Cases<Fen>> {
        let (_, saving) = prices.reckon(self.date, &self.basis(taken))?;
        Ok(saving.standing(Ledger::Net, Standing::Headline)?.unwrap_or_default())
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

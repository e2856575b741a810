//! Savings 节省费用: the household's money that was not spent because care was given near home, as pure functions of facts, rules
//! and dated prices, in whole fen.
//!
//! The perspective is the patient's household. Suffix 1, [`Side::Avoided`], is the trip that was not made; suffix 0, [`Side::Near`],
//! the care really given near home. `CASH = (T1 - T0) + (L1 - L0) + (M1 - M0)`, `BILL = OOP1 - OOP0`, `NET = CASH + BILL`; TIME and
//! FUND are memos and never in NET. Not here: what was done (`activities`), how savings are counted by period (`tallies`).

use crate::kernel::vocabulary;

pub mod bill;
pub mod break_even;
pub mod cases;
pub mod commands;
pub mod county;
pub mod eligibility;
pub mod encounter;
pub mod estimate;
pub mod evidence;
pub mod figures;
pub mod line;
pub mod policy;
pub mod published;
pub mod rates;
pub mod reactions;
pub mod recomputation;
pub mod rounding;
pub mod saving;
pub mod sensitivity;
pub mod service;
pub mod settle;
pub mod store;
pub mod tariff;
pub mod total;
pub mod travel;
pub mod trip;
pub mod versions;
pub(crate) mod wire;

pub use cases::Cases;
pub use evidence::{EvidenceGrade, Proof, ProvenanceClass};
pub use line::{Line, Source};
pub use saving::{Amount, PartAmount, Saving};

vocabulary! {
    /// What an amount of a saving is about. TRAVEL, LODGING and MEALS are CASH; TIME and FUND are memos.
    pub enum Part: "SavingPart" {
        /// T: fares, of the patient and companions.
        Travel = 1 => "TRAVEL",
        /// L: rooms away from home.
        Lodging = 2 => "LODGING",
        /// M: meals that home would not have cost.
        Meals = 3 => "MEALS",
        /// What the household pays itself for care.
        Bill = 4 => "BILL",
        /// Wages not lost: a memo.
        Time = 5 => "TIME",
        /// What the insurance fund pays: a memo.
        Fund = 6 => "FUND",
    }
}

vocabulary! {
    /// Which of the two worlds that are compared.
    pub enum Side: "SavingSide" {
        /// 1: the trip that was not made.
        Avoided = 1 => "AVOIDED",
        /// 0: the care really given near home.
        Near = 2 => "NEAR",
    }
}

vocabulary! {
    /// A sum of parts, as figures have it.
    pub enum Ledger: "SavingLedger" {
        /// T + L + M.
        Cash = 1 => "CASH",
        /// "Medical expenses saved".
        Bill = 2 => "BILL",
        /// CASH + BILL.
        Net = 3 => "NET",
        /// A memo, in no other ledger.
        Time = 4 => "TIME",
        /// A memo, in no other ledger.
        Fund = 5 => "FUND",
    }
}

impl Ledger {
    /// The parts that it sums.
    #[must_use]
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Cash => &[Part::Travel, Part::Lodging, Part::Meals],
            Self::Bill => &[Part::Bill],
            Self::Net => &[Part::Travel, Part::Lodging, Part::Meals, Part::Bill],
            Self::Time => &[Part::Time],
            Self::Fund => &[Part::Fund],
        }
    }
}

vocabulary! {
    /// A line of its own in every total: never mixed.
    pub enum Stratum: "SavingStratum" {
        /// First and single visits.
        First = 1 => "FIRST",
        /// Follow-ups for which a trip would have been needed.
        FollowUp = 2 => "FOLLOW_UP",
    }
}

vocabulary! {
    /// Where a price or a rule of reckoning belongs.
    pub enum Component: "TariffComponent" {
        /// One person's fare from home to the far place, one leg.
        Fare = 1 => "FARE",
        /// One person's way from home to where the fare begins, one leg.
        Feeder = 2 => "FEEDER",
        /// One person's way from home to the place near home, one leg.
        LocalFare = 3 => "LOCAL_FARE",
        /// A room for a night at the far place.
        RoomNight = 4 => "ROOM_NIGHT",
        /// What one person's meals cost more away from home, a day.
        MealDay = 5 => "MEAL_DAY",
        /// One person's wage a day.
        WageDay = 6 => "WAGE_DAY",
        /// The whole bill of one encounter.
        EncounterBill = 7 => "ENCOUNTER_BILL",
        /// The share of a bill that is in the insurance's scope.
        Scope = 8 => "SCOPE",
        /// What of the scope the patient bears before the fund pays.
        Deductible = 9 => "DEDUCTIBLE",
        /// The share above the deductible that the fund pays.
        FundRatio = 10 => "FUND_RATIO",
        /// What the fund still pays at most.
        FundCap = 11 => "FUND_CAP",
        /// 医疗救助 and other help that the household doesn't pay back.
        Assistance = 12 => "ASSISTANCE",
        /// The expert's fee where it isn't in the bill.
        ExpertFee = 13 => "EXPERT_FEE",
    }
}

vocabulary! {
    /// What a tariff's numbers are.
    pub enum Unit: "TariffUnit" {
        /// Fen for a person and a leg.
        FenPerLeg = 1 => "FEN_PER_LEG",
        /// Fen for a night.
        FenPerNight = 2 => "FEN_PER_NIGHT",
        /// Fen for a person and a day.
        FenPerDay = 3 => "FEN_PER_DAY",
        /// Fen for one billing encounter.
        FenPerEncounter = 4 => "FEN_PER_ENCOUNTER",
        /// Hundredths of a per cent, 0 to 10,000.
        BasisPoints = 5 => "BASIS_POINTS",
    }
}

impl Component {
    /// What its numbers are; a component has one unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Fare | Self::Feeder | Self::LocalFare => Unit::FenPerLeg,
            Self::RoomNight => Unit::FenPerNight,
            Self::MealDay | Self::WageDay => Unit::FenPerDay,
            Self::EncounterBill | Self::Deductible | Self::FundCap | Self::Assistance | Self::ExpertFee => {
                Unit::FenPerEncounter
            }
            Self::Scope | Self::FundRatio => Unit::BasisPoints,
        }
    }

    /// Whether more of it leaves the household less to pay.
    #[must_use]
    pub const fn eases(self) -> bool {
        match self {
            Self::Scope | Self::FundRatio | Self::FundCap | Self::Assistance => true,
            Self::Fare
            | Self::Feeder
            | Self::LocalFare
            | Self::RoomNight
            | Self::MealDay
            | Self::WageDay
            | Self::EncounterBill
            | Self::Deductible
            | Self::ExpertFee => false,
        }
    }
}

vocabulary! {
    /// By what a journey is made.
    pub enum TravelMode: "TravelMode" {
        /// Train.
        Rail = 1 => "RAIL",
        /// Long-distance coach.
        Coach = 2 => "COACH",
        /// Local bus.
        Bus = 3 => "BUS",
        /// Taxi or hired car.
        Taxi = 4 => "TAXI",
        /// The household's own car.
        Car = 5 => "CAR",
    }
}

vocabulary! {
    /// For whom a price holds; a tariff for everybody is one for ANY and is used only where no class matters.
    pub enum PersonClass: "PersonClass" {
        /// Where the person doesn't matter.
        Any = 1 => "ANY",
        /// Full fare.
        Adult = 2 => "ADULT",
        /// Child's fare.
        Child = 3 => "CHILD",
        /// Senior's fare.
        Senior = 4 => "SENIOR",
        /// 城乡居民医保: insured as a resident.
        ResidentInsured = 5 => "RESIDENT_INSURED",
        /// 职工医保: insured as an employee.
        EmployeeInsured = 6 => "EMPLOYEE_INSURED",
        /// Not insured.
        Uninsured = 7 => "UNINSURED",
    }
}

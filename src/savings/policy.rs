//! Policies: how many go along, how long they stay and how they travel, where a record doesn't say it itself; dated versions.

use serde::{Deserialize, Serialize};

use super::county::Method;
use super::{Cases, TravelMode};
use crate::kernel::{Date, Error, Fields, Id, Reason, Result, vocabulary};

vocabulary! {
    /// Why somebody goes along.
    pub enum CompanionGround: "CompanionGround" {
        /// The patient is a minor.
        Minor = 1 => "MINOR",
        /// The patient depends on help.
        Dependent = 2 => "DEPENDENT",
        /// The patient is given an anaesthetic.
        Anaesthesia = 3 => "ANAESTHESIA",
        /// The household says so.
        Declared = 4 => "DECLARED",
    }
}

vocabulary! {
    /// Where the patient sleeps.
    pub enum CareSetting: "CareSetting" {
        /// Not in the hospital.
        Outpatient = 1 => "OUTPATIENT",
        /// In the hospital.
        Inpatient = 2 => "INPATIENT",
    }
}

/// How long a journey keeps those who make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// Nights away, 0 to 365.
    pub nights: Cases<i64>,
    /// Days of meals that home would not have cost, 0 to 365.
    pub meal_days: Cases<i64>,
    /// Half-days of wages lost by each earner, 0 to 730.
    pub wage_half_days: Cases<i64>,
}

/// One version of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: Id,
    /// First day.
    pub valid_from: Date,
    /// First day after it; none: no end is known.
    pub valid_to: Option<Date>,
    /// By what the far place is reached.
    pub mode: TravelMode,
    /// By what the fare's beginning is reached from home; none: it begins at home.
    pub feeder_mode: Option<TravelMode>,
    /// By what the place near home is reached.
    pub near_mode: TravelMode,
    /// Who goes along in the high case at most, 1 to 3; one at most in the base case.
    pub most_companions: i64,
    /// How many share a room, 1 to 4.
    pub persons_a_room: i64,
    /// Stays for outpatient care.
    pub outpatient: Stay,
    /// Stays for inpatient care.
    pub inpatient: Stay,
    /// Half-days of wages that a journey to the place near home costs each earner, 0 to 4.
    pub near_wage_half_days: i64,
    /// The county's own method, where it has one.
    pub method: Option<Method>,
}

impl Policy {
    /// Whether it is in force on a service date.
    #[must_use]
    pub fn holds_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_to.is_none_or(|end| date < end)
    }

    /// Whether both would be in force on one day.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.valid_to.is_none_or(|end| other.valid_from < end) && other.valid_to.is_none_or(|end| self.valid_from < end)
    }

    /// The stay of a setting.
    #[must_use]
    pub fn stay(&self, setting: CareSetting) -> Stay {
        match setting {
            CareSetting::Outpatient => self.outpatient,
            CareSetting::Inpatient => self.inpatient,
        }
    }

    /// How many go along: nobody without a ground, one at most in the base case; a ground that only the household states counts
    /// from the base case on, the others in every case.
    #[must_use]
    pub fn companions(&self, grounds: &[CompanionGround], declared: i64) -> Cases<i64> {
        if grounds.is_empty() {
            return Cases::sure(0);
        }
        let certain = grounds.iter().any(|ground| match ground {
            CompanionGround::Minor | CompanionGround::Dependent | CompanionGround::Anaesthesia => true,
            CompanionGround::Declared => false,
        });
        Cases::new(i64::from(certain), 1, declared.clamp(1, self.most_companions.max(1)))
    }

    /// Notes what no policy can say.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        if self.valid_to.is_some_and(|end| end <= self.valid_from) {
            fields.refuse("valid_to", Reason::Inconsistent, "must be after valid_from, of which it is not part");
        }
        for (name, stay) in [("outpatient", self.outpatient), ("inpatient", self.inpatient)] {
            fields.within(name, |fields| {
                let bounded = [
                    ("nights", stay.nights, 365),
                    ("meal_days", stay.meal_days, 365),
                    ("wage_half_days", stay.wage_half_days, 730),
                ];
                for (field, cases, most) in bounded {
                    if [cases.low, cases.base, cases.high].iter().any(|number| !(0..=most).contains(number)) {
                        fields.refuse(field, Reason::OutOfRange, format!("must be 0 to {most} in each case"));
                    }
                    if cases.low > cases.base || cases.base > cases.high {
                        fields.refuse(field, Reason::Inconsistent, "must be low at most base at most high");
                    }
                }
            });
        }
        if let Some(method) = &self.method {
            fields.within("method", |fields| method.refuse_unfit(fields));
        }
    }
}

/// The policy in force on a service date.
///
/// # Errors
/// `SAVING_POLICY_GAP`.
pub fn on(policies: &[Policy], date: Date) -> Result<&Policy> {
    policies.iter().find(|policy| policy.holds_on(date)).ok_or_else(|| {
        Error::refused(Reason::SavingPolicyGap, format!("no policy is in force on {date}")).with("date", date)
    })
}

//! Programmes: one county's flexible recruitment, the tenant that everything else belongs to.
//!
//! Here: what a programme is, and how its sittings are counted. Counting them is the sessions' business.
pub mod commands;
pub mod service;
pub mod store;
mod wire;

use crate::kernel::{Collection, Date, Error, ExternalId, Id, Meta, ProgrammeName, Reason, Result, Zone, vocabulary};

/// The collection, for external ids.
pub enum Programmes {}

impl Collection for Programmes {
    const COLLECTION: &'static str = "programmes";
}

vocabulary! {
    /// Whether a programme runs.
    pub enum ProgrammeState: "ProgrammeState" {
        /// It runs.
        Active = 1 => "ACTIVE",
        /// It has ended; its record can still be read.
        Ended = 2 => "ENDED",
    }
}

vocabulary! {
    /// What one sitting is: clinics held, one per (expert, site, unit).
    pub enum SittingUnit: "SittingUnit" {
        /// A whole day at one site is two.
        HalfDay = 1 => "HALF_DAY",
        /// A whole day at one site is one.
        Day = 2 => "DAY",
    }
}

/// By which unit sittings are counted from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SittingUnitVersion {
    /// The first day, in the programme's zone.
    pub from_date: Date,
    /// The unit.
    pub unit: SittingUnit,
}

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// The last segment of its name, and the first part of every key.
    pub id: Id,
    /// What people call it.
    pub display_name: String,
    /// The county's six digits.
    pub division_code: String,
    /// The zone of its days.
    pub zone: Zone,
    /// Whether it runs.
    pub state: ProgrammeState,
    /// Oldest first, never empty.
    pub sitting_units: Vec<SittingUnitVersion>,
    /// In other systems.
    pub external_ids: Vec<ExternalId>,
    /// Revision and times.
    pub meta: Meta,
}

impl Programme {
    /// `programmes/{programme}`.
    #[must_use]
    pub fn name(&self) -> ProgrammeName {
        ProgrammeName::new(self.id.clone())
    }

    /// The unit that sittings of a day are counted by. Days before the first version count by the half-day, as the
    /// field does.
    #[must_use]
    pub fn sitting_unit_on(&self, date: Date) -> SittingUnit {
        sitting_unit_on(&self.sitting_units, date)
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        300 + self.display_name.len() + self.sitting_units.len() * 20 + external_ids.sum::<usize>()
    }

    /// Refuses what an ended programme can't take.
    ///
    /// # Errors
    /// `PROGRAMME_ENDED`.
    pub fn must_be_active(&self) -> Result<()> {
        self.state.must_be_active(&self.id)
    }
}

impl ProgrammeState {
    /// Refuses what a programme can't take once it has ended; for slices that read nothing of it but its state.
    ///
    /// # Errors
    /// `PROGRAMME_ENDED`.
    pub fn must_be_active(self, programme: &Id) -> Result<()> {
        match self {
            Self::Active => Ok(()),
            Self::Ended => Err(Error::programme_ended(programme)),
        }
    }
}

/// The unit in force on a day, of versions in order of their days.
#[must_use]
pub fn sitting_unit_on(versions: &[SittingUnitVersion], date: Date) -> SittingUnit {
    let version = versions.iter().rev().find(|version| version.from_date <= date);
    version.map_or(SittingUnit::HalfDay, |version| version.unit)
}

/// Adds a version, or replaces the one of the same day. What was counted stays: the day must be later than `today`.
///
/// # Errors
/// `SITTING_UNIT_IN_FORCE`, with the first day that can still be chosen.
pub fn with_sitting_unit(
    versions: &[SittingUnitVersion],
    new: SittingUnitVersion,
    today: Date,
) -> Result<Vec<SittingUnitVersion>> {
    if new.from_date <= today {
        let first = today.succ_opt().unwrap_or(today);
        let message = format!("days up to {today} are counted already; choose {first} or later");
        return Err(Error::refused(Reason::SittingUnitInForce, message).with("first_date", first));
    }
    let mut versions: Vec<_> = versions.iter().copied().filter(|version| version.from_date != new.from_date).collect();
    versions.push(new);
    versions.sort_by_key(|version| version.from_date);
    Ok(versions)
}

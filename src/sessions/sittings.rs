//! How held sessions count: sittings 坐诊次, free clinics and sessions, as leaves of the tallies.
//!
//! A sitting is the expert's act, not a patient's: one per (expert who came, site, half-day) or, where the programme counts
//! so from a day on, per day. Which of several clinics carries it is decided here and nowhere else, so that the tally cells and a
//! recount can't differ. Sums are not made here.
use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::{
    Date, Dimensions, HalfDay, Id, Leaf, Measure, Residence, SessionKind, Specialty, Timestamp, Vocabulary as _,
};
use crate::programmes::SittingUnit;
use crate::sites::SiteLevel;

/// Free clinics 义诊 held, counted apart from sittings.
pub const FREE_CLINICS: Measure = Measure::new("free_clinics");
/// Sessions held, of every kind, each counted once.
pub const SESSIONS_HELD: Measure = Measure::new("sessions_held");

/// A session that was held, with what it is counted by, copied as of the service date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The session.
    pub session: Id,
    /// What it was.
    pub kind: SessionKind,
    /// Who came.
    pub expert: Id,
    /// Where.
    pub site: Id,
    /// The site's level.
    pub site_level: SiteLevel,
    /// The home hospital of who came.
    pub home_hospital: Option<Id>,
    /// The specialty.
    pub specialty: Specialty,
    /// The civil day of the actual start at the site.
    pub date: Date,
    /// The half-day of the actual start at the site.
    pub half_day: HalfDay,
    /// The actual start.
    pub start: Timestamp,
}

impl Held {
    /// What it counts by itself; whether it also carries a sitting depends on the others.
    fn leaf(&self, carries_sitting: bool) -> Leaf {
        let mut quantities = vec![(SESSIONS_HELD, 1)];
        if carries_sitting {
            quantities.push((Measure::SITTINGS, 1));
        }
        if self.kind == SessionKind::FreeClinic {
            quantities.push((FREE_CLINICS, 1));
        }
        let dimensions = Dimensions {
            date: self.date,
            half_day: Some(self.half_day),
            site: self.site.clone(),
            site_level: self.site_level.code().to_owned(),
            expert: Some(self.expert.clone()),
            home_hospital: self.home_hospital.clone(),
            specialty: self.specialty.to_string(),
            kind: self.kind.code().to_owned(),
            residence: Residence::Unknown,
        };
        // A sheet attests sessions; that is told beside them, by whoever counts.
        Leaf { dimensions, quantities, attested: false }
    }
}

/// One leaf for each session that was held. Of the clinics of one (expert, site, half-day or day) the one that started first,
/// then the one with the lowest id, carries the sitting.
///
/// The sessions must include all clinics of every (expert, site, date) among them; their order doesn't matter.
#[must_use]
pub fn leaves(held: &[Held], unit_on: impl Fn(Date) -> SittingUnit) -> BTreeMap<Id, Leaf> {
    let mut carriers: BTreeMap<(&Id, &Id, Date, Option<HalfDay>), &Held> = BTreeMap::new();
    for one in held.iter().filter(|one| one.kind == SessionKind::Clinic) {
        let half_day = match unit_on(one.date) {
            SittingUnit::HalfDay => Some(one.half_day),
            SittingUnit::Day => None,
        };
        let carrier = carriers.entry((&one.expert, &one.site, one.date, half_day)).or_insert(one);
        if (one.start, &one.session) < (carrier.start, &carrier.session) {
            *carrier = one;
        }
    }
    let carrying: BTreeSet<&Id> = carriers.values().map(|carrier| &carrier.session).collect();
    held.iter().map(|one| (one.session.clone(), one.leaf(carrying.contains(&one.session)))).collect()
}

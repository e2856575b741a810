//! What an expert gave from a day to a day: pure.
use std::collections::{BTreeMap, BTreeSet};

use super::held_with;
use crate::activities::leaf::{self, CONSULTATIONS, LECTURES, OPERATION_CASES, Sums, TEACHINGS};
use crate::activities::{Kind, Performer};
use crate::kernel::{Date, Id, Measure};
use crate::programmes::SittingUnit;
use crate::sessions::sittings::FREE_CLINICS;
use crate::sessions::{Held, Session, leaves};

/// What was done at a site on a day, of one kind and performer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What kind of service.
    pub kind: Kind,
    /// Who performed it; operation cases only.
    pub performer: Option<Performer>,
    /// Where.
    pub site: Id,
    /// When.
    pub date: Date,
    /// How many records, and their quantities.
    pub sums: Sums,
    /// Whether the expert was beside who is credited.
    pub beside: bool,
}

/// What an expert gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Civil days.
    pub days: i64,
    /// Sittings, by the programme's unit.
    pub sittings: i64,
    /// Free clinics.
    pub free_clinics: i64,
    /// Sessions led.
    pub sessions: i64,
    /// Sessions beside another.
    pub sessions_beside: i64,
    /// What was done; none: sessions were held and nothing that was done is on record.
    pub services: Option<Services>,
    /// The same by site.
    pub sites: BTreeMap<Id, AtSite>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// Consultations.
    pub consultations: i64,
    /// Operation cases credited to the expert.
    pub operation_cases: i64,
    /// Operation cases beside another.
    pub operation_cases_beside: i64,
    /// Teaching and lectures.
    pub teachings: i64,
}

/// What an expert gave at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtSite {
    /// The civil days.
    pub days: BTreeSet<Date>,
    /// Sittings.
    pub sittings: i64,
    /// Sessions, leading or beside.
    pub sessions: i64,
    /// Consultations on record.
    pub consultations: i64,
    /// Operation cases on record.
    pub operation_cases: i64,
}

/// What the expert with these ids gave by these sessions and records, which all lie in the period. The ids' first is the survivor's.
#[must_use]
pub fn certificate(
    ids: &[Id],
    sessions: &[Session],
    done: &[Done],
    unit_on: impl Fn(Date) -> SittingUnit,
) -> Certificate {
    let mut found = Certificate::default();
    let held: Vec<&Session> = sessions.iter().filter(|session| held_with(session, ids).is_some()).collect();
    // Under one id, so that a clinic recorded under each of two is still one sitting.
    let credited = held.iter().filter_map(|session| session.held()).filter(|held| ids.contains(&held.expert));
    let credited: Vec<Held> =
        credited.map(|held| Held { expert: ids.first().cloned().unwrap_or(held.expert), ..held }).collect();
    for session in &held {
        let site = found.sites.entry(session.plan.site.clone()).or_default();
        site.days.insert(session.place.date);
        site.sessions += 1;
    }
    found.sessions = i64::try_from(credited.len()).unwrap_or(i64::MAX);
    found.sessions_beside = i64::try_from(held.len() - credited.len()).unwrap_or(i64::MAX);
    for leaf in leaves(&credited, unit_on).into_values() {
        for (measure, quantity) in leaf.quantities {
            if measure == Measure::SITTINGS {
                found.sittings += quantity;
                found.sites.entry(leaf.dimensions.site.clone()).or_default().sittings += quantity;
            } else if measure == FREE_CLINICS {
                found.free_clinics += quantity;
            }
        }
    }
    found.services = (held.is_empty() || !done.is_empty()).then(|| services(done, &mut found.sites));
    let days: BTreeSet<Date> = found.sites.values().flat_map(|site| &site.days).copied().collect();
    found.days = i64::try_from(days.len()).unwrap_or(i64::MAX);
    found
}

fn services(done: &[Done], sites: &mut BTreeMap<Id, AtSite>) -> Services {
    let mut services = Services::default();
    for one in done {
        let site = sites.entry(one.site.clone()).or_default();
        site.days.insert(one.date);
        let sort = leaf::Sort { performer: one.performer, ..leaf::Sort::of(one.kind) };
        for (measure, quantity) in leaf::quantities(sort, one.sums) {
            if measure == OPERATION_CASES && one.beside {
                services.operation_cases_beside += quantity;
            } else if one.beside {
                // Only operations credit those who took part beside another.
            } else if measure == OPERATION_CASES {
                services.operation_cases += quantity;
                site.operation_cases += quantity;
            } else if measure == CONSULTATIONS {
                services.consultations += quantity;
                site.consultations += quantity;
            } else if measure == TEACHINGS || measure == LECTURES {
                services.teachings += quantity;
            }
        }
    }
    services
}

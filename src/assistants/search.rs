//! Which experts suit a need, and why: one pure predicate whose answer is its reasons.

use super::{Pairing, Pairings};
use crate::experts::{Expert, HomeTieKind, home_hospital_on};
use crate::hospitals::Hospitals;
use crate::kernel::{Date, Id, Name, Specialty, Vocabulary as _, vocabulary};
use crate::sites::{self, DivisionCode};

vocabulary! {
    /// What a match rests on.
    pub enum MatchKind: "MatchKind" {
        /// A specialty of the expert covers the need or is a part of it.
        Specialty = 1 => "SPECIALTY",
        /// A home tie.
        HomeTie = 2 => "HOME_TIE",
        /// The home hospital on the day.
        HomeHospital = 3 => "HOME_HOSPITAL",
        /// A pairing at the site on the day.
        SitePairing = 4 => "SITE_PAIRING",
        /// The site is licensed for a specialty of the expert.
        SiteLicence = 5 => "SITE_LICENCE",
    }
}

/// What is looked for; every criterion that is set must be met.
#[derive(Clone, Debug)]
pub struct Criteria {
    /// The day that it is about.
    pub day: Date,
    /// The specialty that is needed.
    pub specialty: Option<Specialty>,
    /// A tie of this kind.
    pub tie_kind: Option<HomeTieKind>,
    /// A tie to this division or to a township of it; with a kind, both of one tie.
    pub tie_division: Option<DivisionCode>,
    /// The home hospital on the day.
    pub hospital: Option<Id>,
    /// A site that the expert could come to.
    pub site: Option<Id>,
}

/// One reason of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchReason {
    /// Which criterion.
    pub kind: MatchKind,
    /// What matched: a specialty, a tie's kind and division, a hospital's or a pairing's name.
    pub value: String,
}

impl MatchReason {
    fn new(kind: MatchKind, value: impl std::fmt::Display) -> Self {
        MatchReason { kind, value: value.to_string() }
    }
}

/// Why an expert matches: at least one reason for each criterion, or `None`, also for who can't be planned with.
///
/// `licensed`: what the site is licensed for; `pairings`: those of the expert at the site on the day.
#[must_use]
pub fn reasons(
    criteria: &Criteria,
    expert: &Expert,
    licensed: &[Specialty],
    pairings: &[&Name<Pairings>],
) -> Option<Vec<MatchReason>> {
    if !expert.roster.plannable_on(criteria.day) {
        return None;
    }
    let profile = &expert.profile;
    let mut reasons = Vec::new();
    let mut met = |found: Vec<MatchReason>| {
        let any = !found.is_empty();
        reasons.extend(found);
        any.then_some(())
    };
    if let Some(needed) = &criteria.specialty {
        let fits = profile.specialties.iter().filter(|own| own.covers(needed) || needed.covers(own));
        met(fits.map(|own| MatchReason::new(MatchKind::Specialty, own)).collect())?;
    }
    if criteria.tie_kind.is_some() || criteria.tie_division.is_some() {
        let fits = profile.home_ties.iter().filter(|tie| {
            criteria.tie_kind.is_none_or(|kind| tie.kind == kind)
                && criteria.tie_division.as_ref().is_none_or(|division| tie.leads_to(division))
        });
        let told = fits.map(|tie| match &tie.division {
            Some(division) => format!("{} {}", tie.kind.code(), division.as_str()),
            None => tie.kind.code().to_owned(),
        });
        met(told.map(|text| MatchReason::new(MatchKind::HomeTie, text)).collect())?;
    }
    if let Some(hospital) = &criteria.hospital {
        let home = home_hospital_on(&profile.affiliations, criteria.day).filter(|home| *home == hospital);
        let name = |home: &Id| Name::<Hospitals>::new(expert.name.programme().clone(), home.clone());
        met(home.map(|home| MatchReason::new(MatchKind::HomeHospital, name(home))).into_iter().collect())?;
    }
    if criteria.site.is_some() {
        let paired = pairings.iter().map(|name| MatchReason::new(MatchKind::SitePairing, name));
        let covered = profile.specialties.iter().filter(|own| sites::covered(licensed, own));
        met(paired.chain(covered.map(|own| MatchReason::new(MatchKind::SiteLicence, own))).collect())?;
    }
    Some(reasons)
}

/// The pairings of one expert.
#[must_use]
pub fn of<'a>(pairings: &'a [Pairing], expert: &Id) -> Vec<&'a Name<Pairings>> {
    pairings.iter().filter(|pairing| pairing.expert == *expert).map(|pairing| &pairing.name).collect()
}

//! Merging: two entries that are one expert become one, and nothing that was recorded of either is lost.

use super::affiliations::{joined, two_mains};
use super::{Expert, HomeTie, Profile};
use crate::hospitals::Hospitals;
use crate::kernel::{Error, Name, Reason, Result, Specialty};

/// The survivor with what its duplicate had; the duplicate's display name, title and scope are dropped.
///
/// The meta data are the survivor's. Errors: `ILLEGAL_TRANSITION` when one of them is merged already,
/// `LICENCES_DIFFER` when each has its own licence, `AFFILIATIONS_OVERLAP` when both have a main affiliation on a day.
pub fn merged(survivor: &Expert, duplicate: &Expert) -> Result<Expert> {
    survivor.roster.changeable(&survivor.name, "merge")?;
    duplicate.roster.changeable(&duplicate.name, "merge")?;
    if survivor.licence.is_some() && duplicate.licence.is_some() && survivor.licence != duplicate.licence {
        return Err(Error::refused(Reason::LicencesDiffer, "two licences are two doctors")
            .with("survivor", &survivor.name)
            .with("duplicate", &duplicate.name));
    }
    let affiliations = joined(&survivor.profile.affiliations, &duplicate.profile.affiliations);
    if let Some((first, second, days)) = two_mains(&affiliations) {
        let hospital =
            |at: usize| Name::<Hospitals>::new(survivor.name.programme().clone(), affiliations[at].hospital.clone());
        return Err(Error::refused(Reason::AffiliationsOverlap, "two main affiliations on one day")
            .with("hospital", hospital(first))
            .with("other", hospital(second))
            .with("days", days));
    }
    let (ours, theirs) = (&survivor.profile, &duplicate.profile);
    Ok(Expert {
        name: survivor.name.clone(),
        profile: Profile {
            specialties: united(&ours.specialties, &theirs.specialties, |a: &Specialty, b| a == b),
            affiliations,
            home_ties: united(&ours.home_ties, &theirs.home_ties, same_tie),
            external_ids: united(&ours.external_ids, &theirs.external_ids, |a, b| a == b),
            display_name: ours.display_name.clone(),
            title: ours.title,
            scope: ours.scope.clone(),
        },
        roster: survivor.roster.joined(&duplicate.roster),
        licence: survivor.licence.clone().or_else(|| duplicate.licence.clone()),
        meta: survivor.meta,
    })
}

/// The same tie told twice, whoever heard it.
fn same_tie(one: &HomeTie, other: &HomeTie) -> bool {
    (one.kind, &one.division, &one.place) == (other.kind, &other.division, &other.place)
}

/// Ours, then what theirs has besides.
fn united<T: Clone>(ours: &[T], theirs: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let new = theirs.iter().filter(|theirs| !ours.iter().any(|ours| same(ours, theirs)));
    ours.iter().chain(new).cloned().collect()
}

//! Merging: two entries that are one expert become one, and nothing that was recorded of either is lost.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::affiliations::{joined, two_mains};
use super::{Expert, HomeTie, MAX_AFFILIATIONS, MAX_HOME_TIES, Profile};
use crate::hospitals::Hospitals;
use crate::kernel::{Error, ExternalId, Id, Name, Reason, Result, Specialty};

/// The survivor with what its duplicate had; the duplicate's display name, title and scope are dropped.
///
/// The meta data are the survivor's. Errors: `ILLEGAL_TRANSITION` when one of them is merged already,
/// `LICENCES_DIFFER` when each has its own licence, `AFFILIATIONS_OVERLAP` when both have a main affiliation on a day,
/// `MERGE_TOO_LARGE` when a list would be longer than an update could write it.
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
    let both = Expert {
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
    };
    refuse_too_large(&both)?;
    Ok(both)
}

/// Who is who: every merged duplicate of a programme, and the expert that it is in the end.
///
/// Records keep the name under which they were made; whoever counts them by expert asks here whose they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged(BTreeMap<String, Id>);

impl Merged {
    /// Of the pairs (duplicate, into whom it was merged). A survivor may have been merged later: nobody is merged twice, so
    /// every chain ends.
    #[must_use]
    pub fn new(pairs: BTreeMap<Id, Id>) -> Self {
        let last = |into: &Id| {
            let chain = std::iter::successors(Some(into), |next| pairs.get(*next));
            chain.take(pairs.len() + 1).last().unwrap_or(into).clone()
        };
        Self(pairs.iter().map(|(duplicate, into)| (duplicate.to_string(), last(into))).collect())
    }

    /// Whether nobody was merged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every id of the expert that an id stands for: the survivor's, then its duplicates' in order.
    #[must_use]
    pub fn known_as(&self, expert: &Id) -> Vec<Id> {
        let survivor = self.0.get(expert.as_str()).unwrap_or(expert);
        let duplicates = self.0.iter().filter(|(_, into)| *into == survivor);
        let duplicates = duplicates.filter_map(|(duplicate, _)| Id::parse(duplicate).ok());
        std::iter::once(survivor.clone()).chain(duplicates).collect()
    }

    /// Whose the records under an expert's id are: the id itself, unless it is a duplicate's.
    #[must_use]
    pub fn survivor<'a>(&'a self, expert: &'a str) -> &'a str {
        self.0.get(expert).map_or(expert, Id::as_str)
    }
}

fn refuse_too_large(both: &Expert) -> Result<()> {
    let profile = &both.profile;
    let lists = [
        ("specialties", profile.specialties.len(), Specialty::MAX_COUNT),
        ("affiliations", profile.affiliations.len(), MAX_AFFILIATIONS),
        ("home_ties", profile.home_ties.len(), MAX_HOME_TIES),
        ("external_ids", profile.external_ids.len(), ExternalId::MAX_COUNT),
    ];
    match lists.into_iter().find(|(_, count, limit)| count > limit) {
        Some((field, count, limit)) => Err(too_large(&both.name, field, count, limit)),
        None => Ok(()),
    }
}

/// The refusal of a merge that would put more entries into a list than it can have.
pub fn too_large(name: impl Display, field: &'static str, count: usize, limit: usize) -> Error {
    let message = format!("{field} would have {count} entries together, {limit} at most");
    Error::refused(Reason::MergeTooLarge, message)
        .with("name", name)
        .with("field", field)
        .with("count", count)
        .with("limit", limit)
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

//! Papers that run out, and whether another one follows: pure.
use super::{Credential, Paper};

/// A paper that ends, and whether another says the same for the day after.
#[derive(Clone, Debug, PartialEq)]
pub struct Expiring {
    /// The paper.
    pub credential: Credential,
    /// Whether another paper holds the next day that says at least the same.
    pub is_renewed: bool,
}

/// Whether one of `others` says on the day after this paper's last one at least what this paper says. One without a last day needs no
/// renewal.
#[must_use]
pub fn is_renewed<'a>(credential: &Credential, others: impl IntoIterator<Item = &'a Credential>) -> bool {
    let Some(next) = credential.days.to.and_then(|last| last.succ_opt()) else { return true };
    others.into_iter().any(|other| {
        other.name != credential.name && other.holds_on(next) && says_as_much(&other.paper, &credential.paper)
    })
}

/// Whether a paper says at least what another of its kind says.
fn says_as_much(paper: &Paper, other: &Paper) -> bool {
    let is_same_expert = paper.expert() == other.expert();
    let is_everywhere = paper.sites().is_empty();
    let reaches =
        is_everywhere || (!other.sites().is_empty() && other.sites().iter().all(|site| paper.sites().contains(site)));
    let own = paper.specialties();
    let covers = own.is_empty()
        || (!other.specialties().is_empty()
            && other.specialties().iter().all(|needed| own.iter().any(|specialty| specialty.covers(needed))));
    let is_high = paper.grade() >= other.grade();
    paper.kind() == other.kind() && is_same_expert && paper.basis() == other.basis() && reaches && covers && is_high
}

//! Pairings 结对: who assists which expert where, from a day to a day, and what may not overlap.

use super::{Assistant, Assistants, PairingRole, Pairings};
use crate::experts::{Days, Experts, Roster, too_large};
use crate::kernel::{Date, Error, ExternalId, Id, Meta, Name, Reason, Result};

/// An expert and an assistant, from a day to a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairing {
    /// `programmes/{programme}/pairings/{pairing}`.
    pub name: Name<Pairings>,
    /// The expert.
    pub expert: Id,
    /// The assistant.
    pub assistant: Id,
    /// The assistant's site.
    pub site: Id,
    /// What the assistant is to the expert.
    pub role: PairingRole,
    /// On which days.
    pub days: Days,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Revision and times.
    pub meta: Meta,
}

impl Pairing {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        800 + external_ids.sum::<usize>()
    }

    /// The days on which both say that they are the expert's primary assistant at one site.
    #[must_use]
    pub fn primary_with(&self, other: &Pairing) -> Option<Days> {
        let primary = self.role == PairingRole::Primary && other.role == PairingRole::Primary;
        let rivals = primary && self.expert == other.expert && self.site == other.site && self.name != other.name;
        if rivals { self.days.common(&other.days) } else { None }
    }

    /// The days on which both pair the same two.
    #[must_use]
    pub fn doubles(&self, other: &Pairing) -> Option<Days> {
        let same = self.expert == other.expert && self.assistant == other.assistant && self.name != other.name;
        if same { self.days.common(&other.days) } else { None }
    }
}

/// Refuses a pairing that can't stand beside the expert's others, or outside the time of either person.
///
/// `others`: the expert's pairings; the same pairing as it was before is passed over. Errors: `EXPERT_NOT_ON_ROSTER`,
/// `ASSISTANT_ENDED`, `PAIRED_ALREADY`, `PRIMARY_TAKEN`; the last two name the other pairing and the days.
pub fn admitted(pairing: &Pairing, others: &[Pairing], roster: &Roster, assistant: &Assistant) -> Result<()> {
    let programme = pairing.name.programme();
    let last = pairing.days.to.unwrap_or(Date::MAX);
    if !roster.on_roster(pairing.days.from) || !roster.days().covers(&pairing.days) {
        return Err(Error::refused(Reason::ExpertNotOnRoster, "the expert isn't on the roster on all the days")
            .with("name", Name::<Experts>::new(programme.clone(), pairing.expert.clone()))
            .with("days", roster.days()));
    }
    if let Some(end) = assistant.end.filter(|end| *end < last) {
        return Err(Error::refused(Reason::AssistantEnded, "the assistant isn't at the site on all the days")
            .with("name", Name::<Assistants>::new(programme.clone(), pairing.assistant.clone()))
            .with("end_date", end));
    }
    let clash = |reason, message, (other, days): (&Pairing, Days)| {
        Err(Error::refused(reason, message).with("name", &other.name).with("days", days))
    };
    if let Some(found) = others.iter().find_map(|other| Some((other, pairing.doubles(other)?))) {
        return clash(Reason::PairedAlready, "the two are paired on some of the days", found);
    }
    match others.iter().find_map(|other| Some((other, pairing.primary_with(other)?))) {
        Some(found) => clash(Reason::PrimaryTaken, "another is the primary assistant on some of the days", found),
        None => Ok(()),
    }
}

/// What becomes of pairings when a person leaves after a last day: those to shorten, and those that never begin.
#[must_use]
pub fn cut_at(pairings: &[Pairing], last: Date) -> (Vec<Pairing>, Vec<Pairing>) {
    let outlasting = pairings.iter().filter(|pairing| pairing.days.to.is_none_or(|to| last < to));
    let (mut shortened, mut deleted) = (Vec::new(), Vec::new());
    for pairing in outlasting {
        match pairing.days.until(last) {
            Some(days) => shortened.push(Pairing { days, ..pairing.clone() }),
            None => deleted.push(pairing.clone()),
        }
    }
    (shortened, deleted)
}

/// What becomes of pairings when their experts turn out to be one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absorbed {
    /// As they are to be, each another than before.
    pub changed: Vec<Pairing>,
    /// Those whose days another one has taken over.
    pub deleted: Vec<Pairing>,
}

/// Moves a duplicate's pairings to the survivor.
///
/// Pairings of the same two that overlap become one with the days of all, under the survivor's name where it has one;
/// who would be a second primary on a day becomes a backup, the survivor's own pairings last. Errors: `MERGE_TOO_LARGE`
/// when pairings that become one have more external ids than one can have.
pub fn absorbed(survivor: &Id, own: &[Pairing], moved: &[Pairing]) -> Result<Absorbed> {
    let mut result = Absorbed::default();
    let mut kept: Vec<Pairing> = own.to_vec();
    for pairing in moved {
        let mut next = Pairing { expert: survivor.clone(), ..pairing.clone() };
        // Widening one can make it meet another: until none is met, each is taken in.
        while let Some(at) = kept.iter().position(|each| each.doubles(&next).is_some()) {
            let met = kept.swap_remove(at);
            let role = met.role.min(next.role);
            let days = met.days.hull(&next.days);
            let own_first = own.iter().any(|each| each.name == met.name);
            let (stays, goes) = if own_first { (met, next) } else { (next, met) };
            let external_ids = [stays.external_ids.as_slice(), &goes.external_ids].concat(); // no two have the same
            result.deleted.push(goes);
            next = Pairing { role, days, external_ids, ..stays };
        }
        if next.external_ids.len() > ExternalId::MAX_COUNT {
            let count = next.external_ids.len();
            return Err(too_large(&next.name, "external_ids", count, ExternalId::MAX_COUNT));
        }
        kept.push(next);
    }
    demote(own, &mut kept);
    let before = |pairing: &Pairing| own.iter().chain(moved).find(|each| each.name == pairing.name).cloned();
    result.deleted = result.deleted.iter().filter_map(before).collect();
    result.changed = kept.into_iter().filter(|pairing| before(pairing).as_ref() != Some(pairing)).collect();
    result.changed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(result)
}

/// Makes backups of all but one primary on each day, those that are as they were in `own` last.
fn demote(own: &[Pairing], pairings: &mut [Pairing]) {
    pairings.sort_by(|a, b| (!own.contains(a), &a.name).cmp(&(!own.contains(b), &b.name)));
    for at in 1..pairings.len() {
        let (before, rest) = pairings.split_at_mut(at);
        if before.iter().any(|earlier| earlier.primary_with(&rest[0]).is_some()) {
            rest[0].role = PairingRole::Backup;
        }
    }
}

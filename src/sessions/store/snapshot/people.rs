//! The people of a snapshot: experts with what they have offered, assistants with whom they are paired.
use std::collections::{BTreeMap, BTreeSet};

use super::Subjects;
use crate::assistants::Pairing;
use crate::assistants::store::Stationed;
use crate::calendars::Calendar;
use crate::calendars::store::{absences, offers};
use crate::db::Ask;
use crate::kernel::{Date, Id, Result, Timestamp};
use crate::sessions::snapshot::{AssistantFacts, ExpertFacts, Hashed, Snapshot, Standing};
use crate::{assistants, calendars, charters, experts};

const YEAR_MINUTES: i64 = 366 * 24 * 60;

pub(super) fn experts(subjects: &Subjects<'_>) -> Ask<Hashed<Id, ExpertFacts>> {
    let Subjects { programme, experts: ids, .. } = subjects;
    let (first, last) = subjects.window;
    let offered = offers::of_experts(programme, ids, first, last);
    let away = absences::of_experts(programme, ids, first, last);
    let charters = charters::store::of_experts(programme, ids);
    let rest = offered.and(away.and(charters));
    experts::store::judged(programme, ids).and(rest).map(move |(judged, (mut offers, (mut absences, mut charters)))| {
        let facts = judged.into_iter().map(|(id, expert)| {
            let standing = offers.remove(&id).unwrap_or_default().into_iter().filter(|offer| offer.is_standing());
            let facts = ExpertFacts {
                roster: expert.roster,
                specialties: expert.specialties,
                affiliations: expert.affiliations,
                scope: expert.scope,
                standing: standing.map(|offer| Standing::of(offer, first, last)).collect(),
                absences: absences.remove(&id).unwrap_or_default(),
                limits: charters.remove(&id).map(|charter| charter.limits),
            };
            (id, facts)
        });
        Ok(facts.collect())
    })
}

/// When somebody turned to those of the experts who limit it. Nobody asks for a time more than a year ahead; with nobody limiting
/// nothing is read.
pub(super) fn contacts(subjects: &Subjects<'_>, snapshot: &Snapshot) -> Ask<BTreeMap<Id, Vec<Timestamp>>> {
    let limits_contacts = |id: &&Id| {
        let limits = snapshot.experts.get(*id).and_then(|expert| expert.limits.as_ref());
        limits.is_some_and(|limits| limits.contacts_a_week.is_some())
    };
    let limiting: Vec<Id> = subjects.experts.iter().filter(limits_contacts).cloned().collect();
    let (first, last) = subjects.window;
    charters::store::contacts(subjects.programme, &limiting, first.plus_minutes(-YEAR_MINUTES), last)
}

/// What days are for those who work where the experts do.
pub(super) fn calendar(subjects: &Subjects<'_>, snapshot: &Snapshot) -> Ask<Calendar> {
    let affiliations = snapshot.experts.values().flat_map(|expert| &expert.affiliations);
    let hospitals: BTreeSet<&Id> = affiliations.map(|affiliation| &affiliation.hospital).collect();
    let hospitals: Vec<Id> = hospitals.into_iter().cloned().collect();
    let (first, last) = days_around(subjects);
    calendars::store::days::calendar(subjects.programme, &hospitals, first, last)
}

/// Days in UTC are at most one off anywhere.
fn days_around(subjects: &Subjects<'_>) -> (Date, Date) {
    let (from, until) = subjects.window;
    let first = from.to_utc().date_naive().pred_opt().unwrap_or_default();
    (first, until.to_utc().date_naive().succ_opt().unwrap_or_default())
}

/// Named assistants, wherever they are stationed, with nobody's pairings.
pub(super) fn named(programme: &Id, named: &[Id]) -> Ask<Hashed<Id, AssistantFacts>> {
    assistants::store::named(programme, named).map(unpaired)
}

/// Everybody who is stationed at the sites, with nobody's pairings.
pub(super) fn stationed(subjects: &Subjects<'_>) -> Ask<Hashed<Id, AssistantFacts>> {
    let (first, last) = days_around(subjects);
    assistants::store::stationed(subjects.programme, &subjects.sites, first, last).map(unpaired)
}

fn unpaired(who: Vec<Stationed>) -> Result<Hashed<Id, AssistantFacts>> {
    let alone = |one: Stationed| {
        let facts = AssistantFacts { site: one.site, end: one.end, absences: one.absences, pairings: Vec::new() };
        (one.assistant, facts)
    };
    Ok(who.into_iter().map(alone).collect())
}

/// Tells assistants with whom they are paired.
pub(super) fn pair(assistants: &mut Hashed<Id, AssistantFacts>, pairings: Vec<Pairing>) {
    for pairing in pairings {
        if let Some(facts) = assistants.get_mut(&pairing.assistant) {
            facts.pairings.push((pairing.expert, pairing.site, pairing.days));
        }
    }
}

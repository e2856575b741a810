//! The people of a snapshot: experts with what they have offered, assistants with whom they are paired.
use std::collections::BTreeSet;

use super::Subjects;
use crate::calendars::Calendar;
use crate::db::Tx;
use crate::kernel::{Date, Id, Result};
use crate::sessions::snapshot::{AssistantFacts, ExpertFacts, Snapshot, Standing};
use crate::{assistants, calendars, charters, experts};

const YEAR_MINUTES: i64 = 366 * 24 * 60;

pub(super) async fn load_experts(tx: &mut Tx<'_>, subjects: &Subjects<'_>, snapshot: &mut Snapshot) -> Result<()> {
    let Subjects { programme, experts: ids, window: (first, last), .. } = subjects;
    let mut offers = calendars::store::offers::of_experts(tx, programme, ids, *first, *last).await?;
    let mut absences = calendars::store::absences::of_experts(tx, programme, ids, *first, *last).await?;
    let mut charters = charters::store::of_experts(tx, programme, ids).await?;
    for (id, expert) in experts::store::many(tx, programme, ids).await? {
        let standing = offers.remove(&id).unwrap_or_default().into_iter().filter(|offer| offer.is_standing());
        let facts = ExpertFacts {
            roster: expert.roster,
            specialties: expert.profile.specialties,
            affiliations: expert.profile.affiliations,
            scope: expert.profile.scope,
            standing: standing.map(|offer| Standing::of(offer, *first, *last)).collect(),
            absences: absences.remove(&id).unwrap_or_default(),
            limits: charters.remove(&id).map(|charter| charter.limits),
        };
        snapshot.experts.insert(id, facts);
    }
    let limits_contacts = |id: &&Id| {
        let limits = snapshot.experts.get(*id).and_then(|expert| expert.limits.as_ref());
        limits.is_some_and(|limits| limits.contacts_a_week.is_some())
    };
    let limiting: Vec<Id> = ids.iter().filter(limits_contacts).cloned().collect();
    // Nobody asks for a time more than a year ahead; with nobody limiting nothing is read.
    let since = first.plus_minutes(-YEAR_MINUTES);
    snapshot.contacts = charters::store::contacts(tx, programme, &limiting, since, *last).await?;
    Ok(())
}

/// What days are for those who work where the experts do.
pub(super) async fn calendar(tx: &mut Tx<'_>, subjects: &Subjects<'_>, snapshot: &Snapshot) -> Result<Calendar> {
    let affiliations = snapshot.experts.values().flat_map(|expert| &expert.affiliations);
    let hospitals: BTreeSet<&Id> = affiliations.map(|affiliation| &affiliation.hospital).collect();
    let hospitals: Vec<Id> = hospitals.into_iter().cloned().collect();
    let (first, last) = days_around(subjects);
    calendars::store::days::calendar(tx, subjects.programme, &hospitals, first, last).await
}

/// Days in UTC are at most one off anywhere.
fn days_around(subjects: &Subjects<'_>) -> (Date, Date) {
    let (from, until) = subjects.window;
    let first = from.to_utc().date_naive().pred_opt().unwrap_or_default();
    (first, until.to_utc().date_naive().succ_opt().unwrap_or_default())
}

/// Named assistants, wherever they are stationed.
pub(super) async fn load_assistants(
    tx: &mut Tx<'_>,
    subjects: &Subjects<'_>,
    named: &[Id],
    snapshot: &mut Snapshot,
) -> Result<()> {
    if named.is_empty() {
        return Ok(());
    }
    for (id, assistant) in assistants::store::many(tx, subjects.programme, named).await? {
        let facts = AssistantFacts {
            site: assistant.site,
            end: assistant.end,
            absences: assistant.profile.absences,
            pairings: Vec::new(),
        };
        snapshot.assistants.insert(id, facts);
    }
    load_pairings(tx, subjects, snapshot).await
}

/// Everybody who is stationed at the sites.
pub(super) async fn load_stationed(tx: &mut Tx<'_>, subjects: &Subjects<'_>, snapshot: &mut Snapshot) -> Result<()> {
    let (first, last) = days_around(subjects);
    for one in assistants::store::stationed(tx, subjects.programme, &subjects.sites, first, last).await? {
        let facts = AssistantFacts { site: one.site, end: one.end, absences: one.absences, pairings: Vec::new() };
        snapshot.assistants.insert(one.assistant, facts);
    }
    load_pairings(tx, subjects, snapshot).await
}

async fn load_pairings(tx: &mut Tx<'_>, subjects: &Subjects<'_>, snapshot: &mut Snapshot) -> Result<()> {
    for pairing in assistants::store::pairings::of_experts(tx, subjects.programme, &subjects.experts).await? {
        if let Some(facts) = snapshot.assistants.get_mut(&pairing.assistant) {
            let paired = (pairing.expert, pairing.site, pairing.days);
            if !facts.pairings.contains(&paired) {
                facts.pairings.push(paired);
            }
        }
    }
    Ok(())
}

//! Loads snapshots: the one place that asks the tables what the predicate decides on.
use std::collections::{BTreeMap, BTreeSet};

use super::super::draft::{Resource, SessionDraft};
use super::super::snapshot::{
    AssistantFacts, Busy, ExpertFacts, LONGEST_TAKEN_MINUTES, Lapsing, REACH_MINUTES, SiteFacts, Snapshot,
};
use super::super::{Purpose, SessionState};
use crate::assistants;
use crate::db::{Row, Sql, Tx};
use crate::experts;
use crate::kernel::{Id, Result, Timestamp};
use crate::rows;
use crate::sites;

pub(super) const EXISTING: Sql =
    rows!("SELECT s.session FROM ", "JOIN sessions s ON s.programme = r.value->>0 AND s.session = r.value->>1");
pub(super) const OCCUPIED: Sql = rows!(
    "SELECT o.resource, s.session, s.site, s.kind, s.start_time, s.end_time, s.before_minutes, s.after_minutes, \
     o.busy_from, o.busy_until, o.lapses, s.state, s.revision FROM ",
    "JOIN occupancy o ON o.programme = r.value->>0 AND o.resource = r.value->>1 \
     AND o.busy_from > CAST(r.value->>2 AS BIGINT) AND o.busy_from < CAST(r.value->>3 AS BIGINT) \
     JOIN sessions s ON s.programme = o.programme AND s.session = o.session"
);
// What was held has an actual end, and who came; asking for the state instead would invite its index.
pub(super) const HELD_BY_EXPERT: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.credited_expert = r.value->>2 AND s.date >= r.value->>3 AND s.date <= r.value->>4 \
     WHERE TRUE"
);
pub(super) const HELD_BY_CO_EXPERT: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN session_co_experts c ON c.programme = r.value->>0 AND c.expert = r.value->>2 \
     AND c.start_time > CAST(r.value->>3 AS BIGINT) AND c.start_time < CAST(r.value->>4 AS BIGINT) \
     JOIN sessions s ON s.programme = c.programme AND s.session = c.session \
     WHERE s.actual_end_time IS NOT NULL"
);
pub(super) const HELD_BY_ASSISTANT: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.assistant = r.value->>2 \
     AND s.start_time > CAST(r.value->>3 AS BIGINT) AND s.start_time < CAST(r.value->>4 AS BIGINT) \
     WHERE s.actual_end_time IS NOT NULL"
);
pub(super) const HELD_IN_ROOM: Sql = rows!(
    "SELECT r.value->>1 AS resource, s.session, s.site, s.kind, s.actual_start_time AS start_time, \
     s.actual_end_time AS end_time, s.before_minutes, s.after_minutes FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.site = r.value->>2 AND s.room = r.value->>3 \
     AND s.start_time > CAST(r.value->>4 AS BIGINT) AND s.start_time < CAST(r.value->>5 AS BIGINT) \
     WHERE s.actual_end_time IS NOT NULL"
);

/// A window in which a resource is looked at: sessions that begin in it, ends excluded.
type Window = (Timestamp, Timestamp);

/// Loads what drafts of one programme are judged in.
///
/// # Errors
/// A storage error.
pub async fn load(tx: &mut Tx<'_>, programme: &Id, drafts: &[&SessionDraft], purpose: Purpose) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    let Some(first) = drafts.iter().map(|draft| draft.start).min() else { return Ok(snapshot) };
    let last = drafts.iter().map(|draft| draft.end).max().unwrap_or(first);
    let keys: Vec<_> = drafts.iter().map(|draft| (programme.as_str(), draft.session.as_str())).collect();
    for row in tx.sql(EXISTING).bind_rows(&keys).fetch_all().await? {
        snapshot.existing.insert(row.get("session")?);
    }
    load_busy(tx, programme, drafts, purpose, &mut snapshot).await?;
    load_sites(tx, programme, drafts, (first, last), &mut snapshot).await?;
    load_people(tx, programme, drafts, &mut snapshot).await?;
    Ok(snapshot)
}

async fn load_sites(
    tx: &mut Tx<'_>,
    programme: &Id,
    drafts: &[&SessionDraft],
    (first, last): Window,
    snapshot: &mut Snapshot,
) -> Result<()> {
    let named: BTreeSet<&Id> = drafts.iter().map(|draft| &draft.site).collect();
    let named: Vec<Id> = named.into_iter().cloned().collect();
    let mut closures = sites::store::closures::overlapping(tx, programme, &named, first, last).await?;
    for (id, site) in sites::store::many(tx, programme, &named).await? {
        let facts = SiteFacts {
            zone: site.profile.zone,
            level: site.profile.level,
            licensed: site.profile.licensed_specialties,
            rooms: site.profile.rooms,
            closures: closures.remove(&id).unwrap_or_default(),
        };
        snapshot.sites.insert(id, facts);
    }
    let journeys = journeys(drafts, snapshot);
    if !journeys.is_empty() {
        let journeys: Vec<(Id, Id)> = journeys.into_iter().collect();
        snapshot.travel = sites::store::travel::minutes(tx, programme, &journeys).await?.into_iter().collect();
    }
    Ok(())
}

/// Every journey between two sites where one person is, by a draft or otherwise, in both directions.
fn journeys(drafts: &[&SessionDraft], snapshot: &Snapshot) -> BTreeSet<(Id, Id)> {
    let mut visited: BTreeMap<Resource, BTreeSet<&Id>> = BTreeMap::new();
    for draft in drafts {
        for resource in draft.resources().into_iter().filter(Resource::is_person) {
            let busy = snapshot.busy.get(&resource).into_iter().flatten().map(|busy| &busy.site);
            visited.entry(resource).or_default().extend(busy.chain([&draft.site]));
        }
    }
    let pairs = |sites: &BTreeSet<&Id>| -> Vec<(Id, Id)> {
        let from = |a: &Id| sites.iter().map(|b| (a.clone(), (*b).clone())).collect::<Vec<_>>();
        sites.iter().flat_map(|a| from(a)).filter(|(a, b)| a != b).collect()
    };
    visited.values().flat_map(pairs).collect()
}

async fn load_people(tx: &mut Tx<'_>, programme: &Id, drafts: &[&SessionDraft], snapshot: &mut Snapshot) -> Result<()> {
    let experts: BTreeSet<&Id> = drafts.iter().flat_map(|draft| draft.experts()).collect();
    let experts: Vec<Id> = experts.into_iter().cloned().collect();
    for (id, expert) in experts::store::many(tx, programme, &experts).await? {
        let facts = ExpertFacts {
            roster: expert.roster,
            specialties: expert.profile.specialties,
            affiliations: expert.profile.affiliations,
        };
        snapshot.experts.insert(id, facts);
    }
    let named: BTreeSet<&Id> = drafts.iter().flat_map(|draft| draft.assistants()).collect();
    let named: Vec<Id> = named.into_iter().cloned().collect();
    if named.is_empty() {
        return Ok(());
    }
    for (id, assistant) in assistants::store::many(tx, programme, &named).await? {
        let facts = AssistantFacts { end: assistant.end, absences: assistant.profile.absences, pairings: Vec::new() };
        snapshot.assistants.insert(id, facts);
    }
    for pairing in assistants::store::pairings::of_experts(tx, programme, &experts).await? {
        if let Some(facts) = snapshot.assistants.get_mut(&pairing.assistant) {
            facts.pairings.push((pairing.expert, pairing.site, pairing.days));
        }
    }
    Ok(())
}

async fn load_busy(
    tx: &mut Tx<'_>,
    programme: &Id,
    drafts: &[&SessionDraft],
    purpose: Purpose,
    snapshot: &mut Snapshot,
) -> Result<()> {
    let windows = windows(drafts);
    let by_key: BTreeMap<String, &Resource> = windows.keys().map(|resource| (resource.key(), resource)).collect();
    let is_record = purpose.is_record();
    let rows = if is_record { held(tx, programme, &windows).await? } else { occupied(tx, programme, &windows).await? };
    for row in rows {
        let Some(resource) = by_key.get(&row.get::<String>("resource")?) else { continue };
        let busy = if is_record { busy_of(&row)? } else { planned(&row, resource, snapshot)? };
        let all = snapshot.busy.entry((*resource).clone()).or_default();
        // Windows told in days may hold a session twice.
        if !all.contains(&busy) {
            all.push(busy);
        }
    }
    for all in snapshot.busy.values_mut() {
        all.sort_by(|a, b| (a.start, &a.session).cmp(&(b.start, &b.session)));
    }
    Ok(())
}

/// Which windows of which resources matter to the drafts; windows that touch are one.
fn windows(drafts: &[&SessionDraft]) -> BTreeMap<Resource, Vec<Window>> {
    let mut all: BTreeMap<Resource, Vec<Window>> = BTreeMap::new();
    for draft in drafts {
        let from = draft.start.plus_minutes(-REACH_MINUTES - LONGEST_TAKEN_MINUTES);
        let until = draft.end.plus_minutes(REACH_MINUTES);
        for resource in draft.resources() {
            all.entry(resource).or_default().push((from, until));
        }
    }
    for windows in all.values_mut() {
        windows.sort();
        let mut merged: Vec<Window> = Vec::with_capacity(windows.len());
        for (from, until) in windows.drain(..) {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                Some(_) | None => merged.push((from, until)),
            }
        }
        *windows = merged;
    }
    all
}

async fn occupied(tx: &mut Tx<'_>, programme: &Id, windows: &BTreeMap<Resource, Vec<Window>>) -> Result<Vec<Row>> {
    let each = windows.iter().flat_map(|(resource, windows)| windows.iter().map(move |window| (resource, window)));
    let keys: Vec<_> = each
        .map(|(resource, (from, until))| (programme.as_str(), resource.key(), from.micros(), until.micros()))
        .collect();
    tx.sql(OCCUPIED).bind_rows(&keys).fetch_all().await
}

async fn held(tx: &mut Tx<'_>, programme: &Id, windows: &BTreeMap<Resource, Vec<Window>>) -> Result<Vec<Row>> {
    let (mut experts, mut beside, mut assistants, mut rooms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (resource, windows) in windows {
        for (from, until) in windows {
            let key = (programme.as_str(), resource.key());
            match resource {
                Resource::Expert(id) => {
                    beside.push((key.0, key.1.clone(), id.as_str(), from.micros(), until.micros()));
                    // Days in UTC are at most one off anywhere, and the window is wider than that.
                    let (from, until) = (from.to_utc().date_naive(), until.to_utc().date_naive());
                    experts.push((key.0, key.1, id.as_str(), from.to_string(), until.to_string()));
                }
                Resource::Assistant(id) => assistants.push((key.0, key.1, id.as_str(), from.micros(), until.micros())),
                Resource::Room(site, room) => {
                    rooms.push((key.0, key.1, site.as_str(), room.as_str(), from.micros(), until.micros()));
                }
            }
        }
    }
    let mut rows = tx.sql(HELD_BY_EXPERT).bind_rows(&experts).fetch_all().await?;
    rows.extend(tx.sql(HELD_BY_CO_EXPERT).bind_rows(&beside).fetch_all().await?);
    if !assistants.is_empty() {
        rows.extend(tx.sql(HELD_BY_ASSISTANT).bind_rows(&assistants).fetch_all().await?);
    }
    if !rooms.is_empty() {
        rows.extend(tx.sql(HELD_IN_ROOM).bind_rows(&rooms).fetch_all().await?);
    }
    Ok(rows)
}

fn busy_of(row: &Row) -> Result<Busy> {
    Ok(Busy {
        session: row.get("session")?,
        site: row.get("site")?,
        kind: row.code("kind")?,
        start: row.get("start_time")?,
        end: row.get("end_time")?,
        before_minutes: row.get("before_minutes")?,
        after_minutes: row.get("after_minutes")?,
        room_until: None,
        lapses: None,
    })
}

/// What a plan takes. A row of a proposed move is about the move's time, not about the session's own.
fn planned(row: &Row, resource: &Resource, snapshot: &mut Snapshot) -> Result<Busy> {
    let (from, until): (Timestamp, Timestamp) = (row.get("busy_from")?, row.get("busy_until")?);
    let mut busy = Busy { room_until: Some(until), lapses: row.get("lapses")?, ..busy_of(row)? };
    let Some(at) = busy.lapses else { return Ok(busy) };
    let is_move = row.code::<SessionState>("state")? == SessionState::Confirmed;
    if is_move {
        (busy.start, busy.end) = match resource {
            Resource::Expert(_) | Resource::Assistant(_) => {
                (from.plus_minutes(busy.before_minutes), until.plus_minutes(-busy.after_minutes))
            }
            Resource::Room(..) => (from, until),
        };
    }
    snapshot.lapsing.insert(busy.session.clone(), Lapsing { at, revision: row.get("revision")?, is_move });
    Ok(busy)
}

//! Loads snapshots: the one place that asks the tables what the predicate decides on, with as many statements for hundreds of
//! experts as for one.
use std::collections::{BTreeMap, BTreeSet};

use crate::db::{Sql, Tx};
use crate::kernel::{Id, Result, SessionKind, Timestamp};
use crate::rows;
use crate::sessions::Purpose;
use crate::sessions::draft::{Resource, SessionDraft};
use crate::sessions::snapshot::{LONGEST_TAKEN_MINUTES, REACH_MINUTES, Snapshot};
use crate::{credentials, sites};

pub(super) mod busy;
pub(super) mod counted;
mod people;
mod place;

pub(super) const EXISTING: Sql =
    rows!("SELECT s.session FROM ", "JOIN sessions s ON s.programme = r.value->>0 AND s.session = r.value->>1");

/// A window in which a resource is looked at: sessions that begin in it, ends excluded.
type Window = (Timestamp, Timestamp);

/// What a search looks at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The programme.
    pub programme: &'a Id,
    /// Whose time.
    pub experts: &'a [Id],
    /// Where; everybody who is stationed there is loaded as well.
    pub sites: &'a [Id],
    /// Leave out sites at which nobody has offered any of these kinds; none: all are loaded.
    pub offered: Option<&'a [SessionKind]>,
    /// Assistants beside those of the sites.
    pub assistants: &'a [Id],
    /// The dossier that sessions would rest on.
    pub dossier: Option<&'a Id>,
    /// When.
    pub window: (Timestamp, Timestamp),
    /// What has lapsed is told by this instant.
    pub now: Timestamp,
    /// Whether somebody wants to be told what days are for the experts' home hospitals.
    pub days: bool,
}

/// Who and what a snapshot is about.
struct Subjects<'a> {
    programme: &'a Id,
    experts: Vec<Id>,
    sites: Vec<Id>,
    /// From the first start to the last end.
    window: Window,
}

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
    let subjects = Subjects {
        programme,
        experts: set(drafts.iter().flat_map(|draft| draft.experts())),
        sites: set(drafts.iter().map(|draft| &draft.site)),
        window: (first, last),
    };
    place::load(tx, &subjects, &mut snapshot).await?;
    people::load_experts(tx, &subjects, &mut snapshot).await?;
    counted::load(tx, &subjects, &mut snapshot).await?;
    let dossiers = set(drafts.iter().filter_map(|draft| draft.dossier.as_ref()));
    snapshot.papers = credentials::store::papers(tx, programme, &subjects.experts, &subjects.sites, &dossiers).await?;
    let assistants = set(drafts.iter().flat_map(|draft| draft.assistants()));
    people::load_assistants(tx, &subjects, &assistants, &mut snapshot).await?;
    busy::load(tx, programme, &windows(drafts), purpose, &mut snapshot).await?;
    let pairs = drafts.iter().flat_map(|draft| draft.resources().into_iter().map(|resource| (resource, &draft.site)));
    let journeys = journeys(pairs, &snapshot);
    snapshot.travel = travel(tx, programme, journeys).await?;
    Ok(snapshot)
}

/// Loads what any session of a scope is judged in, settled as of its instant.
///
/// # Errors
/// A storage error.
pub async fn load_scope(tx: &mut Tx<'_>, scope: &Scope<'_>) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    let mut subjects = Subjects {
        programme: scope.programme,
        experts: scope.experts.to_vec(),
        sites: scope.sites.to_vec(),
        window: scope.window,
    };
    people::load_experts(tx, &subjects, &mut snapshot).await?;
    if let Some(kinds) = scope.offered {
        let offers = || snapshot.experts.values().flat_map(|expert| &expert.standing);
        let wanted = |site: &Id| offers().any(|offer| kinds.iter().any(|kind| offer.is_for(*kind, site)));
        subjects.sites.retain(|site| wanted(site));
    }
    place::load(tx, &subjects, &mut snapshot).await?;
    counted::load(tx, &subjects, &mut snapshot).await?;
    let dossiers: Vec<Id> = scope.dossier.into_iter().cloned().collect();
    snapshot.papers =
        credentials::store::papers(tx, scope.programme, scope.experts, &subjects.sites, &dossiers).await?;
    if scope.days {
        snapshot.calendar = Some(people::calendar(tx, &subjects, &snapshot).await?);
    }
    people::load_stationed(tx, &subjects, &mut snapshot).await?;
    let others: Vec<Id> = scope.assistants.iter().filter(|id| !snapshot.assistants.contains_key(id)).cloned().collect();
    people::load_assistants(tx, &subjects, &others, &mut snapshot).await?;
    let experts = scope.experts.iter().cloned().map(Resource::Expert);
    let assistants = snapshot.assistants.keys().cloned().map(Resource::Assistant);
    let rooms = snapshot
        .sites
        .iter()
        .flat_map(|(id, site)| site.rooms.iter().map(|room| Resource::Room(id.clone(), room.id.clone())));
    let window = vec![reach(scope.window)];
    let windows = experts.chain(assistants).chain(rooms).map(|resource| (resource, window.clone())).collect();
    busy::load(tx, scope.programme, &windows, Purpose::Book, &mut snapshot).await?;
    let taken = snapshot.busy.keys().filter(|resource| resource.is_person());
    let pairs = taken.flat_map(|resource| subjects.sites.iter().map(move |site| (resource.clone(), site)));
    let journeys = journeys(pairs, &snapshot);
    snapshot.travel = travel(tx, scope.programme, journeys).await?;
    snapshot.settle(scope.now);
    Ok(snapshot)
}

fn set<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<Id> {
    ids.collect::<BTreeSet<&Id>>().into_iter().cloned().collect()
}

/// When a session must begin to matter to one in a window.
fn reach((from, until): Window) -> Window {
    (from.plus_minutes(-REACH_MINUTES - LONGEST_TAKEN_MINUTES), until.plus_minutes(REACH_MINUTES))
}

/// Which windows of which resources matter to the drafts; windows that touch are one.
fn windows(drafts: &[&SessionDraft]) -> BTreeMap<Resource, Vec<Window>> {
    let mut all: BTreeMap<Resource, Vec<Window>> = BTreeMap::new();
    for draft in drafts {
        for resource in draft.resources() {
            all.entry(resource).or_default().push(reach((draft.start, draft.end)));
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

/// Every journey of a person between a site where a session would be and any other where one is, in both directions.
fn journeys<'a>(wanted: impl Iterator<Item = (Resource, &'a Id)>, snapshot: &Snapshot) -> BTreeSet<(Id, Id)> {
    let mut visited: BTreeMap<Resource, BTreeSet<&Id>> = BTreeMap::new();
    for (resource, site) in wanted.filter(|(resource, _)| resource.is_person()) {
        visited.entry(resource).or_default().insert(site);
    }
    let mut journeys = BTreeSet::new();
    for (resource, sites) in visited {
        let busy = snapshot.busy.get(&resource).into_iter().flatten().map(|busy| &busy.site);
        let all: BTreeSet<&Id> = busy.chain(sites.iter().copied()).collect();
        let pairs = sites.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
        journeys.extend(pairs.flat_map(|(a, b)| [(a.clone(), b.clone()), (b.clone(), a.clone())]));
    }
    journeys
}

type Journeys = BTreeMap<(Id, Id), i64>;

async fn travel(tx: &mut Tx<'_>, programme: &Id, journeys: BTreeSet<(Id, Id)>) -> Result<Journeys> {
    if journeys.is_empty() {
        return Ok(Journeys::new());
    }
    let journeys: Vec<(Id, Id)> = journeys.into_iter().collect();
    Ok(sites::store::travel::minutes(tx, programme, &journeys).await?.into_iter().collect())
}

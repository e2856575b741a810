//! Loads snapshots: the one place that asks the tables what the predicate decides on, with as many messages for hundreds of
//! experts as for one.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::credentials::{self, Credential, Papers};
use crate::db::{Ask, Read, Sql, Tx};
use crate::kernel::{Id, Result, SessionKind, Timestamp};
use crate::rows;
use crate::sessions::Purpose;
use crate::sessions::draft::{Resource, SessionDraft};
use crate::sessions::snapshot::{ExpertFacts, Hashed, LONGEST_TAKEN_MINUTES, REACH_MINUTES, Snapshot};
use crate::sites;

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

/// What is known of experts whatever the site: what a search asks for first, since their offers say where it has to look.
#[derive(Debug, Default)]
pub struct Known {
    experts: Hashed<Id, ExpertFacts>,
    papers: HashMap<Id, Vec<Credential>>,
}

/// Asks what is known of experts whose sessions would lie in a window; of nobody nothing is asked.
pub fn known(programme: &Id, experts: &[Id], window: (Timestamp, Timestamp)) -> Ask<Known> {
    if experts.is_empty() {
        return Ask::known(Known::default());
    }
    let subjects = Subjects { programme, experts: experts.to_vec(), sites: Vec::new(), window };
    let papers = credentials::store::of_experts(programme, experts);
    people::experts(&subjects).and(papers).map(|(experts, papers)| Ok(Known { experts, papers }))
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
    let snapshot = Snapshot::default();
    let Some(first) = drafts.iter().map(|draft| draft.start).min() else { return Ok(snapshot) };
    let last = drafts.iter().map(|draft| draft.end).max().unwrap_or(first);
    let subjects = Subjects {
        programme,
        experts: set(drafts.iter().flat_map(|draft| draft.experts())),
        sites: set(drafts.iter().map(|draft| &draft.site)),
        window: (first, last),
    };
    let assistants = set(drafts.iter().flat_map(|draft| draft.assistants()));
    let places = existing(programme, drafts).and(place::sites(&subjects));
    let people = people::experts(&subjects).and(people::named(&subjects, &assistants));
    let papers = credentials::store::papers(programme, &subjects.experts, &subjects.sites);
    let papers = papers.and(busy::taken(programme, &windows(drafts), purpose));
    let ((existing, sites), ((experts, assistants), (papers, taken))) = tx.ask(places.and(people.and(papers))).await?;
    let mut snapshot = Snapshot {
        existing,
        sites,
        experts,
        assistants,
        papers,
        busy: taken.busy,
        lapsing: taken.lapsing,
        ..Snapshot::default()
    };
    let mut visited: BTreeMap<Resource, BTreeSet<&Id>> = BTreeMap::new();
    for draft in drafts {
        for person in draft.resources().into_iter().filter(Resource::is_person) {
            visited.entry(person).or_default().insert(&draft.site);
        }
    }
    let journeys = visited.iter().flat_map(|(person, sites)| journeys(sites, snapshot.sites_of([person]))).collect();
    let travel = travel(programme, &journeys);
    let limits = people::contacts(&subjects, &snapshot).and(counted::counted(&subjects, &snapshot));
    (snapshot.travel, (snapshot.contacts, snapshot.counted)) = tx.ask(travel.and(limits)).await?;
    let dossiers = set(drafts.iter().filter_map(|draft| draft.dossier.as_ref()));
    snapshot.papers.dossiers = credentials::store::dossiers::many(tx, programme, &dossiers).await?;
    Ok(snapshot)
}

/// Loads what any session of a scope is judged in beside what is known of its experts, settled as of its instant.
///
/// # Errors
/// A storage error.
pub async fn load_scope(tx: &mut Tx<'_>, scope: &Scope<'_>, known: Known) -> Result<Snapshot> {
    let mut subjects = Subjects {
        programme: scope.programme,
        experts: scope.experts.to_vec(),
        sites: scope.sites.to_vec(),
        window: scope.window,
    };
    let Known { experts, papers: of_experts } = known;
    let mut snapshot = Snapshot { experts, ..Snapshot::default() };
    if let Some(kinds) = scope.offered {
        let offers = || snapshot.experts.values().flat_map(|expert| &expert.standing);
        let wanted = |site: &Id| offers().any(|offer| kinds.iter().any(|kind| offer.is_for(*kind, site)));
        subjects.sites.retain(|site| wanted(site));
    }
    let places = place::sites(&subjects).and(credentials::store::of_sites(scope.programme, &subjects.sites));
    let limits = people::contacts(&subjects, &snapshot).and(counted::counted(&subjects, &snapshot));
    let people = people::stationed(&subjects, scope.assistants).and(limits);
    let days = match scope.days {
        true => people::calendar(&subjects, &snapshot).map(|calendar| Ok(Some(calendar))),
        false => Ask::known(None),
    };
    let experts = scope.experts.iter().cloned().map(Resource::Expert);
    let named = experts.chain(scope.assistants.iter().cloned().map(Resource::Assistant)).collect();
    let taken = busy::taken_at(scope.programme, named, &subjects.sites, reach(scope.window));
    let (((sites, of_sites), (assistants, (contacts, counted))), (calendar, taken)) =
        tx.ask(places.and(people).and(days.and(taken))).await?;
    let papers = Papers { of_experts, of_sites, ..Papers::default() };
    snapshot = Snapshot { sites, assistants, contacts, counted, calendar, papers, ..snapshot };
    (snapshot.busy, snapshot.lapsing) = (taken.busy, taken.lapsing);
    let dossiers: Vec<Id> = scope.dossier.into_iter().cloned().collect();
    snapshot.papers.dossiers = credentials::store::dossiers::many(tx, scope.programme, &dossiers).await?;
    let taken = snapshot.busy.keys().filter(|resource| resource.is_person());
    let busy = snapshot.sites_of(taken);
    // Whoever is nowhere else comes from nowhere.
    let sites = if busy.is_empty() { BTreeSet::new() } else { subjects.sites.iter().collect() };
    snapshot.travel = tx.ask(travel(scope.programme, &journeys(&sites, busy))).await?;
    snapshot.settle(scope.now);
    Ok(snapshot)
}

fn existing(programme: &Id, drafts: &[&SessionDraft]) -> Ask<BTreeSet<Id>> {
    let keys: Vec<_> = drafts.iter().map(|draft| (programme.as_str(), draft.session.as_str())).collect();
    Ask::rows(Read::of(EXISTING).bind_rows(&keys), |rows| rows.iter().map(|row| row.get("session")).collect())
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

/// Every journey between a site where a session would be and any other where it would be or its people are, in both directions.
fn journeys<'a>(sites: &BTreeSet<&'a Id>, busy: BTreeSet<&'a Id>) -> BTreeSet<(&'a Id, &'a Id)> {
    let all: BTreeSet<&Id> = busy.into_iter().chain(sites.iter().copied()).collect();
    let pairs = sites.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
    pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

type Journeys = BTreeMap<(Id, Id), i64>;

fn travel(programme: &Id, journeys: &BTreeSet<(&Id, &Id)>) -> Ask<Journeys> {
    let journeys: Vec<(Id, Id)> = journeys.iter().map(|(from, to)| ((*from).clone(), (*to).clone())).collect();
    sites::store::travel::minutes(programme, &journeys).map(|minutes| Ok(minutes.into_iter().collect()))
}

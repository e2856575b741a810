//! Loads snapshots: the one place that asks the tables what the predicate decides on, with as many messages for hundreds of
//! experts as for one.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use busy::Taken;

use crate::assistants::Pairing;
use crate::credentials::{self, Credential, Papers};
use crate::db::{Ask, Read, Sql, Tx};
use crate::kernel::{Id, Result, SessionKind, Timestamp};
use crate::rows;
use crate::sessions::Purpose;
use crate::sessions::atlas::Places;
use crate::sessions::draft::{Resource, SessionDraft};
use crate::sessions::snapshot::{ExpertFacts, Hashed, Journeys, Snapshot, reach};
use crate::{assistants, sites};

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
    pairings: Vec<Pairing>,
    taken: Taken,
}

/// Asks what is known of experts whose sessions would lie in a window; of nobody nothing is asked.
pub fn known(programme: &Id, experts: &[Id], window: (Timestamp, Timestamp)) -> Ask<Known> {
    if experts.is_empty() {
        return Ask::known(Known::default());
    }
    let subjects = Subjects { programme, experts: experts.to_vec(), sites: Vec::new(), window };
    let papers = credentials::store::of_experts(programme, experts);
    let pairings = assistants::store::pairings::of_experts_asked(programme, experts);
    let taken = taken_in(programme, experts.iter().cloned().map(Resource::Expert), window);
    people::experts(&subjects)
        .and(papers.and(pairings.and(taken)))
        .map(|(experts, (papers, (pairings, taken)))| Ok(Known { experts, papers, pairings, taken }))
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
    let pairings = match assistants.is_empty() {
        true => Ask::known(Vec::new()),
        false => assistants::store::pairings::of_experts_asked(programme, &subjects.experts),
    };
    let people = people::experts(&subjects).and(people::named(programme, &assistants).and(pairings));
    let papers = credentials::store::papers(programme, &subjects.experts, &subjects.sites);
    let papers = papers.and(busy::taken(programme, &windows(drafts), purpose));
    let ((existing, sites), ((experts, (mut assistants, pairings)), (papers, taken))) =
        tx.ask(places.and(people.and(papers))).await?;
    people::pair(&mut assistants, pairings);
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

/// Loads what any session of a scope is judged in beside what is known of its experts, settled as of its instant. What is known of places
/// isn't asked again; what isn't, is known afterwards. Who searches writes nothing: what lapses isn't told.
///
/// # Errors
/// A storage error.
pub async fn load_scope(tx: &mut Tx<'_>, scope: &Scope<'_>, known: Known, places: &mut Places) -> Result<Snapshot> {
    let Scope { programme, window, .. } = *scope;
    let Known { experts, papers: of_experts, pairings, taken } = known;
    let mut snapshot = Snapshot { experts, busy: taken.busy, ..Snapshot::default() };
    let mut subjects = Subjects { programme, experts: scope.experts.to_vec(), sites: scope.sites.to_vec(), window };
    if let Some(kinds) = scope.offered {
        let offers = || snapshot.experts.values().flat_map(|expert| &expert.standing);
        let wanted = |site: &Id| offers().any(|offer| kinds.iter().any(|kind| offer.is_for(*kind, site)));
        subjects.sites.retain(|site| wanted(site));
    }
    let lacking = place::at_sites(programme, places.lacking(&subjects.sites), places.window());
    let lacking = busy::taken_by(programme, &places.changed()).and(lacking);
    let limits = people::contacts(&subjects, &snapshot).and(counted::counted(&subjects, &snapshot));
    let days = match scope.days {
        true => people::calendar(&subjects, &snapshot).map(|calendar| Ok(Some(calendar))),
        false => Ask::known(None),
    };
    let named = scope.assistants.iter().cloned().map(Resource::Assistant);
    let named = people::named(programme, scope.assistants).and(taken_in(programme, named, window));
    let ((changed, lacking), ((contacts, counted), (calendar, (assistants, taken)))) =
        tx.ask(lacking.and(limits.and(days.and(named)))).await?;
    snapshot = Snapshot { assistants, contacts, counted, calendar, ..snapshot };
    snapshot.busy.extend(taken.busy);
    snapshot.papers = Papers { of_experts, ..Papers::default() };
    places.learn(changed.busy, lacking);
    places.describe(&subjects.sites, window, &mut snapshot);
    people::pair(&mut snapshot.assistants, pairings);
    let dossiers: Vec<Id> = scope.dossier.into_iter().cloned().collect();
    snapshot.papers.dossiers = credentials::store::dossiers::many(tx, programme, &dossiers).await?;
    let taken = snapshot.busy.keys().filter(|resource| resource.is_person());
    let mut sites = snapshot.sites_of(taken);
    // Whoever is nowhere else comes from nowhere.
    if !sites.is_empty() {
        sites.extend(&subjects.sites);
    }
    let minutes = tx.ask(sites::store::travel::minutes(programme, &places.untravelled(&sites))).await?;
    snapshot.travel = places.travel(&sites, minutes);
    snapshot.settle(scope.now);
    Ok(snapshot)
}

/// Asks when plans in a window take resources.
fn taken_in(programme: &Id, resources: impl Iterator<Item = Resource>, window: Window) -> Ask<Taken> {
    let windows = resources.map(|resource| (resource, vec![reach(window)])).collect();
    busy::taken(programme, &windows, Purpose::Book)
}

fn existing(programme: &Id, drafts: &[&SessionDraft]) -> Ask<BTreeSet<Id>> {
    let keys: Vec<_> = drafts.iter().map(|draft| (programme.as_str(), draft.session.as_str())).collect();
    Ask::rows(Read::of(EXISTING).bind_rows(&keys), |rows| rows.iter().map(|row| row.get("session")).collect())
}

fn set<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<Id> {
    ids.collect::<BTreeSet<&Id>>().into_iter().cloned().collect()
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

fn travel(programme: &Id, journeys: &BTreeSet<(&Id, &Id)>) -> Ask<Arc<Journeys>> {
    let journeys: Vec<(Id, Id)> = journeys.iter().map(|(from, to)| ((*from).clone(), (*to).clone())).collect();
    sites::store::travel::minutes(programme, &journeys).map(|minutes| Ok(Arc::new(minutes.into_iter().collect())))
}

//! The atlas: what searches look up of a programme's places, kept in memory as of where its ledger ended
//! (docs/adr/0028-an-atlas-of-places.md).
//!
//! Who is stationed where, which rooms there are and what they are taken for is most of what a search for one expert loads, and the same for
//! the next one. Whoever finds it here asks the tables about the experts only, and what has been written since. Nothing is decided here:
//! what plans, checks or explains loads its snapshot from the tables.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::draft::Resource;
use super::slots::MOST_SITES;
use super::snapshot::{AssistantFacts, Busy, Hashed, Journeys, SiteFacts, Snapshot};
use crate::assistants::Assistants;
use crate::credentials::{Credential, Credentials};
use crate::db::Since;
use crate::db::ledger::Seen;
use crate::kernel::{Collection as _, Id, Timestamp};
use crate::sessions::Sessions;
use crate::sites::{Closures, Sites};

/// The most programmes whose places are kept.
const MOST_PROGRAMMES: usize = 64;
/// The most sites of a programme that are kept, at least those of one search; and the most among which journeys are.
const MOST_KEPT_SITES: usize = 2 * MOST_SITES;
const DAY_MINUTES: i64 = 24 * 60;
/// How long places are kept: what was over by then, and nobody asks for, is kept along.
const KEPT_MINUTES: i64 = 7 * DAY_MINUTES;
/// How far ahead what is kept is known, in minutes: further than anybody plans.
const AHEAD_MINUTES: i64 = 36_525 * DAY_MINUTES;

/// What is known of a site: the same for every expert.
#[derive(Clone, Debug)]
pub struct AtSite {
    /// The site.
    pub site: Arc<SiteFacts>,
    /// Its grade lists.
    pub papers: Vec<Credential>,
    /// Who is stationed there, with nobody's pairings.
    pub assistants: Hashed<Id, AssistantFacts>,
    /// When these, and its rooms, are taken: each list by start.
    pub busy: Hashed<Resource, Vec<Busy>>,
}

/// Places of a programme, all as of where its ledger ended once.
#[derive(Clone, Debug)]
pub struct Places {
    /// None: asked for one question, and not kept.
    as_of: Option<Seen>,
    /// In which everything is known.
    window: (Timestamp, Timestamp),
    sites: HashMap<Id, Arc<AtSite>>,
    /// Sessions that were touched since what the sites are taken for was asked.
    changed: BTreeSet<Id>,
    /// The sites among which all journeys are known.
    travelled: BTreeSet<Id>,
    journeys: Arc<Journeys>,
}

impl Places {
    /// None yet: what is asked of them is asked in a window, for one snapshot.
    #[must_use]
    pub fn within(window: (Timestamp, Timestamp)) -> Places {
        Places {
            as_of: None,
            window,
            sites: HashMap::new(),
            changed: BTreeSet::new(),
            travelled: BTreeSet::new(),
            journeys: Arc::default(),
        }
    }

    /// Those that were kept as far as they still hold, for a search in a window. What was written since they were asked for is told by the
    /// search's own snapshot; where it can't tell, nothing holds for certain, and others are kept from now on.
    #[must_use]
    pub fn since(kept: Option<&Places>, since: Since, window: (Timestamp, Timestamp), now: Timestamp) -> Places {
        let Since { head, names } = since;
        let from = now.plus_minutes(-DAY_MINUTES);
        let until = now.plus_minutes(AHEAD_MINUTES);
        let is_ahead = kept.and_then(Places::as_of).is_some_and(|kept| kept.sequence > head.sequence);
        if is_ahead || window.0 < from || window.1 > until {
            return Places::within(window);
        }
        let is_old = |kept: &Places| kept.window.0.plus_minutes(KEPT_MINUTES) < from || kept.window.0 > window.0;
        match (kept.filter(|kept| !is_old(kept)), names) {
            (Some(kept), Some(names)) => {
                let mut places = Places { as_of: Some(head), ..kept.clone() };
                names.iter().for_each(|name| places.forget(name));
                places
            }
            _ => Places { as_of: Some(head), ..Places::within((from, until.plus_minutes(KEPT_MINUTES))) },
        }
    }

    /// Something was touched. What is looked up of places is written with a change under one of these names, and by nobody else.
    fn forget(&mut self, name: &str) {
        let mut parts = name.split('/').skip(2);
        let collection = parts.next();
        match (collection, parts.next().and_then(|id| Id::parse(id).ok())) {
            (Some(Sessions::COLLECTION), Some(id)) => drop(self.changed.insert(id)),
            (Some(Sites::COLLECTION), Some(id)) => {
                self.sites.remove(&id);
                self.forget_journeys();
            }
            // Where a closure, a paper or somebody was before isn't said.
            (Some(Closures::COLLECTION | Assistants::COLLECTION | Credentials::COLLECTION), _) => self.sites.clear(),
            (Some(Sessions::COLLECTION | Sites::COLLECTION), None) => {
                self.sites.clear();
                self.forget_journeys();
            }
            _ => {}
        }
    }

    /// Journeys from a site change under its name; all are forgotten, since they are asked for in both directions at once.
    fn forget_journeys(&mut self) {
        self.travelled.clear();
        self.journeys = Arc::default();
    }

    /// Where the ledger ended as of which they are kept; none: they aren't.
    #[must_use]
    pub fn as_of(&self) -> Option<&Seen> {
        self.as_of.as_ref()
    }

    /// In which window what is lacking is to be asked.
    #[must_use]
    pub fn window(&self) -> (Timestamp, Timestamp) {
        self.window
    }

    /// Which of these sites aren't known.
    #[must_use]
    pub fn lacking(&self, sites: &[Id]) -> Vec<Id> {
        sites.iter().filter(|site| !self.sites.contains_key(*site)).cloned().collect()
    }

    /// The sessions whose rows are to be asked anew.
    #[must_use]
    pub fn changed(&self) -> Vec<Id> {
        if self.sites.is_empty() { Vec::new() } else { self.changed.iter().cloned().collect() }
    }

    /// Takes in what the sessions that changed take now, and then places that were lacking.
    pub fn learn(&mut self, taken: Hashed<Resource, Vec<Busy>>, places: HashMap<Id, AtSite>) {
        let changed = std::mem::take(&mut self.changed);
        if !changed.is_empty() {
            let touches = |place: &AtSite| place.busy.values().flatten().any(|busy| changed.contains(&busy.session));
            for place in self.sites.values_mut().filter(|place| touches(place)) {
                let busy = &mut Arc::make_mut(place).busy;
                busy.values_mut().for_each(|all| all.retain(|one| !changed.contains(&one.session)));
                busy.retain(|_, all| !all.is_empty());
            }
        }
        for (resource, more) in taken {
            if let Some(place) = self.place_of(&resource) {
                let all = Arc::make_mut(place).busy.entry(resource).or_default();
                all.extend(more);
                all.sort_by(Busy::by_start);
            }
        }
        self.sites.extend(places.into_iter().map(|(id, place)| (id, Arc::new(place))));
    }

    fn place_of(&mut self, resource: &Resource) -> Option<&mut Arc<AtSite>> {
        match resource {
            Resource::Expert(_) => None,
            Resource::Assistant(id) => self.sites.values_mut().find(|place| place.assistants.contains_key(id)),
            Resource::Room(site, _) => self.sites.get_mut(site),
        }
    }

    /// Puts what is known of these sites into a snapshot, with what they are taken for near a window.
    pub fn describe(&self, sites: &[Id], window: (Timestamp, Timestamp), snapshot: &mut Snapshot) {
        for (id, place) in sites.iter().filter_map(|id| Some((id, self.sites.get(id)?))) {
            snapshot.sites.insert(id.clone(), Arc::clone(&place.site));
            snapshot.papers.of_sites.insert(id.clone(), place.papers.clone());
            snapshot.assistants.extend(place.assistants.iter().map(|(id, facts)| (id.clone(), facts.clone())));
            let near = place.busy.iter().map(|(resource, busy)| (resource, Busy::near(busy, window)));
            let near = near.filter(|(_, busy)| !busy.is_empty());
            snapshot.busy.extend(near.map(|(resource, busy)| (resource.clone(), busy.to_vec())));
        }
    }

    /// The journeys among these sites that nobody asked for yet, in both directions.
    #[must_use]
    pub fn untravelled(&self, sites: &BTreeSet<&Id>) -> Vec<(Id, Id)> {
        let new: Vec<&Id> = sites.iter().copied().filter(|site| !self.travelled.contains(*site)).collect();
        if new.is_empty() {
            return Vec::new();
        }
        let known = self.travelled.iter();
        let there = known.flat_map(|from| new.iter().flat_map(move |to| [(from, *to), (*to, from)]));
        let among = new.iter().flat_map(|from| new.iter().map(move |to| (*from, *to))).filter(|(from, to)| from != to);
        there.chain(among).map(|(from, to)| (from.clone(), to.clone())).collect()
    }

    /// These sites have been asked for, and so long the journeys take of which it is known.
    pub fn travel(&mut self, sites: &BTreeSet<&Id>, minutes: HashMap<(Id, Id), i64>) -> Arc<Journeys> {
        self.travelled.extend(sites.iter().copied().cloned());
        if !minutes.is_empty() {
            Arc::make_mut(&mut self.journeys).extend(minutes);
        }
        Arc::clone(&self.journeys)
    }
}

/// The places of programmes that were searched of late.
#[derive(Debug, Default)]
pub struct Atlas(Mutex<BTreeMap<Id, Arc<Places>>>);

impl Atlas {
    /// What is kept of a programme.
    #[must_use]
    pub fn of(&self, programme: &Id) -> Option<Arc<Places>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(programme).cloned()
    }

    /// Keeps places of a programme that were asked for these sites, unless newer ones are kept, or more: what all of it takes is bounded.
    pub fn keep(&self, programme: &Id, mut places: Places, sites: &[Id]) {
        let Some(as_of) = &places.as_of else { return };
        let new = (as_of.sequence, places.sites.len());
        if places.sites.len() > MOST_KEPT_SITES {
            let searched: BTreeSet<&Id> = sites.iter().collect();
            places.sites.retain(|id, _| searched.contains(id));
        }
        if places.travelled.len() > MOST_KEPT_SITES {
            places.forget_journeys();
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_less = |kept: &Places| {
            let sequence = kept.as_of.as_ref().map_or(0, |seen| seen.sequence);
            // Those that begin later replace those that grow old.
            sequence > new.0 || (kept.window == places.window && (sequence, kept.sites.len()) > new)
        };
        if all.get(programme).is_some_and(|kept| is_less(kept)) {
            return;
        }
        if all.len() >= MOST_PROGRAMMES && !all.contains_key(programme) {
            all.pop_first(); // whichever: it is asked anew
        }
        all.insert(programme.clone(), Arc::new(places));
    }
}

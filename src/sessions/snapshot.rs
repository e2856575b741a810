//! Everything that the predicate looks at, as values: what is known of the sites, people and journeys that drafts name,
//! and which sessions take their time.
//!
//! `store::snapshot` loads it, in one place and with one set of statements; nobody else asks the tables again.
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::assistants::Absence;
use crate::calendars::{Calendar, ExpertAbsence, Offer, Span};
use crate::charters::Limits;
use crate::credentials::Papers;
use crate::experts::{Affiliation, Days, Roster, Scope, home_hospital_on};
use crate::kernel::{Date, HalfDay, Id, SessionKind, Specialty, Timestamp, Zone};
use crate::sites::{Closure, Room, SiteLevel};

use super::draft::{LONGEST_BUFFER_MINUTES, LONGEST_MINUTES, Resource, SessionDraft};

/// How far from a session another can lie and still matter, in minutes: buffers of both, and the longest journey.
const REACH_MINUTES: i64 = 2 * LONGEST_BUFFER_MINUTES + 24 * 60;
/// The longest that one session can take somebody or something, in minutes: a search by starts looks back this far.
const LONGEST_TAKEN_MINUTES: i64 = LONGEST_MINUTES + 2 * LONGEST_BUFFER_MINUTES;

/// When a session must begin to matter to one in a window: ends excluded.
#[must_use]
pub fn reach((from, until): (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
    (from.plus_minutes(-REACH_MINUTES - LONGEST_TAKEN_MINUTES), until.plus_minutes(REACH_MINUTES))
}

/// What is looked up thousands of times in a search: by a hash that is fast for short texts and has a seed of the process's own.
pub type Hashed<K, V> = std::collections::HashMap<K, V, foldhash::quality::RandomState>;

/// Journeys in minutes, (origin, destination); what isn't there is unknown.
pub type Journeys = BTreeMap<(Id, Id), i64>;

/// A state of things in which drafts are judged. What each judgement looks up of hundreds is hashed: a search judges thousands of drafts.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The sites that are named.
    pub sites: BTreeMap<Id, Arc<SiteFacts>>,
    /// The experts that are named.
    pub experts: Hashed<Id, ExpertFacts>,
    /// The assistants that are named.
    pub assistants: Hashed<Id, AssistantFacts>,
    /// Journeys that may be needed, and others.
    pub travel: Arc<Journeys>,
    /// Who and what is taken within reach of the drafts, each list by start.
    pub busy: Hashed<Resource, Vec<Busy>>,
    /// Which of the drafts' sessions exist already.
    pub existing: BTreeSet<Id>,
    /// The sessions among those that take time which lapse, or whose proposed move does.
    pub lapsing: BTreeMap<Id, Lapsing>,
    /// The papers of the experts and the sites.
    pub papers: Papers,
    /// What counts for the limits of those experts who have set some.
    pub counted: BTreeMap<Id, Vec<Counted>>,
    /// When somebody turned to those experts who limit it, in the year before.
    pub contacts: BTreeMap<Id, Vec<Timestamp>>,
    /// What days are for the experts' home hospitals, where somebody is told so; nobody is refused by it.
    pub calendar: Option<Calendar>,
    /// As of when it was settled: notice counts from here.
    pub now: Option<Timestamp>,
}

/// A session of an expert that counts for limits: planned, or held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which.
    pub session: Id,
    /// Its civil day.
    pub date: Date,
    /// From when on it doesn't count any more; none: it doesn't lapse.
    pub lapses: Option<Timestamp>,
}

/// A session that lapses by itself, or whose proposed move does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapsing {
    /// When.
    pub at: Timestamp,
    /// The session's revision.
    pub revision: i64,
    /// Whether only a proposed move of it lapses.
    pub is_move: bool,
}

/// What is known of a site.
#[derive(Clone, Debug)]
pub struct SiteFacts {
    /// Its time zone.
    pub zone: Zone,
    /// What kind of place it is.
    pub level: SiteLevel,
    /// What it is licensed for.
    pub licensed: Vec<Specialty>,
    /// Its rooms, by id.
    pub rooms: BTreeMap<Id, Room>,
    /// When it, or a room of it, is closed.
    pub closures: Vec<Closure>,
}

impl SiteFacts {
    /// The room with an id.
    #[must_use]
    pub fn room(&self, id: &Id) -> Option<&Room> {
        self.rooms.get(id)
    }
}

/// What is known of an expert.
#[derive(Clone, Debug)]
pub struct ExpertFacts {
    /// The time on the roster, and where the expert stands.
    pub roster: Roster,
    /// What the expert practises, the foremost first.
    pub specialties: Vec<Specialty>,
    /// Where the expert works and worked.
    pub affiliations: Vec<Affiliation>,
    /// What the expert may do by licence.
    pub scope: Scope,
    /// What has been offered to be booked at once.
    pub standing: Vec<Standing>,
    /// When the expert has said to be away.
    pub absences: Vec<ExpertAbsence>,
    /// What the expert has set as limits; none known: none.
    pub limits: Option<Limits>,
}

/// A standing offer, as far as the snapshot reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What for; empty: any kind.
    pub kinds: Vec<SessionKind>,
    /// Where; empty: any site.
    pub sites: Vec<Id>,
    /// When, in order.
    pub spans: Vec<Span>,
}

impl Standing {
    /// An offer between two instants.
    #[must_use]
    pub fn of(offer: Offer, from: Timestamp, until: Timestamp) -> Standing {
        Standing { spans: offer.intervals(from, until), kinds: offer.kinds, sites: offer.sites }
    }

    /// Whether it is for this kind of session at this site.
    #[must_use]
    pub fn is_for(&self, kind: SessionKind, site: &Id) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind)) && (self.sites.is_empty() || self.sites.contains(site))
    }

    /// Until when it goes on without a break from an instant that it covers.
    fn reaches(&self, at: Timestamp) -> Option<Timestamp> {
        let next = self.spans.partition_point(|(_, end)| *end <= at);
        self.spans.get(next).filter(|(start, _)| *start <= at).map(|(_, end)| *end)
    }
}

impl ExpertFacts {
    /// Whether standing offers, one or several that follow each other, cover the whole of an interval for this kind at this site.
    #[must_use]
    pub fn has_offered(&self, kind: SessionKind, site: &Id, start: Timestamp, end: Timestamp) -> bool {
        let mut at = start;
        while at < end {
            let offers = self.standing.iter().filter(|offer| offer.is_for(kind, site));
            let Some(reached) = offers.filter_map(|offer| offer.reaches(at)).max() else { return false };
            at = reached;
        }
        true
    }

    /// The specialty that counts where none is named.
    #[must_use]
    pub fn foremost(&self) -> Option<&Specialty> {
        self.specialties.first()
    }

    /// The home hospital on a day.
    #[must_use]
    pub fn home_on(&self, date: Date) -> Option<&Id> {
        home_hospital_on(&self.affiliations, date)
    }
}

/// What is known of an assistant.
#[derive(Clone, Debug)]
pub struct AssistantFacts {
    /// Where the assistant is stationed.
    pub site: Id,
    /// Last day at the site, where one is known.
    pub end: Option<Date>,
    /// Leave and duty.
    pub absences: Vec<Absence>,
    /// With which expert, at which site and when the assistant is paired.
    pub pairings: Vec<(Id, Id, Days)>,
}

impl AssistantFacts {
    /// Whether the assistant isn't at the site any more on a day.
    #[must_use]
    pub fn has_left(&self, date: Date) -> bool {
        self.end.is_some_and(|end| end < date)
    }

    /// Whether the assistant is away for a while in a half-day.
    #[must_use]
    pub fn is_away(&self, date: Date, half_day: HalfDay) -> bool {
        self.absences.iter().any(|absence| absence.takes(date, Some(half_day)))
    }

    /// Whether the assistant is paired with an expert at a site on a day.
    #[must_use]
    pub fn is_paired_with(&self, expert: &Id, site: &Id, date: Date) -> bool {
        self.pairings.iter().any(|(paired, at, days)| paired == expert && at == site && days.contains(date))
    }
}

/// A session that takes somebody's or something's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The session.
    pub session: Id,
    /// Where.
    pub site: Id,
    /// What it is.
    pub kind: SessionKind,
    /// First instant, without buffers.
    pub start: Timestamp,
    /// First instant after it, without buffers.
    pub end: Timestamp,
    /// Minutes that its people need free before.
    pub before_minutes: i64,
    /// Minutes that its people need free after.
    pub after_minutes: i64,
    /// The interval in which it keeps the resource, as it was taken: buffers, turnover and delays counted. None: it wasn't.
    pub row: Option<(Timestamp, Timestamp)>,
    /// From when on it isn't taken any more; none: it doesn't lapse.
    pub lapses: Option<Timestamp>,
}

impl Busy {
    /// Of a list by start all that can matter to a session in a window, buffers and journeys counted.
    #[must_use]
    pub fn near(list: &[Busy], window: (Timestamp, Timestamp)) -> &[Busy] {
        let (from, until) = reach(window);
        let (first, last) =
            (list.partition_point(|busy| busy.start < from), list.partition_point(|busy| busy.start < until));
        list.get(first..last).unwrap_or_default()
    }

    /// The order of what takes a resource.
    #[must_use]
    pub fn by_start(&self, other: &Busy) -> Ordering {
        (self.start, &self.session).cmp(&(other.start, &other.session))
    }

    /// What a draft takes when it becomes a session.
    #[must_use]
    pub fn of(draft: &SessionDraft) -> Busy {
        Busy {
            session: draft.session.clone(),
            site: draft.site.clone(),
            kind: draft.kind,
            start: draft.start,
            end: draft.end,
            before_minutes: draft.before_minutes,
            after_minutes: draft.after_minutes,
            row: None,
            lapses: None,
        }
    }
}

impl Snapshot {
    /// Takes out what has lapsed by `now`: the one predicate of lapsing, in reads and writes alike.
    pub fn settle(&mut self, now: Timestamp) {
        for busy in self.busy.values_mut() {
            busy.retain(|busy| busy.lapses.is_none_or(|lapses| lapses > now));
        }
        for counted in self.counted.values_mut() {
            counted.retain(|one| one.lapses.is_none_or(|lapses| lapses > now));
        }
        self.now = Some(now);
    }

    /// What is left of an interval of a resource, in order, beside the rows that block.
    #[must_use]
    pub fn left_of(
        &self,
        resource: &Resource,
        (from, until): (Timestamp, Timestamp),
        blocks: impl Fn(&Busy) -> bool,
    ) -> Vec<(Timestamp, Timestamp)> {
        let busy = self.busy.get(resource).into_iter().flatten();
        let mut rows: Vec<_> = busy.filter(|busy| blocks(busy)).filter_map(|busy| busy.row).collect();
        rows.sort_unstable();
        let (mut left, mut from) = (Vec::new(), from);
        for (taken_from, taken_until) in rows {
            if from < taken_from.min(until) {
                left.push((from, taken_from.min(until)));
            }
            from = from.max(taken_until);
        }
        if from < until {
            left.push((from, until));
        }
        left
    }

    /// Where the sessions are that take these resources.
    #[must_use]
    pub fn sites_of<'a>(&'a self, resources: impl IntoIterator<Item = &'a Resource>) -> BTreeSet<&'a Id> {
        let busy = resources.into_iter().filter_map(|resource| self.busy.get(resource)).flatten();
        busy.map(|busy| &busy.site).collect()
    }

    /// The sessions that have lapsed by `now`, or whose proposed move has, and still take rows.
    pub fn lapsed(&self, now: Timestamp) -> impl Iterator<Item = (&Id, &Lapsing)> {
        self.lapsing.iter().filter(move |(_, lapsing)| lapsing.at <= now)
    }

    /// Turns this into the state of things once the draft has become a session: what the next one of a batch is judged in.
    pub fn add(&mut self, draft: &SessionDraft) {
        self.existing.insert(draft.session.clone());
        if let Some(site) = self.sites.get(&draft.site) {
            let date = site.zone.date_of(draft.start);
            for expert in draft.experts() {
                let one = Counted { session: draft.session.clone(), date, lapses: None };
                self.counted.entry(expert.clone()).or_default().push(one);
            }
        }
        for resource in draft.resources() {
            let list = self.busy.entry(resource).or_default();
            let at = list.partition_point(|busy| busy.start <= draft.start);
            list.insert(at, Busy::of(draft));
        }
    }

    /// What takes a resource near an interval: all that can matter to a session in it, buffers and journeys counted.
    #[must_use]
    pub fn near(&self, resource: &Resource, start: Timestamp, end: Timestamp) -> &[Busy] {
        self.busy.get(resource).map_or(&[], |list| Busy::near(list, (start, end)))
    }

    /// The interval that a resource is taken for by a draft, as occupancy has it: people with the session's buffers, a room
    /// with its turnover after. Journeys aren't in it: they depend on what comes next.
    #[must_use]
    pub fn taken(&self, draft: &SessionDraft, resource: &Resource) -> (Timestamp, Timestamp) {
        match resource {
            Resource::Expert(_) | Resource::Assistant(_) => {
                (draft.start.plus_minutes(-draft.before_minutes), draft.end.plus_minutes(draft.after_minutes))
            }
            Resource::Room(site, room) => (draft.start, draft.end.plus_minutes(self.turnover(site, room))),
        }
    }

    /// A room's turnover in minutes.
    #[must_use]
    pub fn turnover(&self, site: &Id, room: &Id) -> i64 {
        self.sites.get(site).and_then(|site| site.room(room)).map_or(0, |room| room.turnover_minutes)
    }
}

//! The search: every (expert, site, kind) is a lane of starts that may do; the earliest start of all lanes is judged next.
//!
//! Lanes leave out only what the predicate refuses for certain: time in which the expert is taken, away or hasn't offered to come, in which
//! the site is closed, and a clinic's that would cross a half-day. Everything else, and all of this once more, the predicate says.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::witness::{Around, Candidates, candidates, taken};
use super::{Grid, Slot, Spans, Wanted, needs_offer};
use crate::kernel::{Date, HalfDay, Id, SessionKind, Timestamp, Zone};
use crate::sessions::SessionDraft;
use crate::sessions::draft::Resource;
use crate::sessions::predicate::{Finding, Lasts, Part, findings_of_day, findings_of_start};
use crate::sessions::snapshot::{SiteFacts, Snapshot};

/// How many lanes a thread that counts takes at once.
const LANES_AT_ONCE: usize = 16;

/// Where a search goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// At this start.
    pub start: Timestamp,
    /// Behind this expert, site and kind; none: from the first on.
    pub after: Option<(Id, Id, SessionKind)>,
}

/// What one step of a search came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A slot.
    Found(Box<Slot>),
    /// A start that doesn't do.
    Passed,
    /// There is nothing more in the window.
    Done,
}

/// Whose session it would be, and where.
#[derive(Clone, Copy)]
struct Place<'a> {
    expert: &'a Id,
    site: &'a Id,
    zone: Zone,
    /// Where the site's candidates stand among all.
    candidates: usize,
}

/// An expert, a site and a kind, and when it may be.
struct Lane<'a> {
    place: Place<'a>,
    kind: SessionKind,
    /// All must have room for the session.
    spans: Vec<usize>,
    grid: usize,
    /// What was judged last, once something was: most of the next one is the same.
    draft: Option<Box<SessionDraft>>,
    /// The last day against which nothing stood.
    clear: Option<Date>,
    /// How many starts of it were looked at; each further try with another assistant or room counts as one more.
    examined: usize,
}

/// What all lanes of a search look at, and none changes.
struct Field<'a> {
    wanted: &'a Wanted,
    snapshot: &'a Snapshot,
    /// Of each site.
    candidates: Vec<Candidates<'a>>,
    spans: Vec<Spans>,
    grids: Vec<Grid>,
}

/// A search over a snapshot, a step at a time.
pub struct Search<'a> {
    field: Field<'a>,
    lanes: Vec<Lane<'a>>,
    /// The next start of each lane that has one; lanes are in the order of slots.
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
    examined: usize,
}

impl<'a> Search<'a> {
    /// Begins a search, or goes on with it.
    #[must_use]
    pub fn new(wanted: &'a Wanted, snapshot: &'a Snapshot, from: Option<&Cursor>) -> Search<'a> {
        let candidates = candidates(snapshot).into_values().collect();
        let mut field = Field { wanted, snapshot, candidates, spans: Vec::new(), grids: Vec::new() };
        let lanes = field.lay();
        let begin = wanted.window.0;
        let start = |lane: &Lane<'_>| field.next_start(lane, from.map_or(begin, |cursor| lane.resumed(cursor)));
        let next = lanes.iter().enumerate().filter_map(|(at, lane)| Some(Reverse((start(lane)?, at)))).collect();
        Search { field, lanes, next, examined: 0 }
    }

    /// How many starts have been looked at; each further try with another assistant or room counts as one more.
    #[must_use]
    pub fn examined(&self) -> usize {
        self.examined
    }

    /// Judges the earliest start that may do.
    pub fn step(&mut self) -> Step {
        let Some(Reverse((start, at))) = self.next.pop() else { return Step::Done };
        let Some(lane) = self.lanes.get_mut(at) else { return Step::Done };
        let (verdict, next) = self.field.visit(lane, start);
        self.examined += std::mem::take(&mut lane.examined);
        self.next.extend(next.map(|start| Reverse((start, at))));
        match (verdict, &lane.draft) {
            (Ok(()), Some(draft)) => {
                Step::Found(Box::new(Slot { draft: SessionDraft::clone(draft), zone: lane.place.zone }))
            }
            (Ok(()) | Err(_), _) => Step::Passed,
        }
    }

    /// Counts the slots that are left, on so many threads: no lane knows of another. None where more than `most` would have to
    /// be examined in all.
    #[must_use]
    pub fn count(self, most: usize, threads: usize) -> Option<usize> {
        let Search { field, lanes, next, examined } = self;
        // Few lanes are done before a second thread has begun.
        let threads = threads.min(next.len() / LANES_AT_ONCE);
        let mut lanes: Vec<_> = lanes.into_iter().map(|lane| (lane, None)).collect();
        for Reverse((start, at)) in next {
            if let Some((_, next)) = lanes.get_mut(at) {
                *next = Some(start);
            }
        }
        let waiting = Mutex::new(lanes.into_iter().filter_map(|(lane, start)| Some((lane, start?))));
        let examined = AtomicUsize::new(examined);
        let work = || {
            let mut found = 0;
            loop {
                let few: Vec<_> = waiting.lock().ok()?.by_ref().take(LANES_AT_ONCE).collect();
                if few.is_empty() {
                    return Some(found);
                }
                for (lane, start) in few {
                    found += field.count(lane, start, &examined, most)?;
                }
            }
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let own = work();
            let found = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            found.chain([own]).sum()
        })
    }

    /// Where it would go on; none when there is nothing more.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        let Reverse((start, at)) = self.next.peek()?;
        let before = at.checked_sub(1).and_then(|before| self.lanes.get(before));
        let after = before.map(|lane| (lane.place.expert.clone(), lane.place.site.clone(), lane.kind));
        Some(Cursor { start: *start, after })
    }
}

impl Lane<'_> {
    /// Not before when it goes on.
    fn resumed(&self, cursor: &Cursor) -> Timestamp {
        let Some((expert, site, kind)) = &cursor.after else { return cursor.start };
        let is_behind = (self.place.expert, self.place.site, self.kind) > (expert, site, *kind);
        if is_behind { cursor.start } else { cursor.start.plus_micros(1) }
    }
}

impl<'a> Field<'a> {
    /// Judges a start of a lane, and says which is its next; what was judged is left in the lane.
    fn visit(&self, lane: &mut Lane<'a>, start: Timestamp) -> (Result<(), Lasts>, Option<Timestamp>) {
        let Some(grid) = self.grids.get(lane.grid) else { return (Err(Lasts::Always), None) };
        let place = lane.place;
        lane.examined += 1;
        let mut draft = lane.draft.take().unwrap_or_else(|| {
            let (expert, site, kind) = (place.expert.clone(), place.site.clone(), lane.kind);
            Box::new(SessionDraft { expert, site, kind, ..self.wanted.template.clone() })
        });
        (draft.start, draft.end) = (start, start.plus_minutes(self.wanted.minutes));
        let verdict = self.judge(lane, grid.date_of(start), &mut draft);
        lane.draft = Some(draft);
        let not_before = match verdict {
            Ok(()) | Err(Lasts::Instant) => Some(start.plus_micros(1)),
            Err(Lasts::Day) => grid.next_day(start),
            Err(Lasts::Always) => None,
        };
        (verdict, not_before.and_then(|not_before| self.next_start(lane, not_before)))
    }

    /// Counts the slots of a lane from a start on; none once more than `most` has been examined in all lanes.
    fn count(&self, mut lane: Lane<'a>, start: Timestamp, examined: &AtomicUsize, most: usize) -> Option<usize> {
        let (mut found, mut next) = (0, Some(start));
        while let Some(start) = next {
            let verdict;
            (verdict, next) = self.visit(&mut lane, start);
            found += usize::from(verdict.is_ok());
            let more = std::mem::take(&mut lane.examined);
            if examined.fetch_add(more, Ordering::Relaxed) + more > most {
                return None;
            }
        }
        Some(found)
    }

    /// The first start of a lane that isn't before an instant, lies on the grid and has room in all of the lane's spans.
    fn next_start(&self, lane: &Lane<'_>, not_before: Timestamp) -> Option<Timestamp> {
        let grid = self.grids.get(lane.grid)?;
        let (mut at, until) = (not_before, self.wanted.window.1);
        loop {
            let start = grid.at_or_after(at);
            if start.plus_minutes(self.wanted.minutes) > until {
                return None;
            }
            at = start;
            for spans in lane.spans.iter().filter_map(|index| self.spans.get(*index)) {
                at = spans.fit(at, self.wanted.minutes)?;
            }
            if at == start {
                return Some(start);
            }
        }
    }

    /// Makes the lanes, in the order of slots.
    fn lay(&mut self) -> Vec<Lane<'a>> {
        let (wanted, snapshot) = (self.wanted, self.snapshot);
        let mut lanes = Vec::new();
        let mut opened: BTreeMap<&Id, (usize, usize)> = BTreeMap::new();
        let mut grids: Vec<(Zone, usize, usize)> = Vec::new();
        for (candidates, (id, site)) in snapshot.sites.iter().enumerate() {
            opened.insert(id, (candidates, self.add(open(id, site))));
            if !grids.iter().any(|(zone, ..)| *zone == site.zone) {
                let halves = self.add(half_days(site.zone, wanted.window));
                self.grids.push(Grid::new(site.zone, wanted.window, wanted.grid_minutes));
                grids.push((site.zone, self.grids.len() - 1, halves));
            }
        }
        for expert in &wanted.experts {
            let free = free(wanted, snapshot, expert);
            let free = self.add(free);
            // Offers for other kinds and sites are other spans; most are for all.
            let mut offered: BTreeMap<Vec<usize>, Option<usize>> = BTreeMap::new();
            for site in &wanted.sites {
                let Some((facts, (candidates, open))) = snapshot.sites.get(site).zip(opened.get(site)) else {
                    continue;
                };
                let Some((zone, grid, halves)) = grids.iter().find(|(zone, ..)| *zone == facts.zone) else { continue };
                let place = Place { expert, site, zone: *zone, candidates: *candidates };
                for kind in &wanted.kinds {
                    let mut spans = vec![free, *open];
                    spans.extend((*kind == SessionKind::Clinic).then_some(*halves));
                    if needs_offer(wanted.purpose) {
                        let Some(facts) = snapshot.experts.get(expert) else { continue };
                        let which: Vec<usize> =
                            (0..facts.standing.len()).filter(|at| facts.standing[*at].is_for(*kind, site)).collect();
                        let known = offered.get(&which).copied();
                        let known = known.unwrap_or_else(|| {
                            let of = which.iter().flat_map(|at| facts.standing[*at].spans.iter().copied());
                            let spans = Spans::new(of.collect());
                            let added = (!spans.is_empty()).then(|| self.add(spans));
                            offered.insert(which, added);
                            added
                        });
                        let Some(index) = known else { continue };
                        spans.push(index);
                    }
                    lanes.push(Lane { place, kind: *kind, spans, grid: *grid, draft: None, clear: None, examined: 0 });
                }
            }
        }
        lanes
    }

    fn add(&mut self, spans: Spans) -> usize {
        self.spans.push(spans);
        self.spans.len() - 1
    }

    /// Finds an assistant and a room with which a draft is a slot, and puts them in; or for how long there is none.
    fn judge(&self, lane: &mut Lane<'a>, date: Date, draft: &mut SessionDraft) -> Result<(), Lasts> {
        let Lane { place, .. } = *lane;
        let Some(candidates) = self.candidates.get(place.candidates) else { return Err(Lasts::Always) };
        let purpose = self.wanted.purpose.judged_for();
        if lane.clear != Some(date) {
            let found = findings_of_day(draft, self.snapshot, purpose);
            found.iter().filter(|finding| finding.refuses()).map(Finding::lasts).max().map_or(Ok(()), Err)?;
            lane.clear = Some(date);
        }
        let SessionDraft { kind, start, end, before_minutes, after_minutes, .. } = *draft;
        let around = Around { start, end, before_minutes, after_minutes };
        let mut assistants = candidates.assistants(kind, place.expert, place.site, date, around);
        let mut rooms = candidates.rooms(kind, around);
        let nothing = Lasts::Instant;
        assist(draft, assistants.next().ok_or(nothing)?);
        draft.room = rooms.next().ok_or(nothing)?.cloned();
        loop {
            let found = findings_of_start(draft, self.snapshot, purpose);
            let of = |part: Part| found.iter().filter(move |finding| finding.refuses() && finding.part() == part);
            // What stands against the slot stands whoever assists and whatever room it is.
            if let Some(longest) = of(Part::Slot).map(Finding::lasts).max() {
                return Err(longest);
            }
            let (no_assistant, no_room) = (of(Part::Assistant).next().is_some(), of(Part::Room).next().is_some());
            if no_assistant {
                assist(draft, assistants.next().ok_or(nothing)?);
            }
            if no_room {
                draft.room = rooms.next().ok_or(nothing)?.cloned();
            }
            if !no_assistant && !no_room {
                return Ok(());
            }
            lane.examined += 1;
        }
    }
}

/// Puts somebody in: an operation's assistant answers for the patients before and after, too.
fn assist(draft: &mut SessionDraft, assistant: Option<&Id>) {
    draft.assistant = assistant.cloned();
    let answers = assistant.filter(|_| draft.kind == SessionKind::Operation);
    (draft.responsible_before, draft.responsible_after) = (answers.cloned(), answers.cloned());
}

/// When an expert, and everybody beside, isn't taken or away, the session's own buffers left out.
fn free(wanted: &Wanted, snapshot: &Snapshot, expert: &Id) -> Spans {
    let SessionDraft { before_minutes, after_minutes, .. } = wanted.template;
    let everybody = || std::iter::once(expert).chain(&wanted.template.co_experts);
    let taken = everybody().flat_map(|id| taken(snapshot, &Resource::Expert(id.clone())).into_inner());
    let padded = taken.map(|(from, until)| (from.plus_minutes(-after_minutes), until.plus_minutes(before_minutes)));
    let away = everybody().filter_map(|id| snapshot.experts.get(id)).flat_map(|facts| &facts.absences);
    Spans::new(padded.chain(away.map(|absence| absence.span())).collect()).gaps(wanted.window)
}

/// When a site isn't closed as a whole.
fn open(id: &Id, site: &SiteFacts) -> Spans {
    let ever = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
    let whole = site.closures.iter().filter(|closure| closure.shuts(id, None));
    let shut = whole.map(|closure| (closure.start, closure.until().unwrap_or(ever.1)));
    Spans::new(shut.collect()).gaps(ever)
}

/// The half-days of a window: a clinic lies in one.
fn half_days(zone: Zone, (from, until): (Timestamp, Timestamp)) -> Spans {
    let last = zone.date_of(until);
    let days = zone.date_of(from).iter_days().take_while(|day| *day <= last);
    let halves = days.flat_map(|day| [HalfDay::Morning, HalfDay::Afternoon].map(|half| zone.bounds(day, half)));
    Spans::apart(halves.collect())
}

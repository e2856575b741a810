//! Who could assist, and which rooms would do: candidates in the order in which they are tried.
use std::collections::BTreeMap;

use super::Spans;
use crate::kernel::{Date, Id, SessionKind};
use crate::sessions::draft::Resource;
use crate::sessions::predicate::{fits, is_among_patients, taken_by};
use crate::sessions::snapshot::{AssistantFacts, Hashed, Snapshot};

/// Somebody or something, and when it is taken.
struct Candidate<'a, T> {
    of: &'a T,
    id: &'a Id,
    taken: Spans,
}

/// Who is stationed at a site, and which rooms it has, each by id.
pub(super) struct Candidates<'a> {
    assistants: Vec<Candidate<'a, AssistantFacts>>,
    /// Who was ever paired with an expert here, by their places among the assistants.
    paired: Hashed<&'a Id, Vec<usize>>,
    rooms: Vec<Candidate<'a, crate::sites::Room>>,
}

/// The candidates of every site of a snapshot, in the order of its sites.
pub(super) fn candidates(snapshot: &Snapshot) -> BTreeMap<&Id, Candidates<'_>> {
    let none = || Candidates { assistants: Vec::new(), paired: Hashed::default(), rooms: Vec::new() };
    let mut all: BTreeMap<&Id, Candidates<'_>> = snapshot.sites.keys().map(|site| (site, none())).collect();
    let mut assistants: Vec<_> = snapshot.assistants.iter().collect();
    assistants.sort_by_key(|(id, _)| *id);
    for (id, facts) in assistants {
        if let Some(site) = all.get_mut(&facts.site) {
            let taken = taken(snapshot, &Resource::Assistant(id.clone()));
            for (expert, ..) in facts.pairings.iter().filter(|(_, at, _)| *at == facts.site) {
                let paired = site.paired.entry(expert).or_default();
                if paired.last() != Some(&site.assistants.len()) {
                    paired.push(site.assistants.len());
                }
            }
            site.assistants.push(Candidate { of: facts, id, taken });
        }
    }
    for (site, facts) in &snapshot.sites {
        let Some(candidates) = all.get_mut(site) else { continue };
        for (id, room) in &facts.rooms {
            let taken = taken(snapshot, &Resource::Room(site.clone(), id.clone()));
            candidates.rooms.push(Candidate { of: room, id, taken });
        }
    }
    all
}

/// When a resource is taken, buffers and turnover counted.
pub(super) fn taken(snapshot: &Snapshot, resource: &Resource) -> Spans {
    let busy = snapshot.busy.get(resource).into_iter().flatten();
    Spans::new(busy.map(|busy| taken_by(busy, snapshot, resource)).collect())
}

/// An interval with the buffers that people need around it, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) start: crate::kernel::Timestamp,
    pub(super) end: crate::kernel::Timestamp,
    pub(super) before_minutes: i64,
    pub(super) after_minutes: i64,
}

impl<'a> Candidates<'a> {
    /// Who is there and may be free to assist, those paired with the expert that day first, then by id; `None` alone where the kind has nobody.
    pub(super) fn assistants(
        &self,
        kind: SessionKind,
        expert: &Id,
        site: &Id,
        date: Date,
        around: Around,
    ) -> impl Iterator<Item = Option<&'a Id>> {
        let (from, until) =
            (around.start.plus_minutes(-around.before_minutes), around.end.plus_minutes(around.after_minutes));
        let wanted = is_among_patients(kind);
        let free = move |one: &&Candidate<'a, AssistantFacts>| {
            wanted && !one.of.has_left(date) && one.taken.leave_free(from, until)
        };
        let is_paired = move |one: &&Candidate<'a, AssistantFacts>| one.of.is_paired_with(expert, site, date);
        let known = self.paired.get(expert).into_iter().flatten().filter_map(|at| self.assistants.get(*at));
        let paired = known.filter(free).filter(is_paired);
        let others = self.assistants.iter().filter(free).filter(move |one| !is_paired(one));
        let nobody = (!wanted).then_some(None);
        nobody.into_iter().chain(paired.chain(others).map(|one| Some(one.id)))
    }

    /// Which rooms of the right kind may be free, by id; `None` alone where the site has none such.
    pub(super) fn rooms(&self, kind: SessionKind, around: Around) -> impl Iterator<Item = Option<&'a Id>> {
        let suits = move |room: &&Candidate<'a, crate::sites::Room>| room.of.kinds.iter().any(|it| fits(kind, *it));
        let free = move |room: &&Candidate<'a, crate::sites::Room>| {
            room.taken.leave_free(around.start, around.end.plus_minutes(room.of.turnover_minutes))
        };
        let nothing = (!self.rooms.iter().any(|room| suits(&room))).then_some(None);
        nothing.into_iter().chain(self.rooms.iter().filter(suits).filter(free).map(|room| Some(room.id)))
    }
}

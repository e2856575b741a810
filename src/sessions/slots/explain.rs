//! What stands against a session, and what would do instead.
use super::{ALTERNATIVE_MINUTES, Search, Slot, SlotPurpose, Step, Wanted};
use crate::kernel::{Id, SessionKind};
use crate::sessions::SessionDraft;
use crate::sessions::predicate::{Finding, Part, findings};
use crate::sessions::snapshot::Snapshot;

/// The most alternatives of a sort.
const MOST: usize = 5;

/// Why a session can't be, and what could.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Everything that was found, what refuses and what doesn't.
    pub findings: Vec<Finding>,
    /// The last slot before it.
    pub before: Option<Slot>,
    /// The first slot after it.
    pub after: Option<Slot>,
    /// Other assistants against whom nothing stands.
    pub assistants: Vec<Id>,
    /// Other rooms against which nothing stands.
    pub rooms: Vec<Id>,
}

/// Explains a draft that names only what the snapshot knows; the snapshot reaches [`ALTERNATIVE_MINUTES`] to either side and has all
/// assistants of the site.
#[must_use]
pub fn explain(draft: &SessionDraft, snapshot: &Snapshot, purpose: SlotPurpose, grid_minutes: i64) -> Explanation {
    let found = findings(draft, snapshot, purpose.judged_for());
    let (before, after) = beside(draft, snapshot, purpose, grid_minutes);
    let blames = |draft: &SessionDraft, part: Part| {
        let found = findings(draft, snapshot, purpose.judged_for());
        found.iter().any(|finding| finding.refuses() && finding.part() == part)
    };
    let with_assistant = |id: &Id| {
        let mut other = SessionDraft { assistant: Some(id.clone()), ..draft.clone() };
        if draft.kind == SessionKind::Operation {
            (other.responsible_before, other.responsible_after) = (Some(id.clone()), Some(id.clone()));
        }
        other
    };
    let stationed = snapshot.assistants.iter().filter(|(_, facts)| facts.site == draft.site).map(|(id, _)| id);
    let mut others: Vec<&Id> = stationed.filter(|id| draft.assistant.as_ref() != Some(*id)).collect();
    others.sort();
    let others = others.into_iter();
    let assistants = others.filter(|id| !blames(&with_assistant(id), Part::Assistant)).take(MOST).cloned().collect();
    let site = snapshot.sites.get(&draft.site);
    let rooms = site.into_iter().flat_map(|site| site.rooms.keys()).filter(|id| draft.room.as_ref() != Some(*id));
    let in_room = |id: &Id| SessionDraft { room: Some(id.clone()), ..draft.clone() };
    let rooms = rooms.filter(|id| !blames(&in_room(id), Part::Room)).take(MOST).cloned().collect();
    Explanation { findings: found, before, after, assistants, rooms }
}

/// The last slot before a draft's start and the first one after.
fn beside(
    draft: &SessionDraft,
    snapshot: &Snapshot,
    purpose: SlotPurpose,
    grid_minutes: i64,
) -> (Option<Slot>, Option<Slot>) {
    let minutes = draft.end.minutes_since(draft.start);
    let wanted = Wanted {
        purpose,
        // What was said of one time isn't said of another.
        template: SessionDraft { consents: Vec::new(), ..draft.clone() },
        experts: vec![draft.expert.clone()],
        sites: vec![draft.site.clone()],
        kinds: vec![draft.kind],
        window: (draft.start.plus_minutes(-ALTERNATIVE_MINUTES), draft.end.plus_minutes(ALTERNATIVE_MINUTES)),
        grid_minutes,
        minutes,
    };
    let mut search = Search::new(&wanted, snapshot, None);
    let mut before = None;
    loop {
        match search.step() {
            Step::Found(slot) if slot.draft.start < draft.start => before = Some(*slot),
            Step::Found(slot) if slot.draft.start > draft.start => return (before, Some(*slot)),
            Step::Found(_) | Step::Passed => {}
            Step::Done => return (before, None),
        }
    }
}

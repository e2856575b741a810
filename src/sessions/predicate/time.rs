//! Time: nobody and nothing in two sessions at once, journeys and turnover counted, and a clinic within its half-day.
use super::{Case, Concern, Finding, Irregularity};
use crate::kernel::{SessionKind, Timestamp, Zone};
use crate::sessions::draft::{Resource, SessionDraft, half_days};
use crate::sessions::snapshot::{Busy, Snapshot};

/// Whether a clinic lies in one half-day.
pub(super) fn of_kind(case: &Case<'_>, found: &mut Vec<Finding>) {
    if case.draft.kind == SessionKind::Clinic && case.half_days.len() > 1 {
        found.push(Finding::new(Irregularity::CrossesHalfDay, "end_time", Vec::new()));
    }
}

/// Whether somebody or something is in two sessions at once, or can't get from one to the other.
pub(super) fn of_resources(case: &Case<'_>, found: &mut Vec<Finding>) {
    for resource in case.draft.resources() {
        of_resource(case.draft, case.snapshot, &resource, case.site.zone, found);
    }
}

fn of_resource(draft: &SessionDraft, snapshot: &Snapshot, resource: &Resource, zone: Zone, found: &mut Vec<Finding>) {
    let near = snapshot.near(resource, draft.start, draft.end);
    if near.is_empty() {
        return;
    }
    let own = Busy::of(draft);
    for busy in near.iter().filter(|busy| busy.session != draft.session) {
        let earlier_is_own = (own.start, &own.session) < (busy.start, &busy.session);
        let (a, b) = if earlier_is_own { (&own, busy) } else { (busy, &own) };
        let Some(irregularity) = conflict(a, b, snapshot, resource, zone) else { continue };
        let (field, key, id) = match resource {
            Resource::Expert(id) if *id == draft.expert => ("expert", "expert", id),
            Resource::Expert(id) => ("co_experts", "expert", id),
            Resource::Assistant(id) => ("assistant", "assistant", id),
            Resource::Room(_, id) => ("room", "room", id),
        };
        let (_, until) = taken_by(busy, snapshot, resource);
        // One finding says it: a day on which a record overlaps hundreds of others is no hundred findings.
        let known = (key, Concern::from(id));
        if found.iter().any(|one| one.irregularity == irregularity && one.concerns.first() == Some(&known)) {
            continue;
        }
        let whom = vec![known, ("session", Concern::from(&busy.session)), ("until", until.into())];
        found.push(Finding::new(irregularity, field, whom).until(Some(until)));
    }
}

/// What stands between two sessions of one resource, `a` the one that starts first: start(b) - end(a) must be at least after(a)
/// + travel(a → b) + before(b), for a room its turnover.
fn conflict(a: &Busy, b: &Busy, snapshot: &Snapshot, resource: &Resource, zone: Zone) -> Option<Irregularity> {
    let overlap = match resource {
        Resource::Expert(_) => Irregularity::OverlapExpert,
        Resource::Assistant(_) => Irregularity::OverlapAssistant,
        Resource::Room(..) => Irregularity::OverlapRoom,
    };
    let (_, taken_until) = taken_by(a, snapshot, resource);
    let (taken_from, _) = taken_by(b, snapshot, resource);
    if taken_from < taken_until {
        return Some(overlap);
    }
    let by_wire = |one: &Busy| one.kind == SessionKind::RemoteConsultation && matches!(resource, Resource::Expert(_));
    if !resource.is_person() || a.site == b.site || by_wire(a) || by_wire(b) {
        return None;
    }
    match snapshot.travel.get(&(a.site.clone(), b.site.clone())) {
        Some(minutes) if taken_from < taken_until.plus_minutes(*minutes) => Some(Irregularity::TravelTooShort),
        Some(_) => None,
        None if share_a_day(a, b, zone) => Some(Irregularity::TravelUnknown),
        None => None,
    }
}

/// What a session takes of a resource's time, as [`Snapshot::taken`] has it for drafts.
pub(in crate::sessions) fn taken_by(busy: &Busy, snapshot: &Snapshot, resource: &Resource) -> (Timestamp, Timestamp) {
    match resource {
        Resource::Expert(_) | Resource::Assistant(_) => {
            (busy.start.plus_minutes(-busy.before_minutes), busy.end.plus_minutes(busy.after_minutes))
        }
        // As it was booked: a turnover that is changed later moves nobody.
        Resource::Room(site, room) => {
            let until = busy.row.map_or_else(
                || busy.end.plus_minutes(snapshot.turnover(site, room)),
                // A delay is cut off where the room is another's already; it lasts all the same.
                |(_, until)| until.max(busy.end),
            );
            (busy.start, until)
        }
    }
}

/// Whether two sessions touch one civil day.
fn share_a_day(a: &Busy, b: &Busy, zone: Zone) -> bool {
    let last = half_days(zone, a.start, a.end).last().map(|(date, _)| *date);
    last >= Some(zone.date_of(b.start))
}

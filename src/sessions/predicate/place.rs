//! The site and its room: licensed, open, and of the right kind.
use super::{Case, Concern, Finding, Irregularity};
use crate::kernel::SessionKind;
use crate::sessions::snapshot::ExpertFacts;
use crate::sites::{Closure, RoomKind, covered};

/// Whether the site is licensed for the specialty, where it must be.
pub(super) fn of_licence(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Case { draft, snapshot, site, .. } = *case;
    let expert = snapshot.experts.get(&draft.expert);
    if let Some(specialty) = draft.specialty.as_ref().or(expert.and_then(ExpertFacts::foremost))
        && needs_licence(draft.kind)
        && !covered(&site.licensed, specialty)
    {
        let whom = vec![("site", Concern::from(&draft.site)), ("specialty", specialty.into())];
        found.push(Finding::new(Irregularity::SiteNotLicensed, "site", whom));
    }
}

/// Whether the site and the room are open, and the room is one for the kind.
pub(super) fn of_rooms(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Case { draft, site, .. } = *case;
    let whom = || vec![("site", Concern::from(&draft.site))];
    let shuts = |closure: &&Closure| {
        closure.overlaps(draft.start, draft.end) && closure.shuts(&draft.site, draft.room.as_ref())
    };
    let shutting = |of_room: bool| site.closures.iter().filter(shuts).find(|it| it.room.is_some() == of_room);
    // A closed site closes its rooms: one finding says it.
    let closed = shutting(false).map(|closure| ("site", closure)).or(shutting(true).map(|closure| ("room", closure)));
    if let Some((field, closure)) = closed {
        let mut whom = whom();
        whom.extend(closure.room.as_ref().map(|room| ("room", room.into())));
        whom.extend(closure.until().map(|until| ("until", until.into())));
        found.push(Finding::new(Irregularity::SiteClosed, field, whom).until(closure.until()));
    }
    if let Some(room) = draft.room.as_ref().and_then(|id| site.room(id))
        && !room.kinds.iter().any(|kind| fits(draft.kind, *kind))
    {
        let mut whom = whom();
        whom.push(("room", Concern::from(&room.id)));
        found.push(Finding::new(Irregularity::RoomKindUnfit, "room", whom));
    }
}

/// Whether the site's licence must cover the specialty: wherever patients are treated at the site itself. A free clinic may
/// be on a village square; its notice is its basis.
#[must_use]
pub const fn needs_licence(kind: SessionKind) -> bool {
    match kind {
        SessionKind::Clinic
        | SessionKind::Operation
        | SessionKind::OutConsultation
        | SessionKind::WardRound
        | SessionKind::RemoteConsultation => true,
        SessionKind::Teaching | SessionKind::Lecture | SessionKind::CaseConference | SessionKind::FreeClinic => false,
    }
}

/// Whether a room of this kind is one for a session of that kind.
#[must_use]
pub const fn fits(kind: SessionKind, room: RoomKind) -> bool {
    match kind {
        SessionKind::Clinic => matches!(room, RoomKind::Clinic),
        SessionKind::Operation => matches!(room, RoomKind::Operating),
        SessionKind::OutConsultation => matches!(room, RoomKind::Ward | RoomKind::Clinic | RoomKind::Operating),
        SessionKind::WardRound => matches!(room, RoomKind::Ward),
        SessionKind::Lecture => matches!(room, RoomKind::Lecture),
        SessionKind::CaseConference => matches!(room, RoomKind::Lecture | RoomKind::Ward | RoomKind::Telemedicine),
        SessionKind::RemoteConsultation => matches!(room, RoomKind::Telemedicine),
        // Bedside or bench; and a free clinic takes what there is.
        SessionKind::Teaching | SessionKind::FreeClinic => true,
    }
}

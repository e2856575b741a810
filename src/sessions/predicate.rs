//! The one predicate: what stands against a draft in a snapshot. Planning, recording, and later finding, checking and
//! explaining ask this function and no other, so that they can't disagree.
//!
//! Pure. Whether a finding refuses (plans) or is listed (records) is the caller's to say; what a draft names must be in the snapshot,
//! see [`unknown`].
use crate::kernel::{Error, Id, Reason, Refusal, SessionKind, Timestamp, Violation, Zone, vocabulary};
use crate::sites::{RoomKind, covered};

use super::draft::{ExpertConsent, Resource, SessionDraft, half_days};
use super::snapshot::{Basis, Busy, ExpertFacts, SiteFacts, Snapshot};

vocabulary! {
    /// What was missing or broken in a session that was held.
    pub enum Irregularity: "Irregularity" {
        /// No consent of the expert is on record.
        NoConsent = 1 => "NO_CONSENT",
        /// No assistant was there.
        NoAssistant = 2 => "NO_ASSISTANT",
        /// The expert was in another session at the time.
        OverlapExpert = 3 => "OVERLAP_EXPERT",
        /// The assistant was in another session at the time.
        OverlapAssistant = 4 => "OVERLAP_ASSISTANT",
        /// The room had another session at the time.
        OverlapRoom = 5 => "OVERLAP_ROOM",
        /// The expert wasn't on the roster that day.
        NotOnRoster = 6 => "NOT_ON_ROSTER",
        /// The expert had paused.
        ExpertPaused = 7 => "EXPERT_PAUSED",
        /// The site wasn't licensed for the specialty.
        SiteNotLicensed = 8 => "SITE_NOT_LICENSED",
        /// The site was closed.
        SiteClosed = 9 => "SITE_CLOSED",
        /// The room isn't one for this kind of session.
        RoomKindUnfit = 10 => "ROOM_KIND_UNFIT",
        /// The assistant wasn't paired with the expert that day.
        NoPairing = 11 => "NO_PAIRING",
        /// The assistant was on leave.
        AssistantOnLeave = 12 => "ASSISTANT_ON_LEAVE",
        /// A clinic reached over 13:00 or midnight.
        CrossesHalfDay = 13 => "CROSSES_HALF_DAY",
        /// An operation named no local physician before or after it.
        NoResponsiblePhysician = 14 => "NO_RESPONSIBLE_PHYSICIAN",
        /// The time between two sessions of a person was shorter than the journey.
        TravelTooShort = 15 => "TRAVEL_TOO_SHORT",
        /// The journey between two sessions of a person on one day isn't known.
        TravelUnknown = 16 => "TRAVEL_UNKNOWN",
    }
}

/// Whether a rule can ever be set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleClass {
    /// For patients' safety: never.
    Safety,
    /// The expert's yes: never.
    Consent,
    /// Planning: by a role, with a reason, once overriding exists.
    Planning,
}

impl Irregularity {
    /// Why a plan with this finding is refused; none: it doesn't refuse a plan, it is listed only.
    #[must_use]
    pub const fn refusal(self) -> Option<Reason> {
        match self {
            Irregularity::NoConsent => Some(Reason::ConsentRequired),
            Irregularity::OverlapExpert => Some(Reason::ExpertOccupied),
            Irregularity::OverlapAssistant => Some(Reason::AssistantOccupied),
            Irregularity::OverlapRoom => Some(Reason::RoomOccupied),
            Irregularity::NotOnRoster => Some(Reason::NotOnRoster),
            Irregularity::ExpertPaused => Some(Reason::ExpertPaused),
            Irregularity::SiteNotLicensed => Some(Reason::SiteNotLicensed),
            Irregularity::SiteClosed => Some(Reason::SiteClosed),
            Irregularity::RoomKindUnfit => Some(Reason::RoomKindUnfit),
            Irregularity::AssistantOnLeave => Some(Reason::AssistantOnLeave),
            Irregularity::CrossesHalfDay => Some(Reason::CrossesHalfDay),
            Irregularity::NoResponsiblePhysician => Some(Reason::ResponsiblePhysicianRequired),
            Irregularity::TravelTooShort => Some(Reason::TravelTooShort),
            Irregularity::TravelUnknown => Some(Reason::TravelUnknown),
            Irregularity::NoAssistant | Irregularity::NoPairing => None,
        }
    }

    /// Whether the rule behind it can ever be set aside.
    #[must_use]
    pub const fn class(self) -> RuleClass {
        match self {
            Irregularity::NoConsent | Irregularity::ExpertPaused => RuleClass::Consent,
            Irregularity::SiteNotLicensed | Irregularity::NoResponsiblePhysician | Irregularity::RoomKindUnfit => {
                RuleClass::Safety
            }
            Irregularity::NoAssistant
            | Irregularity::OverlapExpert
            | Irregularity::OverlapAssistant
            | Irregularity::OverlapRoom
            | Irregularity::NotOnRoster
            | Irregularity::SiteClosed
            | Irregularity::NoPairing
            | Irregularity::AssistantOnLeave
            | Irregularity::CrossesHalfDay
            | Irregularity::TravelTooShort
            | Irregularity::TravelUnknown => RuleClass::Planning,
        }
    }
}

/// One thing that stands against a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub irregularity: Irregularity,
    /// The draft's field that it concerns.
    pub field: &'static str,
    /// Who or what it concerns: metadata of the refusal, ids as they stand in names.
    pub concerns: Vec<(&'static str, String)>,
}

/// A resource that a draft names and nobody knows, as its name's tail such as `sites/zhuzhou`.
#[must_use]
pub fn unknown(draft: &SessionDraft, snapshot: &Snapshot) -> Option<String> {
    let Some(site) = snapshot.sites.get(&draft.site) else { return Some(format!("sites/{}", draft.site)) };
    let expert = unknown_expert(draft, snapshot);
    let assistant = || draft.assistants().into_iter().find(|id| !snapshot.assistants.contains_key(id));
    let room = || draft.room.as_ref().filter(|id| site.room(id).is_none());
    expert
        .or_else(|| assistant().map(|id| format!("assistants/{id}")))
        .or_else(|| room().map(|id| format!("sites/{}/rooms/{id}", draft.site)))
}

/// An expert whom a draft names and nobody knows, as its name's tail.
#[must_use]
pub fn unknown_expert(draft: &SessionDraft, snapshot: &Snapshot) -> Option<String> {
    draft.experts().find(|id| !snapshot.experts.contains_key(id)).map(|id| format!("experts/{id}"))
}

/// Everything that stands against a draft, the rule first that says most: consent, people, place, papers, then time.
///
/// Nothing is found about what the snapshot doesn't know: ask [`unknown`] first.
#[must_use]
pub fn findings(draft: &SessionDraft, snapshot: &Snapshot, basis: Basis) -> Vec<Finding> {
    let Some(site) = snapshot.sites.get(&draft.site) else { return Vec::new() };
    let mut found = Vec::new();
    of_consent(draft, &mut found);
    of_experts(draft, snapshot, site, basis, &mut found);
    of_site(draft, snapshot, site, &mut found);
    of_assistant(draft, snapshot, site, &mut found);
    of_kind(draft, site, &mut found);
    for resource in draft.resources() {
        of_time(draft, snapshot, &resource, site.zone, &mut found);
    }
    found
}

/// The refusal that a plan's findings come to: the first decides its reason, all are violations. None: nothing refuses it.
#[must_use]
pub fn refusal(found: &[Finding]) -> Option<Refusal> {
    let refusing: Vec<(&Finding, Reason)> =
        found.iter().filter_map(|finding| Some((finding, finding.irregularity.refusal()?))).collect();
    let (first, reason) = refusing.first()?;
    let violations = refusing.iter().map(|(finding, reason)| Violation {
        field: format!("session.{}", finding.field),
        reason: *reason,
        description: finding.text(),
    });
    Some(Refusal {
        reason: *reason,
        message: first.text(),
        metadata: first.concerns.clone(),
        violations: violations.collect(),
    })
}

impl Finding {
    fn new(irregularity: Irregularity, field: &'static str, concerns: Vec<(&'static str, String)>) -> Finding {
        Finding { irregularity, field, concerns }
    }

    /// A sentence for people.
    #[must_use]
    pub fn text(&self) -> String {
        let what = match self.irregularity {
            Irregularity::NoConsent => "the expert's yes, heard before the session, is missing",
            Irregularity::NoAssistant => "no assistant is named",
            Irregularity::OverlapExpert => "the expert is in another session, buffers counted",
            Irregularity::OverlapAssistant => "the assistant is in another session, buffers counted",
            Irregularity::OverlapRoom => "the room has another session, turnover counted",
            Irregularity::NotOnRoster => "the expert isn't on the roster that day",
            Irregularity::ExpertPaused => "the expert has paused",
            Irregularity::SiteNotLicensed => "the site isn't licensed for the specialty",
            Irregularity::SiteClosed => "the site or the room is closed",
            Irregularity::RoomKindUnfit => "the room isn't one for this kind of session",
            Irregularity::NoPairing => "the assistant isn't paired with the expert that day",
            Irregularity::AssistantOnLeave => "the assistant is away",
            Irregularity::CrossesHalfDay => "a clinic must lie within one half-day, divided at 13:00",
            Irregularity::NoResponsiblePhysician => "an operation names the local physicians before and after it",
            Irregularity::TravelTooShort => "the time to another session is shorter than the journey",
            Irregularity::TravelUnknown => "the journey to another session that day isn't known",
        };
        let whom: Vec<_> = self.concerns.iter().map(|(key, value)| format!("{key} {value}")).collect();
        if whom.is_empty() { what.to_owned() } else { format!("{what} ({})", whom.join(", ")) }
    }

    /// Who or what it concerns, as the tail of a resource name.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        const COLLECTIONS: [(&str, &str); 4] =
            [("session", "sessions"), ("assistant", "assistants"), ("expert", "experts"), ("site", "sites")];
        let tail = |(key, collection): (&str, &str)| {
            let (_, id) = self.concerns.iter().find(|(name, _)| *name == key)?;
            Some(format!("{collection}/{id}"))
        };
        COLLECTIONS.into_iter().find_map(tail)
    }
}

fn of_consent(draft: &SessionDraft, found: &mut Vec<Finding>) {
    for (at, expert) in draft.experts().enumerate() {
        let heard_before = |given: &ExpertConsent| given.expert == *expert && given.consent.heard_time <= draft.start;
        if !draft.consents.iter().any(heard_before) {
            let field = if at == 0 { "consent" } else { "co_experts" };
            found.push(Finding::new(Irregularity::NoConsent, field, vec![("expert", expert.to_string())]));
        }
    }
}

fn of_experts(draft: &SessionDraft, snapshot: &Snapshot, site: &SiteFacts, basis: Basis, found: &mut Vec<Finding>) {
    let date = site.zone.date_of(draft.start);
    for (at, id) in draft.experts().enumerate() {
        let Some(expert) = snapshot.experts.get(id) else { continue };
        let field = if at == 0 { "expert" } else { "co_experts" };
        let whom = vec![("expert", id.to_string()), ("date", date.to_string())];
        if !expert.roster.on_roster(date) {
            found.push(Finding::new(Irregularity::NotOnRoster, field, whom));
        } else if basis == Basis::Plan && !expert.roster.plannable_on(date) {
            // Since when somebody has paused isn't known, so a record of the past isn't measured by it.
            found.push(Finding::new(Irregularity::ExpertPaused, field, whom));
        }
    }
}

fn of_site(draft: &SessionDraft, snapshot: &Snapshot, site: &SiteFacts, found: &mut Vec<Finding>) {
    let whom = || vec![("site", draft.site.to_string())];
    let expert = snapshot.experts.get(&draft.expert);
    if let Some(specialty) = draft.specialty.as_ref().or(expert.and_then(ExpertFacts::foremost))
        && needs_licence(draft.kind)
        && !covered(&site.licensed, specialty)
    {
        let mut whom = whom();
        whom.push(("specialty", specialty.to_string()));
        found.push(Finding::new(Irregularity::SiteNotLicensed, "site", whom));
    }
    let shut = |closure: &&crate::sites::Closure| {
        closure.overlaps(draft.start, draft.end) && closure.shuts(&draft.site, draft.room.as_ref())
    };
    if let Some(closure) = site.closures.iter().find(shut) {
        let mut whom = whom();
        whom.extend(closure.until().map(|until| ("until", until.to_string())));
        found.push(Finding::new(Irregularity::SiteClosed, "site", whom));
    }
    if let Some(room) = draft.room.as_ref().and_then(|id| site.room(id))
        && !room.kinds.iter().any(|kind| fits(draft.kind, *kind))
    {
        let mut whom = whom();
        whom.push(("room", room.id.to_string()));
        found.push(Finding::new(Irregularity::RoomKindUnfit, "room", whom));
    }
}

fn of_assistant(draft: &SessionDraft, snapshot: &Snapshot, site: &SiteFacts, found: &mut Vec<Finding>) {
    let Some(id) = &draft.assistant else {
        if is_among_patients(draft.kind) {
            found.push(Finding::new(Irregularity::NoAssistant, "assistant", Vec::new()));
        }
        return;
    };
    let Some(assistant) = snapshot.assistants.get(id) else { return };
    let whom = |date: String| vec![("assistant", id.to_string()), ("date", date)];
    let half_days = draft.half_days(site.zone);
    if let Some((date, _)) = half_days.iter().find(|(date, half)| assistant.is_away(*date, *half)) {
        found.push(Finding::new(Irregularity::AssistantOnLeave, "assistant", whom(date.to_string())));
    }
    let date = site.zone.date_of(draft.start);
    if !assistant.is_paired_with(&draft.expert, date) {
        found.push(Finding::new(Irregularity::NoPairing, "assistant", whom(date.to_string())));
    }
}

fn of_kind(draft: &SessionDraft, site: &SiteFacts, found: &mut Vec<Finding>) {
    if draft.kind == SessionKind::Clinic && half_days(site.zone, draft.start, draft.end).len() > 1 {
        found.push(Finding::new(Irregularity::CrossesHalfDay, "end_time", Vec::new()));
    }
    if draft.kind == SessionKind::Operation {
        let fields =
            [("responsible_before", &draft.responsible_before), ("responsible_after", &draft.responsible_after)];
        for (field, _) in fields.into_iter().filter(|(_, physician)| physician.is_none()) {
            found.push(Finding::new(Irregularity::NoResponsiblePhysician, field, Vec::new()));
        }
    }
}

/// Whether somebody or something is in two sessions at once, or can't get from one to the other.
fn of_time(draft: &SessionDraft, snapshot: &Snapshot, resource: &Resource, zone: Zone, found: &mut Vec<Finding>) {
    let own = Busy::of(draft);
    for busy in snapshot.busy.get(resource).into_iter().flatten().filter(|busy| busy.session != draft.session) {
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
        let known = (key, id.to_string());
        if found.iter().any(|one| one.irregularity == irregularity && one.concerns.first() == Some(&known)) {
            continue;
        }
        let whom = vec![known, ("session", busy.session.to_string()), ("until", until.to_string())];
        found.push(Finding::new(irregularity, field, whom));
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
fn taken_by(busy: &Busy, snapshot: &Snapshot, resource: &Resource) -> (Timestamp, Timestamp) {
    match resource {
        Resource::Expert(_) | Resource::Assistant(_) => {
            (busy.start.plus_minutes(-busy.before_minutes), busy.end.plus_minutes(busy.after_minutes))
        }
        // As it was booked: a turnover that is changed later moves nobody.
        Resource::Room(site, room) => {
            let until = busy.room_until.unwrap_or_else(|| busy.end.plus_minutes(snapshot.turnover(site, room)));
            (busy.start, until)
        }
    }
}

/// Whether two sessions touch one civil day.
fn share_a_day(a: &Busy, b: &Busy, zone: Zone) -> bool {
    let last = half_days(zone, a.start, a.end).last().map(|(date, _)| *date);
    last >= Some(zone.date_of(b.start))
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

/// Whether the expert works among patients of the site, so that an assistant belongs to it.
#[must_use]
pub const fn is_among_patients(kind: SessionKind) -> bool {
    match kind {
        SessionKind::Clinic
        | SessionKind::Operation
        | SessionKind::OutConsultation
        | SessionKind::WardRound
        | SessionKind::FreeClinic => true,
        SessionKind::Teaching
        | SessionKind::Lecture
        | SessionKind::CaseConference
        | SessionKind::RemoteConsultation => false,
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

/// The error of a draft that names something that nobody knows.
#[must_use]
pub fn not_found(programme: &Id, tail: &str) -> Error {
    Error::not_found(format!("programmes/{programme}/{tail}"))
}

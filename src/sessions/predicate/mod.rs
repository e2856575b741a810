//! The one predicate: what stands against a draft in a snapshot. Planning, recording, finding, checking and explaining ask this
//! function and no other, so that they can't disagree.
//!
//! Pure. Whether a finding refuses (plans) or is listed (records) is the caller's to say; what a draft names must be in the snapshot,
//! see [`unknown`].
use crate::kernel::{Date, Error, HalfDay, Id, Reason, Refusal, Timestamp, Violation};

use super::draft::SessionDraft;
use super::snapshot::{ExpertFacts, SiteFacts, Snapshot};
use super::{Purpose, Urgency};

mod charter;
mod concern;
mod consent;
mod irregularity;
mod papers;
mod people;
mod place;
mod time;

pub use concern::Concern;
pub use irregularity::{Irregularity, Lasts, RuleClass};
pub use people::is_among_patients;
pub use place::{fits, needs_licence};
pub(super) use time::taken_by;

/// One thing that stands against a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub irregularity: Irregularity,
    /// The draft's field that it concerns.
    pub field: &'static str,
    /// Who or what it concerns: metadata of the refusal, ids as they stand in names.
    pub concerns: Vec<(&'static str, Concern)>,
    /// Until when it goes on, where that is known.
    pub until: Option<Timestamp>,
    /// A paper that an emergency may hand in afterwards: it is listed, and refuses nothing.
    pub is_due: bool,
}

/// Which part of a draft a finding is about: what could be exchanged to be rid of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The expert, the site, the kind or the time.
    Slot,
    /// The assistant, or another local physician.
    Assistant,
    /// The room.
    Room,
}

/// What is judged: a draft in a snapshot, with what its site makes of its time.
#[derive(Clone, Copy)]
struct Case<'a> {
    draft: &'a SessionDraft,
    snapshot: &'a Snapshot,
    site: &'a SiteFacts,
    purpose: Purpose,
    /// The civil day of its start.
    date: Date,
    /// The half-days that it touches, in order.
    half_days: &'a [(Date, HalfDay)],
}

impl<'a> Case<'a> {
    /// Its experts, as far as they are known, and the draft's field that names each.
    fn experts(&self) -> impl Iterator<Item = (&'static str, &'a Id, &'a ExpertFacts)> {
        let snapshot = self.snapshot;
        let known = |(at, id): (usize, &'a Id)| {
            Some((if at == 0 { "expert" } else { "co_experts" }, id, snapshot.experts.get(id)?))
        };
        self.draft.experts().enumerate().filter_map(known)
    }
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
/// Nothing is found about what the snapshot doesn't know: ask [`unknown`] first. What is found about the assistant doesn't depend on
/// the room, nor the other way, nor the rest on either (see [`Finding::part`]): a search may exchange them one by one.
#[must_use]
pub fn findings(draft: &SessionDraft, snapshot: &Snapshot, purpose: Purpose) -> Vec<Finding> {
    found_by(&[of_word, of_day, of_time], draft, snapshot, purpose)
}

/// Those of [`findings`] that are the same for every start of a civil day at the site, whoever assists and in whatever room: a search
/// asks them once a day.
#[must_use]
pub fn findings_of_day(draft: &SessionDraft, snapshot: &Snapshot, purpose: Purpose) -> Vec<Finding> {
    found_by(&[of_day], draft, snapshot, purpose)
}

/// Those of [`findings`] that [`findings_of_day`] leaves.
#[must_use]
pub fn findings_of_start(draft: &SessionDraft, snapshot: &Snapshot, purpose: Purpose) -> Vec<Finding> {
    found_by(&[of_word, of_time], draft, snapshot, purpose)
}

/// A part of the rules.
type Rules = fn(&Case<'_>, &mut Vec<Finding>);

fn found_by(rules: &[Rules], draft: &SessionDraft, snapshot: &Snapshot, purpose: Purpose) -> Vec<Finding> {
    let Some(site) = snapshot.sites.get(&draft.site) else { return Vec::new() };
    let half_days = draft.half_days(site.zone);
    let Some((date, _)) = half_days.first().copied() else { return Vec::new() };
    let case = Case { draft, snapshot, site, purpose, date, half_days: &half_days };
    let mut found = Vec::new();
    for rule in rules {
        rule(&case, &mut found);
    }
    let may_be_due = purpose.is_start() && draft.urgency == Urgency::Emergency;
    for finding in &mut found {
        finding.is_due = may_be_due && finding.irregularity.is_paper();
    }
    found
}

/// What the experts have said: to this session, and in their charters.
fn of_word(case: &Case<'_>, found: &mut Vec<Finding>) {
    if !case.purpose.is_start() {
        consent::of(case, found);
        charter::of(case, found);
    }
}

/// The roster, the papers and the site's licence: whoever is there on a day, is there the whole day.
fn of_day(case: &Case<'_>, found: &mut Vec<Finding>) {
    if !case.purpose.is_start() {
        people::of_experts(case, found);
    }
    papers::of(case, found);
    place::of_licence(case, found);
}

/// The room, those who assist, and everybody's time.
fn of_time(case: &Case<'_>, found: &mut Vec<Finding>) {
    if !case.purpose.is_start() {
        place::of_rooms(case, found);
        people::of_assistants(case, found);
        time::of_kind(case, found);
        time::of_resources(case, found);
    }
}

/// The refusal that a plan's findings come to: the first decides its reason, all are violations. None: nothing refuses it.
#[must_use]
pub fn refusal(found: &[Finding]) -> Option<Refusal> {
    let refusing: Vec<(&Finding, Reason)> =
        found.iter().filter_map(|finding| Some((finding, finding.refusal()?))).collect();
    let (first, reason) = refusing.first()?;
    let violations = refusing.iter().map(|(finding, reason)| Violation {
        field: format!("session.{}", finding.field),
        reason: *reason,
        description: finding.text(),
    });
    Some(Refusal {
        reason: *reason,
        message: first.text(),
        metadata: first.concerns.iter().map(|(key, value)| (*key, value.to_string())).collect(),
        violations: violations.collect(),
        retry_after_ms: None,
    })
}

impl Finding {
    fn new(irregularity: Irregularity, field: &'static str, concerns: Vec<(&'static str, Concern)>) -> Finding {
        Finding { irregularity, field, concerns, until: None, is_due: false }
    }

    fn until(self, until: Option<Timestamp>) -> Finding {
        Finding { until, ..self }
    }

    /// A sentence for people.
    #[must_use]
    pub fn text(&self) -> String {
        let what = self.irregularity.sentence();
        let whom: Vec<_> = self.concerns.iter().map(|(key, value)| format!("{key} {value}")).collect();
        if whom.is_empty() { what.to_owned() } else { format!("{what} ({})", whom.join(", ")) }
    }

    /// Why it refuses a plan; none: it is listed only.
    #[must_use]
    pub const fn refusal(&self) -> Option<Reason> {
        if self.is_due { None } else { self.irregularity.refusal() }
    }

    /// Whether it refuses a plan, or is listed only.
    #[must_use]
    pub const fn refuses(&self) -> bool {
        self.refusal().is_some()
    }

    /// For how long it goes on being true of the same expert, site, kind, specialty and grade: what lets a search pass over starts.
    #[must_use]
    pub fn lasts(&self) -> Lasts {
        if self.irregularity == Irregularity::CharterLimit {
            return charter::lasts(&self.concerns);
        }
        self.irregularity.lasts()
    }

    /// What could be exchanged to be rid of it.
    #[must_use]
    pub fn part(&self) -> Part {
        match self.field {
            "assistant" | "responsible_before" | "responsible_after" => Part::Assistant,
            "room" => Part::Room,
            _ => Part::Slot,
        }
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

/// The error of a draft that names something that nobody knows.
#[must_use]
pub fn not_found(programme: &Id, tail: &str) -> Error {
    Error::not_found(format!("programmes/{programme}/{tail}"))
}

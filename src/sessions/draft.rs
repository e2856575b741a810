//! A session as somebody wants it: the one shape that planning, recording, checking and finding decide on.
//!
//! Its fields are well-formed; whether it can be is `predicate`'s to say.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::experts::Consent;
use crate::kernel::{Date, ExternalId, Grade, HalfDay, Id, SessionKind, Specialty, Timestamp, Zone};

use super::state::Urgency;

/// The longest session, in minutes.
pub const LONGEST_MINUTES: i64 = 24 * 60;
/// The longest buffer before or after, in minutes.
pub const LONGEST_BUFFER_MINUTES: i64 = 12 * 60;
/// The most experts beside the leading one.
pub const MOST_CO_EXPERTS: usize = 20;
/// The most places for patients.
pub const LARGEST_CAPACITY: i64 = 1000;

/// A session to be planned or recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionDraft {
    /// The programme.
    pub programme: Id,
    /// The session's id.
    pub session: Id,
    /// What it is.
    pub kind: SessionKind,
    /// Where.
    pub site: Id,
    /// The room, by its id within the site.
    pub room: Option<Id>,
    /// Who leads it.
    pub expert: Id,
    /// Experts beside the leading one, none twice; their time is taken as well.
    pub co_experts: Vec<Id>,
    /// How many people come along who aren't experts of the programme: 0 to 50.
    pub accompanying: i64,
    /// The local assistant.
    pub assistant: Option<Id>,
    /// The specialty that is needed; none: the expert's first.
    pub specialty: Option<Specialty>,
    /// Places for patients, 0 to [`LARGEST_CAPACITY`].
    pub capacity: i64,
    /// Minutes that its people need free before, 0 to [`LONGEST_BUFFER_MINUTES`].
    pub before_minutes: i64,
    /// Minutes that its people need free after, 0 to [`LONGEST_BUFFER_MINUTES`].
    pub after_minutes: i64,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it: later than the start by at most [`LONGEST_MINUTES`].
    pub end: Timestamp,
    /// An operation's local physician before it.
    pub responsible_before: Option<Id>,
    /// An operation's local physician after it.
    pub responsible_after: Option<Id>,
    /// The highest grade of operation that is planned.
    pub grade: Option<Grade>,
    /// The dossier of the out-of-hours consultation that it rests on, by its id.
    pub dossier: Option<Id>,
    /// How soon it has to be.
    pub urgency: Urgency,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// What its experts said yes with, the oldest first.
    pub consents: Vec<ExpertConsent>,
}

/// One expert's yes to one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertConsent {
    /// Whose.
    pub expert: Id,
    /// Who heard it, how, when, in which words.
    pub consent: Consent,
}

/// What can't be in two sessions at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// An expert.
    Expert(Id),
    /// An assistant.
    Assistant(Id),
    /// A room of a site.
    Room(Id, Id),
}

impl Resource {
    /// Its key in the occupancy table.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Resource::Expert(id) => format!("experts/{id}"),
            Resource::Assistant(id) => format!("assistants/{id}"),
            Resource::Room(site, room) => format!("sites/{site}/rooms/{room}"),
        }
    }

    /// What has this key; none where a key is nothing of the kind.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Resource> {
        let id = |text: &str| Id::parse(text).ok();
        match *key.split('/').collect::<Vec<_>>() {
            ["experts", expert] => Some(Resource::Expert(id(expert)?)),
            ["assistants", assistant] => Some(Resource::Assistant(id(assistant)?)),
            ["sites", site, "rooms", room] => Some(Resource::Room(id(site)?, id(room)?)),
            _ => None,
        }
    }

    /// Whether it moves between sites.
    #[must_use]
    pub const fn is_person(&self) -> bool {
        match self {
            Resource::Expert(_) | Resource::Assistant(_) => true,
            Resource::Room(..) => false,
        }
    }
}

impl SessionDraft {
    /// The leading expert and those beside.
    pub fn experts(&self) -> impl Iterator<Item = &Id> {
        std::iter::once(&self.expert).chain(&self.co_experts)
    }

    /// Every assistant that it names, in whatever role, none twice.
    #[must_use]
    pub fn assistants(&self) -> BTreeSet<&Id> {
        [&self.assistant, &self.responsible_before, &self.responsible_after].into_iter().flatten().collect()
    }

    /// Everything whose time it takes.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        let mut resources: Vec<_> = self.experts().cloned().map(Resource::Expert).collect();
        resources.extend(self.assistant.clone().map(Resource::Assistant));
        resources.extend(self.room.clone().map(|room| Resource::Room(self.site.clone(), room)));
        resources
    }

    /// The half-days that it touches at a site in this zone, in order.
    #[must_use]
    pub fn half_days(&self, zone: Zone) -> Vec<(Date, HalfDay)> {
        half_days(zone, self.start, self.end)
    }
}

/// The half-days that an interval touches, in order; its end isn't part of it.
#[must_use]
pub fn half_days(zone: Zone, start: Timestamp, end: Timestamp) -> Vec<(Date, HalfDay)> {
    let of = |time: Timestamp| {
        let wall = zone.local(time);
        (wall.date(), HalfDay::of(wall.time()))
    };
    let (mut at, last) = (of(start), of(Timestamp::from_micros((end.micros() - 1).max(start.micros()))));
    let mut touched = vec![at];
    while at < last {
        at = match at {
            (date, HalfDay::Morning) => (date, HalfDay::Afternoon),
            (date, HalfDay::Afternoon) => match date.succ_opt() {
                Some(next) => (next, HalfDay::Morning),
                None => break,
            },
        };
        touched.push(at);
    }
    touched
}

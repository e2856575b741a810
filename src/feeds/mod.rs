//! Feeds: sessions as calendars that subscribe to them, and visits as itineraries to send on.
//!
//! Composed when asked for and never stored: this slice has no table. Here is what a session looks like to its people; how it
//! is written is in `ical.rs` and `itinerary.rs`. Nothing personal is in it but pseudonyms.

use crate::calendars::Span;
use crate::kernel::{Id, SessionKind, Specialty, Timestamp, Zone, vocabulary};
use crate::sessions::{Session, SessionState};

pub mod ical;
pub mod itinerary;
mod page;
pub mod queries;
pub mod service;
pub mod timezone;
mod wire;
pub mod words;

vocabulary! {
    /// The language of a feed's words.
    pub enum Language: "FeedLanguage" {
        /// Chinese.
        Chinese = 1 => "ZH",
        /// English.
        English = 2 => "EN",
    }
}

/// Who reads a calendar: what is the same in all of it isn't said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// An expert, or an assistant: what matters is where.
    Person,
    /// A site: what matters is who.
    Site,
}

/// A session as people read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The programme.
    pub programme: Id,
    /// The session.
    pub session: Id,
    /// What it is.
    pub kind: SessionKind,
    /// Where it is in its life at the time of reading.
    pub state: SessionState,
    /// When: actual once held.
    pub span: Span,
    /// On whose wall.
    pub zone: Zone,
    /// Where.
    pub site: Id,
    /// What the site is called.
    pub site_name: String,
    /// How to find it; empty: not known.
    pub address: String,
    /// What the room is called.
    pub room: Option<String>,
    /// The leading expert's pseudonym.
    pub expert: String,
    /// Pseudonyms of the experts beside.
    pub beside: Vec<String>,
    /// The assistant's pseudonym.
    pub assistant: Option<String>,
    /// The specialty that was asked for.
    pub specialty: Option<Specialty>,
    /// Places for patients; 0: none.
    pub capacity: i64,
    /// Grows with every change.
    pub sequence: i64,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
}

impl Entry {
    /// Whether it takes place, as far as is known.
    #[must_use]
    pub fn stands(&self) -> bool {
        match self.state {
            SessionState::Tentative
            | SessionState::Proposed
            | SessionState::Confirmed
            | SessionState::InProgress
            | SessionState::Completed => true,
            SessionState::NotHeld | SessionState::Cancelled | SessionState::Lapsed | SessionState::Voided => false,
        }
    }

    /// How large it is in a calendar, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let beside: usize = self.beside.iter().map(|name| name.len() + 3).sum();
        let people = 2 * self.expert.len() + self.assistant.as_ref().map_or(0, String::len) + beside;
        let place = 2 * self.site_name.len() + self.address.len() + self.room.as_ref().map_or(0, String::len);
        // Escaping can double a text, folding adds three bytes to 75; the rest is the frame.
        900 + 2 * (people + place) + (people + place) / 8
    }
}

/// The number that grows with every change of a session. One that has lapsed unwritten has the number already that it will
/// have once that is written.
#[must_use]
pub fn sequence(stored: &Session, now: Timestamp) -> i64 {
    let lapsed = stored.clone().at(now).state != stored.state;
    stored.meta.revision + i64::from(lapsed)
}

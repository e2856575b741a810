//! The audit: who did what to which resources, in a chain that shows afterwards whether somebody changed it.
//!
//! Entries hold no content: a body is a keyed hash. They are written by `db` with every command, and by nobody else: there is
//! nothing here that writes.
use std::fmt;

use crate::db::chain::Entry;

pub mod check;
pub mod file;
pub mod queries;
pub mod service;
pub mod store;
pub(crate) mod wire;

pub use check::{Finding, FindingKind, Report, Verifier};

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What the chain covers.
    pub entry: Entry,
    /// The link that covers this entry and those before it; only the last of a batch has one.
    pub link: Option<String>,
}

impl Recorded {
    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        500 + self.entry.names.len() + self.entry.subject.len() + self.entry.on_behalf_of.len()
    }
}

/// Where a chain ends, or ended when it was published: whoever has this can tell later whether anything before it was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last entry, 1 or more; 0 of an empty chain.
    pub entry: i64,
    /// The link there: 64 hexadecimal digits; empty of an empty chain.
    pub link: String,
}

impl Head {
    /// What a head looks like, for people.
    pub const SHAPE: &'static str = "must be ENTRY:LINK, as `homecoming audit` prints it";

    /// Reads `ENTRY:LINK`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (entry, link) = text.trim().split_once(':')?;
        Self::new(entry.parse().ok()?, link)
    }

    /// A head, where the entry's number and the link have the shapes that they must have.
    #[must_use]
    pub fn new(entry: i64, link: &str) -> Option<Self> {
        let is_link = link.len() == 64 && link.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (entry > 0 && is_link).then(|| Self { entry, link: link.to_owned() })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.entry, self.link)
    }
}

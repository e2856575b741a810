//! What the change log says of a write: which resource, what was done, and its revision after it; never content.
use std::fmt;

/// What was done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Verb(&'static str);

impl Verb {
    /// It was created.
    pub const CREATE: Self = Self("create");
    /// Its fields changed.
    pub const UPDATE: Self = Self("update");
    /// It was deleted; the change is its tombstone.
    pub const DELETE: Self = Self("delete");

    /// A slice's own verb, lowercase: the custom method's, such as `complete`.
    #[must_use]
    pub const fn new(verb: &'static str) -> Self {
        Self(verb)
    }

    /// The stored text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

/// One resource touched by a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The resource's name.
    pub name: String,
    /// What was done.
    pub verb: Verb,
    /// Its revision after it; for a deletion, one more than its last.
    pub revision: i64,
}

impl Change {
    /// A resource touched by any verb.
    #[must_use]
    pub fn new(name: impl fmt::Display, verb: Verb, revision: i64) -> Self {
        Self { name: name.to_string(), verb, revision }
    }

    /// A resource created, at revision 1.
    #[must_use]
    pub fn created(name: impl fmt::Display) -> Self {
        Self::new(name, Verb::CREATE, 1)
    }

    /// A resource whose fields changed.
    #[must_use]
    pub fn updated(name: impl fmt::Display, revision: i64) -> Self {
        Self::new(name, Verb::UPDATE, revision)
    }

    /// A resource deleted at its last revision.
    #[must_use]
    pub fn deleted(name: impl fmt::Display, last_revision: i64) -> Self {
        Self::new(name, Verb::DELETE, last_revision.saturating_add(1))
    }
}

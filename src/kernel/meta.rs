//! What every resource's row carries about itself.
use std::fmt;

use super::{Etag, Timestamp};

/// A resource's revision and its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// 1 when created, one more with each change.
    pub revision: i64,
    /// When it was created.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
}

impl Meta {
    /// Of a resource that is created now.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { revision: 1, create_time: now, update_time: now }
    }

    /// Of the same resource, changed now.
    #[must_use]
    pub const fn touched(self, now: Timestamp) -> Self {
        Self { revision: self.revision.saturating_add(1), create_time: self.create_time, update_time: now }
    }

    /// The etag of the resource with this name.
    #[must_use]
    pub fn etag(&self, name: impl fmt::Display) -> String {
        Etag::of(name, self.revision)
    }
}

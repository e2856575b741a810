//! A resource's identifier in somebody else's system.
use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that another system issued, unique per (collection, system, value) in a programme.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExternalId {
    system: String,
    value: String,
}

impl ExternalId {
    /// What a field is read as that was refused: no system issued it.
    pub(crate) fn placeholder() -> Self {
        Self { system: String::new(), value: String::new() }
    }

    /// How many one resource has at most.
    pub const MAX_COUNT: usize = 20;

    /// Reads the system: 1 to 63 of `[a-z0-9._-]`, and its value: 1 to 128 characters without control characters.
    ///
    /// # Errors
    /// The field (`system` or `value`) that has another shape, and the shape.
    pub fn parse(system: &str, value: &str) -> Result<Self, (&'static str, &'static str)> {
        let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        if !(1..=63).contains(&system.len()) || !system.bytes().all(letters) {
            return Err(("system", "must be 1 to 63 of [a-z0-9._-]"));
        }
        let length = if value.len() > 4 * 128 { value.len() } else { value.chars().count() };
        if !(1..=128).contains(&length) || value.chars().any(char::is_control) {
            return Err(("value", "must be 1 to 128 characters, no control characters"));
        }
        Ok(Self { system: system.to_owned(), value: value.to_owned() })
    }

    /// The system that issued the value, such as `his.liling`.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The value there.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.system, self.value)
    }
}

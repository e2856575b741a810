//! Ids of resources: the caller's own, or one that sorts by time.
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use uuid::{NoContext, Uuid};

use super::Timestamp;

/// The last segment of a resource's name (AIP-122): 1 to 63 of `[a-z0-9-]`, neither first nor last a hyphen. A copy shares the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(Arc<str>);

impl Id {
    /// The longest id, in characters.
    pub const MAX: usize = 63;

    /// Reads an id that a caller chose.
    ///
    /// # Errors
    /// What the shape of an id is, where the text has another.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = text.as_bytes();
        let shaped = (1..=Self::MAX).contains(&bytes.len())
            && bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-');
        if shaped { Ok(Self(text.into())) } else { Err("must be 1 to 63 of [a-z0-9-], no hyphen first or last") }
    }

    /// A new id (UUIDv7), which sorts after those of earlier milliseconds.
    #[must_use]
    pub fn fresh(now: Timestamp) -> Self {
        let micros = now.micros().max(0).unsigned_abs();
        let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1_000;
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, micros / 1_000_000, nanos)).hyphenated();
        Self(Arc::from(&*id.encode_lower(&mut Uuid::encode_buffer())))
    }

    /// The platform, in place of a programme: `programmes/-` is above all of them. No caller can give it to a programme.
    #[must_use]
    pub fn platform() -> Self {
        Self(Self::PLATFORM.into())
    }

    const PLATFORM: &'static str = "-";

    /// Reads a programme's id, or the platform's; nothing where the text is neither.
    #[must_use]
    pub fn parse_or_platform(text: &str) -> Option<Self> {
        if text == Self::PLATFORM { Some(Self::platform()) } else { Self::parse(text).ok() }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What an accessor of [`super::Fields`] answers for a field that it refused; never used after `check`. No caller can
    /// name it: [`Id::parse`] refuses it.
    pub(super) fn placeholder() -> Self {
        Self::platform()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.as_str().to_owned()
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

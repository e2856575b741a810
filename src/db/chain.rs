//! The audit chain: every entry has a hash, and every batch a link that covers the one before it.
//!
//! An entry says who did what to which resources, never with what content. Its `digest` is the request body's hash
//! keyed by the entry's `salt`; the salt stands beside the entry and outside the hash, so that an erasure can destroy
//! it: the chain still verifies, and nobody can test a guess against the digest any more.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::kernel::hex;

/// The link before a programme's first entry.
pub const ORIGIN: &str = "";

/// An audit entry as it is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The programme's id.
    pub programme: String,
    /// Dense from 1.
    pub entry: i64,
    /// Microseconds since 1970 UTC.
    pub time: i64,
    /// Who called.
    pub subject: String,
    /// On whose behalf, or nothing.
    pub on_behalf_of: String,
    /// The RPC.
    pub method: String,
    /// The resources it touched, as a JSON array of names.
    pub names: String,
    /// The body's keyed hash, in hex.
    pub digest: String,
}

impl Entry {
    /// The entry's hash: every field with its length, so that none can run into the next.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let Entry { programme, entry, time, subject, on_behalf_of, method, names, digest } = self;
        for text in [programme, subject, on_behalf_of, method, names, digest] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        hasher.update(entry.to_be_bytes());
        hasher.update(time.to_be_bytes());
        hasher.finalize().into()
    }

    /// The hash in hex, as an exported entry carries it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(self.hash())
    }
}

/// A batch's link being computed.
pub struct Link(Sha256);

impl Link {
    /// Begins after the link `before`.
    #[must_use]
    pub fn after(before: &str) -> Link {
        let mut hasher = Sha256::new();
        hasher.update((before.len() as u64).to_be_bytes());
        hasher.update(before);
        Link(hasher)
    }

    /// Covers one more entry.
    pub fn cover(&mut self, entry: &Entry) {
        self.0.update(entry.hash());
    }

    /// The link, in hex.
    #[must_use]
    pub fn finish(self) -> String {
        hex(self.0.finalize())
    }
}

/// The keyed hash of a body, in hex.
#[must_use]
pub fn keyed_digest(salt: &str, body_digest: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt.as_bytes()) else { return String::new() };
    mac.update(body_digest.as_bytes());
    hex(mac.finalize().into_bytes())
}

/// One of [`fresh_salts`].
#[must_use]
pub fn fresh_salt() -> Option<String> {
    fresh_salts(1)?.pop()
}

/// So many salts that nobody can guess: 128 random bits each, in hex; nothing if the system has none to give.
#[must_use]
pub fn fresh_salts(number: usize) -> Option<Vec<String>> {
    const BYTES: usize = 16;
    let mut bytes = vec![0; number * BYTES];
    #[expect(clippy::disallowed_methods, reason = "the one place where chance is wanted: the salts of audit entries")]
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.chunks(BYTES).map(hex).collect())
}

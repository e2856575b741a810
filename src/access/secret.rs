//! The secret of a token: `hc_` and 256 random bits in 43 characters of base64url. Only its hash is kept.
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::kernel::hex;

/// What every secret begins with, so that scanners of leaked texts know one.
const PREFIX: &str = "hc_";
const BYTES: usize = 32;

/// A token's secret. Printing it for debugging shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret that nobody can guess; nothing if the system has no random bits to give.
    #[must_use]
    pub fn fresh() -> Option<Secret> {
        let mut bytes = [0; BYTES];
        #[expect(clippy::disallowed_methods, reason = "a token is chance and nothing else")]
        getrandom::fill(&mut bytes).ok()?;
        Some(Secret(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Reads a secret; nothing where the text has another shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Secret> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (bytes.len() == BYTES).then(|| Secret(text.to_owned()))
    }

    /// What the caller sends.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is kept: SHA-256 in 64 hexadecimal digits. Nobody guesses 256 random bits, so nothing slower is needed.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

/// The hash of whatever a caller sends as a credential.
#[must_use]
pub fn hash(text: &str) -> String {
    hex(digest(text))
}

/// The same hash as bytes, by which every call's credential is looked up.
pub type Digest = [u8; 32];

/// The hash of whatever a caller sends as a credential, as bytes.
#[must_use]
pub fn digest(text: &str) -> Digest {
    Sha256::digest(text).into()
}

/// The bytes of a hash; nothing where the text is none.
#[must_use]
pub fn digest_of(hash: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    if hash.len() != 2 * digest.len() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

//! 执业证书编码: compared by keyed hash, so that one doctor isn't entered twice; the number itself is never kept.
//!
//! The 资格证书编码 contains the identity number and has another length: it can't become a [`LicenceNumber`].

use std::fmt;

use crate::kernel::{Id, Timestamp, hex};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// A licence number on its way to being hashed. It has no way out.
#[derive(Clone)]
pub struct LicenceNumber(String);

impl LicenceNumber {
    /// What a valid number looks like, for the caller.
    pub const SHAPE: &'static str = "must be the 15 digits of a 执业证书编码; no other number is accepted";

    /// The number, if it is exactly 15 digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| LicenceNumber(text.to_owned()))
    }

    /// Its HMAC-SHA256 under a programme's secret, 64 hexadecimal digits.
    #[must_use]
    pub fn hashed(&self, secret: &LicenceSecret) -> LicenceHash {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()).expect("a key of any length");
        mac.update(self.0.as_bytes());
        LicenceHash(hex(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for LicenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenceNumber(…)")
    }
}

/// What is kept of a licence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceHash(String);

impl LicenceHash {
    /// A hash as stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        LicenceHash(text)
    }

    /// Its 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The secret of a programme's licence hashes: without it a hash can't be found by trying all numbers.
#[derive(Clone)]
pub struct LicenceSecret(String);

impl LicenceSecret {
    /// A secret as stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        LicenceSecret(text)
    }

    /// A new secret: two fresh ids have some 148 random bits.
    #[must_use]
    pub fn fresh(now: Timestamp) -> Self {
        LicenceSecret(format!("{}.{}", Id::fresh(now), Id::fresh(now)))
    }

    /// Its text, for the store alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LicenceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenceSecret(…)")
    }
}

//! Etags: what a client shows to say which revision it has read.
use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

use super::{Error, Result, hex};

/// Makes and checks etags; opaque to clients, 16 hexadecimal digits.
#[derive(Debug, Clone, Copy)]
pub struct Etag;

impl Etag {
    /// The etag of one revision of a resource.
    #[must_use]
    pub fn of(name: impl fmt::Display, revision: i64) -> String {
        let mut text = Hashed(Sha256::new());
        let _ = write!(text, "{name}"); // hashing can't fail
        let digest = text.0.chain_update([0]).chain_update(revision.to_be_bytes()).finalize();
        hex(&digest[..8])
    }

    /// Whether the etag that a caller gave is that of the present revision. None or an empty one asks for nothing.
    ///
    /// # Errors
    /// [`Error::Stale`] where it is another's.
    pub fn check(given: Option<&str>, name: &str, revision: i64) -> Result<()> {
        check(given, name, revision)
    }
}

/// See [`Etag::check`].
///
/// # Errors
/// [`Error::Stale`] where the etag is not that of the present revision.
pub fn check(given: Option<&str>, name: &str, revision: i64) -> Result<()> {
    match given {
        Some(etag) if !etag.is_empty() && etag != Etag::of(name, revision) => {
            Err(Error::Stale { name: name.to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

/// A text that is hashed as it is written.
struct Hashed(Sha256);

impl fmt::Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

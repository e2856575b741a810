//! Patients as tokens: de-identified, still sensitive. A value never leaves in an error, a log or a `Debug` text.

use std::fmt;
use std::sync::Arc;

/// (issuer, token) is one patient. A copy shares the texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Patient {
    issuer: Arc<str>,
    token: Arc<str>,
}

/// Why a text is no patient. Says what is wrong, never what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The issuer isn't 1 to 63 of `[a-z0-9._-]`.
    Issuer,
    /// The token isn't 8 to 64 of `[A-Za-z0-9_-]`.
    Shape,
    /// The token has fewer than two letters: it could be an identity number, a phone number or a serial number.
    NotDeidentified,
}

impl Flaw {
    /// The same for people.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Flaw::Issuer => "must be 1 to 63 of [a-z0-9._-]",
            Flaw::Shape => "must be 8 to 64 of [A-Za-z0-9_-]",
            Flaw::NotDeidentified => "must have at least two letters: a number could identify a person",
        }
    }
}

impl Patient {
    /// The patient, if both texts have their shape.
    ///
    /// # Errors
    /// What is wrong with one of them, the issuer's first.
    pub fn parse(issuer: &str, token: &str) -> Result<Patient, Flaw> {
        let issued = matches!(issuer.len(), 1..=63)
            && issuer.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
        if !issued {
            return Err(Flaw::Issuer);
        }
        let shaped = matches!(token.len(), 8..=64)
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if !shaped {
            return Err(Flaw::Shape);
        }
        // Digits alone, and digits with a final X, have at most one letter.
        if token.bytes().filter(u8::is_ascii_alphabetic).count() < 2 {
            return Err(Flaw::NotDeidentified);
        }
        Ok(Patient { issuer: issuer.into(), token: token.into() })
    }

    /// What stands for a patient that a request was to name and didn't; never used after its fields are checked.
    pub(crate) fn placeholder() -> Patient {
        Patient { issuer: "".into(), token: "".into() }
    }

    /// Who made the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The token. Sensitive: for storage and for the answer to who may read the record.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patient({}/…)", self.issuer)
    }
}

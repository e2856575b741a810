//! Every way in which a request can fail. What it looks like to a client is made in `server/status.rs` alone.
use std::fmt;

use super::Reason;

/// A result with the service's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed. Texts hold no personal data and no driver text; a source is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields are wrong: every one of them, not only the first.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<Violation>),
    /// There is no such resource, or it is another programme's.
    #[error("{name} was not found")]
    NotFound {
        /// The resource, as the caller wrote it.
        name: String,
    },
    /// A resource has this name already.
    #[error("{name} exists already")]
    AlreadyExists {
        /// The resource.
        name: String,
    },
    /// A rule refuses it.
    #[error("{}: {}", .0.reason.text(), .0.message)]
    Refused(Refusal),
    /// The resource changed since its etag was read.
    #[error("{name} changed since its etag was read")]
    Stale {
        /// The resource.
        name: String,
    },
    /// The request id was used before, for another body.
    #[error("the request id was used for another body")]
    RequestIdReused {
        /// The request id.
        request_id: String,
    },
    /// The caller's metadata can't be read, or says of others what the caller's credential doesn't vouch for.
    #[error("the metadata {metadata_key} is malformed, or more than this credential may say: leave it out")]
    CallerInvalid {
        /// The metadata's key.
        metadata_key: &'static str,
    },
    /// The write queue is full; nothing was written.
    #[error("the write queue is full")]
    Overloaded {
        /// When to try again, in milliseconds.
        retry_after_ms: u64,
    },
    /// The database didn't answer, so that nobody knows whether a write took place.
    #[error("the database did not answer")]
    Unavailable,
    /// The server takes no more requests.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The engine refused a statement or answered what can't be read; nothing was written.
    #[error("storage failed")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of the service, in words for the log; nothing was written.
    #[error("{0}")]
    Internal(&'static str),
}

/// A rule's no: the reason, a sentence, and what the reason's comment in `errors.proto` promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable reason.
    pub reason: Reason,
    /// A sentence for people; no personal data.
    pub message: String,
    /// The reason's metadata.
    pub metadata: Vec<(&'static str, String)>,
    /// The fields that a rule refuses, where it can name them.
    pub violations: Vec<Violation>,
    /// When to try again, in milliseconds, where trying again helps.
    pub retry_after_ms: Option<u64>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path from the request, such as `session.rooms[2].name`.
    pub field: String,
    /// Why it is wrong.
    pub reason: Reason,
    /// What would be right; never the value.
    pub description: String,
}

impl Error {
    /// There is no such resource.
    pub fn not_found(name: impl fmt::Display) -> Self {
        Self::NotFound { name: name.to_string() }
    }

    /// A resource has this name already.
    pub fn already_exists(name: impl fmt::Display) -> Self {
        Self::AlreadyExists { name: name.to_string() }
    }

    /// A rule refuses it; add the reason's metadata by [`Error::with`].
    pub fn refused(reason: Reason, message: impl Into<String>) -> Self {
        let (metadata, violations) = (Vec::new(), Vec::new());
        Self::Refused(Refusal { reason, message: message.into(), metadata, violations, retry_after_ms: None })
    }

    /// A programme has ended: its record can only be read.
    pub fn programme_ended(programme: &super::Id) -> Self {
        let name = super::ProgrammeName::new(programme.clone());
        let message = format!("{name} has ended; its record can only be read");
        Self::refused(Reason::ProgrammeEnded, message).with("name", name)
    }

    /// One field is wrong, found where no [`super::Fields`] is at hand.
    pub fn field(field: impl Into<String>, reason: Reason, description: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation { field: field.into(), reason, description: description.into() }])
    }

    /// A failure of the engine or of what it answered.
    pub fn storage(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Storage(source.into())
    }

    /// A refusal with one more piece of metadata; any other error as it is.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.metadata.push((key, value.to_string()));
        }
        self
    }

    /// A refusal that says when to try again, in milliseconds; any other error as it is.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.retry_after_ms = Some(ms);
        }
        self
    }

    /// A refusal with the fields that it is about; any other error as it is.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.violations = violations;
        }
        self
    }

    /// How large it is as a row of a batch's answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const FRAME: usize = 80; // a reason, and what protobuf puts around three texts
        let of_violations = |violations: &[Violation]| -> usize {
            violations.iter().map(|it| FRAME + it.field.len() + it.description.len()).sum()
        };
        let own = match self {
            Self::Invalid(violations) => of_violations(violations),
            Self::Refused(refusal) => {
                let metadata = refusal.metadata.iter().map(|(key, value)| 10 + key.len() + value.len());
                of_violations(&refusal.violations) + metadata.sum::<usize>()
            }
            Self::NotFound { name } | Self::AlreadyExists { name } | Self::Stale { name } => 10 + name.len(),
            Self::RequestIdReused { request_id } => 20 + request_id.len(),
            Self::CallerInvalid { .. }
            | Self::Overloaded { .. }
            | Self::Unavailable
            | Self::ShuttingDown
            | Self::Storage(_)
            | Self::Internal(_) => FRAME,
        };
        FRAME + self.to_string().len() + own
    }

    /// The stable reason of this error.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Invalid(_) => Reason::InvalidFields,
            Self::NotFound { .. } => Reason::ResourceNotFound,
            Self::AlreadyExists { .. } => Reason::ResourceExists,
            Self::Refused(refusal) => refusal.reason,
            Self::Stale { .. } => Reason::EtagMismatch,
            Self::RequestIdReused { .. } => Reason::RequestIdReused,
            Self::CallerInvalid { .. } => Reason::CallerInvalid,
            Self::Overloaded { .. } => Reason::Overloaded,
            Self::Unavailable => Reason::StorageUnavailable,
            Self::ShuttingDown => Reason::ShuttingDown,
            Self::Storage(_) | Self::Internal(_) => Reason::Internal,
        }
    }
}

impl Reason {
    /// The reason on the wire.
    fn text(self) -> &'static str {
        super::Vocabulary::code(self)
    }
}

//! Who calls, and how: what every command and query is told about its request.

use super::Id;

/// Who asks, as the gate knows it; on a server that believes everybody, as the client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The authenticated subject, 1 to 128 characters; `anonymous` where none is given.
    pub subject: String,
    /// The person at the keyboard, where a system calls for one.
    pub person: Option<String>,
    /// The roles that the caller has, sorted, each once.
    pub roles: Vec<String>,
    /// Whom the caller acts for.
    pub on_behalf_of: Option<String>,
    /// The programmes that the caller has a role in; none: every one.
    pub programmes: Option<Vec<Id>>,
    /// Whether the caller sees only what it made itself, as a hospital's system sees reservations.
    pub own_only: bool,
}

impl Caller {
    /// The subject of a caller that names none.
    pub const ANONYMOUS: &'static str = "anonymous";

    /// A caller with a subject alone.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            person: None,
            roles: Vec::new(),
            on_behalf_of: None,
            programmes: None,
            own_only: false,
        }
    }

    /// Who acts: the person, or the subject where the call names none.
    #[must_use]
    pub fn actor(&self) -> &str {
        self.person.as_deref().unwrap_or(&self.subject)
    }

    /// The caller that names no subject.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new(Self::ANONYMOUS)
    }
}

/// One mutation's circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who asks.
    pub caller: Caller,
    /// The caller's request id, 1 to 64 of `[A-Za-z0-9_-]`: what makes a retry recognisable, unique per (programme,
    /// subject, method) for 7 days.
    pub request_id: Option<String>,
    /// SHA-256 of the request's encoding, in 64 hexadecimal digits: a retry has the same, and the audit a keyed hash of it.
    pub body_digest: String,
    /// Only load and decide: nothing is written.
    pub validate_only: bool,
}

impl Call {
    /// A call without a request id, which writes.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self { caller, request_id: None, body_digest: String::new(), validate_only: false }
    }

    /// Whether a text has the shape of a request id.
    #[must_use]
    pub fn is_request_id(text: &str) -> bool {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    }
}

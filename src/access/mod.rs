//! Who may call, and do what: bearer tokens, the roles that subjects have, and the one table of which call needs which.
//!
//! Here: tokens and bindings as resources, and the pure decision. Not here: reading a request's headers and body (`server/gate`), and tokens
//! of an OIDC issuer (`server/oidc`), which only say who calls.
use crate::kernel::{
    Collection, Error, Id, Meta, Name, ProgrammeName, Reason, Result, Timestamp, Vocabulary, vocabulary,
};

pub mod commands;
pub mod decide;
pub mod queries;
pub mod secret;
pub mod service;
pub mod store;
pub mod table;
mod wire;

/// The collection `tokens`.
pub enum Tokens {}

impl Collection for Tokens {
    const COLLECTION: &'static str = "tokens";
}

/// The collection `bindings`.
pub enum Bindings {}

impl Collection for Bindings {
    const COLLECTION: &'static str = "bindings";
}

vocabulary! {
    /// What somebody may do.
    pub enum Role: "AccessRole" {
        /// Everything in a programme, access included.
        Owner = 1 => "OWNER",
        /// Plans.
        Scheduler = 2 => "SCHEDULER",
        /// Records what was done.
        Recorder = 3 => "RECORDER",
        /// Confirms what others have recorded or entered.
        Attester = 4 => "ATTESTER",
        /// Reads figures, and declares those from before records began.
        Reporter = 5 => "REPORTER",
        /// Books places for its patients, and sees only the reservations that it made.
        HospitalSystem = 6 => "HOSPITAL_SYSTEM",
        /// Reads everything, the audit included.
        Auditor = 7 => "AUDITOR",
        /// Makes programmes and appoints their owners.
        PlatformOperator = 8 => "PLATFORM_OPERATOR",
    }
}

impl Role {
    /// The role as commands know it, such as `scheduler`.
    #[must_use]
    pub fn word(self) -> String {
        self.code().to_ascii_lowercase()
    }

    /// Whether it can be held within less than a whole programme.
    #[must_use]
    pub const fn may_be_narrow(self) -> bool {
        match self {
            Self::Owner | Self::HospitalSystem | Self::Auditor | Self::PlatformOperator => false,
            Self::Scheduler | Self::Recorder | Self::Attester | Self::Reporter => true,
        }
    }
}

/// How far a role reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole programme.
    Whole,
    /// What is at one site.
    Site(Id),
    /// What is one expert's.
    Expert(Id),
    /// Reservations and activities that the subject made.
    Own,
}

/// Subjects of tokens of the platform begin so.
pub const PLATFORM: &str = "platform:";
/// Subjects that an OIDC issuer vouches for begin so.
pub const OIDC: &str = "oidc:";
/// The longest subject of an OIDC issuer, in bytes; a caller's is at most 128 characters.
pub const LONGEST_OIDC_SUBJECT: usize = 120;
/// The furthest expiry of a token, in days from now.
pub const LONGEST_TOKEN_DAYS: i64 = 400;
const DAY_MINUTES: i64 = 24 * 60;

/// Whether a text can be the subject of a token of a programme, or, with `at_platform`, of the platform.
#[must_use]
pub fn is_token_subject(text: &str, at_platform: bool) -> bool {
    let plain = if at_platform { text.strip_prefix(PLATFORM) } else { Some(text) };
    plain.is_some_and(|text| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b'-'))
    })
}

/// Whether a text can be the subject of a binding.
#[must_use]
pub fn is_bound_subject(text: &str, at_platform: bool) -> bool {
    let is_oidc = text.strip_prefix(OIDC).is_some_and(is_oidc_subject);
    is_oidc || is_token_subject(text, true) || (!at_platform && is_token_subject(text, false))
}

/// Whether a text can be the `sub` of an OIDC token that is known here.
#[must_use]
pub fn is_oidc_subject(text: &str) -> bool {
    (1..=LONGEST_OIDC_SUBJECT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The latest expiry that a token can be given now.
#[must_use]
pub fn latest_expiry(now: Timestamp) -> Timestamp {
    now.plus_minutes(LONGEST_TOKEN_DAYS * DAY_MINUTES)
}

/// A bearer token; its secret is nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// `programmes/{programme}/tokens/{token}`.
    pub name: Name<Tokens>,
    /// Who it says calls.
    pub subject: String,
    /// The hash of its secret ([`secret::Secret::hash`]).
    pub hash: String,
    /// What it is for.
    pub note: String,
    /// Whether its holder says for whom it calls.
    pub vouches: bool,
    /// When it stops working.
    pub expires: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// Revision and times.
    pub meta: Meta,
}

/// A role that a subject has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// `programmes/{programme}/bindings/{binding}`.
    pub name: Name<Bindings>,
    /// Who.
    pub subject: String,
    /// Which.
    pub role: Role,
    /// How far it reaches.
    pub scope: Scope,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// Revision and times.
    pub meta: Meta,
}

impl Token {
    /// The token, revoked now.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION` where it was revoked before.
    pub fn revoke(&self, now: Timestamp) -> Result<Token> {
        refuse_twice(&self.name.to_string(), self.revoked)?;
        Ok(Token { revoked: Some(now), meta: self.meta.touched(now), ..self.clone() })
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        400 + self.subject.len() + self.note.len()
    }
}

impl Binding {
    /// The binding, revoked now.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION` where it was revoked before.
    pub fn revoke(&self, now: Timestamp) -> Result<Binding> {
        refuse_twice(&self.name.to_string(), self.revoked)?;
        Ok(Binding { revoked: Some(now), meta: self.meta.touched(now), ..self.clone() })
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        600 + self.subject.len()
    }
}

fn refuse_twice(name: &str, revoked: Option<Timestamp>) -> Result<()> {
    if revoked.is_none() {
        return Ok(());
    }
    let refusal = Error::refused(Reason::IllegalTransition, format!("{name} was revoked already")).with("name", name);
    Err(refusal.with("state", "REVOKED").with("verb", "revoke"))
}

/// Refuses to let a platform's operator, who owns nothing, make or unmake anything in a programme but its owners.
///
/// # Errors
/// `GRANT_NOT_ALLOWED` with the programme's `name` and the `role`.
pub fn refuse_beyond_operator(programme: &Id, roles: &[String], role: Option<Role>) -> Result<()> {
    let has = |role: Role| roles.contains(&role.word());
    let is_operator = !has(Role::Owner) && has(Role::PlatformOperator);
    if !is_operator || role == Some(Role::Owner) || *programme == Id::platform() {
        return Ok(());
    }
    let text = "a platform's operator appoints a programme's owners, by bindings; the rest is theirs";
    let refusal = Error::refused(Reason::GrantNotAllowed, text).with("name", ProgrammeName::new(programme.clone()));
    Err(refusal.with("role", role.map_or("", Vocabulary::code)))
}

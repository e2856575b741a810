//! Makes every `Status` that the service answers: code, reason, metadata and the violations of an error.
//!
//! Driver text stays in the log; a client learns the stable reason.
use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use crate::kernel::{Class, Error, Reason, Violation, Vocabulary as _};

/// The domain of every `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "homecoming";

/// Details travel in a header, which many clients take up to 8 KiB of; the rest is left for base64 and the message.
const MAX_VIOLATIONS_BYTES: usize = 4_096;

/// What a server can read, in its answer to what it can't.
const ACCEPTED_ENCODINGS: &str = "grpc-accept-encoding";

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let reason = error.reason();
        let code = code_of(reason.class());
        let message = message_of(&error);
        log(&error);
        let mut details = ErrorDetails::new();
        details.set_error_info(reason.code(), DOMAIN, metadata_of(&error));
        match error {
            Error::Invalid(violations) => add_violations(&mut details, violations),
            Error::Refused(refusal) => {
                // Without a time it would say "at once", of what waiting doesn't help.
                if let Some(retry_after_ms) = refusal.retry_after_ms {
                    details.set_retry_info(Some(Duration::from_millis(retry_after_ms)));
                }
                add_violations(&mut details, refusal.violations);
            }
            Error::Overloaded { retry_after_ms } => {
                details.set_retry_info(Some(Duration::from_millis(retry_after_ms)));
            }
            Error::NotFound { .. }
            | Error::AlreadyExists { .. }
            | Error::Stale { .. }
            | Error::RequestIdReused { .. }
            | Error::CallerInvalid { .. }
            | Error::Unavailable
            | Error::ShuttingDown
            | Error::Storage(_)
            | Error::Internal(_) => {}
        }
        Self::with_error_details(code, message, details)
    }
}

/// What the protocol itself refused before or instead of a handler, with a reason like every other error; `None` where it
/// isn't known why.
pub(super) fn of_protocol(bare: &Status) -> Option<Status> {
    let (reason, message) = match bare.code() {
        // Who can't read an encoding says which it can; nobody says so of a method that isn't there.
        Code::Unimplemented if bare.metadata().contains_key(ACCEPTED_ENCODINGS) => {
            (Reason::EncodingUnsupported, "the request is compressed; send it as it is, with the encoding identity")
        }
        Code::Unimplemented => return Some(method_unknown()),
        Code::OutOfRange => return Some(too_large(4 << 20)), // tonic's own limit
        Code::Internal if bare.message().contains("decode") => {
            (Reason::MessageMalformed, "the request can't be read as the method's message")
        }
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::InvalidArgument
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => return None,
    };
    let mut explained = explained(reason, message);
    if let Some(encodings) = bare.metadata().get(ACCEPTED_ENCODINGS) {
        explained.metadata_mut().insert(ACCEPTED_ENCODINGS, encodings.clone());
    }
    Some(explained)
}

/// What a caller learns of a method that isn't served.
pub(super) fn method_unknown() -> Status {
    explained(Reason::MethodUnknown, "there is no such method; reflection lists all")
}

/// What a caller learns whose request is larger than any that is read.
pub(super) fn too_large(most: usize) -> Status {
    explained(Reason::MessageTooLarge, &format!("the request is larger than {} KiB: send it in parts", most >> 10))
}

/// What a caller learns who didn't wait for the answer.
pub(super) fn deadline_exceeded() -> Status {
    explained(Reason::DeadlineExceeded, "the call's deadline passed; a write may still have taken place")
}

fn explained(reason: Reason, message: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason.code(), DOMAIN, HashMap::new());
    Status::with_error_details(code_of(reason.class()), message, details)
}

fn code_of(class: Class) -> Code {
    match class {
        Class::InvalidArgument | Class::FieldViolation => Code::InvalidArgument,
        Class::NotFound => Code::NotFound,
        Class::AlreadyExists => Code::AlreadyExists,
        Class::Aborted => Code::Aborted,
        Class::FailedPrecondition => Code::FailedPrecondition,
        Class::ResourceExhausted => Code::ResourceExhausted,
        Class::PermissionDenied => Code::PermissionDenied,
        Class::Unauthenticated => Code::Unauthenticated,
        Class::Unavailable => Code::Unavailable,
        Class::DeadlineExceeded => Code::DeadlineExceeded,
        Class::Cancelled => Code::Cancelled,
        Class::Unimplemented => Code::Unimplemented,
        Class::Internal => Code::Internal,
    }
}

/// A sentence for people. A violation or two are told in it, for clients that don't read details.
fn message_of(error: &Error) -> String {
    match error {
        Error::Invalid(violations) => match violations.as_slice() {
            [only] => format!("{} {}", only.field, only.description),
            [first, rest @ ..] => format!("{} {} (and {} more)", first.field, first.description, rest.len()),
            [] => error.to_string(),
        },
        Error::Refused(refusal) => refusal.message.clone(),
        Error::Storage(_) | Error::Internal(_) => "a defect of the service; the log has the request's id".to_owned(),
        Error::NotFound { .. }
        | Error::AlreadyExists { .. }
        | Error::Stale { .. }
        | Error::RequestIdReused { .. }
        | Error::CallerInvalid { .. }
        | Error::Overloaded { .. }
        | Error::Unavailable
        | Error::ShuttingDown => error.to_string(),
    }
}

/// What `errors.proto` promises for the reason.
fn metadata_of(error: &Error) -> HashMap<String, String> {
    let one = |key: &str, value: &str| HashMap::from([(key.to_owned(), value.to_owned())]);
    match error {
        Error::NotFound { name } | Error::AlreadyExists { name } | Error::Stale { name } => one("name", name),
        Error::RequestIdReused { request_id } => one("request_id", request_id),
        Error::CallerInvalid { metadata_key } => one("metadata_key", metadata_key),
        Error::Refused(refusal) => {
            refusal.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
        }
        Error::Invalid(_)
        | Error::Overloaded { .. }
        | Error::Unavailable
        | Error::ShuttingDown
        | Error::Storage(_)
        | Error::Internal(_) => HashMap::new(),
    }
}

/// As many violations as a header holds; how many are left out is the last one.
fn add_violations(details: &mut ErrorDetails, violations: Vec<Violation>) {
    if violations.is_empty() {
        return;
    }
    let total = violations.len();
    let mut bytes = 0;
    let mut listed: Vec<FieldViolation> = Vec::new();
    for violation in violations {
        bytes += violation.field.len() + violation.description.len() + violation.reason.code().len() + 16;
        if bytes > MAX_VIOLATIONS_BYTES {
            break;
        }
        listed.push(field_violation(violation.field, violation.reason, violation.description));
    }
    if listed.len() < total {
        let description = format!("{} more fields are wrong", total - listed.len());
        listed.push(field_violation(String::new(), Reason::InvalidFields, description));
    }
    details.set_bad_request(listed);
}

fn field_violation(field: String, reason: Reason, description: String) -> FieldViolation {
    FieldViolation { field, description, reason: reason.code().to_owned(), localized_message: None }
}

/// Only what nobody could expect is logged, with the causes that the client doesn't get.
fn log(error: &Error) {
    match error {
        Error::Storage(source) => {
            let mut causes = source.to_string();
            let mut next = source.source();
            while let Some(cause) = next {
                causes.push_str(": ");
                causes.push_str(&cause.to_string());
                next = cause.source();
            }
            tracing::error!(causes, "storage failed");
        }
        Error::Internal(defect) => tracing::error!(defect, "request failed"),
        Error::Unavailable => tracing::warn!("the database did not answer"),
        Error::Invalid(_)
        | Error::NotFound { .. }
        | Error::AlreadyExists { .. }
        | Error::Refused(_)
        | Error::Stale { .. }
        | Error::RequestIdReused { .. }
        | Error::CallerInvalid { .. }
        | Error::Overloaded { .. }
        | Error::ShuttingDown => {}
    }
}

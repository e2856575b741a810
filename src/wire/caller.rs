//! Who calls: what the gate has put beside the request, and what a request's metadata says.
use sha2::{Digest as _, Sha256};
use tonic::Request;
use tonic::metadata::MetadataMap;

use super::Mutation;
use crate::kernel::{Call, Caller, Error, Fields, Reason, Result, hex};

/// The longest value of the caller's metadata, in characters; the roles are longer, each of them is not.
const MAX: usize = 128;
/// More roles than this nobody has.
const MAX_ROLES: usize = 32;

/// The caller that the gate let through; one without a name where nobody called: the service reads for itself.
#[must_use]
pub fn caller_of<T>(request: &Request<T>) -> Caller {
    request.extensions().get::<Caller>().cloned().unwrap_or_else(Caller::anonymous)
}

/// The same, and the message that it came with.
pub(super) fn taken<T>(request: Request<T>) -> (Caller, T) {
    let (_, mut beside, message) = request.into_parts();
    (beside.remove().unwrap_or_else(Caller::anonymous), message)
}

/// What a request's metadata says of its caller: `x-homecoming-subject` (default `anonymous`), `-person`, `-roles` (comma-separated), `-on-behalf-of`, each at
/// most 128 characters without control characters.
///
/// # Errors
/// [`Error::CallerInvalid`] with the key whose value is malformed or stands twice.
pub fn caller_in(metadata: &MetadataMap) -> Result<Caller> {
    let mut roles = Vec::new();
    const ROLES: &str = "x-homecoming-roles";
    for role in text(metadata, ROLES, MAX * MAX_ROLES)?.unwrap_or_default().split(',').map(str::trim) {
        if role.len() > MAX || roles.len() == MAX_ROLES {
            return Err(Error::CallerInvalid { metadata_key: ROLES });
        }
        if !role.is_empty() {
            roles.push(role.to_owned());
        }
    }
    roles.sort();
    roles.dedup();
    Ok(Caller {
        subject: text(metadata, "x-homecoming-subject", MAX)?.unwrap_or_else(|| Caller::ANONYMOUS.to_owned()),
        person: text(metadata, "x-homecoming-person", MAX)?,
        roles,
        on_behalf_of: text(metadata, "x-homecoming-on-behalf-of", MAX)?,
        programmes: None,
        own_only: false,
    })
}

/// One value, `None` where it is absent or empty. Header values are UTF-8 here, though HTTP promises only ASCII.
fn text(metadata: &MetadataMap, key: &'static str, max: usize) -> Result<Option<String>> {
    let invalid = || Error::CallerInvalid { metadata_key: key };
    let mut values = metadata.get_all(key).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| invalid())?;
    if values.next().is_some() || text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(invalid());
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// How a mutation is called.
pub fn call_of<M: Mutation>(caller: Caller, message: &M, fields: &mut Fields) -> Call {
    let id = message.request_id();
    if !id.is_empty() && !Call::is_request_id(id) {
        fields.refuse("request_id", Reason::Malformed, "must be 1 to 64 of [A-Za-z0-9_-]");
    }
    let request_id = Some(id.to_owned()).filter(|id| !id.is_empty());
    Call { caller, request_id, body_digest: digest(message), validate_only: message.validate_only() }
}

fn digest(message: &impl prost::Message) -> String {
    hex(Sha256::digest(message.encode_to_vec()))
}

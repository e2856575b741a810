//! What a request says that it is about: the resources in those of its declared fields that say where, whose or which.
//!
//! Read as its handler reads it (unknown fields count for nothing, of a field that comes twice the last one), because a narrow role rests on
//! it. Not here: every other name in a request, which can only refuse (`names`).
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};

use crate::access::decide::{Claims, Named};
use crate::pb;

/// Fields that say where, whose or which, wherever they stand.
pub const FIELDS: [&str; 16] = [
    "parent",
    "names",
    "site",
    "sites",
    "host_site",
    "expert",
    "experts",
    "lead_expert",
    "co_expert",
    "session",
    "sessions",
    "activity",
    "activities",
    "reservation",
    "dossier",
    "hold",
];

/// What a request of this type is about; nothing, where it can't be read: its handler refuses it.
#[must_use]
pub fn claims(input: &str, content: &[u8]) -> Claims {
    // Narrow roles are the exception: what they need is read when the first of them calls.
    static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(pb::DESCRIPTOR_SET).ok());
    let message = POOL.as_ref().and_then(|pool| pool.get_message_by_name(input));
    let Some(request) = message.and_then(|message| DynamicMessage::decode(message, content).ok()) else {
        return Claims::default();
    };
    // The name inside of what is created is the service's to give; of what is updated it says which.
    let is_update = request.descriptor().get_field_by_name("update_mask").is_some();
    let name = request.get_field_by_name("name");
    let mut claims = claims_of(&request, is_update);
    claims.names.extend(name.as_deref().and_then(Value::as_str).and_then(Named::read));
    claims
}

fn claims_of(message: &DynamicMessage, names_count: bool) -> Claims {
    let mut claims = Claims::default();
    for (field, value) in message.fields() {
        let counts = FIELDS.contains(&field.name()) || (names_count && field.name() == "name");
        let read = |value: &Value| value.as_str().filter(|_| counts).and_then(Named::read);
        claims.names.extend(read(value));
        claims.parts.extend(value.as_message().map(|part| claims_of(part, names_count)));
        for item in value.as_list().into_iter().flatten() {
            claims.names.extend(read(item));
            claims.rows.extend(item.as_message().map(|row| claims_of(row, names_count)));
        }
    }
    claims
}

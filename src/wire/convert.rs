//! Common messages from the kernel's types; the other way is in `fields.rs`, because it can be refused.
use chrono::Datelike as _;

use crate::kernel::{Date, ExternalId, Timestamp};
use crate::pb;

impl From<Date> for pb::Date {
    fn from(date: Date) -> Self {
        let small = |number: u32| i32::try_from(number).unwrap_or_default();
        Self { year: date.year(), month: small(date.month()), day: small(date.day()) }
    }
}

impl From<Timestamp> for prost_types::Timestamp {
    fn from(instant: Timestamp) -> Self {
        let nanos = instant.micros().rem_euclid(1_000_000) * 1_000;
        Self { seconds: instant.micros().div_euclid(1_000_000), nanos: i32::try_from(nanos).unwrap_or_default() }
    }
}

impl From<&ExternalId> for pb::ExternalId {
    fn from(external_id: &ExternalId) -> Self {
        Self { system: external_id.system().to_owned(), value: external_id.value().to_owned() }
    }
}

impl From<ExternalId> for pb::ExternalId {
    fn from(external_id: ExternalId) -> Self {
        Self::from(&external_id)
    }
}

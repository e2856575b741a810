//! Common messages from the kernel's types; the other way is in `fields.rs`, because it can be refused.
use chrono::Datelike as _;

use tonic::Status;
use tonic_types::StatusExt as _;

use crate::kernel::{Date, Error, ExternalId, Timestamp, Vocabulary as _};
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

/// Why a row of a batch was refused: what a call of its own would have answered, as data.
impl From<Error> for pb::ActivityRefusal {
    fn from(error: Error) -> Self {
        let reason = error.reason().code().to_owned();
        let status = Status::from(error);
        let details = status.get_error_details();
        let violations = details.bad_request().map(|it| it.field_violations.clone()).unwrap_or_default();
        Self {
            reason,
            message: status.message().to_owned(),
            metadata: details.error_info().map(|it| it.metadata.clone()).unwrap_or_default(),
            violations: violations
                .into_iter()
                .map(|it| pb::ActivityViolation { field: it.field, reason: it.reason, description: it.description })
                .collect(),
        }
    }
}

//! Reads the common messages: what [`Fields`] can't, because the kernel knows no wire.
use prost_types::FieldMask;

use crate::kernel::{Date, ExternalId, Fields, Mask, Patient, Reason, Timestamp, patient};
use crate::pb;

/// The years that a day or an instant may lie in.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

impl Fields {
    /// A civil day from 1900 to 2200, which must be set.
    pub fn date(&mut self, field: &str, value: Option<&pb::Date>) -> Date {
        if value.is_none() {
            self.refuse(field, Reason::Required, "must be set");
        }
        self.optional_date(field, value).unwrap_or_default()
    }

    /// A civil day from 1900 to 2200; `None` where it isn't set.
    pub fn optional_date(&mut self, field: &str, value: Option<&pb::Date>) -> Option<Date> {
        let value = value?;
        let date = match (u32::try_from(value.month), u32::try_from(value.day)) {
            (Ok(month), Ok(day)) => Date::from_ymd_opt(value.year, month, day).filter(|_| YEARS.contains(&value.year)),
            (Err(_), _) | (_, Err(_)) => None,
        };
        if date.is_none() {
            self.refuse(field, Reason::Malformed, "must be a day of the calendar, 1900 to 2200");
        }
        date
    }

    /// An instant from 1900 to 2200, which must be set; cut to microseconds.
    pub fn time(&mut self, field: &str, value: Option<&prost_types::Timestamp>) -> Timestamp {
        if value.is_none() {
            self.refuse(field, Reason::Required, "must be set");
        }
        self.optional_time(field, value).unwrap_or_default()
    }

    /// An instant from 1900 to 2200; `None` where it isn't set.
    pub fn optional_time(&mut self, field: &str, value: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
        let value = value?;
        let instant = instant(value);
        if instant.is_none() {
            self.refuse(field, Reason::Malformed, "must be an instant, 1900 to 2200, with 0 to 999999999 nanoseconds");
        }
        instant
    }

    /// An interval that must be set, whose end is after its start.
    pub fn interval(&mut self, field: &str, value: Option<&pb::Interval>) -> (Timestamp, Timestamp) {
        let Some(value) = value else {
            self.refuse(field, Reason::Required, "must be set");
            return Default::default();
        };
        self.within(field, |fields| {
            let start = fields.time("start_time", value.start_time.as_ref());
            let end = fields.time("end_time", value.end_time.as_ref());
            let both = value.start_time.as_ref().and_then(instant).zip(value.end_time.as_ref().and_then(instant));
            if both.is_some_and(|(start, end)| end <= start) {
                fields.refuse("end_time", Reason::Inconsistent, "must be after start_time");
            }
            (start, end)
        })
    }

    /// The same, of at most so many days.
    pub fn window(&mut self, field: &str, value: Option<&pb::Interval>, most_days: i64) -> (Timestamp, Timestamp) {
        let window = self.interval(field, value);
        if window.1.minutes_since(window.0) > most_days * 24 * 60 {
            self.refuse(field, Reason::OutOfRange, format!("must be at most {most_days} days: ask for its parts"));
        }
        window
    }

    /// At most 20 external ids, each once.
    pub fn external_ids(&mut self, field: &str, values: &[pb::ExternalId]) -> Vec<ExternalId> {
        let mut seen: Vec<ExternalId> = Vec::new();
        self.list(field, values, ExternalId::MAX_COUNT, |fields, value| {
            let Some(external_id) = fields.external_id("", &value.system, &value.value) else { return };
            if seen.contains(&external_id) {
                fields.refuse("", Reason::Duplicate, "stands twice");
            } else {
                seen.push(external_id);
            }
        });
        seen
    }

    /// A patient, de-identified; `None` where it isn't set or is refused. The refusal never has the value.
    pub fn patient(&mut self, field: &str, value: Option<&pb::Patient>) -> Option<Patient> {
        let value = value?;
        let flaw = match Patient::parse(&value.issuer, &value.token) {
            Ok(patient) => return Some(patient),
            Err(flaw) => flaw,
        };
        let (part, reason) = match flaw {
            patient::Flaw::Issuer => ("issuer", Reason::Malformed),
            patient::Flaw::Shape => ("token", Reason::Malformed),
            patient::Flaw::NotDeidentified => ("token", Reason::TokenNotDeidentified),
        };
        self.within(field, |fields| fields.refuse(part, reason, flaw.message()));
        None
    }

    /// A patient, de-identified, who must be named. The refusal never has the value.
    pub fn required_patient(&mut self, field: &str, value: Option<&pb::Patient>) -> Patient {
        if value.is_none() {
            self.refuse(field, Reason::Required, "must be set");
        }
        self.patient(field, value).unwrap_or_else(Patient::placeholder)
    }

    /// A message inside the request that must be set.
    pub fn message<M: Default>(&mut self, field: &str, value: Option<M>) -> M {
        if value.is_none() {
            self.refuse(field, Reason::Required, "must be set");
        }
        value.unwrap_or_default()
    }

    /// A field of an update, read only when the mask has it: what isn't written isn't checked.
    pub fn masked<T: Default>(&mut self, mask: &Mask, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        if mask.has(field) { read(self) } else { T::default() }
    }

    /// The etag that the caller read, if it shows one.
    pub fn etag(&mut self, field: &str, value: &str) -> Option<String> {
        Some(self.text(field, value, 64)).filter(|etag| !etag.is_empty())
    }

    /// The fields that an update writes: all the allowed ones where the mask is absent or empty.
    pub fn mask(&mut self, mask: &Option<FieldMask>, allowed: &[&'static str]) -> Mask {
        self.mask_paths(mask.as_ref().map_or(&[], |mask| mask.paths.as_slice()), allowed)
    }
}

fn instant(value: &prost_types::Timestamp) -> Option<Timestamp> {
    let micros = i64::from(u32::try_from(value.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)? / 1_000);
    let instant = Timestamp::from_micros(value.seconds.checked_mul(1_000_000)?.checked_add(micros)?);
    let first = Date::from_ymd_opt(*YEARS.start(), 1, 1)?.and_time(Default::default()).and_utc();
    let after = Date::from_ymd_opt(*YEARS.end() + 1, 1, 1)?.and_time(Default::default()).and_utc();
    (Timestamp::from_utc(first)..Timestamp::from_utc(after)).contains(&instant).then_some(instant)
}

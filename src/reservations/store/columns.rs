//! Registers and reservations to columns, and columns to registers and reservations.
use super::super::register::expected;
use super::super::{AffectedCause, Grant, Register, Reservation};
use super::job_of;
use crate::db::Row;
use crate::experts::store::consent_of;
use crate::kernel::{Error, Name, Patient, Result, Timestamp};

/// Free numbers as they are kept: `3,7`.
pub(super) fn freed(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

fn numbers(text: &str) -> Result<Vec<i64>> {
    let number = |text: &str| text.parse().map_err(|_| Error::storage("registers.freed has no such shape"));
    text.split(',').filter(|text| !text.is_empty()).map(number).collect()
}

/// The register in a row that has its columns.
///
/// # Errors
/// A storage error.
pub fn register_of(row: &Row) -> Result<Register> {
    Ok(Register {
        name: Name::new(row.get("programme")?, row.get("session")?),
        session_state: row.code("session_state")?,
        expert: row.get("expert")?,
        start: row.get("start_time")?,
        end: row.get("end_time")?,
        capacity: row.get("capacity")?,
        granted: row.get("granted")?,
        place_minutes: row.get("place_minutes")?,
        open: row.get("open_time")?,
        close: row.get("close_time")?,
        next_place: row.get("next_place")?,
        taken: row.get("taken")?,
        freed: numbers(&row.get::<String>("freed")?)?,
        waiting: row.get("waiting")?,
        next_arrival: row.get("next_arrival")?,
        due: row.get("due_time")?,
        job: job_of(row)?,
        guard: row.get("guard")?,
        meta: row.meta()?,
    })
}

pub(super) fn grant_of(row: &Row) -> Result<Grant> {
    let consent = consent_of(row)?;
    Ok(Grant { number: row.get("number")?, places: row.get("places")?, consent, time: row.get("record_time")? })
}

/// The reservation in a row that has its columns and those of its register that say when its turn is; without external ids.
///
/// # Errors
/// A storage error.
pub fn reservation_of(row: &Row) -> Result<Reservation> {
    let corrupt = || Error::storage("reservations.patient_token has no such shape");
    let (issuer, token): (String, String) = (row.get("patient_issuer")?, row.get("patient_token")?);
    let place: Option<i64> = row.get("place")?;
    let (start, minutes): (Timestamp, i64) = (row.get("start_time")?, row.get("place_minutes")?);
    let capacity = row.get("capacity")?;
    let affected = match row.optional_code::<AffectedCause>("affected")? {
        Some(cause) => Some((cause, row.get("affected_time")?)),
        None => None,
    };
    Ok(Reservation {
        name: Name::new(row.get("programme")?, row.get("reservation")?),
        session: row.get("session")?,
        patient: Patient::parse(&issuer, &token).map_err(|_| corrupt())?,
        made_by: row.get("made_by")?,
        state: row.code("state")?,
        place,
        arrival: row.get("arrival")?,
        lapse_time: row.get("lapse_time")?,
        affected,
        cancelled_by: row.optional_code("cancelled_by")?,
        activity: row.get("activity")?,
        expected: place.map(|place| expected(start, minutes, capacity, place)),
        external_ids: Vec::new(),
        meta: row.meta()?,
    })
}

//! Trips to rows, and rows to trips.

use crate::db::Row;
use crate::kernel::{Dimensions, Error, HalfDay, Id, Name, Patient, Residence, Result, Vocabulary as _};
use crate::savings::Part;
use crate::savings::trip::{Basis, Reckoned, Trip};
use crate::sites::DivisionCode;

crate::row! {
    /// A row of `trip_versions`, for `rows!`.
    pub(super) struct VersionRow<'a> {
        programme: &'a str,
        trip: &'a str,
        revision: i64,
        since_sequence: i64,
        state: &'static str,
        cause: &'static str,
        void_reason: Option<&'static str>,
        patient_issuer: &'a str,
        patient_token: &'a str,
        activities: String,
        session: Option<&'a str>,
        encounter: Option<&'a str>,
        date: String,
        half_day: Option<&'static str>,
        site: &'a str,
        site_level: &'a str,
        expert: Option<&'a str>,
        home_hospital: Option<&'a str>,
        specialty: &'a str,
        session_kind: &'a str,
        residence: &'static str,
        origin: &'a str,
        destination: &'a str,
        basis: String,
        policy: &'a str,
        tariffs: String,
        stratum: &'static str,
        parts: String,
        travel_fen: Option<i64>,
        lodging_fen: Option<i64>,
        meals_fen: Option<i64>,
        bill_fen: Option<i64>,
        time_fen: Option<i64>,
        fund_fen: Option<i64>,
        recorder: &'a str,
        batch_row: Option<i64>,
        create_time: i64,
        update_time: i64,
    }
}

/// A version as its row has it.
///
/// # Errors
/// A storage error.
pub(super) fn version_row(trip: &Trip) -> Result<VersionRow<'_>> {
    let Dimensions { date, half_day, site, site_level, expert, home_hospital, specialty, kind, residence } =
        &trip.dimensions;
    let json = |text: serde_json::Result<String>| text.map_err(Error::storage);
    Ok(VersionRow {
        programme: trip.name.programme().as_str(),
        trip: trip.name.id().as_str(),
        revision: trip.meta.revision,
        since_sequence: trip.since_sequence,
        state: trip.state.code(),
        cause: trip.cause.code(),
        void_reason: trip.void_reason.map(|reason| reason.code()),
        patient_issuer: trip.patient.issuer(),
        patient_token: trip.patient.token(),
        activities: json(serde_json::to_string(&trip.activities))?,
        session: trip.session.as_ref().map(Id::as_str),
        encounter: trip.encounter.as_ref().map(Id::as_str),
        date: date.to_string(),
        half_day: half_day.map(HalfDay::code),
        site: site.as_str(),
        site_level,
        expert: expert.as_ref().map(Id::as_str),
        home_hospital: home_hospital.as_ref().map(Id::as_str),
        specialty,
        session_kind: kind,
        residence: residence.code(),
        origin: trip.basis.words.origin.as_str(),
        destination: trip.basis.words.destination.as_str(),
        basis: json(serde_json::to_string(&trip.basis))?,
        policy: trip.reckoned.policy.as_str(),
        tariffs: json(serde_json::to_string(&trip.reckoned.tariffs))?,
        stratum: trip.basis.stratum().code(),
        parts: json(serde_json::to_string(&trip.reckoned.parts))?,
        travel_fen: trip.base_fen(Part::Travel),
        lodging_fen: trip.base_fen(Part::Lodging),
        meals_fen: trip.base_fen(Part::Meals),
        bill_fen: trip.base_fen(Part::Bill),
        time_fen: trip.base_fen(Part::Time),
        fund_fen: trip.base_fen(Part::Fund),
        recorder: &trip.recorder,
        batch_row: trip.batch_row,
        create_time: trip.meta.create_time.micros(),
        update_time: trip.meta.update_time.micros(),
    })
}

/// Whose a trip is.
///
/// # Errors
/// A storage error.
pub(super) fn patient(row: &Row) -> Result<Patient> {
    let (issuer, token) = (row.get::<String>("patient_issuer")?, row.get::<String>("patient_token")?);
    Patient::parse(&issuer, &token).map_err(|_| Error::storage("trip_versions.patient_token has no such shape"))
}

/// A division code.
///
/// # Errors
/// A storage error.
pub(super) fn code(row: &Row, column: &'static str) -> Result<DivisionCode> {
    let text: String = row.get(column)?;
    DivisionCode::parse(&text).ok_or_else(|| Error::storage(format!("{column} is no division code")))
}

/// A version, still without external ids.
///
/// # Errors
/// A storage error.
pub fn trip(row: &Row) -> Result<Trip> {
    Ok(Trip {
        name: Name::new(row.get("programme")?, row.get("trip")?),
        activities: row.json("activities")?,
        session: row.get("session")?,
        patient: patient(row)?,
        dimensions: Dimensions {
            date: row.get("date")?,
            half_day: row.optional_code("half_day")?,
            site: row.get("site")?,
            site_level: row.get("site_level")?,
            expert: row.get("expert")?,
            home_hospital: row.get("home_hospital")?,
            specialty: row.get("specialty")?,
            kind: row.get("session_kind")?,
            residence: row.code::<Residence>("residence")?,
        },
        basis: row.json::<Basis>("basis")?,
        encounter: row.get("encounter")?,
        reckoned: Reckoned { policy: row.get("policy")?, tariffs: row.json("tariffs")?, parts: row.json("parts")? },
        state: row.code("state")?,
        cause: row.code("cause")?,
        void_reason: row.optional_code("void_reason")?,
        recorder: row.get("recorder")?,
        batch_row: row.get("batch_row")?,
        since_sequence: row.get("since_sequence")?,
        until_sequence: row.get("until_sequence")?,
        meta: row.meta()?,
        external_ids: Vec::new(),
    })
}

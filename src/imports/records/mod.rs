//! What a row of each table says, typed; who and what it refers to is still the county's own number or name.
//!
//! One function per table reads a [`Line`] into its record. Not here: whether what is referred to exists (`commands`).

pub mod people;
pub mod places;
pub mod savings;
pub mod work;

use super::headers::Column;
use super::record::{Key, Line};
use super::table::Entry;
use super::{Problem, Table};
use crate::kernel::Reason;

/// What a row says.
#[derive(Clone, Debug)]
pub enum Record {
    /// A hospital.
    Hospital(places::HospitalRecord),
    /// A site.
    Site(Box<places::SiteRecord>),
    /// A room of a site.
    Room(places::RoomRecord),
    /// An expert.
    Expert(Box<people::ExpertRecord>),
    /// An assistant.
    Assistant(people::AssistantRecord),
    /// A pairing.
    Pairing(people::PairingRecord),
    /// A session that was held.
    Session(Box<work::SessionRecord>),
    /// An activity.
    Activity(Box<work::ActivityRecord>),
    /// An opening balance.
    OpeningBalance(work::OpeningBalanceRecord),
    /// A tariff.
    Tariff(Box<savings::TariffRecord>),
    /// A trip.
    Trip(Box<savings::TripRecord>),
    /// A bill.
    Bill(Box<savings::BillRecord>),
}

/// Reads a row of its table.
///
/// # Errors
/// Everything that is wrong with the row.
pub fn read(mut line: Line<'_>) -> Result<Entry, Vec<Problem>> {
    let read = match line.table() {
        Table::Hospitals => places::hospital(&mut line).map(|(key, record)| (key, Record::Hospital(record))),
        Table::Sites => places::site(&mut line).map(|(key, record)| (key, Record::Site(Box::new(record)))),
        Table::Rooms => places::room(&mut line).map(|(key, record)| (key, Record::Room(record))),
        Table::Experts => people::expert(&mut line).map(|(key, record)| (key, Record::Expert(Box::new(record)))),
        Table::Assistants => people::assistant(&mut line).map(|(key, record)| (key, Record::Assistant(record))),
        Table::Pairings => people::pairing(&mut line).map(|(key, record)| (key, Record::Pairing(record))),
        Table::Sessions => work::session(&mut line).map(|(key, record)| (key, Record::Session(Box::new(record)))),
        Table::Activities => work::activity(&mut line).map(|(key, record)| (key, Record::Activity(Box::new(record)))),
        Table::OpeningBalances => {
            work::opening_balance(&mut line).map(|(key, record)| (key, Record::OpeningBalance(record)))
        }
        Table::Tariffs => savings::tariff(&mut line).map(|(key, record)| (key, Record::Tariff(Box::new(record)))),
        Table::Trips => savings::trip(&mut line).map(|(key, record)| (key, Record::Trip(Box::new(record)))),
        Table::Bills => savings::bill(&mut line).map(|(key, record)| (key, Record::Bill(Box::new(record)))),
    };
    let number = line.number();
    let fingerprint = line.finish()?;
    // A reader that gives up has noted why, so this is never seen.
    let unsaid = || vec![Problem::at(number, "", Reason::Malformed, "the row can't be read")];
    let (key, record): (Key, Record) = read.ok_or_else(unsaid)?;
    Ok(Entry { line: number, key, fingerprint, record })
}

/// What a row refers to, and in which column: for problems that are found once all rows are read.
pub fn column_of(field: &str) -> Option<Column> {
    const FIELDS: &[(&str, Column)] = &[
        ("display_name", Column::DisplayName),
        ("aliases", Column::Aliases),
        ("hospital", Column::Hospital),
        ("affiliations", Column::Hospital),
        ("roster_entry_date", Column::EntryDate),
        ("co_experts", Column::CoExperts),
        ("lead_expert", Column::Expert),
        ("expert", Column::Expert),
        ("assistant", Column::Assistant),
        ("assistant_part", Column::AssistantPart),
        ("consultation_type", Column::ConsultationType),
        ("technique", Column::Technique),
        ("gap_level", Column::GapLevel),
        ("responsible_before", Column::ResponsibleBefore),
        ("responsible_after", Column::ResponsibleAfter),
        ("room", Column::Room),
        ("site", Column::Site),
        ("session", Column::Session),
        ("patient", Column::PatientToken),
        ("operation", Column::Procedure),
        ("declared_saving_fen", Column::DeclaredSaving),
        ("quantity", Column::Count),
        ("start_time", Column::StartTime),
        ("end_time", Column::EndTime),
        ("date", Column::Date),
        ("from_date", Column::FromDate),
        ("to_date", Column::ToDate),
        ("measure", Column::Measure),
        ("as_of_date", Column::Day),
        ("origin", Column::Origin),
        ("destination", Column::Destination),
        ("mode", Column::TravelMode),
        ("item", Column::Item),
        ("base", Column::Base),
        ("low", Column::Low),
        ("high", Column::High),
        ("valid_to", Column::ToDate),
        ("record", Column::EvidenceRecord),
        ("asked_sessions", Column::AskedSessions),
        ("activities", Column::Activities),
        ("trip", Column::Trip),
    ];
    // The deepest segment that a column stands for: `session.start_time` is a time, `activity.patient.token` a patient.
    let segments = field.split('.').rev().map(|segment| segment.split('[').next().unwrap_or(segment));
    segments.filter_map(|segment| FIELDS.iter().find(|(name, _)| *name == segment)).map(|(_, column)| *column).next()
}

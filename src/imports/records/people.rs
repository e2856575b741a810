//! Rows of experts, assistants and pairings. People are numbers or pseudonyms here: a table with names has too much in it.

use crate::assistants::PairingRole;
use crate::experts::{ConsentMedium, ExpertTitle, HomeTieKind};
use crate::imports::headers::Column;
use crate::imports::record::{Key, Line};
use crate::kernel::{Date, Grade, Reason, Specialty};
use crate::sites::DivisionCode;

/// An expert 专家.
#[derive(Clone, Debug)]
pub struct ExpertRecord {
    /// A pseudonym or number.
    pub display_name: String,
    /// 职称.
    pub title: ExpertTitle,
    /// What the expert practises, the foremost first.
    pub specialties: Vec<Specialty>,
    /// The home hospital, by number or name.
    pub hospital: Key,
    /// First day there, the roster entry where it isn't said.
    pub affiliation_from: Date,
    /// First day on the roster.
    pub entry_date: Date,
    /// Last day on the roster.
    pub exit_date: Option<Date>,
    /// 乡情, with the expert's consent to its being kept.
    pub home_tie: Option<TieRecord>,
    /// The highest grade of operations.
    pub grade_limit: Option<Grade>,
}

/// A home tie 乡情.
#[derive(Clone, Debug)]
pub struct TieRecord {
    /// Its kind.
    pub kind: HomeTieKind,
    /// The place in words.
    pub place: String,
    /// The place as a code.
    pub division: Option<DivisionCode>,
    /// The expert's yes.
    pub consent: ConsentRecord,
}

/// That an expert said yes 同意.
#[derive(Clone, Debug)]
pub struct ConsentRecord {
    /// Who heard it, a post or pseudonym.
    pub heard_by: String,
    /// How.
    pub medium: ConsentMedium,
    /// On which day.
    pub heard_date: Date,
}

/// An assistant 助手.
#[derive(Clone, Debug)]
pub struct AssistantRecord {
    /// A pseudonym or number.
    pub display_name: String,
    /// The site, by number or name.
    pub site: Key,
    /// What the assistant practises.
    pub specialties: Vec<Specialty>,
    /// Last day at the site.
    pub end_date: Option<Date>,
}

/// A pairing 结对.
#[derive(Clone, Debug)]
pub struct PairingRecord {
    /// Who is assisted.
    pub expert: Key,
    /// Who assists.
    pub assistant: Key,
    /// PRIMARY where it isn't said.
    pub role: PairingRole,
    /// First day.
    pub from_date: Date,
    /// Last day.
    pub to_date: Option<Date>,
}

/// Reads an expert.
pub fn expert(line: &mut Line<'_>) -> Option<(Key, ExpertRecord)> {
    let key = line.key(Column::Id);
    let display_name = line.text(Column::DisplayName, 64);
    let title = line.choice(Column::Title);
    let specialties = line.specialties(Column::Specialties, 20);
    let hospital = line.key(Column::Hospital);
    let entry_date = line.date(Column::EntryDate);
    let affiliation_from = line.date(Column::AffiliationFrom).or(entry_date);
    let exit_date = line.date(Column::ExitDate);
    in_order(line, entry_date, exit_date, Column::ExitDate);
    let grade_limit = line.count(Column::GradeLimit, 1..=4).and_then(Grade::new);
    let home_tie = if line.has(Column::Tie) { tie(line) } else { None };
    let record = ExpertRecord {
        display_name: display_name?,
        title: title?,
        specialties,
        hospital: hospital?,
        affiliation_from: affiliation_from?,
        entry_date: entry_date?,
        exit_date,
        home_tie,
        grade_limit,
    };
    Some((key?, record))
}

/// A tie without the expert's consent isn't kept: the row is refused, and comes in without the tie's columns.
fn tie(line: &mut Line<'_>) -> Option<TieRecord> {
    if !line.has(Column::TiePlace) && !line.has(Column::TieDivision) {
        line.refuse(Column::TiePlace, Reason::Required, "a home tie needs a place, in words or as a code");
    }
    let kind = line.choice(Column::Tie);
    let place = line.text_or_empty(Column::TiePlace, 128);
    let division = line.shaped(Column::TieDivision, Reason::Malformed, DivisionCode::SHAPE, DivisionCode::parse);
    let consent = consent(line, "a home tie needs the expert's recorded consent: who heard it, how, on which day");
    Some(TieRecord { kind: kind?, place, division, consent: consent? })
}

/// Reads a consent: all three columns, or a problem.
pub(super) fn consent(line: &mut Line<'_>, why: &str) -> Option<ConsentRecord> {
    for column in CONSENT {
        line.require(column, why);
    }
    let heard_by = line.text(Column::ConsentHeardBy, 64);
    let medium = line.choice(Column::ConsentMedium);
    let heard_date = line.date(Column::ConsentDate);
    Some(ConsentRecord { heard_by: heard_by?, medium: medium?, heard_date: heard_date? })
}

/// The columns of a consent.
pub(super) const CONSENT: [Column; 3] = [Column::ConsentHeardBy, Column::ConsentMedium, Column::ConsentDate];

/// Reads an assistant.
pub fn assistant(line: &mut Line<'_>) -> Option<(Key, AssistantRecord)> {
    let key = line.key(Column::Id);
    let display_name = line.text(Column::DisplayName, 64);
    let site = line.key(Column::Site);
    let specialties = line.specialties(Column::Specialties, 20);
    let end_date = line.date(Column::ExitDate);
    Some((key?, AssistantRecord { display_name: display_name?, site: site?, specialties, end_date }))
}

/// Reads a pairing; without a number of its own its key is who, whom and since when.
pub fn pairing(line: &mut Line<'_>) -> Option<(Key, PairingRecord)> {
    let own = line.key(Column::Id);
    let expert = line.key(Column::Expert);
    let assistant = line.key(Column::Assistant);
    let role = line.choice(Column::PairingRole);
    let from_date = line.date(Column::FromDate);
    let to_date = line.date(Column::ToDate);
    in_order(line, from_date, to_date, Column::ToDate);
    let (expert, assistant, from_date) = (expert?, assistant?, from_date?);
    let key = own.unwrap_or_else(|| Key::of_parts(&[expert.as_str(), assistant.as_str(), &from_date.to_string()]));
    Some((key, PairingRecord { expert, assistant, role: role.unwrap_or(PairingRole::Primary), from_date, to_date }))
}

fn in_order(line: &mut Line<'_>, first: Option<Date>, last: Option<Date>, column: Column) {
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        line.refuse(column, Reason::Inconsistent, "before the first day");
    }
}

//! Rows of sessions that were held, activities and opening balances.

use crate::activities::details::MOST_TECHNIQUE;
use crate::activities::{
    AssistantPart, ConsultationType, GapLevel, Kind, Operation, Performer, Procedure, ProcedureCode,
};
use crate::imports::cells::Moment;
use crate::imports::headers::Column;
use crate::imports::record::{Key, Line};
use crate::imports::records::people::{CONSENT, ConsentRecord, consent};
use crate::kernel::{
    Date, Fen, Grade, HalfDay, NaiveTime, Patient, Reason, Residence, SessionKind, Specialty, patient,
};
use crate::tallies::{Definition, MeasureType, OpeningBalance, measures};

/// A session 场次 that was held.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// What it was.
    pub kind: SessionKind,
    /// Where, by number or name.
    pub site: Key,
    /// Who came.
    pub expert: Key,
    /// Who else.
    pub co_experts: Vec<Key>,
    /// The local assistant.
    pub assistant: Option<Key>,
    /// The room's number in its site.
    pub room: Option<Key>,
    /// The specialty; `None`: the expert's first.
    pub specialty: Option<Specialty>,
    /// From when.
    pub start: Moment,
    /// Until when.
    pub end: Moment,
    /// An operation's local physician before it.
    pub responsible_before: Option<Key>,
    /// An operation's local physician after it.
    pub responsible_after: Option<Key>,
    /// The expert's yes, where it is on record.
    pub consent: Option<ConsentRecord>,
}

/// An activity 服务记录.
#[derive(Clone, Debug)]
pub struct ActivityRecord {
    /// What it counts.
    pub kind: Kind,
    /// The session it was done in; without one, site, expert and date are said.
    pub session: Option<Key>,
    /// Where.
    pub site: Option<Key>,
    /// Who is credited.
    pub expert: Option<Key>,
    /// On which day.
    pub date: Option<Date>,
    /// In which half of it.
    pub half_day: Option<HalfDay>,
    /// 诊疗科目.
    pub specialty: Option<Specialty>,
    /// Where the patient lives.
    pub residence: Residence,
    /// Who the patient is, as a token.
    pub patient: Option<Patient>,
    /// How many; 1 for consultations and cases.
    pub quantity: i64,
    /// What was operated.
    pub operation: Option<Operation>,
    /// New or follow-up; of consultations and headcounts.
    pub consultation_type: Option<ConsultationType>,
    /// The local assistant in an operation case.
    pub assistant: Option<Key>,
    /// What the assistant did.
    pub assistant_part: Option<AssistantPart>,
    /// What can be done now; of techniques and gaps filled.
    pub technique: String,
    /// Whose gap it was.
    pub gap_level: Option<GapLevel>,
    /// What the county declares that was saved.
    pub declared_saving: Option<Fen>,
}

/// An opening balance 期初数.
#[derive(Clone, Debug)]
pub struct OpeningBalanceRecord {
    /// The measure.
    pub measure: &'static Definition,
    /// The figure in the measure's unit; fen for savings.
    pub quantity: i64,
    /// Its last day.
    pub as_of: Date,
    /// The document.
    pub document: String,
    /// The office that declared it.
    pub declared_by: String,
}

/// Words for a session that was held; others don't come in as facts.
const HELD: &[&str] = &["已举行", "已完成", "完成", "COMPLETED", "HELD"];
const HALF_DAYS: [(HalfDay, (u32, u32)); 2] = [(HalfDay::Morning, (8, 12)), (HalfDay::Afternoon, (14, 17))];
const DEFAULT_ISSUER: &str = "county";
const PROCEDURE_SYSTEM: &str = "glb";
const PROCEDURE_VERSION: &str = "3.0";
const PROCEDURE_SHAPE: &str = "not an operation code such as 36.0601x001";

/// Reads a session.
pub fn session(line: &mut Line<'_>) -> Option<(Key, SessionRecord)> {
    let key = line.key(Column::Id);
    let kind = line.choice(Column::Kind);
    let site = line.key(Column::Site);
    let expert = line.key(Column::Expert);
    let co_experts = line.keys(Column::CoExperts, 20);
    let assistant = line.key(Column::Assistant);
    let room = line.key(Column::Room);
    let specialty = line.specialty(Column::Specialty);
    let not_held =
        "only sessions that were held come in here: others are booked, cancelled or marked by their own calls";
    let known = |word: &str| HELD.contains(&word.to_ascii_uppercase().as_str()).then_some(());
    line.shaped(Column::State, Reason::UnknownValue, not_held, known);
    let responsible_before = line.key(Column::ResponsibleBefore);
    let responsible_after = line.key(Column::ResponsibleAfter);
    let said = CONSENT.iter().any(|column| line.has(*column));
    let consent = if said { consent(line, "a consent needs who heard it, how, and on which day") } else { None };
    let times = times(line);
    let (start, end) = times?;
    let record = SessionRecord {
        kind: kind?,
        site: site?,
        expert: expert?,
        co_experts,
        assistant,
        room,
        specialty,
        start,
        end,
        responsible_before,
        responsible_after,
        consent,
    };
    Some((key?, record))
}

/// Start and end: both as day and time; or a date with two times; or a date with a half-day, which then stands for the
/// usual hours, 08:00 to 12:00 and 14:00 to 17:00.
fn times(line: &mut Line<'_>) -> Option<(Moment, Moment)> {
    if line.has_moment(Column::StartTime) && line.has_moment(Column::EndTime) {
        let (start, end) = (line.moment(Column::StartTime)?, line.moment(Column::EndTime)?);
        return ordered(line, start, end);
    }
    line.require(Column::Date, "needs a day, or start and end with their days");
    let date = line.date(Column::Date);
    let half_day = line.choice::<HalfDay>(Column::HalfDay);
    let usual = half_day.and_then(|half| HALF_DAYS.iter().find(|(known, _)| *known == half)).map(|(_, hours)| *hours);
    if usual.is_none() && !line.has(Column::HalfDay) {
        line.require(Column::StartTime, "needs start and end times, or a half-day");
        line.require(Column::EndTime, "needs start and end times, or a half-day");
    }
    let hour = |hour: u32| NaiveTime::from_hms_opt(hour, 0, 0);
    let start = line.time(Column::StartTime).or_else(|| hour(usual?.0));
    let end = line.time(Column::EndTime).or_else(|| hour(usual?.1));
    let (date, start, end) = (date?, start?, end?);
    if half_day.is_some_and(|half| half != HalfDay::of(start)) {
        line.refuse(
            Column::HalfDay,
            Reason::Inconsistent,
            "the start lies in the other half of the day, divided at 13:00",
        );
    }
    ordered(line, Moment::Local(date.and_time(start)), Moment::Local(date.and_time(end)))
}

fn ordered(line: &mut Line<'_>, start: Moment, end: Moment) -> Option<(Moment, Moment)> {
    let later = match (start, end) {
        (Moment::Local(start), Moment::Local(end)) => end > start,
        (Moment::Fixed(start), Moment::Fixed(end)) => end > start,
        // One with its offset and one without: the site's zone decides when it is known.
        (Moment::Local(_), Moment::Fixed(_)) | (Moment::Fixed(_), Moment::Local(_)) => true,
    };
    if !later {
        line.refuse(Column::EndTime, Reason::Inconsistent, "not later than the start");
    }
    later.then_some((start, end))
}

/// Reads an activity.
pub fn activity(line: &mut Line<'_>) -> Option<(Key, ActivityRecord)> {
    let key = line.key(Column::Id);
    let kind = line.choice::<Kind>(Column::Kind);
    let session = line.key(Column::Session);
    if session.is_none() {
        for column in [Column::Site, Column::Expert, Column::Date] {
            line.require(column, "needed where no session is named");
        }
    }
    let site = line.key(Column::Site);
    let expert = line.key(Column::Expert);
    let date = line.date(Column::Date);
    let half_day = line.choice(Column::HalfDay);
    let specialty = line.specialty(Column::Specialty);
    let residence = line.choice(Column::Residence).unwrap_or(Residence::Unknown);
    let patient = patient(line);
    let declared_saving = line.yuan(Column::DeclaredSaving);
    let kind = kind?;
    let quantity = quantity(line, kind);
    let operation = match kind {
        Kind::OperationCase => operation(line),
        Kind::Consultation
        | Kind::Headcount
        | Kind::Teaching
        | Kind::Lecture
        | Kind::Technique
        | Kind::GapFilled
        | Kind::TrainedStaff => {
            line.forbid(Column::Procedure, "only an operation case has an operation code");
            None
        }
    };
    match kind {
        Kind::Consultation => {
            line.require(Column::PatientToken, "a consultation is one patient's: give the token, or a headcount")
        }
        Kind::OperationCase => {}
        Kind::Headcount | Kind::Teaching | Kind::Lecture | Kind::Technique | Kind::GapFilled | Kind::TrainedStaff => {
            line.forbid(Column::PatientToken, "this kind of record has no patient");
            line.forbid(Column::DeclaredSaving, "this kind of record has no saving");
        }
    }
    let consultation_type = line.choice(Column::ConsultationType);
    let assistant = line.key(Column::Assistant);
    let assistant_part = line.choice(Column::AssistantPart);
    let technique = line.text_or_empty(Column::Technique, MOST_TECHNIQUE);
    let gap_level = line.choice(Column::GapLevel);
    let record = ActivityRecord {
        kind,
        session,
        site,
        expert,
        date,
        half_day,
        specialty,
        residence,
        patient,
        quantity: quantity?,
        operation,
        consultation_type,
        assistant,
        assistant_part,
        technique,
        gap_level,
        declared_saving,
    };
    Some((key?, record))
}

/// A token that isn't one is named by line and column and never repeated.
pub(super) fn patient(line: &mut Line<'_>) -> Option<Patient> {
    let issuer = line.text(Column::TokenIssuer, 63).unwrap_or_else(|| DEFAULT_ISSUER.to_owned());
    if !line.has(Column::PatientToken) {
        return None;
    }
    let token = line.text(Column::PatientToken, 4_000)?;
    match Patient::parse(&issuer, &token) {
        Ok(patient) => Some(patient),
        Err(flaw) => {
            let (column, reason) = match flaw {
                patient::Flaw::Issuer => (Column::TokenIssuer, Reason::Malformed),
                patient::Flaw::Shape => (Column::PatientToken, Reason::Malformed),
                patient::Flaw::NotDeidentified => (Column::PatientToken, Reason::TokenNotDeidentified),
            };
            line.refuse(column, reason, flaw.message());
            None
        }
    }
}

fn quantity(line: &mut Line<'_>, kind: Kind) -> Option<i64> {
    match kind {
        Kind::Consultation | Kind::OperationCase if !line.has(Column::Count) => Some(1),
        // "手术台次" of a theatre system may be a sequence number: anything but one is refused, never summed.
        Kind::Consultation | Kind::OperationCase => line.count(Column::Count, 1..=1),
        Kind::Technique | Kind::GapFilled => Some(1),
        Kind::Headcount | Kind::Teaching | Kind::Lecture | Kind::TrainedStaff => {
            line.require(Column::Count, "this kind of record needs a number");
            line.count(Column::Count, 1..=100_000)
        }
    }
}

fn operation(line: &mut Line<'_>) -> Option<Operation> {
    line.require(Column::Procedure, "an operation case needs its main operation code");
    line.require(Column::Grade, "an operation case needs its grade, 1 to 4");
    let main = line.shaped(Column::Procedure, Reason::Malformed, PROCEDURE_SHAPE, ProcedureCode::parse);
    let system = line.text(Column::ProcedureSystem, 63).unwrap_or_else(|| PROCEDURE_SYSTEM.to_owned());
    let version = line.text(Column::ProcedureVersion, 32).unwrap_or_else(|| PROCEDURE_VERSION.to_owned());
    let mut codes = vec![(main, true)];
    for code in line.list(Column::OtherProcedures, 19, 20) {
        let code = ProcedureCode::parse(&code);
        if code.is_none() {
            line.refuse(Column::OtherProcedures, Reason::Malformed, PROCEDURE_SHAPE);
        }
        codes.push((code, false));
    }
    let grade = line.count(Column::Grade, 1..=4).and_then(Grade::new);
    let grade_list = line.text(Column::GradeList, 64).unwrap_or_else(|| "county".to_owned());
    let performer = line.choice(Column::Performer).unwrap_or(Performer::Expert);
    let procedure = |(code, main): (Option<ProcedureCode>, bool)| {
        Some(Procedure { code: code?, system: system.clone(), version: version.clone(), main })
    };
    let procedures = codes.into_iter().map(procedure).collect::<Option<Vec<_>>>()?;
    Some(Operation { procedures, grade: grade?, grade_list, performer })
}

/// Reads an opening balance; savings are written in yuan and kept in fen. A measure has one, so its name is the key.
pub fn opening_balance(line: &mut Line<'_>) -> Option<(Key, OpeningBalanceRecord)> {
    let shape = "not a measure that adds up, such as 坐诊次、诊疗人次、手术台次、申报节省费用";
    let measure = line.shaped(Column::Measure, Reason::UnknownValue, shape, |word| {
        let alias = MEASURES.iter().find(|(_, words)| words.contains(&word));
        let measure = measures::find(alias.map_or(word, |(name, _)| *name))?;
        (measure.measure_type() == MeasureType::Additive).then_some(measure)
    });
    let quantity = match measure {
        Some(measure) if measure.name.ends_with("_fen") => line.yuan(Column::Value).map(Fen::get),
        Some(_) | None => line.count(Column::Value, 0..=OpeningBalance::MOST),
    };
    let as_of = line.date(Column::Day);
    let document = line.text(Column::Document, 500);
    let declared_by = line.text(Column::DeclaredBy, 200);
    let (measure, quantity) = (measure?, quantity?);
    if !(0..=OpeningBalance::MOST).contains(&quantity) {
        line.refuse(Column::Value, Reason::OutOfRange, "a declared figure isn't negative, nor beyond all counting");
    }
    let record =
        OpeningBalanceRecord { measure, quantity, as_of: as_of?, document: document?, declared_by: declared_by? };
    Some((Key::of_parts(&[measure.name]), record))
}

/// What counties call the measures that they have figures of.
const MEASURES: &[(&str, &[&str])] = &[
    ("sittings", &["坐诊次", "坐诊次数", "坐诊"]),
    ("consultations", &["诊疗人次", "接诊人次"]),
    ("operation_cases", &["手术台次", "手术", "手术台数"]),
    ("declared_savings_fen", &["申报节省费用", "节省费用", "申报节省费用(元)"]),
    ("free_clinics", &["义诊场次", "义诊"]),
    ("lectures", &["讲座场次", "讲座"]),
];

//! Activities 服务记录: what was done, as versions that are only ever added to. Every figure rests on them.
//!
//! Facts are recorded and flagged, never refused for what was irregular; refused is only what can't be a fact (a day to come, a
//! session that wasn't held, a saving where there is none) or comes after the programme's window. Sheets attest records by another
//! person's eyes; cases make the skill ladder of a pairing. Not here: what was planned (`sessions`), how savings are estimated
//! (`savings`), how records are counted (`tallies`).

use crate::kernel::{
    Collection, Date, ExternalId, Fen, HalfDay, Id, Meta, Name, Patient, Residence, SessionKind, Specialty, vocabulary,
};
use crate::sites::SiteLevel;

pub mod commands;
pub mod details;
pub mod ladder;
pub mod leaf;
pub mod operation;
pub mod policy;
pub mod queries;
pub mod reactions;
pub mod record;
pub mod service;
pub mod sheet;
pub mod store;
mod wire;

pub use details::{AssistantPart, ConsultationType, Details, GapLevel};
pub use operation::{Operation, Procedure, ProcedureCode};
pub use record::Draft;

/// The collection `activities`.
pub enum Activities {}

impl Collection for Activities {
    const COLLECTION: &'static str = "activities";
}

vocabulary! {
    /// What kind of service a record counts.
    pub enum Kind: "ActivityKind" {
        /// One patient seen by the expert.
        Consultation = 1 => "CONSULTATION",
        /// One table, one anaesthetic.
        OperationCase = 2 => "OPERATION_CASE",
        /// A number of consultations without patients.
        Headcount = 3 => "HEADCOUNT",
        /// Teaching at the bedside or bench.
        Teaching = 4 => "TEACHING",
        /// A lecture.
        Lecture = 5 => "LECTURE",
        /// A technique that the site now does.
        Technique = 6 => "TECHNIQUE",
        /// A gap in what the county, the city or the province could do, filled.
        GapFilled = 7 => "GAP_FILLED",
        /// Local staff trained until they can do the work.
        TrainedStaff = 8 => "TRAINED_STAFF",
    }
}

impl Kind {
    /// The kind of session that a record without a session belongs under, unless it says otherwise.
    #[must_use]
    pub fn usual_session(self) -> SessionKind {
        match self {
            Kind::Consultation | Kind::Headcount => SessionKind::Clinic,
            Kind::OperationCase => SessionKind::Operation,
            Kind::Teaching | Kind::Technique | Kind::GapFilled | Kind::TrainedStaff => SessionKind::Teaching,
            Kind::Lecture => SessionKind::Lecture,
        }
    }

    /// Whether sessions of a kind usually hold this kind of service; what is unusual is listed, not refused.
    #[must_use]
    pub fn usual_in(self, session: SessionKind) -> bool {
        // What a site gains comes of any work together.
        if matches!(self, Kind::Technique | Kind::GapFilled | Kind::TrainedStaff) {
            return true;
        }
        match session {
            SessionKind::Operation => matches!(self, Kind::OperationCase | Kind::Teaching),
            SessionKind::Clinic | SessionKind::FreeClinic | SessionKind::RemoteConsultation => {
                matches!(self, Kind::Consultation | Kind::Headcount | Kind::Teaching)
            }
            SessionKind::OutConsultation => self != Kind::Lecture,
            SessionKind::WardRound | SessionKind::CaseConference => {
                matches!(self, Kind::Consultation | Kind::Headcount | Kind::Teaching)
            }
            SessionKind::Teaching => matches!(self, Kind::Teaching | Kind::Consultation | Kind::OperationCase),
            SessionKind::Lecture => self == Kind::Lecture,
        }
    }
}

vocabulary! {
    /// Where a record stands.
    pub enum State: "ActivityState" {
        /// It counts, and nobody else has attested it.
        Recorded = 1 => "RECORDED",
        /// It was taken back and counts nothing.
        Voided = 2 => "VOIDED",
        /// Another person has attested it by a sheet.
        Attested = 3 => "ATTESTED",
        /// It counts as recorded and not as attested, until the dispute is settled.
        Disputed = 4 => "DISPUTED",
    }
}

impl State {
    /// Whether a record in it counts.
    #[must_use]
    pub fn stands(self) -> bool {
        match self {
            State::Recorded | State::Attested | State::Disputed => true,
            State::Voided => false,
        }
    }
}

vocabulary! {
    /// Who performed an operation case.
    pub enum Performer: "Performer" {
        /// The expert.
        Expert = 1 => "EXPERT",
        /// The assistant, supervised by the expert.
        AssistantSupervised = 2 => "ASSISTANT_SUPERVISED",
        /// A local surgeon alone: feeds succession, never counted.
        Local = 3 => "LOCAL",
    }
}

vocabulary! {
    /// Why a record was taken back.
    pub enum VoidReason: "VoidReason" {
        /// Another record has the same fact.
        Duplicate = 1 => "DUPLICATE",
        /// It was entered wrongly.
        EntryError = 2 => "ENTRY_ERROR",
        /// It didn't take place.
        NotPerformed = 3 => "NOT_PERFORMED",
    }
}

vocabulary! {
    /// What is irregular about a record.
    pub enum Irregularity: "ActivityIrregularity" {
        /// Site and date are the recorder's own word.
        NoSession = 1 => "NO_SESSION",
        /// Entered more than [`record::LATE_AFTER_DAYS`] after the service date.
        LateEntry = 2 => "LATE_ENTRY",
        /// The lead expert is none of the session's.
        ExpertOutsideSession = 3 => "EXPERT_OUTSIDE_SESSION",
        /// The lead expert wasn't on the roster on the service date.
        ExpertOffRoster = 4 => "EXPERT_OFF_ROSTER",
        /// The lead expert has no main affiliation on the service date.
        HomeHospitalUnknown = 5 => "HOME_HOSPITAL_UNKNOWN",
        /// See [`Kind::usual_in`].
        UnusualForSession = 6 => "UNUSUAL_FOR_SESSION",
        /// An operation case without a patient token.
        PatientUnknown = 7 => "PATIENT_UNKNOWN",
    }
}

/// What a version says: the caller's words, completed by what was copied as of the service date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What kind of service it is; the same in every version.
    pub kind: Kind,
    /// The session it was done in.
    pub session: Option<Id>,
    /// The kind of session it belongs under in tallies.
    pub session_kind: SessionKind,
    /// Where.
    pub site: Id,
    /// The site's level as of the service date.
    pub site_level: SiteLevel,
    /// The service date in the site's zone.
    pub date: Date,
    /// The half-day, if known.
    pub half_day: Option<HalfDay>,
    /// Who is credited; only a LOCAL case may have none.
    pub lead_expert: Option<Id>,
    /// Further experts; they credit nothing.
    pub co_experts: Vec<Id>,
    /// The lead expert's home hospital as of the service date.
    pub home_hospital: Option<Id>,
    /// 诊疗科目 as of the service date.
    pub specialty: Specialty,
    /// Where the patient lives, as of the service date.
    pub residence: Residence,
    /// Whom it was done for.
    pub patient: Option<Patient>,
    /// How many: 1 for consultations and cases; 0 where the number of those taught or attending isn't known.
    pub quantity: i64,
    /// What was operated; exactly for operation cases.
    pub operation: Option<Operation>,
    /// What some kinds say besides.
    pub details: Details,
    /// What the county declares that the household saved; none: not known.
    pub declared_saving: Option<Fen>,
    /// In the order of [`Irregularity`].
    pub irregularities: Vec<Irregularity>,
}

/// One version of an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// `programmes/{programme}/activities/{activity}`.
    pub name: Name<Activities>,
    /// What it says.
    pub record: Record,
    /// Where it stands.
    pub state: State,
    /// Why it was taken back; exactly for voided ones.
    pub void_reason: Option<VoidReason>,
    /// The sheet that attested it: of attested ones, and of those that are disputed since.
    pub sheet: Option<Id>,
    /// What is disputed; exactly for disputed ones.
    pub dispute_note: Option<String>,
    /// Who made this version: the person, or the subject where the call named none.
    pub recorder: String,
    /// Whose words it has: who recorded the activity, or amended it last; none in versions of before that was kept.
    pub author: Option<String>,
    /// The subject whose call made the first version; none: it is the first version's recorder.
    pub made_by: Option<String>,
    /// The place of the first version in its batch, from 0.
    pub batch_row: Option<i64>,
    /// The sequence from which it stands.
    pub since_sequence: i64,
    /// The sequence from which a later version stands.
    pub until_sequence: Option<i64>,
    /// The version's number, when the first version was made and when this one was.
    pub meta: Meta,
    /// Identifiers in other systems; the present ones in all versions.
    pub external_ids: Vec<ExternalId>,
}

impl Activity {
    /// How large it is in an answer, in bytes, at most: a page ends, and a batch is refused, before it is larger than a client takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // `programmes/`, the programme, a collection and an id of at most 63; five names are always there, or may be.
        let name = 95 + self.name.programme().as_str().len();
        let operation = self.record.operation.as_ref().map_or(0, |operation| {
            let line = |it: &operation::Procedure| 30 + it.system.len() + it.version.len();
            20 + operation.grade_list.len() + operation.procedures.iter().map(line).sum::<usize>()
        });
        let patient = self.record.patient.as_ref().map_or(0, |it| 8 + it.issuer().len() + it.token().len());
        let external: usize = self.external_ids.iter().map(|it| it.system().len() + it.value().len() + 10).sum();
        let irregularities = 2 * self.record.irregularities.len();
        let names = 5 + self.record.co_experts.len();
        let words = self.record.details.technique.len() + self.dispute_note.as_ref().map_or(0, String::len);
        300 + (names + 2) * name + operation + patient + external + irregularities + words + self.recorder.len()
    }
}

//! What a record counts: the one place where kinds and performers become quantities, for records and for sums of records alike.

use super::{Activity, ConsultationType, GapLevel, Kind, Performer, Record, State};
use crate::kernel::{Dimensions, Fen, Leaf, Measure, SessionKind, Vocabulary as _};

/// 诊疗人次: patients seen by the expert; headcounts count.
pub const CONSULTATIONS: Measure = Measure::CONSULTATIONS;
/// 手术台次: cases of the expert, or of the assistant under supervision.
pub const OPERATION_CASES: Measure = Measure::OPERATION_CASES;
/// Cases of local surgeons alone: they feed succession.
pub const LOCAL_OPERATION_CASES: Measure = Measure::new("local_operation_cases");
/// 带教 records.
pub const TEACHINGS: Measure = Measure::new("teachings");
/// Those taught, as often as they were.
pub const TRAINEES: Measure = Measure::new("trainees");
/// 讲座 records.
pub const LECTURES: Measure = Measure::new("lectures");
/// Those who attended lectures, as often as they did.
pub const LECTURE_ATTENDANCE: Measure = Measure::new("lecture_attendance");
/// Consultations for a new complaint.
pub const NEW_CONSULTATIONS: Measure = Measure::new("new_consultations");
/// Consultations that follow up on an earlier one.
pub const FOLLOW_UP_CONSULTATIONS: Measure = Measure::new("follow_up_consultations");
/// Techniques that sites now do.
pub const TECHNIQUES: Measure = Measure::new("techniques_adopted");
/// Gaps filled, of every level.
pub const GAPS: Measure = Measure::new("gaps_filled");
/// Gaps that the county had.
pub const COUNTY_GAPS: Measure = Measure::new("gaps_filled_county");
/// Gaps that the city had.
pub const CITY_GAPS: Measure = Measure::new("gaps_filled_city");
/// Gaps that the province had.
pub const PROVINCE_GAPS: Measure = Measure::new("gaps_filled_province");
/// Local staff who were trained until they can do the work.
pub const TRAINED_STAFF: Measure = Measure::new("trained_staff");
/// What the county declares that households saved, in fen.
pub const DECLARED_SAVINGS_FEN: Measure = Measure::DECLARED_SAVINGS_FEN;

/// Services of a kind that can save their patients a trip: what the coverage of savings counts from.
pub const ELIGIBLE_SERVICES: Measure = Measure::new("services_that_can_save");

/// Every measure that records count.
pub const MEASURES: [Measure; 17] = [
    CONSULTATIONS,
    OPERATION_CASES,
    LOCAL_OPERATION_CASES,
    TEACHINGS,
    TRAINEES,
    LECTURES,
    LECTURE_ATTENDANCE,
    NEW_CONSULTATIONS,
    FOLLOW_UP_CONSULTATIONS,
    TECHNIQUES,
    GAPS,
    COUNTY_GAPS,
    CITY_GAPS,
    PROVINCE_GAPS,
    TRAINED_STAFF,
    DECLARED_SAVINGS_FEN,
    ELIGIBLE_SERVICES,
];

/// What some records of one kind and performer add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many records.
    pub records: i64,
    /// The sum of their quantities.
    pub quantity: i64,
    /// The sum of their declared savings, in fen; unknown ones add nothing.
    pub saving_fen: i64,
}

/// What tells records apart by what they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What kind of service.
    pub kind: Kind,
    /// Who performed it; of operation cases.
    pub performer: Option<Performer>,
    /// New or follow-up; of consultations, where it is known.
    pub consultation_type: Option<ConsultationType>,
    /// Whose gap it was; of gaps filled.
    pub gap_level: Option<GapLevel>,
    /// Under which kind of session; none: it doesn't matter to what is counted.
    pub session_kind: Option<SessionKind>,
}

/// Why a service saves no patient a trip, whatever else is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTrip {
    /// 义诊.
    FreeClinic,
    /// 查房.
    WardRound,
    /// 带教, 讲座 and case conferences.
    Teaching,
    /// A number of patients, none of them known.
    Headcount,
    /// A case of local surgeons alone.
    LocalCase,
}

/// Why a service of a kind saves no patient a trip; none: it can.
#[must_use]
pub const fn no_trip(session_kind: SessionKind, kind: Kind, performer: Option<Performer>) -> Option<NoTrip> {
    let by_session = match session_kind {
        SessionKind::FreeClinic => Some(NoTrip::FreeClinic),
        SessionKind::WardRound => Some(NoTrip::WardRound),
        SessionKind::Teaching | SessionKind::Lecture | SessionKind::CaseConference => Some(NoTrip::Teaching),
        SessionKind::Clinic
        | SessionKind::Operation
        | SessionKind::OutConsultation
        | SessionKind::RemoteConsultation => None,
    };
    let by_kind = match (kind, performer) {
        (Kind::Headcount, _) => Some(NoTrip::Headcount),
        (Kind::Teaching | Kind::Lecture | Kind::Technique | Kind::GapFilled | Kind::TrainedStaff, _) => {
            Some(NoTrip::Teaching)
        }
        (Kind::OperationCase, Some(Performer::Local)) => Some(NoTrip::LocalCase),
        (Kind::OperationCase, Some(Performer::Expert | Performer::AssistantSupervised) | None)
        | (Kind::Consultation, _) => None,
    };
    if by_session.is_some() { by_session } else { by_kind }
}

/// Whether a service is of a kind that can save its patient a trip, whatever else is known of it: what coverage counts from. One patient's,
/// by the expert, neither on a round nor at a lesson nor at a free clinic.
#[must_use]
pub const fn can_save(session_kind: SessionKind, kind: Kind, performer: Option<Performer>) -> bool {
    no_trip(session_kind, kind, performer).is_none()
}

impl Sort {
    /// A kind that nothing else tells apart.
    #[must_use]
    pub fn of(kind: Kind) -> Sort {
        Sort { kind, performer: None, consultation_type: None, gap_level: None, session_kind: None }
    }

    /// Whether it can save its patient a trip ([`can_save`]).
    #[must_use]
    pub fn can_save(self) -> bool {
        self.session_kind.is_some_and(|session_kind| can_save(session_kind, self.kind, self.performer))
    }
}

/// What they count, zeros left out. Linear: the quantities of a sum are the sum of the quantities.
#[must_use]
pub fn quantities(sort: Sort, sums: Sums) -> Vec<(Measure, i64)> {
    let mut counted = match (sort.kind, sort.performer) {
        (Kind::Consultation, _) => vec![(CONSULTATIONS, sums.records)],
        (Kind::Headcount, _) => vec![(CONSULTATIONS, sums.quantity)],
        (Kind::OperationCase, Some(Performer::Local)) => vec![(LOCAL_OPERATION_CASES, sums.records)],
        (Kind::OperationCase, Some(Performer::Expert | Performer::AssistantSupervised) | None) => {
            vec![(OPERATION_CASES, sums.records)]
        }
        (Kind::Teaching, _) => vec![(TEACHINGS, sums.records), (TRAINEES, sums.quantity)],
        (Kind::Lecture, _) => vec![(LECTURES, sums.records), (LECTURE_ATTENDANCE, sums.quantity)],
        (Kind::Technique, _) => vec![(TECHNIQUES, sums.records)],
        (Kind::GapFilled, _) => vec![(GAPS, sums.records)],
        (Kind::TrainedStaff, _) => vec![(TRAINED_STAFF, sums.quantity)],
    };
    // Only a consultation and a headcount have a type, and their consultations come first.
    let consultations = counted.first().map_or(0, |(_, quantity)| *quantity);
    match sort.consultation_type {
        Some(ConsultationType::New) => counted.push((NEW_CONSULTATIONS, consultations)),
        Some(ConsultationType::FollowUp) => counted.push((FOLLOW_UP_CONSULTATIONS, consultations)),
        None => {}
    }
    match sort.gap_level {
        Some(GapLevel::County) => counted.push((COUNTY_GAPS, sums.records)),
        Some(GapLevel::City) => counted.push((CITY_GAPS, sums.records)),
        Some(GapLevel::Province) => counted.push((PROVINCE_GAPS, sums.records)),
        None => {}
    }
    if sort.can_save() {
        counted.push((ELIGIBLE_SERVICES, sums.records));
    }
    counted.push((DECLARED_SAVINGS_FEN, sums.saving_fen));
    counted.retain(|(_, quantity)| *quantity != 0);
    counted
}

impl Record {
    /// What it counts, under the dimensions that it copied.
    #[must_use]
    pub fn leaf(&self, attested: bool) -> Leaf {
        let saving_fen = self.declared_saving.map_or(0, Fen::get);
        let sums = Sums { records: 1, quantity: self.quantity, saving_fen };
        let sort = Sort {
            kind: self.kind,
            performer: self.operation.as_ref().map(|operation| operation.performer),
            consultation_type: self.details.consultation_type,
            gap_level: self.details.gap_level,
            session_kind: Some(self.session_kind),
        };
        Leaf {
            dimensions: Dimensions {
                date: self.date,
                half_day: self.half_day,
                site: self.site.clone(),
                site_level: self.site_level.code().to_owned(),
                expert: self.lead_expert.clone(),
                home_hospital: self.home_hospital.clone(),
                specialty: self.specialty.as_str().to_owned(),
                kind: self.session_kind.code().to_owned(),
                residence: self.residence,
            },
            quantities: quantities(sort, sums),
            attested,
        }
    }
}

impl Activity {
    /// What this version counts; voided ones count nothing.
    #[must_use]
    pub fn leaf(&self) -> Option<Leaf> {
        match self.state {
            State::Recorded | State::Disputed => Some(self.record.leaf(false)),
            State::Attested => Some(self.record.leaf(true)),
            State::Voided => None,
        }
    }
}

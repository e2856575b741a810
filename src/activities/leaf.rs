//! What a record counts: the one place where kinds and performers become quantities, for records and for sums of records alike.

use super::{Activity, Kind, Performer, Record, State};
use crate::kernel::{Dimensions, Fen, Leaf, Measure, Vocabulary as _};

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
/// What the county declares that households saved, in fen.
pub const DECLARED_SAVINGS_FEN: Measure = Measure::DECLARED_SAVINGS_FEN;

/// Every measure that records count.
pub const MEASURES: [Measure; 8] = [
    CONSULTATIONS,
    OPERATION_CASES,
    LOCAL_OPERATION_CASES,
    TEACHINGS,
    TRAINEES,
    LECTURES,
    LECTURE_ATTENDANCE,
    DECLARED_SAVINGS_FEN,
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

/// What they count, zeros left out. Linear: the quantities of a sum are the sum of the quantities.
#[must_use]
pub fn quantities(kind: Kind, performer: Option<Performer>, sums: Sums) -> Vec<(Measure, i64)> {
    let mut counted = match (kind, performer) {
        (Kind::Consultation, _) => vec![(CONSULTATIONS, sums.records)],
        (Kind::Headcount, _) => vec![(CONSULTATIONS, sums.quantity)],
        (Kind::OperationCase, Some(Performer::Local)) => vec![(LOCAL_OPERATION_CASES, sums.records)],
        (Kind::OperationCase, Some(Performer::Expert | Performer::AssistantSupervised) | None) => {
            vec![(OPERATION_CASES, sums.records)]
        }
        (Kind::Teaching, _) => vec![(TEACHINGS, sums.records), (TRAINEES, sums.quantity)],
        (Kind::Lecture, _) => vec![(LECTURES, sums.records), (LECTURE_ATTENDANCE, sums.quantity)],
    };
    counted.push((DECLARED_SAVINGS_FEN, sums.saving_fen));
    counted.retain(|(_, quantity)| *quantity != 0);
    counted
}

impl Record {
    /// What it counts, under the dimensions that it copied.
    #[must_use]
    pub fn leaf(&self) -> Leaf {
        let saving_fen = self.declared_saving.map_or(0, Fen::get);
        let sums = Sums { records: 1, quantity: self.quantity, saving_fen };
        let performer = self.operation.as_ref().map(|operation| operation.performer);
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
            quantities: quantities(self.kind, performer, sums),
        }
    }
}

impl Activity {
    /// What this version counts; voided ones count nothing.
    #[must_use]
    pub fn leaf(&self) -> Option<Leaf> {
        match self.state {
            State::Recorded => Some(self.record.leaf()),
            State::Voided => None,
        }
    }
}

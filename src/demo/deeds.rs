//! What was done in the sessions that were held: patients seen, operations, lessons.

use chrono::Datelike as _;

use crate::activities::Performer;
use crate::kernel::{Date, Residence, SessionKind};

use super::dice::Dice;
use super::plan::{Activity, Case, Deed, Patient};
use super::{FIRST_DAY, specialties};

/// What the county's method says that a consultation near home saved, in fen.
const CONSULTATION_SAVING_FEN: i64 = 18_000;

/// What it adds for a patient of a neighbouring county, in fen.
const NEIGHBOURING_SAVING_FEN: i64 = 60_000;

/// Numbers the made-up patients as it goes.
#[derive(Default)]
pub(super) struct Deeds {
    patients: u32,
}

impl Deeds {
    /// What was done in one held session; `cases` counts for operation lists only.
    pub(super) fn of(
        &mut self,
        session: &str,
        kind: SessionKind,
        date: Date,
        specialty: &str,
        cases: u32,
        dice: &mut Dice,
    ) -> Vec<Activity> {
        let deeds = match kind {
            SessionKind::Clinic => self.clinic(date, dice),
            SessionKind::Operation => self.operations(date, specialty, cases, dice),
            SessionKind::OutConsultation | SessionKind::RemoteConsultation => vec![self.consultation(dice)],
            SessionKind::FreeClinic => {
                vec![Deed::Headcount { patients: 10 + dice.roll(16), residence: Residence::Unknown }]
            }
            SessionKind::Teaching | SessionKind::CaseConference => vec![Deed::Lesson { listeners: 3 + dice.roll(10) }],
            SessionKind::Lecture => vec![Deed::Lesson { listeners: 20 + dice.roll(60) }],
            SessionKind::WardRound => Vec::new(),
        };
        let numbered = |(index, deed)| Activity { id: format!("{session}-{:02}", index + 1), deed };
        deeds.into_iter().enumerate().map(numbered).collect()
    }

    /// Some twelve patients, mostly as numbers; lately some sites send tokens of a few.
    fn clinic(&mut self, date: Date, dice: &mut Dice) -> Vec<Deed> {
        let patients = 6 + dice.roll(12);
        let by_token = if date.year() >= 2022 && dice.once_in(10) { 3 } else { 0 };
        let from_nearby = if dice.once_in(3) { 1 + dice.roll(3) } else { 0 };
        let headcount = |patients, residence| (patients > 0).then_some(Deed::Headcount { patients, residence });
        let counted = patients.saturating_sub(by_token);
        let nearby = from_nearby.min(counted);
        let mut deeds: Vec<Deed> = (0..by_token).map(|_| self.consultation(dice)).collect();
        deeds.extend(headcount(counted - nearby, Residence::OwnCounty));
        deeds.extend(headcount(nearby, Residence::Neighbouring));
        deeds
    }

    /// The list's cases, and now and then one more that the local surgeon did alone.
    fn operations(&mut self, date: Date, specialty: &str, cases: u32, dice: &mut Dice) -> Vec<Deed> {
        let years = date.signed_duration_since(FIRST_DAY).num_days().clamp(0, 2_600) / 366;
        let mut performers: Vec<Performer> = (0..cases)
            .map(|_| match i64::from(dice.roll(12)) < years {
                true => Performer::AssistantSupervised,
                false => Performer::Expert,
            })
            .collect();
        if years >= 2 && dice.once_in(12) {
            performers.push(Performer::Local);
        }
        performers.into_iter().filter_map(|performer| self.case(performer, specialty, dice)).collect()
    }

    fn case(&mut self, performer: Performer, specialty: &str, dice: &mut Dice) -> Option<Deed> {
        let operation = dice.pick(specialties::operations(specialty))?;
        let residence = residence(dice);
        let saving = case_saving_fen(operation.grade) + nearby_saving_fen(residence);
        let counts = performer != Performer::Local;
        let patient = Patient { token: self.token(), residence, declared_saving_fen: counts.then_some(saving) };
        Some(Deed::Operation(Case { patient, code: operation.code, grade: operation.grade, performer }))
    }

    fn consultation(&mut self, dice: &mut Dice) -> Deed {
        let residence = residence(dice);
        let saving = CONSULTATION_SAVING_FEN + nearby_saving_fen(residence);
        Deed::Consultation(Patient { token: self.token(), residence, declared_saving_fen: Some(saving) })
    }

    fn token(&mut self) -> String {
        self.patients += 1;
        format!("demo-patient-{:06}", self.patients)
    }
}

fn residence(dice: &mut Dice) -> Residence {
    match dice.roll(20) {
        0..15 => Residence::OwnCounty,
        15..19 => Residence::Neighbouring,
        _ => Residence::Unknown,
    }
}

/// The demo's stand-in for a county's own method: an amount for each grade, made up so that the sum is as published.
const fn case_saving_fen(grade: u8) -> i64 {
    match grade {
        0..=2 => 490_000,
        3 => 805_000,
        _ => 1_320_000,
    }
}

const fn nearby_saving_fen(residence: Residence) -> i64 {
    match residence {
        Residence::Neighbouring => NEIGHBOURING_SAVING_FEN,
        Residence::OwnCounty | Residence::Unknown => 0,
    }
}

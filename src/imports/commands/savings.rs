//! Rows of tariffs, trips and bills as what is to be written.

use super::steps::{RowPlan, Step, Steps, alone};
use crate::imports::headers::Column;
use crate::imports::record::Key;
use crate::imports::records::savings::{BillRecord, TariffRecord, TripRecord};
use crate::kernel::{ExternalId, Fields, Id, Name, Reason};
use crate::savings::commands::{BillRow, Create, TripRow};
use crate::savings::eligibility::{Attendance, FollowUp, Onward};
use crate::savings::settle::Draft;
use crate::savings::tariff::{self, Key as TariffKey, Version};
use crate::savings::travel::Journey;
use crate::savings::trip::{Billed, Evidence, OnwardRecord, Words};
use crate::savings::versions::{TariffDraft, Tariffs};
use crate::savings::{EvidenceGrade, PersonClass};

/// The system of bills' numbers, where the caller names none.
const BILLS: &str = "county";

impl RowPlan<'_> {
    /// A tariff is entered: another person approves it.
    pub(super) fn tariff(&mut self, record: &TariffRecord) -> Option<Steps> {
        let key = TariffKey {
            component: record.component,
            origin: record.origin.clone(),
            destination: record.destination.clone(),
            mode: record.mode,
            person_class: record.person_class,
            item: record.item.clone(),
        };
        let mut fields = Fields::new();
        key.refuse_unfit(&mut fields);
        let (unit, values) = (record.component.unit(), record.values);
        tariff::refuse_unfit(&mut fields, unit, values, record.valid_from, record.valid_to);
        self.check(fields);
        let version = Version {
            id: self.id.clone(),
            key,
            values,
            valid_from: record.valid_from,
            valid_to: record.valid_to,
            source: record.source.clone(),
        };
        alone(Step::Tariff(Box::new(Create {
            name: Name::<Tariffs>::new(self.planner.programme.clone(), self.id.clone()),
            draft: TariffDraft { version, source_hash: record.source_hash.clone(), grade: record.grade },
            replaces: None,
        })))
    }

    pub(super) fn trip(&mut self, record: &TripRecord) -> Option<Steps> {
        let journey = record.journey.clone().map(|(patient_class, setting, patient_earns, grounds, companions)| {
            Journey { patient_class, patient_earns, setting, grounds, companions, near_journeys: 1 }
        });
        let onward = record.onward.clone();
        let words = Words {
            attendance: if record.session.is_some() { Attendance::InVain } else { Attendance::Seen },
            transferable: true,
            screening: false,
            follow_up: record.follow_up.then_some(FollowUp { trip_needed: true }),
            evidence: Evidence {
                grade: record.evidence.unwrap_or(EvidenceGrade::K3),
                record: record.evidence_record.clone(),
                asked: record.asked.iter().map(Key::id).collect(),
                transfer: false,
            },
            origin: record.origin.clone(),
            destination: record.destination.clone(),
            near: record.near.clone(),
            journey,
            insured: record.insured.unwrap_or(PersonClass::ResidentInsured),
            item: record.item.clone(),
            given: Vec::new(),
            onward: onward
                .map(|(date, document)| OnwardRecord { onward: Onward { date, same_problem: true }, document }),
        };
        let draft = Draft {
            activities: record.activities.iter().map(Key::id).collect(),
            session: record.session.as_ref().map(Key::id),
            patient: record.patient.clone(),
            date: record.date,
            words,
            external_ids: self.external_ids(),
        };
        let mut fields = Fields::new();
        draft.refuse_unfit(&mut fields);
        self.check(fields);
        alone(Step::Trip(Box::new(TripRow { id: self.id.clone(), draft, place: None })))
    }

    pub(super) fn bill(&mut self, record: &BillRecord) -> Option<Steps> {
        let system = self.planner.system.unwrap_or(BILLS);
        let number = match ExternalId::parse(system, self.key.as_str()) {
            Ok(number) => number,
            Err((_, shape)) => {
                self.refuse(Column::Id, Reason::Malformed, shape);
                return None;
            }
        };
        let trip: Id = record.trip.id();
        let bill = Billed {
            settled: record.settled,
            document: self.key.as_str().chars().take(100).collect(),
            insured: record.insured,
            item: record.item.clone(),
            fee: record.fee,
        };
        alone(Step::Bill(Box::new(BillRow { id: self.id.clone(), trip, number, bill, place: None })))
    }

    /// What its slice finds wrong with a row's words.
    fn check(&mut self, fields: Fields) {
        if let Err(error) = fields.check() {
            self.problems.extend(self.place.problems(error).unwrap_or_default());
        }
    }
}

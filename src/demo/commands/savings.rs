//! The drafts of tariffs, the policy with the county's method, trips and bills.

use super::drafts::{Drafts, id};
use crate::demo::plan::Outcome;
use crate::demo::savings::{self, COUNTY, FAR, NEIGHBOUR, Price, Trip};
use crate::demo::{FIRST_DAY, SYSTEM};
use crate::kernel::{Error, ExternalId, Fen, Id, Name, Patient, Result};
use crate::savings::commands::{BillRow, Create, TripRow};
use crate::savings::county::{Item, Method, MethodNature, MethodUnit};
use crate::savings::eligibility::{Attendance, FollowUp, Onward};
use crate::savings::policy::{CareSetting, CompanionGround, Policy, Stay};
use crate::savings::settle::Draft;
use crate::savings::tariff::{Key, TariffGrade, Version};
use crate::savings::travel::Journey;
use crate::savings::trip::{Billed, Evidence, OnwardRecord, Words};
use crate::savings::versions::{PolicyDraft, PolicyVersion, Tariff, TariffDraft};
use crate::savings::{Cases, EvidenceGrade, PersonClass, TravelMode};
use crate::sites::DivisionCode;

/// The id of the demo's policy.
const POLICY: &str = "demo-2017";

/// Where an assumption is said to come from.
const ASSUMED: &str = "演示假设，并无来源：醴陵在长沙以东约100公里";

fn place(code: &str) -> Result<DivisionCode> {
    DivisionCode::parse(code).ok_or(Error::Internal("a division of the demo has the wrong shape"))
}

fn optional_place(code: &str) -> Result<Option<DivisionCode>> {
    if code.is_empty() { Ok(None) } else { place(code).map(Some) }
}

impl Drafts<'_> {
    /// A version of a tariff, marked as an assumption.
    pub(super) fn tariff(&self, price: &Price) -> Result<Create<Tariff>> {
        let own = id(&price.id)?;
        let key = Key {
            component: price.component,
            origin: optional_place(price.origin)?,
            destination: optional_place(price.destination)?,
            mode: price.mode,
            person_class: price.person_class,
            item: price.item.clone(),
        };
        let version = Version {
            id: own.clone(),
            key,
            values: price.values,
            valid_from: price.from,
            valid_to: price.until,
            source: ASSUMED.to_owned(),
        };
        Ok(Create {
            name: Name::new(self.programme.clone(), own),
            draft: TariffDraft { version, source_hash: String::new(), grade: TariffGrade::Assumed },
            replaces: None,
        })
    }

    /// The policy with the county's method: flat amounts, made up so that the sum is as published in round words.
    pub(super) fn policy(&self) -> Result<Create<PolicyVersion>> {
        let stay = |nights, meal_days, wage_half_days| Stay { nights, meal_days, wage_half_days };
        let item = |label: &str, nature, unit, yuan: i64| Item {
            label: label.to_owned(),
            nature,
            unit,
            amount: Fen::new(yuan * 100),
        };
        let method = Method {
            name: "县级测算口径（演示）".to_owned(),
            version: "2017".to_owned(),
            items: vec![
                item("每台手术节省医疗费用", MethodNature::MedicalExpenses, MethodUnit::OperationCase, 8_000),
                item("每人次节省交通费", MethodNature::Travel, MethodUnit::Consultation, 50),
            ],
        };
        let policy = Policy {
            id: id(POLICY)?,
            valid_from: FIRST_DAY,
            valid_to: None,
            mode: TravelMode::Rail,
            feeder_mode: Some(TravelMode::Taxi),
            near_mode: TravelMode::Bus,
            most_companions: 2,
            persons_a_room: 2,
            outpatient: stay(Cases::new(0, 1, 2), Cases::new(1, 1, 2), Cases::new(2, 2, 4)),
            inpatient: stay(Cases::new(3, 5, 8), Cases::new(3, 5, 8), Cases::new(6, 10, 16)),
            near_wage_half_days: 1,
            method: Some(method),
        };
        Ok(Create {
            name: self.name(POLICY)?,
            draft: PolicyDraft { policy, source: ASSUMED.to_owned() },
            replaces: None,
        })
    }

    /// A trip.
    pub(super) fn trip(&self, trip: &Trip) -> Result<TripRow> {
        let session =
            self.plan.sessions.get(trip.session).ok_or(Error::Internal("a trip of the demo has no session"))?;
        let held = id(&session.id)?;
        let in_vain = session.outcome == Outcome::NotHeld;
        let (accompanied, earns) = trip.household;
        let grounds = match (accompanied, trip.grade) {
            (false, _) => Vec::new(),
            (true, Some(_)) => vec![CompanionGround::Anaesthesia],
            (true, None) => vec![CompanionGround::Declared],
        };
        let (record, asked) = match trip.evidence {
            EvidenceGrade::K1 => (format!("转诊登记 {}（合成）", trip.id), Vec::new()),
            EvidenceGrade::K2 => (String::new(), vec![held.clone()]),
            EvidenceGrade::K3 => (String::new(), Vec::new()),
        };
        let onward = |days: u32| OnwardRecord {
            onward: Onward { date: session.date + chrono::Days::new(u64::from(days)), same_problem: true },
            document: format!("转院单 {}（合成）", trip.id),
        };
        let words = Words {
            attendance: if in_vain { Attendance::InVain } else { Attendance::Seen },
            transferable: true,
            screening: false,
            follow_up: trip.follow_up.then_some(FollowUp { trip_needed: true }),
            evidence: Evidence { grade: trip.evidence, record, asked, transfer: false },
            origin: place(if trip.from_nearby { NEIGHBOUR } else { COUNTY })?,
            destination: place(FAR)?,
            near: Some(place(COUNTY)?),
            journey: Some(Journey {
                patient_class: PersonClass::Adult,
                patient_earns: earns,
                setting: if trip.grade.is_some() { CareSetting::Inpatient } else { CareSetting::Outpatient },
                grounds,
                companions: i64::from(accompanied),
                near_journeys: 1,
            }),
            insured: PersonClass::ResidentInsured,
            item: trip.grade.map(savings::item).unwrap_or_default(),
            given: Vec::new(),
            onward: trip.onward.map(onward),
        };
        let patient = trip.token.as_ref().map(|token| {
            Patient::parse(SYSTEM, token).map_err(|_flaw| Error::Internal("a patient of the demo has the wrong shape"))
        });
        let draft = Draft {
            activities: trip.activity.iter().map(|activity| id(activity)).collect::<Result<_>>()?,
            session: in_vain.then_some(held),
            patient: patient.transpose()?,
            date: None,
            words,
            external_ids: Vec::new(),
        };
        Ok(TripRow { id: id(&trip.id)?, draft, place: None })
    }

    /// A trip's bill, where the hospital sent one.
    pub(super) fn bill(&self, trip: &Trip) -> Result<Option<BillRow>> {
        let Some(settled) = trip.bill else { return Ok(None) };
        let own: Id = id(&trip.id)?;
        let number = ExternalId::parse("demo.his", &trip.id);
        let bill = Billed {
            settled,
            document: format!("结算单 {}（合成）", trip.id),
            insured: None,
            item: String::new(),
            fee: Fen::ZERO,
        };
        Ok(Some(BillRow {
            trip: own.clone(),
            id: own,
            number: number.map_err(|_shape| Error::Internal("a bill of the demo has the wrong shape"))?,
            bill,
            place: None,
        }))
    }
}

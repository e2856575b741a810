//! What a saving, a published table or a county's method is reckoned from, as messages have it.
use super::{cases, cases_message, method, small};
use crate::kernel::{Fen, Fields, Reason, Vocabulary as _};
use crate::pb;
use crate::savings::bill::{MOST_FEN, Settled};
use crate::savings::commands::EstimateSaving;
use crate::savings::county::{Method, MethodUnit};
use crate::savings::eligibility::{Attendance, FollowUp, Onward, Service};
use crate::savings::estimate::{Bills, Facts};
use crate::savings::published::{Published, PublishedLine, PublishedSide};
use crate::savings::rates::Given;
use crate::savings::tariff;
use crate::savings::travel::{Journey, Places};
use crate::savings::{Component, EvidenceGrade, PersonClass, Proof, ProvenanceClass};
use crate::sites::DivisionCode;

pub(in crate::savings) fn estimate(fields: &mut Fields, request: pb::EstimateSavingRequest) -> EstimateSaving {
    let programme = fields.parent("parent", &request.parent);
    let message = fields.message("facts", request.facts);
    EstimateSaving { programme, facts: fields.within("facts", |fields| facts(fields, &message)) }
}

fn facts(fields: &mut Fields, message: &pb::SavingFacts) -> Facts {
    if message.services.is_empty() {
        fields.refuse("services", Reason::Required, "must have 1 to 50 entries");
    }
    let grade = fields.optional_choice("evidence", message.evidence).unwrap_or(EvidenceGrade::K3);
    if message.transfer_on_record && grade != EvidenceGrade::K1 {
        fields.refuse("transfer_on_record", Reason::Inconsistent, "must be unset: what is on record is K1");
    }
    if message.trip_needed && !message.follow_up {
        fields.refuse("trip_needed", Reason::Inconsistent, "must be unset: only a follow-up needs it");
    }
    if message.onward_same_problem && message.onward_date.is_none() {
        fields.refuse("onward_date", Reason::Required, "must be set: onward travel has a day");
    }
    let onward_date = fields.optional_date("onward_date", message.onward_date.as_ref());
    let date = fields.date("date", message.date.as_ref());
    if onward_date.is_some_and(|onward| onward < date) {
        fields.refuse("onward_date", Reason::Inconsistent, "must not be before the service date");
    }
    Facts {
        date,
        services: fields.list("services", &message.services, 50, |fields, service| Service {
            session_kind: fields.choice("session_kind", service.session_kind),
            kind: fields.choice("kind", service.kind),
            performer: fields.optional_choice("performer", service.performer),
            screening: service.screening,
        }),
        attendance: fields.optional_choice("attendance", message.attendance).unwrap_or(Attendance::Seen),
        transferable: !message.not_transferable,
        follow_up: message.follow_up.then_some(FollowUp { trip_needed: message.trip_needed }),
        proof: Proof { grade, transfer: message.transfer_on_record },
        places: places(fields, message),
        journey: message.journey.as_ref().map(|it| fields.within("journey", |fields| journey(fields, it))),
        bills: Bills {
            settled: message.settled_bill.as_ref().map(|bill| {
                fields.within("settled_bill", |fields| (settled(fields, bill), document(fields, &bill.document)))
            }),
            insured: insured(fields, message.insured),
            item: fields.text("item", &message.item, 64),
        },
        given: given(fields, &message.given),
        onward: onward_date.map(|date| Onward { date, same_problem: message.onward_same_problem }),
    }
}

fn places(fields: &mut Fields, message: &pb::SavingFacts) -> Places {
    let mut place = |field, code: &str| {
        let parsed = fields.shaped(field, code, DivisionCode::SHAPE, |code| DivisionCode::parse(code).ok_or(()));
        parsed.unwrap_or_else(DivisionCode::placeholder)
    };
    Places {
        origin: place("origin", &message.origin),
        destination: place("destination", &message.destination),
        near: place("near", &message.near),
    }
}

pub(super) fn journey(fields: &mut Fields, message: &pb::SavingJourney) -> Journey {
    let patient_class: PersonClass = fields.choice("patient_class", message.patient_class);
    match patient_class {
        PersonClass::Adult | PersonClass::Child | PersonClass::Senior => {}
        PersonClass::Any | PersonClass::ResidentInsured | PersonClass::EmployeeInsured | PersonClass::Uninsured => {
            if message.patient_class != 0 {
                fields.refuse("patient_class", Reason::Inconsistent, "must be ADULT, CHILD or SENIOR");
            }
        }
    }
    Journey {
        patient_class,
        patient_earns: message.patient_earns,
        setting: fields.choice("setting", message.setting),
        grounds: fields.choices("companion_grounds", &message.companion_grounds),
        companions: fields.number("companions", message.companions, 0..=10),
        near_journeys: fields.number("near_journeys", message.near_journeys, 0..=100).max(1),
    }
}

pub(super) fn insured(fields: &mut Fields, number: i32) -> PersonClass {
    let class = fields.optional_choice("insured", number).unwrap_or(PersonClass::ResidentInsured);
    match class {
        PersonClass::ResidentInsured | PersonClass::EmployeeInsured | PersonClass::Uninsured => {}
        PersonClass::Any | PersonClass::Adult | PersonClass::Child | PersonClass::Senior => {
            let text = "must be RESIDENT_INSURED, EMPLOYEE_INSURED or UNINSURED";
            fields.refuse("insured", Reason::Inconsistent, text);
        }
    }
    class
}

pub(super) fn settled(fields: &mut Fields, bill: &pb::SettledBill) -> Settled {
    if !matches!(bill.currency.as_str(), "" | "CNY") {
        let text = "must be CNY: amounts of several currencies are never added";
        fields.refuse("currency", Reason::Inconsistent, text);
    }
    let mut amount = |field, fen: i64| Fen::new(fields.number(field, fen, 0..=MOST_FEN));
    let settled = Settled {
        total: amount("total_fen", bill.total_fen),
        in_scope: amount("in_scope_fen", bill.in_scope_fen),
        deductible: amount("deductible_fen", bill.deductible_fen),
        fund_paid: amount("fund_paid_fen", bill.fund_paid_fen),
        assistance: amount("assistance_fen", bill.assistance_fen),
        cash: amount("cash_fen", bill.cash_fen),
    };
    // In range, the parts can be added: the largest is far below what a sum holds.
    for violation in settled.violations("").unwrap_or_default() {
        fields.refuse(violation.field.trim_start_matches('.'), violation.reason, violation.description);
    }
    settled
}

pub(super) fn document(fields: &mut Fields, text: &str) -> String {
    fields.text("document", text, 100)
}

pub(super) fn given(fields: &mut Fields, messages: &[pb::GivenRate]) -> Vec<Given> {
    let mut seen = Vec::new();
    fields.list("given", messages, 30, |fields, message| {
        let component: Component = fields.choice("component", message.component);
        let side = fields.choice("side", message.side);
        if seen.contains(&(component, side)) {
            fields.refuse("", Reason::Duplicate, "this component and side stand twice");
        }
        seen.push((component, side));
        let class: ProvenanceClass = fields.choice("provenance", message.provenance);
        match class {
            ProvenanceClass::Tariff => {
                fields.refuse("provenance", Reason::Inconsistent, "must not be TARIFF: tariffs are chosen, not given");
            }
            ProvenanceClass::Itemised if message.document.is_empty() && message.provenance != 0 => {
                fields.refuse("document", Reason::Required, "must name the receipt or the bill");
            }
            ProvenanceClass::Itemised | ProvenanceClass::Declared | ProvenanceClass::None => {}
        }
        let values = cases(&fields.message("values", message.values));
        fields.within("values", |fields| tariff::refuse_numbers(fields, component.unit(), values));
        let quantity = fields.optional_number("quantity", message.quantity, 0..=10_000);
        Given { component, side, quantity, values, class, document: document(fields, &message.document) }
    })
}

pub(in crate::savings) fn published(fields: &mut Fields, request: pb::ReckonPublishedRequest) -> Published {
    let published = Published {
        avoided: column(fields, "avoided", request.avoided),
        incurred: column(fields, "incurred", request.incurred),
        stated_saving: request.stated_saving.map(Fen::new),
        cases: request.cases,
    };
    published.refuse_unfit(fields);
    published
}

fn column(fields: &mut Fields, name: &str, side: Option<pb::PublishedSide>) -> PublishedSide {
    let side = side.unwrap_or_default();
    fields.within(name, |fields| PublishedSide {
        lines: fields.list("lines", &side.lines, 200, |fields, line| PublishedLine {
            label: fields.text("label", &line.label, 200),
            amount: Fen::new(line.amount),
            bearer: fields.choice("bearer", line.bearer),
            currency: fields.text("currency", &line.currency, 3),
        }),
        stated: side.stated.map(Fen::new),
    })
}

/// A method, and how many there are of each unit.
pub(in crate::savings) fn method_request(
    fields: &mut Fields,
    request: pb::ReckonMethodRequest,
) -> (Method, impl Fn(MethodUnit) -> i64 + use<>) {
    const MOST: i64 = 1_000_000_000;
    let message = fields.message("method", request.method);
    let read = fields.within("method", |fields| method(fields, &message));
    let consultations = fields.number("consultations", request.consultations, 0..=MOST);
    let operation_cases = fields.number("operation_cases", request.operation_cases, 0..=MOST);
    let trips = fields.number("trips", request.trips, 0..=MOST);
    let count = move |unit| match unit {
        MethodUnit::Consultation => consultations,
        MethodUnit::OperationCase => operation_cases,
        MethodUnit::Trip => trips,
    };
    (read, count)
}

/// Who would have travelled, as a message.
pub(super) fn journey_message(journey: &Journey) -> pb::SavingJourney {
    pb::SavingJourney {
        patient_class: journey.patient_class.number(),
        patient_earns: journey.patient_earns,
        setting: journey.setting.number(),
        companion_grounds: journey.grounds.iter().map(|ground| ground.number()).collect(),
        companions: small(journey.companions),
        near_journeys: small(journey.near_journeys),
    }
}

/// A number that a record gives itself, as a message.
pub(super) fn given_message(given: &Given) -> pb::GivenRate {
    pb::GivenRate {
        component: given.component.number(),
        side: given.side.number(),
        quantity: given.quantity.map(small),
        values: Some(cases_message(given.values)),
        provenance: given.class.number(),
        document: given.document.clone(),
    }
}

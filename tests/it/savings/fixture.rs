//! One trip from Liling to Changsha that was not made, its prices and its policy.
use homecoming::activities::{Kind, Performer};
use homecoming::kernel::{Date, Fen, Id, SessionKind};
use homecoming::savings::bill::Settled;
use homecoming::savings::eligibility::{Attendance, Service};
use homecoming::savings::estimate::{Bills, Facts, estimate};
use homecoming::savings::policy::{CareSetting, CompanionGround, Policy, Stay};
use homecoming::savings::rates::Given;
use homecoming::savings::tariff::{Book, Key, Version};
use homecoming::savings::travel::{Journey, Places};
use homecoming::savings::{
    Amount, Cases, Component, EvidenceGrade, Ledger, Line, PersonClass, Proof, ProvenanceClass, Saving, Side,
    TravelMode,
};
use homecoming::sites::DivisionCode;

pub fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn place(code: &str) -> DivisionCode {
    DivisionCode::parse(code).unwrap()
}

/// Liling, Changsha, and the county hospital in Liling.
pub fn places() -> Places {
    Places { origin: place("430281"), destination: place("430100"), near: place("430281") }
}

pub fn version(name: &str, key: Key, values: Cases<i64>) -> Version {
    let valid_from = day("2024-01-01");
    Version { id: id(name), key, values, valid_from, valid_to: None, source: "a price list".to_owned() }
}

/// The prices of the worked case, and the terms of both places, in force from 2024 on.
pub fn versions() -> Vec<Version> {
    let Places { origin, destination, near } = places();
    let leg = |component, to, mode| Key::journey(component, PersonClass::Adult, (&origin, to), mode);
    let at = |component, class, place| Key::at(component, class, place);
    let insured = PersonClass::ResidentInsured;
    let wage = Key { origin: Some(origin.clone()), ..Key::new(Component::WageDay, PersonClass::Any) };
    let bill = Key { item: "47.01".to_owned(), ..at(Component::EncounterBill, PersonClass::Any, &destination) };
    [
        ("rail", leg(Component::Fare, Some(&destination), TravelMode::Rail), 12_000),
        ("feeder", leg(Component::Feeder, None, TravelMode::Taxi), 4_000),
        ("local", leg(Component::LocalFare, Some(&near), TravelMode::Bus), 1_000),
        ("room", at(Component::RoomNight, PersonClass::Any, &destination), 15_000),
        ("meals", at(Component::MealDay, PersonClass::Any, &destination), 3_000),
        ("wage", wage, 18_993),
        ("bill", bill, 1_446_590),
        ("scope1", at(Component::Scope, insured, &destination), 8_500),
        ("deductible1", at(Component::Deductible, insured, &destination), 150_000),
        ("ratio1", at(Component::FundRatio, insured, &destination), 6_000),
        ("scope0", at(Component::Scope, insured, &near), 9_000),
        ("deductible0", at(Component::Deductible, insured, &near), 50_000),
        ("ratio0", at(Component::FundRatio, insured, &near), 7_500),
    ]
    .map(|(name, key, value)| version(name, key, Cases::sure(value)))
    .to_vec()
}

pub fn book() -> Book {
    Book::new(versions()).unwrap()
}

pub fn policy() -> Policy {
    let stay =
        Stay { nights: Cases::new(0, 1, 2), meal_days: Cases::new(0, 1, 2), wage_half_days: Cases::new(1, 2, 4) };
    Policy {
        id: id("p2024"),
        valid_from: day("2024-01-01"),
        valid_to: None,
        mode: TravelMode::Rail,
        feeder_mode: Some(TravelMode::Taxi),
        near_mode: TravelMode::Bus,
        most_companions: 2,
        persons_a_room: 2,
        outpatient: stay,
        inpatient: stay,
        near_wage_half_days: 0,
        method: None,
    }
}

pub fn journey() -> Journey {
    Journey {
        patient_class: PersonClass::Adult,
        patient_earns: true,
        setting: CareSetting::Outpatient,
        grounds: vec![CompanionGround::Dependent],
        companions: 1,
        near_journeys: 1,
    }
}

pub fn service(session_kind: SessionKind, kind: Kind, performer: Option<Performer>) -> Service {
    Service { session_kind, kind, performer, screening: false }
}

/// A consultation on 2024-05-06 that saved the worked case's trip; nothing is known of bills.
pub fn facts() -> Facts {
    Facts {
        date: day("2024-05-06"),
        services: vec![service(SessionKind::Clinic, Kind::Consultation, None)],
        attendance: Attendance::Seen,
        transferable: true,
        follow_up: None,
        proof: Proof { grade: EvidenceGrade::K1, transfer: false },
        places: places(),
        journey: Some(journey()),
        bills: Bills { settled: None, insured: PersonClass::ResidentInsured, item: String::new() },
        given: Vec::new(),
        onward: None,
    }
}

/// The same with the worked case's bills, both priced by tariffs.
pub fn with_bills() -> Facts {
    let near = given(Component::EncounterBill, Side::Near, 687_200, ProvenanceClass::Itemised);
    let bills = Bills { item: "47.01".to_owned(), ..facts().bills };
    Facts { bills, given: vec![near], ..facts() }
}

pub fn given(component: Component, side: Side, value: i64, class: ProvenanceClass) -> Given {
    Given { component, side, quantity: None, values: Cases::sure(value), class, document: "a receipt".to_owned() }
}

/// A bill of 6,872 yuan whose parts add up.
pub fn settled() -> Settled {
    Settled {
        total: Fen::new(687_200),
        in_scope: Fen::new(618_480),
        deductible: Fen::new(50_000),
        fund_paid: Fen::new(426_360),
        assistance: Fen::ZERO,
        cash: Fen::new(260_840),
    }
}

pub fn reckon(facts: &Facts) -> Saving {
    let saving = estimate(facts, &policy(), &book()).unwrap();
    assert!(saving.adds_up().unwrap(), "parts are the sums of their lines");
    saving
}

/// The base case of a ledger that is known.
pub fn base(saving: &Saving, ledger: Ledger) -> i64 {
    let Amount::Known(amount) = saving.ledger(ledger).unwrap() else { panic!("{ledger:?} isn't known") };
    amount.base.get()
}

/// A line of a component on a side.
pub fn line(saving: &Saving, component: Component, side: Side) -> &Line {
    saving.lines.iter().find(|line| line.component == component && line.side == side).unwrap()
}

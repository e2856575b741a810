//! The rules of activities, without a database.
use homecoming::activities::leaf::{self, Sort, Sums};
use homecoming::activities::operation::{Procedure, has_one_main};
use homecoming::activities::record::{Known, KnownExpert, KnownSession, KnownSite, settle};
use homecoming::activities::{
    ConsultationType, Details, Draft, GapLevel, Irregularity, Kind, Operation, Performer, ProcedureCode,
};
use homecoming::experts::{Affiliation, Days};
use homecoming::kernel::patient::Flaw;
use homecoming::kernel::{
    Date, Error, Fen, Grade, HalfDay, Id, Patient, Reason, Residence, SessionKind, Specialty, Timestamp,
    Vocabulary as _, Zone,
};
use homecoming::sessions::SessionState;
use homecoming::sites::SiteLevel;
use proptest::prelude::*;

#[test]
fn a_token_has_its_shape_and_two_letters() {
    for token in ["abcdefgh", "AB123456", "a_b-c_d-", "K7Q2M9ZP4T6W8X1Y3C5V7B9N2D"] {
        assert!(Patient::parse("his.liling", token).is_ok(), "{token}");
    }
    let cases = [
        ("short", Flaw::Shape),
        ("with space", Flaw::Shape),
        ("中文中文中文中文", Flaw::Shape),
        ("12345678", Flaw::NotDeidentified),
        ("43028119900307123X", Flaw::NotDeidentified),
        ("13800138000", Flaw::NotDeidentified),
        ("________", Flaw::NotDeidentified),
        ("x1234567", Flaw::NotDeidentified),
    ];
    for (token, flaw) in cases {
        assert_eq!(Patient::parse("his", token), Err(flaw), "{token}");
    }
    assert_eq!(Patient::parse("his", &"a".repeat(65)), Err(Flaw::Shape));
    assert_eq!(Patient::parse("HIS", "abcdefgh"), Err(Flaw::Issuer));
    let patient = Patient::parse("his", "secret_token").unwrap();
    assert!(!format!("{patient:?}").contains("secret"), "Debug tells no token");
}

#[test]
fn a_procedure_code_has_its_shape() {
    for code in ["36.06", "36.0601", "36.0601x001", "00.66"] {
        assert!(ProcedureCode::parse(code).is_some(), "{code}");
    }
    for code in
        ["", "36", "36.", "36.0", "36.06011", "360.06", "36.06x1", "36.06x0011", "36.06X001", "3a.06", "３６.06"]
    {
        assert!(ProcedureCode::parse(code).is_none(), "{code}");
    }
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn known(state: SessionState) -> Known {
    let session = KnownSession {
        state,
        kind: SessionKind::Clinic,
        site: id("county"),
        date: day("2024-03-10"),
        half_day: HalfDay::Morning,
        lead_expert: id("e1"),
        co_experts: vec![id("e2")],
        specialty: Specialty::parse("03").unwrap(),
    };
    let site =
        KnownSite { level: SiteLevel::CountyHospital, zone: Zone::parse("Asia/Shanghai").unwrap(), late_entry_days: 0 };
    let days = |from: &str, to: Option<&str>| Days { from: day(from), to: to.map(day) };
    let expert = |name: &str, main: bool| KnownExpert {
        id: id(name),
        roster: days("2024-01-01", Some("2024-03-31")),
        affiliations: vec![Affiliation { hospital: id("xiangya"), days: days("2000-01-01", None), main }],
        specialty: Specialty::parse("03.04").ok(),
    };
    let experts = [("e1", true), ("e2", true), ("e3", false)];
    Known {
        sessions: [(id("s1"), session)].into(),
        sites: [(id("county"), site)].into(),
        experts: experts.map(|(name, main)| (id(name), expert(name, main))).into(),
        ..Known::default()
    }
}

fn draft(kind: Kind) -> Draft {
    Draft {
        kind,
        session: Some(id("s1")),
        site: None,
        date: None,
        half_day: None,
        session_kind: None,
        lead_expert: None,
        co_experts: Vec::new(),
        specialty: None,
        residence: Residence::Unknown,
        patient: Patient::parse("his", "tok_aaaa").ok(),
        quantity: 0,
        operation: None,
        details: Details::default(),
        declared_saving: None,
        external_ids: Vec::new(),
    }
}

fn case(performer: Performer, mains: usize) -> Operation {
    let line = |n: usize| Procedure {
        code: ProcedureCode::parse("51.23").unwrap(),
        system: "glb".to_owned(),
        version: "3.0".to_owned(),
        main: n < mains,
    };
    let procedures: Vec<_> = (0..3).map(line).collect();
    Operation { procedures, grade: Grade::new(3).unwrap(), grade_list: "hunan".to_owned(), performer }
}

/// 2024-03-20 in Shanghai.
const NOW: Timestamp = Timestamp::from_micros(1_710_892_800_000_000);

fn reason(draft: &Draft, known: &Known) -> Reason {
    settle(&id("liling"), draft, known, NOW).unwrap_err().reason()
}

#[test]
fn a_record_takes_from_its_session_what_it_does_not_say() {
    let record = settle(&id("liling"), &draft(Kind::Consultation), &known(SessionState::Completed), NOW).unwrap();
    assert_eq!((record.site, record.date, record.half_day), (id("county"), day("2024-03-10"), Some(HalfDay::Morning)));
    assert_eq!((record.lead_expert, record.specialty.as_str()), (Some(id("e1")), "03"));
    assert_eq!((record.home_hospital, record.quantity), (Some(id("xiangya")), 1));
    assert_eq!(record.irregularities, []);
}

#[test]
fn what_can_not_be_a_fact_is_refused() {
    for state in SessionState::ALL {
        let held = matches!(state, SessionState::Confirmed | SessionState::InProgress | SessionState::Completed);
        let result = settle(&id("liling"), &draft(Kind::Consultation), &known(*state), NOW);
        assert_eq!(result.is_ok(), held, "{state:?}");
    }
    let known = known(SessionState::Completed);
    let elsewhere = Draft { date: Some(day("2024-03-11")), ..draft(Kind::Consultation) };
    assert_eq!(reason(&elsewhere, &known), Reason::OutsideSession);
    let alone = Draft {
        session: None,
        site: Some(id("county")),
        lead_expert: Some(id("e1")),
        date: Some(day("2024-03-21")),
        ..draft(Kind::Consultation)
    };
    assert_eq!(reason(&alone, &known), Reason::InTheFuture);
    let unknown = Draft { lead_expert: Some(id("e9")), ..draft(Kind::Consultation) };
    assert_eq!(reason(&unknown, &known), Reason::ResourceNotFound);
    for kind in [SessionKind::FreeClinic, SessionKind::WardRound, SessionKind::Lecture] {
        let free = Draft {
            date: Some(day("2024-03-20")),
            session_kind: Some(kind),
            declared_saving: Some(Fen::new(1)),
            ..alone.clone()
        };
        assert_eq!(reason(&free, &known), Reason::SavingNotApplicable, "{kind:?}");
    }
}

#[test]
fn what_contradicts_the_kind_is_a_wrong_field() {
    let base = draft(Kind::OperationCase);
    let cases = [
        ("patient", Draft { patient: None, ..draft(Kind::Consultation) }),
        ("patient", Draft { quantity: 3, ..draft(Kind::Headcount) }),
        ("quantity", Draft { quantity: 2, ..draft(Kind::Consultation) }),
        ("quantity", Draft { patient: None, ..draft(Kind::Headcount) }),
        ("operation", base.clone()),
        ("operation", Draft { operation: Some(case(Performer::Expert, 1)), ..draft(Kind::Consultation) }),
        ("operation.procedures", Draft { operation: Some(case(Performer::Expert, 0)), ..base.clone() }),
        ("operation.procedures", Draft { operation: Some(case(Performer::Expert, 2)), ..base.clone() }),
        (
            "declared_saving_fen",
            Draft { operation: Some(case(Performer::Local, 1)), declared_saving: Some(Fen::new(1)), ..base },
        ),
        (
            "declared_saving_fen",
            Draft { patient: None, declared_saving: Some(Fen::new(1)), quantity: 9, ..draft(Kind::Lecture) },
        ),
        ("co_experts", Draft { co_experts: vec![id("e2"), id("e2")], ..draft(Kind::Consultation) }),
    ];
    for (field, draft) in cases {
        let error = settle(&id("liling"), &draft, &known(SessionState::Completed), NOW).unwrap_err();
        let Error::Invalid(violations) = error else { panic!("{field}: {error:?}") };
        let fields: Vec<_> = violations.iter().map(|violation| violation.field.clone()).collect();
        assert_eq!(fields, [format!("activity.{field}")]);
    }
    assert!(has_one_main(&case(Performer::Expert, 1).procedures));
}

#[test]
fn what_is_irregular_is_recorded_and_listed() {
    let known = known(SessionState::Completed);
    let alone = Draft {
        session: None,
        site: Some(id("county")),
        date: Some(day("2023-12-31")),
        lead_expert: Some(id("e3")),
        session_kind: Some(SessionKind::Lecture),
        patient: None,
        operation: Some(case(Performer::Expert, 1)),
        ..draft(Kind::OperationCase)
    };
    let record = settle(&id("liling"), &alone, &known, NOW).unwrap();
    let expected = [
        Irregularity::NoSession,
        Irregularity::LateEntry,
        Irregularity::ExpertOffRoster,
        Irregularity::HomeHospitalUnknown,
        Irregularity::UnusualForSession,
        Irregularity::PatientUnknown,
    ];
    assert_eq!(record.irregularities, expected);
    let other = Draft { lead_expert: Some(id("e3")), ..draft(Kind::Consultation) };
    let record = settle(&id("liling"), &other, &known, NOW).unwrap();
    assert_eq!(record.irregularities, [Irregularity::ExpertOutsideSession, Irregularity::HomeHospitalUnknown]);
}

#[test]
fn a_local_surgeon_feeds_succession_and_counts_no_case() {
    let one = Sums { records: 1, quantity: 1, saving_fen: 0 };
    let of = |performer| leaf::quantities(Sort { performer: Some(performer), ..Sort::of(Kind::OperationCase) }, one);
    assert_eq!(of(Performer::Local), [(leaf::LOCAL_OPERATION_CASES, 1)]);
    assert_eq!(of(Performer::Expert), [(leaf::OPERATION_CASES, 1)]);
    assert_eq!(of(Performer::AssistantSupervised), [(leaf::OPERATION_CASES, 1)]);
}

proptest! {
    #[test]
    fn the_quantities_of_a_sum_are_the_sum_of_the_quantities(
        parts in prop::collection::vec((0..100_i64, -1000..1000_i64), 1..20),
        kind in prop::sample::select(Kind::ALL),
        performer in prop::sample::select(Performer::ALL),
        consultation_type in prop::option::of(prop::sample::select(ConsultationType::ALL)),
    ) {
        let sort = Sort {
            kind,
            performer: (kind == Kind::OperationCase).then_some(performer),
            consultation_type: consultation_type.filter(|_| matches!(kind, Kind::Consultation | Kind::Headcount)),
            gap_level: (kind == Kind::GapFilled).then_some(GapLevel::City),
            session_kind: Some(SessionKind::Clinic),
        };
        let mut together = Sums::default();
        let mut apart = std::collections::BTreeMap::new();
        for (quantity, saving_fen) in parts {
            let one = Sums { records: 1, quantity, saving_fen };
            together.records += 1;
            together.quantity += quantity;
            together.saving_fen += saving_fen;
            for (measure, quantity) in leaf::quantities(sort, one) {
                *apart.entry(measure).or_insert(0) += quantity;
            }
        }
        apart.retain(|_, quantity| *quantity != 0);
        let together: std::collections::BTreeMap<_, _> = leaf::quantities(sort, together).into_iter().collect();
        prop_assert_eq!(together, apart);
    }
}

//! What the law asks of papers, as values: the tables are named after the rules of the field.
use std::sync::LazyLock;

use homecoming::credentials::dossier::{papers_due, report_due};
use homecoming::credentials::expiry::is_renewed;
use homecoming::credentials::lawful::{is_in_scope, permits};
use homecoming::credentials::{
    BasisKind, Credential, CredentialState, Document, Dossier, DossierPapers, DossierState, Gap, Item, Onboarding,
    Paper, Papers, Question,
};
use homecoming::experts::{Days, Scope};
use homecoming::kernel::{
    Date, Fen, Grade, Id, Meta, Name, Patient, SessionKind, Specialty, Timestamp, Vocabulary as _,
};

fn day(text: &str) -> Date {
    Date::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn grade(number: i64) -> Grade {
    Grade::new(number).unwrap()
}

fn specialty(code: &str) -> Specialty {
    Specialty::parse(code).unwrap()
}

/// A paper of 2024.
fn credential(name: &str, paper: Paper) -> Credential {
    Credential {
        name: Name::new(id("liling"), id(name)),
        paper,
        days: Days { from: day("2024-01-01"), to: Some(day("2024-12-31")) },
        document: "卫备〔2024〕1号".to_owned(),
        external_ids: Vec::new(),
        state: CredentialState::Valid,
        meta: Meta::new(Timestamp::default()),
    }
}

fn basis(kind: BasisKind, sites: &[&str]) -> Paper {
    Paper::Basis { expert: id("e1"), kind, sites: sites.iter().map(|site| id(site)).collect() }
}

fn dossier(state: DossierState) -> Dossier {
    let document = || Some(Document { reference: "函1".to_owned(), date: day("2024-03-02") });
    Dossier {
        name: Name::new(id("liling"), id("d1")),
        expert: id("e1"),
        co_experts: vec![id("e2")],
        site: id("county"),
        patient: Patient::parse("his", "tok_abcd").unwrap(),
        purpose: "手术".to_owned(),
        planned: day("2024-03-08"),
        promise: None,
        papers: DossierPapers {
            invitation: document(),
            home_consent: document(),
            patient_consent: document(),
            fee: Some(Fen::new(0)),
        },
        papers_due: day("2024-03-10"),
        report_due: day("2024-03-12"),
        reported: None,
        external_ids: Vec::new(),
        state,
        meta: Meta::new(Timestamp::default()),
    }
}

const PRACTICE: [BasisKind; 6] = [
    BasisKind::Registered,
    BasisKind::Filed,
    BasisKind::Support,
    BasisKind::Alliance,
    BasisKind::GovernmentTask,
    BasisKind::PublicBenefit,
];

#[test]
fn a_lawful_basis_per_kind() {
    use SessionKind::{
        CaseConference, Clinic, FreeClinic, Lecture, Operation, OutConsultation, RemoteConsultation, Teaching,
        WardRound,
    };
    for kind in SessionKind::ALL {
        assert!(!permits(*kind, &[], false), "{kind:?} on nothing");
        for basis in BasisKind::ALL {
            let practice = PRACTICE.contains(basis);
            let expected = match kind {
                Clinic | WardRound | Operation => practice,
                OutConsultation => false,
                FreeClinic => *basis == BasisKind::FreeClinicNotice,
                RemoteConsultation => *basis == BasisKind::RemoteAgreement,
                Teaching | Lecture | CaseConference => practice || *basis == BasisKind::HomeLeave,
            };
            assert_eq!(permits(*kind, &[*basis], false), expected, "{kind:?} on {basis:?}");
        }
        let by_dossier = matches!(kind, Operation | OutConsultation);
        assert_eq!(permits(*kind, &[], true), by_dossier, "{kind:?} on a dossier");
    }
}

static E1: LazyLock<Id> = LazyLock::new(|| id("e1"));
static COUNTY: LazyLock<Id> = LazyLock::new(|| id("county"));

/// Asks about e1 at the county on a day.
fn gaps<'a>(papers: &Papers, kind: SessionKind, on: &str, change: impl FnOnce(&mut Question<'a>)) -> Vec<Gap> {
    let mut question = Question {
        kind,
        expert: &E1,
        scope: None,
        site: &COUNTY,
        day: day(on),
        specialty: None,
        grade: None,
        dossier: None,
    };
    change(&mut question);
    papers.gaps(&question)
}

fn papers(of_expert: &[Paper], of_site: &[Paper]) -> Papers {
    let all = |papers: &[Paper]| -> Vec<Credential> {
        let named = papers.iter().enumerate();
        named.map(|(number, paper)| credential(&format!("c{number}"), paper.clone())).collect()
    };
    Papers {
        of_experts: [(id("e1"), all(of_expert))].into(),
        of_sites: [(id("county"), all(of_site))].into(),
        dossiers: [(id("d1"), dossier(DossierState::Papered))].into(),
    }
}

#[test]
fn papers_count_on_their_days_and_at_their_sites() {
    let licence = Paper::Licence { expert: id("e1") };
    let cases: &[(&[Paper], &str, &[Gap])] = &[
        (&[], "2024-03-01", &[Gap::LicenceNotInForce, Gap::NoLawfulBasis]),
        (std::slice::from_ref(&licence), "2024-03-01", &[Gap::NoLawfulBasis]),
        (&[licence.clone(), basis(BasisKind::Filed, &[])], "2024-03-01", &[]),
        (&[licence.clone(), basis(BasisKind::Filed, &[])], "2024-01-01", &[]),
        (&[licence.clone(), basis(BasisKind::Filed, &[])], "2024-12-31", &[]),
        (&[licence.clone(), basis(BasisKind::Filed, &[])], "2023-12-31", &[Gap::LicenceNotInForce, Gap::NoLawfulBasis]),
        (&[licence.clone(), basis(BasisKind::Filed, &[])], "2025-01-01", &[Gap::LicenceNotInForce, Gap::NoLawfulBasis]),
        (&[licence.clone(), basis(BasisKind::Filed, &["banshan"])], "2024-03-01", &[Gap::NoLawfulBasis]),
        (&[licence.clone(), basis(BasisKind::Filed, &["banshan", "county"])], "2024-03-01", &[]),
        (&[licence.clone(), basis(BasisKind::HomeLeave, &[])], "2024-03-01", &[Gap::NoLawfulBasis]),
    ];
    for (of_expert, on, expected) in cases {
        assert_eq!(gaps(&papers(of_expert, &[]), SessionKind::Clinic, on, |_| {}), *expected, "{of_expert:?} on {on}");
    }
    let mut void = papers(&[Paper::Licence { expert: id("e1") }, basis(BasisKind::Filed, &[])], &[]);
    for credential in void.of_experts.values_mut().flatten() {
        credential.state = CredentialState::Void;
    }
    let found = gaps(&void, SessionKind::Clinic, "2024-03-01", |_| {});
    assert_eq!(found, [Gap::LicenceNotInForce, Gap::NoLawfulBasis], "what was entered by mistake never held");
}

#[test]
fn a_consultation_outside_needs_the_dossier_of_its_patient() {
    let papers = papers(&[Paper::Licence { expert: id("e1") }, basis(BasisKind::Registered, &[])], &[]);
    let kind = SessionKind::OutConsultation;
    let (own, other, banshan, e2, e3) = (id("d1"), id("d2"), id("banshan"), id("e2"), id("e3"));
    assert_eq!(gaps(&papers, kind, "2024-03-08", |_| {}), [Gap::DossierRequired], "no other basis does");
    assert_eq!(gaps(&papers, kind, "2024-03-08", |question| question.dossier = Some(&own)), []);
    assert_eq!(gaps(&papers, kind, "2024-03-08", |question| question.dossier = Some(&other)), [Gap::DossierRequired]);
    let elsewhere = dossier(DossierState::Papered);
    assert!(!elsewhere.covers(&id("e1"), &banshan, day("2024-03-08")));
    assert!(elsewhere.covers(&e2, &id("county"), day("2024-03-08")), "who came along");
    assert!(!elsewhere.covers(&e3, &id("county"), day("2024-03-08")));
}

#[test]
fn a_promise_counts_until_its_papers_are_due() {
    let (e1, county) = (id("e1"), id("county"));
    let cases = [
        (DossierState::Promised, "2024-03-10", true),
        (DossierState::Promised, "2024-03-11", false),
        (DossierState::Papered, "2024-03-11", true),
        (DossierState::ReportedBack, "2024-03-11", true),
        (DossierState::Withdrawn, "2024-03-08", false),
    ];
    for (state, on, expected) in cases {
        assert_eq!(dossier(state).covers(&e1, &county, day(on)), expected, "{state:?} on {on}");
    }
    assert_eq!(papers_due(day("2024-02-26")), day("2024-03-04"));
    for (planned, due) in [("2024-03-06", "2024-03-08"), ("2024-03-07", "2024-03-11"), ("2024-03-09", "2024-03-12")] {
        assert_eq!(report_due(day(planned)), day(due), "two weekdays after {planned}");
    }
}

#[test]
fn an_operation_needs_its_grade_filed_and_its_surgeon_authorised() {
    let list = |code: Option<&str>, highest| Paper::GradeList {
        site: id("county"),
        specialty: code.map(specialty),
        highest: grade(highest),
    };
    let authorisation = |site: &str, codes: &[&str], highest| Paper::Authorisation {
        expert: id("e1"),
        site: id(site),
        highest: grade(highest),
        specialties: codes.iter().map(|code| specialty(code)).collect(),
    };
    let both = [Gap::GradeNotFiled, Gap::SurgeonNotAuthorised];
    let cases: &[(&[Paper], &[Paper], &[Gap])] = &[
        (&[], &[], &both),
        (&[authorisation("county", &[], 3)], &[list(None, 3)], &[]),
        (&[authorisation("county", &[], 4)], &[list(None, 2)], &[Gap::GradeNotFiled]),
        (&[authorisation("county", &[], 2)], &[list(None, 4)], &[Gap::SurgeonNotAuthorised]),
        (&[authorisation("banshan", &[], 4)], &[list(None, 4)], &[Gap::SurgeonNotAuthorised]),
        (&[authorisation("county", &["04"], 3)], &[list(Some("04.01"), 3)], &[]),
        (&[authorisation("county", &["04.02"], 3)], &[list(Some("05"), 3), list(Some("04"), 2)], &both),
        (&[authorisation("county", &["05", "04.01"], 3)], &[list(Some("05"), 3), list(Some("04"), 3)], &[]),
    ];
    for (of_expert, of_site, expected) in cases {
        let base = [Paper::Licence { expert: id("e1") }, basis(BasisKind::Filed, &[])];
        let papers = papers(&[&base, *of_expert].concat(), of_site);
        let general = specialty("04.01");
        let found = gaps(&papers, SessionKind::Operation, "2024-03-01", |question| {
            question.specialty = Some(&general);
            question.grade = Some(grade(3));
        });
        assert_eq!(found, *expected, "{of_expert:?} {of_site:?}");
        let unsaid = gaps(&papers, SessionKind::Operation, "2024-03-01", |_| {});
        assert_eq!(unsaid, [Gap::GradeRequired]);
        assert_eq!(gaps(&papers, SessionKind::Clinic, "2024-03-01", |_| {}), [], "a clinic has no grade");
    }
}

#[test]
fn scope_limits_only_what_it_names() {
    let open = Scope::default();
    let limited =
        Scope { specialties: vec![specialty("04")], operation_grade_limit: Some(grade(2)), text: String::new() };
    let (surgery, medicine) = (specialty("04.01"), specialty("03"));
    assert!(is_in_scope(&open, Some(&medicine), Some(grade(4))));
    assert!(is_in_scope(&limited, Some(&surgery), Some(grade(2))));
    assert!(!is_in_scope(&limited, Some(&medicine), None));
    assert!(!is_in_scope(&limited, Some(&surgery), Some(grade(3))));
    let papers = papers(&[Paper::Licence { expert: id("e1") }, basis(BasisKind::Filed, &[])], &[]);
    let found = gaps(&papers, SessionKind::Clinic, "2024-03-01", |question| {
        question.scope = Some(&limited);
        question.specialty = Some(&medicine);
    });
    assert_eq!(found, [Gap::OutOfScope]);
}

#[test]
fn a_paper_is_renewed_by_one_that_says_as_much_the_next_day() {
    let of = |name: &str, paper: Paper, from: &str, to: &str| Credential {
        days: Days { from: day(from), to: Some(day(to)) },
        ..credential(name, paper)
    };
    let old = credential("old", basis(BasisKind::Filed, &["county"]));
    let next = |paper: Paper| of("new", paper, "2025-01-01", "2025-12-31");
    let cases = [
        (next(basis(BasisKind::Filed, &["county", "banshan"])), true),
        (next(basis(BasisKind::Filed, &[])), true),
        (next(basis(BasisKind::Filed, &["banshan"])), false),
        (next(basis(BasisKind::Alliance, &["county"])), false),
        (next(Paper::Licence { expert: id("e1") }), false),
        (of("new", basis(BasisKind::Filed, &[]), "2025-01-02", "2025-12-31"), false),
        (of("new", basis(BasisKind::Filed, &[]), "2024-06-01", "2025-01-01"), true),
        (old.clone(), false),
        (Credential { state: CredentialState::Void, ..next(basis(BasisKind::Filed, &[])) }, false),
    ];
    for (other, expected) in cases {
        assert_eq!(is_renewed(&old, [&other]), expected, "{other:?}");
    }
    let endless = Credential { days: Days { from: day("2024-01-01"), to: None }, ..old };
    assert!(is_renewed(&endless, []));
}

#[test]
fn two_checklists_of_one_expert_become_one() {
    let item = |item: &str, done: Option<&str>| Item { item: item.to_owned(), done: done.map(day) };
    let list = |items: Vec<Item>| Onboarding {
        name: Name::new(id("liling"), id("o1")),
        expert: id("e1"),
        site: id("county"),
        items,
        meta: Meta::new(Timestamp::default()),
    };
    let own = list(vec![item("工号", None), item("感控培训", Some("2024-03-02"))]);
    let theirs = list(vec![item("感控培训", Some("2024-03-01")), item("工号", Some("2024-03-03")), item("胸牌", None)]);
    let joined = own.joined(&theirs);
    assert_eq!(joined, [item("工号", Some("2024-03-03")), item("感控培训", Some("2024-03-01")), item("胸牌", None)]);
    assert!(!list(joined).is_complete() && list(Vec::new()).is_complete());
}

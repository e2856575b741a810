//! What saves nothing, what is taken back, and what isn't known.
use homecoming::activities::{Kind, Performer};
use homecoming::kernel::SessionKind;
use homecoming::savings::eligibility::{
    Attendance, Exclusion, FollowUp, Onward, Service, Unknown, exclusion, reverses,
};
use homecoming::savings::estimate::Facts;
use homecoming::savings::evidence::in_headline;
use homecoming::savings::saving::Standing;
use homecoming::savings::{
    Amount, Component, EvidenceGrade, Ledger, Part, Proof, ProvenanceClass, Saving, Side, Stratum,
};

use super::fixture::{base, day, facts, given, reckon, service, with_bills};

fn excluded(saving: &Saving, ledger: Ledger) -> Exclusion {
    let Amount::Excluded(exclusion) = saving.ledger(ledger).unwrap() else { panic!("{ledger:?} isn't excluded") };
    exclusion
}

#[test]
fn free_clinics_screening_rounds_teaching_and_headcounts_save_nothing() {
    let cases = [
        (SessionKind::FreeClinic, Kind::Consultation, None, Some(Exclusion::FreeClinic)),
        (SessionKind::WardRound, Kind::Consultation, None, Some(Exclusion::WardRound)),
        (SessionKind::Teaching, Kind::Teaching, None, Some(Exclusion::Teaching)),
        (SessionKind::Lecture, Kind::Lecture, None, Some(Exclusion::Teaching)),
        (SessionKind::CaseConference, Kind::Consultation, None, Some(Exclusion::Teaching)),
        (SessionKind::Clinic, Kind::Headcount, None, Some(Exclusion::Headcount)),
        (SessionKind::Clinic, Kind::Teaching, None, Some(Exclusion::Teaching)),
        (SessionKind::Operation, Kind::OperationCase, Some(Performer::Local), Some(Exclusion::LocalCase)),
        (SessionKind::Operation, Kind::OperationCase, Some(Performer::Expert), None),
        (SessionKind::Operation, Kind::OperationCase, Some(Performer::AssistantSupervised), None),
        (SessionKind::Clinic, Kind::Consultation, None, None),
        (SessionKind::RemoteConsultation, Kind::Consultation, None, None),
    ];
    for (session, kind, performer, expected) in cases {
        assert_eq!(exclusion(&service(session, kind, performer)), expected, "{session:?} {kind:?}");
    }
    let screening = Service { screening: true, ..service(SessionKind::Clinic, Kind::Consultation, None) };
    assert_eq!(exclusion(&screening), Some(Exclusion::Screening));
    let saving = reckon(&Facts { services: vec![screening], ..facts() });
    assert_eq!(excluded(&saving, Ledger::Net), Exclusion::Screening);
}

#[test]
fn a_consultation_and_the_operation_that_follows_are_one_trip() {
    let operation = service(SessionKind::Operation, Kind::OperationCase, Some(Performer::Expert));
    let mut both = facts();
    both.services.push(operation);
    assert_eq!(base(&reckon(&both), Ledger::Cash), base(&reckon(&facts()), Ledger::Cash));
    both.services[0].session_kind = SessionKind::WardRound;
    assert_eq!(base(&reckon(&both), Ledger::Cash), 81_000, "one that can save is enough");
}

#[test]
fn cancelled_and_no_show_are_zero() {
    for (attendance, exclusion) in
        [(Attendance::NoShow, Exclusion::NoShow), (Attendance::Cancelled, Exclusion::Cancelled)]
    {
        let saving = reckon(&Facts { attendance, ..with_bills() });
        assert_eq!(excluded(&saving, Ledger::Net), exclusion);
    }
}

#[test]
fn travelling_to_a_cancelled_session_is_a_negative_local_trip() {
    let saving = reckon(&Facts { attendance: Attendance::InVain, ..with_bills() });
    assert_eq!((base(&saving, Ledger::Cash), base(&saving, Ledger::Net)), (-4_000, -4_000));
    assert_eq!(excluded(&saving, Ledger::Bill), Exclusion::Cancelled);
}

#[test]
fn an_emergency_saves_no_travel_unless_a_transfer_was_on_record() {
    let emergency = Facts { transferable: false, ..with_bills() };
    let saving = reckon(&emergency);
    assert_eq!(excluded(&saving, Ledger::Cash), Exclusion::Emergency);
    assert_eq!(base(&saving, Ledger::Net), 537_989, "what care costs is another matter");
    let proof = Proof { grade: EvidenceGrade::K1, transfer: true };
    assert_eq!(base(&reckon(&Facts { proof, ..emergency }), Ledger::Cash), 81_000);
}

#[test]
fn onward_travel_for_the_same_problem_within_30_days_reverses_the_trip() {
    let service = day("2024-05-06");
    let onward = |text: &str, same_problem| Onward { date: day(text), same_problem };
    assert!(reverses(service, &onward("2024-05-06", true)) && reverses(service, &onward("2024-06-05", true)));
    assert!(!reverses(service, &onward("2024-06-06", true)), "the 31st day");
    assert!(!reverses(service, &onward("2024-05-05", true)), "before the service");
    assert!(!reverses(service, &onward("2024-05-10", false)), "another problem");
    let saving = reckon(&Facts { onward: Some(onward("2024-06-05", true)), ..with_bills() });
    for ledger in [Ledger::Cash, Ledger::Bill, Ledger::Time, Ledger::Fund] {
        assert_eq!(base(&saving, ledger), 0, "{ledger:?}");
    }
    assert_eq!(saving.lines.len(), 2 * reckon(&with_bills()).lines.len(), "with the lines of both");
}

#[test]
fn a_follow_up_counts_only_where_a_trip_would_have_been_needed_in_its_own_stratum() {
    let follow_up = |trip_needed| Facts { follow_up: Some(FollowUp { trip_needed }), ..facts() };
    let saving = reckon(&follow_up(true));
    assert_eq!((saving.stratum, base(&saving, Ledger::Cash)), (Stratum::FollowUp, 81_000));
    assert_eq!(excluded(&reckon(&follow_up(false)), Ledger::Cash), Exclusion::FollowUp);
    assert_eq!(reckon(&facts()).stratum, Stratum::First);
}

#[test]
fn negative_savings_stay_negative() {
    let mut facts = facts();
    facts.given.push(given(Component::LocalFare, Side::Near, 50_000, ProvenanceClass::Itemised));
    assert_eq!(base(&reckon(&facts), Ledger::Cash), 64_000 - 200_000 + 21_000);
}

#[test]
fn missing_data_is_unknown_with_a_reason() {
    let saving = reckon(&facts());
    assert_eq!(saving.ledger(Ledger::Bill).unwrap(), Amount::Unknown(Unknown::NoNearBill));
    assert_eq!(saving.ledger(Ledger::Net).unwrap(), Amount::Unknown(Unknown::NoNearBill), "no sum of what isn't known");
    assert_eq!(base(&saving, Ledger::Cash), 81_000);
    let mut no_away = with_bills();
    no_away.bills.item.clear();
    assert_eq!(reckon(&no_away).ledger(Ledger::Fund).unwrap(), Amount::Unknown(Unknown::NoAwayBill));
    let nobody = reckon(&Facts { journey: None, ..with_bills() });
    assert_eq!(nobody.ledger(Ledger::Cash).unwrap(), Amount::Unknown(Unknown::NoJourney));
}

#[test]
fn the_weaker_side_wins() {
    let mut facts = with_bills();
    facts.given.push(given(Component::LocalFare, Side::Near, 1_000, ProvenanceClass::Declared));
    let saving = reckon(&facts);
    assert_eq!(saving.parts[&Part::Travel].class, ProvenanceClass::Declared, "B away, C near");
    assert_eq!(saving.parts[&Part::Lodging].class, ProvenanceClass::Tariff);
    assert_eq!(saving.parts[&Part::Bill].class, ProvenanceClass::Tariff, "A bills priced by B terms");
    facts.given[0].class = ProvenanceClass::None;
    assert_eq!(reckon(&facts).parts[&Part::Bill].class, ProvenanceClass::None);
}

#[test]
fn the_headline_is_a_and_b_with_k1_and_k2() {
    use EvidenceGrade::{K1, K2, K3};
    use ProvenanceClass::{Declared, Itemised, None, Tariff};
    for class in [Itemised, Tariff, Declared, None] {
        for grade in [K1, K2, K3] {
            let expected = matches!(class, Itemised | Tariff) && matches!(grade, K1 | K2);
            assert_eq!(in_headline(class, grade), expected, "{class:?} {grade:?}");
        }
    }
    let mut facts = with_bills();
    facts.given.push(given(Component::LocalFare, Side::Near, 1_000, ProvenanceClass::Declared));
    let saving = reckon(&facts);
    let standing = |standing| saving.standing(Ledger::Cash, standing).unwrap().unwrap().base.get();
    assert_eq!((standing(Standing::Headline), standing(Standing::Beside)), (21_000, 60_000));
}

//! The predicate on papers and on the limits that experts set: which plan misses what, and which limit it would pass.
use homecoming::charters::Limits;
use homecoming::credentials::{BasisKind, Paper};
use homecoming::experts::Days;
use homecoming::kernel::{Grade, Id, Reason, SessionKind, Specialty};
use homecoming::sessions::predicate::{Lasts, findings, refusal};
use homecoming::sessions::snapshot::{Busy, Counted, Snapshot};
use homecoming::sessions::{Irregularity, Purpose, Resource, SessionDraft, Urgency};

use super::facts::{day, draft, expert_papers, id, operation, snapshot, theatre};
use super::rules::found;
use crate::support::schedule::TOMORROW;

type Case = (&'static str, fn(&mut SessionDraft, &mut Snapshot), &'static [Irregularity]);

const PAPERS: &[Case] = &[
    ("all there", |_, _| {}, &[]),
    (
        "a licence that runs out the day before",
        |_, s| expert_papers(s)[0].days = Days { from: day(1), to: Some(day(1)) },
        &[Irregularity::LicenceNotInForce],
    ),
    (
        "a filing for another site",
        |_, s| {
            let kind = BasisKind::Filed;
            expert_papers(s)[1].paper = Paper::Basis { expert: id("e1"), kind, sites: vec![id("town")] };
        },
        &[Irregularity::NoLawfulBasis],
    ),
    (
        "another specialty than the scope of practice has",
        |_, s| s.experts.get_mut(&id("e1")).unwrap().scope.specialties = vec![Specialty::parse("04").unwrap()],
        &[Irregularity::OutOfScope],
    ),
    ("a list without a grade", |d, _| (*d, d.grade) = (operation(), None), &[Irregularity::GradeRequired]),
    (
        "an operation that nobody has filed",
        |d, _| *d = operation(),
        &[Irregularity::GradeNotFiled, Irregularity::SurgeonNotAuthorised],
    ),
    (
        "an operation with all papers",
        |d, s| {
            *d = operation();
            theatre(s);
        },
        &[],
    ),
    (
        "a grade above the list and the authorisation",
        |d, s| {
            *d = SessionDraft { grade: Grade::new(4), ..operation() };
            theatre(s);
        },
        &[Irregularity::GradeNotFiled, Irregularity::SurgeonNotAuthorised],
    ),
    (
        "a surgeon beside, without papers of the own",
        |d, s| {
            *d = operation();
            theatre(s);
            d.co_experts.push(id("e2"));
            let consent = d.consents[0].consent.clone();
            d.consents.push(homecoming::sessions::ExpertConsent { expert: id("e2"), consent });
        },
        &[Irregularity::SurgeonNotAuthorised],
    ),
    (
        "an out-of-hours consultation without a dossier",
        |d, _| (d.kind, d.room) = (SessionKind::OutConsultation, None),
        &[Irregularity::DossierRequired],
    ),
    (
        "a free clinic without its notice",
        |d, _| (d.kind, d.room) = (SessionKind::FreeClinic, None),
        &[Irregularity::NoLawfulBasis],
    ),
    (
        "a physician who has left the site",
        |d, s| {
            *d = operation();
            theatre(s);
            s.assistants.get_mut(&id("a2")).unwrap().end = Some(day(1));
            d.responsible_after = Some(id("a2"));
        },
        &[Irregularity::PhysicianAway],
    ),
    (
        "an assistant who has left the site",
        |_, s| s.assistants.get_mut(&id("a1")).unwrap().end = Some(day(1)),
        &[Irregularity::AssistantEnded],
    ),
];

#[test]
fn a_plan_without_its_papers_is_found() {
    for (case, change, expected) in PAPERS {
        let (mut draft, mut snapshot) = (draft(), snapshot());
        change(&mut draft, &mut snapshot);
        assert_eq!(found(&draft, &snapshot, Purpose::Book), *expected, "{case}");
    }
}

#[test]
fn a_start_asks_for_papers_alone_and_an_emergency_owes_them() {
    let (mut draft, mut snapshot) = (draft(), snapshot());
    expert_papers(&mut snapshot).clear();
    draft.consents.clear();
    let missing = [Irregularity::LicenceNotInForce, Irregularity::NoLawfulBasis];
    assert_eq!(found(&draft, &snapshot, Purpose::Start), missing);
    let refused = refusal(&findings(&draft, &snapshot, Purpose::Start)).unwrap();
    assert_eq!(refused.reason, Reason::LicenceNotInForce);
    draft.urgency = Urgency::Emergency;
    let found = findings(&draft, &snapshot, Purpose::Start);
    assert!(found.len() == 2 && found.iter().all(|finding| finding.is_due));
    assert_eq!(refusal(&found), None);
    assert!(refusal(&findings(&draft, &snapshot, Purpose::Book)).is_some(), "a plan of it needs them");
}

fn limits(snapshot: &mut Snapshot, limits: Limits) {
    snapshot.experts.get_mut(&id("e1")).unwrap().limits = Some(limits);
}

fn counted(snapshot: &mut Snapshot, dates: &[u32]) {
    let one = |(at, date): (usize, &u32)| Counted { session: id(&format!("c{at}")), date: day(*date), lapses: None };
    snapshot.counted.insert(id("e1"), dates.iter().enumerate().map(one).collect());
}

/// The limits that are passed, with what they allow, and what is found lasts.
fn passed(draft: &SessionDraft, snapshot: &Snapshot, purpose: Purpose) -> Vec<(String, String, Lasts)> {
    let all = findings(draft, snapshot, purpose);
    let charter = all.iter().filter(|finding| finding.irregularity == Irregularity::CharterLimit);
    let of = |finding: &homecoming::sessions::predicate::Finding| {
        let value = |key: &str| finding.concerns.iter().find(|(name, _)| *name == key).unwrap().1.to_string();
        (value("limit"), value("allowed"), finding.lasts())
    };
    charter.map(of).collect()
}

#[test]
fn limits_that_are_set_bind_and_no_others() {
    let (draft, mut snapshot) = (draft(), snapshot());
    assert_eq!(passed(&draft, &snapshot, Purpose::Book), [], "unset is no limit");
    // The 2nd of April 2024 is a Tuesday; the 8th is in the next week.
    counted(&mut snapshot, &[2, 1, 8]);
    limits(
        &mut snapshot,
        Limits { sessions_a_day: Some(2), sessions_a_week: Some(3), sessions_a_month: Some(4), ..Limits::default() },
    );
    assert_eq!(passed(&draft, &snapshot, Purpose::Book), [], "a limit that is met isn't passed");
    counted(&mut snapshot, &[2, 2, 1, 8]);
    let expected = [("sessions_a_day", "2"), ("sessions_a_week", "3"), ("sessions_a_month", "4")];
    let expected = expected.map(|(limit, allowed)| (limit.to_owned(), allowed.to_owned(), Lasts::Day));
    assert_eq!(passed(&draft, &snapshot, Purpose::Book), expected);
    // A session isn't counted beside itself.
    let own = SessionDraft { session: id("c0"), ..draft.clone() };
    assert_eq!(passed(&own, &snapshot, Purpose::Move), []);

    let other = Limits {
        patients_a_clinic: Some(19),
        kinds: vec![SessionKind::Lecture],
        sites: vec![id("town")],
        quiet_dates: vec![Days { from: day(2), to: Some(day(3)) }],
        ..Limits::default()
    };
    limits(&mut snapshot, other);
    let limits_passed: Vec<String> =
        passed(&draft, &snapshot, Purpose::Propose).into_iter().map(|(limit, ..)| limit).collect();
    assert_eq!(limits_passed, ["patients_a_clinic", "quiet_dates", "kinds", "sites"], "whether or not there is a yes");
}

#[test]
fn notice_is_for_what_is_planned_now() {
    let (draft, mut snapshot) = (draft(), snapshot());
    limits(&mut snapshot, Limits { notice_hours: Some(48), ..Limits::default() });
    snapshot.settle(TOMORROW.plus_minutes(-40 * 60 + 1));
    assert_eq!(passed(&draft, &snapshot, Purpose::Book).len(), 1);
    assert_eq!(passed(&draft, &snapshot, Purpose::Review), []);
    assert_eq!(passed(&draft, &snapshot, Purpose::Record), []);
    snapshot.settle(TOMORROW.plus_minutes(-40 * 60));
    assert_eq!(passed(&draft, &snapshot, Purpose::Book), []);
}

#[test]
fn who_is_asked_is_turned_to_once_more() {
    let (draft, mut snapshot) = (draft(), snapshot());
    limits(&mut snapshot, Limits { contacts_a_week: Some(2), ..Limits::default() });
    // Now is Monday; on Sunday it was another week.
    snapshot.settle(TOMORROW.plus_minutes(-12 * 60));
    let contact = |minutes: i64| TOMORROW.plus_minutes(minutes);
    snapshot.contacts.insert(id("e1"), vec![contact(-30 * 60), contact(-20 * 60)]);
    assert_eq!(passed(&draft, &snapshot, Purpose::Propose), []);
    snapshot.contacts.insert(id("e1"), vec![contact(-20 * 60), contact(-13 * 60)]);
    let expected = ("contacts_a_week".to_owned(), "2".to_owned(), Lasts::Always);
    assert_eq!(passed(&draft, &snapshot, Purpose::Propose), [expected]);
    assert_eq!(passed(&draft, &snapshot, Purpose::Book), [], "nobody is asked again");
}

#[test]
fn journeys_of_a_day_add_up() {
    let (draft, mut snapshot) = (draft(), snapshot());
    let at = |session: &str, site: &str, hour: i64| Busy {
        session: id(session),
        site: id(site),
        start: TOMORROW.plus_minutes(hour * 60),
        end: TOMORROW.plus_minutes(hour * 60 + 30),
        ..Busy::of(&draft)
    };
    // To the county and back to town: 50 and 60 minutes; what is the day after isn't counted.
    let busy = vec![at("s1", "town", 5), at("s2", "town", 14), at("s3", "county", 30)];
    snapshot.busy.insert(Resource::Expert(id("e1")), busy);
    limits(&mut snapshot, Limits { travel_minutes_a_day: Some(110), ..Limits::default() });
    assert_eq!(passed(&draft, &snapshot, Purpose::Book), []);
    limits(&mut snapshot, Limits { travel_minutes_a_day: Some(109), ..Limits::default() });
    let passed = passed(&draft, &snapshot, Purpose::Book);
    assert_eq!(passed, [("travel_minutes_a_day".to_owned(), "109".to_owned(), Lasts::Instant)]);
}

#[test]
fn what_is_added_counts_for_the_next() {
    let (draft, mut snapshot) = (draft(), snapshot());
    limits(&mut snapshot, Limits { sessions_a_day: Some(1), ..Limits::default() });
    snapshot.add(&SessionDraft { session: id("first"), ..draft.clone() });
    let later = SessionDraft { start: TOMORROW.plus_minutes(14 * 60), end: TOMORROW.plus_minutes(15 * 60), ..draft };
    assert_eq!(passed(&later, &snapshot, Purpose::Book).len(), 1);
    let names: Vec<&Id> = snapshot.counted.keys().collect();
    assert_eq!(names, [&id("e1")]);
}

//! The rules of sessions by themselves: states, half-days, the predicate, and which clinic carries the sitting.
use std::collections::BTreeMap;
use std::sync::Arc;

use homecoming::assistants::{Absence, AbsenceKind};
use homecoming::experts::{Roster, Standing};
use homecoming::kernel::{
    HalfDay, Id, Measure, Meta, Name, Reason, SessionKind, Specialty, Timestamp, Vocabulary as _,
};
use homecoming::programmes::SittingUnit;
use homecoming::sessions::draft::half_days;
use homecoming::sessions::predicate::{RuleClass, findings, fits, refusal, unknown};
use homecoming::sessions::sittings::{FREE_CLINICS, SESSIONS_HELD};
use homecoming::sessions::snapshot::{Busy, Snapshot};
use homecoming::sessions::{Held, Irregularity, Purpose, Resource, SessionDraft, SessionState, Transition, leaves};
use homecoming::sites::{Closure, ClosureCause, RoomKind, SiteLevel};
use proptest::prelude::*;

use super::facts::{away, day, draft, id, offered, operation, snapshot, theatre, zone};
use crate::support::schedule::TOMORROW;

#[test]
fn a_transition_leads_where_it_says_or_names_both_states() {
    let name = Name::new(id("liling"), id("s1"));
    for state in SessionState::ALL {
        for transition in Transition::ALL {
            match transition.of(&name, *state) {
                Ok(target) => assert_eq!(target, transition.target()),
                Err(error) => {
                    assert_eq!(error.reason(), Reason::IllegalTransition);
                    let text = error.to_string();
                    assert!(text.contains(state.code()) && text.contains(transition.target().code()), "{text}");
                }
            }
        }
    }
    let legal = Transition::ALL.iter().flat_map(|t| SessionState::ALL.iter().filter(|s| t.is_legal_in(**s))).count();
    assert_eq!(legal, 24);
}

#[test]
fn half_days_are_divided_at_one() {
    let morning = (day(2), HalfDay::Morning);
    let afternoon = (day(2), HalfDay::Afternoon);
    let cases = [
        (8 * 60, 13 * 60, vec![morning]),
        (13 * 60, 24 * 60, vec![afternoon]),
        (12 * 60 + 59, 13 * 60 + 1, vec![morning, afternoon]),
        (20 * 60, 32 * 60, vec![afternoon, (day(3), HalfDay::Morning)]),
        (0, 24 * 60, vec![morning, afternoon]),
    ];
    for (from, until, expected) in cases {
        assert_eq!(half_days(zone(), TOMORROW.plus_minutes(from), TOMORROW.plus_minutes(until)), expected);
    }
}

pub(super) fn found(draft: &SessionDraft, snapshot: &Snapshot, purpose: Purpose) -> Vec<Irregularity> {
    findings(draft, snapshot, purpose).into_iter().map(|finding| finding.irregularity).collect()
}

/// What changes a draft or the state of things, and what is found then in a plan and in a record.
type Case = (&'static str, fn(&mut SessionDraft, &mut Snapshot), &'static [Irregularity], &'static [Irregularity]);

const CASES: &[Case] = &[
    ("nothing", |_, _| {}, &[], &[]),
    ("no consent", |d, _| d.consents.clear(), &[Irregularity::NoConsent], &[Irregularity::NoConsent]),
    (
        "a consent heard once it had begun",
        |d, _| d.consents[0].consent.heard_time = d.start.plus_minutes(1),
        &[Irregularity::NoConsent],
        &[Irregularity::NoConsent],
    ),
    (
        "a standing offer is a consent in advance",
        |d, s| {
            d.consents.clear();
            offered(s, &[(8 * 60, 9 * 60), (9 * 60, 12 * 60)]);
        },
        &[],
        &[],
    ),
    (
        "a standing offer that ends before the session does",
        |d, s| {
            d.consents.clear();
            offered(s, &[(8 * 60, 12 * 60 - 1)]);
        },
        &[Irregularity::NoConsent],
        &[Irregularity::NoConsent],
    ),
    (
        "away, said after the yes",
        |_, s| away(s, TOMORROW.plus_minutes(1)),
        &[Irregularity::ExpertAbsent],
        &[Irregularity::ExpertAbsent],
    ),
    ("away, said before the yes", |_, s| away(s, TOMORROW), &[], &[]),
    (
        "before the roster entry",
        |_, s| s.experts.get_mut(&id("e1")).unwrap().roster = Roster::entered(day(3)),
        &[Irregularity::NotOnRoster],
        &[Irregularity::NotOnRoster],
    ),
    (
        "paused: a record of the past isn't measured by it",
        |_, s| s.experts.get_mut(&id("e1")).unwrap().roster.standing = Standing::Paused { until: None },
        &[Irregularity::ExpertPaused],
        &[],
    ),
    (
        "a specialty that the licence doesn't cover",
        |d, _| d.specialty = Some(Specialty::parse("05.01").unwrap()),
        &[Irregularity::SiteNotLicensed],
        &[Irregularity::SiteNotLicensed],
    ),
    (
        "a lecture needs no licence, and no assistant",
        |d, _| {
            d.kind = SessionKind::Lecture;
            d.specialty = Some(Specialty::parse("05.01").unwrap());
            (d.room, d.assistant) = (None, None);
        },
        &[],
        &[],
    ),
    ("closed", |_, s| close(s, None), &[Irregularity::SiteClosed], &[Irregularity::SiteClosed]),
    ("another room is closed", |_, s| close(s, Some("or1")), &[], &[]),
    ("a theatre", |d, _| d.room = Some(id("or1")), &[Irregularity::RoomKindUnfit], &[Irregularity::RoomKindUnfit]),
    ("no assistant", |d, _| d.assistant = None, &[Irregularity::NoAssistant], &[Irregularity::NoAssistant]),
    (
        "an assistant who isn't paired",
        |d, s| {
            s.assistants.get_mut(&id("a2")).unwrap().pairings.clear();
            d.assistant = Some(id("a2"));
        },
        &[Irregularity::NoPairing],
        &[Irregularity::NoPairing],
    ),
    (
        "an assistant on duty that morning",
        |_, s| absent(s, Some(HalfDay::Morning)),
        &[Irregularity::AssistantOnLeave],
        &[Irregularity::AssistantOnLeave],
    ),
    ("an assistant on duty that afternoon", |_, s| absent(s, Some(HalfDay::Afternoon)), &[], &[]),
    (
        "over 13:00",
        |d, _| d.end = TOMORROW.plus_minutes(13 * 60 + 1),
        &[Irregularity::CrossesHalfDay],
        &[Irregularity::CrossesHalfDay],
    ),
    (
        "an operation without local physicians",
        |d, s| {
            *d = operation();
            theatre(s);
            (d.responsible_before, d.responsible_after) = (None, None);
        },
        &[Irregularity::NoResponsiblePhysician, Irregularity::NoResponsiblePhysician],
        &[Irregularity::NoResponsiblePhysician, Irregularity::NoResponsiblePhysician],
    ),
    ("right after another", |_, s| busy(s, "county", 6 * 60, 8 * 60), &[], &[]),
    (
        "a minute into another",
        |_, s| busy(s, "county", 6 * 60, 8 * 60 + 1),
        &[Irregularity::OverlapExpert],
        &[Irregularity::OverlapExpert],
    ),
    (
        "in the other's buffer",
        |d, s| {
            busy(s, "county", 12 * 60 + 20, 13 * 60);
            d.after_minutes = 21;
        },
        &[Irregularity::OverlapExpert],
        &[Irregularity::OverlapExpert],
    ),
    ("a journey of just that length", |_, s| busy(s, "town", 0, 7 * 60 + 10), &[], &[]),
    (
        "a minute short of the journey",
        |_, s| busy(s, "town", 0, 7 * 60 + 11),
        &[Irregularity::TravelTooShort],
        &[Irregularity::TravelTooShort],
    ),
    (
        "the way there is longer",
        |_, s| busy(s, "town", 12 * 60 + 59, 15 * 60),
        &[Irregularity::TravelTooShort],
        &[Irregularity::TravelTooShort],
    ),
    (
        "an unknown journey on one day",
        |_, s| busy(s, "far", 20 * 60, 21 * 60),
        &[Irregularity::TravelUnknown],
        &[Irregularity::TravelUnknown],
    ),
    ("an unknown journey the day before", |_, s| busy(s, "far", -60, 0), &[], &[]),
];

fn close(snapshot: &mut Snapshot, room: Option<&str>) {
    let closure = Closure {
        name: Name::new(id("liling"), id("c")),
        site: id("county"),
        room: room.map(id),
        start: TOMORROW.plus_minutes(11 * 60),
        end: None,
        cause: ClosureCause::Works,
        note: String::new(),
        reopened: None,
        meta: Meta::new(TOMORROW),
    };
    Arc::make_mut(snapshot.sites.get_mut(&id("county")).unwrap()).closures.push(closure);
}

fn absent(snapshot: &mut Snapshot, half_day: Option<HalfDay>) {
    let absence = Absence { kind: AbsenceKind::Duty, from: day(2), to: day(2), half_day };
    snapshot.assistants.get_mut(&id("a1")).unwrap().absences.push(absence);
}

fn busy(snapshot: &mut Snapshot, site: &str, from: i64, until: i64) {
    let busy = Busy {
        session: id("other"),
        site: id(site),
        kind: SessionKind::Clinic,
        start: TOMORROW.plus_minutes(from),
        end: TOMORROW.plus_minutes(until),
        before_minutes: 0,
        after_minutes: 0,
        row: None,
        lapses: None,
    };
    snapshot.busy.entry(Resource::Expert(id("e1"))).or_default().push(busy);
}

#[test]
fn the_predicate_finds_what_stands_against_a_draft() {
    for (case, change, planned, recorded) in CASES {
        let (mut draft, mut snapshot) = (draft(), snapshot());
        change(&mut draft, &mut snapshot);
        assert_eq!(unknown(&draft, &snapshot), None, "{case}");
        assert_eq!(found(&draft, &snapshot, Purpose::Book), *planned, "{case}, planned");
        assert_eq!(found(&draft, &snapshot, Purpose::Record), *recorded, "{case}, recorded");
        let refused = refusal(&findings(&draft, &snapshot, Purpose::Book));
        let reasons: Vec<Reason> = planned.iter().filter_map(|found| found.refusal()).collect();
        assert_eq!(refused.as_ref().map(|refusal| refusal.reason), reasons.first().copied(), "{case}");
        let told: Vec<Reason> =
            refused.into_iter().flat_map(|r| r.violations).map(|violation| violation.reason).collect();
        assert_eq!(told, reasons, "{case}");
    }
}

#[test]
fn rooms_wait_for_their_turnover() {
    let (draft, mut snapshot) = (draft(), snapshot());
    let busy = Busy {
        session: id("other"),
        start: draft.end.plus_minutes(29),
        end: draft.end.plus_minutes(60),
        ..Busy::of(&draft)
    };
    snapshot.busy.insert(Resource::Room(id("county"), id("c1")), vec![busy]);
    assert_eq!(found(&draft, &snapshot, Purpose::Book), [Irregularity::OverlapRoom]);
    let later = |busy: &mut Busy| busy.start = draft.end.plus_minutes(30);
    snapshot.busy.values_mut().flatten().for_each(later);
    assert_eq!(found(&draft, &snapshot, Purpose::Book), []);
}

#[test]
fn what_nobody_knows_is_named() {
    let mut nobody = draft();
    nobody.co_experts.push(id("nobody"));
    assert_eq!(unknown(&nobody, &snapshot()), Some("experts/nobody".to_owned()));
    let nowhere = SessionDraft { room: Some(id("c9")), ..draft() };
    assert_eq!(unknown(&nowhere, &snapshot()), Some("sites/county/rooms/c9".to_owned()));
}

#[test]
fn consent_and_safety_are_never_set_aside() {
    for irregularity in Irregularity::ALL {
        let is_consent = matches!(
            irregularity,
            Irregularity::NoConsent
                | Irregularity::NoOffer
                | Irregularity::ExpertPaused
                | Irregularity::ExpertAbsent
                | Irregularity::CharterLimit
        );
        assert_eq!(irregularity.class() == RuleClass::Consent, is_consent);
    }
    assert!(SessionKind::ALL.iter().all(|kind| RoomKind::ALL.iter().any(|room| fits(*kind, *room))));
}

fn held(session: &str, site: &str, minute: i64, kind: SessionKind) -> Held {
    let start = TOMORROW.plus_minutes(minute);
    Held {
        session: id(session),
        kind,
        expert: id("e1"),
        site: id(site),
        site_level: SiteLevel::CountyHospital,
        home_hospital: None,
        specialty: Specialty::parse("03").unwrap(),
        date: zone().date_of(start),
        half_day: zone().half_day_of(start),
        start,
    }
}

fn carriers(held: &[Held], unit: SittingUnit) -> Vec<String> {
    let of = |(id, leaf): (Id, homecoming::kernel::Leaf)| {
        leaf.quantities.contains(&(Measure::SITTINGS, 1)).then(|| id.to_string())
    };
    leaves(held, |_| unit).into_iter().filter_map(of).collect()
}

#[test]
fn one_clinic_of_a_half_day_carries_the_sitting() {
    let clinic = SessionKind::Clinic;
    let sessions = [
        held("c", "county", 9 * 60, clinic),
        held("b", "county", 8 * 60, clinic),
        held("a", "county", 9 * 60, clinic),
        held("d", "county", 15 * 60, clinic),
        held("e", "town", 10 * 60, clinic),
        held("f", "county", 8 * 60, SessionKind::FreeClinic),
        held("g", "county", 8 * 60, SessionKind::Lecture),
    ];
    assert_eq!(carriers(&sessions, SittingUnit::HalfDay), ["b", "d", "e"]);
    assert_eq!(carriers(&sessions, SittingUnit::Day), ["b", "e"]);
    // Once the first is corrected, the next carries it; of two at one time the lower id.
    let without: Vec<Held> = sessions.iter().filter(|one| one.session != id("b")).cloned().collect();
    assert_eq!(carriers(&without, SittingUnit::HalfDay), ["a", "d", "e"]);
    let all = leaves(&sessions, |_| SittingUnit::HalfDay);
    assert_eq!(all[&id("f")].quantities, [(SESSIONS_HELD, 1), (FREE_CLINICS, 1)]);
    assert_eq!(all[&id("g")].quantities, [(SESSIONS_HELD, 1)]);
    assert_eq!(all[&id("b")].quantities, [(SESSIONS_HELD, 1), (Measure::SITTINGS, 1)]);
}

proptest! {
    /// Whatever the order, and whatever else is held: one sitting for each (expert, site, half-day) with a clinic.
    #[test]
    fn sittings_are_the_half_days_with_a_clinic(minutes in prop::collection::vec((0..4 * 24 * 60i64, 0..3usize), 1..30)) {
        let sites = ["county", "town", "far"];
        let sessions: Vec<Held> = minutes.iter().enumerate()
            .map(|(at, (minute, site))| held(&format!("s{at}"), sites[*site], *minute, SessionKind::Clinic)).collect();
        let groups: BTreeMap<_, usize> = sessions.iter().map(|one| ((one.site.clone(), one.date, one.half_day), 1)).collect();
        let mut reversed = sessions.clone();
        reversed.reverse();
        prop_assert_eq!(carriers(&sessions, SittingUnit::HalfDay).len(), groups.len());
        prop_assert_eq!(carriers(&sessions, SittingUnit::HalfDay), carriers(&reversed, SittingUnit::HalfDay));
    }

    /// Two drafts can't both stand, whichever comes first, exactly when the obvious inequality fails.
    #[test]
    fn the_order_of_two_plans_doesnt_matter(
        start in 0..1200i64, minutes in 1..300i64, before in 0..90i64, after in 0..90i64, other in 0..1200i64, length in 1..300i64, town: bool,
    ) {
        let plan = |name: &str, from: i64, minutes: i64, site: &str| SessionDraft {
            session: id(name),
            kind: SessionKind::Teaching,
            site: id(site),
            room: None,
            start: TOMORROW.plus_minutes(from),
            end: TOMORROW.plus_minutes(from + minutes),
            ..draft()
        };
        let own = SessionDraft { before_minutes: before, after_minutes: after, ..plan("own", start, minutes, "county") };
        let other = plan("other", other, length, if town { "town" } else { "county" });
        let stands = |first: &SessionDraft, second: &SessionDraft| {
            let mut snapshot = snapshot();
            snapshot.add(first);
            refusal(&findings(second, &snapshot, Purpose::Book)).is_none()
        };
        let gap = |a: &SessionDraft, b: &SessionDraft| {
            let travel = if a.site == b.site { 0 } else if b.site == id("town") { 60 } else { 50 };
            let need = a.after_minutes + travel + b.before_minutes;
            b.start.minutes_since(a.end) >= need
        };
        prop_assert_eq!(stands(&own, &other), stands(&other, &own));
        prop_assert_eq!(stands(&own, &other), gap(&own, &other) || gap(&other, &own));
    }
}

#[test]
fn an_instant_is_told_apart_from_a_day() {
    assert_eq!(zone().date_of(TOMORROW), day(2));
    assert_eq!(zone().date_of(Timestamp::from_micros(TOMORROW.micros() - 1)), day(1));
}

#[test]
fn what_is_taken_is_known_by_its_key() {
    for resource in [Resource::Expert(id("e1")), Resource::Assistant(id("a-1")), Resource::Room(id("county"), id("r1"))]
    {
        assert_eq!(Resource::of_key(&resource.key()), Some(resource));
    }
    for key in ["", "experts", "experts/", "experts/e1/rooms/r1", "sites/county", "sites/county/doors/r1", "visits/v1"]
    {
        assert_eq!(Resource::of_key(key), None, "{key}");
    }
}

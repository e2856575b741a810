//! What rules are tried on: a clinic against which nothing stands, and the state of things around it.
use std::sync::Arc;

use homecoming::calendars::{Absent, ExpertAbsence};
use homecoming::credentials::{BasisKind, Credential, CredentialState, Paper, Papers};
use homecoming::experts::{Affiliation, Consent, ConsentMedium, Days, Roster, Scope};
use homecoming::kernel::{Date, Grade, Id, Meta, Name, SessionKind, Specialty, Timestamp, Zone};
use homecoming::sessions::snapshot::{AssistantFacts, ExpertFacts, SiteFacts, Snapshot, Standing};
use homecoming::sessions::{ExpertConsent, SessionDraft, Urgency};
use homecoming::sites::{Room, RoomKind, SiteLevel};

use crate::support::schedule::TOMORROW;

pub(super) fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

pub(super) fn zone() -> Zone {
    Zone::parse("Asia/Shanghai").unwrap()
}

pub(super) fn day(day: u32) -> Date {
    Date::from_ymd_opt(2024, 4, day).unwrap()
}

/// A clinic of e1 with a1 at `county`, room c1, from 8 to 12 on 2 April 2024, against which nothing stands.
pub(super) fn draft() -> SessionDraft {
    SessionDraft {
        programme: id("liling"),
        session: id("own"),
        kind: SessionKind::Clinic,
        site: id("county"),
        room: Some(id("c1")),
        expert: id("e1"),
        co_experts: Vec::new(),
        accompanying: 0,
        assistant: Some(id("a1")),
        specialty: None,
        capacity: 20,
        before_minutes: 0,
        after_minutes: 0,
        start: TOMORROW.plus_minutes(8 * 60),
        end: TOMORROW.plus_minutes(12 * 60),
        responsible_before: None,
        responsible_after: None,
        grade: None,
        dossier: None,
        urgency: Urgency::Elective,
        external_ids: Vec::new(),
        consents: vec![ExpertConsent {
            expert: id("e1"),
            consent: Consent {
                heard_by: "office-1".to_owned(),
                medium: ConsentMedium::Letter,
                heard_time: TOMORROW,
                words: String::new(),
            },
        }],
    }
}

pub(super) fn snapshot() -> Snapshot {
    let room = |name: &str, kind| Room {
        id: id(name),
        display_name: name.to_owned(),
        kinds: vec![kind],
        turnover_minutes: 30,
    };
    let site = Arc::new(SiteFacts {
        zone: zone(),
        level: SiteLevel::CountyHospital,
        licensed: vec![Specialty::parse("03").unwrap()],
        rooms: [room("c1", RoomKind::Clinic), room("or1", RoomKind::Operating)]
            .map(|room| (room.id.clone(), room))
            .into(),
        closures: Vec::new(),
    });
    let ever = Days { from: day(1), to: None };
    let expert = ExpertFacts {
        roster: Roster::entered(day(1)),
        specialties: vec![Specialty::parse("03.04").unwrap()],
        affiliations: vec![Affiliation { hospital: id("xiangya"), days: ever, main: true }],
        scope: Scope::default(),
        standing: Vec::new(),
        absences: Vec::new(),
        limits: None,
    };
    let assistant = AssistantFacts {
        site: id("county"),
        end: None,
        absences: Vec::new(),
        pairings: vec![(id("e1"), id("county"), ever)],
    };
    let travel = [((id("county"), id("town")), 60), ((id("town"), id("county")), 50)];
    Snapshot {
        sites: [(id("county"), site.clone()), (id("town"), site.clone()), (id("far"), site)].into(),
        experts: [(id("e1"), expert.clone()), (id("e2"), expert)].into_iter().collect(),
        assistants: [(id("a1"), assistant.clone()), (id("a2"), assistant)].into_iter().collect(),
        travel: Arc::new(travel.into()),
        papers: Papers { of_experts: [papers("e1"), papers("e2")].into(), ..Papers::default() },
        ..Snapshot::default()
    }
}

/// A licence and a filing at all sites, from the first of the month on.
fn papers(expert: &str) -> (Id, Vec<Credential>) {
    let papers = [
        Paper::Licence { expert: id(expert) },
        Paper::Basis { expert: id(expert), kind: BasisKind::Filed, sites: Vec::new() },
    ];
    (id(expert), papers.map(paper).into())
}

/// A paper, from the first of the month on.
fn paper(paper: Paper) -> Credential {
    Credential {
        name: Name::new(id("liling"), id("paper")),
        paper,
        days: Days { from: day(1), to: None },
        document: "文件 1 号".to_owned(),
        external_ids: Vec::new(),
        state: CredentialState::Valid,
        meta: Meta::new(TOMORROW),
    }
}

/// Offers of e1 for clinics at `county`, in minutes of tomorrow.
pub(super) fn offered(snapshot: &mut Snapshot, spans: &[(i64, i64)]) {
    let offer = |(from, until): &(i64, i64)| Standing {
        kinds: vec![SessionKind::Clinic],
        sites: vec![id("county")],
        spans: vec![(TOMORROW.plus_minutes(*from), TOMORROW.plus_minutes(*until))],
    };
    snapshot.experts.get_mut(&id("e1")).unwrap().standing = spans.iter().map(offer).collect();
}

/// e1 says to be away tomorrow from eleven to eight in the evening.
pub(super) fn away(snapshot: &mut Snapshot, said: Timestamp) {
    let absence = ExpertAbsence {
        name: Name::new(id("liling"), id("away")),
        expert: id("e1"),
        when: Absent::Instants { start: TOMORROW.plus_minutes(11 * 60), end: TOMORROW.plus_minutes(20 * 60) },
        tz_version: None,
        withdrawn: None,
        external_ids: Vec::new(),
        meta: Meta::new(said),
    };
    snapshot.experts.get_mut(&id("e1")).unwrap().absences.push(absence);
}

/// What e1 has: the licence, then the filing.
pub(super) fn expert_papers(snapshot: &mut Snapshot) -> &mut Vec<Credential> {
    snapshot.papers.of_experts.get_mut(&id("e1")).unwrap()
}

/// An operation of grade 3 by e1 at `county`, whose papers aren't there yet.
pub(super) fn operation() -> SessionDraft {
    SessionDraft {
        kind: SessionKind::Operation,
        room: Some(id("or1")),
        responsible_before: Some(id("a1")),
        responsible_after: Some(id("a1")),
        grade: Grade::new(3),
        ..draft()
    }
}

/// Everything that an operation of grade 3 by e1 at `county` needs.
pub(super) fn theatre(snapshot: &mut Snapshot) {
    let highest = Grade::new(3).unwrap();
    let list = paper(Paper::GradeList { site: id("county"), specialty: None, highest });
    snapshot.papers.of_sites.insert(id("county"), vec![list]);
    let specialties = vec![Specialty::parse("03").unwrap()];
    let surgeon = Paper::Authorisation { expert: id("e1"), site: id("county"), highest, specialties };
    expert_papers(snapshot).push(paper(surgeon));
}

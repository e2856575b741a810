//! A county's first weeks over the socket, from an empty database to a bulletin, on both engines. `tests/python/story.py`
//! tells the same with a client in another language. Not here: what each slice refuses, which its own tests say.
use chrono::{Days, NaiveTime};
use homecoming::kernel::{Date, Timestamp, Zone};
use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::bulletin_service_client::BulletinServiceClient;
use homecoming::pb::expert_search_service_client::ExpertSearchServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::pairing_service_client::PairingServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use homecoming::pb::visit_service_client::VisitServiceClient;
use tonic::transport::Channel;

use crate::support::{self, START, TestServer, papers};

const COUNTY: &str = "programmes/liling";
const MEASURES: [&str; 5] = ["sittings", "consultations", "operation_cases", "declared_savings_fen", "visits"];

#[tokio::test]
async fn from_an_empty_database_to_a_bulletin() {
    support::each_engine("story", tell).await;
}

async fn tell(server: TestServer) {
    let channel = server.channel.clone();
    set_up(&channel).await;
    plan_next_week(&channel).await;
    record_last_week(&channel).await;
    count(&channel).await;
    publish(&channel).await;
    let again = server.second().await;
    count(&again.channel).await;
    again.stop().await;
}

fn name(collection: &str, id: &str) -> String {
    format!("{COUNTY}/{collection}/{id}")
}

fn shanghai() -> Zone {
    Zone::parse("Asia/Shanghai").unwrap()
}

/// A day so many days from the story's own.
fn day(offset: i64) -> Date {
    let today = shanghai().date_of(START);
    if offset < 0 { today - Days::new(offset.unsigned_abs()) } else { today + Days::new(offset.unsigned_abs()) }
}

fn date(offset: i64) -> Option<pb::Date> {
    use chrono::Datelike as _;
    let day = day(offset);
    Some(pb::Date { year: day.year(), month: day.month() as i32, day: day.day() as i32 })
}

fn instant(offset: i64, hour: u32, minute: u32) -> Option<prost_types::Timestamp> {
    let at: Timestamp = shanghai().instant(day(offset), NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
    Some(prost_types::Timestamp { seconds: at.micros() / 1_000_000, nanos: 0 })
}

async fn set_up(channel: &Channel) {
    let mut programmes = ProgrammeServiceClient::new(channel.clone());
    let listed = programmes.list_programmes(pb::ListProgrammesRequest::default()).await.unwrap().into_inner();
    assert!(listed.programmes.is_empty());
    let programme = pb::Programme {
        display_name: "专家醴陵行".into(),
        division_code: "430281".into(),
        zone: "Asia/Shanghai".into(),
        ..Default::default()
    };
    let request =
        pb::CreateProgrammeRequest { programme_id: "liling".into(), programme: Some(programme), ..Default::default() };
    programmes.create_programme(request).await.unwrap();

    let hospital = pb::Hospital {
        display_name: "省级重点医院 01".into(),
        level: pb::HospitalLevel::ProvincialKey.into(),
        city: "长沙市".into(),
        ..Default::default()
    };
    let request = pb::CreateHospitalRequest {
        parent: COUNTY.into(),
        hospital_id: "provincial-01".into(),
        hospital: Some(hospital),
        ..Default::default()
    };
    HospitalServiceClient::new(channel.clone()).create_hospital(request).await.unwrap();
    create_site(channel, "county", pb::SiteLevel::CountyHospital, "430281").await;
    create_site(channel, "baitutan", pb::SiteLevel::TownshipHealthCentre, "430281102").await;
    let since = date(-400).unwrap();
    let mut filed = vec![papers::grade_list(&name("sites", "county"), since)];
    for (number, specialty) in [("001", "03.04"), ("002", "04.01")] {
        create_expert(channel, number, specialty).await;
        let expert = name("experts", &format!("expert-{number}"));
        filed.extend(papers::of_expert(&expert, since));
        filed.push(papers::authorisation(&expert, &name("sites", "county"), since));
    }
    papers::enter(channel, COUNTY, filed).await;
    let mut search = ExpertSearchServiceClient::new(channel.clone());
    let request =
        pb::SearchExpertsRequest { parent: COUNTY.into(), day: date(0), specialty: "03".into(), ..Default::default() };
    let found = search.search_experts(request).await.unwrap().into_inner().matches;
    let names: Vec<_> = found.into_iter().filter_map(|found| Some(found.expert?.name)).collect();
    assert_eq!(names, [name("experts", "expert-001")]);
}

async fn create_site(channel: &Channel, id: &str, level: pb::SiteLevel, division_code: &str) {
    let room = |id: &str, kind: pb::RoomKind| pb::Room {
        id: id.into(),
        display_name: id.into(),
        kinds: vec![kind.into()],
        ..Default::default()
    };
    let site = pb::Site {
        display_name: id.into(),
        level: level.into(),
        division_code: division_code.into(),
        zone: "Asia/Shanghai".into(),
        licensed_specialties: vec!["03".into(), "04".into()],
        rooms: vec![room("clinic-1", pb::RoomKind::Clinic), room("theatre-1", pb::RoomKind::Operating)],
        ..Default::default()
    };
    let request =
        pb::CreateSiteRequest { parent: COUNTY.into(), site_id: id.into(), site: Some(site), ..Default::default() };
    SiteServiceClient::new(channel.clone()).create_site(request).await.unwrap();
}

/// An expert with an assistant of the same number at the county hospital.
async fn create_expert(channel: &Channel, number: &str, specialty: &str) {
    let (expert_id, assistant_id) = (format!("expert-{number}"), format!("assistant-{number}"));
    let expert = pb::Expert {
        display_name: format!("专家 {number}"),
        title: pb::ExpertTitle::Chief.into(),
        specialties: vec![specialty.into()],
        affiliations: vec![pb::Affiliation {
            hospital: name("hospitals", "provincial-01"),
            from_date: date(-400),
            to_date: None,
            main: true,
        }],
        roster_entry_date: date(-400),
        ..Default::default()
    };
    let parent = COUNTY.to_owned();
    let request = pb::CreateExpertRequest {
        parent: parent.clone(),
        expert_id: expert_id.clone(),
        expert: Some(expert),
        ..Default::default()
    };
    ExpertServiceClient::new(channel.clone()).create_expert(request).await.unwrap();
    let assistant = pb::Assistant {
        display_name: format!("助手 {number}"),
        site: name("sites", "county"),
        specialties: vec![specialty.into()],
        ..Default::default()
    };
    let request = pb::CreateAssistantRequest {
        parent: parent.clone(),
        assistant_id: assistant_id.clone(),
        assistant: Some(assistant),
        ..Default::default()
    };
    AssistantServiceClient::new(channel.clone()).create_assistant(request).await.unwrap();
    let pairing = pb::Pairing {
        expert: name("experts", &expert_id),
        assistant: name("assistants", &assistant_id),
        role: pb::PairingRole::Primary.into(),
        from_date: date(-400),
        ..Default::default()
    };
    let request = pb::CreatePairingRequest { parent, pairing: Some(pairing), ..Default::default() };
    PairingServiceClient::new(channel.clone()).create_pairing(request).await.unwrap();
}

fn plan(number: &str, kind: pb::SessionKind, offset: i64, start: (u32, u32), end: (u32, u32)) -> pb::SessionPlan {
    let assistant = name("assistants", &format!("assistant-{number}"));
    let operation = kind == pb::SessionKind::Operation;
    let responsible = if operation { assistant.clone() } else { String::new() };
    pb::SessionPlan {
        kind: kind.into(),
        site: name("sites", "county"),
        room: if operation { "theatre-1".into() } else { "clinic-1".into() },
        expert: name("experts", &format!("expert-{number}")),
        assistant,
        start_time: instant(offset, start.0, start.1),
        end_time: instant(offset, end.0, end.1),
        responsible_before: responsible.clone(),
        responsible_after: responsible,
        grade: if operation { 3 } else { 0 },
        ..Default::default()
    }
}

fn consent(offset: i64) -> Option<pb::Consent> {
    Some(pb::Consent {
        heard_by: "行程办".into(),
        medium: pb::ConsentMedium::Phone.into(),
        heard_time: instant(offset, 9, 0),
        words: "可以".into(),
    })
}

/// A plan needs the expert's yes and a free expert; the same request twice is one session.
async fn plan_next_week(channel: &Channel) {
    let mut sessions = SessionServiceClient::new(channel.clone());
    let mut request = pb::BookSessionRequest {
        parent: COUNTY.into(),
        session_id: "next-1".into(),
        session: Some(plan("001", pb::SessionKind::Clinic, 7, (8, 30), (11, 30))),
        ..Default::default()
    };
    let refused = sessions.book_session(request.clone()).await.unwrap_err();
    assert!(reason(&refused).is_some(), "{refused:?}");
    request.consent = consent(-2);
    request.request_id = "story-next-1".into();
    let booked = sessions.book_session(request.clone()).await.unwrap().into_inner();
    assert_eq!(sessions.book_session(request.clone()).await.unwrap().into_inner(), booked);
    (request.session_id, request.request_id) = ("next-2".into(), "story-next-2".into());
    let refused = sessions.book_session(request).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("EXPERT_OCCUPIED"));
    let next_week = pb::ListSessionsRequest {
        parent: COUNTY.into(),
        start_time_from: instant(7, 0, 0),
        start_time_until: instant(14, 0, 0),
        ..Default::default()
    };
    let listed = sessions.list_sessions(next_week).await.unwrap().into_inner().sessions;
    let times: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.local_start_time.as_str())).collect();
    assert_eq!(times, [("programmes/liling/sessions/next-1", "2024-04-08T08:30:00+08:00")]);
}

fn reason(status: &tonic::Status) -> Option<String> {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().map(|info| info.reason)
}

/// Three sittings, one without a consent on record, and an operation list, with what was done in them; then the trip.
async fn record_last_week(channel: &Channel) {
    let (clinic, operation) = (pb::SessionKind::Clinic, pb::SessionKind::Operation);
    let held = |id: &str, session: pb::SessionPlan| pb::RecordHeldSessionRequest {
        session_id: id.into(),
        session: Some(session),
        consent: if id == "held-3" { None } else { consent(-10) },
        ..Default::default()
    };
    let request = pb::BatchRecordHeldSessionsRequest {
        parent: COUNTY.into(),
        requests: vec![
            held("held-1", plan("001", clinic, -8, (8, 30), (11, 30))),
            held("held-2", plan("001", clinic, -8, (14, 0), (17, 0))),
            held("held-3", plan("002", clinic, -7, (8, 30), (11, 30))),
            held("held-4", plan("002", operation, -8, (13, 30), (18, 0))),
        ],
        ..Default::default()
    };
    let mut sessions = SessionServiceClient::new(channel.clone());
    let results = sessions.batch_record_held_sessions(request).await.unwrap().into_inner().results;
    let irregular: Vec<Option<usize>> = results.iter().map(irregularities).collect();
    assert_eq!(irregular, [Some(0), Some(0), Some(1), Some(0)], "{results:?}");

    let mut activities = ActivityServiceClient::new(channel.clone());
    let request = pb::BatchRecordActivitiesRequest {
        parent: COUNTY.into(),
        rows: deeds(),
        request_id: "story-done".into(),
        ..Default::default()
    };
    for _ in 0..2 {
        let results = activities.batch_record_activities(request.clone()).await.unwrap().into_inner().results;
        let recorded =
            |result: &pb::ActivityResult| matches!(result.result, Some(pb::activity_result::Result::Activity(_)));
        assert!(results.len() == 4 && results.iter().all(recorded), "{results:?}");
    }
    let visit = pb::Visit {
        expert: name("experts", "expert-001"),
        host_site: name("sites", "county"),
        arrival_time: instant(-9, 19, 30),
        departure_time: instant(-8, 18, 30),
        sessions: vec![name("sessions", "held-1"), name("sessions", "held-2")],
        ..Default::default()
    };
    let request = pb::CreateVisitRequest {
        parent: COUNTY.into(),
        visit_id: "visit-1".into(),
        visit: Some(visit),
        ..Default::default()
    };
    let mut visits = VisitServiceClient::new(channel.clone());
    visits.create_visit(request).await.unwrap();
    let request = pb::EndVisitRequest { name: name("visits", "visit-1"), ..Default::default() };
    visits.end_visit(request).await.unwrap();
}

fn irregularities(result: &pb::SessionResult) -> Option<usize> {
    match &result.result {
        Some(pb::session_result::Result::Session(session)) => Some(session.irregularities.len()),
        Some(pb::session_result::Result::Refusal(_)) | None => None,
    }
}

fn deeds() -> Vec<pb::ActivityRow> {
    let row = |id: &str, session: &str, activity: pb::Activity| pb::ActivityRow {
        activity_id: id.into(),
        activity: Some(pb::Activity { session: name("sessions", session), ..activity }),
    };
    let headcount = |quantity: i64, residence: pb::Residence| pb::Activity {
        kind: pb::ActivityKind::Headcount.into(),
        quantity,
        residence: residence.into(),
        ..Default::default()
    };
    let patient = |token: &str, residence: pb::Residence, saving: i64| pb::Activity {
        kind: pb::ActivityKind::Consultation.into(),
        residence: residence.into(),
        patient: Some(pb::Patient { issuer: "story".into(), token: token.into() }),
        declared_saving_fen: Some(saving),
        ..Default::default()
    };
    let procedure = pb::Procedure { code: "51.2300".into(), system: "glb".into(), version: "3.0".into(), main: true };
    let operation = pb::OperationCase {
        procedures: vec![procedure],
        grade: 3,
        grade_list: "hunan-2022".into(),
        performer: pb::Performer::Expert.into(),
    };
    let (own, neighbouring) = (pb::Residence::OwnCounty, pb::Residence::Neighbouring);
    vec![
        row("seen-1", "held-1", headcount(12, own)),
        row("seen-2", "held-2", headcount(9, neighbouring)),
        row("seen-3", "held-3", patient("story-patient-1", own, 18_000)),
        row(
            "operated-1",
            "held-4",
            pb::Activity {
                kind: pb::ActivityKind::OperationCase.into(),
                operation: Some(operation),
                ..patient("story-patient-2", neighbouring, 865_000)
            },
        ),
    ]
}

/// The figures come out of the records, add up over residences, and reconcile.
async fn count(channel: &Channel) {
    let mut tallies = TallyServiceClient::new(channel.clone());
    let mut request = pb::QueryTallyRequest {
        parent: COUNTY.into(),
        from_date: date(-60),
        to_date: date(0),
        measures: MEASURES.map(Into::into).into(),
        ..Default::default()
    };
    let tally = tallies.query_tally(request.clone()).await.unwrap().into_inner();
    let totals: Vec<i64> = tally.totals.iter().map(|value| value.quantity).collect();
    assert_eq!(totals, [3, 22, 1, 883_000, 1]);
    request.group_by = vec![pb::TallyDimension::Residence.into()];
    let by_residence = tallies.query_tally(request).await.unwrap().into_inner().rows;
    for (index, total) in totals.iter().enumerate() {
        let parts: i64 = by_residence.iter().filter_map(|row| row.values.get(index)).map(|value| value.quantity).sum();
        assert_eq!(parts, *total, "{}", MEASURES[index]);
    }
    let reconciled = tallies.reconcile(pb::ReconcileRequest { parent: COUNTY.into() }).await.unwrap().into_inner();
    assert!(reconciled.equal && reconciled.differences.is_empty(), "{reconciled:?}");
}

async fn publish(channel: &Channel) {
    let request = pb::GetBulletinRequest { name: COUNTY.into(), ..Default::default() };
    let bulletin = BulletinServiceClient::new(channel.clone()).get_bulletin(request).await.unwrap().into_inner();
    let figures = bulletin.figures.unwrap();
    let counts = [figures.experts, figures.home_hospitals, figures.sittings, figures.consultations, figures.operations];
    assert_eq!(counts, [2, 1, 3, 22, 1]);
    let savings = [figures.declared_savings_own_county_fen, figures.declared_savings_neighbouring_fen];
    assert_eq!((figures.declared_savings_fen, savings), (883_000, [18_000, 865_000]));
    assert!(!bulletin.footnotes.is_empty() && bulletin.text.contains("坐诊"), "{}", bulletin.text);
}

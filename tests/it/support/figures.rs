//! A small county to record in: the programme `liling`, two sites, two home hospitals, three experts.
//!
//! The clock stands at [`super::START`], 2024-04-01 08:00 in Shanghai; the figures lie in the months before it.
use homecoming::kernel::{Date, NaiveTime, Zone};
use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::sheet_service_client::SheetServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;

use super::TestServer;
use super::liling;
pub use super::liling::{PROGRAMME, name};

pub fn date(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

pub fn activities(server: &TestServer) -> ActivityServiceClient<Channel> {
    ActivityServiceClient::new(server.channel.clone())
}

pub fn tallies(server: &TestServer) -> TallyServiceClient<Channel> {
    TallyServiceClient::new(server.channel.clone())
}

/// Makes the county: sites `county` and `township`, hospitals `xiangya` and `second`; experts `e1` (03.04, xiangya until 2024-02,
/// then second), `e2` (04.01, second), `e3` (05.01, on the roster from 2024-02-15, no affiliation on record).
pub async fn make(server: &TestServer) {
    liling::programme(&server.channel).await;
    for id in ["xiangya", "second"] {
        liling::hospital(&server.channel, id).await;
    }
    for (id, level, division) in [
        ("county", pb::SiteLevel::CountyHospital, "430281"),
        ("township", pb::SiteLevel::TownshipHealthCentre, "430281101"),
    ] {
        let site = liling::site(id, level, &["03", "04", "05"]);
        liling::make_site(&server.channel, id, pb::Site { division_code: division.to_owned(), ..site }).await;
    }
    let at = |hospital: &str, from, to| pb::Affiliation {
        hospital: name("hospitals", hospital),
        from_date: from,
        to_date: to,
        main: true,
    };
    let first = vec![at("xiangya", date(2010, 1, 1), date(2024, 2, 29)), at("second", date(2024, 3, 1), None)];
    expert(server, "e1", "03.04", first, date(2020, 1, 1)).await;
    expert(server, "e2", "04.01", vec![at("second", date(2010, 1, 1), None)], date(2020, 1, 1)).await;
    expert(server, "e3", "05.01", Vec::new(), date(2024, 2, 15)).await;
}

async fn expert(
    server: &TestServer,
    id: &str,
    specialty: &str,
    affiliations: Vec<pb::Affiliation>,
    entry: Option<pb::Date>,
) {
    let expert = pb::Expert { affiliations, roster_entry_date: entry, ..liling::expert(specialty) };
    liling::make_expert(&server.channel, id, expert).await;
}

/// A consultation by `e1` at the county site without a session.
pub fn consultation(day: Option<pb::Date>, token: &str) -> pb::Activity {
    pb::Activity {
        kind: pb::ActivityKind::Consultation as i32,
        site: name("sites", "county"),
        date: day,
        lead_expert: name("experts", "e1"),
        residence: pb::Residence::OwnCounty as i32,
        patient: patient(token),
        ..Default::default()
    }
}

pub fn patient(token: &str) -> Option<pb::Patient> {
    Some(pb::Patient { issuer: "his.liling".to_owned(), token: token.to_owned() })
}

/// An operation case by `e2` at the county site without a session.
pub fn operation(day: Option<pb::Date>, performer: pb::Performer) -> pb::Activity {
    let line = |code: &str, main| pb::Procedure {
        code: code.to_owned(),
        system: "glb".to_owned(),
        version: "3.0".to_owned(),
        main,
    };
    pb::Activity {
        kind: pb::ActivityKind::OperationCase as i32,
        site: name("sites", "county"),
        date: day,
        lead_expert: name("experts", "e2"),
        residence: pb::Residence::Neighbouring as i32,
        patient: patient("tok_operation"),
        operation: Some(pb::OperationCase {
            procedures: vec![line("51.2300", true), line("54.5101x001", false)],
            grade: 3,
            grade_list: "hunan-2022".to_owned(),
            performer: performer as i32,
        }),
        ..Default::default()
    }
}

/// A number of consultations by `e1`.
pub fn headcount(day: Option<pb::Date>, quantity: i64) -> pb::Activity {
    pb::Activity { kind: pb::ActivityKind::Headcount as i32, patient: None, quantity, ..consultation(day, "unused") }
}

pub fn record(id: &str, activity: pb::Activity) -> pb::RecordActivityRequest {
    pb::RecordActivityRequest {
        parent: PROGRAMME.to_owned(),
        activity_id: id.to_owned(),
        activity: Some(activity),
        ..Default::default()
    }
}

pub fn batch(rows: Vec<pb::ActivityRow>) -> pb::BatchRecordActivitiesRequest {
    pb::BatchRecordActivitiesRequest { parent: PROGRAMME.to_owned(), rows, ..Default::default() }
}

pub fn row(id: &str, activity: pb::Activity) -> pb::ActivityRow {
    pb::ActivityRow { activity_id: id.to_owned(), activity: Some(activity) }
}

pub fn void(id: &str) -> pb::VoidActivityRequest {
    pb::VoidActivityRequest {
        name: name("activities", id),
        reason: pb::VoidReason::EntryError as i32,
        ..Default::default()
    }
}

pub fn amend(id: &str, activity: pb::Activity, paths: &[&str]) -> pb::AmendActivityRequest {
    pb::AmendActivityRequest {
        activity: Some(pb::Activity { name: name("activities", id), ..activity }),
        update_mask: Some(prost_types::FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
        ..Default::default()
    }
}

pub fn sheets(server: &TestServer) -> SheetServiceClient<Channel> {
    SheetServiceClient::new(server.channel.clone())
}

/// A request by somebody.
pub fn by<M>(subject: &'static str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-homecoming-subject", MetadataValue::from_static(subject));
    request
}

/// Days at a site.
pub fn days(site: &str, from: Option<pb::Date>, to: Option<pb::Date>) -> pb::SheetScope {
    let days = pb::SheetDays { site: name("sites", site), from_date: from, to_date: to };
    pb::SheetScope { session: String::new(), days: Some(days) }
}

/// What a sheet's attester has to say for it to be taken: everything that has to be looked up agrees.
pub async fn agreeing(server: &TestServer, scope: pb::SheetScope) -> pb::AttestSheetRequest {
    let request = pb::PreviewSheetRequest { parent: PROGRAMME.to_owned(), scope: Some(scope.clone()) };
    let preview = sheets(server).preview_sheet(request).await.unwrap().into_inner();
    let agrees =
        |activity: String| pb::SheetCheck { activity, finding: pb::SheetFinding::Agrees as i32, note: String::new() };
    pb::AttestSheetRequest {
        parent: PROGRAMME.to_owned(),
        scope: Some(scope),
        digest: preview.digest,
        checks: preview.to_check.into_iter().map(agrees).collect(),
        ..Default::default()
    }
}

/// Attests what was recorded at a site on some days; whoever recorded it gave no name.
pub async fn attest(server: &TestServer, scope: pb::SheetScope) -> pb::Sheet {
    let request = agreeing(server, scope).await;
    sheets(server).attest_sheet(by("county-office", request)).await.unwrap().into_inner()
}

pub fn sessions(server: &TestServer) -> SessionServiceClient<Channel> {
    SessionServiceClient::new(server.channel.clone())
}

/// A clinic that was held on a day from an hour on for an hour (Shanghai), recorded afterwards.
pub fn held(id: &str, expert: &str, site: &str, day: Date, hour: i64) -> pb::RecordHeldSessionRequest {
    let shanghai = Zone::parse("Asia/Shanghai").unwrap();
    let start = shanghai.instant(day, NaiveTime::MIN).plus_minutes(hour * 60);
    pb::RecordHeldSessionRequest {
        parent: PROGRAMME.to_owned(),
        session_id: id.to_owned(),
        session: Some(pb::SessionPlan {
            kind: pb::SessionKind::Clinic as i32,
            site: name("sites", site),
            expert: name("experts", expert),
            capacity: 20,
            start_time: Some(start.into()),
            end_time: Some(start.plus_minutes(60).into()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Corrects what became of a session.
pub fn correct(id: &str, state: pb::SessionState) -> pb::CorrectSessionOutcomeRequest {
    let cause = if state == pb::SessionState::NotHeld { pb::NotHeldCause::RecordedInError as i32 } else { 0 };
    pb::CorrectSessionOutcomeRequest {
        name: name("sessions", id),
        state: state as i32,
        note: "纸面记录有误".to_owned(),
        cause,
        ..Default::default()
    }
}

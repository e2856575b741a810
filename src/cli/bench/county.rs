//! The county that the load is put on: a programme of its own with an expert for every fifty sessions, from tomorrow on.
use crate::cli::client::Line;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::cli::Failure;
use crate::cli::client::sentence;
use crate::kernel::{Clock as _, Date, NaiveTime, SystemClock, Timestamp, Zone};
use crate::pb;
use crate::pb::credential_service_client::CredentialServiceClient;
use crate::pb::expert_service_client::ExpertServiceClient;
use crate::pb::hospital_service_client::HospitalServiceClient;
use crate::pb::programme_service_client::ProgrammeServiceClient;
use crate::pb::reservation_service_client::ReservationServiceClient;
use crate::pb::session_service_client::SessionServiceClient;
use crate::pb::site_service_client::SiteServiceClient;

const ZONE: &str = "Asia/Shanghai";
const SPECIALTY: &str = "03.04";
/// Half-days of one expert.
const OF_AN_EXPERT: u32 = 50;
/// Sessions that are booked in one call.
const AT_A_TIME: usize = 50;
/// Registers that are opened at a time.
const REGISTERS: usize = 32;

/// Makes a programme with so many open sessions of so many places; returns the sessions' names.
pub(super) async fn make(
    channels: &[Line],
    programme: &str,
    sessions: u32,
    capacity: u32,
) -> Result<Vec<String>, Failure> {
    let Some(channel) = channels.first() else { return Ok(Vec::new()) };
    let zone = Zone::parse(ZONE).ok_or("the zone isn't known")?;
    let today = zone.date_of(SystemClock.now());
    people(channel, programme, sessions.div_ceil(OF_AN_EXPERT), today).await?;
    let county = County { programme, capacity, zone, today };
    let mut client = SessionServiceClient::new(channel.clone());
    let numbers: Vec<u32> = (0..sessions).collect();
    for numbers in numbers.chunks(AT_A_TIME) {
        let request = pb::BatchBookSessionsRequest {
            parent: programme.to_owned(),
            requests: numbers.iter().map(|number| county.session(*number)).collect(),
            all_or_nothing: true,
            // Nobody assists, and no room is taken.
            override_note: "homecoming bench".to_owned(),
            ..Default::default()
        };
        client.batch_book_sessions(request).await.map_err(|status| sentence("sessions", &status))?;
    }
    let names: Vec<String> = numbers.iter().map(|number| format!("{programme}/sessions/s{number}")).collect();
    let open = |(session, channel): (&String, &Line)| {
        let mut client = ReservationServiceClient::new(channel.clone());
        let request = pb::OpenRegisterRequest { session: session.clone(), place_minutes: 1, ..Default::default() };
        async move { client.open_register(request).await.map_err(|status| sentence("registers", &status)) }
    };
    let opened = stream::iter(names.iter().zip(channels.iter().cycle())).map(open).buffer_unordered(REGISTERS);
    opened.try_for_each(|_register| async { Ok(()) }).await?;
    Ok(names)
}

/// The programme, a hospital, a site, and experts with the papers that plans rest on.
async fn people(channel: &Line, parent: &str, experts: u32, today: Date) -> Result<(), Failure> {
    let told = |status: tonic::Status| sentence(parent, &status);
    let programme = pb::Programme {
        display_name: "homecoming bench".to_owned(),
        division_code: "430281".to_owned(),
        zone: ZONE.to_owned(),
        ..Default::default()
    };
    let programme_id = parent.trim_start_matches("programmes/").to_owned();
    let create = pb::CreateProgrammeRequest { programme_id, programme: Some(programme), ..Default::default() };
    ProgrammeServiceClient::new(channel.clone()).create_programme(create).await.map_err(told)?;
    let hospital = pb::Hospital {
        display_name: "bench".to_owned(),
        level: pb::HospitalLevel::ProvincialKey as i32,
        ..Default::default()
    };
    let create = pb::CreateHospitalRequest {
        parent: parent.to_owned(),
        hospital_id: "home".to_owned(),
        hospital: Some(hospital),
        ..Default::default()
    };
    HospitalServiceClient::new(channel.clone()).create_hospital(create).await.map_err(told)?;
    let site = pb::Site {
        display_name: "bench".to_owned(),
        level: pb::SiteLevel::CountyHospital as i32,
        division_code: "430281".to_owned(),
        zone: ZONE.to_owned(),
        licensed_specialties: vec![SPECIALTY.to_owned()],
        ..Default::default()
    };
    let create = pb::CreateSiteRequest {
        parent: parent.to_owned(),
        site_id: "county".to_owned(),
        site: Some(site),
        ..Default::default()
    };
    SiteServiceClient::new(channel.clone()).create_site(create).await.map_err(told)?;
    let mut papers = Vec::new();
    for number in 0..experts {
        let expert = pb::Expert {
            display_name: format!("专家 {number:03}"),
            title: pb::ExpertTitle::Chief as i32,
            specialties: vec![SPECIALTY.to_owned()],
            roster_entry_date: Some(today.into()),
            affiliations: vec![pb::Affiliation {
                hospital: format!("{parent}/hospitals/home"),
                from_date: Some(today.into()),
                to_date: None,
                main: true,
            }],
            ..Default::default()
        };
        let create = pb::CreateExpertRequest {
            parent: parent.to_owned(),
            expert_id: format!("e{number}"),
            expert: Some(expert),
            ..Default::default()
        };
        ExpertServiceClient::new(channel.clone()).create_expert(create).await.map_err(told)?;
        let expert = format!("{parent}/experts/e{number}");
        let licence = pb::LicencePeriod { expert: expert.clone() };
        let basis = pb::LegalBasis { expert, kind: pb::BasisKind::Filed as i32, sites: Vec::new() };
        papers.push(pb::credential::Paper::Licence(licence));
        papers.push(pb::credential::Paper::Basis(basis));
    }
    let paper = |paper| pb::CreateCredentialRequest {
        credential: Some(pb::Credential {
            paper: Some(paper),
            from_date: Some(today.into()),
            document: "bench".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let requests = papers.into_iter().map(paper).collect();
    let create = pb::BatchCreateCredentialsRequest { parent: parent.to_owned(), requests, ..Default::default() };
    CredentialServiceClient::new(channel.clone()).batch_create_credentials(create).await.map_err(told)?;
    Ok(())
}

struct County<'a> {
    programme: &'a str,
    capacity: u32,
    zone: Zone,
    today: Date,
}

impl County<'_> {
    /// A morning or an afternoon of one of the experts, to which they have said yes an hour ago.
    fn session(&self, number: u32) -> pb::BookSessionRequest {
        let (expert, half_day) = (number / OF_AN_EXPERT, number % OF_AN_EXPERT);
        let day = i64::from(half_day / 2 + 1);
        let hour = if half_day % 2 == 0 { 8 } else { 14 };
        let start = self.zone.instant(self.today, NaiveTime::MIN).plus_minutes((day * 24 + hour) * 60);
        let time = |time: Timestamp| Some(prost_types::Timestamp::from(time));
        let plan = pb::SessionPlan {
            kind: pb::SessionKind::Clinic as i32,
            site: format!("{}/sites/county", self.programme),
            expert: format!("{}/experts/e{expert}", self.programme),
            specialty: SPECIALTY.to_owned(),
            capacity: i32::try_from(self.capacity).unwrap_or(i32::MAX),
            start_time: time(start),
            end_time: time(start.plus_minutes(4 * 60)),
            ..Default::default()
        };
        let consent = pb::Consent {
            heard_by: "bench".to_owned(),
            medium: pb::ConsentMedium::Phone as i32,
            heard_time: time(SystemClock.now().plus_minutes(-60)),
            words: "bench".to_owned(),
        };
        let session_id = format!("s{number}");
        pb::BookSessionRequest { session_id, session: Some(plan), consent: Some(consent), ..Default::default() }
    }
}

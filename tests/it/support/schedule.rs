//! A small county to plan in: the programme `liling`, three sites, experts and assistants, made over the socket.
use homecoming::kernel::Timestamp;
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::pairing_service_client::PairingServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use tonic::transport::Channel;

pub use super::liling::{PROGRAMME as PARENT, name};
use super::{liling, papers};

/// 2024-04-02T00:00:00+08:00, the day after the tests' clock starts.
pub const TOMORROW: Timestamp = Timestamp::from_micros(1_711_987_200_000_000);

/// The day from which everybody has all papers.
pub const PAPERED: pb::Date = pb::Date { year: 2018, month: 1, day: 1 };

/// This long after tomorrow's midnight at the sites.
pub fn at(hour: i64, minute: i64) -> prost_types::Timestamp {
    TOMORROW.plus_minutes(hour * 60 + minute).into()
}

pub fn date(year: i32, month: i32, day: i32) -> pb::Date {
    pb::Date { year, month, day }
}

/// Makes the county: site `county` (rooms `c1`, `c2`, `or1` with a turnover of 30 minutes), `guanzhuang` (room `g1`, 60 minutes
/// away, 50 back), `pukou` (room `p1`, no known journey); experts `e1` to `e{people}` of the hospital `xiangya`, assistants `a1`
/// to `a{people}`, paired one to one; every expert has all papers, and operates at `county`.
pub async fn make(channel: &Channel, people: usize) -> SessionServiceClient<Channel> {
    let client = bare(channel, people).await;
    let mut filed = vec![papers::grade_list(&name("sites", "county"), PAPERED)];
    for number in 1..=people {
        let expert = name("experts", &format!("e{number}"));
        filed.extend(papers::of_expert(&expert, PAPERED));
        filed.push(papers::authorisation(&expert, &name("sites", "county"), PAPERED));
    }
    papers::enter(channel, PARENT, filed).await;
    client
}

/// The same county, where nobody has any paper.
pub async fn bare(channel: &Channel, people: usize) -> SessionServiceClient<Channel> {
    liling::programme(channel).await;
    liling::hospital(channel, "xiangya").await;
    sites(channel).await;
    for number in 1..=people {
        person(channel, number).await;
    }
    SessionServiceClient::new(channel.clone())
}

async fn sites(channel: &Channel) {
    let clinic = &[pb::RoomKind::Clinic][..];
    let county = [("c1", clinic, 0), ("c2", clinic, 0), ("or1", &[pb::RoomKind::Operating][..], 30)];
    let all = [
        ("county", pb::SiteLevel::CountyHospital, &county[..]),
        ("guanzhuang", pb::SiteLevel::TownshipHealthCentre, &[("g1", clinic, 0)][..]),
        ("pukou", pb::SiteLevel::TownshipHealthCentre, &[("p1", clinic, 0)][..]),
    ];
    for (id, level, rooms) in all {
        let room = |(id, kinds, turnover): &(&str, &[pb::RoomKind], i32)| pb::Room {
            id: (*id).to_owned(),
            display_name: (*id).to_owned(),
            kinds: kinds.iter().map(|kind| *kind as i32).collect(),
            turnover_minutes: *turnover,
        };
        let site = liling::site(id, level, &["03", "04"]);
        liling::make_site(
            channel,
            id,
            pb::Site { display_name: id.to_owned(), rooms: rooms.iter().map(room).collect(), ..site },
        )
        .await;
    }
    let journey = |from: &str, to: &str, minutes| pb::TravelMinutes {
        origin: name("sites", from),
        destination: name("sites", to),
        minutes: Some(minutes),
    };
    let travel_minutes = vec![journey("county", "guanzhuang", 60), journey("guanzhuang", "county", 50)];
    let set = pb::SetTravelMinutesRequest { parent: PARENT.to_owned(), travel_minutes, ..Default::default() };
    SiteServiceClient::new(channel.clone()).set_travel_minutes(set).await.unwrap();
}

async fn person(channel: &Channel, number: usize) {
    let affiliation = pb::Affiliation {
        hospital: name("hospitals", "xiangya"),
        from_date: Some(date(2010, 1, 1)),
        to_date: None,
        main: true,
    };
    let display_name = format!("专家 {number:03}");
    let expert = pb::Expert { display_name, affiliations: vec![affiliation], ..liling::expert("03.04") };
    liling::make_expert(channel, &format!("e{number}"), expert).await;
    let assistant = pb::Assistant {
        display_name: format!("助手 {number:03}"),
        site: name("sites", "county"),
        specialties: vec!["03.04".to_owned()],
        ..Default::default()
    };
    let create = pb::CreateAssistantRequest {
        parent: PARENT.to_owned(),
        assistant_id: format!("a{number}"),
        assistant: Some(assistant),
        ..Default::default()
    };
    AssistantServiceClient::new(channel.clone()).create_assistant(create).await.unwrap();
    let pairing = pb::Pairing {
        expert: name("experts", &format!("e{number}")),
        assistant: name("assistants", &format!("a{number}")),
        role: pb::PairingRole::Primary as i32,
        from_date: Some(date(2018, 1, 1)),
        ..Default::default()
    };
    let create = pb::CreatePairingRequest {
        parent: PARENT.to_owned(),
        pairing_id: format!("p{number}"),
        pairing: Some(pairing),
        ..Default::default()
    };
    PairingServiceClient::new(channel.clone()).create_pairing(create).await.unwrap();
}

/// A consent heard on the day before everything.
pub fn consent() -> pb::Consent {
    pb::Consent {
        heard_by: "office-1".to_owned(),
        medium: pb::ConsentMedium::Phone as i32,
        heard_time: Some(TOMORROW.plus_minutes(-24 * 60).into()),
        words: "可以".to_owned(),
    }
}

/// A clinic of `e{number}` with `a{number}` at `county`, room `c1`, tomorrow from one hour to another.
pub fn clinic(number: usize, from: i64, until: i64) -> pb::SessionPlan {
    pb::SessionPlan {
        kind: pb::SessionKind::Clinic as i32,
        site: name("sites", "county"),
        room: "c1".to_owned(),
        expert: name("experts", &format!("e{number}")),
        assistant: name("assistants", &format!("a{number}")),
        specialty: "03.04".to_owned(),
        capacity: 20,
        start_time: Some(at(from, 0)),
        end_time: Some(at(until, 0)),
        ..Default::default()
    }
}

/// Asks to book a plan.
pub fn booking(id: &str, plan: pb::SessionPlan) -> pb::BookSessionRequest {
    pb::BookSessionRequest {
        parent: PARENT.to_owned(),
        session_id: id.to_owned(),
        session: Some(plan),
        consent: Some(consent()),
        ..Default::default()
    }
}

/// Asks to record what was held.
pub fn record(id: &str, plan: pb::SessionPlan) -> pb::RecordHeldSessionRequest {
    pb::RecordHeldSessionRequest {
        parent: PARENT.to_owned(),
        session_id: id.to_owned(),
        session: Some(plan),
        consent: Some(consent()),
        ..Default::default()
    }
}

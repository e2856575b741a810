//! A county to work in: a programme with hospitals and sites, made over the socket.

use homecoming::kernel::Date;
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use tonic::transport::Channel;

use super::TestServer;
use super::liling;
pub use super::liling::{PROGRAMME, name};

/// Clients of the services about people.
#[derive(Clone)]
pub struct County {
    channel: Channel,
    pub programmes: ProgrammeServiceClient<Channel>,
    pub experts: ExpertServiceClient<Channel>,
    pub assistants: AssistantServiceClient<Channel>,
    pub hospitals: HospitalServiceClient<Channel>,
    pub sites: SiteServiceClient<Channel>,
}

impl County {
    /// The programme `liling` with the hospitals `xiangya` and `second`, and the sites `county` (licensed for internal
    /// medicine and surgery) and `banshan` (for nothing on record).
    pub async fn new(server: &TestServer) -> County {
        let channel = || server.channel.clone();
        let mut county = County {
            channel: channel(),
            programmes: ProgrammeServiceClient::new(channel()),
            experts: ExpertServiceClient::new(channel()),
            assistants: AssistantServiceClient::new(channel()),
            hospitals: HospitalServiceClient::new(channel()),
            sites: SiteServiceClient::new(channel()),
        };
        liling::programme(&server.channel).await;
        for id in ["xiangya", "second"] {
            county.hospital(id).await;
        }
        county.site("county", &["03", "04"]).await;
        county.site("banshan", &[]).await;
        county
    }

    pub async fn hospital(&mut self, id: &str) {
        liling::hospital(&self.channel, id).await;
    }

    pub async fn site(&mut self, id: &str, licensed: &[&str]) {
        let site = liling::site(id, pb::SiteLevel::TownshipHealthCentre, licensed);
        liling::make_site(&self.channel, id, site).await;
    }

    /// Creates an expert that must be accepted.
    pub async fn expert(&mut self, id: &str, expert: pb::Expert) -> pb::Expert {
        liling::make_expert(&self.channel, id, expert).await
    }

    /// Creates an assistant that must be accepted.
    pub async fn assistant(&mut self, id: &str, site: &str) -> pb::Assistant {
        let request = pb::CreateAssistantRequest {
            parent: PROGRAMME.to_owned(),
            assistant_id: id.to_owned(),
            assistant: Some(assistant(site)),
            ..Default::default()
        };
        self.assistants.create_assistant(request).await.unwrap().into_inner()
    }

    /// Ends the programme: nothing can be written any more.
    pub async fn end(&mut self) {
        let request = pb::EndProgrammeRequest { name: PROGRAMME.to_owned(), ..Default::default() };
        self.programmes.end_programme(request).await.unwrap();
    }
}

/// `2024-03-05` as a kernel date.
pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// `2024-03-05` as a message.
pub fn date(text: &str) -> Option<pb::Date> {
    Some(day(text).into())
}

/// An update mask.
pub fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

/// An external id of the county's scheduling system.
pub fn external(value: &str) -> pb::ExternalId {
    pb::ExternalId { system: "his.liling".to_owned(), value: value.to_owned() }
}

/// An expert with nothing but what must be there, on the roster since 2020.
pub fn expert() -> pb::Expert {
    pb::Expert { roster_entry_date: date("2020-01-01"), ..liling::expert("03.04") }
}

/// A request for an expert.
pub fn create_expert(id: &str, expert: pb::Expert) -> pb::CreateExpertRequest {
    pb::CreateExpertRequest {
        parent: PROGRAMME.to_owned(),
        expert_id: id.to_owned(),
        expert: Some(expert),
        ..Default::default()
    }
}

/// Work at a hospital.
pub fn affiliation(hospital: &str, from: &str, to: Option<&str>, main: bool) -> pb::Affiliation {
    let hospital = name("hospitals", hospital);
    pb::Affiliation { hospital, from_date: date(from), to_date: to.and_then(date), main }
}

/// A tie that the expert agreed to have recorded.
pub fn tie(kind: pb::HomeTieKind, division: &str) -> pb::HomeTie {
    let consent = pb::Consent {
        heard_by: "talent-office-2".to_owned(),
        medium: pb::ConsentMedium::Phone as i32,
        heard_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        words: "可以".to_owned(),
    };
    pb::HomeTie { kind: kind as i32, division: division.to_owned(), place: String::new(), consent: Some(consent) }
}

/// An assistant with nothing but what must be there.
pub fn assistant(site: &str) -> pb::Assistant {
    pb::Assistant { display_name: "助手 001".to_owned(), site: name("sites", site), ..Default::default() }
}

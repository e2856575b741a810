//! The programme `liling` and what is made in it over the socket: what the fixtures of other files are put together from.
use homecoming::pb;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use tonic::transport::Channel;

pub const PROGRAMME: &str = "programmes/liling";

/// A name in the programme, such as of `experts` and `e1`.
pub fn name(collection: &str, id: &str) -> String {
    format!("{PROGRAMME}/{collection}/{id}")
}

/// Makes the programme.
pub async fn programme(channel: &Channel) {
    let programme = pb::Programme {
        display_name: "湘雅乡情".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateProgrammeRequest {
        programme_id: "liling".to_owned(),
        programme: Some(programme),
        ..Default::default()
    };
    ProgrammeServiceClient::new(channel.clone()).create_programme(request).await.unwrap();
}

/// Makes a provincial key hospital.
pub async fn hospital(channel: &Channel, id: &str) {
    let hospital = pb::Hospital {
        display_name: format!("医院 {id}"),
        level: pb::HospitalLevel::ProvincialKey as i32,
        ..Default::default()
    };
    let request = pb::CreateHospitalRequest {
        parent: PROGRAMME.to_owned(),
        hospital_id: id.to_owned(),
        hospital: Some(hospital),
        ..Default::default()
    };
    HospitalServiceClient::new(channel.clone()).create_hospital(request).await.unwrap();
}

/// A site in the county, licensed for these specialties, with nothing but what must be there.
pub fn site(id: &str, level: pb::SiteLevel, licensed: &[&str]) -> pb::Site {
    pb::Site {
        display_name: format!("服务点 {id}"),
        level: level as i32,
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        licensed_specialties: licensed.iter().map(|code| (*code).to_owned()).collect(),
        ..Default::default()
    }
}

/// Makes a site.
pub async fn make_site(channel: &Channel, id: &str, site: pb::Site) {
    let request = pb::CreateSiteRequest {
        parent: PROGRAMME.to_owned(),
        site_id: id.to_owned(),
        site: Some(site),
        ..Default::default()
    };
    SiteServiceClient::new(channel.clone()).create_site(request).await.unwrap();
}

/// An expert of a specialty, on the roster since 2018, with nothing but what must be there.
pub fn expert(specialty: &str) -> pb::Expert {
    pb::Expert {
        display_name: "专家 001".to_owned(),
        title: pb::ExpertTitle::Chief as i32,
        specialties: vec![specialty.to_owned()],
        roster_entry_date: Some(pb::Date { year: 2018, month: 1, day: 1 }),
        ..Default::default()
    }
}

/// Makes an expert.
pub async fn make_expert(channel: &Channel, id: &str, expert: pb::Expert) -> pb::Expert {
    let request = pb::CreateExpertRequest {
        parent: PROGRAMME.to_owned(),
        expert_id: id.to_owned(),
        expert: Some(expert),
        ..Default::default()
    };
    ExpertServiceClient::new(channel.clone()).create_expert(request).await.unwrap().into_inner()
}

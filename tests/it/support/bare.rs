//! A programme with people and places and nothing else: no papers, no charters.
use homecoming::pb;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use tonic::transport::Channel;

/// The programme `liling` with the sites `county` and `banshan` and the experts `e1` to `e{people}`, who practise `04.01`.
pub async fn make(channel: &Channel, people: usize) {
    let programme = pb::Programme {
        display_name: "醴陵行".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let create = pb::CreateProgrammeRequest {
        programme_id: "liling".to_owned(),
        programme: Some(programme),
        ..Default::default()
    };
    ProgrammeServiceClient::new(channel.clone()).create_programme(create).await.unwrap();
    for id in ["county", "banshan"] {
        let site = pb::Site {
            display_name: id.to_owned(),
            level: pb::SiteLevel::CountyHospital as i32,
            division_code: "430281".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            licensed_specialties: vec!["04".to_owned()],
            ..Default::default()
        };
        let create = pb::CreateSiteRequest {
            parent: "programmes/liling".to_owned(),
            site_id: id.to_owned(),
            site: Some(site),
            ..Default::default()
        };
        SiteServiceClient::new(channel.clone()).create_site(create).await.unwrap();
    }
    for number in 1..=people {
        let expert = pb::Expert {
            display_name: format!("专家 {number:03}"),
            title: pb::ExpertTitle::Chief as i32,
            specialties: vec!["04.01".to_owned()],
            roster_entry_date: Some(pb::Date { year: 2023, month: 1, day: 1 }),
            ..Default::default()
        };
        let create = pb::CreateExpertRequest {
            parent: "programmes/liling".to_owned(),
            expert_id: format!("e{number}"),
            expert: Some(expert),
            ..Default::default()
        };
        ExpertServiceClient::new(channel.clone()).create_expert(create).await.unwrap();
    }
}

/// Makes `duplicate` another record of `survivor`.
pub async fn merge(channel: &Channel, survivor: &str, duplicate: &str) {
    let name = |id: &str| format!("programmes/liling/experts/{id}");
    let merge = pb::MergeExpertsRequest { survivor: name(survivor), duplicate: name(duplicate), ..Default::default() };
    ExpertServiceClient::new(channel.clone()).merge_experts(merge).await.unwrap();
}

/// Asks to delete a site.
pub async fn delete_site(channel: &Channel, id: &str) -> Result<tonic::Response<()>, tonic::Status> {
    let name = format!("programmes/liling/sites/{id}");
    let delete = pb::DeleteSiteRequest { name, ..Default::default() };
    SiteServiceClient::new(channel.clone()).delete_site(delete).await
}

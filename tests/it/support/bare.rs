//! A programme with people and places and nothing else: no papers, no charters.
use homecoming::pb;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use tonic::transport::Channel;

use super::liling::{self, name};

/// The programme `liling` with the sites `county` and `banshan` and the experts `e1` to `e{people}`, who practise `04.01`.
pub async fn make(channel: &Channel, people: usize) {
    liling::programme(channel).await;
    for id in ["county", "banshan"] {
        liling::make_site(channel, id, liling::site(id, pb::SiteLevel::CountyHospital, &["04"])).await;
    }
    for number in 1..=people {
        let entry = Some(pb::Date { year: 2023, month: 1, day: 1 });
        let expert = pb::Expert { roster_entry_date: entry, ..liling::expert("04.01") };
        liling::make_expert(channel, &format!("e{number}"), expert).await;
    }
}

/// Makes `duplicate` another record of `survivor`.
pub async fn merge(channel: &Channel, survivor: &str, duplicate: &str) {
    let (survivor, duplicate) = (name("experts", survivor), name("experts", duplicate));
    let merge = pb::MergeExpertsRequest { survivor, duplicate, ..Default::default() };
    ExpertServiceClient::new(channel.clone()).merge_experts(merge).await.unwrap();
}

/// Asks to delete a site.
pub async fn delete_site(channel: &Channel, id: &str) -> Result<tonic::Response<()>, tonic::Status> {
    let delete = pb::DeleteSiteRequest { name: name("sites", id), ..Default::default() };
    SiteServiceClient::new(channel.clone()).delete_site(delete).await
}

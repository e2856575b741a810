//! Checklists over a real socket.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::onboarding_service_client::OnboardingServiceClient;

use super::{PARENT, date, name};
use crate::support::errors::refused;
use crate::support::{bare, each_engine};

fn item(item: &str, done: bool) -> pb::OnboardingItem {
    pb::OnboardingItem { item: item.to_owned(), done_date: done.then(|| date(2024, 3, 1)) }
}

fn create(id: &str, expert: &str, site: &str) -> pb::CreateOnboardingRequest {
    let onboarding = pb::Onboarding {
        expert: name("experts", expert),
        site: name("sites", site),
        items: vec![item("工号", true), item("感控培训", false)],
        ..Default::default()
    };
    pb::CreateOnboardingRequest {
        parent: PARENT.to_owned(),
        onboarding_id: id.to_owned(),
        onboarding: Some(onboarding),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_checklist_is_ticked_off() {
    each_engine("onboarding", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = OnboardingServiceClient::new(server.channel.clone());
        let made = client.create_onboarding(create("o1", "e1", "county")).await.unwrap().into_inner();
        assert!(!made.complete && made.items.len() == 2);
        for again in [create("o1", "e2", "county"), create("o2", "e1", "county")] {
            let refusal = refused(client.create_onboarding(again).await);
            assert_eq!((refusal.reason, &refusal.metadata["name"]), (Reason::ResourceExists, &made.name));
        }
        client.create_onboarding(create("o2", "e1", "banshan")).await.unwrap();
        let done = pb::Onboarding { items: vec![item("感控培训", true), item("工号", true)], ..made.clone() };
        let update = pb::UpdateOnboardingRequest { onboarding: Some(done), ..Default::default() };
        let updated = client.update_onboarding(update.clone()).await.unwrap().into_inner();
        assert!(updated.complete && updated.items[0].item == "感控培训");
        assert_eq!(refused(client.update_onboarding(update).await).reason, Reason::EtagMismatch);
        let get = pb::GetOnboardingRequest { name: made.name.clone() };
        assert_eq!(client.get_onboarding(get).await.unwrap().into_inner(), updated);

        let all = pb::ListOnboardingsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let cases = [
            (all.clone(), 2),
            (pb::ListOnboardingsRequest { open: true, ..all.clone() }, 1),
            (pb::ListOnboardingsRequest { expert: name("experts", "e2"), ..all.clone() }, 0),
            (pb::ListOnboardingsRequest { site: name("sites", "county"), ..all.clone() }, 1),
        ];
        for (request, count) in cases {
            let page = client.list_onboardings(request.clone()).await.unwrap().into_inner();
            assert_eq!(page.onboardings.len(), count, "{request:?}");
        }
        let bad = pb::Onboarding {
            items: vec![item("", false), item("工号", false), item("工号", false)],
            ..made.clone()
        };
        let update = pb::UpdateOnboardingRequest { onboarding: Some(bad), ..Default::default() };
        let refusal = refused(client.update_onboarding(update).await);
        let expected =
            [("onboarding.items[0].item", Reason::Required), ("onboarding.items[2].item", Reason::Duplicate)];
        assert_eq!(refusal.violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
        let nowhere = refused(client.create_onboarding(create("o3", "e1", "pukou")).await);
        assert_eq!(nowhere.reason, Reason::ResourceNotFound);
        let in_use = refused(bare::delete_site(&server.channel, "banshan").await);
        assert_eq!(in_use.metadata["referrer"], name("onboardings", "o2"));
    })
    .await;
}

#[tokio::test]
async fn one_expert_keeps_one_checklist_a_site() {
    each_engine("onboarding_merge", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = OnboardingServiceClient::new(server.channel.clone());
        client.create_onboarding(create("o1", "e1", "county")).await.unwrap();
        let mut theirs = create("o2", "e2", "county");
        theirs.onboarding.as_mut().unwrap().items = vec![item("感控培训", true)];
        client.create_onboarding(theirs).await.unwrap();
        client.create_onboarding(create("o3", "e2", "banshan")).await.unwrap();
        bare::merge(&server.channel, "e1", "e2").await;
        let all = pb::ListOnboardingsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let page = client.list_onboardings(all).await.unwrap().into_inner();
        let found: Vec<_> =
            page.onboardings.iter().map(|one| (one.name.as_str(), one.expert.as_str(), one.complete)).collect();
        let (o1, o3, e1) = (name("onboardings", "o1"), name("onboardings", "o3"), name("experts", "e1"));
        assert_eq!(found, [(o1.as_str(), e1.as_str(), true), (o3.as_str(), e1.as_str(), false)]);
    })
    .await;
}

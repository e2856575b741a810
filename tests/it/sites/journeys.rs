//! Journeys between sites: directed, set together, unknown until somebody says.
use homecoming::kernel::Reason;
use homecoming::pb;
use tonic::Code;

use super::{client, create, get, township};
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};

fn site(id: &str) -> String {
    format!("programmes/liling/sites/{id}")
}

fn journey(from: &str, to: &str, minutes: impl Into<Option<i32>>) -> pb::TravelMinutes {
    pb::TravelMinutes { origin: site(from), destination: site(to), minutes: minutes.into() }
}

fn set(travel_minutes: Vec<pb::TravelMinutes>) -> pb::SetTravelMinutesRequest {
    pb::SetTravelMinutesRequest { parent: "programmes/liling".to_owned(), travel_minutes, ..Default::default() }
}

fn list() -> pb::ListTravelMinutesRequest {
    pb::ListTravelMinutesRequest { parent: "programmes/liling".to_owned(), ..Default::default() }
}

#[tokio::test]
async fn journeys_are_directed_and_unknown_until_set() {
    each_engine("journeys", async |server| {
        let mut client = client(&server).await;
        for id in ["a", "b", "c"] {
            client.create_site(create(id, township())).await.unwrap();
        }
        let before = client.get_site(get(&site("a"))).await.unwrap().into_inner();
        let request = set(vec![journey("b", "a", 35), journey("a", "b", 30), journey("a", "c", 60)]);
        let dry = pb::SetTravelMinutesRequest { validate_only: true, ..request.clone() };
        let sorted = vec![journey("a", "b", 30), journey("a", "c", 60), journey("b", "a", 35)];
        assert_eq!(client.set_travel_minutes(dry).await.unwrap().into_inner().travel_minutes, sorted);
        assert!(client.list_travel_minutes(list()).await.unwrap().into_inner().travel_minutes.is_empty());

        let once = pb::SetTravelMinutesRequest { request_id: "once".to_owned(), ..request };
        let answer = client.set_travel_minutes(once.clone()).await.unwrap().into_inner();
        assert_eq!(answer.travel_minutes, sorted);
        assert_eq!(client.list_travel_minutes(list()).await.unwrap().into_inner().travel_minutes, sorted);
        let after = client.get_site(get(&site("a"))).await.unwrap().into_inner();
        assert_ne!(after.etag, before.etag, "the origin is a new revision");

        let change = set(vec![journey("a", "b", 25), journey("a", "c", None), journey("c", "a", None)]);
        let answer = client.set_travel_minutes(change.clone()).await.unwrap().into_inner();
        assert_eq!(answer.travel_minutes, change.travel_minutes);
        let now = vec![journey("a", "b", 25), journey("b", "a", 35)];
        assert_eq!(client.list_travel_minutes(list()).await.unwrap().into_inner().travel_minutes, now);
        let again = client.set_travel_minutes(once).await.unwrap().into_inner();
        let present = vec![journey("a", "b", 25), journey("a", "c", None), journey("b", "a", 35)];
        assert_eq!(again.travel_minutes, present, "a repeated request answers what is known now");

        let from_b = pb::ListTravelMinutesRequest { origin: site("b"), ..list() };
        assert_eq!(client.list_travel_minutes(from_b).await.unwrap().into_inner().travel_minutes, now[1..]);
        let to_b = pb::ListTravelMinutesRequest { destination: site("b"), page_size: 1, ..list() };
        assert_eq!(client.list_travel_minutes(to_b).await.unwrap().into_inner().travel_minutes, now[..1]);
        let first = pb::ListTravelMinutesRequest { page_size: 1, ..list() };
        let page = client.list_travel_minutes(first.clone()).await.unwrap().into_inner();
        let next = pb::ListTravelMinutesRequest { page_token: page.next_page_token, ..first };
        assert_eq!(client.list_travel_minutes(next).await.unwrap().into_inner().travel_minutes, now[1..]);

        client.delete_site(pb::DeleteSiteRequest { name: site("b"), ..Default::default() }).await.unwrap();
        assert!(client.list_travel_minutes(list()).await.unwrap().into_inner().travel_minutes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn wrong_journeys_are_all_named_and_none_is_set() {
    each_engine("journey_refusals", async |server| {
        let mut client = client(&server).await;
        for id in ["a", "b"] {
            client.create_site(create(id, township())).await.unwrap();
        }
        let foreign = pb::TravelMinutes { origin: "programmes/x/sites/a".to_owned(), ..journey("a", "b", 5) };
        let request = set(vec![
            journey("a", "b", 30),
            journey("a", "b", 31),
            journey("a", "a", 5),
            journey("b", "a", 0),
            journey("b", "A", 1441),
            foreign,
        ]);
        let violations = refused(client.set_travel_minutes(request).await).violations;
        let expected = [
            ("travel_minutes[1]", Reason::Duplicate),
            ("travel_minutes[2].destination", Reason::Inconsistent),
            ("travel_minutes[3].minutes", Reason::OutOfRange),
            ("travel_minutes[4].destination", Reason::Malformed),
            ("travel_minutes[4].minutes", Reason::OutOfRange),
            ("travel_minutes[5].origin", Reason::Inconsistent),
        ];
        assert_eq!(violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
        let none = refused(client.set_travel_minutes(set(Vec::new())).await);
        assert_eq!(none.violations, [("travel_minutes".to_owned(), Reason::Required)]);
        let many = (0..501).map(|n| journey("a", &format!("x{n}"), 5)).collect();
        let refusal = refused(client.set_travel_minutes(set(many)).await);
        assert_eq!(refusal.violations, [("travel_minutes".to_owned(), Reason::OutOfRange)]);
        let absent = refused(client.set_travel_minutes(set(vec![journey("a", "b", 30), journey("b", "z", 5)])).await);
        assert_eq!(absent, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &site("z")));
        assert!(client.list_travel_minutes(list()).await.unwrap().into_inner().travel_minutes.is_empty());
    })
    .await;
}

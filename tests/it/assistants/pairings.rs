//! Pairings over a real socket: one primary per expert, site and day, and what follows when people leave.

use std::collections::HashMap;

use homecoming::assistants::PairingRole;
use homecoming::assistants::store::pairings::{self, Paired};
use homecoming::db::{Query, Tx};
use homecoming::kernel::{Date, Id, Reason, Result};
use homecoming::pb;
use homecoming::pb::pairing_service_client::PairingServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use super::end as end_assistant;
use crate::support::county::{County, PROGRAMME, date, day, expert, external, mask, name};
use crate::support::errors::{Refused, refused};
use crate::support::{TestServer, each_engine};

struct Pairs {
    county: County,
    client: PairingServiceClient<Channel>,
}

impl Pairs {
    /// Experts `e1` and `e2`, on the roster since 2020; assistants `a1` and `a2` at `county`, `b1` at `banshan`.
    async fn new(server: &TestServer) -> Pairs {
        let mut county = County::new(server).await;
        county.expert("e1", expert()).await;
        county.expert("e2", expert()).await;
        for (id, site) in [("a1", "county"), ("a2", "county"), ("b1", "banshan")] {
            county.assistant(id, site).await;
        }
        Pairs { county, client: PairingServiceClient::new(server.channel.clone()) }
    }

    async fn pair(&mut self, id: &str, pairing: pb::Pairing) -> pb::Pairing {
        self.client.create_pairing(create(id, pairing)).await.unwrap().into_inner()
    }

    async fn refusal(&mut self, pairing: pb::Pairing) -> Refused {
        refused(self.client.create_pairing(create("new", pairing)).await)
    }

    async fn get(&mut self, id: &str) -> pb::Pairing {
        let request = pb::GetPairingRequest { name: name("pairings", id) };
        self.client.get_pairing(request).await.unwrap().into_inner()
    }

    async fn is_gone(&mut self, id: &str) -> bool {
        let request = pb::GetPairingRequest { name: name("pairings", id) };
        self.client.get_pairing(request).await.is_err_and(|status| status.code() == Code::NotFound)
    }

    async fn list(&mut self, request: pb::ListPairingsRequest) -> Vec<String> {
        let request = pb::ListPairingsRequest { parent: PROGRAMME.to_owned(), ..request };
        let found = self.client.list_pairings(request).await.unwrap().into_inner().pairings;
        found.into_iter().map(|pairing| pairing.name.rsplit('/').next().unwrap().to_owned()).collect()
    }
}

fn pairing(expert: &str, assistant: &str, from: &str, to: Option<&str>) -> pb::Pairing {
    pb::Pairing {
        expert: name("experts", expert),
        assistant: name("assistants", assistant),
        role: pb::PairingRole::Primary as i32,
        from_date: date(from),
        to_date: to.and_then(date),
        ..Default::default()
    }
}

fn backup(pairing: pb::Pairing) -> pb::Pairing {
    pb::Pairing { role: pb::PairingRole::Backup as i32, ..pairing }
}

fn create(id: &str, pairing: pb::Pairing) -> pb::CreatePairingRequest {
    pb::CreatePairingRequest {
        parent: PROGRAMME.to_owned(),
        pairing_id: id.to_owned(),
        pairing: Some(pairing),
        ..Default::default()
    }
}

fn clash(reason: Reason, other: &str, days: &str) -> Refused {
    let refused = Refused::new(Code::FailedPrecondition, reason);
    refused.with("name", &name("pairings", other)).with("days", days)
}

#[tokio::test]
async fn one_primary_per_expert_site_and_day() {
    each_engine("pairing_primary", async |server| {
        let mut pairs = Pairs::new(&server).await;
        let first = pairs.pair("p1", pairing("e1", "a1", "2022-01-01", Some("2023-12-31"))).await;
        assert_eq!(first.site, name("sites", "county"), "the assistant's");
        let second = pairing("e1", "a2", "2023-07-01", None);
        let taken = clash(Reason::PrimaryTaken, "p1", "2023-07-01 to 2023-12-31");
        assert_eq!(pairs.refusal(second.clone()).await, taken);
        pairs.pair("p2", pairing("e1", "a2", "2024-01-01", None)).await;
        pairs.pair("p3", backup(pairing("e1", "a2", "2023-07-01", Some("2023-12-31")))).await;
        pairs.pair("p4", pairing("e1", "b1", "2022-01-01", None)).await;
        pairs.pair("p5", pairing("e2", "a1", "2022-01-01", None)).await;
        let same = backup(pairing("e1", "a1", "2023-12-31", None));
        assert_eq!(pairs.refusal(same).await, clash(Reason::PairedAlready, "p1", "2023-12-31 to 2023-12-31"));

        let longer =
            pb::EndPairingRequest { name: first.name.clone(), to_date: date("2024-01-01"), ..Default::default() };
        let refusal = refused(pairs.client.end_pairing(longer).await);
        assert_eq!(refusal, clash(Reason::PrimaryTaken, "p2", "2024-01-01 to 2024-01-01"));
        let promoted = pb::UpdatePairingRequest {
            pairing: Some(pb::Pairing { name: name("pairings", "p3"), ..pairing("e1", "a2", "2020-01-01", None) }),
            update_mask: mask(&["role"]),
            ..Default::default()
        };
        let refusal = refused(pairs.client.update_pairing(promoted).await);
        assert_eq!(refusal, clash(Reason::PrimaryTaken, "p1", "2023-07-01 to 2023-12-31"));

        let at = |expert: &str, assistant: &str, site: &str, on: &str| pb::ListPairingsRequest {
            expert: if expert.is_empty() { String::new() } else { name("experts", expert) },
            assistant: if assistant.is_empty() { String::new() } else { name("assistants", assistant) },
            site: if site.is_empty() { String::new() } else { name("sites", site) },
            day: if on.is_empty() { None } else { date(on) },
            ..Default::default()
        };
        assert_eq!(pairs.list(at("e1", "", "", "")).await, ["p1", "p2", "p3", "p4"]);
        assert_eq!(pairs.list(at("", "a1", "", "")).await, ["p1", "p5"]);
        assert_eq!(pairs.list(at("", "", "banshan", "")).await, ["p4"]);
        assert_eq!(pairs.list(at("e1", "", "county", "2023-12-31")).await, ["p1", "p3"]);
        assert_eq!(pairs.list(at("e1", "", "county", "2024-01-01")).await, ["p2"]);
        let backups = pb::ListPairingsRequest { role: pb::PairingRole::Backup as i32, ..Default::default() };
        assert_eq!(pairs.list(backups).await, ["p3"]);

        let found = server.db.read(OnDay).await.unwrap();
        let key = |site: &str| (id("e1"), id(site), day("2023-12-31"));
        let paired =
            |pairing: &str, assistant: &str, role| Paired { pairing: id(pairing), assistant: id(assistant), role };
        let primary = paired("p1", "a1", PairingRole::Primary);
        let county = vec![primary, paired("p3", "a2", PairingRole::Backup)];
        let banshan = vec![paired("p4", "b1", PairingRole::Primary)];
        assert_eq!(found, HashMap::from([(key("county"), county), (key("banshan"), banshan)]));
    })
    .await;
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// What `sessions` reads: who assists on one day at several places.
struct OnDay;

impl Query for OnDay {
    type Output = HashMap<(Id, Id, Date), Vec<Paired>>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let (one, two, county, banshan) = (id("e1"), id("e2"), id("county"), id("banshan"));
        let on = day("2023-12-31");
        pairings::on(tx, &id("liling"), &[(&one, &county, on), (&one, &banshan, on), (&two, &banshan, on)]).await
    }
}

#[tokio::test]
async fn wrong_fields_people_and_days_are_named() {
    each_engine("pairing_fields", async |server| {
        let mut pairs = Pairs::new(&server).await;
        let wrong = pb::Pairing { role: 7, ..pairing("e1", "", "2024-01-02", Some("2024-01-01")) };
        let wrong = pb::Pairing { expert: "e1".to_owned(), ..wrong };
        let mut found = pairs.refusal(wrong).await.violations;
        found.sort();
        let at = |field: &str, reason| (field.to_owned(), reason);
        let expected = [
            at("pairing.assistant", Reason::Malformed),
            at("pairing.expert", Reason::Malformed),
            at("pairing.role", Reason::UnknownValue),
            at("pairing.to_date", Reason::Inconsistent),
        ];
        assert_eq!(found, expected);

        let absent = |name: &str| Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", name);
        let nobody = pairs.refusal(pairing("e9", "a1", "2024-01-01", None)).await;
        assert_eq!(nobody, absent(&name("experts", "e9")));
        let nobody = pairs.refusal(pairing("e1", "a9", "2024-01-01", None)).await;
        assert_eq!(nobody, absent(&name("assistants", "a9")));

        let early = pairs.refusal(pairing("e1", "a1", "2019-12-31", None)).await;
        let off = Refused::new(Code::FailedPrecondition, Reason::ExpertNotOnRoster);
        assert_eq!(early, off.with("name", &name("experts", "e1")).with("days", "from 2020-01-01"));
        pairs.county.assistants.end_assistant(end_assistant("a1", "2024-06-30")).await.unwrap();
        let late = pairs.refusal(pairing("e1", "a1", "2024-01-01", None)).await;
        let ended = Refused::new(Code::FailedPrecondition, Reason::AssistantEnded);
        assert_eq!(late, ended.with("name", &name("assistants", "a1")).with("end_date", "2024-06-30"));

        let kept = pb::Pairing { external_ids: vec![external("P-1")], ..pairing("e1", "a2", "2024-01-01", None) };
        let kept = pairs.pair("p1", kept).await;
        let clash = pb::Pairing { external_ids: vec![external("P-1")], ..pairing("e2", "a2", "2024-01-01", None) };
        assert_eq!(pairs.refusal(clash).await.reason, Reason::ExternalIdTaken);
        let stale = pb::EndPairingRequest {
            name: kept.name.clone(),
            to_date: date("2024-01-31"),
            etag: "0".to_owned(),
            ..Default::default()
        };
        assert_eq!(refused(pairs.client.end_pairing(stale.clone()).await).reason, Reason::EtagMismatch);
        let dry = pb::EndPairingRequest { etag: kept.etag.clone(), validate_only: true, ..stale.clone() };
        assert_eq!(pairs.client.end_pairing(dry).await.unwrap().into_inner().to_date, date("2024-01-31"));
        assert_eq!(pairs.get("p1").await, kept, "nothing was written");
        let unordered = pb::EndPairingRequest { etag: String::new(), to_date: date("2023-12-31"), ..stale };
        let unordered = refused(pairs.client.end_pairing(unordered).await);
        assert_eq!(unordered.violations, [at("to_date", Reason::Inconsistent)]);
        let mut updated = kept.clone();
        updated.to_date = date("2023-12-31");
        let update =
            pb::UpdatePairingRequest { pairing: Some(updated), update_mask: mask(&["to_date"]), ..Default::default() };
        let unordered = refused(pairs.client.update_pairing(update).await);
        assert_eq!(unordered.violations, [at("pairing.to_date", Reason::Inconsistent)]);
    })
    .await;
}

#[tokio::test]
async fn pairings_end_with_the_person_who_leaves() {
    each_engine("pairing_leave", async |server| {
        let mut pairs = Pairs::new(&server).await;
        pairs.pair("p1", pairing("e1", "a1", "2022-01-01", Some("2023-12-31"))).await;
        pairs.pair("p2", pairing("e1", "a1", "2024-01-01", None)).await;
        let ids = vec![external("P-3")];
        let later = pb::Pairing { external_ids: ids.clone(), ..pairing("e1", "b1", "2025-01-01", None) };
        pairs.pair("p3", later).await;
        let exit =
            pb::EndExpertRequest { name: name("experts", "e1"), exit_date: date("2024-06-30"), ..Default::default() };
        pairs.county.experts.end_expert(exit).await.unwrap();
        assert_eq!(pairs.get("p1").await.to_date, date("2023-12-31"));
        assert_eq!(pairs.get("p2").await.to_date, date("2024-06-30"));
        assert!(pairs.is_gone("p3").await, "it never began");
        let free = pb::Pairing { external_ids: ids, ..pairing("e2", "a2", "2022-01-01", None) };
        pairs.pair("p4", free).await;

        pairs.county.assistants.end_assistant(end_assistant("a2", "2024-03-31")).await.unwrap();
        assert_eq!(pairs.get("p4").await.to_date, date("2024-03-31"));
    })
    .await;
}

#[tokio::test]
async fn pairings_follow_a_duplicate_to_the_survivor() {
    each_engine("pairing_merge", async |server| {
        let mut pairs = Pairs::new(&server).await;
        pairs.pair("p1", pairing("e1", "a1", "2023-01-01", None)).await;
        pairs.pair("p2", pairing("e2", "a1", "2022-01-01", Some("2023-06-30"))).await; // the same assistant
        pairs.pair("p3", pairing("e2", "a2", "2024-01-01", None)).await; // a second primary
        pairs.pair("p4", pairing("e2", "b1", "2022-01-01", None)).await;
        let merge = pb::MergeExpertsRequest {
            survivor: name("experts", "e1"),
            duplicate: name("experts", "e2"),
            ..Default::default()
        };
        pairs.county.experts.merge_experts(merge).await.unwrap();
        let one = pairs.get("p1").await;
        assert_eq!((one.from_date, one.to_date, one.role()), (date("2022-01-01"), None, pb::PairingRole::Primary));
        assert!(pairs.is_gone("p2").await, "its days are p1's now");
        let three = pairs.get("p3").await;
        assert_eq!((three.expert.as_str(), three.role()), (name("experts", "e1").as_str(), pb::PairingRole::Backup));
        let four = pairs.get("p4").await;
        assert_eq!((four.expert.as_str(), four.role()), (name("experts", "e1").as_str(), pb::PairingRole::Primary));
        let request = pb::ListPairingsRequest { expert: name("experts", "e2"), ..Default::default() };
        assert!(pairs.list(request).await.is_empty());
    })
    .await;
}

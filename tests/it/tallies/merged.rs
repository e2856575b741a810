//! Experts that turn out to be one: what was recorded of either counts for who stays.
use homecoming::kernel::Date;
use homecoming::pb;
use homecoming::pb::TallyDimension::{Expert, Month, Site};
use homecoming::pb::expert_service_client::ExpertServiceClient;

use super::{ask, quantities, query, record_some, table};
use crate::support::figures::{self, date, held, name, sessions, tallies};
use crate::support::{TestServer, each_engine};

const MEASURES: [&str; 4] = ["sittings", "consultations", "active_experts", "experts"];

async fn merge(server: &TestServer, survivor: &str, duplicate: &str) {
    let (survivor, duplicate) = (name("experts", survivor), name("experts", duplicate));
    let request = pb::MergeExpertsRequest { survivor, duplicate, ..Default::default() };
    ExpertServiceClient::new(server.channel.clone()).merge_experts(request).await.unwrap();
}

/// The figures by expert: of whole months from cells; but for the first and the last day also from records.
async fn by_expert(server: &TestServer, broken: bool) -> (Vec<i64>, Vec<(String, Vec<i64>)>) {
    let mut request = query(&MEASURES, &[Expert]);
    if broken {
        (request.from_date, request.to_date) = (date(2024, 1, 2), date(2024, 3, 30));
    }
    let answer = ask(server, request).await;
    (quantities(&answer.totals), table(&answer, |key| key.expert.rsplit('/').next().unwrap().to_owned()))
}

async fn filtered(server: &TestServer, expert: &str) -> Vec<i64> {
    let filter = Some(pb::TallyFilter { experts: vec![name("experts", expert)], ..Default::default() });
    quantities(&ask(server, pb::QueryTallyRequest { filter, ..query(&MEASURES, &[]) }).await.totals)
}

fn rows<const N: usize>(rows: [(&str, [i64; 4]); N]) -> Vec<(String, Vec<i64>)> {
    rows.map(|(expert, figures)| (expert.to_owned(), figures.to_vec())).to_vec()
}

#[tokio::test]
async fn what_was_recorded_of_a_duplicate_counts_for_who_stays() {
    each_engine("tally_merged", async |server| {
        figures::make(&server).await;
        record_some(&server).await; // all by e1
        for (id, expert, (month, day)) in
            [("s1", "e1", (1, 15)), ("s2", "e3", (1, 16)), ("s3", "e3", (3, 30)), ("s4", "e2", (2, 5))]
        {
            let day = Date::from_ymd_opt(2024, month, day).unwrap();
            sessions(&server).record_held_session(held(id, expert, "county", day, 9)).await.unwrap();
        }
        let apart = rows([("e1", [1, 17, 1, 1]), ("e2", [1, 0, 1, 1]), ("e3", [2, 0, 1, 1])]);
        assert_eq!(by_expert(&server, false).await, (vec![4, 17, 3, 3], apart));
        assert_eq!(filtered(&server, "e3").await, [2, 0, 1, 1]);

        merge(&server, "e3", "e1").await;
        let together = rows([("e2", [1, 0, 1, 1]), ("e3", [3, 17, 1, 1])]);
        assert_eq!(by_expert(&server, false).await, (vec![4, 17, 2, 2], together));
        let together = rows([("e2", [1, 0, 1, 1]), ("e3", [3, 6, 1, 1])]);
        assert_eq!(by_expert(&server, true).await, (vec![4, 6, 2, 2], together), "records as well as cells");
        assert_eq!(filtered(&server, "e3").await, [3, 17, 1, 1]);
        assert_eq!(filtered(&server, "e1").await, [3, 17, 1, 1], "asked by its old name, it is the same one");
        let by_month = ask(&server, query(&["active_experts"], &[Month])).await;
        let expected = [("2024-01", vec![1]), ("2024-02", vec![1]), ("2024-03", vec![1])];
        assert_eq!(table(&by_month, |key| key.month.clone()), expected.map(|(month, it)| (month.to_owned(), it)));
        let from_records = ask(&server, query(&["sittings"], &[Expert, Site])).await;
        assert_eq!(from_records.source(), pb::TallySource::Records);
        assert_eq!(
            table(&from_records, |key| key.expert.clone()).iter().map(|row| row.1[0]).collect::<Vec<_>>(),
            [1, 3]
        );

        // Who stayed may turn out to be a duplicate in turn.
        let expert = pb::Expert {
            display_name: "专家 004".to_owned(),
            title: pb::ExpertTitle::Chief as i32,
            specialties: vec!["03.04".to_owned()],
            roster_entry_date: date(2023, 1, 1),
            ..Default::default()
        };
        let request = pb::CreateExpertRequest {
            parent: figures::PROGRAMME.to_owned(),
            expert_id: "e4".to_owned(),
            expert: Some(expert),
            ..Default::default()
        };
        ExpertServiceClient::new(server.channel.clone()).create_expert(request).await.unwrap();
        merge(&server, "e4", "e3").await;
        let together = rows([("e2", [1, 0, 1, 1]), ("e4", [3, 17, 1, 1])]);
        assert_eq!(by_expert(&server, false).await, (vec![4, 17, 2, 2], together));
        assert_eq!(filtered(&server, "e1").await, [3, 17, 1, 1]);

        let request = pb::ReconcileRequest { parent: figures::PROGRAMME.to_owned() };
        let reconciled = tallies(&server).reconcile(request).await.unwrap().into_inner();
        assert!(reconciled.equal, "cells and records keep the names they were made under: {reconciled:?}");
    })
    .await;
}

//! Batches whose answers have to fit into one message of a mebibyte: the largest ones are refused before anything is written.
use homecoming::kernel::Reason;
use homecoming::pb;
use prost::Message as _;
use tonic::Code;

use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::figures::{self, activities, batch, date, operation, row};
use crate::support::schedule::{self, PARENT, TOMORROW, clinic, consent, record};

const MEBIBYTE: usize = 1 << 20;

fn external_ids(of: &str) -> Vec<pb::ExternalId> {
    let id = |n| pb::ExternalId { system: "s".repeat(20), value: format!("{of}-{n}-{}", "v".repeat(80)) };
    (0..20).map(id).collect()
}

/// A case with as many lines as one can have, all as long as they can be.
fn large_case(number: usize) -> pb::ActivityRow {
    let case = operation(date(2024, 3, 1), pb::Performer::Expert);
    let line = |n| pb::Procedure {
        code: format!("{:02}.5101x001", n + 10),
        system: "s".repeat(63),
        version: "版".repeat(32),
        main: n == 0,
    };
    let operation =
        case.operation.clone().map(|it| pb::OperationCase { procedures: (0..20).map(line).collect(), ..it });
    let id = format!("a{number}");
    row(&id, pb::Activity { operation, external_ids: external_ids(&id), ..case })
}

#[tokio::test]
async fn activities_answer_within_a_mebibyte_or_nothing_is_written() {
    each_engine("batch_activities", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let too_many = batch((0..500).map(large_case).collect());
        let refusal = refused(client.batch_record_activities(too_many.clone()).await);
        assert_eq!((refusal.code, refusal.reason), (Code::ResourceExhausted, Reason::AnswerTooLarge));
        assert!(refusal.metadata["bytes"].parse::<usize>().unwrap() > refusal.metadata["limit"].parse().unwrap());
        let dry = pb::BatchRecordActivitiesRequest { validate_only: true, ..too_many };
        assert_eq!(refused(client.batch_record_activities(dry).await), refusal);
        let list = pb::ListActivitiesRequest { parent: figures::PROGRAMME.to_owned(), ..Default::default() };
        assert!(client.list_activities(list).await.unwrap().into_inner().activities.is_empty());

        let answer =
            client.batch_record_activities(batch((0..100).map(large_case).collect())).await.unwrap().into_inner();
        let limit: usize = refusal.metadata["limit"].parse().unwrap();
        assert!(answer.encoded_len() <= limit && limit < MEBIBYTE);
        let told: usize = refusal.metadata["bytes"].parse().unwrap();
        assert!(answer.encoded_len() * 5 <= told, "{} bytes for a fifth of {told}", answer.encoded_len());
        // As many as there can be, where they are as usual.
        let usual = (0..500).map(|n| row(&format!("u{n}"), operation(date(2024, 3, 2), pb::Performer::Expert)));
        let answer = client.batch_record_activities(batch(usual.collect())).await.unwrap().into_inner();
        assert_eq!(answer.results.len(), 500);
    })
    .await;
}

#[tokio::test]
async fn sessions_answer_within_a_mebibyte_or_nothing_is_written() {
    each_engine("batch_sessions", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        let held = |number: i64| {
            let start = TOMORROW.plus_minutes(-24 * 60 * (number + 2) + 9 * 60);
            let id = format!("s{number}");
            let plan = pb::SessionPlan {
                start_time: Some(start.into()),
                end_time: Some(start.plus_minutes(60).into()),
                external_ids: external_ids(&id),
                ..clinic(1, 0, 0)
            };
            let consent =
                pb::Consent { words: "好".repeat(500), heard_time: Some(start.plus_minutes(-60).into()), ..consent() };
            pb::RecordHeldSessionRequest { consent: Some(consent), ..record(&id, plan) }
        };
        let request = |rows: std::ops::Range<i64>| pb::BatchRecordHeldSessionsRequest {
            parent: PARENT.to_owned(),
            requests: rows.map(held).collect(),
            ..Default::default()
        };
        let refusal = refused(client.batch_record_held_sessions(request(0..200)).await);
        assert_eq!((refusal.code, refusal.reason), (Code::ResourceExhausted, Reason::AnswerTooLarge), "{refusal:?}");
        let list = pb::ListSessionsRequest { parent: PARENT.to_owned(), ..Default::default() };
        assert!(client.list_sessions(list).await.unwrap().into_inner().sessions.is_empty());
        let answer = client.batch_record_held_sessions(request(0..40)).await.unwrap().into_inner();
        let told: usize = refusal.metadata["bytes"].parse().unwrap();
        assert!(answer.encoded_len() * 5 <= told, "{} bytes for a fifth of {told}", answer.encoded_len());
        assert!(answer.results.iter().all(|row| matches!(row.result, Some(pb::session_result::Result::Session(_)))));
    })
    .await;
}

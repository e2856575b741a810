//! Many activities at once: a result for each row, and the same outcomes as one by one.
use homecoming::kernel::{Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::activity_result::Result as Outcome;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::errors::refused;
use crate::support::figures::{self, activities, batch, consultation, date, headcount, name, operation, record, row};
use crate::support::{TestServer, each_engine};

/// What became of each row: the activity's id, or the reason.
fn outcomes(results: &[pb::ActivityResult]) -> Vec<Result<String, String>> {
    let outcome = |result: &pb::ActivityResult| match result.result.as_ref().unwrap() {
        Outcome::Activity(activity) => Ok(activity.name.rsplit('/').next().unwrap().to_owned()),
        Outcome::Refusal(refusal) => Err(refusal.reason.clone()),
    };
    results.iter().map(outcome).collect()
}

fn rows() -> Vec<pb::ActivityRow> {
    let day = date(2024, 3, 4);
    vec![
        row("b1", consultation(day, "tok_aaaa")),
        row("b2", consultation(day, "13800138000")),
        row("b1", consultation(day, "tok_bbbb")),
        row("b3", pb::Activity { lead_expert: name("experts", "e9"), ..headcount(day, 12) }),
        row("b4", operation(day, pb::Performer::AssistantSupervised)),
    ]
}

fn expected() -> Vec<Result<String, String>> {
    let refused = |reason: Reason| Err(reason.code().to_owned());
    vec![
        Ok("b1".to_owned()),
        refused(Reason::InvalidFields),
        refused(Reason::ResourceExists),
        refused(Reason::ResourceNotFound),
        Ok("b4".to_owned()),
    ]
}

#[tokio::test]
async fn a_batch_answers_each_row_and_a_replay_the_same_rows() {
    each_engine("activity_batch", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let dry = pb::BatchRecordActivitiesRequest { validate_only: true, ..batch(rows()) };
        let dry = client.batch_record_activities(dry).await.unwrap().into_inner();
        assert_eq!(outcomes(&dry.results), expected(), "says what it would do");
        let request = pb::BatchRecordActivitiesRequest { request_id: "r-1".to_owned(), ..batch(rows()) };
        let first = client.batch_record_activities(request.clone()).await.unwrap().into_inner();
        assert_eq!(outcomes(&first.results), expected());
        let Some(Outcome::Refusal(refusal)) = &first.results[1].result else { panic!("a refusal") };
        assert_eq!(refusal.violations[0].field, "activity.patient.token");
        assert_eq!(refusal.violations[0].reason, "TOKEN_NOT_DEIDENTIFIED");
        assert!(!format!("{refusal:?}").contains("13800138000"));

        let again = client.batch_record_activities(request).await.unwrap().into_inner();
        let mut replayed = expected();
        replayed[2] = Err(Reason::RefusedBefore.code().to_owned());
        replayed[3] = Err(Reason::RefusedBefore.code().to_owned());
        assert_eq!(outcomes(&again.results), replayed);
        assert_eq!(again.results[4], first.results[4]);
        let list = pb::ListActivitiesRequest { parent: figures::PROGRAMME.to_owned(), ..Default::default() };
        assert_eq!(client.list_activities(list).await.unwrap().into_inner().activities.len(), 2);

        let many = batch((0..501).map(|_| row("", headcount(date(2024, 3, 4), 1))).collect());
        let violations = refused(client.batch_record_activities(many).await).violations;
        assert_eq!(violations, [("rows".to_owned(), Reason::OutOfRange)]);
    })
    .await;
}

#[tokio::test]
async fn a_stream_answers_each_row_in_order() {
    each_engine("activity_stream", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let mut messages: Vec<_> = (0..1200)
            .map(|n| pb::RecordActivitiesRequest {
                parent: if n == 0 { figures::PROGRAMME.to_owned() } else { String::new() },
                row: Some(row(&format!("s{n}"), headcount(date(2024, 3, 4), 1 + n % 30))),
            })
            .collect();
        messages[700].parent = "programmes/other".to_owned();
        messages[701].row = None;
        let mut answers = client.record_activities(tokio_stream::iter(messages)).await.unwrap().into_inner();
        let mut results = Vec::new();
        while let Some(answer) = answers.message().await.unwrap() {
            results.push(answer.result.unwrap());
        }
        let wrong = Err(Reason::InvalidFields.code().to_owned());
        let expected: Vec<_> =
            (0..1200).map(|n| if n == 700 || n == 701 { wrong.clone() } else { Ok(format!("s{n}")) }).collect();
        assert_eq!(outcomes(&results), expected);
        assert!(results.iter().zip(0..).all(|(result, n)| result.row == n));
    })
    .await;
}

/// A row of few ids, external ids, experts and days, so that rows get in each other's way.
fn any_row() -> impl Strategy<Value = pb::ActivityRow> {
    let kind = prop::sample::select(vec![1, 2, 3]);
    (0..6_u8, 0..4_u8, kind, 1..4_u8, 25..35_i32, prop::option::of(-50..500_i64)).prop_map(
        |(id, external, kind, expert, day, saving)| {
            let day = if day > 31 { date(2024, 4, day - 30) } else { date(2024, 3, day) };
            let activity = match kind {
                1 => consultation(day, "tok_random"),
                2 => operation(day, pb::Performer::Local),
                _ => headcount(day, 7),
            };
            let activity = pb::Activity {
                lead_expert: name("experts", &format!("e{expert}")),
                declared_saving_fen: saving.filter(|_| kind == 1),
                external_ids: (external > 0)
                    .then(|| pb::ExternalId { system: "his".to_owned(), value: format!("V-{external}") })
                    .into_iter()
                    .collect(),
                ..activity
            };
            row(&if id == 0 { String::new() } else { format!("r{id}") }, activity)
        },
    )
}

/// What a server has after some rows: every activity without what differs between two runs.
async fn recorded(server: &TestServer) -> Vec<pb::Activity> {
    let list =
        pb::ListActivitiesRequest { parent: figures::PROGRAMME.to_owned(), page_size: 1000, ..Default::default() };
    let page = activities(server).list_activities(list).await.unwrap().into_inner();
    let made_up = |name: &str| name.rsplit('/').next().unwrap().len() > 30;
    let mut found: Vec<_> = page.activities;
    for activity in &mut found {
        if made_up(&activity.name) {
            activity.name.clear();
            activity.etag.clear();
        }
        activity.since_sequence = 0;
    }
    found.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}")));
    found
}

/// The id where the caller gave it, or the reason.
fn comparable(outcomes: Vec<Result<String, String>>) -> Vec<Result<String, String>> {
    outcomes.into_iter().map(|outcome| outcome.map(|id| if id.len() > 30 { String::new() } else { id })).collect()
}

#[tokio::test]
async fn a_batch_does_what_its_rows_do_one_by_one() {
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Vec<pb::ActivityRow>> =
        (0..6).map(|_| prop::collection::vec(any_row(), 1..25).new_tree(&mut runner).unwrap().current()).collect();
    let mut by_engine = Vec::new();
    for case in &cases {
        let seen = std::sync::Mutex::new(Vec::new());
        each_engine("activity_sets", async |server| {
            figures::make(&server).await;
            let mut client = activities(&server);
            let answer = client.batch_record_activities(batch(case.clone())).await.unwrap().into_inner();
            let together = (comparable(outcomes(&answer.results)), recorded(&server).await);
            seen.lock().unwrap().push(together);
        })
        .await;
        each_engine("activity_singles", async |server| {
            figures::make(&server).await;
            let mut client = activities(&server);
            let mut apart = Vec::new();
            for row in case {
                let request = record(&row.activity_id, row.activity.clone().unwrap());
                apart.push(match client.record_activity(request).await {
                    Ok(activity) => Ok(activity.into_inner().name.rsplit('/').next().unwrap().to_owned()),
                    Err(status) => Err(crate::support::errors::refusal(&status).reason.code().to_owned()),
                });
            }
            let apart = (comparable(apart), recorded(&server).await);
            seen.lock().unwrap().push(apart);
        })
        .await;
        // Many callers at once: the writer takes what waits as a set. Which of two rows with one id wins is chance.
        each_engine("activity_callers", async |server| {
            figures::make(&server).await;
            let calls = case.iter().enumerate().map(|(n, row)| {
                let mut client = activities(&server);
                let unique = pb::Activity { external_ids: Vec::new(), ..row.activity.clone().unwrap() };
                async move { client.record_activity(record(&format!("c{n}"), unique)).await.is_ok() }
            });
            let done = futures_util::future::join_all(calls).await;
            let count = done.into_iter().filter(|done| *done).count();
            assert_eq!(recorded(&server).await.len(), count);
        })
        .await;
        by_engine.push(seen.into_inner().unwrap());
    }
    for seen in by_engine {
        for other in &seen[1..] {
            assert_eq!(&seen[0], other);
        }
    }
}

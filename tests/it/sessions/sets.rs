//! Plans that arrive together: made as one, with the outcomes that they have one by one.
use futures_util::future::join_all;
use homecoming::kernel::{Call, Caller, ExternalId, Result};
use homecoming::pb;
use homecoming::sessions::commands::{BookSession, ProposeSession};
use homecoming::sessions::{Session, SessionDraft};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::facts::{draft, id};
use crate::support::schedule::{self, PARENT, TOMORROW};
use crate::support::{TestServer, each_engine};

/// A plan of few ids, external ids, people, rooms and times, so that plans get in each other's way.
fn any_draft() -> impl Strategy<Value = SessionDraft> {
    let people = (1..4_u8, prop::option::of(1..4_u8), prop::option::of(1..4_u8));
    (0..12_u8, 0..5_u8, people, 0..3_u8, 8..12_i64, 1..4_i64, 0..8_u8).prop_map(
        |(own, external, (expert, beside, assistant), room, hour, hours, consent)| {
            let start = TOMORROW.plus_minutes(hour * 60);
            let mut plan = SessionDraft {
                session: id(&format!("s{own}")),
                expert: id(&format!("e{expert}")),
                co_experts: beside
                    .filter(|other| *other != expert)
                    .map(|other| id(&format!("e{other}")))
                    .into_iter()
                    .collect(),
                assistant: assistant.map(|assistant| id(&format!("a{assistant}"))),
                room: (room > 0).then(|| id(&format!("c{room}"))),
                start,
                end: start.plus_minutes(hours * 60),
                external_ids: (external > 0)
                    .then(|| ExternalId::parse("his", &format!("V-{external}")).unwrap())
                    .into_iter()
                    .collect(),
                ..draft()
            };
            let given = plan.consents[0].clone();
            let experts: Vec<_> = plan.experts().cloned().collect();
            // One in eight has nobody's yes.
            let experts = experts.into_iter().filter(|_| consent > 0);
            plan.consents =
                experts.map(|expert| homecoming::sessions::ExpertConsent { expert, ..given.clone() }).collect();
            plan
        },
    )
}

fn call() -> Call {
    Call::new(Caller::anonymous())
}

/// Every session that is stored.
async fn stored(server: &TestServer) -> Vec<pb::Session> {
    let mut client = pb::session_service_client::SessionServiceClient::new(server.channel.clone());
    let list = pb::ListSessionsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    client.list_sessions(list).await.unwrap().into_inner().sessions
}

/// The session, or every word of the refusal.
fn told(outcome: Result<Session>) -> std::result::Result<Session, String> {
    outcome.map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn a_set_of_plans_does_what_they_do_one_by_one() {
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Vec<SessionDraft>> =
        (0..4).map(|_| prop::collection::vec(any_draft(), 2..30).new_tree(&mut runner).unwrap().current()).collect();
    for case in &cases {
        let seen = std::sync::Mutex::new(Vec::new());
        each_engine("session_set", async |server| {
            schedule::make(&server.channel, 3).await;
            let batches = server.db.stats().counts().batches;
            // Polled in this order before the writer is: they are one batch.
            let writes = case.iter().map(|draft| server.db.write(call(), BookSession::new(draft.clone())));
            let together: Vec<_> = join_all(writes).await.into_iter().map(told).collect();
            assert_eq!(server.db.stats().counts().batches, batches + 1);
            let stored = stored(&server).await;
            seen.lock().unwrap().push((together, stored));
        })
        .await;
        each_engine("session_singles", async |server| {
            schedule::make(&server.channel, 3).await;
            let mut apart = Vec::new();
            for draft in case {
                apart.push(told(server.db.write(call(), BookSession::new(draft.clone())).await));
            }
            let stored = stored(&server).await;
            seen.lock().unwrap().push((apart, stored));
        })
        .await;
        let seen = seen.into_inner().unwrap();
        assert!(seen[0].0.iter().any(Result::is_ok) && seen[0].0.iter().any(Result::is_err), "{:?}", seen[0].0);
        for other in &seen[1..] {
            assert_eq!(&seen[0], other);
        }
    }
}

#[tokio::test]
async fn many_who_want_one_thing_cost_one_look() {
    each_engine("session_messages", async |server| {
        schedule::make(&server.channel, 3).await;
        let want = |number: usize| SessionDraft { session: id(&format!("s{number}")), ..draft() };
        let of = async |first: usize, count: usize| {
            let before = server.db.stats().counts().messages;
            let writes = (first..first + count).map(|n| server.db.write(call(), BookSession::new(want(n))));
            join_all(writes).await;
            server.db.stats().counts().messages - before
        };
        let one = of(0, 1).await;
        let many = of(1, 64).await;
        assert!(many <= one + 5, "{many} messages for 64 who lose, {one} for the one who won");
    })
    .await;
}

#[tokio::test]
async fn what_has_lapsed_is_taken_out_of_the_way_by_who_comes_first() {
    each_engine("session_set_lapsed", async |server| {
        schedule::make(&server.channel, 3).await;
        let lapses = server.db.clock().now().plus_minutes(10);
        let proposed = ProposeSession::new(SessionDraft { session: id("asked"), consents: Vec::new(), ..draft() });
        server.db.write(call(), proposed.lapsing(lapses)).await.unwrap();
        server.clock.advance_minutes(11);
        let want = |number: usize| SessionDraft { session: id(&format!("s{number}")), ..draft() };
        let writes = (0..8).map(|n| server.db.write(call(), BookSession::new(want(n))));
        let won = join_all(writes).await.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!((won, server.db.stats().counts().reruns), (1, 0));
    })
    .await;
}

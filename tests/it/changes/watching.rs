//! Watchers see every change once, whoever writes where, and whether they keep up or not.
use std::collections::BTreeSet;

use futures_util::future::join_all;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::change_service_client::ChangeServiceClient;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

use super::{PARENT, Touch, create_hospital, create_programme, delete_hospital};
use crate::support::errors::refusal;
use crate::support::{TestServer, connect, each_engine};

fn watching(after_sequence: i64) -> pb::WatchChangesRequest {
    pb::WatchChangesRequest { parent: PARENT.to_owned(), after_sequence, ..Default::default() }
}

async fn watch(channel: &Channel, request: pb::WatchChangesRequest) -> Streaming<pb::WatchChangesResponse> {
    ChangeServiceClient::new(channel.clone()).watch_changes(request).await.unwrap().into_inner()
}

/// Goes on until a sequence number was seen; hangs up after every so many messages, and goes on where it was.
async fn follow(channel: Channel, until: i64, hang_up_after: usize, with_state: bool) -> Vec<pb::Change> {
    let mut seen: Vec<pb::Change> = Vec::new();
    let mut last = 0;
    while last < until {
        let mut stream = watch(&channel, pb::WatchChangesRequest { with_state, ..watching(last) }).await;
        for _ in 0..hang_up_after {
            let message = stream.message().await.unwrap().unwrap();
            seen.extend(message.changes);
            last = message.sequence;
            if last >= until {
                break;
            }
        }
    }
    seen
}

const WRITERS: usize = 8;
const WRITES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn every_watcher_sees_each_change_once_while_two_servers_write() {
    each_engine("watchers", async |server| {
        create_programme(&server.channel).await;
        let second = server.second().await;
        let channels = [server.channel.clone(), second.channel.clone()];
        let total = i64::try_from(1 + WRITERS * WRITES + WRITERS).unwrap();
        let watchers: Vec<_> =
            [(0, usize::MAX, false), (1, usize::MAX, true), (0, 3, true), (1, 2, false), (1, 5, false)]
                .map(|(at, hang_up_after, with_state)| {
                    tokio::spawn(follow(channels[at].clone(), total, hang_up_after, with_state))
                })
                .into();
        let writers = (0..WRITERS).map(|writer| {
            let channel = channels[writer % 2].clone();
            tokio::spawn(async move {
                for number in 0..WRITES {
                    create_hospital(&channel, &format!("w{writer}-{number}")).await;
                }
                delete_hospital(&channel, &format!("w{writer}-0")).await;
            })
        });
        for writer in join_all(writers).await {
            writer.unwrap();
        }
        for (number, watcher) in join_all(watchers).await.into_iter().enumerate() {
            let seen = watcher.unwrap();
            let sequences: Vec<i64> = seen.iter().map(|change| change.sequence).collect();
            assert_eq!(sequences, (1..=total).collect::<Vec<_>>(), "watcher {number}");
            let tombstones: BTreeSet<&str> = seen.iter().filter(|c| c.deleted).map(|c| c.name.as_str()).collect();
            assert_eq!(tombstones.len(), WRITERS);
            for change in seen.iter().filter(|change| change.name.contains("/hospitals/") && change.state.is_some()) {
                let state = change.state.as_ref().unwrap();
                assert_eq!(pb::Hospital::decode(state.value.as_slice()).unwrap().name, change.name);
            }
            let has_states = seen.iter().filter(|change| change.state.is_some()).count();
            assert!(has_states == 0 || has_states >= WRITERS * (WRITES - 1), "watcher {number}: {has_states}");
        }
        second.stop().await;
    })
    .await;
}

/// Up to date and waiting, so that it is told what comes from a row, not from the log.
async fn waiting(channel: &Channel) -> Streaming<pb::WatchChangesResponse> {
    let mut stream = watch(channel, watching(1)).await;
    assert_eq!(stream.message().await.unwrap().unwrap().sequence, 1);
    stream
}

/// Everything that is told up to a sequence number.
async fn told_until(mut stream: Streaming<pb::WatchChangesResponse>, until: i64) -> Vec<i64> {
    let mut sequences = Vec::new();
    while sequences.last() != Some(&until) {
        let message = stream.message().await.unwrap().unwrap();
        sequences.extend(message.changes.iter().map(|change| change.sequence));
    }
    sequences
}

#[tokio::test(flavor = "multi_thread")]
async fn more_watchers_than_stand_in_a_row_see_each_change_once() {
    each_engine("rows_of_watchers", async |server| {
        create_programme(&server.channel).await;
        let mut watchers = Vec::new();
        for _ in 0..4 {
            let channel = connect(server.address).await;
            for _ in 0..70 {
                watchers.push(waiting(&channel).await);
            }
        }
        // Others have left their row, and nobody is missed for it.
        drop(watchers.drain(100..140));
        for number in 0..20 {
            create_hospital(&server.channel, &format!("h{number}")).await;
        }
        let told = watchers.into_iter().map(|stream| told_until(stream, 21));
        for sequences in join_all(told).await {
            assert_eq!(sequences, (2..=21).collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_says_how_far_a_watcher_is() {
    each_engine("heartbeats", async |server| {
        create_programme(&server.channel).await;
        let request =
            pb::WatchChangesRequest { collections: vec!["experts".to_owned()], heartbeat_seconds: 1, ..watching(0) };
        let mut stream = watch(&server.channel, request).await;
        let first = stream.message().await.unwrap().unwrap();
        assert_eq!((first.changes.len(), first.sequence), (0, 1), "the first comes at once");
        create_hospital(&server.channel, "other").await;
        let mut sequence = first.sequence;
        while sequence < 2 {
            let heartbeat = stream.message().await.unwrap().unwrap();
            assert_eq!(heartbeat.changes, Vec::new());
            sequence = heartbeat.sequence;
        }
        assert_eq!(sequence, 2, "what wasn't wanted was dealt with");
    })
    .await;
}

async fn until_cut(stream: &mut Streaming<pb::WatchChangesResponse>) -> (i64, Status) {
    let mut last = 0;
    loop {
        match stream.message().await {
            Ok(Some(message)) => {
                for change in &message.changes {
                    assert_eq!(change.sequence, last + 1);
                    last = change.sequence;
                }
            }
            Ok(None) => panic!("ended after {last} without a reason"),
            Err(status) => return (last, status),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_who_does_not_read_is_cut_and_goes_on() {
    each_engine("slow_watcher", async |server| {
        create_programme(&server.channel).await;
        let mut slow = watch(&server.channel, watching(0)).await;
        let mut other = watch(&server.channel, watching(1)).await;
        assert_eq!(other.message().await.unwrap().unwrap().sequence, 1, "both are up to date");
        let touched = 25_000;
        for round in 1..=25 {
            Touch::times(&server, 1, 1_000).await;
            while other.message().await.unwrap().unwrap().sequence < 1 + round * 1_000 {} // it keeps up, whatever the slow one does
        }
        let (last, status) = until_cut(&mut slow).await;
        let refused = refusal(&status);
        assert_eq!((refused.code, refused.reason), (Code::ResourceExhausted, Reason::WatcherTooSlow));
        assert_eq!(refused.metadata["sequence"], last.to_string());
        assert!(last < touched, "{last}");
        let rest = follow_from(&server, last, 1 + touched).await;
        assert_eq!(rest, (last + 1..=1 + touched).collect::<Vec<_>>());
    })
    .await;
}

async fn follow_from(server: &TestServer, mut last: i64, until: i64) -> Vec<i64> {
    let mut stream = watch(&server.channel, watching(last)).await;
    let mut seen = Vec::new();
    while last < until {
        let message = stream.message().await.unwrap().unwrap();
        seen.extend(message.changes.iter().map(|change| change.sequence));
        last = message.sequence;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_are_told_that_the_server_stops() {
    each_engine("watch_stop", async |server| {
        create_programme(&server.channel).await;
        let mut stream = watch(&connect(server.address).await, watching(0)).await;
        assert_eq!(stream.message().await.unwrap().unwrap().sequence, 1);
        let stopping = tokio::spawn({
            let server = server.clone();
            async move { server.stop().await }
        });
        let told = loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some(), "ended without a reason"),
                Err(status) => break refusal(&status),
            }
        };
        assert_eq!((told.code, told.reason), (Code::Unavailable, Reason::ShuttingDown));
        stopping.await.unwrap();
    })
    .await;
}

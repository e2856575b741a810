//! Races for the last place: 64 callers on two servers, one place, exactly one winner, each round.
use futures_util::future::join_all;
use homecoming::db::Engine;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::ReservationState as State;
use homecoming::pb::reservation_service_client::ReservationServiceClient;

use super::{availability, book, cancel, open};
use crate::support::errors::refused;
use crate::support::{connect, each_engine};

const ROUNDS: usize = 20;
const CALLERS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_the_last_place_one_gets_it() {
    each_engine("reservation_races", async |server| {
        let mut client = open(&server.channel, 1).await;
        // PostgreSQL is written by two servers at once; an SQLite file has one.
        let second = if server.engine() == Engine::Postgres { server.second().await } else { server.clone() };
        let channels = [server.channel.clone(), connect(second.address).await];
        for round in 0..ROUNDS {
            let calls = (0..CALLERS).map(|caller| {
                let mut client = ReservationServiceClient::new(channels[caller % 2].clone());
                async move { client.book_reservation(book(round * CALLERS + caller)).await }
            });
            let mut winners = Vec::new();
            for (caller, answer) in join_all(calls).await.into_iter().enumerate() {
                match answer {
                    Ok(booked) => winners.push((round * CALLERS + caller, booked.into_inner())),
                    refusal => assert_eq!(refused(refusal).reason, Reason::SessionFull),
                }
            }
            let [(winner, booked)] = winners.as_slice() else { panic!("round {round}: {} winners", winners.len()) };
            assert_eq!((booked.state(), booked.place), (State::Booked, 1));
            let seen: pb::Availability = availability(&mut client, "s1").await;
            assert_eq!((seen.taken, seen.free), (1, 0));
            client.cancel_reservation(cancel(*winner)).await.unwrap();
        }
        second.stop().await;
    })
    .await;
}

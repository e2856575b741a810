//! Races: 64 callers on two servers fight for one expert, one assistant, one room; never two winners, never none.
//!
//! A short run on both engines; `cargo bench --bench races` runs thousands of rounds and prints the evidence.
use homecoming::db::Engine;

use crate::support::race::{self, CALLERS, Prize};
use crate::support::schedule;
use crate::support::{connect, each_engine};

const ROUNDS: i64 = 7;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_thing_one_gets_it() {
    each_engine("races", async |server| {
        schedule::make(&server.channel, CALLERS).await;
        // PostgreSQL is written by two servers at once; an SQLite file has one.
        let second = if server.engine() == Engine::Postgres { server.second().await } else { server.clone() };
        let channels = [server.channel.clone(), connect(second.address).await];
        for prize in Prize::ALL {
            for (round, result) in race::rounds(&channels, prize, 0..ROUNDS).await.into_iter().enumerate() {
                assert!(result.is_fair(prize), "{prize:?}, round {round}: {result:?}");
            }
            let recount = race::recount(&server.channel, prize).await;
            assert!(recount.is_fair(ROUNDS), "{prize:?}: {recount:?}");
        }
        second.stop().await;
    })
    .await;
}

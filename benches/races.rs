//! Evidence of the races: thousands of rounds in which 64 callers fight for one expert, one assistant or one room, on both
//! engines; PostgreSQL with two servers. Prints winners and losers; ends with an error when a round had none or two.
//!
//! `cargo bench --bench races [-- ROUNDS]`: rounds for each prize and engine, 600 unless told.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::Instant;

use homecoming::db::Engine;
use support::race::{self, CALLERS, Prize};
use support::schedule;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(fight())
}

async fn fight() -> ExitCode {
    let rounds: i64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(600);
    println!("races: {CALLERS} callers, {rounds} rounds for each prize");
    println!("engine    prize      rounds  attempts  winners  refused  unfair  stored      s");
    let unfair = std::sync::atomic::AtomicUsize::new(0);
    support::each_engine("races_bench", async |server| {
        schedule::make(&server.channel, CALLERS).await;
        // PostgreSQL is written by two servers at once; an SQLite file has one.
        let second = if server.engine() == Engine::Postgres { server.second().await } else { server.clone() };
        let channels = [server.channel.clone(), support::connect(second.address).await];
        for prize in Prize::ALL {
            let begun = Instant::now();
            let (mut winners, mut refused, mut wrong) = (0, 0, 0);
            for round in 0..rounds {
                let result = race::round(&channels, prize, round).await;
                winners += result.winners.len();
                refused += result.losers.values().sum::<usize>();
                if !result.is_fair(prize) {
                    wrong += 1;
                    println!("unfair: {prize:?}, round {round}: {result:?}");
                }
            }
            let stored = race::booked(&server.channel, prize).await.len();
            wrong += usize::from(stored != winners);
            unfair.fetch_add(wrong, std::sync::atomic::Ordering::Relaxed);
            let attempts = winners + refused;
            println!(
                "{:<9} {:<10} {rounds:>6} {attempts:>9} {winners:>8} {refused:>8} {wrong:>7} {stored:>7} {:>6.1}",
                format!("{:?}", server.engine()),
                format!("{prize:?}"),
                begun.elapsed().as_secs_f64()
            );
        }
        second.stop().await;
    })
    .await;
    let unfair = unfair.into_inner();
    println!("{}", if unfair == 0 { "every round had one winner" } else { "NOT every round had one winner" });
    ExitCode::from(u8::from(unfair > 0))
}

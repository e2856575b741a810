//! Evidence of the races: rounds in which 64 callers fight for one expert, one assistant or one room, on both engines; PostgreSQL
//! with two servers. Ends with an error when a round had no winner or two, or when anything stored is booked twice.
//!
//! `cargo bench --bench races [-- ROUNDS [PRIZE]]`: rounds for each prize and engine, 300 unless told (115,200 attempts in all);
//! `expert`, `assistant` or `room` alone, where one is named.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(dead_code, reason = "shares files with the tests")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use homecoming::db::Engine;
use support::race::{self, CALLERS, Prize};
use support::schedule;
use tonic::transport::Channel;

/// Rounds that are fought at once, each for a time of its own.
const AT_ONCE: i64 = 4;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(fight())
}

async fn fight() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds: i64 = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(300);
    let named = |prize: &Prize| arguments.iter().any(|argument| format!("{prize:?}").eq_ignore_ascii_case(argument));
    let named: Vec<Prize> = Prize::ALL.into_iter().filter(named).collect();
    let prizes = if named.is_empty() { Prize::ALL.to_vec() } else { named };
    println!("races: {CALLERS} callers a round, {AT_ONCE} rounds at once, {rounds} rounds for each prize and engine");
    let all = Mutex::new(Tally::default());
    support::each_engine("races_bench", async |server| {
        schedule::make(&server.channel, CALLERS).await;
        // PostgreSQL is written by two servers at once; an SQLite file has one.
        let second = if server.engine() == Engine::Postgres { server.second().await } else { server.clone() };
        let channels = [server.channel.clone(), support::connect(second.address).await];
        for prize in &prizes {
            let begun = Instant::now();
            let tally = fight_for(*prize, rounds, &channels).await;
            let seconds = begun.elapsed().as_secs_f64();
            println!("{:?}, {prize:?}: {tally}; {seconds:.1} s", server.engine());
            all.lock().unwrap().add(&tally);
        }
        second.stop().await;
    })
    .await;
    let all = all.into_inner().unwrap();
    println!("all: {all}");
    ExitCode::from(u8::from(!all.is_fair()))
}

async fn fight_for(prize: Prize, rounds: i64, channels: &[Channel]) -> Tally {
    let mut tally = Tally { rounds, ..Tally::default() };
    let mut first = 0;
    while first < rounds {
        let numbers = first..rounds.min(first + AT_ONCE);
        for (number, round) in numbers.clone().zip(race::rounds(channels, prize, numbers.clone()).await) {
            if !round.is_fair(prize) {
                println!("unfair: {prize:?}, round {number}: {round:?}");
                tally.unfair += 1;
            }
            tally.winners += round.winners.len();
            for (reason, losers) in round.losers {
                *tally.losers.entry(reason).or_default() += losers;
            }
        }
        first = numbers.end;
    }
    let recount = race::recount(&channels[0], prize).await;
    tally.stored = recount.booked.values().sum();
    tally.doubles = recount.doubles;
    tally.without_winner = recount.without_winner(rounds);
    tally
}

/// What the callers were told, and what is stored.
#[derive(Default)]
struct Tally {
    rounds: i64,
    winners: usize,
    losers: BTreeMap<String, usize>,
    /// Rounds in which somebody was told something else than the prize's reason, or not exactly one won.
    unfair: usize,
    stored: usize,
    doubles: usize,
    without_winner: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.rounds += other.rounds;
        self.winners += other.winners;
        for (reason, losers) in &other.losers {
            *self.losers.entry(reason.clone()).or_default() += losers;
        }
        self.unfair += other.unfair;
        self.stored += other.stored;
        self.doubles += other.doubles;
        self.without_winner += other.without_winner;
    }

    fn is_fair(&self) -> bool {
        self.unfair + self.doubles + self.without_winner == 0 && self.stored == self.winners
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let losers: Vec<String> = self.losers.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let attempts = self.winners + self.losers.values().sum::<usize>();
        write!(
            f,
            "{} rounds, {attempts} attempts, {} winners, losers: {}; ",
            self.rounds,
            self.winners,
            losers.join(", ")
        )?;
        write!(f, "unfair rounds {}; recounted from {} stored sessions: ", self.unfair, self.stored)?;
        write!(f, "{} double bookings, {} rounds without a winner", self.doubles, self.without_winner)
    }
}

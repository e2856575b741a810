//! `homecoming bench`: load on a server that runs, from this process, and what became of it.
//!
//! It makes a programme of its own, calls for so many seconds or so many times, and counts again what is stored. Not here: what the
//! figures are compared with (`benches/reservations.rs`).
mod caller;
mod county;
mod figures;
mod machine;
mod mix;
mod recount;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::client::Line;
use clap::Args;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Failure, client};
use crate::kernel::{Clock as _, Id, SystemClock};
use caller::{Caller, Seen};
use figures::{Figures, Rounds};
use mix::{Field, Phase, Share};

/// Arguments of `homecoming bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// What is called for, each with a weight where they differ: hot (book, all at one session until it is full), sessions (book, at
    /// all in turn), hold (hold, then book), cancel (book, then cancel), move (book, then move), availability, echo (no database)
    #[arg(long, default_value = "hot", value_delimiter = ',', value_name = "KIND[=WEIGHT]", value_parser = Share::parse)]
    mix: Vec<Share>,
    /// How many call at a time, each again when it is answered
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    callers: u32,
    /// For how many seconds it is counted, at most 600; else 5, and for rounds 600
    #[arg(long, value_parser = seconds)]
    seconds: Option<Duration>,
    /// For how many seconds calls go on before they are counted
    #[arg(long, default_value = "0.5", value_parser = seconds)]
    warm_up: Duration,
    /// The most calls
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    calls: u64,
    /// How many sessions there are
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=2_000))]
    sessions: u32,
    /// How many places each has
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    capacity: u32,
    /// Instead of a mix: so many rounds in which all callers want the one place of a session
    #[arg(long, conflicts_with = "mix", value_parser = clap::value_parser!(u32).range(1..=2_000))]
    rounds: Option<u32>,
    /// How many connections; else one for 8 callers, at most 64
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    connections: Option<u32>,
    /// Whose CPU is told, with all that it started: a process's id; else whoever listens at the server's port
    #[arg(long, value_name = "PROCESS")]
    pid: Vec<u32>,
    /// The folder of the disk whose flush is timed
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    disk: PathBuf,
    /// Also a server that isn't on this machine
    #[arg(long)]
    anywhere: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: client::Server,
}

const SECONDS: f64 = 5.0;
const MOST_SECONDS: f64 = 600.0;
/// Calls that are under way at the end are waited for so long.
const LAST_ANSWERS: Duration = Duration::from_secs(60);

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=MOST_SECONDS).contains(number));
    number.map(Duration::from_secs_f64).ok_or_else(|| format!("must be a number of seconds, 0 to {MOST_SECONDS}"))
}

impl Bench {
    /// Calls, counts again, and prints what was found.
    ///
    /// # Errors
    /// That the server can't be called, or isn't on this machine, or that what it stores isn't what it answered.
    pub async fn run(self) -> Result<(), Failure> {
        if !self.anywhere && !self.server.is_on_this_machine() {
            return Err(
                "the server isn't at a loopback address: say --anywhere if it may be called a million times".into()
            );
        }
        let channels = self.connect().await?;
        let programme = format!("programmes/bench-{}", Id::fresh(SystemClock.now()));
        let capacity = if self.rounds.is_some() { 1 } else { self.capacity };
        let sessions = self.rounds.unwrap_or(self.sessions);
        let sessions = county::make(&channels, &programme, sessions, capacity).await?;
        let field = Arc::new(Field::new(programme, sessions, capacity, &self.mix, self.calls));
        let flush_micros = machine::flush_micros(&self.disk)?;
        let (figures, seen) = match self.rounds {
            Some(_) => self.fight(&channels, &field).await?,
            None => self.load(&channels, &field).await?,
        };
        let recount = recount::run(&channels[0], &field, &seen).await?;
        let is_right = recount.is_right() && figures.rounds.as_ref().is_none_or(Rounds::are_fair);
        let figures = Figures { flush_micros, recount: Some(recount), ..figures };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&figures)?);
        } else {
            print!("{figures}");
        }
        if !is_right {
            return Err("what is stored isn't what was answered: see above".into());
        }
        if figures.all.count == 0 && figures.errors.is_empty() {
            eprintln!("no call came after the warm-up: ask for more --calls, or a shorter --warm-up");
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Vec<Line>, Failure> {
        let connections = self.connections.unwrap_or_else(|| self.callers.div_ceil(8).min(64));
        let mut channels = Vec::new();
        for _ in 0..connections.min(self.callers) {
            channels.push(self.server.connect().await?);
        }
        Ok(channels)
    }

    fn processes(&self) -> Vec<u32> {
        if !self.pid.is_empty() {
            return self.pid.clone();
        }
        self.server.port().and_then(machine::listener).into_iter().collect()
    }

    /// Lets everybody call for a while.
    async fn load(&self, channels: &[Line], field: &Arc<Field>) -> Result<(Figures, Seen), Failure> {
        let mut callers = JoinSet::new();
        for (_, channel) in (0..self.callers).zip(channels.iter().cycle()) {
            callers.spawn(Caller::new(field.clone(), channel.clone()).work());
        }
        wait(self.warm_up).await;
        let (processes, begin, mut seen) = (self.processes(), machine::stopwatch(), Vec::new());
        let before = machine::cpu_micros(&processes);
        field.enter(Phase::Counted);
        tokio::select! {
            () = wait(self.seconds.unwrap_or(Duration::from_secs_f64(SECONDS))) => {}
            // Every place was taken, or every call made.
            () = ended(&mut callers, &mut seen) => {}
        }
        let (elapsed, after) = (begin.elapsed(), machine::cpu_micros(&processes));
        field.enter(Phase::Over);
        timeout(LAST_ANSWERS, ended(&mut callers, &mut seen)).await.map_err(|_| UNANSWERED)?;
        let seen = Seen::merged(seen);
        Ok((Figures::of(self, elapsed, &seen, &before, &after), seen))
    }

    /// Lets everybody fight for one place after the other.
    async fn fight(&self, channels: &[Line], field: &Arc<Field>) -> Result<(Figures, Seen), Failure> {
        let barrier = Arc::new(Barrier::new(usize::try_from(self.callers)?));
        let (processes, begin, mut seen) = (self.processes(), machine::stopwatch(), Vec::new());
        let before = machine::cpu_micros(&processes);
        field.enter(Phase::Counted);
        let mut callers = JoinSet::new();
        for (number, channel) in (0..u64::from(self.callers)).zip(channels.iter().cycle()) {
            callers.spawn(Caller::new(field.clone(), channel.clone()).fight(
                number,
                self.callers.into(),
                barrier.clone(),
            ));
        }
        tokio::select! {
            () = wait(self.seconds.unwrap_or(Duration::from_secs_f64(MOST_SECONDS))) => field.enter(Phase::Over),
            () = ended(&mut callers, &mut seen) => {}
        }
        timeout(LAST_ANSWERS, ended(&mut callers, &mut seen)).await.map_err(|_| UNANSWERED)?;
        let (elapsed, after) = (begin.elapsed(), machine::cpu_micros(&processes));
        let seen = Seen::merged(seen);
        let figures = Figures::of(self, elapsed, &seen, &before, &after);
        Ok((Figures { rounds: Some(Rounds::of(&seen)), ..figures }, seen))
    }
}

const UNANSWERED: &str = "some calls were never answered";

/// Waits until every caller has ended; what one has seen is kept as soon as it has.
async fn ended(callers: &mut JoinSet<Seen>, seen: &mut Vec<Seen>) {
    while let Some(one) = callers.join_next().await {
        seen.extend(one.ok());
    }
}

#[expect(clippy::disallowed_methods, reason = "the load has a length")]
async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

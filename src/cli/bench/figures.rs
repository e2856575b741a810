//! What was measured, for people and as JSON.
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Bench;
use super::caller::Seen;
use super::machine;
use super::recount::Recount;

/// Everything that a run tells.
#[derive(Debug, Default, Serialize)]
pub(super) struct Figures {
    pub(super) callers: u32,
    /// How long it was counted, in seconds.
    pub(super) seconds: f64,
    /// Calls that were done, a second.
    pub(super) rate: f64,
    /// All calls that were done.
    pub(super) all: Line,
    /// The same by kind of call.
    pub(super) calls: Vec<Line>,
    /// Refusals by reason.
    pub(super) errors: BTreeMap<String, u64>,
    /// CPU for each answer, refusals among them, of each process that was looked at: microseconds.
    pub(super) server_cpu_micros: Vec<f64>,
    /// CPU for each answer of this process, in microseconds, from its start on.
    pub(super) client_cpu_micros: f64,
    /// The median of a flush of 4 KiB to the disk, in microseconds.
    pub(super) flush_micros: u64,
    pub(super) rounds: Option<Rounds>,
    pub(super) recount: Option<Recount>,
}

/// How long calls took, in milliseconds.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line {
    pub(super) call: &'static str,
    pub(super) count: usize,
    pub(super) p50_ms: f64,
    pub(super) p90_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

impl Line {
    fn of(call: &'static str, mut micros: Vec<u32>) -> Line {
        micros.sort_unstable();
        let last = micros.len().saturating_sub(1);
        let at = |percent: usize| micros.get(last * percent / 100).map_or(0.0, |micros| f64::from(*micros) / 1e3);
        Line { call, count: micros.len(), p50_ms: at(50), p90_ms: at(90), p99_ms: at(99), max_ms: at(100) }
    }
}

/// What became of rounds for one place each.
#[derive(Debug, Serialize)]
pub(super) struct Rounds {
    pub(super) played: usize,
    pub(super) with_one_winner: usize,
    pub(super) without_winner: usize,
    pub(super) with_several_winners: usize,
}

impl Rounds {
    pub(super) fn of(seen: &Seen) -> Rounds {
        let with = |is: fn(u64) -> bool| seen.winners.values().filter(|winners| is(**winners)).count();
        Rounds {
            played: seen.winners.len(),
            with_one_winner: with(|winners| winners == 1),
            without_winner: with(|winners| winners == 0),
            with_several_winners: with(|winners| winners > 1),
        }
    }

    /// Whether there were rounds, and each had one winner.
    pub(super) fn are_fair(&self) -> bool {
        self.played > 0 && self.with_one_winner == self.played
    }
}

impl Figures {
    pub(super) fn of(bench: &Bench, elapsed: Duration, seen: &Seen, before: &[u64], after: &[u64]) -> Figures {
        let calls: Vec<Line> =
            seen.latencies.iter().map(|(rpc, latencies)| Line::of(rpc.name(), latencies.clone())).collect();
        let all = Line::of("all", seen.latencies.values().flatten().copied().collect());
        let refused: u64 = seen.errors.values().sum();
        let answers = (all.count as f64 + refused as f64).max(1.0);
        let each = |(before, after): (&u64, &u64)| after.saturating_sub(*before) as f64 / answers;
        Figures {
            callers: bench.callers,
            seconds: elapsed.as_secs_f64(),
            rate: all.count as f64 / elapsed.as_secs_f64(),
            all,
            calls,
            errors: seen.errors.clone(),
            server_cpu_micros: before.iter().zip(after).map(each).collect(),
            client_cpu_micros: machine::own_cpu_micros() as f64 / answers,
            ..Figures::default()
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} callers, {:.1} s: {:.0} calls a second", self.callers, self.seconds, self.rate)?;
        writeln!(out, "call             count   p50 ms   p90 ms   p99 ms   max ms")?;
        for line in self.calls.iter().chain([&self.all]) {
            let Line { call, count, p50_ms, p90_ms, p99_ms, max_ms } = line;
            writeln!(out, "{call:12} {count:9} {p50_ms:8.2} {p90_ms:8.2} {p99_ms:8.2} {max_ms:8.2}")?;
        }
        for (reason, count) in &self.errors {
            writeln!(out, "refused: {count} {reason}")?;
        }
        for micros in &self.server_cpu_micros {
            writeln!(out, "server CPU: {micros:.0} µs a call")?;
        }
        writeln!(
            out,
            "this process: {:.0} µs a call; a flush of this disk: {} µs",
            self.client_cpu_micros, self.flush_micros
        )?;
        if let Some(Rounds { played, with_one_winner, without_winner, with_several_winners }) = &self.rounds {
            writeln!(
                out,
                "{played} rounds: {with_one_winner} with one winner, {without_winner} without, {with_several_winners} with several"
            )?;
        }
        let Some(recount) = &self.recount else { return Ok(()) };
        let Recount { acknowledged, stored, taken, seated, lost, unasked, oversold, wrong } = recount;
        writeln!(
            out,
            "counted again: {acknowledged} acknowledged, {stored} stored, {taken} places taken by {seated} reservations, \
             {lost} lost, {unasked} unasked, {oversold} oversold"
        )?;
        wrong.iter().try_for_each(|wrong| writeln!(out, "  {wrong}"))
    }
}

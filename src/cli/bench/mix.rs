//! What is called for, and what all callers share: who is next, at which session, and whether it is counted.
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

use clap::ValueEnum;

/// What a caller does, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Books at the session that everybody books at, until it is full.
    Hot,
    /// Books at all sessions in turn.
    Sessions,
    /// Holds, then books what is held.
    Hold,
    /// Books, then cancels.
    Cancel,
    /// Books, then moves to the next session.
    Move,
    /// Asks what places some sessions have.
    Availability,
    /// Asks for the server's health, which needs no database.
    Echo,
}

/// A kind and its weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    kind: Kind,
    weight: usize,
}

const MOST_WEIGHT: usize = 100;

impl Share {
    /// `hot` or `hot=3`.
    pub(super) fn parse(text: &str) -> Result<Share, String> {
        let (kind, weight) = text.split_once('=').unwrap_or((text, "1"));
        let kind = Kind::from_str(kind, false)?;
        let weight = weight.parse().ok().filter(|weight| (1..=MOST_WEIGHT).contains(weight));
        Ok(Share { kind, weight: weight.ok_or_else(|| format!("a weight is 1 to {MOST_WEIGHT}"))? })
    }
}

/// Whether calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    WarmUp = 0,
    Counted = 1,
    Over = 2,
}

/// What all callers share.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) programme: String,
    /// Names of the sessions.
    pub(super) sessions: Vec<String>,
    /// Places of each.
    pub(super) capacity: u64,
    kinds: Vec<Kind>,
    /// The first sessions are filled one after the other, the others in turn.
    hot: usize,
    most: u64,
    phase: AtomicU8,
    calls: AtomicU64,
    units: AtomicU64,
    hot_places: AtomicU64,
    other_places: AtomicU64,
    no_more_rounds: AtomicBool,
}

impl Field {
    pub(super) fn new(programme: String, sessions: Vec<String>, capacity: u32, mix: &[Share], most: u64) -> Field {
        let kinds: Vec<Kind> = mix.iter().flat_map(|share| vec![share.kind; share.weight]).collect();
        let fills = |kind: &&Kind| matches!(kind, Kind::Hot);
        let spreads = |kind: &&Kind| matches!(kind, Kind::Sessions | Kind::Hold | Kind::Cancel | Kind::Move);
        let hot = match (kinds.iter().any(|kind| fills(&kind)), kinds.iter().any(|kind| spreads(&kind))) {
            (true, true) => sessions.len() / 2,
            (true, false) => sessions.len(),
            (false, _) => 0,
        };
        Field {
            programme,
            sessions,
            capacity: capacity.into(),
            kinds,
            hot,
            most,
            phase: AtomicU8::new(Phase::WarmUp as u8),
            calls: AtomicU64::new(0),
            units: AtomicU64::new(0),
            hot_places: AtomicU64::new(0),
            other_places: AtomicU64::new(0),
            no_more_rounds: AtomicBool::new(false),
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    pub(super) fn is_counted(&self) -> bool {
        self.phase.load(Relaxed) == Phase::Counted as u8
    }

    pub(super) fn is_over(&self) -> bool {
        self.phase.load(Relaxed) == Phase::Over as u8
    }

    /// The round that is about to begin isn't fought.
    pub(super) fn stop_rounds(&self) {
        self.no_more_rounds.store(true, Relaxed);
    }

    pub(super) fn are_rounds_over(&self) -> bool {
        self.no_more_rounds.load(Relaxed)
    }

    /// Whether one more call may be made.
    pub(super) fn may_call(&self) -> bool {
        self.calls.fetch_add(1, Relaxed) < self.most
    }

    /// The next thing to do, and its number.
    pub(super) fn next(&self) -> Option<(u64, Kind)> {
        let unit = self.units.fetch_add(1, Relaxed);
        let at = usize::try_from(unit).ok()?.checked_rem(self.kinds.len())?;
        Some((unit, *self.kinds.get(at)?))
    }

    /// The session of the next place where everybody books at one.
    pub(super) fn hot_session(&self) -> Option<usize> {
        let place = self.hot_places.fetch_add(1, Relaxed);
        usize::try_from(place / self.capacity).ok().filter(|session| *session < self.hot)
    }

    /// The session of the next place where sessions take turns; none once all are full.
    pub(super) fn next_session(&self) -> Option<usize> {
        let (place, others) = (self.other_places.fetch_add(1, Relaxed), self.sessions.len() - self.hot);
        let place = usize::try_from(place).ok()?;
        let round = u64::try_from(place.checked_div(others)?).ok()?;
        (round < self.capacity).then(|| self.hot + place % others)
    }

    /// The session after one of those that take turns.
    pub(super) fn session_after(&self, session: usize) -> usize {
        if session + 1 < self.sessions.len() { session + 1 } else { self.hot }
    }

    /// Some sessions to ask about.
    pub(super) fn some_sessions(&self, unit: u64) -> Vec<String> {
        const MANY: usize = 20;
        let at = usize::try_from(unit).unwrap_or_default() * MANY % self.sessions.len();
        self.sessions.iter().cycle().skip(at).take(MANY.min(self.sessions.len())).cloned().collect()
    }
}

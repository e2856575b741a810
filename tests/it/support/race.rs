//! Rounds in which many callers fight for one expert, one assistant or one room at one time.
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use futures_util::future::join_all;
use homecoming::pb;
use homecoming::pb::session_service_client::SessionServiceClient;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use super::schedule::{PARENT, TOMORROW, booking, clinic, name};

/// How many callers fight.
pub const CALLERS: usize = 64;

/// What they fight for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prize {
    Expert,
    Assistant,
    Room,
}

impl Prize {
    pub const ALL: [Prize; 3] = [Prize::Expert, Prize::Assistant, Prize::Room];

    /// What the losers are told.
    pub fn reason(self) -> &'static str {
        match self {
            Prize::Expert => "EXPERT_OCCUPIED",
            Prize::Assistant => "ASSISTANT_OCCUPIED",
            Prize::Room => "ROOM_OCCUPIED",
        }
    }
}

/// What became of one round.
#[derive(Debug, Default)]
pub struct Round {
    /// The session that was booked, of every winner.
    pub winners: Vec<String>,
    /// The reasons of the losers, and how often each was told.
    pub losers: BTreeMap<String, usize>,
}

impl Round {
    /// One winner, and everybody else was told why.
    pub fn is_fair(&self, prize: Prize) -> bool {
        self.winners.len() == 1 && self.losers == BTreeMap::from([(prize.reason().to_owned(), CALLERS - 1)])
    }
}

/// The plan of one caller: all of a round overlap in time, and share nothing but the prize. Caller `c` brings the expert and the
/// assistant `c + 1` of the schedule, which has at least [`CALLERS`] of each.
fn plan(prize: Prize, round: i64, caller: usize) -> pb::SessionPlan {
    // A day for each round and prize: what was won before stands in nobody's way. All are under way at noon.
    let day = TOMORROW.plus_minutes((round * 3 + prize as i64) * 24 * 60);
    let from = day.plus_minutes(8 * 60 + i64::try_from(caller * 7 % 60).unwrap());
    let until = day.plus_minutes(12 * 60 + 1 + i64::try_from(caller % 30).unwrap());
    let own = clinic(caller + 1, 8, 12);
    let shared = clinic(1, 8, 12);
    pb::SessionPlan {
        kind: pb::SessionKind::Teaching as i32,
        expert: if prize == Prize::Expert { shared.expert } else { own.expert },
        assistant: if prize == Prize::Assistant { shared.assistant } else { own.assistant },
        room: if prize == Prize::Room { shared.room } else { String::new() },
        start_time: Some(from.into()),
        end_time: Some(until.into()),
        ..own
    }
}

/// Lets every caller book at once, each over a channel of the servers in turn.
pub async fn round(channels: &[Channel], prize: Prize, round: i64) -> Round {
    let barrier = Arc::new(Barrier::new(CALLERS));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let mut client = SessionServiceClient::new(channels[caller % channels.len()].clone());
        let barrier = barrier.clone();
        callers.spawn(async move {
            let id = format!("{prize:?}-{round}-{caller}").to_lowercase();
            let request = booking(&id, plan(prize, round, caller));
            barrier.wait().await;
            client.book_session(request).await.map(|session| session.into_inner().name)
        });
    }
    let mut result = Round::default();
    for answer in callers.join_all().await {
        match answer {
            Ok(session) => result.winners.push(session),
            Err(status) => {
                let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
                *result.losers.entry(reason.unwrap_or_else(|| status.to_string())).or_default() += 1;
            }
        }
    }
    result
}

/// Fights several rounds at once: each on a day of its own, so that they share the servers and nothing else.
pub async fn rounds(channels: &[Channel], prize: Prize, numbers: Range<i64>) -> Vec<Round> {
    join_all(numbers.map(|number| round(channels, prize, number))).await
}

/// What is stored, whoever was told what.
#[derive(Debug, Default)]
pub struct Recount {
    /// How many sessions of each round there are.
    pub booked: BTreeMap<i64, usize>,
    /// Sessions that begin before another one with the same expert, assistant or room has ended.
    pub doubles: usize,
}

impl Recount {
    fn of(sessions: &[pb::Session], prefix: &str) -> Recount {
        let mut recount = Recount::default();
        let mut taken: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
        for session in sessions {
            let number = session.name.strip_prefix(prefix).unwrap().split('-').next().unwrap();
            *recount.booked.entry(number.parse().unwrap()).or_default() += 1;
            let plan = session.plan.as_ref().unwrap();
            let seconds = |time: &Option<prost_types::Timestamp>| time.as_ref().unwrap().seconds;
            let time = (seconds(&plan.start_time), seconds(&plan.end_time));
            // All are at one site, and no room is called like a person.
            for resource in [&plan.expert, &plan.assistant, &plan.room].into_iter().filter(|it| !it.is_empty()) {
                taken.entry(resource).or_default().push(time);
            }
        }
        for times in taken.values_mut() {
            times.sort_unstable();
            let mut busy_until = i64::MIN;
            for (start, end) in times {
                recount.doubles += usize::from(*start < busy_until);
                busy_until = busy_until.max(*end);
            }
        }
        recount
    }

    /// Whether every one of so many rounds has one session, and nobody and nothing is taken twice.
    pub fn is_fair(&self, rounds: i64) -> bool {
        self.doubles == 0 && self.without_winner(rounds) == 0 && self.booked.values().all(|sessions| *sessions == 1)
    }

    /// How many of so many rounds have no session.
    pub fn without_winner(&self, rounds: i64) -> usize {
        (0..rounds).filter(|round| !self.booked.contains_key(round)).count()
    }
}

/// Counts again from the sessions as they are listed.
pub async fn recount(channel: &Channel, prize: Prize) -> Recount {
    let mut client = SessionServiceClient::new(channel.clone());
    let mut request = pb::ListSessionsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    let prefix = name("sessions", &format!("{prize:?}-").to_lowercase());
    let mut sessions = Vec::new();
    loop {
        let page = client.list_sessions(request.clone()).await.unwrap().into_inner();
        sessions.extend(page.sessions.into_iter().filter(|session| session.name.starts_with(&prefix)));
        if page.next_page_token.is_empty() {
            return Recount::of(&sessions, &prefix);
        }
        request.page_token = page.next_page_token;
    }
}

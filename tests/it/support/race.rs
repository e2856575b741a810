//! Rounds in which many callers fight for one expert, one assistant or one room at one time.
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// The sessions that the schedule holds for the prize: one a round.
pub async fn booked(channel: &Channel, prize: Prize) -> Vec<String> {
    let mut client = SessionServiceClient::new(channel.clone());
    let mut request = pb::ListSessionsRequest {
        parent: PARENT.to_owned(),
        page_size: 1000,
        state: pb::SessionState::Confirmed as i32,
        ..Default::default()
    };
    let prefix = name("sessions", &format!("{prize:?}-").to_lowercase());
    let mut names = Vec::new();
    loop {
        let page = client.list_sessions(request.clone()).await.unwrap().into_inner();
        names.extend(page.sessions.into_iter().map(|session| session.name).filter(|name| name.starts_with(&prefix)));
        if page.next_page_token.is_empty() {
            return names;
        }
        request.page_token = page.next_page_token;
    }
}

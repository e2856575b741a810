//! What becomes of sessions: every verb from every state, outcomes in versions, lists and counts.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::session_service_client::SessionServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, name, record};

type Client = SessionServiceClient<Channel>;

fn complete(id: &str) -> pb::CompleteSessionRequest {
    pb::CompleteSessionRequest { name: name("sessions", id), ..Default::default() }
}

fn not_held(id: &str) -> pb::MarkSessionNotHeldRequest {
    let cause = pb::NotHeldCause::ForceMajeure as i32;
    pb::MarkSessionNotHeldRequest { name: name("sessions", id), cause, ..Default::default() }
}

fn cancel(id: &str) -> pb::CancelSessionRequest {
    let party = pb::CancelParty::Expert as i32;
    pb::CancelSessionRequest { name: name("sessions", id), party, ..Default::default() }
}

fn start(id: &str, hour: i64) -> pb::StartSessionRequest {
    let actual_start_time = Some(at(hour, 5));
    pb::StartSessionRequest { name: name("sessions", id), actual_start_time, ..Default::default() }
}

fn correct(id: &str, state: pb::SessionState) -> pb::CorrectSessionOutcomeRequest {
    let cause = if state == pb::SessionState::NotHeld { pb::NotHeldCause::RecordedInError as i32 } else { 0 };
    pb::CorrectSessionOutcomeRequest {
        name: name("sessions", id),
        state: state as i32,
        note: "纸面记录有误".to_owned(),
        cause,
        ..Default::default()
    }
}

/// Brings a fresh session into a state.
pub async fn in_state(client: &mut Client, id: &str, hour: i64, state: pb::SessionState) {
    client.book_session(booking(id, clinic(1, hour, hour + 1))).await.unwrap();
    match state {
        pb::SessionState::Confirmed => {}
        pb::SessionState::InProgress => drop(client.start_session(start(id, hour)).await.unwrap()),
        pb::SessionState::Completed => drop(client.complete_session(complete(id)).await.unwrap()),
        pb::SessionState::NotHeld => drop(client.mark_session_not_held(not_held(id)).await.unwrap()),
        pb::SessionState::Cancelled => drop(client.cancel_session(cancel(id)).await.unwrap()),
        pb::SessionState::Unspecified
        | pb::SessionState::Tentative
        | pb::SessionState::Proposed
        | pb::SessionState::Lapsed
        | pb::SessionState::Voided => panic!("not reached by these verbs"),
    }
}

async fn apply(client: &mut Client, verb: &str, id: &str, hour: i64) -> Result<Response<pb::Session>, Status> {
    match verb {
        "start" => client.start_session(start(id, hour)).await,
        "complete" => client.complete_session(complete(id)).await,
        "mark_not_held" => client.mark_session_not_held(not_held(id)).await,
        "cancel" => client.cancel_session(cancel(id)).await,
        "to_completed" => client.correct_session_outcome(correct(id, pb::SessionState::Completed)).await,
        "to_not_held" => client.correct_session_outcome(correct(id, pb::SessionState::NotHeld)).await,
        other => panic!("no verb {other}"),
    }
}

#[tokio::test]
async fn every_verb_from_every_state() {
    use pb::SessionState::{Cancelled, Completed, Confirmed, InProgress, NotHeld};
    each_engine("session_verbs", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        let verbs = ["start", "complete", "mark_not_held", "cancel", "to_completed", "to_not_held"];
        let targets = [InProgress, Completed, NotHeld, Cancelled, Completed, NotHeld];
        let legal = [
            (Confirmed, &[0, 1, 2, 3][..]),
            (InProgress, &[1, 2]),
            (Completed, &[5]),
            (NotHeld, &[4]),
            (Cancelled, &[]),
        ];
        let mut hour = 0;
        for (state, allowed) in legal {
            for (at, verb) in verbs.iter().enumerate() {
                let id = format!("v{hour}");
                in_state(&mut client, &id, hour % 12, state).await;
                let answer = apply(&mut client, verb, &id, hour % 12).await;
                hour += 1;
                if allowed.contains(&at) {
                    assert_eq!(answer.unwrap().into_inner().state(), targets[at], "{verb} from {state:?}");
                } else {
                    let refusal = refused(answer);
                    assert_eq!((refusal.code, refusal.reason), (Code::FailedPrecondition, Reason::IllegalTransition));
                    let code = |state: pb::SessionState| state.as_str_name().replace("SESSION_STATE_", "");
                    assert_eq!(refusal.metadata["state"], code(state));
                    assert_eq!(refusal.metadata["target"], code(targets[at]));
                    assert_eq!(refusal.metadata["name"], name("sessions", &id));
                }
                // Free the time for the next one, whatever came of it.
                drop(client.complete_session(complete(&id)).await);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_outcome_keeps_its_versions() {
    each_engine("session_outcomes", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        client.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        let early = refused(client.complete_session(complete("s1")).await);
        assert_eq!(early.reason, Reason::SessionNotDue);
        assert_eq!(refused(client.mark_session_not_held(not_held("s1")).await).reason, Reason::SessionNotDue);
        server.clock.set(TOMORROW.plus_minutes(48 * 60));
        let request = pb::CompleteSessionRequest {
            actual_start_time: Some(at(13, 30)),
            actual_end_time: Some(at(15, 0)),
            credited_expert: name("experts", "e2"),
            ..complete("s1")
        };
        let stale = pb::CompleteSessionRequest { etag: "old".to_owned(), ..request.clone() };
        assert_eq!(refused(client.complete_session(stale).await).reason, Reason::EtagMismatch);
        let held = client.complete_session(request).await.unwrap().into_inner();
        // It counts where and when it really was, for who came.
        assert_eq!(held.half_day(), pb::HalfDay::Afternoon);
        assert_eq!(held.credited_expert, name("experts", "e2"));
        assert_eq!(held.actual_start_time, Some(at(13, 30)));
        let found: Vec<_> = held.irregularities.iter().map(|note| note.irregularity()).collect();
        assert_eq!(
            found,
            [pb::Irregularity::NoConsent, pb::Irregularity::NoPairing],
            "whoever came was not the one who said yes"
        );

        let corrected = client.correct_session_outcome(correct("s1", pb::SessionState::NotHeld)).await.unwrap();
        assert_eq!(corrected.get_ref().half_day(), pb::HalfDay::Morning);
        assert_eq!(corrected.get_ref().credited_expert, "");
        assert_eq!(corrected.get_ref().not_held_cause(), pb::NotHeldCause::RecordedInError);
        client.correct_session_outcome(correct("s1", pb::SessionState::Completed)).await.unwrap();
        let list = pb::ListSessionOutcomesRequest { parent: name("sessions", "s1"), ..Default::default() };
        let outcomes = client.list_session_outcomes(list).await.unwrap().into_inner().outcomes;
        let states: Vec<_> = outcomes.iter().map(|outcome| (outcome.version, outcome.state())).collect();
        let expected =
            [(1, pb::SessionState::Completed), (2, pb::SessionState::NotHeld), (3, pb::SessionState::Completed)];
        assert_eq!(states, expected);
        assert_eq!(outcomes[0].until_sequence, outcomes[1].since_sequence);
        assert_eq!(outcomes[1].until_sequence, outcomes[2].since_sequence);
        assert_eq!(outcomes[2].until_sequence, 0);
        assert_eq!(outcomes[0].credited_expert, name("experts", "e2"));
        assert_eq!(outcomes[2].credited_expert, name("experts", "e1"));
        assert_eq!(outcomes[1].note, "纸面记录有误");
    })
    .await;
}

#[tokio::test]
async fn cancelling_asks_the_expert_for_nothing_and_frees_the_time() {
    each_engine("session_cancel", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        client.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        let site = pb::CancelSessionRequest { party: pb::CancelParty::Site as i32, ..cancel("s1") };
        assert_eq!(refused(client.cancel_session(site).await).violations, [("code".to_owned(), Reason::Required)]);
        let cancelled = client.cancel_session(cancel("s1")).await.unwrap().into_inner();
        assert_eq!((cancelled.cancel_party(), cancelled.cancel_code), (pb::CancelParty::Expert, 0));
        client.book_session(booking("s2", clinic(1, 8, 12))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn lists_filter_and_page() {
    each_engine("session_list", async |server| {
        let mut client = schedule::make(&server.channel, 3).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        for number in 1..=3 {
            for hour in [8, 14] {
                let plan = pb::SessionPlan {
                    room: String::new(),
                    co_experts: if number == 3 { vec![name("experts", "e1")] } else { Vec::new() },
                    ..clinic(number, hour, hour + 1)
                };
                client.record_held_session(record(&format!("r{number}-{hour}"), plan)).await.unwrap();
            }
        }
        let plan = pb::SessionPlan {
            external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "7".to_owned() }],
            ..clinic(1, 96, 97)
        };
        client.book_session(booking("later", plan)).await.unwrap();
        let all = pb::ListSessionsRequest { parent: PARENT.to_owned(), page_size: 3, ..Default::default() };
        let mut seen = Vec::new();
        let mut request = all.clone();
        loop {
            let page = client.list_sessions(request.clone()).await.unwrap().into_inner();
            seen.extend(page.sessions.iter().map(|session| session.name.rsplit('/').next().unwrap().to_owned()));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, ["r1-8", "r2-8", "r3-8", "r1-14", "r2-14", "r3-14", "later"]);
        let his = pb::ExternalId { system: "his".to_owned(), value: "7".to_owned() };
        let filters = [
            (pb::ListSessionsRequest { expert: name("experts", "e1"), ..all.clone() }, 3),
            (pb::ListSessionsRequest { co_expert: name("experts", "e1"), ..all.clone() }, 2),
            (pb::ListSessionsRequest { assistant: name("assistants", "a2"), ..all.clone() }, 2),
            (pb::ListSessionsRequest { site: name("sites", "pukou"), ..all.clone() }, 0),
            (pb::ListSessionsRequest { state: pb::SessionState::Confirmed as i32, ..all.clone() }, 1),
            (pb::ListSessionsRequest { kind: pb::SessionKind::Operation as i32, ..all.clone() }, 0),
            (pb::ListSessionsRequest { half_day: pb::HalfDay::Afternoon as i32, ..all.clone() }, 3),
            (pb::ListSessionsRequest { external_id: Some(his), ..all.clone() }, 1),
            (pb::ListSessionsRequest { start_time_from: Some(at(14, 0)), start_time_until: Some(at(96, 0)), ..all }, 3),
        ];
        for (request, count) in filters {
            assert_eq!(
                client.list_sessions(request.clone()).await.unwrap().get_ref().sessions.len(),
                count,
                "{request:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_session_is_accounted_for() {
    each_engine("session_totals", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        let states = [
            pb::SessionState::Confirmed,
            pb::SessionState::InProgress,
            pb::SessionState::Completed,
            pb::SessionState::NotHeld,
            pb::SessionState::Cancelled,
        ];
        for (at, state) in states.into_iter().enumerate() {
            in_state(&mut client, &format!("s{at}"), i64::try_from(at).unwrap(), state).await;
        }
        client.book_session(booking("future", clinic(1, 96, 97))).await.unwrap();
        client.record_held_session(record("recorded", clinic(1, 20, 21))).await.unwrap();
        let request = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
        let totals = client.get_session_control_totals(request).await.unwrap().into_inner();
        let expected = pb::SessionControlTotals {
            ever_confirmed: 7,
            completed: 2,
            cancelled: 1,
            not_held: 1,
            in_progress: 1,
            unresolved: 1,
            future: 1,
            balanced: true,
            voided: 0,
        };
        assert_eq!(totals, expected);
    })
    .await;
}

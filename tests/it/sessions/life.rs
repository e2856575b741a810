//! The life of sessions: every verb from every state, holds, proposals, moves, and what lapses.
use homecoming::kernel::{Reason, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::SessionState::{
    Cancelled, Completed, Confirmed, InProgress, Lapsed, NotHeld, Proposed, Tentative, Voided,
};
use homecoming::pb::calendar_service_client::CalendarServiceClient;
use homecoming::pb::charter_service_client::CharterServiceClient;
use homecoming::server::lapses::sessions as sweep;
use tonic::{Code, Request, Response, Status};

use super::deeds::*;
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, date, name};

/// Brings a fresh session into a state; it begins at `hour`, and the clock stands at 0.
async fn in_state(client: &mut Client, id: &str, hour: i64, state: pb::SessionState) {
    let plan = clinic(1, hour, hour + 1);
    let deadline = at(hour, 0);
    let book = || pb::BookSessionRequest { consent: Some(yes()), ..booking(id, plan.clone()) };
    match state {
        Tentative => drop(client.create_hold(hold(id, plan.clone())).await.unwrap()),
        Proposed | Lapsed => drop(client.propose_session(propose(id, plan.clone(), deadline)).await.unwrap()),
        Confirmed | InProgress | Completed | NotHeld | Cancelled | Voided => {
            drop(client.book_session(book()).await.unwrap());
        }
        pb::SessionState::Unspecified => panic!("no such state"),
    }
    let begun = pb::StartSessionRequest { actual_start_time: Some(at(hour, 5)), ..start(id) };
    match state {
        InProgress => drop(client.start_session(begun).await.unwrap()),
        Completed | Voided => drop(client.complete_session(complete(id)).await.unwrap()),
        NotHeld => {
            drop(client.mark_session_not_held(not_held(id, pb::NotHeldCause::ForceMajeure)).await.unwrap());
        }
        Cancelled => drop(client.cancel_session(cancel(id)).await.unwrap()),
        Lapsed => drop(client.respond_session(answer(id, pb::SessionAnswer::Decline)).await.unwrap()),
        pb::SessionState::Unspecified | Tentative | Proposed | Confirmed => {}
    }
    if state == Voided {
        client.void_session(void(id)).await.unwrap();
    }
}

const VERBS: [(&str, pb::SessionState, &[pb::SessionState]); 16] = [
    ("confirm", Confirmed, &[Tentative]),
    ("accept", Confirmed, &[Proposed]),
    ("decline", Lapsed, &[Proposed]),
    ("counter", Proposed, &[Proposed]),
    ("cancel", Cancelled, &[Tentative, Proposed, Confirmed]),
    ("reschedule", Confirmed, &[Confirmed]),
    ("replace_expert", Confirmed, &[Confirmed]),
    ("replace_assistant", Confirmed, &[Confirmed]),
    ("replace_room", Confirmed, &[Confirmed]),
    ("delay", Confirmed, &[Confirmed]),
    ("start", InProgress, &[Confirmed]),
    ("complete", Completed, &[Confirmed, InProgress]),
    ("mark_not_held", NotHeld, &[Confirmed, InProgress]),
    ("to_completed", Completed, &[NotHeld]),
    ("to_not_held", NotHeld, &[Completed]),
    ("void", Voided, &[Completed, NotHeld]),
];

async fn apply(client: &mut Client, verb: &str, id: &str, hour: i64) -> Result<Response<pb::Session>, Status> {
    let begun = pb::StartSessionRequest { actual_start_time: Some(at(hour, 5)), ..start(id) };
    match verb {
        "confirm" => client.book_session(confirm(id)).await,
        "accept" => client.respond_session(answer(id, pb::SessionAnswer::Accept)).await,
        "decline" => client.respond_session(answer(id, pb::SessionAnswer::Decline)).await,
        "counter" => client.respond_session(counter(id, hour + 2, hour + 3)).await,
        "cancel" => client.cancel_session(cancel(id)).await,
        "reschedule" => client.reschedule_session(reschedule(id, hour + 2, hour + 3)).await,
        "replace_expert" => client.replace_session_expert(replace_expert(id, "e2")).await,
        "replace_assistant" => client.replace_session_assistant(replace_assistant(id, "a2")).await,
        "replace_room" => client.replace_session_room(replace_room(id, "c2")).await,
        "delay" => client.report_session_delay(delay(id, 30)).await,
        "start" => client.start_session(begun).await,
        "complete" => client.complete_session(complete(id)).await,
        "mark_not_held" => client.mark_session_not_held(not_held(id, pb::NotHeldCause::NoPatients)).await,
        "to_completed" => client.correct_session_outcome(correct(id, Completed)).await,
        "to_not_held" => client.correct_session_outcome(correct(id, NotHeld)).await,
        "void" => client.void_session(void(id)).await,
        other => panic!("no verb {other}"),
    }
}

#[tokio::test]
async fn every_verb_from_every_state() {
    each_engine("session_life", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        always_offered(&server.channel, "e1").await;
        always_offered(&server.channel, "e2").await;
        server.clock.set(TOMORROW);
        let states = [Tentative, Proposed, Confirmed, InProgress, Completed, NotHeld, Cancelled, Lapsed, Voided];
        for (at_verb, (verb, target, legal)) in VERBS.into_iter().enumerate() {
            for (at_state, state) in states.into_iter().enumerate() {
                let case = i64::try_from(at_verb * states.len() + at_state).unwrap();
                // Each on a day of its own: those that wait in the future, the others in the past.
                let day = if matches!(state, Tentative | Proposed | Lapsed) { case + 1 } else { -case - 1 };
                let (id, hour) = (format!("v{case}"), day * 24 + 8);
                in_state(&mut client, &id, hour, state).await;
                let answer = apply(&mut client, verb, &id, hour).await;
                if legal.contains(&state) {
                    let session = answer.unwrap_or_else(|status| panic!("{verb} from {state:?}: {status:?}"));
                    assert_eq!(session.into_inner().state(), target, "{verb} from {state:?}");
                    continue;
                }
                let refusal = refused(answer);
                assert_eq!(refusal.reason, Reason::IllegalTransition, "{verb} from {state:?}");
                assert_eq!(refusal.code, Code::FailedPrecondition);
                let code = |state: pb::SessionState| state.as_str_name().replace("SESSION_STATE_", "");
                assert_eq!(refusal.metadata["state"], code(state));
                assert_eq!(refusal.metadata["target"], code(target), "{verb} from {state:?}");
                assert_eq!(refusal.metadata["name"], name("sessions", &id));
                assert_eq!(get(&mut client, &id).await.state(), state);
            }
        }
        let request = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
        let totals = client.get_session_control_totals(request).await.unwrap().into_inner();
        assert!(totals.balanced, "{totals:?}");
        assert!(totals.voided > 0);
    })
    .await;
}

#[tokio::test]
async fn a_hold_lapses_for_everybody_at_its_instant() {
    each_engine("session_hold", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        always_offered(&server.channel, "e1").await;
        server.clock.set(TOMORROW);
        let alone = refused(client.create_hold(hold("none", clinic(2, 8, 12))).await);
        assert_eq!(alone.reason, Reason::OfferRequired, "a hold is inside a standing offer");
        let long = pb::CreateHoldRequest { minutes: 2881, ..hold("long", clinic(1, 8, 12)) };
        let long = refused(client.create_hold(long).await);
        assert_eq!(long.violations, [("minutes".to_owned(), Reason::HoldTooLong)]);
        let held = client.create_hold(hold("h1", clinic(1, 8, 12))).await.unwrap().into_inner();
        assert_eq!((held.state(), held.lapse_time), (Tentative, Some(at(0, 15))));
        // The room is e2's only once the hold has lapsed.
        let other = pb::SessionPlan { room: "c1".to_owned(), ..clinic(2, 8, 12) };
        server.clock.set(TOMORROW.plus_minutes(14));
        let taken = refused(client.book_session(booking("s2", other.clone())).await);
        assert_eq!((taken.reason, taken.metadata["session"].as_str()), (Reason::RoomOccupied, "h1"));
        server.clock.set(TOMORROW.plus_minutes(15));
        let seen = get(&mut client, "h1").await;
        assert_eq!((seen.state(), seen.lapse_time), (Lapsed, None));
        let list = async |state: pb::SessionState| {
            let request =
                pb::ListSessionsRequest { parent: PARENT.to_owned(), state: state as i32, ..Default::default() };
            server_list(&server.channel, request).await
        };
        assert_eq!(list(Lapsed).await, ["h1"]);
        assert_eq!(list(Tentative).await, [""; 0]);
        assert_eq!(refused(client.book_session(confirm("h1")).await).metadata["state"], "LAPSED");
        client.book_session(booking("s2", other)).await.unwrap();
        assert_eq!(changes(&server.db, "h1").await, ["create", "lapse"]);
        assert_eq!(get(&mut client, "h1").await.state(), Lapsed);
        let totals = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
        let totals = client.get_session_control_totals(totals).await.unwrap().into_inner();
        assert_eq!((totals.ever_confirmed, totals.cancelled, totals.balanced), (1, 0, true));
        // Confirmed in time it is booked, without another yes.
        client.create_hold(hold("h3", clinic(1, 13, 17))).await.unwrap();
        let booked = client.book_session(confirm("h3")).await.unwrap().into_inner();
        assert_eq!((booked.state(), booked.lapse_time), (Confirmed, None));
        server.clock.set(TOMORROW.plus_minutes(24 * 60));
        assert_eq!(get(&mut client, "h3").await.state(), Confirmed);
    })
    .await;
}

async fn server_list(channel: &tonic::transport::Channel, request: pb::ListSessionsRequest) -> Vec<String> {
    let answer = Client::new(channel.clone()).list_sessions(request).await.unwrap().into_inner();
    answer.sessions.iter().map(|session| session.name.rsplit('/').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_server_among_several_writes_down_what_lapsed() {
    each_engine("session_sweep", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        always_offered(&server.channel, "e1").await;
        server.clock.set(TOMORROW);
        for (id, from) in [("h1", 8), ("h2", 10)] {
            let minutes = if id == "h1" { 15 } else { 30 };
            let request = pb::CreateHoldRequest { minutes, ..hold(id, clinic(1, from, from + 1)) };
            client.create_hold(request).await.unwrap();
        }
        // The server's own sweeper takes part: whoever comes first, each lapse is written once.
        server.clock.set(TOMORROW.plus_minutes(20));
        sweep(&server.db, "one").await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(20 + 24 * 60));
        let (one, two) = tokio::join!(sweep(&server.db, "one"), sweep(&server.db, "two"));
        assert!(one.unwrap() + two.unwrap() <= 1);
        for id in ["h1", "h2"] {
            assert_eq!(changes(&server.db, id).await, ["create", "lapse"]);
        }
        assert_eq!(sweep(&server.db, "three").await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_proposal_waits_for_a_yes() {
    each_engine("session_proposal", async |server| {
        let mut client = schedule::make(&server.channel, 3).await;
        server.clock.set(TOMORROW);
        let plan = || clinic(1, 56, 60);
        let late = refused(client.propose_session(propose("p1", plan(), at(57, 0))).await);
        assert_eq!(late.violations, [("deadline".to_owned(), Reason::Inconsistent)]);
        let made = client.propose_session(propose("p1", plan(), at(24, 0))).await.unwrap().into_inner();
        assert_eq!((made.state(), made.awaiting()), (Proposed, pb::Awaiting::Expert));
        assert_eq!((made.proposed_time, made.lapse_time), (Some(at(0, 0)), Some(at(24, 0))));
        // The room is kept, the expert's time isn't.
        let same_room = refused(client.book_session(booking("s2", clinic(2, 56, 60))).await);
        assert_eq!(same_room.reason, Reason::RoomOccupied);
        let elsewhere =
            pb::SessionPlan { room: "c2".to_owned(), assistant: name("assistants", "a3"), ..clinic(1, 57, 58) };
        client.book_session(booking("s3", elsewhere)).await.unwrap();
        let not_heard = pb::RespondSessionRequest { consent: None, ..answer("p1", pb::SessionAnswer::Accept) };
        assert_eq!(refused(client.respond_session(not_heard).await).violations[0].0, "consent");
        let wrong_party = refused(client.respond_session(office("p1", pb::SessionAnswer::Accept)).await);
        assert_eq!((wrong_party.reason, wrong_party.metadata["awaiting"].as_str()), (Reason::NotAwaited, "EXPERT"));
        let occupied = refused(client.respond_session(answer("p1", pb::SessionAnswer::Accept)).await);
        assert_eq!(occupied.reason, Reason::ExpertOccupied, "{occupied:?}");
        // The expert's own times, then the office's yes.
        let countered = client.respond_session(counter("p1", 61, 65)).await.unwrap().into_inner();
        assert_eq!((countered.state(), countered.awaiting()), (Proposed, pb::Awaiting::Office));
        assert_eq!(countered.plan.clone().unwrap().start_time, Some(at(61, 0)));
        client.book_session(booking("s4", clinic(2, 56, 60))).await.unwrap();
        let booked = client.respond_session(office("p1", pb::SessionAnswer::Accept)).await.unwrap().into_inner();
        assert_eq!((booked.state(), booked.consents.len()), (Confirmed, 1));
        assert_eq!(changes(&server.db, "p1").await, ["create", "counter", "accept"]);
    })
    .await;
}

#[tokio::test]
async fn how_a_proposal_lapsed_is_the_experts_alone_to_see() {
    each_engine("session_lapse_cause", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        client.propose_session(propose("p1", clinic(1, 32, 36), at(20, 0))).await.unwrap();
        client.propose_session(propose("p2", clinic(1, 38, 40), at(20, 0))).await.unwrap();
        client.respond_session(answer("p1", pb::SessionAnswer::Decline)).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(21 * 60));
        sweep(&server.db, "test").await.unwrap();
        for (id, cause) in [("p1", pb::LapseCause::Declined), ("p2", pb::LapseCause::Deadline)] {
            let seen = get(&mut client, id).await;
            assert_eq!((seen.state(), seen.lapse_cause()), (Lapsed, pb::LapseCause::Unspecified));
            assert_eq!(changes(&server.db, id).await, ["create", "lapse"], "the log doesn't tell");
            for (person, shown) in [("e1", cause), ("e2", pb::LapseCause::Unspecified)] {
                let mut request = Request::new(pb::GetSessionRequest { name: name("sessions", id) });
                request.metadata_mut().insert("x-homecoming-person", person.parse().unwrap());
                let seen = client.get_session(request).await.unwrap().into_inner();
                assert_eq!(seen.lapse_cause(), shown, "{person} of {id}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_expert_of_a_proposal_is_asked() {
    each_engine("session_co_experts", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        let plan = pb::SessionPlan { co_experts: vec![name("experts", "e2")], ..clinic(1, 32, 36) };
        client.propose_session(propose("p1", plan, at(20, 0))).await.unwrap();
        let half = client.respond_session(answer("p1", pb::SessionAnswer::Accept)).await.unwrap().into_inner();
        assert_eq!((half.state(), half.awaiting(), half.consents.len()), (Proposed, pb::Awaiting::Expert, 1));
        let theirs = |expert: &str| pb::RespondSessionRequest {
            expert: name("experts", expert),
            ..answer("p1", pb::SessionAnswer::Accept)
        };
        let stranger = refused(client.respond_session(theirs("e9")).await);
        assert_eq!(stranger.violations, [("expert".to_owned(), Reason::Inconsistent)]);
        let both = client.respond_session(theirs("e2")).await.unwrap().into_inner();
        assert_eq!((both.state(), both.consents.len()), (Confirmed, 2));
    })
    .await;
}

#[tokio::test]
async fn a_counter_stays_inside_the_charter() {
    each_engine("session_counter", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        let quiet = pb::QuietDates { from_date: Some(date(2024, 4, 4)), to_date: Some(date(2024, 4, 4)) };
        let charter = pb::Charter { name: name("charters", "e1"), quiet_dates: vec![quiet], ..Default::default() };
        let update = pb::UpdateCharterRequest {
            charter: Some(charter),
            update_mask: Some(prost_types::FieldMask { paths: vec!["quiet_dates".to_owned()] }),
            ..Default::default()
        };
        CharterServiceClient::new(server.channel.clone()).update_charter(update).await.unwrap();
        client.propose_session(propose("p1", clinic(1, 32, 36), at(20, 0))).await.unwrap();
        // 2024-04-04 begins 48 hours after tomorrow's midnight.
        let quiet = refused(client.respond_session(counter("p1", 56, 60)).await);
        assert_eq!((quiet.reason, quiet.metadata["limit"].as_str()), (Reason::CharterLimit, "quiet_dates"));
        assert_eq!(get(&mut client, "p1").await.awaiting(), pb::Awaiting::Expert, "nothing has changed");
        client.respond_session(counter("p1", 80, 84)).await.unwrap();
        let booked = client.respond_session(office("p1", pb::SessionAnswer::Accept)).await.unwrap().into_inner();
        assert_eq!(booked.state(), Confirmed);
    })
    .await;
}

#[tokio::test]
async fn who_takes_back_an_offer_or_is_away_is_heard_by_the_plans() {
    each_engine("session_attention", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        let offer = offered(&server.channel, "e1", (0, 24)).await;
        let inside = pb::BookSessionRequest { consent: None, ..booking("inside", clinic(1, 32, 36)) };
        client.book_session(inside).await.unwrap();
        client.book_session(booking("agreed", clinic(1, 37, 40))).await.unwrap();
        let beside =
            pb::SessionPlan { co_experts: vec![name("experts", "e1")], room: "c2".to_owned(), ..clinic(2, 56, 58) };
        client.book_session(booking("beside", beside)).await.unwrap();
        let mut calendar = CalendarServiceClient::new(server.channel.clone());
        calendar.withdraw_offer(pb::WithdrawOfferRequest { name: offer, ..Default::default() }).await.unwrap();
        for (id, found) in [("inside", 1), ("agreed", 0), ("beside", 1)] {
            let seen = get(&mut client, id).await;
            assert_eq!(attention(&seen), vec![pb::Irregularity::NoConsent; found], "{id}");
            assert_eq!(changes(&server.db, id).await, ["create", "attention"], "{id}");
        }
        assert_eq!(
            get(&mut client, "inside").await.state(),
            Confirmed,
            "the plan itself stands until somebody decides"
        );
    })
    .await;
}

#[tokio::test]
async fn vocabularies_of_answers_are_the_protos() {
    assert_eq!(homecoming::sessions::Awaiting::Expert.number(), pb::Awaiting::Expert as i32);
    assert_eq!(homecoming::sessions::LapseCause::Deadline.number(), pb::LapseCause::Deadline as i32);
}

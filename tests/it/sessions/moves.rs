//! Plans that change while they stand: moves at once and moves that wait, delays, cancelled batches, suspended sites, series,
//! and rules that are set aside.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::SessionState::{Cancelled, Confirmed, InProgress};
use homecoming::server::lapses::sessions as sweep;
use tonic::Request;

use super::deeds::*;
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, date, name};

#[tokio::test]
async fn a_move_inside_an_offer_is_made_at_once() {
    each_engine("session_moved", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        offered(&server.channel, "e1", (8, 18)).await;
        server.clock.set(TOMORROW);
        let booked = pb::BookSessionRequest { consent: None, ..booking("s1", clinic(1, 32, 36)) };
        client.book_session(booked).await.unwrap();
        let moved = client.reschedule_session(reschedule("s1", 37, 41)).await.unwrap().into_inner();
        assert_eq!((moved.state(), moved.proposed_move), (Confirmed, None));
        let plan = moved.plan.clone().unwrap();
        assert_eq!((plan.start_time, moved.half_day), (Some(at(37, 0)), pb::HalfDay::Afternoon as i32));
        // The old time is free, the new one isn't.
        client.book_session(booking("s2", clinic(2, 32, 36))).await.unwrap();
        assert_eq!(refused(client.book_session(booking("s3", clinic(2, 37, 38))).await).reason, Reason::RoomOccupied);
        let other = client.replace_session_room(replace_room("s1", "c2")).await.unwrap().into_inner();
        assert_eq!(other.plan.clone().unwrap().room, "c2");
        client.book_session(booking("s3", clinic(2, 37, 38))).await.unwrap();
        let busy = refused(client.replace_session_assistant(replace_assistant("s1", "a2")).await);
        assert_eq!(busy.reason, Reason::AssistantOccupied);
        let none = client.replace_session_assistant(pb::ReplaceSessionAssistantRequest {
            name: name("sessions", "s1"),
            ..Default::default()
        });
        assert_eq!(none.await.unwrap().into_inner().plan.unwrap().assistant, "");
        let unknown = refused(client.replace_session_room(replace_room("s1", "c9")).await);
        assert_eq!(unknown.reason, Reason::ResourceNotFound);
        assert_eq!(changes(&server.db, "s1").await, ["create", "reschedule", "replace_room", "replace_assistant"]);
    })
    .await;
}

#[tokio::test]
async fn a_move_outside_an_offer_waits_beside_the_old_time() {
    each_engine("session_pending", async |server| {
        let mut client = schedule::make(&server.channel, 3).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("s1", clinic(1, 32, 36))).await.unwrap();
        let pending = client.reschedule_session(reschedule("s1", 35, 37)).await.unwrap().into_inner();
        assert_eq!(pending.plan.as_ref().unwrap().start_time, Some(at(32, 0)), "the old time stands");
        let proposed = pending.proposed_move.clone().unwrap();
        assert_eq!((proposed.start_time, proposed.awaiting()), (Some(at(35, 0)), pb::Awaiting::Expert));
        assert_eq!(proposed.lapse_time, Some(at(35, 0)), "72 hours, and not beyond its own start");
        // Both times of the room are taken.
        for (from, until) in [(32, 33), (36, 37)] {
            let taken = refused(client.book_session(booking("s2", clinic(2, from, until))).await);
            assert_eq!((taken.reason, taken.metadata["session"].as_str()), (Reason::RoomOccupied, "s1"));
        }
        // No: nothing has changed, and the time beside is free.
        let answered = client.respond_session(answer("s1", pb::SessionAnswer::Decline)).await.unwrap().into_inner();
        assert_eq!((answered.state(), answered.proposed_move), (Confirmed, None));
        client.book_session(booking("s2", clinic(2, 36, 37))).await.unwrap();
        // Silence: the same.
        let request = pb::RescheduleSessionRequest { deadline: Some(at(10, 0)), ..reschedule("s1", 40, 44) };
        client.reschedule_session(request).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(10 * 60));
        assert_eq!(get(&mut client, "s1").await.proposed_move, None);
        client.book_session(booking("s3", clinic(3, 40, 44))).await.unwrap();
        sweep(&server.db, "test").await.unwrap();
        assert_eq!(
            changes(&server.db, "s1").await,
            ["create", "reschedule", "drop_move", "reschedule", "drop_move"],
            "the log doesn't tell a no from silence"
        );
        // Yes: the same session elsewhere, with the yes to its new time alone.
        client.reschedule_session(reschedule("s1", 45, 47)).await.unwrap();
        let moved = client.respond_session(answer("s1", pb::SessionAnswer::Accept)).await.unwrap().into_inner();
        assert_eq!((moved.plan.clone().unwrap().start_time, moved.consents.len()), (Some(at(45, 0)), 1));
        assert_eq!(moved.consents[0].consent, Some(yes()));
        client.book_session(booking("s4", clinic(2, 32, 36))).await.unwrap();
        // With the yes at hand it is made at once; the expert's own times wait for the office.
        let heard = pb::RescheduleSessionRequest { consent: Some(yes()), ..reschedule("s1", 50, 52) };
        assert_eq!(client.reschedule_session(heard).await.unwrap().into_inner().proposed_move, None);
        client.reschedule_session(reschedule("s1", 53, 55)).await.unwrap();
        let countered = client.respond_session(counter("s1", 56, 58)).await.unwrap().into_inner();
        assert_eq!(countered.proposed_move.clone().unwrap().awaiting(), pb::Awaiting::Office);
        let moved = client.respond_session(office("s1", pb::SessionAnswer::Accept)).await.unwrap().into_inner();
        assert_eq!(moved.plan.clone().unwrap().start_time, Some(at(56, 0)));
    })
    .await;
}

#[tokio::test]
async fn another_expert_is_asked_as_the_first_one_was() {
    each_engine("session_replaced", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("s1", clinic(1, 32, 36))).await.unwrap();
        let pending = client.replace_session_expert(replace_expert("s1", "e2")).await.unwrap().into_inner();
        assert_eq!(pending.plan.clone().unwrap().expert, name("experts", "e1"));
        assert_eq!(pending.proposed_move.clone().unwrap().expert, name("experts", "e2"));
        let replaced = client.respond_session(answer("s1", pb::SessionAnswer::Accept)).await.unwrap().into_inner();
        assert_eq!(replaced.plan.clone().unwrap().expert, name("experts", "e2"));
        let whose: Vec<&str> = replaced.consents.iter().map(|given| given.expert.as_str()).collect();
        assert_eq!(whose, [name("experts", "e2")], "the first one's yes is none of the second's");
        let elsewhere =
            pb::SessionPlan { room: "c2".to_owned(), assistant: name("assistants", "a2"), ..clinic(1, 32, 36) };
        client.book_session(booking("s2", elsewhere)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn many_are_cancelled_when_a_site_is_suspended() {
    each_engine("session_suspended", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        for (id, hour) in [("s1", 32), ("s2", 34), ("s3", 57)] {
            client.book_session(booking(id, clinic(1, hour, hour + 2))).await.unwrap();
        }
        let request = pb::SuspendSiteRequest {
            name: name("sites", "county"),
            closure_id: "flood".to_owned(),
            start_time: Some(at(30, 0)),
            end_time: Some(at(40, 0)),
            cause: pb::ClosureCause::Disaster as i32,
            ..Default::default()
        };
        let suspended = client.suspend_site(request).await.unwrap().into_inner();
        let touched: Vec<String> = suspended.sessions.into_iter().map(|session| session.name).collect();
        assert_eq!(touched, [name("sessions", "s1"), name("sessions", "s2")]);
        assert_eq!((suspended.touched_count, suspended.closure.unwrap().name), (2, name("closures", "flood")));
        let seen = get(&mut client, "s1").await;
        assert_eq!((seen.state(), attention(&seen)), (Confirmed, vec![pb::Irregularity::SiteClosed]));
        assert_eq!(changes(&server.db, "s1").await, ["create", "attention"]);
        let list = pb::ListSessionsRequest { parent: PARENT.to_owned(), with_attention: true, ..Default::default() };
        let listed = client.list_sessions(list).await.unwrap().into_inner().sessions;
        assert_eq!(listed.iter().map(|one| one.needs_attention).collect::<Vec<_>>(), [true, true, false]);
        let cancelling = |names: Vec<String>, all_or_nothing| pb::BatchCancelSessionsRequest {
            parent: PARENT.to_owned(),
            names,
            party: pb::CancelParty::Site as i32,
            code: pb::CancelCode::ForceMajeure as i32,
            all_or_nothing,
            ..Default::default()
        };
        let with_nobody = vec![name("sessions", "s1"), name("sessions", "nobody")];
        let refusal = refused(client.batch_cancel_sessions(cancelling(with_nobody, true)).await);
        assert_eq!((refusal.reason, refusal.metadata["row"].as_str()), (Reason::BatchRefused, "1"));
        let results = client.batch_cancel_sessions(cancelling(touched, false)).await.unwrap().into_inner().results;
        let state = |result: pb::SessionResult| match result.result.unwrap() {
            pb::session_result::Result::Session(session) => session.state(),
            pb::session_result::Result::Refusal(refusal) => panic!("{refusal:?}"),
        };
        assert_eq!(results.into_iter().map(state).collect::<Vec<_>>(), [Cancelled, Cancelled]);
        let totals = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
        assert!(client.get_session_control_totals(totals).await.unwrap().into_inner().balanced);
    })
    .await;
}

#[tokio::test]
async fn planning_rules_are_set_aside_by_a_role_with_a_reason() {
    each_engine("session_overridden", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        let over_lunch = || pb::BookSessionRequest {
            override_note: "义诊日，午间不休".to_owned(),
            ..booking("s1", clinic(1, 35, 38))
        };
        let nobody = refused(client.book_session(over_lunch()).await);
        assert_eq!(nobody.reason, Reason::OverrideNotAllowed);
        let by = |request: pb::BookSessionRequest| {
            let mut request = Request::new(request);
            request.metadata_mut().insert("x-homecoming-roles", "scheduler".parse().unwrap());
            request.metadata_mut().insert("x-homecoming-subject", "desk-1".parse().unwrap());
            request
        };
        let without_yes = pb::BookSessionRequest { consent: None, ..over_lunch() };
        let consent = refused(client.book_session(by(without_yes)).await);
        assert_eq!(consent.reason, Reason::ConsentRequired, "a yes is never set aside");
        let booked = client.book_session(by(over_lunch())).await.unwrap().into_inner();
        let overridden = booked.planning_override.unwrap();
        assert_eq!(overridden.irregularities, [pb::Irregularity::CrossesHalfDay as i32]);
        assert_eq!((overridden.subject.as_str(), overridden.note.as_str()), ("desk-1", "义诊日，午间不休"));
        assert_eq!(attention(&get(&mut client, "s1").await), []);
    })
    .await;
}

fn weekly(prefix: &str, slots: &[(pb::Weekday, i32, i32)]) -> pb::SessionSeries {
    let hour = |hour| Some(pb::LocalTime { hour, minute: 0 });
    let slot = |(weekday, from, until): &(pb::Weekday, i32, i32)| pb::SeriesSlot {
        weekday: *weekday as i32,
        start: hour(*from),
        end: hour(*until),
    };
    pb::SessionSeries {
        template: Some(pb::SessionPlan { start_time: None, end_time: None, ..clinic(1, 0, 1) }),
        session_id_prefix: prefix.to_owned(),
        slots: slots.iter().map(slot).collect(),
        // 2024-04-02 is a Tuesday.
        first_date: Some(date(2024, 4, 2)),
        last_date: Some(date(2024, 4, 30)),
        except_dates: vec![date(2024, 4, 9)],
        consent: Some(yes()),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_series_is_planned_first_and_booked_then() {
    each_engine("session_series", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let slots = [(pb::Weekday::Tuesday, 8, 12), (pb::Weekday::Tuesday, 13, 17)];
        let series = weekly("tue", &slots);
        client.book_session(booking("s1", clinic(2, 14 * 24 + 9, 14 * 24 + 10))).await.unwrap();
        let plan =
            pb::PlanSeriesRequest { parent: PARENT.to_owned(), series: Some(series.clone()), ..Default::default() };
        let planned = client.plan_series(plan).await.unwrap().into_inner().results;
        let told = |results: &[pb::SessionResult]| -> Vec<String> {
            let one = |result: &pb::SessionResult| match result.result.as_ref().unwrap() {
                pb::session_result::Result::Session(session) => session.name.rsplit('/').next().unwrap().to_owned(),
                pb::session_result::Result::Refusal(refusal) => refusal.reason.clone(),
            };
            results.iter().map(one).collect()
        };
        let days = ["0402", "0416", "0423", "0430"];
        let mut expected: Vec<String> =
            days.iter().flat_map(|day| [format!("tue-2024{day}"), format!("tue-2024{day}-2")]).collect();
        expected[2] = "ROOM_OCCUPIED".to_owned();
        assert_eq!(told(&planned), expected);
        let book = |mode: pb::SeriesMode| pb::BookSeriesRequest {
            parent: PARENT.to_owned(),
            series: Some(series.clone()),
            mode: mode as i32,
            request_id: "series-1".to_owned(),
            ..Default::default()
        };
        let all = refused(client.book_series(book(pb::SeriesMode::All)).await);
        assert_eq!((all.reason, all.metadata["row"].as_str()), (Reason::BatchRefused, "2"));
        let booked = client.book_series(book(pb::SeriesMode::FeasibleOnly)).await.unwrap().into_inner().results;
        assert_eq!(told(&booked), expected);
        let again = client.book_series(book(pb::SeriesMode::FeasibleOnly)).await.unwrap().into_inner().results;
        expected[2] = "REFUSED_BEFORE".to_owned();
        assert_eq!(told(&again), expected);
        let first = get(&mut client, "tue-20240402").await;
        assert_eq!((first.state(), first.local_start_time.as_str()), (Confirmed, "2024-04-02T08:00:00+08:00"));
        // Bad patterns, each with its field.
        let wrong = async |series: pb::SessionSeries| {
            let request =
                pb::PlanSeriesRequest { parent: PARENT.to_owned(), series: Some(series), ..Default::default() };
            refused(pb_client(&server.channel).plan_series(request).await).violations
        };
        let overlaps = weekly("x", &[(pb::Weekday::Monday, 8, 12), (pb::Weekday::Monday, 11, 13)]);
        assert_eq!(wrong(overlaps).await, [("series.slots[1]".to_owned(), Reason::SeriesOverlaps)]);
        let long = pb::SessionSeries { last_date: Some(date(2027, 4, 30)), ..series.clone() };
        assert_eq!(wrong(long).await, [("series.last_date".to_owned(), Reason::OutOfRange)]);
        let unknown = pb::SessionPlan { specialty: "心内".to_owned(), ..series.template.clone().unwrap() };
        let unknown = pb::SessionSeries { template: Some(unknown), ..series.clone() };
        assert_eq!(wrong(unknown).await, [("series.template.specialty".to_owned(), Reason::Malformed)]);
    })
    .await;
}

fn pb_client(channel: &tonic::transport::Channel) -> Client {
    Client::new(channel.clone())
}

#[tokio::test]
async fn of_many_who_want_a_hold_or_answer_one_wins() {
    each_engine("session_races", async |server| {
        let mut client = schedule::make(&server.channel, 8).await;
        for number in 1..=8 {
            always_offered(&server.channel, &format!("e{number}")).await;
        }
        server.clock.set(TOMORROW);
        for round in 0..5 {
            let hour = 32 + round * 24;
            let wants = (1..=8).map(|number| {
                let mut client = pb_client(&server.channel);
                let id = format!("h{round}-{number}");
                async move { client.create_hold(hold(&id, clinic(number, hour, hour + 2))).await.map(|_| id) }
            });
            let answers = futures_util::future::join_all(wants).await;
            let won: Vec<String> = answers.into_iter().filter_map(Result::ok).collect();
            assert_eq!(won.len(), 1, "one room, one hold");
            // Confirming, cancelling and lapsing it at once: one of them comes first, and the others hear of it.
            let (mut one, mut two) = (pb_client(&server.channel), pb_client(&server.channel));
            let (confirmed, cancelled) = tokio::join!(
                one.book_session(confirm(&won[0])),
                two.cancel_session(pb::CancelSessionRequest {
                    party: pb::CancelParty::Office as i32,
                    code: pb::CancelCode::PlannedInError as i32,
                    ..cancel(&won[0])
                }),
            );
            let seen = get(&mut client, &won[0]).await.state();
            assert_eq!(seen, Cancelled);
            assert!(cancelled.is_ok());
            if let Err(status) = confirmed {
                assert_eq!(crate::support::errors::refusal(&status).reason, Reason::IllegalTransition);
            }
        }
        let totals = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
        let totals = client.get_session_control_totals(totals).await.unwrap().into_inner();
        assert!(totals.balanced && totals.ever_confirmed == totals.cancelled, "{totals:?}");
    })
    .await;
}

#[tokio::test]
async fn an_emergency_starts_with_papers_due() {
    each_engine("session_emergency", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        let emergency = pb::SessionPlan { urgency: pb::Urgency::Emergency as i32, ..clinic(1, 1, 3) };
        client.book_session(booking("s1", emergency)).await.unwrap();
        client.book_session(booking("s2", clinic(1, 4, 6))).await.unwrap();
        // The site loses its licence for the specialty before they start.
        let site = pb::Site { licensed_specialties: vec!["04".to_owned()], ..Default::default() };
        let update = pb::UpdateSiteRequest {
            site: Some(pb::Site { name: name("sites", "county"), ..site }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["licensed_specialties".to_owned()] }),
            ..Default::default()
        };
        pb::site_service_client::SiteServiceClient::new(server.channel.clone()).update_site(update).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(5 * 60));
        let elective = refused(client.start_session(start("s2")).await);
        assert_eq!(elective.reason, Reason::SiteNotLicensed);
        let begun = pb::StartSessionRequest { actual_start_time: Some(at(1, 0)), ..start("s1") };
        let started = client.start_session(begun).await.unwrap().into_inner();
        assert_eq!(started.state(), InProgress);
        let due: Vec<pb::Irregularity> = started.irregularities.iter().map(|note| note.irregularity()).collect();
        assert_eq!(due, [pb::Irregularity::SiteNotLicensed]);
    })
    .await;
}

//! Sessions over a real socket: plans that are refused, facts that are recorded, verbs and lists.
mod atlas;
pub mod deeds;
mod facts;
mod life;
mod limits;
mod model;
mod moves;
mod neighbours;
mod places;
mod properties;
mod rules;
mod scenarios;
mod sets;
mod slots;
pub mod verbs;
mod worlds;

use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::site_service_client::SiteServiceClient;
use tonic::Code;

use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, name, record};

#[tokio::test]
async fn a_session_is_booked_and_read_back() {
    each_engine("session_booked", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let plan = pb::SessionPlan {
            co_experts: vec![name("experts", "e2")],
            accompanying: 3,
            urgency: pb::Urgency::Elective as i32,
            before_minutes: 15,
            after_minutes: 10,
            external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "X 1".to_owned() }],
            ..clinic(1, 8, 12)
        };
        let alone = refused(client.book_session(booking("s1", plan.clone())).await);
        assert_eq!(alone.reason, Reason::ConsentRequired, "who comes along has a say too");
        assert_eq!(alone.metadata["expert"], "e2");
        let given = |id: &str| pb::ExpertConsent { expert: name("experts", id), consent: Some(schedule::consent()) };
        let both = pb::BookSessionRequest { co_expert_consents: vec![given("e2")], ..booking("s1", plan.clone()) };
        let session = client.book_session(both).await.unwrap().into_inner();
        assert_eq!(session.name, name("sessions", "s1"));
        assert_eq!(session.state(), pb::SessionState::Confirmed);
        assert_eq!(session.plan, Some(plan));
        assert_eq!(session.consents, [given("e1"), given("e2")]);
        assert_eq!(session.local_start_time, "2024-04-02T08:00:00+08:00");
        assert_eq!(session.local_end_time, "2024-04-02T12:00:00+08:00");
        assert_eq!(session.date, Some(schedule::date(2024, 4, 2)));
        assert_eq!(session.half_day(), pb::HalfDay::Morning);
        assert_eq!(session.site_level, "COUNTY_HOSPITAL");
        assert_eq!(session.home_hospital, name("hospitals", "xiangya"));
        assert_eq!(session.service_specialty, "03.04");
        assert!(!session.recorded && session.irregularities.is_empty());
        let get = pb::GetSessionRequest { name: session.name.clone() };
        assert_eq!(client.get_session(get).await.unwrap().into_inner(), session);
        let other = pb::GetSessionRequest { name: "programmes/other/sessions/s1".to_owned() };
        assert_eq!(refused(client.get_session(other).await).reason, Reason::ResourceNotFound);
        let again = refused(client.book_session(booking("s1", clinic(1, 14, 15))).await);
        let exists = Refused::new(Code::AlreadyExists, Reason::ResourceExists);
        assert_eq!(again, exists.with("name", &name("sessions", "s1")));
    })
    .await;
}

#[tokio::test]
async fn every_reason_against_a_plan_is_told_at_once() {
    each_engine("session_refused", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        client.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        let plan = pb::SessionPlan { room: "or1".to_owned(), specialty: "05".to_owned(), ..clinic(1, 11, 14) };
        let request = pb::BookSessionRequest { consent: None, ..booking("s2", plan) };
        let refusal = refused(client.book_session(request).await);
        assert_eq!(refusal.code, Code::FailedPrecondition);
        assert_eq!(refusal.reason, Reason::ConsentRequired);
        let expected = [
            ("session.consent", Reason::ConsentRequired),
            ("session.site", Reason::SiteNotLicensed),
            ("session.room", Reason::RoomKindUnfit),
            ("session.end_time", Reason::CrossesHalfDay),
            ("session.expert", Reason::ExpertOccupied),
            ("session.assistant", Reason::AssistantOccupied),
        ];
        let expected: Vec<_> = expected.map(|(field, reason)| (field.to_owned(), reason)).into();
        assert_eq!(refusal.violations, expected);
        let only_busy = refused(client.book_session(booking("s2", clinic(1, 11, 13))).await);
        assert_eq!(only_busy.reason, Reason::ExpertOccupied);
        assert_eq!(only_busy.metadata.get("session").map(String::as_str), Some("s1"));
        assert_eq!(only_busy.metadata.get("until").map(String::as_str), Some("2024-04-02T04:00:00Z"));
        assert_eq!(only_busy.violations.last().unwrap().1, Reason::RoomOccupied);
        // What was refused took nothing: another expert in another room is free, and the room is free afterwards.
        let other = pb::SessionPlan { room: "c2".to_owned(), ..clinic(2, 11, 13) };
        client.book_session(booking("s3", other)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn journeys_count_between_two_sites() {
    each_engine("session_travel", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        client.book_session(booking("s1", clinic(1, 8, 10))).await.unwrap();
        let elsewhere = |site: &str, room: &str, from| pb::SessionPlan {
            site: name("sites", site),
            room: room.to_owned(),
            start_time: Some(from),
            ..clinic(1, 8, 13)
        };
        let early = refused(client.book_session(booking("s2", elsewhere("guanzhuang", "g1", at(10, 59)))).await);
        assert_eq!(early.reason, Reason::TravelTooShort);
        let unknown = refused(client.book_session(booking("s2", elsewhere("pukou", "p1", at(12, 0)))).await);
        assert_eq!(unknown.reason, Reason::TravelUnknown);
        client.book_session(booking("s2", elsewhere("guanzhuang", "g1", at(11, 0)))).await.unwrap();
        // 50 minutes back, the other way.
        let back = pb::SessionPlan { start_time: Some(at(13, 49)), ..clinic(1, 13, 16) };
        assert_eq!(refused(client.book_session(booking("s3", back)).await).reason, Reason::TravelTooShort);
        let back = pb::SessionPlan { start_time: Some(at(13, 50)), ..clinic(1, 13, 16) };
        client.book_session(booking("s3", back)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_happened_is_recorded_with_what_was_wrong() {
    each_engine("session_recorded", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let future = refused(client.record_held_session(record("r0", clinic(1, 8, 12))).await);
        assert_eq!(future.reason, Reason::SessionNotDue);
        server.clock.set(TOMORROW.plus_minutes(48 * 60));
        let clean = client.record_held_session(record("r1", clinic(1, 8, 12))).await.unwrap().into_inner();
        assert_eq!(clean.state(), pb::SessionState::Completed);
        assert_eq!(clean.credited_expert, name("experts", "e1"));
        assert!(clean.recorded && clean.irregularities.is_empty());
        // Two paper sheets put one expert in two places, without papers.
        let plan = pb::SessionPlan {
            site: name("sites", "pukou"),
            room: String::new(),
            assistant: String::new(),
            ..clinic(1, 11, 14)
        };
        let request = pb::RecordHeldSessionRequest { consent: None, ..record("r2", plan) };
        let session = client.record_held_session(request).await.unwrap().into_inner();
        let found: Vec<_> = session.irregularities.iter().map(|note| note.irregularity()).collect();
        let expected = [
            pb::Irregularity::NoConsent,
            pb::Irregularity::NoAssistant,
            pb::Irregularity::CrossesHalfDay,
            pb::Irregularity::OverlapExpert,
        ];
        assert_eq!(found, expected);
        assert_eq!(session.irregularities.last().unwrap().concerns, name("sessions", "r1"));
        // Records occupy nothing: a plan at the same time isn't stopped by one.
        client.book_session(booking("s1", clinic(1, 9, 12))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn wrong_fields_are_named_all_at_once() {
    each_engine("session_fields", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        let plan = pb::SessionPlan {
            kind: 77,
            site: "sites/county".to_owned(),
            expert: "programmes/other/experts/e1".to_owned(),
            capacity: 1001,
            before_minutes: -1,
            end_time: Some(at(8, 0)),
            ..clinic(1, 8, 12)
        };
        let consent = pb::Consent { heard_time: Some(at(72, 0)), ..schedule::consent() };
        let request = pb::BookSessionRequest { consent: Some(consent), ..booking("S1", plan) };
        let refusal = refused(client.book_session(request).await);
        assert_eq!((refusal.code, refusal.reason), (Code::InvalidArgument, Reason::InvalidFields));
        let fields: Vec<&str> = refusal.violations.iter().map(|(field, _)| field.as_str()).collect();
        for field in [
            "session_id",
            "session.kind",
            "session.site",
            "session.expert",
            "session.capacity",
            "session.before_minutes",
            "session.end_time",
            "consent.heard_time",
        ] {
            assert!(fields.contains(&field), "{field} in {fields:?}");
        }
        let nobody = pb::SessionPlan { expert: name("experts", "nobody"), ..clinic(1, 8, 12) };
        let missing = refused(client.book_session(booking("s1", nobody)).await);
        let not_found = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(missing, not_found.with("name", &name("experts", "nobody")));
    })
    .await;
}

#[tokio::test]
async fn a_batch_answers_row_by_row_and_repeats_itself() {
    each_engine("session_batch", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let row = |id: &str, plan| pb::BookSessionRequest { parent: String::new(), ..booking(id, plan) };
        let requests = vec![
            row("b1", clinic(1, 8, 10)),
            row("b2", clinic(1, 9, 11)),
            row("b3", clinic(1, 10, 12)),
            row("b1", clinic(2, 10, 12)),
            row("", clinic(2, 14, 12)),
        ];
        let batch = pb::BatchBookSessionsRequest {
            parent: PARENT.to_owned(),
            requests,
            request_id: "batch-1".to_owned(),
            ..Default::default()
        };
        let all = pb::BatchBookSessionsRequest { all_or_nothing: true, request_id: String::new(), ..batch.clone() };
        let refusal = refused(client.batch_book_sessions(all).await);
        assert_eq!(refusal.reason, Reason::BatchRefused);
        assert_eq!(refusal.metadata.get("row").map(String::as_str), Some("1"));
        assert_eq!(refusal.metadata.get("reason").map(String::as_str), Some("EXPERT_OCCUPIED"));
        assert!(refusal.violations.iter().any(|(field, _)| field == "requests[4].session.end_time"));

        let reasons = |answer: &pb::BatchBookSessionsResponse| {
            let of = |result: &pb::SessionResult| match result.result.as_ref().unwrap() {
                pb::session_result::Result::Session(session) => session.name.clone(),
                pb::session_result::Result::Refusal(refusal) => refusal.reason.clone(),
            };
            answer.results.iter().map(of).collect::<Vec<_>>()
        };
        let first = client.batch_book_sessions(batch.clone()).await.unwrap().into_inner();
        let (b1, b3) = (name("sessions", "b1"), name("sessions", "b3"));
        assert_eq!(reasons(&first), [&b1, "EXPERT_OCCUPIED", &b3, "RESOURCE_EXISTS", "INVALID_FIELDS"]);
        let again = client.batch_book_sessions(batch).await.unwrap().into_inner();
        assert_eq!(reasons(&again), [&b1, "REFUSED_BEFORE", &b3, "REFUSED_BEFORE", "REFUSED_BEFORE"]);
    })
    .await;
}

#[tokio::test]
async fn a_site_with_sessions_stays() {
    each_engine("session_site", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        client.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        let mut sites = SiteServiceClient::new(server.channel.clone());
        let delete = |id: &str| pb::DeleteSiteRequest { name: name("sites", id), ..Default::default() };
        let refusal = refused(sites.delete_site(delete("county")).await);
        assert_eq!(refusal.reason, Reason::InUse);
        sites.delete_site(delete("pukou")).await.unwrap();
    })
    .await;
}

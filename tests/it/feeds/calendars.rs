//! Calendar feeds over a real socket.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::feed_service_client::FeedServiceClient;
use tonic::Code;

use super::rules::lines;
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::schedule::{self, at, booking, clinic, name};

fn ask(owner: &str) -> pb::GetCalendarFeedRequest {
    pb::GetCalendarFeedRequest { name: owner.to_owned(), ..Default::default() }
}

fn cancel(id: &str) -> pb::CancelSessionRequest {
    let party = pb::CancelParty::Expert as i32;
    pb::CancelSessionRequest { name: name("sessions", id), party, ..Default::default() }
}

/// The values of a property, in the calendar's order.
fn values(calendar: &str, property: &str) -> Vec<String> {
    let value = |line: String| Some(line.strip_prefix(property)?.strip_prefix(':')?.to_owned());
    lines(calendar).into_iter().filter_map(value).collect()
}

#[tokio::test]
async fn an_experts_calendar_says_where_and_when() {
    each_engine("feed_expert", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        sessions.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        let mut client = FeedServiceClient::new(server.channel.clone());
        let feed = client.get_calendar_feed(ask(&name("experts", "e1"))).await.unwrap().into_inner();
        let expected = "\
            BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//Homecoming//Calendar feed//ZH|CALSCALE:GREGORIAN|METHOD:PUBLISH|\
            X-WR-CALNAME:专家 001|\
            BEGIN:VTIMEZONE|TZID:Asia/Shanghai|BEGIN:STANDARD|DTSTART:19700101T000000|TZOFFSETFROM:+0800|\
            TZOFFSETTO:+0800|END:STANDARD|END:VTIMEZONE|\
            BEGIN:VEVENT|CREATED:20240401T000000Z|\
            DESCRIPTION:状态：已确认\\n专家：专家 001\\n助手：助手 001\\n诊疗科目：03.04|\
            DTEND;TZID=Asia/Shanghai:20240402T120000|DTSTAMP:20240401T000000Z|\
            DTSTART;TZID=Asia/Shanghai:20240402T080000|LAST-MODIFIED:20240401T000000Z|LOCATION:county\\, c1|SEQUENCE:1|\
            STATUS:CONFIRMED|SUMMARY:坐诊 · county|UID:s1.liling@homecoming|CATEGORIES:CLINIC|END:VEVENT|END:VCALENDAR";
        assert_eq!(lines(&feed.calendar).join("|"), expected);
        assert_eq!((feed.update_time, feed.next_page_token.as_str()), (Some(at(-16, 0)), ""));
        let again = client.get_calendar_feed(ask(&name("experts", "e1"))).await.unwrap().into_inner();
        assert_eq!(again, feed, "the same sessions give the same bytes");
        let english = pb::FeedLanguage::En as i32;
        let english = pb::GetCalendarFeedRequest { language: english, ..ask(&name("sites", "county")) };
        let english = client.get_calendar_feed(english).await.unwrap().into_inner().calendar;
        assert_eq!(values(&english, "SUMMARY"), ["Clinic · 专家 001"]);
        let said = ["State: confirmed\\nExperts: 专家 001\\nAssistant: 助手 001\\nSpecialty: 03.04"];
        assert_eq!(values(&english, "DESCRIPTION"), said);
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_reaches_every_calendar_that_had_the_session() {
    each_engine("feed_cancelled", async |server| {
        let mut sessions = schedule::make(&server.channel, 2).await;
        let both = pb::SessionPlan { co_experts: vec![name("experts", "e2")], ..clinic(1, 8, 12) };
        let consents = vec![pb::ExpertConsent { expert: name("experts", "e2"), consent: Some(schedule::consent()) }];
        let request = pb::BookSessionRequest { co_expert_consents: consents, ..booking("s1", both) };
        sessions.book_session(request).await.unwrap();
        sessions.book_session(booking("s2", clinic(2, 14, 17))).await.unwrap();
        let mut client = FeedServiceClient::new(server.channel.clone());
        let owners = [
            (name("experts", "e1"), vec!["s1.liling@homecoming"]),
            (name("experts", "e2"), vec!["s1.liling@homecoming", "s2.liling@homecoming"]),
            (name("assistants", "a1"), vec!["s1.liling@homecoming"]),
            (name("sites", "county"), vec!["s1.liling@homecoming", "s2.liling@homecoming"]),
            (name("sites", "pukou"), vec![]),
        ];
        for (owner, uids) in &owners {
            let calendar = client.get_calendar_feed(ask(owner)).await.unwrap().into_inner().calendar;
            assert_eq!(values(&calendar, "UID"), *uids, "{owner}");
            assert!(values(&calendar, "STATUS").iter().all(|status| status == "CONFIRMED"));
        }
        server.clock.advance_minutes(5);
        sessions.cancel_session(cancel("s1")).await.unwrap();
        for (owner, uids) in owners.iter().filter(|(_, uids)| uids.len() == 1) {
            let calendar = client.get_calendar_feed(ask(owner)).await.unwrap().into_inner().calendar;
            assert_eq!(values(&calendar, "UID"), *uids, "the event is the same");
            assert_eq!(
                (values(&calendar, "STATUS"), values(&calendar, "SEQUENCE")),
                (vec!["CANCELLED".into()], vec!["2".into()])
            );
            assert_eq!(values(&calendar, "LAST-MODIFIED"), ["20240401T000500Z"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_proposal_is_tentative_until_its_deadline() {
    each_engine("feed_proposed", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        let request = pb::ProposeSessionRequest {
            parent: schedule::PARENT.to_owned(),
            session_id: "s1".to_owned(),
            session: Some(clinic(1, 32, 36)),
            deadline: Some(at(12, 0)),
            ..Default::default()
        };
        sessions.propose_session(request).await.unwrap();
        let mut client = FeedServiceClient::new(server.channel.clone());
        let mut shown = async || {
            let calendar = client.get_calendar_feed(ask(&name("experts", "e1"))).await.unwrap().into_inner().calendar;
            (values(&calendar, "STATUS").concat(), values(&calendar, "SEQUENCE").concat())
        };
        assert_eq!(shown().await, ("TENTATIVE".to_owned(), "1".to_owned()));
        server.clock.advance_minutes(28 * 60);
        assert_eq!(shown().await, ("CANCELLED".to_owned(), "2".to_owned()), "written or not yet");
    })
    .await;
}

#[tokio::test]
async fn a_calendar_comes_in_parts_and_keeps_to_its_window() {
    each_engine("feed_parts", async |server| {
        let mut sessions = schedule::make(&server.channel, 2).await;
        for (id, number, from) in [("s1", 1, 8), ("s2", 2, 14), ("s3", 1, 16)] {
            let room = if id == "s3" { "c2" } else { "c1" };
            let plan = pb::SessionPlan { room: room.to_owned(), ..clinic(number, from, from + 2) };
            sessions.book_session(booking(id, plan)).await.unwrap();
        }
        let mut client = FeedServiceClient::new(server.channel.clone());
        let county = name("sites", "county");
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::GetCalendarFeedRequest { page_size: 2, page_token, ..ask(&county) };
            let part = client.get_calendar_feed(request).await.unwrap().into_inner();
            assert_eq!(values(&part.calendar, "TZID"), ["Asia/Shanghai"], "each part stands alone");
            found.extend(values(&part.calendar, "UID"));
            page_token = part.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(found, ["s1.liling@homecoming", "s2.liling@homecoming", "s3.liling@homecoming"]);
        let window = Some(pb::Interval { start_time: Some(at(14, 0)), end_time: Some(at(16, 0)) });
        let request = pb::GetCalendarFeedRequest { window, ..ask(&county) };
        let calendar = client.get_calendar_feed(request).await.unwrap().into_inner().calendar;
        assert_eq!(values(&calendar, "UID"), ["s2.liling@homecoming"]);
        let late = client.get_calendar_feed(ask(&county));
        server.clock.advance_minutes(62 * 24 * 60);
        let late = late.await.unwrap().into_inner();
        assert_eq!(
            (values(&late.calendar, "UID").len(), late.update_time),
            (0, None),
            "60 days back where nothing is said"
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named() {
    each_engine("feed_refused", async |server| {
        schedule::make(&server.channel, 1).await;
        let mut client = FeedServiceClient::new(server.channel.clone());
        for owner in [
            name("experts", "e9"),
            name("assistants", "a9"),
            name("sites", "nowhere"),
            "programmes/other/experts/e1".into(),
        ] {
            let absent = Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &owner);
            assert_eq!(refused(client.get_calendar_feed(ask(&owner)).await), absent);
        }
        let window = Some(pb::Interval { start_time: Some(at(0, 0)), end_time: Some(at(400 * 24, 1)) });
        let wrong = pb::GetCalendarFeedRequest {
            window,
            language: 9,
            page_size: -1,
            page_token: "x".to_owned(),
            ..ask(&name("sessions", "s1"))
        };
        let mut found = refused(client.get_calendar_feed(wrong).await).violations;
        found.sort();
        let at = |field: &str, reason| (field.to_owned(), reason);
        let expected = [
            at("language", Reason::UnknownValue),
            at("name", Reason::Malformed),
            at("page_size", Reason::OutOfRange),
            at("page_token", Reason::PageTokenInvalid),
            at("window", Reason::OutOfRange),
        ];
        assert_eq!(found, expected);
    })
    .await;
}

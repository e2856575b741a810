//! Itineraries of visits over a real socket.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::feed_service_client::FeedServiceClient;
use homecoming::pb::visit_service_client::VisitServiceClient;
use tonic::Code;

use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::schedule::{self, PARENT, at, booking, clinic, name};

/// A visit of e1 on 2024-04-02 to the county, with these sessions.
fn visit(sessions: &[&str]) -> pb::CreateVisitRequest {
    let visit = pb::Visit {
        expert: name("experts", "e1"),
        host_site: name("sites", "county"),
        arrival_time: Some(at(7, 0)),
        departure_time: Some(at(66, 0)),
        sessions: sessions.iter().map(|id| name("sessions", id)).collect(),
        ..Default::default()
    };
    pb::CreateVisitRequest {
        parent: PARENT.to_owned(),
        visit_id: "v1".to_owned(),
        visit: Some(visit),
        ..Default::default()
    }
}

fn ask(language: pb::FeedLanguage) -> pb::GetVisitItineraryRequest {
    pb::GetVisitItineraryRequest { name: name("visits", "v1"), language: language as i32 }
}

#[tokio::test]
async fn a_visit_is_told_day_by_day() {
    each_engine("itinerary", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        let township = pb::SessionPlan {
            site: name("sites", "guanzhuang"),
            room: "g1".to_owned(),
            capacity: 0,
            ..clinic(1, 14, 17)
        };
        // The day after tomorrow is 清明节.
        let festival = pb::SessionPlan { room: "c2".to_owned(), ..clinic(1, 56, 60) };
        for (id, plan) in [("s1", clinic(1, 8, 12)), ("s2", township), ("s3", festival)] {
            sessions.book_session(booking(id, plan)).await.unwrap();
        }
        VisitServiceClient::new(server.channel.clone()).create_visit(visit(&["s1", "s2", "s3"])).await.unwrap();
        server.clock.advance_minutes(5);
        let party = pb::CancelParty::Expert as i32;
        let cancel = pb::CancelSessionRequest { name: name("sessions", "s3"), party, ..Default::default() };
        sessions.cancel_session(cancel).await.unwrap();
        let mut client = FeedServiceClient::new(server.channel.clone());
        let chinese = client.get_visit_itinerary(ask(pb::FeedLanguage::Unspecified)).await.unwrap().into_inner();
        let expected = "\
湘雅乡情 行程单：专家 001 2024年4月2日 周二

到达：2024年4月2日 周二 07:00
离开：2024年4月4日 周四 18:00
接待：county
时区：Asia/Shanghai

2024年4月2日 周二
08:00–12:00  坐诊  county · c1
    已确认；助手：助手 001；诊疗科目：03.04；号源：20
    → 前往 guanzhuang，路程 60 分钟
14:00–17:00  坐诊  guanzhuang · g1
    已确认；助手：助手 001；诊疗科目：03.04

2024年4月4日 周四 (清明节)
08:00–12:00  坐诊  county · c2
    已取消；助手：助手 001；诊疗科目：03.04；号源：20
";
        assert_eq!(chinese.text, expected);
        assert_eq!(chinese.title, "湘雅乡情 行程单：专家 001 2024年4月2日 周二");
        assert_eq!(chinese.update_time, Some(schedule::TOMORROW.plus_minutes(5 - 16 * 60).into()));
        let english = client.get_visit_itinerary(ask(pb::FeedLanguage::En)).await.unwrap().into_inner();
        for line in [
            "Tuesday 2 April 2024\n08:00–12:00  Clinic  county · c1\n",
            "    confirmed; assistant: 助手 001; specialty: 03.04; places: 20\n    → to guanzhuang, 60 minutes\n",
        ] {
            assert!(english.text.contains(line), "{}", english.text);
        }
        for (page, lang) in [(&chinese, "zh-CN"), (&english, "en")] {
            assert!(page.html.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{lang}\">")), "{}", page.html);
            assert!(page.html.contains(&format!("<title>{}</title>", page.title)));
            assert_eq!(page.html.matches("class=\"off\"").count(), 1, "what was cancelled is struck through");
            for tag in ["html", "head", "body", "table", "h1", "h2", "span", "small", "title", "style"] {
                let open = |end: &str| page.html.matches(&format!("<{tag}{end}")).count();
                let closed = page.html.matches(&format!("</{tag}>")).count();
                assert_eq!(open(">") + open(" "), closed, "{tag}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_visit_has_an_itinerary_and_an_absent_one_has_none() {
    each_engine("itinerary_empty", async |server| {
        schedule::make(&server.channel, 1).await;
        let mut client = FeedServiceClient::new(server.channel.clone());
        let absent = Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &name("visits", "v1"));
        assert_eq!(refused(client.get_visit_itinerary(ask(pb::FeedLanguage::Zh)).await), absent);
        VisitServiceClient::new(server.channel.clone()).create_visit(visit(&[])).await.unwrap();
        let empty = client.get_visit_itinerary(ask(pb::FeedLanguage::Zh)).await.unwrap().into_inner();
        assert!(empty.text.ends_with("\n暂无场次\n") && empty.html.contains("<p>暂无场次</p>"));
    })
    .await;
}

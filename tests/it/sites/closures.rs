//! Closures: over a real socket, and which instants they shut as a property.
use homecoming::kernel::{Id, Meta, Name, Reason, Timestamp};
use homecoming::pb;
use homecoming::sites::{Closure, ClosureCause};
use proptest::prelude::*;
use tonic::Code;

use super::{client, county, create};
use crate::support::errors::{Refused, refused};
use crate::support::{START, each_engine};

const SITE: &str = "programmes/liling/sites/zyy";

/// An instant some minutes after the clock's start.
fn at(minutes: i64) -> Option<prost_types::Timestamp> {
    Some(START.plus_minutes(minutes).into())
}

fn close(id: &str, start: i64, end: Option<i64>) -> pb::CloseSiteRequest {
    pb::CloseSiteRequest {
        name: SITE.to_owned(),
        closure_id: id.to_owned(),
        start_time: at(start),
        end_time: end.and_then(at),
        cause: pb::ClosureCause::Works as i32,
        note: "吊顶维修".to_owned(),
        ..Default::default()
    }
}

fn reopen(id: &str, minutes: Option<i64>) -> pb::ReopenSiteRequest {
    let name = format!("programmes/liling/closures/{id}");
    pb::ReopenSiteRequest { name, reopen_time: minutes.and_then(at), ..Default::default() }
}

fn list(overlapping: Option<(i64, i64)>) -> pb::ListClosuresRequest {
    let interval = |(start, end)| pb::Interval { start_time: at(start), end_time: at(end) };
    pb::ListClosuresRequest {
        parent: "programmes/liling".to_owned(),
        overlapping: overlapping.map(interval),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_site_is_closed_and_reopened() {
    each_engine("closure_life", async |server| {
        let mut client = client(&server).await;
        client.create_site(create("zyy", county())).await.unwrap();
        let request = pb::CloseSiteRequest { room_id: "a".to_owned(), ..close("c", 60, Some(600)) };
        let closed = client.close_site(request).await.unwrap().into_inner();
        assert_eq!((closed.site.as_str(), closed.room_id.as_str(), closed.reopen_time), (SITE, "a", None));
        assert_eq!((closed.start_time, closed.end_time), (at(60), at(600)));
        let get = pb::GetClosureRequest { name: closed.name.clone() };
        assert_eq!(client.get_closure(get.clone()).await.unwrap().into_inner(), closed);

        let stale = pb::ReopenSiteRequest { etag: "x".to_owned(), ..reopen("c", None) };
        assert_eq!(refused(client.reopen_site(stale).await).reason, Reason::EtagMismatch);
        server.clock.advance_minutes(90);
        let dry = pb::ReopenSiteRequest { validate_only: true, ..reopen("c", None) };
        assert_eq!(client.reopen_site(dry).await.unwrap().into_inner().reopen_time, at(90));
        assert_eq!(client.get_closure(get.clone()).await.unwrap().into_inner(), closed);
        let opened = client.reopen_site(reopen("c", None)).await.unwrap().into_inner();
        assert_eq!(opened.reopen_time, at(90), "now");
        assert_eq!((opened.end_time, opened.create_time), (closed.end_time, closed.create_time));
        assert_eq!(client.get_closure(get.clone()).await.unwrap().into_inner(), opened);

        let illegal = |state: &str, id: &str| {
            let name = format!("programmes/liling/closures/{id}");
            let refusal = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition).with("name", &name);
            refusal.with("state", state).with("verb", "reopen")
        };
        assert_eq!(refused(client.reopen_site(reopen("c", Some(80))).await), illegal("REOPENED", "c"));
        client.close_site(close("over", 0, Some(30))).await.unwrap();
        assert_eq!(refused(client.reopen_site(reopen("over", None)).await), illegal("OVER", "over"));
        client.close_site(close("future", 1000, None)).await.unwrap();
        let withdrawn = client.reopen_site(reopen("future", None)).await.unwrap().into_inner();
        assert_eq!(withdrawn.reopen_time, withdrawn.start_time, "withdrawn before it began");

        // A site that goes takes its closures along.
        client.delete_site(pb::DeleteSiteRequest { name: SITE.to_owned(), ..Default::default() }).await.unwrap();
        assert_eq!(refused(client.get_closure(get).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_closure_is_refused_with_every_reason() {
    each_engine("closure_refusals", async |server| {
        let mut client = client(&server).await;
        let nowhere = refused(client.close_site(close("c", 0, None)).await);
        assert_eq!(nowhere, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", SITE));
        client.create_site(create("zyy", county())).await.unwrap();
        let wrong = pb::CloseSiteRequest {
            closure_id: "C".to_owned(),
            room_id: "A".to_owned(),
            cause: pb::ClosureCause::Other as i32,
            note: " ".to_owned(),
            ..close("", 60, Some(60))
        };
        let mut violations = refused(client.close_site(wrong).await).violations;
        violations.sort();
        let expected = [
            ("closure_id", Reason::Malformed),
            ("end_time", Reason::Inconsistent),
            ("note", Reason::Required),
            ("room_id", Reason::Malformed),
        ];
        assert_eq!(violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
        let empty = pb::CloseSiteRequest { name: SITE.to_owned(), cause: 99, end_time: at(1), ..Default::default() };
        let mut violations = refused(client.close_site(empty).await).violations;
        violations.sort();
        let expected = [("cause", Reason::UnknownValue), ("start_time", Reason::Required)];
        assert_eq!(violations, expected.map(|(field, reason)| (field.to_owned(), reason)));

        let unknown = pb::CloseSiteRequest { room_id: "z".to_owned(), ..close("c", 0, None) };
        let refusal = Refused::new(Code::FailedPrecondition, Reason::RoomUnknown);
        assert_eq!(refused(client.close_site(unknown).await), refusal.with("name", SITE).with("room_id", "z"));
        let once = pb::CloseSiteRequest { request_id: "once".to_owned(), ..close("", 0, None) };
        let first = client.close_site(once.clone()).await.unwrap().into_inner();
        assert_eq!(client.close_site(once).await.unwrap().into_inner(), first);
        client.close_site(close("c", 0, None)).await.unwrap();
        assert_eq!(refused(client.close_site(close("c", 0, None)).await).reason, Reason::ResourceExists);
    })
    .await;
}

#[tokio::test]
async fn closures_are_listed_by_what_they_shut() {
    each_engine("closure_lists", async |server| {
        let mut client = client(&server).await;
        client.create_site(create("zyy", county())).await.unwrap();
        client.create_site(create("other", pb::Site { external_ids: Vec::new(), ..county() })).await.unwrap();
        for (id, start, end) in [("a", 10, Some(20)), ("b", 10, Some(30)), ("c", 25, None), ("d", 40, Some(50))] {
            client.close_site(close(id, start, end)).await.unwrap();
        }
        let elsewhere = "programmes/liling/sites/other".to_owned();
        client.close_site(pb::CloseSiteRequest { name: elsewhere.clone(), ..close("e", 0, None) }).await.unwrap();
        client.reopen_site(reopen("c", Some(35))).await.unwrap();
        client.reopen_site(reopen("d", Some(0))).await.unwrap();
        let here = |request| pb::ListClosuresRequest { site: SITE.to_owned(), ..request };
        for (request, expected) in [
            (list(None), vec!["e", "a", "b", "c", "d"]),
            (here(list(None)), vec!["a", "b", "c", "d"]),
            (here(list(Some((20, 25)))), vec!["b"]),
            (here(list(Some((20, 26)))), vec!["b", "c"]),
            (here(list(Some((35, 60)))), vec![]),
            (list(Some((35, 60))), vec!["e"]),
        ] {
            let mut page = pb::ListClosuresRequest { page_size: 2, ..request.clone() };
            let mut ids = Vec::new();
            loop {
                let answer = client.list_closures(page.clone()).await.unwrap().into_inner();
                ids.extend(answer.closures.iter().filter_map(|c| c.name.rsplit('/').next().map(str::to_owned)));
                if answer.next_page_token.is_empty() {
                    break;
                }
                page.page_token = answer.next_page_token;
            }
            assert_eq!(ids, expected, "{request:?}");
        }
        let backwards = refused(client.list_closures(list(Some((5, 5)))).await);
        assert_eq!(backwards.violations, [("overlapping.end_time".to_owned(), Reason::Inconsistent)]);
    })
    .await;
}

/// A closure of a site or of its room `a`, in minutes.
fn closure(room: Option<&str>, start: i64, end: Option<i64>, reopened: Option<i64>) -> Closure {
    let id = |text: &str| Id::parse(text).unwrap();
    let minute = |minutes: i64| START.plus_minutes(minutes);
    Closure {
        name: Name::new(id("liling"), id("c")),
        site: id("zyy"),
        room: room.map(id),
        start: minute(start),
        end: end.map(minute),
        cause: ClosureCause::Works,
        note: String::new(),
        reopened: reopened.map(minute),
        meta: Meta::new(START),
    }
}

#[test]
fn a_room_is_shut_by_its_own_closure_and_by_its_sites() {
    let id = |text: &str| Id::parse(text).unwrap();
    let (site, other, a, b) = (id("zyy"), id("other"), id("a"), id("b"));
    let (whole, room) = (closure(None, 0, None, None), closure(Some("a"), 0, None, None));
    for (what, used, whole_shuts, room_shuts) in [
        (&site, Some(&a), true, true),
        (&site, Some(&b), true, false),
        (&site, None, true, false),
        (&other, Some(&a), false, false),
    ] {
        assert_eq!((whole.shuts(what, used), room.shuts(what, used)), (whole_shuts, room_shuts), "{what} {used:?}");
    }
}

proptest! {
    /// `overlaps` says what looking at every minute says.
    #[test]
    fn a_closure_overlaps_what_it_shuts(
        start in 0i64..20, length in proptest::option::of(1i64..20), reopened in proptest::option::of(0i64..40),
        from in 0i64..40, span in 1i64..10,
    ) {
        let end = length.map(|length| start + length);
        let closed = closure(None, start, end, None);
        let closed = match reopened {
            Some(at) if end.is_none_or(|end| at < end) => closed.reopen(START.plus_minutes(at), START).unwrap(),
            Some(_) | None => closed,
        };
        let until = closed.until().map_or(i64::MAX, Timestamp::micros);
        let shut = |minute: &i64| {
            let instant = START.plus_minutes(*minute);
            closed.start <= instant && instant.micros() < until
        };
        let minutes = (from..from + span).any(|minute| shut(&minute));
        prop_assert_eq!(closed.overlaps(START.plus_minutes(from), START.plus_minutes(from + span)), minutes);
        prop_assert!(closed.until().is_none_or(|until| until >= closed.start));
    }
}

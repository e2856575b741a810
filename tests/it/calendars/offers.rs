//! Offers over a real socket, and what later slices read of them.
use std::collections::BTreeMap;

use homecoming::calendars::{Offer, store};
use homecoming::db::{Query, Tx};
use homecoming::kernel::{Id, Reason, Result, SessionKind, Timestamp, Zone};
use homecoming::pb;
use homecoming::pb::calendar_service_client::CalendarServiceClient;
use homecoming::pb::offer::Shape;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::county::{County, PROGRAMME, date, expert, external, name};
use crate::support::errors::{Refused, refused};
use crate::support::{TestServer, each_engine};

type Client = CalendarServiceClient<Channel>;

async fn county(server: &TestServer) -> (County, Client) {
    let mut county = County::new(server).await;
    county.expert("e1", expert()).await;
    county.expert("e2", expert()).await;
    (county, CalendarServiceClient::new(server.channel.clone()))
}

pub(super) fn instant(text: &str) -> Option<prost_types::Timestamp> {
    Some(Timestamp::from_utc(text.parse().unwrap()).into())
}

pub(super) fn interval(start: &str, end: &str) -> pb::Interval {
    pb::Interval { start_time: instant(start), end_time: instant(end) }
}

fn time(hour: i32, minute: i32) -> Option<pb::LocalTime> {
    Some(pb::LocalTime { hour, minute })
}

fn consent() -> Option<pb::Consent> {
    Some(pb::Consent {
        heard_by: "talent-office-2".to_owned(),
        medium: pb::ConsentMedium::Phone as i32,
        heard_time: instant("2024-03-31T08:00:00Z"),
        words: "周六上午都可以".to_owned(),
    })
}

/// Saturday mornings in April 2024 without the 13th.
fn saturdays() -> pb::WeeklyPattern {
    pb::WeeklyPattern {
        zone: String::new(),
        weekdays: vec![pb::Weekday::Saturday as i32],
        start: time(8, 30),
        end: time(12, 0),
        first_date: date("2024-04-01"),
        last_date: date("2024-04-30"),
        except_dates: vec![date("2024-04-13").unwrap()],
    }
}

fn offer(expert: &str, shape: Shape) -> pb::Offer {
    pb::Offer {
        expert: name("experts", expert),
        mode: pb::OfferMode::Standing as i32,
        shape: Some(shape),
        consent: consent(),
        ..Default::default()
    }
}

fn create(id: &str, offer: pb::Offer) -> pb::CreateOfferRequest {
    pb::CreateOfferRequest {
        parent: PROGRAMME.to_owned(),
        offer_id: id.to_owned(),
        offer: Some(offer),
        ..Default::default()
    }
}

fn withdraw(id: &str) -> pb::WithdrawOfferRequest {
    pb::WithdrawOfferRequest { name: name("offers", id), ..Default::default() }
}

#[tokio::test]
async fn an_offer_is_made_read_and_withdrawn() {
    each_engine("offer_life", async |server| {
        let (_, mut client) = county(&server).await;
        let full = pb::Offer {
            kinds: vec![pb::SessionKind::Clinic as i32, pb::SessionKind::WardRound as i32],
            sites: vec![name("sites", "banshan"), name("sites", "county")],
            external_ids: vec![external("O-1")],
            ..offer("e1", Shape::Weekly(saturdays()))
        };
        let request = pb::CreateOfferRequest { request_id: "once".to_owned(), ..create("o1", full.clone()) };
        let created = client.create_offer(request.clone()).await.unwrap().into_inner();
        let occurrence =
            |start: &str, end: &str| pb::Occurrence { interval: Some(interval(start, end)), adjusted: false };
        let expected = pb::Offer {
            name: name("offers", "o1"),
            shape: Some(Shape::Weekly(pb::WeeklyPattern { zone: "Asia/Shanghai".to_owned(), ..saturdays() })),
            first_occurrences: vec![
                occurrence("2024-04-06T00:30:00Z", "2024-04-06T04:00:00Z"),
                occurrence("2024-04-20T00:30:00Z", "2024-04-20T04:00:00Z"),
                occurrence("2024-04-27T00:30:00Z", "2024-04-27T04:00:00Z"),
            ],
            tz_version: Zone::tz_version().to_owned(),
            state: pb::OfferState::Open as i32,
            etag: created.etag.clone(),
            create_time: created.create_time,
            update_time: created.create_time,
            ..full
        };
        assert_eq!(created, expected);
        let get = pb::GetOfferRequest { name: created.name.clone() };
        assert_eq!(client.get_offer(get.clone()).await.unwrap().into_inner(), created);
        assert_eq!(client.create_offer(request).await.unwrap().into_inner(), created, "a replay");

        server.clock.advance_minutes(5);
        let stale = pb::WithdrawOfferRequest { etag: "0".repeat(16), ..withdraw("o1") };
        let etag = Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &created.name);
        assert_eq!(refused(client.withdraw_offer(stale).await), etag);
        let request = pb::WithdrawOfferRequest { etag: created.etag.clone(), ..withdraw("o1") };
        let dry = pb::WithdrawOfferRequest { validate_only: true, ..request.clone() };
        client.withdraw_offer(dry).await.unwrap();
        let gone = client.withdraw_offer(request).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.withdraw_time), (pb::OfferState::Withdrawn, gone.update_time));
        assert_eq!(client.get_offer(get).await.unwrap().into_inner(), gone);
        let twice = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition);
        let twice = twice.with("name", &created.name).with("state", "WITHDRAWN").with("verb", "withdraw");
        assert_eq!(refused(client.withdraw_offer(withdraw("o1")).await), twice);
    })
    .await;
}

#[tokio::test]
async fn every_shape_comes_back_as_it_was_said() {
    each_engine("offer_shapes", async |server| {
        let (_, mut client) = county(&server).await;
        let civil = |zone: &str, start: (&str, i32, i32), end: (&str, i32, i32)| {
            Shape::Civil(pb::CivilInterval {
                zone: zone.to_owned(),
                start_date: date(start.0),
                start: time(start.1, start.2),
                end_date: date(end.0),
                end: time(end.1, end.2),
            })
        };
        let spring = "America/New_York";
        let cases = [
            (
                Shape::Interval(interval("2024-04-05T00:00:00Z", "2024-04-07T00:00:00Z")),
                Some(("2024-04-05T00:00:00Z", "2024-04-07T00:00:00Z", false)),
                false,
            ),
            (
                civil("Asia/Shanghai", ("2024-04-05", 14, 0), ("2024-04-07", 24, 0)),
                Some(("2024-04-05T06:00:00Z", "2024-04-07T16:00:00Z", false)),
                true,
            ),
            (
                civil(spring, ("2024-03-10", 2, 30), ("2024-03-10", 12, 0)),
                Some(("2024-03-10T07:00:00Z", "2024-03-10T16:00:00Z", true)),
                true,
            ),
            (Shape::Weekly(pb::WeeklyPattern { zone: spring.to_owned(), last_date: None, ..saturdays() }), None, true),
        ];
        for (index, (shape, only, reckoned)) in cases.into_iter().enumerate() {
            let request = create(&format!("o{index}"), offer("e1", shape.clone()));
            let created = client.create_offer(request).await.unwrap().into_inner();
            assert_eq!(created.shape, Some(shape));
            assert_eq!(created.tz_version.is_empty(), !reckoned);
            let read = client.get_offer(pb::GetOfferRequest { name: created.name.clone() }).await.unwrap();
            assert_eq!(read.into_inner(), created);
            match only {
                Some((start, end, adjusted)) => {
                    let expected = pb::Occurrence { interval: Some(interval(start, end)), adjusted };
                    assert_eq!(created.first_occurrences, [expected]);
                }
                None => assert_eq!(created.first_occurrences.len(), 10),
            }
        }
        let gap = civil(spring, ("2024-03-10", 2, 10), ("2024-03-10", 2, 50));
        let nothing = refused(client.create_offer(create("", offer("e1", gap))).await);
        assert_eq!(nothing.violations, [("offer.shape".to_owned(), Reason::Inconsistent)], "eaten by the gap");
        let none = pb::WeeklyPattern { last_date: date("2024-04-05"), ..saturdays() };
        let nothing = refused(client.create_offer(create("", offer("e1", Shape::Weekly(none)))).await);
        assert_eq!(nothing.violations, [("offer.shape".to_owned(), Reason::Inconsistent)], "no Saturday in it");
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    each_engine("offer_fields", async |server| {
        let (_, mut client) = county(&server).await;
        let pattern = pb::WeeklyPattern {
            zone: "Asia/Liling".to_owned(),
            weekdays: vec![6, 6, 9],
            start: time(24, 0),
            end: time(12, 60),
            first_date: date("2024-04-02"),
            last_date: date("2024-04-01"),
            except_dates: vec![date("2024-04-13").unwrap(), date("2024-04-13").unwrap()],
        };
        let wrong = pb::Offer {
            expert: "programmes/other/experts/e1".to_owned(),
            kinds: vec![1, 1],
            sites: vec![name("sites", "county"), name("sites", "county"), "x".to_owned()],
            mode: 7,
            consent: None,
            ..offer("e1", Shape::Weekly(pattern))
        };
        let mut found = refused(client.create_offer(create("-", wrong)).await).violations;
        let at = |field: &str, reason| (field.to_owned(), reason);
        let mut expected = vec![
            at("offer_id", Reason::Malformed),
            at("offer.expert", Reason::Inconsistent),
            at("offer.kinds[1]", Reason::Duplicate),
            at("offer.sites[1]", Reason::Duplicate),
            at("offer.sites[2]", Reason::Malformed),
            at("offer.mode", Reason::UnknownValue),
            at("offer.consent", Reason::Required),
            at("offer.weekly.zone", Reason::Malformed),
            at("offer.weekly.weekdays[1]", Reason::Duplicate),
            at("offer.weekly.weekdays[2]", Reason::UnknownValue),
            at("offer.weekly.start.hour", Reason::OutOfRange),
            at("offer.weekly.end.minute", Reason::OutOfRange),
            at("offer.weekly.last_date", Reason::Inconsistent),
            at("offer.weekly.except_dates[1]", Reason::Duplicate),
        ];
        found.sort();
        expected.sort();
        assert_eq!(found, expected);

        let shapes = [
            (Shape::Weekly(pb::WeeklyPattern { weekdays: vec![], ..saturdays() }), "weekly.weekdays", Reason::Required),
            (Shape::Weekly(pb::WeeklyPattern { end: time(8, 30), ..saturdays() }), "weekly.end", Reason::Inconsistent),
            (Shape::Weekly(pb::WeeklyPattern { start: None, ..saturdays() }), "weekly.start", Reason::Required),
            (
                Shape::Weekly(pb::WeeklyPattern { except_dates: vec![pb::Date::default(); 401], ..saturdays() }),
                "weekly.except_dates",
                Reason::OutOfRange,
            ),
            (
                Shape::Interval(interval("2024-04-05T00:00:00Z", "2024-04-05T00:00:00Z")),
                "interval.end_time",
                Reason::Inconsistent,
            ),
        ];
        for (shape, field, reason) in shapes {
            let found = refused(client.create_offer(create("", offer("e1", shape))).await).violations;
            assert_eq!(found, [(format!("offer.{field}"), reason)]);
        }
        let shapeless = pb::Offer { shape: None, ..offer("e1", Shape::Weekly(saturdays())) };
        let shapeless = refused(client.create_offer(create("", shapeless)).await);
        assert_eq!(shapeless.violations, [("offer.shape".to_owned(), Reason::Required)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_in_the_way_is_named() {
    each_engine("offer_obstacles", async |server| {
        let (mut county, mut client) = county(&server).await;
        let simple = || offer("e1", Shape::Weekly(saturdays()));
        let one = pb::Offer { external_ids: vec![external("O-1")], sites: vec![name("sites", "county")], ..simple() };
        client.create_offer(create("o1", one.clone())).await.unwrap();
        let exists = Refused::new(Code::AlreadyExists, Reason::ResourceExists).with("name", &name("offers", "o1"));
        assert_eq!(refused(client.create_offer(create("o1", simple())).await), exists);
        let taken = Refused::new(Code::AlreadyExists, Reason::ExternalIdTaken).with("system", "his.liling");
        assert_eq!(refused(client.create_offer(create("o2", one)).await), taken.with("name", &name("offers", "o1")));
        let absent = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        let nobody = refused(client.create_offer(create("o2", offer("e9", Shape::Weekly(saturdays())))).await);
        assert_eq!(nobody, absent.clone().with("name", &name("experts", "e9")));
        let nowhere = pb::Offer { sites: vec![name("sites", "nowhere")], ..simple() };
        let nowhere = refused(client.create_offer(create("o2", nowhere)).await);
        assert_eq!(nowhere, absent.with("name", &name("sites", "nowhere")));
        let site = pb::DeleteSiteRequest { name: name("sites", "county"), ..Default::default() };
        let in_use = Refused::new(Code::FailedPrecondition, Reason::InUse).with("name", &name("sites", "county"));
        assert_eq!(refused(county.sites.delete_site(site).await), in_use.with("referrer", &name("offers", "o1")));
        let dry = pb::CreateOfferRequest { validate_only: true, ..create("o2", simple()) };
        client.create_offer(dry).await.unwrap();
        let get = pb::GetOfferRequest { name: name("offers", "o2") };
        assert_eq!(refused(client.get_offer(get).await).reason, Reason::ResourceNotFound);
        county.end().await;
        assert_eq!(refused(client.create_offer(create("o2", simple())).await).reason, Reason::ProgrammeEnded);
        assert_eq!(refused(client.withdraw_offer(withdraw("o1")).await).reason, Reason::ProgrammeEnded);
    })
    .await;
}

#[tokio::test]
async fn each_filter_holds() {
    each_engine("offer_filters", async |server| {
        let (_, mut client) = county(&server).await;
        let april = Shape::Weekly(saturdays());
        let may = Shape::Interval(interval("2024-05-04T00:00:00Z", "2024-05-05T00:00:00Z"));
        let county_only = |offer| pb::Offer { sites: vec![name("sites", "county")], ..offer };
        let asked = pb::Offer { mode: pb::OfferMode::OnRequest as i32, ..offer("e1", may.clone()) };
        let marked = pb::Offer { external_ids: vec![external("O-4")], ..offer("e2", may) };
        client.create_offer(create("o1", county_only(offer("e1", april.clone())))).await.unwrap();
        client.create_offer(create("o2", asked)).await.unwrap();
        client.create_offer(create("o3", offer("e2", april))).await.unwrap();
        client.create_offer(create("o4", marked)).await.unwrap();
        client.withdraw_offer(withdraw("o3")).await.unwrap();
        let list = || pb::ListOffersRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let window = Some(interval("2024-05-01T00:00:00Z", "2024-05-31T00:00:00Z"));
        let cases = [
            (list(), vec!["o1", "o2", "o3", "o4"]),
            (pb::ListOffersRequest { expert: name("experts", "e1"), ..list() }, vec!["o1", "o2"]),
            (pb::ListOffersRequest { state: pb::OfferState::Withdrawn as i32, ..list() }, vec!["o3"]),
            (pb::ListOffersRequest { mode: pb::OfferMode::OnRequest as i32, ..list() }, vec!["o2"]),
            (pb::ListOffersRequest { site: name("sites", "banshan"), ..list() }, vec!["o2", "o3", "o4"]),
            (pb::ListOffersRequest { site: name("sites", "county"), ..list() }, vec!["o1", "o2", "o3", "o4"]),
            (pb::ListOffersRequest { window, ..list() }, vec!["o2", "o4"]),
            (pb::ListOffersRequest { external_id: Some(external("O-4")), ..list() }, vec!["o4"]),
            (pb::ListOffersRequest { external_id: Some(external("O-5")), ..list() }, vec![]),
        ];
        for (request, expected) in cases {
            let page = client.list_offers(request.clone()).await.unwrap().into_inner();
            let found: Vec<String> = page.offers.into_iter().map(|offer| offer.name).collect();
            assert_eq!(found, expected.into_iter().map(|id| name("offers", id)).collect::<Vec<_>>(), "{request:?}");
        }
        let first = client.list_offers(pb::ListOffersRequest { page_size: 3, ..list() }).await.unwrap().into_inner();
        let second = pb::ListOffersRequest { page_token: first.next_page_token, ..list() };
        assert_eq!(client.list_offers(second).await.unwrap().into_inner().offers.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn offered_times_are_paged_and_say_where_the_expert_is_away() {
    each_engine("offered_times", async |server| {
        let (_, mut client) = county(&server).await;
        let round = pb::Offer {
            kinds: vec![pb::SessionKind::WardRound as i32],
            ..offer("e1", Shape::Interval(interval("2024-04-20T00:00:00Z", "2024-04-20T02:00:00Z")))
        };
        client.create_offer(create("o1", offer("e1", Shape::Weekly(saturdays())))).await.unwrap();
        client.create_offer(create("o2", round)).await.unwrap();
        client.create_offer(create("o3", offer("e1", Shape::Weekly(saturdays())))).await.unwrap();
        client.withdraw_offer(withdraw("o3")).await.unwrap();
        let away = pb::expert_absence::When::Days(pb::AbsentDays {
            zone: String::new(),
            from_date: date("2024-04-20"),
            to_date: date("2024-04-20"),
        });
        let absence = pb::ExpertAbsence { expert: name("experts", "e1"), when: Some(away), ..Default::default() };
        let absent = pb::CreateExpertAbsenceRequest {
            parent: PROGRAMME.to_owned(),
            absence: Some(absence),
            ..Default::default()
        };
        client.create_expert_absence(absent).await.unwrap();
        let list = |page_token: String, kind: i32| pb::ListOfferedTimesRequest {
            expert: name("experts", "e1"),
            window: Some(interval("2024-04-06T01:00:00Z", "2024-04-26T00:00:00Z")),
            page_size: 2,
            page_token,
            kind,
            site: name("sites", "county"),
        };
        let time = |offer: &str, start: &str, end: &str, absent| pb::OfferedTime {
            offer: name("offers", offer),
            mode: pb::OfferMode::Standing as i32,
            occurrence: Some(pb::Occurrence { interval: Some(interval(start, end)), adjusted: false }),
            absent,
        };
        let page = client.list_offered_times(list(String::new(), 0)).await.unwrap().into_inner();
        let expected = [
            time("o1", "2024-04-06T00:30:00Z", "2024-04-06T04:00:00Z", false),
            time("o2", "2024-04-20T00:00:00Z", "2024-04-20T02:00:00Z", true),
        ];
        assert_eq!(page.times, expected);
        let last = client.list_offered_times(list(page.next_page_token, 0)).await.unwrap().into_inner();
        assert_eq!(last.times, [time("o1", "2024-04-20T00:30:00Z", "2024-04-20T04:00:00Z", true)]);
        assert_eq!(last.next_page_token, "");
        let clinics = client.list_offered_times(list(String::new(), pb::SessionKind::Clinic as i32)).await.unwrap();
        assert_eq!(clinics.into_inner().times.iter().filter(|time| time.offer.ends_with("o2")).count(), 0);
        let long = Some(interval("2024-04-01T00:00:00Z", "2024-06-24T00:01:00Z"));
        let long = pb::ListOfferedTimesRequest { window: long, ..list(String::new(), 0) };
        let long = refused(client.list_offered_times(long).await);
        assert_eq!(long.violations, [("window".to_owned(), Reason::OutOfRange)]);
        let nobody = pb::ListOfferedTimesRequest { expert: name("experts", "e9"), ..list(String::new(), 0) };
        assert_eq!(refused(client.list_offered_times(nobody).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

/// What later slices read.
struct OfExperts(Vec<Id>, Timestamp, Timestamp);

impl Query for OfExperts {
    type Output = BTreeMap<Id, Vec<Offer>>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        tx.ask(store::offers::of_experts(&Id::parse("liling").unwrap(), &self.0, self.1, self.2)).await
    }
}

#[tokio::test]
async fn later_slices_read_open_offers_of_many_experts() {
    each_engine("offers_of_experts", async |server| {
        let (mut county, mut client) = county(&server).await;
        let sited = pb::Offer { sites: vec![name("sites", "county")], ..offer("e1", Shape::Weekly(saturdays())) };
        client.create_offer(create("o1", sited)).await.unwrap();
        client.create_offer(create("o2", offer("e2", Shape::Weekly(saturdays())))).await.unwrap();
        client.create_offer(create("o3", offer("e2", Shape::Weekly(saturdays())))).await.unwrap();
        client.withdraw_offer(withdraw("o3")).await.unwrap();
        let id = |id: &str| Id::parse(id).unwrap();
        let at = |text: &str| Timestamp::from_utc(text.parse().unwrap());
        let both = vec![id("e1"), id("e2")];
        let ids = |offers: &BTreeMap<Id, Vec<Offer>>| -> Vec<(String, Vec<String>)> {
            let of = |offers: &Vec<Offer>| offers.iter().map(|offer| offer.name.id().to_string()).collect();
            offers.iter().map(|(expert, offers)| (expert.to_string(), of(offers))).collect()
        };
        let april = OfExperts(both.clone(), at("2024-04-20T00:00:00Z"), at("2024-04-21T00:00:00Z"));
        let found = server.db.read(april).await.unwrap();
        let expected = [("e1".to_owned(), vec!["o1".to_owned()]), ("e2".to_owned(), vec!["o2".to_owned()])];
        assert_eq!(ids(&found), expected);
        let read = &found[&id("e1")][0];
        assert!(read.is_standing() && read.is_for(SessionKind::Clinic, &id("county")));
        assert!(!read.is_for(SessionKind::Clinic, &id("banshan")));
        let covered = read.intervals(at("2024-04-20T01:00:00Z"), at("2024-04-21T00:00:00Z"));
        assert_eq!(covered, [(at("2024-04-20T01:00:00Z"), at("2024-04-20T04:00:00Z"))]);
        let june = OfExperts(both.clone(), at("2024-06-01T00:00:00Z"), at("2024-06-02T00:00:00Z"));
        assert!(server.db.read(june).await.unwrap().is_empty());

        let merge = pb::MergeExpertsRequest {
            survivor: name("experts", "e1"),
            duplicate: name("experts", "e2"),
            ..Default::default()
        };
        county.experts.merge_experts(merge).await.unwrap();
        let april = OfExperts(both, at("2024-04-20T00:00:00Z"), at("2024-04-21T00:00:00Z"));
        let found = server.db.read(april).await.unwrap();
        assert_eq!(ids(&found), [("e1".to_owned(), vec!["o1".to_owned(), "o2".to_owned()])], "a merge moves them");
        let late = refused(client.create_offer(create("o4", offer("e2", Shape::Weekly(saturdays())))).await);
        assert_eq!((late.reason, late.metadata["state"].as_str()), (Reason::IllegalTransition, "MERGED"));
    })
    .await;
}

//! Programmes over a real socket, and their counting unit as a table.
use homecoming::kernel::{Date, Reason};
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::programmes::{SittingUnit, SittingUnitVersion, sitting_unit_on, with_sitting_unit};
use prost::Message as _;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::errors::{Refused, refused};
use crate::support::{TestServer, each_engine};

/// A client of programmes.
fn client(server: &TestServer) -> ProgrammeServiceClient<Channel> {
    ProgrammeServiceClient::new(server.channel.clone())
}

fn liling() -> pb::Programme {
    pb::Programme {
        display_name: "湘雅乡情·专家醴陵行".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        external_ids: vec![pb::ExternalId { system: "bureau".to_owned(), value: "P-1".to_owned() }],
        ..pb::Programme::default()
    }
}

fn create(id: &str) -> pb::CreateProgrammeRequest {
    pb::CreateProgrammeRequest { programme_id: id.to_owned(), programme: Some(liling()), ..Default::default() }
}

fn date(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

#[tokio::test]
async fn a_programme_is_created_read_changed_and_ended() {
    each_engine("programme_life", async |server| {
        let mut client = client(&server);
        let created = client.create_programme(create("liling")).await.unwrap().into_inner();
        assert_eq!(created.name, "programmes/liling");
        assert_eq!(created.state(), pb::ProgrammeState::Active);
        assert_eq!(created.sitting_units.len(), 1);
        assert_eq!(created.external_ids, liling().external_ids);

        let get = pb::GetProgrammeRequest { name: created.name.clone() };
        assert_eq!(client.get_programme(get.clone()).await.unwrap().into_inner(), created);

        server.clock.advance_minutes(1);
        let update = pb::UpdateProgrammeRequest {
            programme: Some(pb::Programme { display_name: "醴陵行".to_owned(), ..created.clone() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".to_owned()] }),
            ..Default::default()
        };
        let updated = client.update_programme(update.clone()).await.unwrap().into_inner();
        assert_eq!((updated.display_name.as_str(), updated.division_code.as_str()), ("醴陵行", "430281"));
        assert_eq!(updated.external_ids, created.external_ids, "the mask leaves them alone");
        assert_ne!(updated.etag, created.etag);
        assert!(updated.update_time.unwrap().seconds > updated.create_time.unwrap().seconds);

        let stale = refused(client.update_programme(update).await);
        assert_eq!(stale, Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", "programmes/liling"));

        let end = pb::EndProgrammeRequest { name: created.name.clone(), ..Default::default() };
        assert_eq!(client.end_programme(end.clone()).await.unwrap().into_inner().state(), pb::ProgrammeState::Ended);
        let again = refused(client.end_programme(end).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition);
        assert_eq!(again, expected.with("name", "programmes/liling").with("state", "ENDED").with("verb", "end"));
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    each_engine("programme_fields", async |server| {
        let request = pb::CreateProgrammeRequest {
            programme_id: "-Liling".to_owned(),
            programme: Some(pb::Programme {
                display_name: "a\0b".to_owned(),
                division_code: "43028".to_owned(),
                zone: "Asia/Liling".to_owned(),
                external_ids: vec![pb::ExternalId { system: "A B".to_owned(), value: String::new() }],
                ..Default::default()
            }),
            request_id: "no spaces".to_owned(),
            ..Default::default()
        };
        let wrong = refused(client(&server).create_programme(request).await);
        assert_eq!((wrong.code, wrong.reason), (Code::InvalidArgument, Reason::InvalidFields));
        let fields: Vec<&str> = wrong.violations.iter().map(|(field, _)| field.as_str()).collect();
        for field in
            ["request_id", "programme_id", "programme.display_name", "programme.division_code", "programme.zone"]
        {
            assert!(fields.contains(&field), "{field} in {fields:?}");
        }
        assert!(fields.iter().any(|field| field.starts_with("programme.external_ids[0]")), "{fields:?}");
        let list = client(&server).list_programmes(pb::ListProgrammesRequest::default()).await.unwrap();
        assert!(list.into_inner().programmes.is_empty(), "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_answers_the_resource_as_it_is_now() {
    each_engine("programme_replay", async |server| {
        let mut client = client(&server);
        let request = pb::CreateProgrammeRequest { request_id: "once".to_owned(), ..create("liling") };
        let first = client.create_programme(request.clone()).await.unwrap().into_inner();
        assert_eq!(client.create_programme(request.clone()).await.unwrap().into_inner(), first);
        let end = pb::EndProgrammeRequest { name: first.name.clone(), ..Default::default() };
        client.end_programme(end).await.unwrap();
        let now = client.create_programme(request.clone()).await.unwrap().into_inner();
        assert_eq!(now.state(), pb::ProgrammeState::Ended);

        let other = pb::CreateProgrammeRequest { request_id: "once".to_owned(), ..create("liling") };
        let other = pb::CreateProgrammeRequest {
            programme: Some(pb::Programme { display_name: "另一个".to_owned(), ..liling() }),
            ..other
        };
        let reused = refused(client.create_programme(other).await);
        assert_eq!(reused, Refused::new(Code::AlreadyExists, Reason::RequestIdReused).with("request_id", "once"));

        server.clock.advance_minutes(8 * 24 * 60);
        let forgotten = refused(client.create_programme(request).await);
        assert_eq!(forgotten.reason, Reason::ResourceExists, "after seven days it is a new request");
        assert_eq!(server.db.forget_requests().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn validate_only_says_what_would_be_and_writes_nothing() {
    each_engine("programme_dry", async |server| {
        let mut client = client(&server);
        let dry = pb::CreateProgrammeRequest { validate_only: true, ..create("liling") };
        assert_eq!(client.create_programme(dry.clone()).await.unwrap().into_inner().name, "programmes/liling");
        let get = pb::GetProgrammeRequest { name: "programmes/liling".to_owned() };
        let absent = refused(client.get_programme(get).await);
        assert_eq!(absent, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", "programmes/liling"));
        client.create_programme(create("liling")).await.unwrap();
        assert_eq!(refused(client.create_programme(dry).await).reason, Reason::ResourceExists);
        let end =
            pb::EndProgrammeRequest { name: "programmes/none".to_owned(), validate_only: true, ..Default::default() };
        assert_eq!(refused(client.end_programme(end).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_cut_into_pages_bound_to_their_query() {
    each_engine("programme_pages", async |server| {
        let mut client = client(&server);
        for n in 0..5 {
            client.create_programme(create(&format!("p{n}"))).await.unwrap();
        }
        let mut request = pb::ListProgrammesRequest { page_size: 2, ..Default::default() };
        let mut names = Vec::new();
        loop {
            let page = client.list_programmes(request.clone()).await.unwrap().into_inner();
            names.extend(page.programmes.into_iter().map(|programme| programme.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(names, (0..5).map(|n| format!("programmes/p{n}")).collect::<Vec<_>>());

        let active = pb::ProgrammeState::Active as i32;
        let foreign = pb::ListProgrammesRequest { state: active, ..request.clone() };
        let wrong = refused(client.list_programmes(foreign).await);
        assert_eq!(wrong.violations, [("page_token".to_owned(), Reason::PageTokenInvalid)]);
        let unknown = pb::ListProgrammesRequest { state: 99, page_size: -1, ..Default::default() };
        let wrong = refused(client.list_programmes(unknown).await);
        assert_eq!(wrong.violations.len(), 2, "{wrong:?}");
    })
    .await;
}

#[tokio::test]
async fn a_page_ends_before_it_is_larger_than_a_megabyte() {
    each_engine("programme_sizes", async |server| {
        let mut client = client(&server);
        let long = |n: usize, k: usize| pb::ExternalId {
            system: "s".repeat(63),
            value: format!("{n:03}{k:02}{}", "长".repeat(123)),
        };
        for n in 0..130 {
            let large = pb::Programme { external_ids: (0..20).map(|k| long(n, k)).collect(), ..liling() };
            let request = pb::CreateProgrammeRequest { programme: Some(large), ..create(&format!("p{n:03}")) };
            client.create_programme(request).await.unwrap();
        }
        let mut request = pb::ListProgrammesRequest { page_size: 1000, ..Default::default() };
        let (mut names, mut pages) = (Vec::new(), 0);
        loop {
            let page = client.list_programmes(request.clone()).await.unwrap().into_inner();
            assert!(page.encoded_len() < 1 << 20, "{} bytes", page.encoded_len());
            pages += 1;
            names.extend(page.programmes.into_iter().map(|programme| programme.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!((names.len(), pages), (130, 2));
    })
    .await;
}

#[tokio::test]
async fn the_counting_unit_changes_only_for_days_to_come() {
    each_engine("programme_unit", async |server| {
        let mut client = client(&server);
        client.create_programme(create("liling")).await.unwrap(); // on 2024-04-01
        let set = |from_date| pb::SetSittingUnitRequest {
            name: "programmes/liling".to_owned(),
            sitting_unit: Some(pb::SittingUnitVersion { from_date, unit: pb::SittingUnit::Day as i32 }),
            ..Default::default()
        };
        let today = refused(client.set_sitting_unit(set(date(2024, 4, 1))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SittingUnitInForce);
        assert_eq!(today, expected.with("first_date", "2024-04-02"));
        let changed = client.set_sitting_unit(set(date(2025, 1, 1))).await.unwrap().into_inner();
        assert_eq!(changed.sitting_units.len(), 2);
        let get = pb::GetProgrammeRequest { name: changed.name.clone() };
        assert_eq!(client.get_programme(get).await.unwrap().into_inner(), changed);
    })
    .await;
}

#[test]
fn the_unit_of_a_day_is_that_of_the_last_version_before_it() {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let version = |from: &str, unit| SittingUnitVersion { from_date: day(from), unit };
    let versions = [version("2020-01-01", SittingUnit::HalfDay), version("2022-01-01", SittingUnit::Day)];
    for (date, unit) in [
        ("2019-12-31", SittingUnit::HalfDay),
        ("2020-01-01", SittingUnit::HalfDay),
        ("2021-12-31", SittingUnit::HalfDay),
        ("2022-01-01", SittingUnit::Day),
    ] {
        assert_eq!(sitting_unit_on(&versions, day(date)), unit, "{date}");
    }
    let same_day = version("2022-01-01", SittingUnit::HalfDay);
    let replaced = with_sitting_unit(&versions, same_day, day("2021-06-01")).unwrap();
    assert_eq!(replaced, [versions[0], same_day]);
}

//! Hospitals over a real socket, and how their names are compared as a table and a property.
use homecoming::hospitals::{CreditCode, NameKey};
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use proptest::prelude::*;
use prost_types::FieldMask;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::errors::{Refused, refused};
use crate::support::{TestServer, each_engine};

const CODE: &str = "12430000444887023X";

/// A client of hospitals, and the programme `liling`.
async fn client(server: &TestServer) -> HospitalServiceClient<Channel> {
    programme(server, "liling").await;
    HospitalServiceClient::new(server.channel.clone())
}

async fn programme(server: &TestServer, id: &str) {
    let programme = pb::Programme {
        display_name: "醴陵行".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let create =
        pb::CreateProgrammeRequest { programme_id: id.to_owned(), programme: Some(programme), ..Default::default() };
    ProgrammeServiceClient::new(server.channel.clone()).create_programme(create).await.unwrap();
}

fn external(value: &str) -> pb::ExternalId {
    pb::ExternalId { system: "his.liling".to_owned(), value: value.to_owned() }
}

fn xiangya() -> pb::Hospital {
    pb::Hospital {
        display_name: "中南大学湘雅医院".to_owned(),
        aliases: vec!["湘雅".to_owned(), "Xiangya Hospital".to_owned()],
        level: pb::HospitalLevel::ProvincialKey as i32,
        city: "长沙市".to_owned(),
        credit_code: CODE.to_owned(),
        external_ids: vec![external("H-1")],
        ..Default::default()
    }
}

/// Another hospital, that shares nothing with Xiangya.
fn second() -> pb::Hospital {
    pb::Hospital {
        display_name: "湖南省人民医院".to_owned(),
        aliases: vec!["省人民".to_owned()],
        level: pb::HospitalLevel::Tertiary as i32,
        city: "长沙市".to_owned(),
        ..Default::default()
    }
}

fn create(id: &str, hospital: pb::Hospital) -> pb::CreateHospitalRequest {
    pb::CreateHospitalRequest {
        parent: "programmes/liling".to_owned(),
        hospital_id: id.to_owned(),
        hospital: Some(hospital),
        ..Default::default()
    }
}

fn update(hospital: pb::Hospital, paths: &[&str]) -> pb::UpdateHospitalRequest {
    let paths = paths.iter().map(ToString::to_string).collect();
    pb::UpdateHospitalRequest { hospital: Some(hospital), update_mask: Some(FieldMask { paths }), ..Default::default() }
}

fn find(known_as: &str) -> pb::FindHospitalRequest {
    pb::FindHospitalRequest { parent: "programmes/liling".to_owned(), known_as: known_as.to_owned() }
}

fn get(name: &str) -> pb::GetHospitalRequest {
    pb::GetHospitalRequest { name: name.to_owned() }
}

fn list() -> pb::ListHospitalsRequest {
    pb::ListHospitalsRequest { parent: "programmes/liling".to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_hospital_is_created_found_changed_and_deleted() {
    each_engine("hospital_life", async |server| {
        let mut client = client(&server).await;
        let created = client.create_hospital(create("xiangya", xiangya())).await.unwrap().into_inner();
        let expected = pb::Hospital {
            name: "programmes/liling/hospitals/xiangya".to_owned(),
            etag: created.etag.clone(),
            create_time: created.create_time,
            update_time: created.create_time,
            ..xiangya()
        };
        assert_eq!(created, expected);
        assert_eq!(client.get_hospital(get(&created.name)).await.unwrap().into_inner(), created);
        for known_as in ["中南大学湘雅医院", "湘雅", " 湘 雅 ", "xiangya hospital", "ＸＩＡＮＧＹＡ　ＨＯＳＰＩＴＡＬ"]
        {
            let found = client.find_hospital(find(known_as)).await.unwrap().into_inner();
            assert_eq!(found, created, "{known_as}");
        }
        assert_eq!(refused(client.find_hospital(find("湘")).await).reason, Reason::ResourceNotFound);

        server.clock.advance_minutes(1);
        let shorter = pb::Hospital { aliases: vec!["湘雅医院".to_owned()], ..created.clone() };
        let updated = client.update_hospital(update(shorter.clone(), &["aliases"])).await.unwrap().into_inner();
        assert_eq!(updated.aliases, ["湘雅医院"]);
        assert_eq!((&updated.city, &updated.external_ids), (&created.city, &created.external_ids));
        assert_ne!((updated.update_time, &updated.etag), (created.update_time, &created.etag));
        assert_eq!(client.get_hospital(get(&created.name)).await.unwrap().into_inner(), updated);
        assert_eq!(refused(client.find_hospital(find("湘雅")).await).reason, Reason::ResourceNotFound);

        let stale = refused(client.update_hospital(update(shorter, &["aliases"])).await);
        assert_eq!(stale, Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &created.name));
        let delete = pb::DeleteHospitalRequest { name: created.name.clone(), ..Default::default() };
        let old = pb::DeleteHospitalRequest { etag: created.etag, ..delete.clone() };
        assert_eq!(refused(client.delete_hospital(old).await).reason, Reason::EtagMismatch);
        let current = pb::DeleteHospitalRequest { etag: updated.etag, ..delete.clone() };
        client.delete_hospital(current).await.unwrap();
        let gone = refused(client.get_hospital(get(&created.name)).await);
        assert_eq!(gone, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &created.name));
        assert_eq!(refused(client.delete_hospital(delete).await).reason, Reason::ResourceNotFound);
        // Its names and external ids are free again.
        client.create_hospital(create("again", xiangya())).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_name_leads_to_one_hospital_of_a_programme() {
    each_engine("hospital_names", async |server| {
        let mut client = client(&server).await;
        client.create_hospital(create("xiangya", xiangya())).await.unwrap();
        let holder = "programmes/liling/hospitals/xiangya";
        let taken = |field: &str| {
            Refused::new(Code::AlreadyExists, Reason::HospitalNameTaken).with("field", field).with("name", holder)
        };
        let same = pb::Hospital { display_name: "XIANGYA hospital".to_owned(), ..second() };
        assert_eq!(refused(client.create_hospital(create("b", same)).await), taken("hospital.display_name"));
        let alias = pb::Hospital { aliases: vec!["省人民".to_owned(), "湘雅".to_owned()], ..second() };
        assert_eq!(refused(client.create_hospital(create("b", alias)).await), taken("hospital.aliases[1]"));

        let other = client.create_hospital(create("b", second())).await.unwrap().into_inner();
        let claim = pb::Hospital { aliases: vec!["中南大学湘雅医院".to_owned()], ..other.clone() };
        assert_eq!(refused(client.update_hospital(update(claim, &["aliases"])).await), taken("hospital.aliases[0]"));
        let own = pb::Hospital { aliases: vec!["湖南省人民医院".to_owned()], ..other.clone() };
        let twice = refused(client.update_hospital(update(own, &["aliases"])).await);
        assert_eq!(twice.violations, [("hospital.aliases[0]".to_owned(), Reason::Duplicate)]);
        // A name and an alias of one hospital may change places.
        let swapped = pb::Hospital {
            display_name: "省人民".to_owned(),
            aliases: vec!["湖南省人民医院".to_owned()],
            etag: String::new(),
            ..other
        };
        client.update_hospital(update(swapped, &["display_name", "aliases"])).await.unwrap();

        // Another programme's names are its own.
        programme(&server, "shaoguan").await;
        let parent = "programmes/shaoguan".to_owned();
        let elsewhere = pb::CreateHospitalRequest { parent, ..create("xiangya", xiangya()) };
        client.create_hospital(elsewhere).await.unwrap();
        let taken = pb::Hospital { aliases: Vec::new(), display_name: "另一家".to_owned(), ..xiangya() };
        let clash = refused(client.create_hospital(create("c", taken)).await);
        let expected = Refused::new(Code::AlreadyExists, Reason::ExternalIdTaken);
        assert_eq!(clash, expected.with("system", "his.liling").with("name", holder));
        let exists = refused(client.create_hospital(create("xiangya", second())).await);
        assert_eq!(exists, Refused::new(Code::AlreadyExists, Reason::ResourceExists).with("name", holder));
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    each_engine("hospital_fields", async |server| {
        let mut client = client(&server).await;
        let wrong = pb::Hospital {
            display_name: "a\0b".to_owned(),
            aliases: vec!["湘雅".to_owned(), " ".to_owned(), "湘　雅".to_owned(), "x".repeat(101)],
            level: 99,
            city: "x".repeat(51),
            credit_code: "12430000444887023I".to_owned(),
            external_ids: vec![external("H-1"), external("H-1")],
            ..Default::default()
        };
        let request = pb::CreateHospitalRequest {
            parent: "liling".to_owned(),
            request_id: "no spaces".to_owned(),
            ..create("Xiangya", wrong.clone())
        };
        let refusal = refused(client.create_hospital(request).await);
        assert_eq!((refusal.code, refusal.reason), (Code::InvalidArgument, Reason::InvalidFields));
        let mut violations = refusal.violations;
        violations.sort();
        let mut expected = [
            ("request_id", Reason::Malformed),
            ("parent", Reason::Malformed),
            ("hospital_id", Reason::Malformed),
            ("hospital.display_name", Reason::ControlCharacter),
            ("hospital.aliases[1]", Reason::Required),
            ("hospital.aliases[2]", Reason::Duplicate),
            ("hospital.aliases[3]", Reason::OutOfRange),
            ("hospital.level", Reason::UnknownValue),
            ("hospital.city", Reason::OutOfRange),
            ("hospital.credit_code", Reason::Malformed),
            ("hospital.external_ids[1]", Reason::Duplicate),
        ]
        .map(|(field, reason)| (field.to_owned(), reason));
        expected.sort();
        assert_eq!(violations, expected);

        // An update reads the fields of its mask alone.
        client.create_hospital(create("xiangya", xiangya())).await.unwrap();
        let name = "programmes/liling/hospitals/xiangya".to_owned();
        let moved = pb::Hospital { name: name.clone(), city: "株洲市".to_owned(), ..wrong };
        assert_eq!(client.update_hospital(update(moved.clone(), &["city"])).await.unwrap().into_inner().city, "株洲市");
        let unknown = refused(client.update_hospital(update(moved, &["name", "city"])).await);
        assert_eq!(unknown.violations, [("update_mask.paths[0]".to_owned(), Reason::NotUpdatable)]);

        let large = pb::Hospital { display_name: "长".repeat(1_000_000), ..second() };
        let refusal = refused(client.create_hospital(create("b", large)).await);
        assert_eq!(refusal.violations, [("hospital.display_name".to_owned(), Reason::OutOfRange)]);
        let many = pb::Hospital { aliases: (0..21).map(|n| format!("n{n}")).collect(), ..second() };
        let refusal = refused(client.create_hospital(create("b", many)).await);
        assert_eq!(refusal.violations, [("hospital.aliases".to_owned(), Reason::OutOfRange)]);
        let nothing = refused(client.create_hospital(pb::CreateHospitalRequest::default()).await);
        assert!(nothing.violations.iter().any(|(field, reason)| field == "hospital" && *reason == Reason::Required));
        let all = client.list_hospitals(list()).await.unwrap().into_inner().hospitals;
        assert_eq!(all.len(), 1, "nothing else was written");
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_and_a_dry_one_write_nothing_more() {
    each_engine("hospital_replay", async |server| {
        let mut client = client(&server).await;
        let dry = pb::CreateHospitalRequest { validate_only: true, ..create("", xiangya()) };
        let would = client.create_hospital(dry).await.unwrap().into_inner();
        assert_eq!(would.aliases, xiangya().aliases);
        assert!(client.list_hospitals(list()).await.unwrap().into_inner().hospitals.is_empty());

        let once = pb::CreateHospitalRequest { request_id: "once".to_owned(), ..create("", xiangya()) };
        let first = client.create_hospital(once.clone()).await.unwrap().into_inner();
        let moved = pb::Hospital { city: "株洲市".to_owned(), ..first.clone() };
        let moved = client.update_hospital(update(moved, &["city"])).await.unwrap().into_inner();
        let again = client.create_hospital(once.clone()).await.unwrap().into_inner();
        assert_eq!(again, moved, "the same hospital, as it is now");
        let other = pb::CreateHospitalRequest { hospital: Some(second()), ..once };
        let reused = refused(client.create_hospital(other).await);
        assert_eq!(reused, Refused::new(Code::AlreadyExists, Reason::RequestIdReused).with("request_id", "once"));

        let delete = pb::DeleteHospitalRequest {
            name: first.name.clone(),
            request_id: "gone".to_owned(),
            validate_only: true,
            ..Default::default()
        };
        client.delete_hospital(delete.clone()).await.unwrap();
        client.get_hospital(get(&first.name)).await.unwrap();
        let delete = pb::DeleteHospitalRequest { validate_only: false, ..delete };
        client.delete_hospital(delete.clone()).await.unwrap();
        client.delete_hospital(delete).await.unwrap();
        assert_eq!(refused(client.get_hospital(get(&first.name)).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn lists_are_filtered_and_cut_into_pages_bound_to_their_query() {
    each_engine("hospital_lists", async |server| {
        let mut client = client(&server).await;
        client.create_hospital(create("xiangya", xiangya())).await.unwrap();
        for n in 0..5 {
            let numbered = pb::Hospital {
                display_name: format!("第{n}医院"),
                level: pb::HospitalLevel::County as i32,
                city: "醴陵市".to_owned(),
                ..Default::default()
            };
            client.create_hospital(create(&format!("h{n}"), numbered)).await.unwrap();
        }
        let county = pb::HospitalLevel::County as i32;
        let only = |request: pb::ListHospitalsRequest| (request, vec!["xiangya"]);
        for (request, expected) in [
            (list(), vec!["h0", "h1", "h2", "h3", "h4", "xiangya"]),
            (pb::ListHospitalsRequest { level: county, ..list() }, vec!["h0", "h1", "h2", "h3", "h4"]),
            only(pb::ListHospitalsRequest { city: "长沙市".to_owned(), ..list() }),
            only(pb::ListHospitalsRequest { known_as: "湘雅".to_owned(), ..list() }),
            only(pb::ListHospitalsRequest { credit_code: CODE.to_owned(), ..list() }),
            only(pb::ListHospitalsRequest { external_id: Some(external("H-1")), ..list() }),
            (pb::ListHospitalsRequest { external_id: Some(external("H-2")), ..list() }, vec![]),
            (pb::ListHospitalsRequest { known_as: "湘雅".to_owned(), level: county, ..list() }, vec![]),
        ] {
            let mut page = pb::ListHospitalsRequest { page_size: 2, ..request.clone() };
            let mut ids = Vec::new();
            loop {
                let answer = client.list_hospitals(page.clone()).await.unwrap().into_inner();
                assert!(answer.hospitals.len() <= 2);
                ids.extend(answer.hospitals.iter().filter_map(|h| h.name.rsplit('/').next().map(str::to_owned)));
                if answer.next_page_token.is_empty() {
                    break;
                }
                page.page_token = answer.next_page_token;
            }
            assert_eq!(ids, expected, "{request:?}");
        }
        let first = pb::ListHospitalsRequest { page_size: 2, ..list() };
        let token = client.list_hospitals(first).await.unwrap().into_inner().next_page_token;
        let foreign = pb::ListHospitalsRequest { page_token: token, level: county, ..list() };
        let wrong = refused(client.list_hospitals(foreign).await);
        assert_eq!(wrong.violations, [("page_token".to_owned(), Reason::PageTokenInvalid)]);
        let broken = pb::ListHospitalsRequest {
            level: -1,
            page_size: -1,
            known_as: "\0".to_owned(),
            credit_code: "1".to_owned(),
            external_id: Some(pb::ExternalId::default()),
            ..list()
        };
        let fields: Vec<_> = refused(client.list_hospitals(broken).await).violations;
        let fields: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["known_as", "level", "credit_code", "external_id.system", "page_size"]);
    })
    .await;
}

#[tokio::test]
async fn an_ended_programme_takes_no_hospital() {
    each_engine("hospital_ended", async |server| {
        let mut client = client(&server).await;
        let hospital = client.create_hospital(create("xiangya", xiangya())).await.unwrap().into_inner();
        let end = pb::EndProgrammeRequest { name: "programmes/liling".to_owned(), ..Default::default() };
        ProgrammeServiceClient::new(server.channel.clone()).end_programme(end).await.unwrap();
        let expected = Refused::new(Code::FailedPrecondition, Reason::ProgrammeEnded).with("name", "programmes/liling");
        assert_eq!(refused(client.create_hospital(create("b", second())).await), expected);
        assert_eq!(refused(client.update_hospital(update(hospital.clone(), &["city"])).await), expected);
        let delete = pb::DeleteHospitalRequest { name: hospital.name.clone(), ..Default::default() };
        assert_eq!(refused(client.delete_hospital(delete).await), expected);
        assert_eq!(client.get_hospital(get(&hospital.name)).await.unwrap().into_inner(), hospital);
        let nowhere = pb::CreateHospitalRequest { parent: "programmes/none".to_owned(), ..create("b", second()) };
        let absent = refused(client.create_hospital(nowhere).await);
        assert_eq!(absent, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", "programmes/none"));
    })
    .await;
}

#[test]
fn a_credit_code_has_eighteen_of_its_own_letters() {
    for (text, good) in [
        (CODE, true),
        ("12430000444887023x", false),
        ("12430000444887023I", false),
        ("12430000444887023", false),
        ("12430000444887023XX", false),
        ("1243000044488702３", false),
        ("", false),
    ] {
        assert_eq!(CreditCode::parse(text).is_some(), good, "{text}");
    }
}

proptest! {
    /// What is stored is a key already, and neither spaces nor width nor case make another name.
    #[test]
    fn a_key_is_its_own_key(name in "\\PC{0,40}") {
        let key = NameKey::of(&name);
        prop_assert_eq!(&NameKey::of(key.as_str()), &key);
        let spaced: String = name.chars().flat_map(|c| [c, ' ']).collect();
        prop_assert_eq!(&NameKey::of(&spaced), &key);
    }

    #[test]
    fn width_and_case_make_no_other_name(name in "[!-~]{1,40}") {
        let wide: String = name.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0)).collect();
        prop_assert_eq!(NameKey::of(&wide), NameKey::of(&name.to_uppercase()));
    }
}

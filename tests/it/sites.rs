//! Sites over a real socket: their fields, rooms and pages. Closures and journeys are in `sites/`.
mod closures;
mod journeys;
mod sets;

use homecoming::kernel::{Reason, Specialty};
use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::sites::{DivisionCode, covered};
use prost::Message as _;
use prost_types::FieldMask;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::errors::{Refused, refused};
use crate::support::{TestServer, each_engine};

/// A client of sites, and the programme `liling` with the hospital `county`.
async fn client(server: &TestServer) -> SiteServiceClient<Channel> {
    let programme = pb::Programme {
        display_name: "醴陵行".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let create = pb::CreateProgrammeRequest {
        programme_id: "liling".to_owned(),
        programme: Some(programme),
        ..Default::default()
    };
    ProgrammeServiceClient::new(server.channel.clone()).create_programme(create).await.unwrap();
    let hospital = pb::Hospital {
        display_name: "醴陵市中医院".to_owned(),
        level: pb::HospitalLevel::County as i32,
        ..Default::default()
    };
    let create = pb::CreateHospitalRequest {
        parent: "programmes/liling".to_owned(),
        hospital_id: "county".to_owned(),
        hospital: Some(hospital),
        ..Default::default()
    };
    HospitalServiceClient::new(server.channel.clone()).create_hospital(create).await.unwrap();
    SiteServiceClient::new(server.channel.clone())
}

const HOSPITAL: &str = "programmes/liling/hospitals/county";

fn external(value: &str) -> pb::ExternalId {
    pb::ExternalId { system: "his.liling".to_owned(), value: value.to_owned() }
}

fn room(id: &str, kinds: &[pb::RoomKind]) -> pb::Room {
    pb::Room {
        id: id.to_owned(),
        display_name: format!("{id}号"),
        kinds: kinds.iter().map(|kind| *kind as i32).collect(),
        turnover_minutes: 15,
    }
}

fn county() -> pb::Site {
    pb::Site {
        display_name: "醴陵市中医院".to_owned(),
        hospital: HOSPITAL.to_owned(),
        level: pb::SiteLevel::CountyHospital as i32,
        institution_code: "12430281444887023X".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        licensed_specialties: vec!["03".to_owned(), "04.01".to_owned()],
        rooms: vec![
            room("or-1", &[pb::RoomKind::Operating]),
            room("a", &[pb::RoomKind::Clinic, pb::RoomKind::Lecture]),
        ],
        address: "来龙门街道".to_owned(),
        external_ids: vec![external("S-1")],
        ..Default::default()
    }
}

fn township() -> pb::Site {
    pb::Site {
        display_name: "官庄镇卫生院".to_owned(),
        level: pb::SiteLevel::TownshipHealthCentre as i32,
        division_code: "430281126".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        licensed_specialties: vec!["50".to_owned()],
        ..Default::default()
    }
}

fn create(id: &str, site: pb::Site) -> pb::CreateSiteRequest {
    pb::CreateSiteRequest {
        parent: "programmes/liling".to_owned(),
        site_id: id.to_owned(),
        site: Some(site),
        ..Default::default()
    }
}

fn update(site: pb::Site, paths: &[&str]) -> pb::UpdateSiteRequest {
    let paths = paths.iter().map(ToString::to_string).collect();
    pb::UpdateSiteRequest { site: Some(site), update_mask: Some(FieldMask { paths }), ..Default::default() }
}

fn get(name: &str) -> pb::GetSiteRequest {
    pb::GetSiteRequest { name: name.to_owned() }
}

fn list() -> pb::ListSitesRequest {
    pb::ListSitesRequest { parent: "programmes/liling".to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_site_is_created_changed_and_deleted() {
    each_engine("site_life", async |server| {
        let mut client = client(&server).await;
        let created = client.create_site(create("zyy", county())).await.unwrap().into_inner();
        let expected = pb::Site {
            name: "programmes/liling/sites/zyy".to_owned(),
            etag: created.etag.clone(),
            create_time: created.create_time,
            update_time: created.create_time,
            ..county()
        };
        assert_eq!(created, expected);
        assert_eq!(client.get_site(get(&created.name)).await.unwrap().into_inner(), created);

        server.clock.advance_minutes(1);
        let rooms = vec![room("a", &[pb::RoomKind::Clinic]), room("b", &[pb::RoomKind::Ward])];
        let change = pb::Site { rooms, hospital: String::new(), ..created.clone() };
        let updated = client.update_site(update(change.clone(), &["rooms", "hospital"])).await.unwrap().into_inner();
        assert_eq!((updated.rooms.clone(), updated.hospital.as_str()), (change.rooms.clone(), ""));
        assert_eq!((&updated.address, &updated.external_ids), (&created.address, &created.external_ids));
        assert_eq!(client.get_site(get(&created.name)).await.unwrap().into_inner(), updated);
        let stale = refused(client.update_site(update(change, &["rooms"])).await);
        assert_eq!(stale, Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &created.name));
        // No mask: every field that can be updated.
        let whole = pb::Site { name: created.name.clone(), ..township() };
        let request = pb::UpdateSiteRequest { site: Some(whole.clone()), ..Default::default() };
        let whole_now = client.update_site(request).await.unwrap().into_inner();
        let meta = pb::Site {
            etag: whole_now.etag.clone(),
            create_time: created.create_time,
            update_time: whole_now.update_time,
            ..whole
        };
        assert_eq!(whole_now, meta);

        let delete = pb::DeleteSiteRequest { name: created.name.clone(), ..Default::default() };
        let old = pb::DeleteSiteRequest { etag: created.etag, ..delete.clone() };
        assert_eq!(refused(client.delete_site(old).await).reason, Reason::EtagMismatch);
        client.delete_site(delete.clone()).await.unwrap();
        let gone = refused(client.get_site(get(&created.name)).await);
        assert_eq!(gone, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &created.name));
        assert_eq!(refused(client.delete_site(delete).await).reason, Reason::ResourceNotFound);
        client.create_site(create("zyy", county())).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_hospital_that_is_a_site_stays() {
    each_engine("site_hospital", async |server| {
        let mut client = client(&server).await;
        let absent = pb::Site { hospital: "programmes/liling/hospitals/none".to_owned(), ..county() };
        let missing = refused(client.create_site(create("zyy", absent.clone())).await);
        let expected = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(missing, expected.with("name", "programmes/liling/hospitals/none"));
        let foreign = pb::Site { hospital: "programmes/shaoguan/hospitals/county".to_owned(), ..county() };
        let wrong = refused(client.create_site(create("zyy", foreign)).await);
        assert_eq!(wrong.violations, [("site.hospital".to_owned(), Reason::Inconsistent)]);

        let site = client.create_site(create("zyy", county())).await.unwrap().into_inner();
        let moved = pb::Site { hospital: absent.hospital, ..site.clone() };
        assert_eq!(refused(client.update_site(update(moved, &["hospital"])).await).reason, Reason::ResourceNotFound);
        let mut hospitals = HospitalServiceClient::new(server.channel.clone());
        let delete = pb::DeleteHospitalRequest { name: HOSPITAL.to_owned(), ..Default::default() };
        let in_use = Refused::new(Code::FailedPrecondition, Reason::InUse);
        let in_use = in_use.with("name", HOSPITAL).with("referrer", &site.name);
        let dry = pb::DeleteHospitalRequest { validate_only: true, ..delete.clone() };
        assert_eq!(refused(hospitals.delete_hospital(dry).await), in_use, "who only asks is told the same");
        assert_eq!(refused(hospitals.delete_hospital(delete.clone()).await), in_use);
        assert_eq!(server.db.stats().counts().reruns, 0, "who objects does so before anything is written");
        let still = pb::GetHospitalRequest { name: HOSPITAL.to_owned() };
        hospitals.get_hospital(still).await.unwrap();
        client.delete_site(pb::DeleteSiteRequest { name: site.name, ..Default::default() }).await.unwrap();
        hospitals.delete_hospital(delete).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    each_engine("site_fields", async |server| {
        let mut client = client(&server).await;
        let kinds = vec![pb::RoomKind::Ward as i32, pb::RoomKind::Ward as i32, 99, 0];
        let wrong = pb::Site {
            display_name: String::new(),
            hospital: "county".to_owned(),
            level: 99,
            institution_code: "1".to_owned(),
            division_code: "43028".to_owned(),
            zone: "Asia/Liling".to_owned(),
            licensed_specialties: vec!["3".to_owned(), "04.01".to_owned(), "04.01".to_owned()],
            rooms: vec![
                pb::Room { id: "A".to_owned(), display_name: "a\0".to_owned(), kinds, turnover_minutes: -1 },
                room("b", &[pb::RoomKind::Ward]),
                room("b", &[]),
                pb::Room::default(),
            ],
            address: "x".repeat(201),
            external_ids: vec![pb::ExternalId { system: "A".to_owned(), value: "1".to_owned() }],
            ..Default::default()
        };
        let refusal = refused(client.create_site(create("Zyy", wrong)).await);
        assert_eq!((refusal.code, refusal.reason), (Code::InvalidArgument, Reason::InvalidFields));
        let mut violations = refusal.violations;
        violations.sort();
        let mut expected = [
            ("site_id", Reason::Malformed),
            ("site.display_name", Reason::Required),
            ("site.hospital", Reason::Malformed),
            ("site.level", Reason::UnknownValue),
            ("site.institution_code", Reason::Malformed),
            ("site.division_code", Reason::Malformed),
            ("site.zone", Reason::Malformed),
            ("site.licensed_specialties[0]", Reason::Malformed),
            ("site.licensed_specialties[2]", Reason::Duplicate),
            ("site.rooms[0].id", Reason::Malformed),
            ("site.rooms[0].display_name", Reason::ControlCharacter),
            ("site.rooms[0].kinds[1]", Reason::Duplicate),
            ("site.rooms[0].kinds[2]", Reason::UnknownValue),
            ("site.rooms[0].kinds[3]", Reason::Required),
            ("site.rooms[0].turnover_minutes", Reason::OutOfRange),
            ("site.rooms[2].id", Reason::Duplicate),
            ("site.rooms[2].kinds", Reason::Required),
            ("site.rooms[3].id", Reason::Required),
            ("site.rooms[3].display_name", Reason::Required),
            ("site.rooms[3].kinds", Reason::Required),
            ("site.address", Reason::OutOfRange),
            ("site.external_ids[0].system", Reason::Malformed),
        ]
        .map(|(field, reason)| (field.to_owned(), reason));
        expected.sort();
        assert_eq!(violations, expected);
        let many = (0..201).map(|n| room(&format!("r{n}"), &[pb::RoomKind::Ward])).collect();
        let refusal = refused(client.create_site(create("zyy", pb::Site { rooms: many, ..county() })).await);
        assert_eq!(refusal.violations, [("site.rooms".to_owned(), Reason::OutOfRange)]);
        let nothing = refused(client.update_site(pb::UpdateSiteRequest::default()).await);
        assert!(nothing.violations.iter().any(|(field, reason)| field == "site" && *reason == Reason::Required));
        assert!(client.list_sites(list()).await.unwrap().into_inner().sites.is_empty(), "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_and_a_dry_one_write_nothing_more() {
    each_engine("site_replay", async |server| {
        let mut client = client(&server).await;
        let dry = pb::CreateSiteRequest { validate_only: true, ..create("", county()) };
        assert_eq!(client.create_site(dry).await.unwrap().into_inner().rooms, county().rooms);
        assert!(client.list_sites(list()).await.unwrap().into_inner().sites.is_empty());
        let once = pb::CreateSiteRequest { request_id: "once".to_owned(), ..create("", county()) };
        let first = client.create_site(once.clone()).await.unwrap().into_inner();
        let moved = pb::Site { address: "李畋镇".to_owned(), ..first };
        let moved = client.update_site(update(moved, &["address"])).await.unwrap().into_inner();
        assert_eq!(client.create_site(once.clone()).await.unwrap().into_inner(), moved);
        let other = pb::CreateSiteRequest { site: Some(township()), ..once };
        let reused = refused(client.create_site(other).await);
        assert_eq!(reused, Refused::new(Code::AlreadyExists, Reason::RequestIdReused).with("request_id", "once"));
        let clash = pb::Site { external_ids: vec![external("S-1")], ..township() };
        let taken = Refused::new(Code::AlreadyExists, Reason::ExternalIdTaken).with("system", "his.liling");
        let taken = taken.with("name", &moved.name);
        assert_eq!(refused(client.create_site(create("gz", clash.clone())).await), taken);
        let exists = client.create_site(create("gz", township())).await.unwrap().into_inner();
        let clash = pb::Site { name: exists.name, ..clash };
        assert_eq!(refused(client.update_site(update(clash, &["external_ids"])).await), taken);
        let again = refused(client.create_site(create("gz", township())).await);
        assert_eq!(again.reason, Reason::ResourceExists);
    })
    .await;
}

#[tokio::test]
async fn lists_are_filtered_and_cut_into_pages_bound_to_their_query() {
    each_engine("site_lists", async |server| {
        let mut client = client(&server).await;
        client.create_site(create("zyy", county())).await.unwrap();
        for n in 0..3 {
            let site = pb::Site { division_code: format!("43028112{n}"), ..township() };
            client.create_site(create(&format!("t{n}"), site)).await.unwrap();
        }
        let elsewhere = pb::Site { division_code: "430282".to_owned(), ..township() };
        client.create_site(create("x", elsewhere)).await.unwrap();
        let licensed = |code: &str| pb::ListSitesRequest { licensed_specialty: code.to_owned(), ..list() };
        let division = |code: &str| pb::ListSitesRequest { division_code: code.to_owned(), ..list() };
        let level = pb::SiteLevel::CountyHospital as i32;
        for (request, expected) in [
            (list(), vec!["t0", "t1", "t2", "x", "zyy"]),
            (pb::ListSitesRequest { level, ..list() }, vec!["zyy"]),
            (pb::ListSitesRequest { hospital: HOSPITAL.to_owned(), ..list() }, vec!["zyy"]),
            (division("430281"), vec!["t0", "t1", "t2", "zyy"]),
            (division("430281121"), vec!["t1"]),
            (licensed("03.04"), vec!["zyy"]),
            (licensed("03"), vec!["zyy"]),
            (licensed("04"), vec![]),
            (licensed("04.01.02"), vec!["zyy"]),
            (pb::ListSitesRequest { external_id: Some(external("S-1")), ..list() }, vec!["zyy"]),
        ] {
            let mut page = pb::ListSitesRequest { page_size: 2, ..request.clone() };
            let mut ids = Vec::new();
            loop {
                let answer = client.list_sites(page.clone()).await.unwrap().into_inner();
                ids.extend(answer.sites.iter().filter_map(|site| site.name.rsplit('/').next().map(str::to_owned)));
                if answer.next_page_token.is_empty() {
                    break;
                }
                page.page_token = answer.next_page_token;
            }
            assert_eq!(ids, expected, "{request:?}");
        }
        let token = client.list_sites(pb::ListSitesRequest { page_size: 2, ..list() }).await.unwrap().into_inner();
        let foreign = pb::ListSitesRequest { page_token: token.next_page_token, level, ..list() };
        let wrong = refused(client.list_sites(foreign).await);
        assert_eq!(wrong.violations, [("page_token".to_owned(), Reason::PageTokenInvalid)]);
    })
    .await;
}

#[tokio::test]
async fn a_page_of_large_sites_ends_before_it_grows_too_large() {
    each_engine("site_large", async |server| {
        let mut client = client(&server).await;
        let all_kinds: Vec<i32> = (1..=5).collect();
        let rooms: Vec<pb::Room> = (0..200)
            .map(|n| pb::Room {
                id: format!("{n}-{}", "x".repeat(50)),
                display_name: "室".repeat(60),
                kinds: all_kinds.clone(),
                turnover_minutes: 480,
            })
            .collect();
        for n in 0..25 {
            client
                .create_site(create(&format!("s{n:02}"), pb::Site { rooms: rooms.clone(), ..township() }))
                .await
                .unwrap();
        }
        let mut request = pb::ListSitesRequest { page_size: 1000, ..list() };
        let mut seen = Vec::new();
        loop {
            let page = client.list_sites(request.clone()).await.unwrap().into_inner();
            assert!(page.encoded_len() < 1 << 20, "{} bytes", page.encoded_len());
            seen.extend(page.sites.into_iter().map(|site| site.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, (0..25).map(|n| format!("programmes/liling/sites/s{n:02}")).collect::<Vec<_>>());
        let nowhere = pb::ListSitesRequest { parent: "programmes/none".to_owned(), ..Default::default() };
        let absent = refused(client.list_sites(nowhere).await);
        assert_eq!(absent, Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", "programmes/none"));
    })
    .await;
}

#[test]
fn a_licence_covers_what_lies_below_it() {
    let specialty = |code: &str| Specialty::parse(code).unwrap();
    let licensed = ["03", "04.01"].map(specialty);
    for (needed, yes) in
        [("03", true), ("03.04", true), ("04.01", true), ("04.01.02", true), ("04", false), ("04.02", false)]
    {
        assert_eq!(covered(&licensed, &specialty(needed)), yes, "{needed}");
    }
    assert!(!covered(&[], &specialty("03")), "no recorded licence covers nothing");
}

#[test]
fn a_division_has_six_or_nine_digits_and_holds_its_townships() {
    for (text, good) in [
        ("430281", true),
        ("430281400", true),
        ("43028", false),
        ("4302814", false),
        ("030281", false),
        ("43028a", false),
        ("４３０２８１", false),
        ("", false),
    ] {
        assert_eq!(DivisionCode::parse(text).is_some(), good, "{text}");
    }
    let county = DivisionCode::parse("430281").unwrap();
    for (code, inside) in
        [("430281", true), ("430281400", true), ("430281999", true), ("430282", false), ("430280999", false)]
    {
        assert_eq!((county.as_str()..county.end().as_str()).contains(&code), inside, "{code}");
    }
}

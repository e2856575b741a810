//! Lists of experts, and what later slices read of many at once.

use std::collections::HashMap;

use homecoming::db::{Query, Tx};
use homecoming::experts::store;
use homecoming::kernel::{Id, Reason, Result};
use homecoming::pb;
use prost::Message as _;

use super::{LICENCE, end, full, pause};
use crate::support::county::{County, PROGRAMME, affiliation, date, day, expert, external, name, tie};
use crate::support::each_engine;
use crate::support::errors::refused;

fn list() -> pb::ListExpertsRequest {
    pb::ListExpertsRequest { parent: PROGRAMME.to_owned(), ..Default::default() }
}

async fn ids(county: &mut County, request: pb::ListExpertsRequest) -> Vec<String> {
    let experts = county.experts.list_experts(request).await.unwrap().into_inner().experts;
    experts.into_iter().map(|expert| expert.name.rsplit('/').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_filter_holds_and_all_together() {
    each_engine("expert_filters", async |server| {
        let mut county = County::new(&server).await;
        county.expert("e1", full()).await; // xiangya since 2020, second before and beside; 03.04 and 28
        let late = pb::Expert { roster_entry_date: date("2023-01-01"), specialties: vec!["03".to_owned()], ..expert() };
        county.expert("e2", late).await;
        let there = vec![affiliation("second", "2022-01-01", Some("2022-12-31"), true)];
        county.expert("e3", pb::Expert { affiliations: there, specialties: vec!["30".to_owned()], ..expert() }).await;
        county.experts.end_expert(end("e3", "2022-12-31")).await.unwrap();
        county.experts.pause_expert(pause("e2")).await.unwrap();

        let second = name("hospitals", "second");
        let cases = [
            (list(), vec!["e1", "e2", "e3"]),
            (pb::ListExpertsRequest { state: pb::ExpertState::Paused as i32, ..list() }, vec!["e2"]),
            (pb::ListExpertsRequest { hospital: second.clone(), ..list() }, vec!["e1", "e3"]),
            (pb::ListExpertsRequest { specialty: "03".to_owned(), ..list() }, vec!["e1", "e2"]),
            (pb::ListExpertsRequest { specialty: "03.04".to_owned(), ..list() }, vec!["e1"]),
            (pb::ListExpertsRequest { roster_date: date("2022-12-31"), ..list() }, vec!["e1", "e3"]),
            (pb::ListExpertsRequest { roster_date: date("2023-01-01"), ..list() }, vec!["e1", "e2"]),
            (pb::ListExpertsRequest { roster_date: date("2019-12-31"), ..list() }, vec![]),
            (pb::ListExpertsRequest { external_id: Some(external("D-1")), ..list() }, vec!["e1"]),
            (pb::ListExpertsRequest { external_id: Some(external("D-9")), ..list() }, vec![]),
            (pb::ListExpertsRequest { licence_number: LICENCE.to_owned(), ..list() }, vec!["e1"]),
            (pb::ListExpertsRequest { licence_number: "110430000000001".to_owned(), ..list() }, vec![]),
            (
                pb::ListExpertsRequest {
                    state: pb::ExpertState::Active as i32,
                    hospital: second,
                    specialty: "28".to_owned(),
                    roster_date: date("2024-01-01"),
                    external_id: Some(external("D-1")),
                    licence_number: LICENCE.to_owned(),
                    ..list()
                },
                vec!["e1"],
            ),
        ];
        for (request, expected) in cases {
            assert_eq!(ids(&mut county, request.clone()).await, expected, "{request:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_is_cut_into_pages_bound_to_their_query() {
    each_engine("expert_pages", async |server| {
        let mut county = County::new(&server).await;
        for n in 0..5 {
            county.expert(&format!("e{n}"), expert()).await;
        }
        let mut request = pb::ListExpertsRequest { page_size: 2, ..list() };
        let mut names = Vec::new();
        loop {
            let page = county.experts.list_experts(request.clone()).await.unwrap().into_inner();
            names.extend(page.experts.into_iter().map(|expert| expert.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(names, (0..5).map(|n| name("experts", &format!("e{n}"))).collect::<Vec<_>>());
        let other = pb::ListExpertsRequest { specialty: "03".to_owned(), ..request };
        let other = refused(county.experts.list_experts(other).await);
        assert_eq!(other.violations, [("page_token".to_owned(), Reason::PageTokenInvalid)]);
        let nowhere = pb::ListExpertsRequest { parent: "programmes/nowhere".to_owned(), ..Default::default() };
        assert_eq!(refused(county.experts.list_experts(nowhere).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_page_of_large_experts_ends_before_a_megabyte() {
    each_engine("expert_megabyte", async |server| {
        let mut county = County::new(&server).await;
        let mut told = tie(pb::HomeTieKind::Born, "430281");
        told.place = "村".repeat(128);
        told.consent.as_mut().unwrap().words = "好".repeat(500);
        let large = pb::Expert {
            display_name: "专".repeat(64),
            specialties: (10..99).map(|n| format!("{n}.01.01")).collect(),
            affiliations: vec![affiliation("xiangya", "2020-01-01", Some("2020-12-31"), false); 50],
            home_ties: vec![told; 20],
            ..expert()
        };
        for n in 0..30 {
            county.expert(&format!("e{n:02}"), large.clone()).await;
        }
        let mut request = pb::ListExpertsRequest { page_size: 1000, ..list() };
        let mut names = Vec::new();
        loop {
            let page = county.experts.list_experts(request.clone()).await.unwrap().into_inner();
            assert!(page.encoded_len() < 1_048_576, "{}", page.encoded_len());
            names.extend(page.experts.into_iter().map(|expert| expert.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(names, (0..30).map(|n| name("experts", &format!("e{n:02}"))).collect::<Vec<_>>());
    })
    .await;
}

/// What `tallies` and `sessions` read: home hospitals by (expert, day).
struct Homes;

impl Query for Homes {
    type Output = HashMap<(Id, homecoming::kernel::Date), Id>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let (programme, one, two) = (id("liling"), id("e1"), id("e2"));
        let days = [day("2009-12-31"), day("2019-12-31"), day("2020-01-01")];
        let wanted: Vec<_> = days.iter().flat_map(|day| [(&one, *day), (&two, *day)]).collect();
        store::home_hospitals(tx, &programme, &wanted).await
    }
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

#[tokio::test]
async fn home_hospitals_are_as_of_a_day() {
    each_engine("expert_homes", async |server| {
        let mut county = County::new(&server).await;
        county.expert("e1", full()).await;
        county.expert("e2", expert()).await;
        let homes = server.db.read(Homes).await.unwrap();
        let home = |on: &str, hospital: &str| ((id("e1"), day(on)), id(hospital));
        assert_eq!(homes, HashMap::from([home("2019-12-31", "second"), home("2020-01-01", "xiangya")]));
    })
    .await;
}

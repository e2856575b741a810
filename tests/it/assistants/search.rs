//! Experts that fit a need, with the reasons, over a real socket.

use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::MatchKind::{HomeHospital, HomeTie, SiteLicence, SitePairing, Specialty};
use homecoming::pb::expert_search_service_client::ExpertSearchServiceClient;
use homecoming::pb::pairing_service_client::PairingServiceClient;

use crate::support::county::{County, PROGRAMME, affiliation, date, expert, name, tie};
use crate::support::errors::refused;
use crate::support::{TestServer, each_engine};

fn search() -> pb::SearchExpertsRequest {
    pb::SearchExpertsRequest { parent: PROGRAMME.to_owned(), day: date("2024-04-08"), ..Default::default() }
}

/// e1: cardiology, born in the county, of xiangya, paired at banshan. e2: internal medicine, studied in a township of
/// it, of second. e3: traditional medicine, not on the roster yet. e4: paused.
async fn people(server: &TestServer) {
    let mut county = County::new(server).await;
    let one = pb::Expert {
        affiliations: vec![affiliation("xiangya", "2020-01-01", None, true)],
        home_ties: vec![tie(pb::HomeTieKind::Born, "430281")],
        ..expert()
    };
    county.expert("e1", one).await;
    let two = pb::Expert {
        specialties: vec!["03".to_owned(), "28".to_owned()],
        affiliations: vec![
            affiliation("second", "2020-01-01", None, true),
            affiliation("xiangya", "2020-01-01", None, false),
        ],
        home_ties: vec![tie(pb::HomeTieKind::Studied, "430281100")],
        ..expert()
    };
    county.expert("e2", two).await;
    let three = pb::Expert { specialties: vec!["50".to_owned()], roster_entry_date: date("2024-05-01"), ..expert() };
    county.expert("e3", three).await;
    county.expert("e4", expert()).await;
    let pause =
        pb::PauseExpertRequest { name: name("experts", "e4"), until_date: date("2024-04-30"), ..Default::default() };
    county.experts.pause_expert(pause).await.unwrap();
    county.assistant("b1", "banshan").await;
    let pairing = pb::Pairing {
        expert: name("experts", "e1"),
        assistant: name("assistants", "b1"),
        role: pb::PairingRole::Primary as i32,
        from_date: date("2024-01-01"),
        to_date: date("2024-04-30"),
        ..Default::default()
    };
    let request = pb::CreatePairingRequest {
        parent: PROGRAMME.to_owned(),
        pairing_id: "p1".to_owned(),
        pairing: Some(pairing),
        ..Default::default()
    };
    PairingServiceClient::new(server.channel.clone()).create_pairing(request).await.unwrap();
}

#[tokio::test]
async fn each_match_says_why() {
    each_engine("search", async |server| {
        people(&server).await;
        let mut client = ExpertSearchServiceClient::new(server.channel.clone());
        let xiangya = name("hospitals", "xiangya");
        let (county, banshan) = (name("sites", "county"), name("sites", "banshan"));
        let paired = name("pairings", "p1");
        type Reasons<'a> = Vec<(&'a str, Vec<(pb::MatchKind, &'a str)>)>;
        let cases: Vec<(pb::SearchExpertsRequest, Reasons)> = vec![
            (search(), vec![("e1", vec![]), ("e2", vec![])]),
            (
                pb::SearchExpertsRequest { specialty: "03.04.01".to_owned(), ..search() },
                vec![("e1", vec![(Specialty, "03.04")]), ("e2", vec![(Specialty, "03")])],
            ),
            (
                pb::SearchExpertsRequest { specialty: "03".to_owned(), day: date("2024-05-01"), ..search() },
                vec![
                    ("e1", vec![(Specialty, "03.04")]),
                    ("e2", vec![(Specialty, "03")]),
                    ("e4", vec![(Specialty, "03.04")]),
                ],
            ),
            (
                pb::SearchExpertsRequest { tie_division: "430281".to_owned(), ..search() },
                vec![("e1", vec![(HomeTie, "BORN 430281")]), ("e2", vec![(HomeTie, "STUDIED 430281100")])],
            ),
            (
                pb::SearchExpertsRequest {
                    tie_division: "430281100".to_owned(),
                    tie_kind: pb::HomeTieKind::Born as i32,
                    ..search()
                },
                vec![],
            ),
            (
                pb::SearchExpertsRequest { hospital: xiangya.clone(), ..search() },
                vec![("e1", vec![(HomeHospital, &xiangya)])],
            ),
            (
                pb::SearchExpertsRequest { site: county.clone(), ..search() },
                vec![("e1", vec![(SiteLicence, "03.04")]), ("e2", vec![(SiteLicence, "03")])],
            ),
            (
                pb::SearchExpertsRequest { site: banshan.clone(), ..search() },
                vec![("e1", vec![(SitePairing, &paired)])],
            ),
            (pb::SearchExpertsRequest { site: banshan, day: date("2024-05-01"), ..search() }, vec![]),
            (
                pb::SearchExpertsRequest {
                    specialty: "03.04".to_owned(),
                    tie_kind: pb::HomeTieKind::Born as i32,
                    hospital: xiangya.clone(),
                    site: county,
                    ..search()
                },
                vec![(
                    "e1",
                    vec![
                        (Specialty, "03.04"),
                        (HomeTie, "BORN 430281"),
                        (HomeHospital, &xiangya),
                        (SiteLicence, "03.04"),
                    ],
                )],
            ),
        ];
        for (request, expected) in cases {
            let found = client.search_experts(request.clone()).await.unwrap().into_inner();
            let found: Vec<(String, Vec<pb::MatchReason>)> =
                found.matches.into_iter().map(|each| (each.expert.unwrap().name, each.reasons)).collect();
            let reason =
                |(kind, value): (pb::MatchKind, &str)| pb::MatchReason { kind: kind as i32, value: value.to_owned() };
            let expected: Vec<(String, Vec<pb::MatchReason>)> = expected
                .into_iter()
                .map(|(id, reasons)| (name("experts", id), reasons.into_iter().map(reason).collect()))
                .collect();
            assert_eq!(found, expected, "{request:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_is_cut_into_pages_whose_tokens_are_its_own() {
    each_engine("search_pages", async |server| {
        let mut county = County::new(&server).await;
        // More than are read at a time, and every third is of another specialty.
        for n in 0..230 {
            let specialty = if n % 3 == 0 { "04" } else { "03" };
            let one = pb::Expert { specialties: vec![specialty.to_owned()], ..expert() };
            county.expert(&format!("e{n:03}"), one).await;
        }
        county.site("clinic", &["04"]).await;
        let mut client = ExpertSearchServiceClient::new(server.channel.clone());
        let mut request = pb::SearchExpertsRequest { page_size: 70, site: name("sites", "clinic"), ..search() };
        let first = client.search_experts(request.clone()).await.unwrap().into_inner();
        request.page_token = first.next_page_token;
        let second = client.search_experts(request.clone()).await.unwrap().into_inner();
        assert_eq!((first.matches.len(), second.matches.len(), second.next_page_token.as_str()), (70, 7, ""));
        let names = first.matches.into_iter().chain(second.matches).map(|each| each.expert.unwrap().name);
        let expected: Vec<String> = (0..230).step_by(3).map(|n| name("experts", &format!("e{n:03}"))).collect();
        assert_eq!(names.collect::<Vec<_>>(), expected);

        let other = refused(client.search_experts(pb::SearchExpertsRequest { site: String::new(), ..request }).await);
        assert_eq!(other.violations, [("page_token".to_owned(), Reason::PageTokenInvalid)]);
        let wrong = pb::SearchExpertsRequest {
            specialty: "cardiology".to_owned(),
            tie_kind: 42,
            tie_division: "4302".to_owned(),
            hospital: "xiangya".to_owned(),
            site: "county".to_owned(),
            ..Default::default()
        };
        assert_eq!(refused(client.search_experts(wrong).await).violations.len(), 7);
        let nowhere = pb::SearchExpertsRequest { site: name("sites", "nowhere"), ..search() };
        assert_eq!(refused(client.search_experts(nowhere).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

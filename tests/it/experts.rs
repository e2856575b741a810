//! Experts over a real socket.

use homecoming::kernel::Reason;
use homecoming::pb;
use tonic::Code;

use crate::support::county::{County, PROGRAMME, affiliation, create_expert, date, expert, external, mask, name, tie};
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};

mod merging;
mod reading;
mod rules;

const LICENCE: &str = "110430000012345";

fn full() -> pb::Expert {
    pb::Expert {
        specialties: vec!["03.04".to_owned(), "28".to_owned()],
        affiliations: vec![
            affiliation("second", "2010-01-01", Some("2019-12-31"), true),
            affiliation("xiangya", "2020-01-01", None, true),
            affiliation("second", "2020-01-01", None, false),
        ],
        home_ties: vec![tie(pb::HomeTieKind::Born, "430281"), tie(pb::HomeTieKind::Studied, "430281100")],
        scope: Some(pb::ScopeOfPractice {
            specialties: vec!["03".to_owned()],
            operation_grade_limit: 3,
            text: "介入".to_owned(),
        }),
        licence_number: LICENCE.to_owned(),
        external_ids: vec![external("D-1")],
        ..expert()
    }
}

fn update(expert: pb::Expert, paths: &[&str]) -> pb::UpdateExpertRequest {
    pb::UpdateExpertRequest { expert: Some(expert), update_mask: mask(paths), ..Default::default() }
}

fn pause(id: &str) -> pb::PauseExpertRequest {
    pb::PauseExpertRequest { name: name("experts", id), ..Default::default() }
}

fn resume(id: &str) -> pb::ResumeExpertRequest {
    pb::ResumeExpertRequest { name: name("experts", id), ..Default::default() }
}

fn end(id: &str, day: &str) -> pb::EndExpertRequest {
    pb::EndExpertRequest { name: name("experts", id), exit_date: date(day), ..Default::default() }
}

fn get(id: &str) -> pb::GetExpertRequest {
    pb::GetExpertRequest { name: name("experts", id) }
}

fn illegal(id: &str, state: &str, verb: &str) -> Refused {
    let refused = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition);
    refused.with("name", &name("experts", id)).with("state", state).with("verb", verb)
}

#[tokio::test]
async fn an_expert_enters_pauses_resumes_and_leaves() {
    each_engine("expert_life", async |server| {
        let mut county = County::new(&server).await;
        let created = county.expert("e1", full()).await;
        let expected = pb::Expert {
            name: name("experts", "e1"),
            licence_number: String::new(),
            licence_recorded: true,
            state: pb::ExpertState::Active as i32,
            etag: created.etag.clone(),
            create_time: created.create_time,
            update_time: created.create_time,
            ..full()
        };
        assert_eq!(created, expected);
        assert_eq!(county.experts.get_expert(get("e1")).await.unwrap().into_inner(), created);

        let again = pb::PauseExpertRequest { until_date: date("2024-06-30"), ..pause("e1") };
        let paused = county.experts.pause_expert(again).await.unwrap().into_inner();
        assert_eq!((paused.state(), paused.pause_until_date), (pb::ExpertState::Paused, date("2024-06-30")));
        let paused = county.experts.pause_expert(pause("e1")).await.unwrap().into_inner();
        assert_eq!(paused.pause_until_date, None, "a second pause moves the end");
        let resumed = county.experts.resume_expert(resume("e1")).await.unwrap().into_inner();
        assert_eq!(resumed.state(), pb::ExpertState::Active);
        assert_eq!(refused(county.experts.resume_expert(resume("e1")).await), illegal("e1", "ACTIVE", "resume"));

        let early = refused(county.experts.end_expert(end("e1", "2019-12-31")).await);
        assert_eq!(early.violations, [("exit_date".to_owned(), Reason::Inconsistent)]);
        let ended = county.experts.end_expert(end("e1", "2025-12-31")).await.unwrap().into_inner();
        assert_eq!((ended.state(), ended.roster_exit_date), (pb::ExpertState::Exited, date("2025-12-31")));
        let corrected = county.experts.end_expert(end("e1", "2025-11-30")).await.unwrap().into_inner();
        assert_eq!(corrected.roster_exit_date, date("2025-11-30"));
        assert_eq!(refused(county.experts.pause_expert(pause("e1")).await), illegal("e1", "EXITED", "pause"));
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    each_engine("expert_fields", async |server| {
        let mut county = County::new(&server).await;
        let mut silent = tie(pb::HomeTieKind::Born, "430281");
        silent.consent = None;
        let mut early = tie(pb::HomeTieKind::Born, "43028");
        early.consent.as_mut().unwrap().heard_time = Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 });
        early.consent.as_mut().unwrap().medium = 9;
        let wrong = pb::Expert {
            display_name: "专家\0".to_owned(),
            title: 77,
            specialties: vec!["03.04".to_owned(), "3".to_owned(), "03.04".to_owned()],
            affiliations: vec![
                affiliation("xiangya", "2020-01-02", Some("2020-01-01"), true),
                pb::Affiliation { hospital: "hospitals/xiangya".to_owned(), ..Default::default() },
                pb::Affiliation {
                    hospital: "programmes/other/hospitals/xiangya".to_owned(),
                    ..affiliation("xiangya", "2020-01-01", None, false)
                },
            ],
            home_ties: vec![silent, early, pb::HomeTie { division: String::new(), ..tie(pb::HomeTieKind::Worked, "") }],
            scope: Some(pb::ScopeOfPractice { operation_grade_limit: 5, ..Default::default() }),
            roster_entry_date: Some(pb::Date { year: 2024, month: 2, day: 30 }),
            licence_number: "200743110432502195001011234".to_owned(),
            external_ids: vec![pb::ExternalId { system: "HIS".to_owned(), value: "1".to_owned() }],
            ..Default::default()
        };
        let request = pb::CreateExpertRequest { request_id: "a b".to_owned(), ..create_expert("E1", wrong) };
        let status = county.experts.create_expert(request).await.unwrap_err();
        assert!(!format!("{status:?}").contains("19500101"), "a refused number is never echoed");
        let refused = refused::<pb::Expert>(Err(status));
        let at = |field: &str, reason| (field.to_owned(), reason);
        let mut expected = vec![
            at("request_id", Reason::Malformed),
            at("expert_id", Reason::Malformed),
            at("expert.display_name", Reason::ControlCharacter),
            at("expert.title", Reason::UnknownValue),
            at("expert.specialties[1]", Reason::Malformed),
            at("expert.specialties[2]", Reason::Duplicate),
            at("expert.affiliations[0].to_date", Reason::Inconsistent),
            at("expert.affiliations[1].hospital", Reason::Malformed),
            at("expert.affiliations[1].from_date", Reason::Required),
            at("expert.affiliations[2].hospital", Reason::Inconsistent),
            at("expert.home_ties[0].consent", Reason::Required),
            at("expert.home_ties[1].division", Reason::Malformed),
            at("expert.home_ties[1].consent.medium", Reason::UnknownValue),
            at("expert.home_ties[1].consent.heard_time", Reason::Inconsistent),
            at("expert.home_ties[2]", Reason::Required),
            at("expert.scope.operation_grade_limit", Reason::OutOfRange),
            at("expert.roster_entry_date", Reason::Malformed),
            at("expert.licence_number", Reason::Malformed),
            at("expert.external_ids[0].system", Reason::Malformed),
        ];
        let mut found = refused.violations;
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        let list = pb::ListExpertsRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        assert!(county.experts.list_experts(list).await.unwrap().into_inner().experts.is_empty());
    })
    .await;
}

#[tokio::test]
async fn two_main_affiliations_on_one_day_are_refused_by_place() {
    each_engine("expert_mains", async |server| {
        let mut county = County::new(&server).await;
        let affiliations = vec![
            affiliation("xiangya", "2020-01-01", Some("2021-06-30"), true),
            affiliation("second", "2021-06-30", None, true),
        ];
        let both = pb::Expert { affiliations, ..expert() };
        let refused = refused(county.experts.create_expert(create_expert("e1", both)).await);
        assert_eq!(refused.violations, [("expert.affiliations[1]".to_owned(), Reason::Inconsistent)]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_answers_the_expert_as_it_is_now() {
    each_engine("expert_replay", async |server| {
        let mut county = County::new(&server).await;
        let request = pb::CreateExpertRequest { request_id: "once".to_owned(), ..create_expert("", full()) };
        let first = county.experts.create_expert(request.clone()).await.unwrap().into_inner();
        let pause = pb::PauseExpertRequest { name: first.name.clone(), ..Default::default() };
        county.experts.pause_expert(pause).await.unwrap();
        let now = county.experts.create_expert(request.clone()).await.unwrap().into_inner();
        assert_eq!((now.name, now.state), (first.name, pb::ExpertState::Paused as i32));
        let other = pb::CreateExpertRequest { expert: Some(expert()), ..request };
        let reused = Refused::new(Code::AlreadyExists, Reason::RequestIdReused).with("request_id", "once");
        assert_eq!(refused(county.experts.create_expert(other).await), reused);
    })
    .await;
}

#[tokio::test]
async fn what_is_in_the_way_is_named() {
    each_engine("expert_obstacles", async |server| {
        let mut county = County::new(&server).await;
        county.expert("e1", full()).await;
        let same = refused(county.experts.create_expert(create_expert("e1", expert())).await);
        let exists = Refused::new(Code::AlreadyExists, Reason::ResourceExists);
        assert_eq!(same, exists.with("name", &name("experts", "e1")));

        let clash = pb::Expert { external_ids: vec![external("D-1")], ..expert() };
        let clash = refused(county.experts.create_expert(create_expert("e2", clash)).await);
        let taken = Refused::new(Code::AlreadyExists, Reason::ExternalIdTaken).with("system", "his.liling");
        assert_eq!(clash, taken.with("name", &name("experts", "e1")));

        let doctor = pb::Expert { licence_number: LICENCE.to_owned(), ..expert() };
        let doctor = refused(county.experts.create_expert(create_expert("e2", doctor)).await);
        let taken = Refused::new(Code::AlreadyExists, Reason::LicenceTaken);
        assert_eq!(doctor, taken.with("name", &name("experts", "e1")));

        let nowhere = vec![affiliation("nowhere", "2020-01-01", None, true)];
        let nowhere = pb::Expert { affiliations: nowhere, ..expert() };
        let nowhere = refused(county.experts.create_expert(create_expert("e2", nowhere)).await);
        let absent = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(nowhere, absent.with("name", &name("hospitals", "nowhere")));

        let dry = pb::CreateExpertRequest { validate_only: true, ..create_expert("e2", expert()) };
        assert_eq!(county.experts.create_expert(dry).await.unwrap().into_inner().name, name("experts", "e2"));
        assert_eq!(refused(county.experts.get_expert(get("e2")).await).reason, Reason::ResourceNotFound);

        let request = pb::DeleteHospitalRequest { name: name("hospitals", "xiangya"), ..Default::default() };
        let kept = refused(county.hospitals.delete_hospital(request).await);
        let in_use = Refused::new(Code::FailedPrecondition, Reason::InUse);
        let in_use = in_use.with("name", &name("hospitals", "xiangya"));
        assert_eq!(kept, in_use.with("referrer", &name("experts", "e1")));

        county.end().await;
        let ended = Refused::new(Code::FailedPrecondition, Reason::ProgrammeEnded).with("name", PROGRAMME);
        assert_eq!(refused(county.experts.create_expert(create_expert("e3", expert())).await), ended);
        assert_eq!(refused(county.experts.pause_expert(pause("e1")).await), ended);
    })
    .await;
}

#[tokio::test]
async fn an_update_changes_what_the_mask_names() {
    each_engine("expert_update", async |server| {
        let mut county = County::new(&server).await;
        let before = county.expert("e1", full()).await;
        let wanted = pb::Expert {
            display_name: "专家 002".to_owned(),
            home_ties: vec![tie(pb::HomeTieKind::Ancestral, "430281")],
            specialties: vec!["04".to_owned()],
            ..before.clone()
        };
        let request = update(wanted.clone(), &["display_name", "home_ties"]);
        let after = county.experts.update_expert(request.clone()).await.unwrap().into_inner();
        let expected = pb::Expert {
            display_name: wanted.display_name.clone(),
            home_ties: wanted.home_ties.clone(),
            etag: after.etag.clone(),
            ..before.clone()
        };
        assert_eq!(after, expected);
        let stale = Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &before.name);
        assert_eq!(refused(county.experts.update_expert(request).await), stale);

        let all = pb::Expert { etag: String::new(), ..wanted };
        let after = county.experts.update_expert(update(all, &[])).await.unwrap().into_inner();
        assert!(after.licence_recorded, "nobody can read the number to send it back");
        assert_eq!((after.specialties.as_slice(), after.affiliations.len()), (&["04".to_owned()][..], 3));
        let none = pb::Expert { name: after.name.clone(), ..Default::default() };
        let after = county.experts.update_expert(update(none.clone(), &["licence_number"])).await.unwrap();
        assert!(!after.into_inner().licence_recorded);

        let wrong = refused(county.experts.update_expert(update(none, &["state", "display_name"])).await);
        let at = |field: &str, reason| (field.to_owned(), reason);
        let required = at("expert.display_name", Reason::Required);
        assert_eq!(wrong.violations, [at("update_mask.paths[0]", Reason::NotUpdatable), required]);

        county.experts.end_expert(end("e1", "2024-12-31")).await.unwrap();
        let late = pb::Expert { roster_entry_date: date("2025-01-01"), ..before };
        let late = pb::Expert { etag: String::new(), ..late };
        let late = refused(county.experts.update_expert(update(late, &["roster_entry_date"])).await);
        assert_eq!(late.violations, [at("expert.roster_entry_date", Reason::Inconsistent)]);
    })
    .await;
}

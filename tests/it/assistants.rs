//! Assistants over a real socket.

use homecoming::kernel::Reason;
use homecoming::pb;
use tonic::Code;

use crate::support::county::{County, PROGRAMME, assistant, date, external, mask, name};
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};

mod pairings;
mod rules;
mod search;

fn absence(kind: pb::AbsenceKind, from: &str, to: &str) -> pb::Absence {
    pb::Absence { kind: kind as i32, from_date: date(from), to_date: date(to), half_day: 0 }
}

fn full() -> pb::Assistant {
    let duty = absence(pb::AbsenceKind::Duty, "2024-05-06", "2024-05-06");
    pb::Assistant {
        specialties: vec!["03.04".to_owned()],
        licence: Some(pb::Licence { valid_from_date: date("2019-07-01"), valid_to_date: None }),
        absences: vec![
            absence(pb::AbsenceKind::Leave, "2024-05-01", "2024-05-05"),
            pb::Absence { half_day: pb::HalfDay::Morning as i32, ..duty },
        ],
        external_ids: vec![external("A-1")],
        ..assistant("county")
    }
}

fn create(id: &str, assistant: pb::Assistant) -> pb::CreateAssistantRequest {
    pb::CreateAssistantRequest {
        parent: PROGRAMME.to_owned(),
        assistant_id: id.to_owned(),
        assistant: Some(assistant),
        ..Default::default()
    }
}

fn update(assistant: pb::Assistant, paths: &[&str]) -> pb::UpdateAssistantRequest {
    pb::UpdateAssistantRequest { assistant: Some(assistant), update_mask: mask(paths), ..Default::default() }
}

fn end(id: &str, day: &str) -> pb::EndAssistantRequest {
    pb::EndAssistantRequest { name: name("assistants", id), end_date: date(day), ..Default::default() }
}

#[tokio::test]
async fn an_assistant_is_created_changed_and_ended() {
    each_engine("assistant_life", async |server| {
        let mut county = County::new(&server).await;
        let created = county.assistants.create_assistant(create("a1", full())).await.unwrap().into_inner();
        let expected = pb::Assistant {
            name: name("assistants", "a1"),
            state: pb::AssistantState::Active as i32,
            etag: created.etag.clone(),
            create_time: created.create_time,
            update_time: created.create_time,
            ..full()
        };
        assert_eq!(created, expected);
        let get = pb::GetAssistantRequest { name: created.name.clone() };
        assert_eq!(county.assistants.get_assistant(get).await.unwrap().into_inner(), created);

        let wanted = pb::Assistant { absences: vec![], licence: None, site: String::new(), ..created.clone() };
        let request = update(wanted, &["absences"]);
        let after = county.assistants.update_assistant(request.clone()).await.unwrap().into_inner();
        assert_eq!(after, pb::Assistant { absences: vec![], etag: after.etag.clone(), ..created.clone() });
        let stale = Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &created.name);
        assert_eq!(refused(county.assistants.update_assistant(request).await), stale);
        let wrong = refused(county.assistants.update_assistant(update(created.clone(), &["site"])).await);
        assert_eq!(wrong.violations, [("update_mask.paths[0]".to_owned(), Reason::NotUpdatable)]);

        let ended = county.assistants.end_assistant(end("a1", "2024-12-31")).await.unwrap().into_inner();
        assert_eq!((ended.state(), ended.end_date), (pb::AssistantState::Ended, date("2024-12-31")));
        let ended = county.assistants.end_assistant(end("a1", "2024-11-30")).await.unwrap().into_inner();
        assert_eq!(ended.end_date, date("2024-11-30"), "again, it corrects the day");
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    each_engine("assistant_fields", async |server| {
        let mut county = County::new(&server).await;
        let wrong = pb::Assistant {
            display_name: " ".to_owned(),
            site: "programmes/other/sites/county".to_owned(),
            specialties: vec!["x".to_owned()],
            licence: Some(pb::Licence { valid_from_date: date("2024-01-02"), valid_to_date: date("2024-01-01") }),
            absences: vec![
                pb::Absence { kind: 9, half_day: 9, ..absence(pb::AbsenceKind::Duty, "2024-01-02", "2024-01-01") },
                pb::Absence { to_date: None, ..absence(pb::AbsenceKind::Leave, "2024-01-01", "2024-01-01") },
            ],
            external_ids: vec![external("1"), external("1")],
            ..Default::default()
        };
        let mut found = refused(county.assistants.create_assistant(create("-", wrong)).await).violations;
        let at = |field: &str, reason| (field.to_owned(), reason);
        let mut expected = vec![
            at("assistant_id", Reason::Malformed),
            at("assistant.display_name", Reason::Required),
            at("assistant.site", Reason::Inconsistent),
            at("assistant.specialties[0]", Reason::Malformed),
            at("assistant.licence.valid_to_date", Reason::Inconsistent),
            at("assistant.absences[0].kind", Reason::UnknownValue),
            at("assistant.absences[0].half_day", Reason::UnknownValue),
            at("assistant.absences[0].to_date", Reason::Inconsistent),
            at("assistant.absences[1].to_date", Reason::Required),
            at("assistant.external_ids[1]", Reason::Duplicate),
        ];
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn what_is_in_the_way_is_named_and_a_replay_is_not() {
    each_engine("assistant_obstacles", async |server| {
        let mut county = County::new(&server).await;
        let request = pb::CreateAssistantRequest { request_id: "once".to_owned(), ..create("", full()) };
        let first = county.assistants.create_assistant(request.clone()).await.unwrap().into_inner();
        assert_eq!(county.assistants.create_assistant(request.clone()).await.unwrap().into_inner(), first);
        let other = pb::CreateAssistantRequest { assistant: Some(assistant("county")), ..request };
        assert_eq!(refused(county.assistants.create_assistant(other).await).reason, Reason::RequestIdReused);

        let clash = refused(county.assistants.create_assistant(create("a2", full())).await);
        let taken = Refused::new(Code::AlreadyExists, Reason::ExternalIdTaken).with("system", "his.liling");
        assert_eq!(clash, taken.with("name", &first.name));
        let nowhere = refused(county.assistants.create_assistant(create("a2", assistant("nowhere"))).await);
        let absent = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(nowhere, absent.with("name", &name("sites", "nowhere")));

        let dry = pb::CreateAssistantRequest { validate_only: true, ..create("a2", assistant("county")) };
        county.assistants.create_assistant(dry).await.unwrap();
        let get = pb::GetAssistantRequest { name: name("assistants", "a2") };
        assert_eq!(refused(county.assistants.get_assistant(get).await).reason, Reason::ResourceNotFound);

        let request = pb::DeleteSiteRequest { name: name("sites", "county"), ..Default::default() };
        let in_use = Refused::new(Code::FailedPrecondition, Reason::InUse).with("name", &name("sites", "county"));
        assert_eq!(refused(county.sites.delete_site(request).await), in_use.with("referrer", &first.name));

        county.end().await;
        let ended = refused(county.assistants.create_assistant(create("a3", assistant("county"))).await);
        assert_eq!(ended.reason, Reason::ProgrammeEnded);
    })
    .await;
}

#[tokio::test]
async fn each_filter_holds() {
    each_engine("assistant_filters", async |server| {
        let mut county = County::new(&server).await;
        county.assistants.create_assistant(create("a1", full())).await.unwrap();
        county.assistant("a2", "county").await;
        county.assistant("a3", "banshan").await;
        county.assistants.end_assistant(end("a3", "2024-05-03")).await.unwrap();
        let list = || pb::ListAssistantsRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let on = |day: &str| pb::ListAssistantsRequest { available_date: date(day), ..list() };
        let cases = [
            (list(), vec!["a1", "a2", "a3"]),
            (pb::ListAssistantsRequest { state: pb::AssistantState::Ended as i32, ..list() }, vec!["a3"]),
            (pb::ListAssistantsRequest { site: name("sites", "county"), ..list() }, vec!["a1", "a2"]),
            (pb::ListAssistantsRequest { specialty: "03".to_owned(), ..list() }, vec!["a1"]),
            (pb::ListAssistantsRequest { external_id: Some(external("A-1")), ..list() }, vec!["a1"]),
            (on("2024-05-03"), vec!["a2", "a3"]),
            (on("2024-05-04"), vec!["a2"]),
            (on("2024-05-06"), vec!["a1", "a2"]),
        ];
        for (request, expected) in cases {
            let page = county.assistants.list_assistants(request.clone()).await.unwrap().into_inner();
            let expected: Vec<String> = expected.into_iter().map(|id| name("assistants", id)).collect();
            let found: Vec<String> = page.assistants.into_iter().map(|assistant| assistant.name).collect();
            assert_eq!(found, expected, "{request:?}");
        }
        let first = county.assistants.list_assistants(pb::ListAssistantsRequest { page_size: 2, ..list() }).await;
        let token = first.unwrap().into_inner().next_page_token;
        let second = pb::ListAssistantsRequest { page_token: token.clone(), page_size: 2, ..list() };
        let second = county.assistants.list_assistants(second).await.unwrap().into_inner();
        assert_eq!((second.assistants.len(), second.next_page_token.as_str()), (1, ""));
        let other = pb::ListAssistantsRequest { page_token: token, ..on("2024-05-03") };
        let other = refused(county.assistants.list_assistants(other).await);
        assert_eq!(other.violations, [("page_token".to_owned(), Reason::PageTokenInvalid)]);
    })
    .await;
}

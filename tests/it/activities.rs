//! Activities: their rules as tables, and their life over a real socket. Sessions, batches and streams are in `activities/`.
mod rules;
mod sessions;
mod sets;
mod sheets;
mod succession;

use homecoming::kernel::Reason;
use homecoming::pb;
use tonic::Code;

use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::figures::{
    self, activities, amend, consultation, date, headcount, name, operation, patient, record,
};

#[tokio::test]
async fn an_activity_is_recorded_amended_and_voided_and_every_version_stays() {
    each_engine("activity_life", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let activity = pb::Activity {
            declared_saving_fen: Some(12_300),
            external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "V-1".to_owned() }],
            ..consultation(date(2024, 2, 20), "tok_0000001")
        };
        let first = client.record_activity(record("a1", activity)).await.unwrap().into_inner();
        assert_eq!(first.name, name("activities", "a1"));
        assert_eq!((first.state(), first.revision, first.quantity), (pb::ActivityState::Recorded, 1, 1));
        assert_eq!(first.site_level(), pb::SiteLevel::CountyHospital);
        assert_eq!(first.home_hospital, name("hospitals", "xiangya"), "as of the service date, not of today");
        assert_eq!((first.specialty.as_str(), first.session_kind()), ("03.04", pb::SessionKind::Clinic));
        let listed: Vec<_> = first.irregularities().collect();
        assert_eq!(listed, [pb::ActivityIrregularity::NoSession, pb::ActivityIrregularity::LateEntry]);
        let get = pb::GetActivityRequest { name: first.name.clone() };
        assert_eq!(client.get_activity(get.clone()).await.unwrap().into_inner(), first);

        server.clock.advance_minutes(1);
        let change = pb::Activity { date: date(2024, 3, 2), residence: 2, ..Default::default() };
        let request = amend("a1", pb::Activity { etag: first.etag.clone(), ..change }, &["date", "residence"]);
        let second = client.amend_activity(request.clone()).await.unwrap().into_inner();
        assert_eq!((second.revision, second.residence()), (2, pb::Residence::Neighbouring));
        assert_eq!(second.home_hospital, name("hospitals", "second"), "copied again as of the new day");
        assert_eq!(second.declared_saving_fen, Some(12_300), "the mask leaves it alone");
        assert_eq!(second.external_ids, first.external_ids);
        assert_eq!(client.get_activity(get.clone()).await.unwrap().into_inner(), second);
        let stale = refused(client.amend_activity(request).await);
        assert_eq!(stale, Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &first.name));

        let void = pb::VoidActivityRequest {
            name: first.name.clone(),
            reason: pb::VoidReason::Duplicate as i32,
            ..Default::default()
        };
        let third = client.void_activity(void.clone()).await.unwrap().into_inner();
        assert_eq!(
            (third.state(), third.void_reason(), third.revision),
            (pb::ActivityState::Voided, pb::VoidReason::Duplicate, 3)
        );
        let again = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition)
            .with("name", &first.name)
            .with("state", "VOIDED");
        assert_eq!(refused(client.void_activity(void).await), again.clone().with("verb", "void"));
        let late = amend("a1", pb::Activity { residence: 1, ..Default::default() }, &["residence"]);
        assert_eq!(refused(client.amend_activity(late).await), again.with("verb", "amend"));

        let list = pb::ListActivityVersionsRequest { name: first.name.clone(), page_size: 2, ..Default::default() };
        let page = client.list_activity_versions(list.clone()).await.unwrap().into_inner();
        let rest = pb::ListActivityVersionsRequest { page_token: page.next_page_token, ..list };
        let rest = client.list_activity_versions(rest).await.unwrap().into_inner();
        let versions = [page.versions, rest.versions].concat();
        assert_eq!(versions[0], pb::Activity { until_sequence: second.since_sequence, ..first });
        assert_eq!(versions[1], pb::Activity { until_sequence: third.since_sequence, ..second });
        assert_eq!(versions[2], third);
        assert_eq!((versions.len(), rest.next_page_token.as_str()), (3, ""));
    })
    .await;
}

#[tokio::test]
async fn lists_narrow_by_every_filter_and_page_by_day_and_id() {
    each_engine("activity_lists", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let with = pb::Activity {
            co_experts: vec![name("experts", "e3")],
            ..operation(date(2024, 3, 5), pb::Performer::Expert)
        };
        let township = pb::Activity { site: name("sites", "township"), ..headcount(date(2024, 3, 4), 30) };
        let tagged = pb::Activity {
            external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "V-9".to_owned() }],
            ..consultation(date(2024, 3, 6), "tok_bbbb")
        };
        for (id, activity) in
            [("a1", consultation(date(2024, 3, 4), "tok_aaaa")), ("a2", township), ("a3", with), ("a4", tagged)]
        {
            client.record_activity(record(id, activity)).await.unwrap();
        }
        client.void_activity(figures::void("a2")).await.unwrap();
        let base = pb::ListActivitiesRequest { parent: figures::PROGRAMME.to_owned(), ..Default::default() };
        let cases = [
            ("all", base.clone(), vec!["a1", "a2", "a3", "a4"]),
            ("site", pb::ListActivitiesRequest { site: name("sites", "township"), ..base.clone() }, vec!["a2"]),
            (
                "lead",
                pb::ListActivitiesRequest { expert: name("experts", "e1"), ..base.clone() },
                vec!["a1", "a2", "a4"],
            ),
            ("co-expert", pb::ListActivitiesRequest { expert: name("experts", "e3"), ..base.clone() }, vec!["a3"]),
            ("from", pb::ListActivitiesRequest { from_date: date(2024, 3, 5), ..base.clone() }, vec!["a3", "a4"]),
            ("to", pb::ListActivitiesRequest { to_date: date(2024, 3, 4), ..base.clone() }, vec!["a1", "a2"]),
            ("kind", pb::ListActivitiesRequest { kind: 2, ..base.clone() }, vec!["a3"]),
            ("patient", pb::ListActivitiesRequest { patient: patient("tok_aaaa"), ..base.clone() }, vec!["a1"]),
            ("state", pb::ListActivitiesRequest { state: 2, ..base.clone() }, vec!["a2"]),
            (
                "external id",
                pb::ListActivitiesRequest {
                    external_id: Some(pb::ExternalId { system: "his".to_owned(), value: "V-9".to_owned() }),
                    ..base.clone()
                },
                vec!["a4"],
            ),
        ];
        for (what, request, expected) in cases {
            let mut found = Vec::new();
            let mut page_token = String::new();
            loop {
                let request = pb::ListActivitiesRequest { page_size: 2, page_token, ..request.clone() };
                let page = client.list_activities(request).await.unwrap().into_inner();
                found.extend(page.activities.into_iter().map(|it| it.name.rsplit('/').next().unwrap().to_owned()));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(found, expected, "{what}");
        }
        let first = pb::ListActivitiesRequest { page_size: 1, ..base.clone() };
        let token = client.list_activities(first).await.unwrap().into_inner().next_page_token;
        let other = pb::ListActivitiesRequest { page_token: token, kind: 2, ..base };
        let expected = vec![("page_token".to_owned(), Reason::PageTokenInvalid)];
        assert_eq!(refused(client.list_activities(other).await).violations, expected);
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once_and_no_token_comes_back() {
    each_engine("activity_fields", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        let wrong = pb::Activity {
            kind: pb::ActivityKind::Headcount as i32,
            site: "sites/county".to_owned(),
            date: date(2024, 2, 30),
            half_day: 7,
            lead_expert: "programmes/other/experts/e1".to_owned(),
            specialty: "3.4".to_owned(),
            patient: patient("430281199003071234"),
            quantity: -1,
            declared_saving_fen: Some(1_000_000_000_000_000_000),
            ..Default::default()
        };
        let status = client.record_activity(record("A1", wrong)).await.unwrap_err();
        assert!(!format!("{status:?}").contains("430281199003071234"), "the token is echoed");
        let mut violations = crate::support::errors::refusal(&status).violations;
        violations.sort();
        let mut expected: Vec<(String, Reason)> = [
            ("activity_id", Reason::Malformed),
            ("activity.site", Reason::Malformed),
            ("activity.date", Reason::Malformed),
            ("activity.date", Reason::Required),
            ("activity.half_day", Reason::UnknownValue),
            ("activity.lead_expert", Reason::Inconsistent),
            ("activity.specialty", Reason::Malformed),
            ("activity.patient.token", Reason::TokenNotDeidentified),
            ("activity.quantity", Reason::OutOfRange),
            ("activity.quantity", Reason::Required),
            ("activity.declared_saving_fen", Reason::OutOfRange),
            ("activity.declared_saving_fen", Reason::Inconsistent),
        ]
        .map(|(field, reason)| (field.to_owned(), reason))
        .to_vec();
        expected.sort();
        assert_eq!(violations, expected);

        let nobody = pb::Activity { lead_expert: name("experts", "e9"), ..consultation(date(2024, 3, 4), "tok_aaaa") };
        let absent = refused(client.record_activity(record("", nobody)).await);
        let expected = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        assert_eq!(absent, expected.with("name", &name("experts", "e9")));
        let tomorrow = refused(client.record_activity(record("", consultation(date(2024, 4, 2), "tok_aaaa"))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::InTheFuture);
        assert_eq!(tomorrow, expected.with("field", "date"));
        let mut free = consultation(date(2024, 3, 4), "tok_aaaa");
        (free.session_kind, free.declared_saving_fen) = (pb::SessionKind::FreeClinic as i32, Some(100));
        let free = refused(client.record_activity(record("", free)).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SavingNotApplicable);
        assert_eq!(free, expected.with("session_kind", "FREE_CLINIC"));
    })
    .await;
}

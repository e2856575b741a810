//! Absences of experts over a real socket, and what later slices read of them.
use std::collections::BTreeMap;

use homecoming::calendars::{ExpertAbsence, store};
use homecoming::db::{Query, Tx};
use homecoming::kernel::{Id, Reason, Result, Timestamp, Zone};
use homecoming::pb;
use homecoming::pb::calendar_service_client::CalendarServiceClient;
use homecoming::pb::expert_absence::When;
use tonic::Code;
use tonic::transport::Channel;

use super::offers::interval;
use crate::support::county::{County, PROGRAMME, date, expert, external, name};
use crate::support::errors::{Refused, refused};
use crate::support::{TestServer, each_engine};

async fn county(server: &TestServer) -> (County, CalendarServiceClient<Channel>) {
    let mut county = County::new(server).await;
    county.expert("e1", expert()).await;
    county.expert("e2", expert()).await;
    (county, CalendarServiceClient::new(server.channel.clone()))
}

fn days(zone: &str, from: &str, to: &str) -> When {
    When::Days(pb::AbsentDays { zone: zone.to_owned(), from_date: date(from), to_date: date(to) })
}

fn absence(expert: &str, when: When) -> pb::ExpertAbsence {
    pb::ExpertAbsence { expert: name("experts", expert), when: Some(when), ..Default::default() }
}

fn create(id: &str, absence: pb::ExpertAbsence) -> pb::CreateExpertAbsenceRequest {
    pb::CreateExpertAbsenceRequest {
        parent: PROGRAMME.to_owned(),
        absence_id: id.to_owned(),
        absence: Some(absence),
        ..Default::default()
    }
}

fn withdraw(id: &str) -> pb::WithdrawExpertAbsenceRequest {
    pb::WithdrawExpertAbsenceRequest { name: name("expert-absences", id), ..Default::default() }
}

#[tokio::test]
async fn an_absence_is_recorded_read_and_withdrawn() {
    each_engine("absence_life", async |server| {
        let (_, mut client) = county(&server).await;
        let away = pb::ExpertAbsence {
            external_ids: vec![external("A-1")],
            ..absence("e1", days("", "2024-05-01", "2024-05-05"))
        };
        let request = pb::CreateExpertAbsenceRequest { request_id: "once".to_owned(), ..create("", away.clone()) };
        let created = client.create_expert_absence(request.clone()).await.unwrap().into_inner();
        let expected = pb::ExpertAbsence {
            name: created.name.clone(),
            when: Some(days("Asia/Shanghai", "2024-05-01", "2024-05-05")),
            resolved: Some(interval("2024-04-30T16:00:00Z", "2024-05-05T16:00:00Z")),
            tz_version: Zone::tz_version().to_owned(),
            state: pb::ExpertAbsenceState::Open as i32,
            etag: created.etag.clone(),
            create_time: created.create_time,
            update_time: created.create_time,
            ..away
        };
        assert_eq!(created, expected);
        assert_eq!(client.create_expert_absence(request).await.unwrap().into_inner(), created, "a replay");
        let get = pb::GetExpertAbsenceRequest { name: created.name.clone() };
        assert_eq!(client.get_expert_absence(get.clone()).await.unwrap().into_inner(), created);
        server.clock.advance_minutes(5);
        let back = pb::WithdrawExpertAbsenceRequest {
            name: created.name.clone(),
            etag: created.etag.clone(),
            ..Default::default()
        };
        let gone = client.withdraw_expert_absence(back.clone()).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.withdraw_time), (pb::ExpertAbsenceState::Withdrawn, gone.update_time));
        assert_eq!(client.get_expert_absence(get).await.unwrap().into_inner(), gone);
        assert_eq!(refused(client.withdraw_expert_absence(back).await).reason, Reason::EtagMismatch);
        let twice = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition);
        let twice = twice.with("name", &created.name).with("state", "WITHDRAWN").with("verb", "withdraw");
        let again = pb::WithdrawExpertAbsenceRequest { name: created.name.clone(), ..Default::default() };
        assert_eq!(refused(client.withdraw_expert_absence(again).await), twice);

        let hours = When::Interval(interval("2024-05-01T00:00:00Z", "2024-05-01T04:00:00Z"));
        let hours = client.create_expert_absence(create("a2", absence("e1", hours))).await.unwrap().into_inner();
        assert_eq!(
            (hours.resolved, hours.tz_version.as_str()),
            (Some(interval("2024-05-01T00:00:00Z", "2024-05-01T04:00:00Z")), "")
        );
    })
    .await;
}

#[tokio::test]
async fn wrong_fields_and_obstacles_are_named() {
    each_engine("absence_obstacles", async |server| {
        let (mut county, mut client) = county(&server).await;
        client.create_expert_absence(create("a1", absence("e1", days("", "2024-05-01", "2024-05-01")))).await.unwrap();
        let exists = Refused::new(Code::AlreadyExists, Reason::ResourceExists);
        let again = refused(
            client.create_expert_absence(create("a1", absence("e1", days("", "2024-05-01", "2024-05-01")))).await,
        );
        assert_eq!(again, exists.with("name", &name("expert-absences", "a1")));
        let nobody = absence("e9", days("", "2024-05-01", "2024-05-01"));
        let absent = Refused::new(Code::NotFound, Reason::ResourceNotFound).with("name", &name("experts", "e9"));
        assert_eq!(refused(client.create_expert_absence(create("a2", nobody)).await), absent);
        let cases = [
            (Some(days("", "2024-05-02", "2024-05-01")), "absence.days.to_date", Reason::Inconsistent),
            (Some(days("CST ", "2024-05-01", "2024-05-01")), "absence.days.zone", Reason::Malformed),
            (Some(days("Pacific/Apia", "2011-12-30", "2011-12-30")), "absence.when", Reason::Inconsistent),
            (Some(When::Interval(pb::Interval::default())), "absence.interval.start_time", Reason::Required),
            (None, "absence.when", Reason::Required),
        ];
        for (when, field, reason) in cases {
            let wrong = pb::ExpertAbsence { expert: name("experts", "e1"), when, ..Default::default() };
            let found = refused(client.create_expert_absence(create("", wrong)).await).violations;
            assert_eq!(found[0], (field.to_owned(), reason));
        }
        county.end().await;
        assert_eq!(refused(client.withdraw_expert_absence(withdraw("a1")).await).reason, Reason::ProgrammeEnded);
    })
    .await;
}

/// What later slices read.
struct OfExperts(Vec<Id>, Timestamp, Timestamp);

impl Query for OfExperts {
    type Output = BTreeMap<Id, Vec<ExpertAbsence>>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        tx.ask(store::absences::of_experts(&Id::parse("liling").unwrap(), &self.0, self.1, self.2)).await
    }
}

#[tokio::test]
async fn absences_are_listed_and_read_for_later_slices() {
    each_engine("absence_lists", async |server| {
        let (mut county, mut client) = county(&server).await;
        for (id, who, from, to) in [
            ("a1", "e1", "2024-05-01", "2024-05-05"),
            ("a2", "e2", "2024-05-03", "2024-05-03"),
            ("a3", "e2", "2024-06-01", "2024-06-01"),
            ("a4", "e1", "2024-05-03", "2024-05-03"),
        ] {
            let marked = if id == "a3" { vec![external("A-3")] } else { vec![] };
            let away = pb::ExpertAbsence { external_ids: marked, ..absence(who, days("", from, to)) };
            client.create_expert_absence(create(id, away)).await.unwrap();
        }
        client.withdraw_expert_absence(withdraw("a4")).await.unwrap();
        let list = || pb::ListExpertAbsencesRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
        let window = Some(interval("2024-05-05T15:59:59Z", "2024-05-31T16:00:00Z"));
        let cases = [
            (list(), vec!["a1", "a2", "a3", "a4"]),
            (pb::ListExpertAbsencesRequest { expert: name("experts", "e1"), ..list() }, vec!["a1", "a4"]),
            (
                pb::ListExpertAbsencesRequest { state: pb::ExpertAbsenceState::Open as i32, ..list() },
                vec!["a1", "a2", "a3"],
            ),
            (pb::ListExpertAbsencesRequest { window, ..list() }, vec!["a1"]),
            (pb::ListExpertAbsencesRequest { external_id: Some(external("A-3")), ..list() }, vec!["a3"]),
        ];
        for (request, expected) in cases {
            let page = client.list_expert_absences(request.clone()).await.unwrap().into_inner();
            let found: Vec<String> = page.absences.into_iter().map(|absence| absence.name).collect();
            let expected: Vec<_> = expected.into_iter().map(|id| name("expert-absences", id)).collect();
            assert_eq!(found, expected, "{request:?}");
        }
        let id = |id: &str| Id::parse(id).unwrap();
        let at = |text: &str| Timestamp::from_utc(text.parse().unwrap());
        let both = vec![id("e1"), id("e2")];
        let third = || OfExperts(both.clone(), at("2024-05-03T00:00:00Z"), at("2024-05-03T01:00:00Z"));
        let found = server.db.read(third()).await.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), [&id("e1"), &id("e2")]);
        assert_eq!(found[&id("e1")].len(), 1, "what was withdrawn isn't read");
        let merge = pb::MergeExpertsRequest {
            survivor: name("experts", "e2"),
            duplicate: name("experts", "e1"),
            ..Default::default()
        };
        county.experts.merge_experts(merge).await.unwrap();
        let found = server.db.read(third()).await.unwrap();
        assert_eq!((found.len(), found[&id("e2")].len()), (1, 2), "a merge moves them");
    })
    .await;
}

//! Visits over a real socket: sessions that must fit, discrepancies that are listed, and their end.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::charter_service_client::CharterServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::visit_service_client::VisitServiceClient;
use prost_types::FieldMask;
use tonic::Code;

use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, name};

/// A visit of e1 to the county from tomorrow 7:00 to 18:00 with the session s1.
fn visit() -> pb::Visit {
    pb::Visit {
        expert: name("experts", "e1"),
        host_site: name("sites", "county"),
        arrival_time: Some(at(7, 0)),
        departure_time: Some(at(18, 0)),
        sessions: vec![name("sessions", "s1")],
        external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "V1".to_owned() }],
        ..Default::default()
    }
}

fn create(id: &str, visit: pb::Visit) -> pb::CreateVisitRequest {
    pb::CreateVisitRequest {
        parent: PARENT.to_owned(),
        visit_id: id.to_owned(),
        visit: Some(visit),
        ..Default::default()
    }
}

fn end(id: &str) -> pb::EndVisitRequest {
    pb::EndVisitRequest { name: name("visits", id), ..Default::default() }
}

#[tokio::test]
async fn a_visit_holds_its_sessions() {
    each_engine("visit_created", async |server| {
        let mut sessions = schedule::make(&server.channel, 2).await;
        let mut client = VisitServiceClient::new(server.channel.clone());
        sessions.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        sessions.book_session(booking("s2", clinic(2, 14, 17))).await.unwrap();
        let made = client.create_visit(create("v1", visit())).await.unwrap().into_inner();
        assert_eq!(made.state(), pb::VisitState::Open);
        assert_eq!(made.date, Some(schedule::date(2024, 4, 2)));
        assert_eq!(made.sessions, [name("sessions", "s1")]);
        let get = pb::GetVisitRequest { name: made.name.clone() };
        assert_eq!(client.get_visit(get).await.unwrap().into_inner(), made);
        assert_eq!(refused(client.create_visit(create("v1", visit())).await).reason, Reason::ResourceExists);
        assert_eq!(refused(client.create_visit(create("v2", visit())).await).reason, Reason::ExternalIdTaken);

        let unfit = pb::Visit {
            sessions: vec![name("sessions", "s2"), name("sessions", "s1")],
            departure_time: Some(at(11, 0)),
            external_ids: Vec::new(),
            ..visit()
        };
        let refusal = refused(client.create_visit(create("v2", unfit.clone())).await);
        assert_eq!((refusal.code, refusal.reason), (Code::FailedPrecondition, Reason::VisitSessionUnfit));
        assert_eq!(refusal.violations.len(), 3, "another expert's, and two outside: {refusal:?}");
        let missing = pb::Visit { sessions: vec![name("sessions", "s9")], ..unfit.clone() };
        let not_found = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        let answer = refused(client.create_visit(create("v2", missing)).await);
        assert_eq!(answer, not_found.with("name", &name("sessions", "s9")));
        let backwards = pb::Visit { departure_time: Some(at(6, 0)), sessions: Vec::new(), ..unfit };
        let answer = refused(client.create_visit(create("v2", backwards)).await);
        assert_eq!(answer.violations, [("visit.departure_time".to_owned(), Reason::Inconsistent)]);
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_is_to_come_is_no_longer_than_the_charter_lets_it_be() {
    each_engine("visit_charter", async |server| {
        schedule::make(&server.channel, 1).await;
        let mut client = VisitServiceClient::new(server.channel.clone());
        let charter = pb::Charter { name: name("charters", "e1"), hours_a_visit: Some(10), ..Default::default() };
        let update = pb::UpdateCharterRequest {
            charter: Some(charter),
            update_mask: Some(FieldMask { paths: vec!["hours_a_visit".to_owned()] }),
            ..Default::default()
        };
        CharterServiceClient::new(server.channel.clone()).update_charter(update).await.unwrap();

        let from_seven_to = |hour| pb::Visit { departure_time: Some(at(hour, 0)), sessions: Vec::new(), ..visit() };
        let refusal = refused(client.create_visit(create("v1", from_seven_to(18))).await);
        assert_eq!(refusal.violations, [("visit.departure_time".to_owned(), Reason::CharterLimit)]);
        assert_eq!((&*refusal.metadata["limit"], &*refusal.metadata["allowed"]), ("hours_a_visit", "10"));
        let made = client.create_visit(create("v1", from_seven_to(17))).await.unwrap().into_inner();

        let longer = pb::UpdateVisitRequest {
            visit: Some(pb::Visit { name: made.name, departure_time: Some(at(18, 0)), ..Default::default() }),
            update_mask: Some(FieldMask { paths: vec!["departure_time".to_owned()] }),
            ..Default::default()
        };
        assert_eq!(refused(client.update_visit(longer).await).reason, Reason::CharterLimit);

        // How long a trip was is a fact.
        server.clock.advance_minutes(2 * 24 * 60);
        let was = pb::Visit { external_ids: Vec::new(), ..from_seven_to(18) };
        client.create_visit(create("v2", was)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_open_visit_changes_and_an_ended_one_is_a_fact() {
    each_engine("visit_ended", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        let mut client = VisitServiceClient::new(server.channel.clone());
        sessions.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        client.create_visit(create("v1", visit())).await.unwrap();
        let update = |visit: pb::Visit, path: &str| pb::UpdateVisitRequest {
            visit: Some(pb::Visit { name: name("visits", "v1"), ..visit }),
            update_mask: Some(FieldMask { paths: vec![path.to_owned()] }),
            ..Default::default()
        };
        let shorter = pb::Visit { departure_time: Some(at(11, 0)), ..Default::default() };
        let unfit = refused(client.update_visit(update(shorter.clone(), "departure_time")).await);
        assert_eq!(unfit.reason, Reason::VisitSessionUnfit);
        let later = pb::Visit { departure_time: Some(at(20, 0)), ..Default::default() };
        let updated = client.update_visit(update(later, "departure_time")).await.unwrap().into_inner();
        assert_eq!((updated.departure_time, updated.arrival_time), (Some(at(20, 0)), Some(at(7, 0))));
        let expert = update(pb::Visit { expert: name("experts", "e2"), ..Default::default() }, "expert");
        assert_eq!(refused(client.update_visit(expert).await).violations[0].1, Reason::NotUpdatable);

        let early = refused(client.end_visit(end("v1")).await);
        assert_eq!(early.violations, [("departure_time".to_owned(), Reason::OutOfRange)]);
        server.clock.set(TOMORROW.plus_minutes(48 * 60));
        // What really happened doesn't have to fit: it is listed.
        let request = pb::EndVisitRequest { departure_time: Some(at(11, 0)), ..end("v1") };
        let ended = client.end_visit(request).await.unwrap().into_inner();
        assert_eq!(ended.state(), pb::VisitState::Ended);
        let found: Vec<_> = ended.discrepancies.iter().map(|note| (note.discrepancy(), note.session.clone())).collect();
        assert_eq!(found, [(pb::VisitDiscrepancy::OutsideVisit, name("sessions", "s1"))]);
        let cancel = pb::CancelSessionRequest {
            name: name("sessions", "s1"),
            party: pb::CancelParty::Expert as i32,
            ..Default::default()
        };
        sessions.cancel_session(cancel).await.unwrap();
        let get = pb::GetVisitRequest { name: name("visits", "v1") };
        assert_eq!(client.get_visit(get).await.unwrap().get_ref().discrepancies.len(), 2);
        let again = refused(client.end_visit(end("v1")).await);
        assert_eq!((again.reason, again.metadata["state"].as_str()), (Reason::IllegalTransition, "ENDED"));
        let changed = refused(client.update_visit(update(shorter, "departure_time")).await);
        assert_eq!(changed.reason, Reason::IllegalTransition);
    })
    .await;
}

#[tokio::test]
async fn who_is_still_to_come_is_not_merged_away() {
    each_engine("visit_merge", async |server| {
        schedule::make(&server.channel, 2).await;
        let mut client = VisitServiceClient::new(server.channel.clone());
        let visit = pb::Visit { expert: name("experts", "e2"), sessions: Vec::new(), ..visit() };
        client.create_visit(create("v1", visit)).await.unwrap();
        let mut experts = ExpertServiceClient::new(server.channel.clone());
        let merge = |survivor: &str, duplicate: &str| pb::MergeExpertsRequest {
            survivor: name("experts", survivor),
            duplicate: name("experts", duplicate),
            ..Default::default()
        };
        let refusal = refused(experts.merge_experts(merge("e1", "e2")).await);
        assert_eq!((refusal.reason, refusal.metadata["referrer"].clone()), (Reason::InUse, name("visits", "v1")));
        let dry = pb::MergeExpertsRequest { validate_only: true, ..merge("e1", "e2") };
        assert_eq!(refused(experts.merge_experts(dry).await), refusal, "asked before anything is written");
        assert_eq!(server.db.stats().counts().reruns, 0);
        experts.merge_experts(merge("e2", "e1")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_hospital_that_a_visit_was_made_from_stays() {
    each_engine("visit_hospital", async |server| {
        schedule::make(&server.channel, 1).await;
        let mut client = VisitServiceClient::new(server.channel.clone());
        let visit = pb::Visit { sessions: Vec::new(), ..visit() };
        client.create_visit(create("v1", visit)).await.unwrap();
        // The affiliation is corrected: only the visit knows where the expert came from.
        let expert = pb::Expert { name: name("experts", "e1"), ..Default::default() };
        let update_mask = Some(FieldMask { paths: vec!["affiliations".to_owned()] });
        let update = pb::UpdateExpertRequest { expert: Some(expert), update_mask, ..Default::default() };
        ExpertServiceClient::new(server.channel.clone()).update_expert(update).await.unwrap();
        let delete = pb::DeleteHospitalRequest { name: name("hospitals", "xiangya"), ..Default::default() };
        let refusal = refused(HospitalServiceClient::new(server.channel.clone()).delete_hospital(delete).await);
        assert_eq!((refusal.reason, refusal.metadata["referrer"].clone()), (Reason::InUse, name("visits", "v1")));
    })
    .await;
}

#[tokio::test]
async fn visits_are_listed_and_cancelled() {
    each_engine("visit_list", async |server| {
        schedule::make(&server.channel, 2).await;
        let mut client = VisitServiceClient::new(server.channel.clone());
        for (id, expert, hour) in [("v1", "e1", 7), ("v2", "e2", 6), ("v3", "e1", 9)] {
            let visit = pb::Visit {
                expert: name("experts", expert),
                arrival_time: Some(at(hour, 0)),
                sessions: Vec::new(),
                external_ids: Vec::new(),
                ..visit()
            };
            client.create_visit(create(id, visit)).await.unwrap();
        }
        let cancel = pb::CancelVisitRequest { name: name("visits", "v3"), ..Default::default() };
        let cancelled = client.cancel_visit(cancel).await.unwrap().into_inner();
        assert_eq!(cancelled.state(), pb::VisitState::Cancelled);
        let all = pb::ListVisitsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let cases = [
            (all.clone(), &["v2", "v1", "v3"][..]),
            (pb::ListVisitsRequest { expert: name("experts", "e1"), ..all.clone() }, &["v1", "v3"]),
            (pb::ListVisitsRequest { state: pb::VisitState::Open as i32, ..all.clone() }, &["v2", "v1"]),
            (
                pb::ListVisitsRequest {
                    expert: name("experts", "e1"),
                    state: pb::VisitState::Cancelled as i32,
                    ..all.clone()
                },
                &["v3"],
            ),
            (pb::ListVisitsRequest { arrival_time_from: Some(at(7, 0)), ..all.clone() }, &["v1", "v3"]),
            (pb::ListVisitsRequest { arrival_time_until: Some(at(7, 0)), ..all.clone() }, &["v2"]),
            (pb::ListVisitsRequest { host_site: name("sites", "pukou"), ..all.clone() }, &[]),
        ];
        for (request, expected) in cases {
            let page = client.list_visits(request.clone()).await.unwrap().into_inner();
            let ids: Vec<&str> = page.visits.iter().map(|visit| visit.name.rsplit('/').next().unwrap()).collect();
            assert_eq!(ids, expected, "{request:?}");
        }
        let first = pb::ListVisitsRequest { page_size: 2, ..all };
        let page = client.list_visits(first.clone()).await.unwrap().into_inner();
        let next = pb::ListVisitsRequest { page_token: page.next_page_token, ..first };
        assert_eq!(client.list_visits(next).await.unwrap().get_ref().visits.len(), 1);
    })
    .await;
}

//! What may change around a session: an expert merged, a room removed or turned over faster, a site's zone corrected.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;

use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{self, at, booking, clinic, name};

fn operation(from: prost_types::Timestamp, until: prost_types::Timestamp) -> pb::SessionPlan {
    pb::SessionPlan {
        kind: pb::SessionKind::Operation as i32,
        room: "or1".to_owned(),
        start_time: Some(from),
        end_time: Some(until),
        responsible_before: name("assistants", "a1"),
        responsible_after: name("assistants", "a1"),
        grade: 3,
        ..clinic(1, 0, 0)
    }
}

/// The county hospital with something changed.
async fn change_county(
    sites: &mut SiteServiceClient<tonic::transport::Channel>,
    paths: &[&str],
    change: fn(&mut pb::Site),
) -> Result<(), tonic::Status> {
    let mut site = sites.get_site(pb::GetSiteRequest { name: name("sites", "county") }).await?.into_inner();
    change(&mut site);
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let update_mask = Some(prost_types::FieldMask { paths });
    let request = pb::UpdateSiteRequest { site: Some(site), update_mask, ..Default::default() };
    let dry = pb::UpdateSiteRequest { validate_only: true, ..request.clone() };
    let expected = sites.update_site(dry).await.map(drop);
    let result = sites.update_site(request).await.map(drop);
    assert_eq!(expected.map_err(|status| status.to_string()), result.clone().map_err(|status| status.to_string()));
    result
}

fn cancel(id: &str) -> pb::CancelSessionRequest {
    let party = pb::CancelParty::Expert as i32;
    pb::CancelSessionRequest { name: name("sessions", id), party, ..Default::default() }
}

#[tokio::test]
async fn nobody_is_merged_away_from_a_session() {
    each_engine("session_merge", async |server| {
        let mut sessions = schedule::make(&server.channel, 2).await;
        sessions.book_session(booking("s2", clinic(2, 8, 12))).await.unwrap();
        let mut experts = ExpertServiceClient::new(server.channel.clone());
        let merge = pb::MergeExpertsRequest {
            survivor: name("experts", "e1"),
            duplicate: name("experts", "e2"),
            ..Default::default()
        };
        let in_use = refused(experts.merge_experts(merge.clone()).await);
        assert_eq!(in_use.reason, Reason::InUse);
        assert_eq!(in_use.metadata["referrer"], name("sessions", "s2"));
        let dry = pb::MergeExpertsRequest { validate_only: true, ..merge.clone() };
        assert_eq!(refused(experts.merge_experts(dry).await), in_use, "asked before anything is written");
        assert_eq!(server.db.stats().counts().reruns, 0);
        sessions.cancel_session(cancel("s2")).await.unwrap();
        experts.merge_experts(merge).await.unwrap();
        sessions.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_room_keeps_the_turnover_that_was_booked() {
    each_engine("session_turnover", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        sessions.book_session(booking("s1", operation(at(8, 0), at(10, 0)))).await.unwrap();
        let mut sites = SiteServiceClient::new(server.channel.clone());
        change_county(&mut sites, &["rooms"], |site| site.rooms.iter_mut().for_each(|room| room.turnover_minutes = 0))
            .await
            .unwrap();
        let taken = refused(sessions.book_session(booking("s2", operation(at(10, 0), at(11, 0)))).await);
        assert_eq!(taken.reason, Reason::RoomOccupied, "the predicate and the belt agree");
        sessions.book_session(booking("s3", operation(at(10, 30), at(11, 0)))).await.unwrap();
        sessions.book_session(booking("s4", operation(at(11, 0), at(12, 0)))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_room_that_is_to_be_taken_stays() {
    each_engine("session_room", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        sessions.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        let mut sites = SiteServiceClient::new(server.channel.clone());
        let without = |site: &mut pb::Site| site.rooms.retain(|room| room.id != "c1");
        let refusal = change_county(&mut sites, &["rooms"], without).await.map(tonic::Response::new);
        let in_use = refused(refusal);
        assert_eq!((in_use.reason, in_use.metadata["referrer"].clone()), (Reason::InUse, name("sessions", "s1")));
        assert_eq!(server.db.stats().counts().reruns, 0, "asked before anything is written");

        server.clock.advance_minutes(2 * 24 * 60);
        let complete = pb::CompleteSessionRequest { name: name("sessions", "s1"), ..Default::default() };
        sessions.complete_session(complete).await.unwrap();
        change_county(&mut sites, &["rooms"], without).await.unwrap();
        let correct = pb::CorrectSessionOutcomeRequest {
            name: name("sessions", "s1"),
            state: pb::SessionState::NotHeld as i32,
            cause: pb::NotHeldCause::RecordedInError as i32,
            note: "更正".to_owned(),
            ..Default::default()
        };
        sessions.correct_session_outcome(correct.clone()).await.unwrap();
        let back = pb::CorrectSessionOutcomeRequest { state: pb::SessionState::Completed as i32, cause: 0, ..correct };
        sessions.correct_session_outcome(back).await.unwrap();

        let mut hospitals = HospitalServiceClient::new(server.channel.clone());
        let delete = pb::DeleteHospitalRequest { name: name("hospitals", "xiangya"), ..Default::default() };
        assert_eq!(refused(hospitals.delete_hospital(delete).await).reason, Reason::InUse);
    })
    .await;
}

#[tokio::test]
async fn a_session_keeps_the_zone_in_which_it_was_booked() {
    each_engine("session_zone", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        sessions.book_session(booking("s1", clinic(1, 13, 15))).await.unwrap();
        let mut sites = SiteServiceClient::new(server.channel.clone());
        change_county(&mut sites, &["zone"], |site| site.zone = "Asia/Urumqi".to_owned()).await.unwrap();
        server.clock.advance_minutes(2 * 24 * 60);
        let complete = pb::CompleteSessionRequest { name: name("sessions", "s1"), ..Default::default() };
        let held = sessions.complete_session(complete).await.unwrap().into_inner();
        assert_eq!(held.local_start_time, "2024-04-02T13:00:00+08:00");
        assert_eq!(held.half_day(), pb::HalfDay::Afternoon);
        let found: Vec<_> = held.irregularities.iter().map(|note| note.irregularity()).collect();
        assert_eq!(found, [], "13:00 to 15:00 is one half-day there");
    })
    .await;
}

//! Activities and the sessions that they were done in.
use homecoming::kernel::{Date, Reason};
use homecoming::pb;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use tonic::Code;

use crate::support::each_engine;
use crate::support::errors::{Refused, refused};
use crate::support::figures::{
    self, activities, consultation, correct, date, headcount, held, name, record, sessions, tallies, void,
};

fn day() -> Date {
    Date::from_ymd_opt(2024, 3, 20).unwrap()
}

/// A consultation that says only its session and patient.
fn inside(session: &str, token: &str) -> pb::Activity {
    pb::Activity {
        session: name("sessions", session),
        site: String::new(),
        date: None,
        lead_expert: String::new(),
        ..consultation(None, token)
    }
}

#[tokio::test]
async fn a_record_takes_place_and_time_from_its_session() {
    each_engine("activity_session", async |server| {
        figures::make(&server).await;
        sessions(&server).record_held_session(held("s1", "e1", "township", day(), 14)).await.unwrap();
        let mut client = activities(&server);
        let made = client.record_activity(record("a1", inside("s1", "tok_aaaa"))).await.unwrap().into_inner();
        assert_eq!(
            (made.site.clone(), made.date, made.half_day()),
            (name("sites", "township"), date(2024, 3, 20), pb::HalfDay::Afternoon)
        );
        assert_eq!((made.lead_expert.clone(), made.session_kind()), (name("experts", "e1"), pb::SessionKind::Clinic));
        assert_eq!(made.site_level(), pb::SiteLevel::TownshipHealthCentre);
        assert_eq!(made.irregularities, Vec::<i32>::new());
        let other = pb::Activity { lead_expert: name("experts", "e2"), ..inside("s1", "tok_bbbb") };
        let other = client.record_activity(record("a2", other)).await.unwrap().into_inner();
        let outside = pb::ActivityIrregularity::ExpertOutsideSession as i32;
        assert_eq!(other.irregularities, [outside], "recorded all the same");
        let elsewhere = pb::Activity { site: name("sites", "county"), ..inside("s1", "tok_cccc") };
        let expected = Refused::new(Code::FailedPrecondition, Reason::OutsideSession);
        let expected = expected.with("name", &name("sessions", "s1")).with("field", "site");
        assert_eq!(refused(client.record_activity(record("a3", elsewhere)).await), expected);
        let list = pb::ListActivitiesRequest {
            parent: figures::PROGRAMME.to_owned(),
            session: name("sessions", "s1"),
            ..Default::default()
        };
        assert_eq!(client.list_activities(list).await.unwrap().into_inner().activities, [made, other]);
    })
    .await;
}

#[tokio::test]
async fn a_session_with_activities_stays_held_until_they_are_voided() {
    each_engine("activity_reaction", async |server| {
        figures::make(&server).await;
        let mut planner = sessions(&server);
        planner.record_held_session(held("s1", "e1", "county", day(), 9)).await.unwrap();
        let mut client = activities(&server);
        client.record_activity(record("a1", inside("s1", "tok_aaaa"))).await.unwrap();
        let not_held = correct("s1", pb::SessionState::NotHeld);
        let refusal = refused(planner.correct_session_outcome(not_held.clone()).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SessionHasActivities);
        let expected = expected.with("name", &name("sessions", "s1")).with("activity", &name("activities", "a1"));
        assert_eq!(refusal, expected);
        let dry = pb::CorrectSessionOutcomeRequest { validate_only: true, ..not_held.clone() };
        assert_eq!(refused(planner.correct_session_outcome(dry).await), expected);
        client.void_activity(void("a1")).await.unwrap();
        planner.correct_session_outcome(not_held).await.unwrap();
        let late = refused(client.record_activity(record("a2", inside("s1", "tok_bbbb"))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SessionNotHeld);
        assert_eq!(late, expected.with("name", &name("sessions", "s1")).with("state", "NOT_HELD"));
    })
    .await;
}

#[tokio::test]
async fn the_hospital_that_an_expert_came_from_stays() {
    each_engine("activity_hospital", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        client.record_activity(record("a1", consultation(date(2024, 1, 31), "tok_aaaa"))).await.unwrap();
        client.void_activity(void("a1")).await.unwrap();
        // The affiliation is corrected: only the voided record knows where the expert came from.
        let expert = pb::Expert { name: name("experts", "e1"), ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["affiliations".to_owned()] });
        let update = pb::UpdateExpertRequest { expert: Some(expert), update_mask, ..Default::default() };
        ExpertServiceClient::new(server.channel.clone()).update_expert(update).await.unwrap();
        let delete = pb::DeleteHospitalRequest { name: name("hospitals", "xiangya"), ..Default::default() };
        let mut hospitals = HospitalServiceClient::new(server.channel.clone());
        let refusal = refused(hospitals.delete_hospital(delete.clone()).await);
        assert_eq!((refusal.reason, refusal.metadata["referrer"].clone()), (Reason::InUse, name("activities", "a1")));
        let dry = pb::DeleteHospitalRequest { validate_only: true, ..delete };
        assert_eq!(refused(hospitals.delete_hospital(dry).await), refusal);
    })
    .await;
}

#[tokio::test]
async fn sittings_are_the_experts_and_active_ones_are_a_set() {
    each_engine("tally_sittings", async |server| {
        figures::make(&server).await;
        let mut planner = sessions(&server);
        let later = Date::from_ymd_opt(2024, 2, 5).unwrap();
        for request in [
            held("s1", "e1", "county", day(), 8),
            held("s2", "e1", "county", day(), 10),
            held("s3", "e1", "county", day(), 15),
            held("s4", "e1", "township", later, 9),
            held("s5", "e2", "county", later, 9),
        ] {
            planner.record_held_session(request).await.unwrap();
        }
        activities(&server).record_activity(record("a1", headcount(date(2024, 3, 20), 25))).await.unwrap();
        let names = ["active_experts", "active_sites", "sittings", "sessions_held", "consultations_per_sitting"];
        let mut query = pb::QueryTallyRequest {
            parent: figures::PROGRAMME.to_owned(),
            from_date: date(2024, 1, 1),
            to_date: date(2024, 3, 31),
            measures: names.map(str::to_owned).to_vec(),
            group_by: vec![pb::TallyDimension::Month as i32],
            ..Default::default()
        };
        let answer = tallies(&server).query_tally(query.clone()).await.unwrap().into_inner();
        let numbers = |values: &[pb::TallyValue]| values.iter().map(|it| it.quantity).collect::<Vec<_>>();
        let rows: Vec<_> = answer.rows.iter().map(|row| numbers(&row.values)).collect();
        assert_eq!(rows, [[2, 2, 2, 2, 0], [1, 1, 2, 3, 25]], "8 and 10 o'clock are one sitting");
        assert_eq!(numbers(&answer.totals), [2, 2, 4, 5, 25], "e1 came in both months and is one");
        assert_eq!(answer.totals[4].denominator, 4);
        let sitting = answer.definitions.iter().find(|it| it.measure == "sittings").unwrap();
        assert!(sitting.footnote_en.contains("By the half-day from 2024-04-01 on."), "{}", sitting.footnote_en);
        query.from_date = date(2024, 2, 6);
        query.group_by.clear();
        let days = tallies(&server).query_tally(query).await.unwrap().into_inner();
        assert_eq!(numbers(&days.totals), [1, 1, 2, 3, 25], "the end of February from records");
    })
    .await;
}

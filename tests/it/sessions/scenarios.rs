//! What happens in a county, each as it is told there.
use homecoming::db::{Db, Query, Sql, Tx};
use homecoming::kernel::{Reason, Result};
use homecoming::pb;
use homecoming::pb::SessionState::{Cancelled, Completed, Confirmed, InProgress, NotHeld, Voided};
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::dossier_service_client::DossierServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use tonic::transport::Channel;

use super::deeds::*;
use crate::support::errors::refused;
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, date, name, record};
use crate::support::{TestServer, each_engine, papers};

/// What the tallies have of a measure, by site.
async fn tallied(db: &Db, measure: &'static str) -> i64 {
    db.read(Tallied(measure)).await.unwrap()
}

struct Tallied(&'static str);

const TALLIED: Sql = Sql::new(
    "SELECT CAST(COALESCE(SUM(c.quantity), 0) AS BIGINT) AS quantity FROM tally_cells c \
     WHERE c.programme = 'liling' AND c.measure = $1 AND c.face = (SELECT MIN(d.face) FROM tally_cells d WHERE d.programme = 'liling')",
);

impl Query for Tallied {
    type Output = i64;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64> {
        tx.sql(TALLIED).bind(self.0).fetch_one().await?.get("quantity")
    }
}

fn noted(session: &pb::Session) -> Vec<pb::Irregularity> {
    session.irregularities.iter().map(pb::IrregularityNote::irregularity).collect()
}

#[tokio::test]
async fn two_hours_late() {
    each_engine("scenario_late", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("morning", clinic(1, 8, 12))).await.unwrap();
        client.book_session(booking("afternoon", clinic(1, 13, 17))).await.unwrap();
        let elsewhere = pb::SessionPlan { room: "c2".to_owned(), ..clinic(2, 10, 12) };
        client.book_session(booking("beside", elsewhere)).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(7 * 60));
        let late = client.report_session_delay(delay("morning", 120)).await.unwrap().into_inner();
        let plan = late.plan.clone().unwrap();
        assert_eq!((late.state(), plan.start_time, plan.end_time), (Confirmed, Some(at(10, 0)), Some(at(14, 0))));
        let told = late.delay.unwrap();
        assert_eq!((told.minutes, told.planned_start_time), (120, Some(at(8, 0))));
        // What it reaches into is told, and keeps its own time; who isn't touched hears nothing.
        assert_eq!(changes(&server.db, "afternoon").await, ["create", "attention"]);
        assert_eq!(changes(&server.db, "beside").await, ["create"]);
        let next = get(&mut client, "afternoon").await;
        assert_eq!(next.plan.as_ref().unwrap().start_time, Some(at(13, 0)));
        for overlap in
            [pb::Irregularity::OverlapExpert, pb::Irregularity::OverlapAssistant, pb::Irregularity::OverlapRoom]
        {
            assert!(attention(&next).contains(&overlap), "{overlap:?} in {next:?}");
        }
        // An hour made up: nothing is in its way any more.
        client
            .reschedule_session(pb::RescheduleSessionRequest {
                consent: Some(yes()),
                ..reschedule("afternoon", 14, 17)
            })
            .await
            .unwrap();
        assert_eq!(attention(&get(&mut client, "afternoon").await), []);
        server.clock.set(TOMORROW.plus_minutes(18 * 60));
        let held = client.complete_session(complete("morning")).await.unwrap().into_inner();
        assert_eq!((held.actual_start_time, held.actual_end_time), (Some(at(10, 0)), Some(at(14, 0))));
    })
    .await;
}

#[tokio::test]
async fn brings_a_colleague() {
    each_engine("scenario_colleague", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        let plan = pb::SessionPlan { co_experts: vec![name("experts", "e2")], accompanying: 2, ..clinic(1, 32, 36) };
        let alone = refused(client.book_session(booking("s1", plan.clone())).await);
        assert_eq!((alone.reason, alone.metadata["expert"].as_str()), (Reason::ConsentRequired, "e2"));
        let given = pb::ExpertConsent { expert: name("experts", "e2"), consent: Some(yes()) };
        let both = pb::BookSessionRequest { co_expert_consents: vec![given.clone()], ..booking("s1", plan) };
        client.book_session(both).await.unwrap();
        // The colleague's time is taken as well, and moves with the session once both have said yes.
        let other = pb::SessionPlan { room: "c2".to_owned(), ..clinic(2, 32, 34) };
        assert_eq!(refused(client.book_session(booking("s2", other.clone())).await).reason, Reason::ExpertOccupied);
        let half = pb::RescheduleSessionRequest { consent: Some(yes()), ..reschedule("s1", 37, 41) };
        assert!(client.reschedule_session(half).await.unwrap().into_inner().proposed_move.is_some());
        let theirs =
            pb::RespondSessionRequest { expert: name("experts", "e2"), ..answer("s1", pb::SessionAnswer::Accept) };
        let moved = client.respond_session(theirs).await.unwrap().into_inner();
        assert_eq!((moved.plan.clone().unwrap().start_time, moved.consents.len()), (Some(at(37, 0)), 2));
        client.book_session(booking("s2", other)).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(48 * 60));
        let came = pb::CompleteSessionRequest { credited_expert: name("experts", "e2"), ..complete("s1") };
        let held = client.complete_session(came).await.unwrap().into_inner();
        assert_eq!(held.credited_expert, name("experts", "e2"), "who came is credited");
    })
    .await;
}

/// A surgeon who may practise and operate here, but for nobody in particular: what a filing would give is missing.
async fn surgeon_without_a_filing(server: &TestServer) -> SessionServiceClient<Channel> {
    let client = schedule::bare(&server.channel, 1).await;
    let (surgeon, site, from) = (name("experts", "e1"), name("sites", "county"), date(2018, 1, 1));
    let licence = pb::credential::Paper::Licence(pb::LicencePeriod { expert: surgeon.clone() });
    let filed = vec![
        papers::paper(licence, from),
        papers::grade_list(&site, from),
        papers::authorisation(&surgeon, &site, from),
    ];
    papers::enter(&server.channel, PARENT, filed).await;
    client
}

/// The dossier of a patient who came last night, promised by the surgeon's hospital over the telephone.
fn promised() -> pb::CreateDossierRequest {
    let heard = pb::Consent { heard_time: Some(at(5, 0)), ..schedule::consent() };
    let dossier = pb::Dossier {
        expert: name("experts", "e1"),
        site: name("sites", "county"),
        patient: Some(pb::Patient { issuer: "liling.his".to_owned(), token: "tok_abcd".to_owned() }),
        purpose: "急诊手术".to_owned(),
        planned_date: Some(date(2024, 4, 2)),
        promise: Some(heard),
        ..Default::default()
    };
    pb::CreateDossierRequest {
        parent: PARENT.to_owned(),
        dossier_id: "last-night".to_owned(),
        dossier: Some(dossier),
        ..Default::default()
    }
}

#[tokio::test]
async fn operates_on_a_patient_transferred_last_night() {
    each_engine("scenario_transferred", async |server| {
        let mut client = surgeon_without_a_filing(&server).await;
        // Six in the morning; the yes came by telephone an hour ago.
        server.clock.set(TOMORROW.plus_minutes(6 * 60));
        let heard = pb::Consent { heard_time: Some(at(5, 0)), ..schedule::consent() };
        let (kind, room) = (pb::SessionKind::Operation as i32, "or1".to_owned());
        let plan = pb::SessionPlan { kind, room, grade: 3, capacity: 0, ..clinic(1, 7, 11) };
        let request = pb::BookSessionRequest { consent: Some(heard), ..booking("op", plan.clone()) };
        let unfiled = refused(client.book_session(request.clone()).await);
        assert_eq!(unfiled.reason, Reason::NoLawfulBasis, "the office looks for the patient's dossier");
        let mut dossiers = DossierServiceClient::new(server.channel.clone());
        let dossier = dossiers.create_dossier(promised()).await.unwrap().into_inner();
        let plan = pb::SessionPlan { dossier: dossier.name.clone(), ..plan };
        let request = pb::BookSessionRequest { session: Some(plan.clone()), ..request };
        let orphan = refused(client.book_session(request.clone()).await);
        assert_eq!(orphan.reason, Reason::ResponsiblePhysicianRequired, "no patient is left to nobody");
        let (before, after) = (name("assistants", "a1"), name("assistants", "a1"));
        let plan = pb::SessionPlan { responsible_before: before, responsible_after: after, ..plan };
        let booked = client.book_session(pb::BookSessionRequest { session: Some(plan), ..request }).await.unwrap();
        assert_eq!(booked.into_inner().state(), Confirmed, "a promise by telephone is enough to begin with");
        server.clock.set(TOMORROW.plus_minutes(7 * 60 + 10));
        assert_eq!(client.start_session(start("op")).await.unwrap().into_inner().state(), InProgress);
        server.clock.set(TOMORROW.plus_minutes(12 * 60));
        let actual = pb::CompleteSessionRequest { actual_end_time: Some(at(11, 30)), ..complete("op") };
        let held = client.complete_session(actual).await.unwrap().into_inner();
        assert_eq!((held.state(), held.actual_start_time), (Completed, Some(at(7, 10))));
        assert_eq!(noted(&held), [], "nothing was wrong");
        let paper = |reference: &str| {
            Some(pb::DossierDocument { reference: reference.to_owned(), date: Some(date(2024, 4, 2)) })
        };
        let file = pb::FileDossierPapersRequest {
            name: dossier.name,
            invitation: paper("邀请函"),
            home_consent: paper("同意函"),
            patient_consent: paper("知情同意书"),
            fee_fen: Some(0),
            ..Default::default()
        };
        let papered = dossiers.file_dossier_papers(file).await.unwrap().into_inner();
        assert_eq!(papered.state(), pb::DossierState::Papered, "the papers come afterwards");
    })
    .await;
}

#[tokio::test]
async fn a_typhoon() {
    each_engine("scenario_typhoon", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("first", clinic(1, 8, 12))).await.unwrap();
        client.book_session(booking("second", clinic(1, 13, 17))).await.unwrap();
        client.book_session(booking("third", clinic(2, 32, 36))).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(9 * 60));
        let begun = pb::StartSessionRequest { actual_start_time: Some(at(8, 0)), ..start("first") };
        client.start_session(begun).await.unwrap();
        let suspend = pb::SuspendSiteRequest {
            name: name("sites", "county"),
            start_time: Some(at(9, 0)),
            end_time: Some(at(24, 0)),
            cause: pb::ClosureCause::Disaster as i32,
            ..Default::default()
        };
        let touched = client.suspend_site(suspend).await.unwrap().into_inner().sessions;
        let names: Vec<String> = touched.into_iter().map(|session| session.name).collect();
        assert_eq!(names, [name("sessions", "second")], "what has begun and what is later stays");
        let cancel = pb::BatchCancelSessionsRequest {
            parent: PARENT.to_owned(),
            names,
            party: pb::CancelParty::Site as i32,
            code: pb::CancelCode::ForceMajeure as i32,
            ..Default::default()
        };
        client.batch_cancel_sessions(cancel).await.unwrap();
        let sent_home = client.mark_session_not_held(not_held("first", pb::NotHeldCause::ForceMajeure)).await.unwrap();
        assert_eq!(sent_home.into_inner().state(), NotHeld);
        assert_eq!(get(&mut client, "second").await.state(), Cancelled);
        assert_eq!(get(&mut client, "third").await.state(), Confirmed);
        let request = pb::GetSessionControlTotalsRequest { parent: PARENT.to_owned() };
        let totals = client.get_session_control_totals(request).await.unwrap().into_inner();
        assert_eq!((totals.ever_confirmed, totals.cancelled, totals.not_held, totals.future), (3, 1, 1, 1));
        assert!(totals.balanced);
    })
    .await;
}

/// So many days and hours after tomorrow's midnight.
fn on(day: i64, from: i64, until: i64) -> pb::SessionPlan {
    clinic(1, day * 24 + from, day * 24 + until)
}

#[tokio::test]
async fn national_day_homecoming() {
    each_engine("scenario_national_day", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        // 2024-10-01 is 182 days after 2024-04-02; the 12th, a Saturday, is worked in exchange.
        let (holiday, makeup) = (182, 193);
        for (id, day) in [("national-day", holiday), ("makeup", makeup)] {
            let booked = client.book_session(booking(id, on(day, 8, 12))).await.unwrap().into_inner();
            assert_eq!(booked.state(), Confirmed, "a day's kind informs; it never blocks");
            assert_eq!(attention(&get(&mut client, id).await), []);
        }
        let seen = get(&mut client, "national-day").await;
        assert_eq!(seen.date, Some(date(2024, 10, 1)));
    })
    .await;
}

#[tokio::test]
async fn a_free_clinic_on_the_village_square() {
    each_engine("scenario_free_clinic", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        let plan = pb::SessionPlan {
            kind: pb::SessionKind::FreeClinic as i32,
            site: name("sites", "guanzhuang"),
            room: String::new(),
            // All day, and in a specialty for which the health centre has no licence.
            specialty: "05.01".to_owned(),
            capacity: 200,
            ..clinic(1, 9, 16)
        };
        client.book_session(booking("square", plan)).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(24 * 60));
        client.complete_session(complete("square")).await.unwrap();
        assert_eq!(tallied(&server.db, "free_clinics").await, 1);
        assert_eq!(tallied(&server.db, "sittings").await, 0, "counted apart");
    })
    .await;
}

#[tokio::test]
async fn moves_hospital() {
    each_engine("scenario_moves", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        let hospital = pb::Hospital {
            display_name: "省第二医院".to_owned(),
            level: pb::HospitalLevel::ProvincialKey as i32,
            ..Default::default()
        };
        let create = pb::CreateHospitalRequest {
            parent: PARENT.to_owned(),
            hospital_id: "second".to_owned(),
            hospital: Some(hospital),
            ..Default::default()
        };
        HospitalServiceClient::new(server.channel.clone()).create_hospital(create).await.unwrap();
        client.book_session(booking("before", on(0, 8, 12))).await.unwrap();
        client.book_session(booking("after", on(30, 8, 12))).await.unwrap();
        let affiliation = |hospital: &str, from: pb::Date, to: Option<pb::Date>| pb::Affiliation {
            hospital: name("hospitals", hospital),
            from_date: Some(from),
            to_date: to,
            main: true,
        };
        let affiliations = vec![
            affiliation("xiangya", date(2010, 1, 1), Some(date(2024, 4, 14))),
            affiliation("second", date(2024, 4, 15), None),
        ];
        let expert = pb::Expert { name: name("experts", "e1"), affiliations, ..Default::default() };
        let update = pb::UpdateExpertRequest {
            expert: Some(expert),
            update_mask: Some(prost_types::FieldMask { paths: vec!["affiliations".to_owned()] }),
            ..Default::default()
        };
        ExpertServiceClient::new(server.channel.clone()).update_expert(update).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(40 * 24 * 60));
        for (id, hospital) in [("before", "xiangya"), ("after", "second")] {
            let held = client.complete_session(complete(id)).await.unwrap().into_inner();
            assert_eq!(held.home_hospital, name("hospitals", hospital), "by the affiliation of the day");
        }
    })
    .await;
}

#[tokio::test]
async fn one_room() {
    each_engine("scenario_one_room", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let at_guanzhuang = |number: usize, from, until| pb::SessionPlan {
            site: name("sites", "guanzhuang"),
            room: "g1".to_owned(),
            ..clinic(number, from, until)
        };
        server.clock.set(TOMORROW);
        client.book_session(booking("s1", at_guanzhuang(1, 32, 34))).await.unwrap();
        let second = refused(client.book_session(booking("s2", at_guanzhuang(2, 33, 36))).await);
        assert_eq!((second.reason, second.metadata["session"].as_str()), (Reason::RoomOccupied, "s1"));
        client.book_session(booking("s2", at_guanzhuang(2, 34, 36))).await.unwrap();
        // The first one can't grow into the second's time, and may go out of the room.
        let grows = pb::RescheduleSessionRequest { consent: Some(yes()), ..reschedule("s1", 32, 35) };
        assert_eq!(refused(client.reschedule_session(grows.clone()).await).reason, Reason::RoomOccupied);
        client.replace_session_room(replace_room("s1", "")).await.unwrap();
        client.reschedule_session(grows).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn remote() {
    each_engine("scenario_remote", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("clinic", clinic(1, 32, 34))).await.unwrap();
        // Nobody travels by wire: no journey between the sites is known, and none is asked for.
        let by_wire = pb::SessionPlan {
            kind: pb::SessionKind::RemoteConsultation as i32,
            site: name("sites", "pukou"),
            room: String::new(),
            assistant: String::new(),
            ..clinic(1, 34, 35)
        };
        client.book_session(booking("remote", by_wire.clone())).await.unwrap();
        let at_once = pb::SessionPlan { start_time: Some(at(33, 0)), ..by_wire };
        let twice = refused(client.book_session(booking("twice", at_once)).await);
        assert_eq!(twice.reason, Reason::ExpertOccupied, "and nobody is at both ends at once");
    })
    .await;
}

#[tokio::test]
async fn two_townships_in_a_day() {
    each_engine("scenario_townships", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        let plan = |site: &str, room: &str, from, until| pb::SessionPlan {
            site: name("sites", site),
            room: room.to_owned(),
            assistant: String::new(),
            ..clinic(1, from, until)
        };
        client.book_session(booking("morning", plan("guanzhuang", "g1", 32, 35))).await.unwrap();
        let unknown = refused(client.book_session(booking("pukou", plan("pukou", "p1", 38, 40))).await);
        assert_eq!(unknown.reason, Reason::TravelUnknown, "an unknown journey is none of no minutes");
        // 50 minutes back: half an hour isn't enough, an hour is.
        let soon = pb::SessionPlan { start_time: Some(at(35, 30)), ..plan("county", "c1", 35, 36) };
        assert_eq!(refused(client.book_session(booking("soon", soon)).await).reason, Reason::TravelTooShort);
        client.book_session(booking("noon", plan("county", "c1", 36, 37))).await.unwrap();
        // A move is measured by the same journeys.
        let hurried = pb::RescheduleSessionRequest {
            consent: Some(yes()),
            end_time: Some(at(35, 30)),
            ..reschedule("morning", 32, 35)
        };
        assert_eq!(refused(client.reschedule_session(hurried).await).reason, Reason::TravelTooShort);
    })
    .await;
}

#[tokio::test]
async fn called_away_mid_clinic() {
    each_engine("scenario_called_away", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(8 * 60 + 5));
        client.start_session(start("s1")).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(10 * 60));
        let away = pb::CompleteSessionRequest {
            actual_end_time: Some(at(9, 40)),
            early_end_cause: pb::EarlyEndCause::CalledAway as i32,
            ..complete("s1")
        };
        let held = client.complete_session(away).await.unwrap().into_inner();
        assert_eq!((held.state(), held.early_end_cause()), (Completed, pb::EarlyEndCause::CalledAway));
        assert_eq!(held.actual_end_time, Some(at(9, 40)));
        assert_eq!(tallied(&server.db, "sittings").await, 1, "who came is credited with the sitting");
        // The rest of the morning is free for who can stay.
        let other = pb::SessionPlan { start_time: Some(at(10, 0)), ..clinic(2, 10, 12) };
        client.book_session(booking("s2", other)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_paper_sheets_put_one_expert_in_two_places() {
    each_engine("scenario_two_sheets", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        client.record_held_session(record("sheet-1", clinic(1, 8, 12))).await.unwrap();
        let there = pb::SessionPlan { site: name("sites", "pukou"), room: "p1".to_owned(), ..clinic(1, 9, 11) };
        let second = client.record_held_session(record("sheet-2", there)).await.unwrap().into_inner();
        assert_eq!(second.state(), Completed, "what is on paper is recorded");
        assert!(noted(&second).contains(&pb::Irregularity::OverlapExpert), "and its discrepancy listed");
        assert_eq!(tallied(&server.db, "sittings").await, 2);
        // One of them turns out to be another day's: it is taken back, and what counted with it.
        client.void_session(void("sheet-2")).await.unwrap();
        assert_eq!(tallied(&server.db, "sittings").await, 1);
        let third = client.record_held_session(record("sheet-3", clinic(1, 13, 15))).await.unwrap().into_inner();
        assert_eq!(noted(&third), [], "what is voided takes nobody's time");
    })
    .await;
}

#[tokio::test]
async fn not_held_by_mistake() {
    each_engine("scenario_mistake", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW);
        client.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
        server.clock.set(TOMORROW.plus_minutes(24 * 60));
        client.mark_session_not_held(not_held("s1", pb::NotHeldCause::NoPatients)).await.unwrap();
        assert_eq!(tallied(&server.db, "sittings").await, 0);
        let held = client.correct_session_outcome(correct("s1", Completed)).await.unwrap().into_inner();
        assert_eq!((held.state(), tallied(&server.db, "sittings").await), (Completed, 1));
        let request = pb::ListSessionOutcomesRequest { parent: name("sessions", "s1"), ..Default::default() };
        let states = async || {
            let outcomes = Client::new(server.channel.clone()).list_session_outcomes(request.clone()).await.unwrap();
            let outcomes = outcomes.into_inner().outcomes;
            outcomes.iter().map(|one| (one.state(), one.until_sequence != 0)).collect::<Vec<_>>()
        };
        assert_eq!(states().await, [(NotHeld, true), (Completed, false)], "both versions are kept");
        // It was another programme's after all: the session and what was recorded in it count no more.
        let seen = pb::Activity {
            kind: pb::ActivityKind::Headcount as i32,
            session: name("sessions", "s1"),
            quantity: 12,
            residence: pb::Residence::Unknown as i32,
            ..Default::default()
        };
        let record = pb::RecordActivityRequest {
            parent: PARENT.to_owned(),
            activity_id: "seen".to_owned(),
            activity: Some(seen),
            ..Default::default()
        };
        let mut activities = ActivityServiceClient::new(server.channel.clone());
        activities.record_activity(record).await.unwrap();
        assert_eq!(tallied(&server.db, "consultations").await, 12);
        let voided = client.void_session(void("s1")).await.unwrap().into_inner();
        assert_eq!((voided.state(), voided.void_note.as_str()), (Voided, "录入有误"));
        let get = pb::GetActivityRequest { name: name("activities", "seen") };
        let activity = activities.get_activity(get).await.unwrap().into_inner();
        assert_eq!(activity.state(), pb::ActivityState::Voided);
        assert_eq!(tallied(&server.db, "consultations").await, 0);
        assert_eq!(tallied(&server.db, "sittings").await, 0);
        assert_eq!(states().await, [(NotHeld, true), (Completed, true)]);
    })
    .await;
}

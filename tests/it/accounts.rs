//! Accounts over a real socket: what a quarter asked of an expert, and what the expert gave.
use homecoming::accounts::quarter_days;
use homecoming::kernel::{Date, Reason};
use homecoming::pb;
use homecoming::pb::account_service_client::AccountServiceClient;
use homecoming::pb::charter_service_client::CharterServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::pb::visit_service_client::VisitServiceClient;
use tonic::transport::Channel;

use crate::support::errors::refused;
use crate::support::figures::{self, activities, consultation, correct, headcount, held, name, operation};
use crate::support::{START, TestServer, bare, each_engine, schedule};

/// A month after START: 2024-05-01, in the second quarter.
const MAY: i64 = 30 * 24 * 60;

fn day(of_april: u32) -> Date {
    Date::from_ymd_opt(2024, 4, of_april).unwrap()
}

fn statement(expert: &str, quarter: i32) -> pb::GetBurdenStatementRequest {
    pb::GetBurdenStatementRequest { expert: name("experts", expert), year: 2024, quarter }
}

fn consent(minutes: i64) -> pb::Consent {
    pb::Consent {
        heard_by: "office-1".to_owned(),
        medium: pb::ConsentMedium::Phone as i32,
        heard_time: Some(START.plus_minutes(minutes).into()),
        words: "可以".to_owned(),
    }
}

/// e1: a morning at the county and an afternoon at Banshan on the 2nd, beside e2 on the 3rd; what was recorded for the 4th was none.
async fn hold(server: &TestServer) {
    let mut sessions = figures::sessions(server);
    let before = pb::RecordHeldSessionRequest { consent: Some(consent(-60)), ..held("s1", "e1", "county", day(2), 9) };
    let after = pb::RecordHeldSessionRequest { consent: Some(consent(60)), ..held("s2", "e1", "banshan", day(2), 14) };
    let mut beside = held("s3", "e2", "county", day(3), 9);
    beside.session.as_mut().unwrap().co_experts = vec![name("experts", "e1")];
    for request in [before, after, beside, held("s4", "e1", "county", day(4), 9), held("s5", "e2", "county", day(5), 9)]
    {
        sessions.record_held_session(request).await.unwrap();
    }
    sessions.correct_session_outcome(correct("s4", pb::SessionState::NotHeld)).await.unwrap();
}

async fn limit(channel: &Channel) {
    let charter = pb::Charter {
        name: name("charters", "e1"),
        sessions_a_day: Some(1),
        patients_a_clinic: Some(10),
        contacts_a_week: Some(1),
        ..Default::default()
    };
    let update = pb::UpdateCharterRequest { charter: Some(charter), ..Default::default() };
    CharterServiceClient::new(channel.clone()).update_charter(update).await.unwrap();
}

async fn contact(channel: &Channel, minutes: i64) {
    let contact = pb::Contact {
        expert: name("experts", "e1"),
        contact_time: Some(START.plus_minutes(minutes).into()),
        medium: pb::ConsentMedium::Phone as i32,
        made_by: "office-1".to_owned(),
        ..Default::default()
    };
    let record = pb::RecordContactRequest {
        parent: figures::PROGRAMME.to_owned(),
        contact: Some(contact),
        ..Default::default()
    };
    CharterServiceClient::new(channel.clone()).record_contact(record).await.unwrap();
}

async fn visit(channel: &Channel) {
    let visit = pb::Visit {
        expert: name("experts", "e1"),
        host_site: name("sites", "county"),
        arrival_time: Some(START.plus_minutes(24 * 60 - 60).into()),
        departure_time: Some(START.plus_minutes(24 * 60 + 9 * 60).into()),
        ..Default::default()
    };
    let create = pb::CreateVisitRequest {
        parent: figures::PROGRAMME.to_owned(),
        visit_id: "v1".to_owned(),
        visit: Some(visit),
        ..Default::default()
    };
    let mut client = VisitServiceClient::new(channel.clone());
    client.create_visit(create).await.unwrap();
    let end = pb::EndVisitRequest { name: name("visits", "v1"), ..Default::default() };
    client.end_visit(end).await.unwrap();
}

#[test]
fn quarters_are_three_months() {
    let days = |quarter| quarter_days(2024, quarter).map(|(first, last)| (first.to_string(), last.to_string()));
    assert_eq!(days(1), Some(("2024-01-01".to_owned(), "2024-03-31".to_owned())));
    assert_eq!(days(4), Some(("2024-10-01".to_owned(), "2024-12-31".to_owned())));
    assert_eq!((days(0), days(5)), (None, None));
}

#[tokio::test]
async fn a_quarter_asks_what_is_on_record_and_nothing_is_assumed() {
    each_engine("burden", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = AccountServiceClient::new(server.channel.clone());
        limit(&server.channel).await;
        server.clock.advance_minutes(MAY);
        hold(&server).await;
        let first = client.get_burden_statement(statement("e1", 2)).await.unwrap().into_inner();
        assert!(!first.closed && first.charter_known);
        assert_eq!((first.contacts, first.travel_minutes, first.visit_minutes), (None, None, None), "not known");
        assert_eq!((first.sessions_held, first.session_minutes, first.sessions_not_held), (3, 180, 1));
        assert_eq!(first.held, [pb::HeldSessions { kind: pb::SessionKind::Clinic as i32, sessions: 3, minutes: 180 }]);
        assert_eq!((first.journeys, first.journeys_unknown, first.sessions_outside_visits), (1, 1, 3));
        let beyond = |statement: &pb::BurdenStatement| -> Vec<(String, pb::CharterLimit, bool)> {
            let one =
                |one: &pb::BeyondCharter| (format!("{}{}", one.session, one.visit), one.limit(), one.own_decision);
            statement.beyond.iter().map(one).collect()
        };
        use pb::CharterLimit::{PatientsAClinic, SessionsADay};
        let expected = [
            (name("sessions", "s1"), PatientsAClinic, false),
            (name("sessions", "s2"), SessionsADay, true),
            (name("sessions", "s2"), PatientsAClinic, true),
            (name("sessions", "s3"), PatientsAClinic, false),
        ];
        assert_eq!(beyond(&first), expected);
        assert_eq!((first.beyond[0].allowed.as_str(), first.beyond[0].date), ("10", figures::date(2024, 4, 2)));

        // What is entered later is known from then on.
        let journey = pb::TravelMinutes {
            origin: name("sites", "county"),
            destination: name("sites", "banshan"),
            minutes: Some(50),
        };
        let set = pb::SetTravelMinutesRequest {
            parent: figures::PROGRAMME.to_owned(),
            travel_minutes: vec![journey],
            ..Default::default()
        };
        SiteServiceClient::new(server.channel.clone()).set_travel_minutes(set).await.unwrap();
        contact(&server.channel, 60).await;
        contact(&server.channel, 120).await;
        visit(&server.channel).await;
        let later = client.get_burden_statement(statement("e1", 2)).await.unwrap().into_inner();
        assert_eq!((later.contacts, later.contacts_beyond_charter), (Some(2), Some(1)));
        assert_eq!((later.travel_minutes, later.visits, later.sessions_outside_visits), (Some(50), 1, 1));
        assert_eq!(later.visit_minutes, None, "the 3rd lies in no visit");
        let other = client.get_burden_statement(statement("e2", 2)).await.unwrap().into_inner();
        assert_eq!((other.contacts, other.sessions_held, other.charter_known), (Some(0), 2, false));
        assert_eq!(other.beyond, []);

        let quiet = client.get_burden_statement(statement("e1", 1)).await.unwrap().into_inner();
        assert!(quiet.closed && !quiet.charter_known, "the charter came later");
        assert_eq!((quiet.contacts, quiet.sessions_held, quiet.visit_minutes), (None, 0, Some(0)));
        assert_eq!(quiet.last_date, figures::date(2024, 3, 31));
        let future = refused(client.get_burden_statement(statement("e1", 3)).await);
        assert_eq!(future.violations, [("quarter".to_owned(), Reason::OutOfRange)]);
        let nobody = refused(client.get_burden_statement(statement("e9", 2)).await);
        assert_eq!((nobody.reason, &nobody.metadata["name"]), (Reason::ResourceNotFound, &name("experts", "e9")));
        let bad = pb::GetBurdenStatementRequest { expert: String::new(), year: 1999, quarter: 5 };
        let expected = [("year", Reason::OutOfRange), ("quarter", Reason::OutOfRange), ("expert", Reason::Required)];
        let refusal = refused(client.get_burden_statement(bad).await);
        assert_eq!(refusal.violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
    })
    .await;
}

#[tokio::test]
async fn proposals_are_counted_and_who_said_no_isnt_told() {
    each_engine("burden_proposals", async |server| {
        let mut sessions = schedule::make(&server.channel, 1).await;
        let mut client = AccountServiceClient::new(server.channel.clone());
        for (id, from) in [("p1", 8), ("p2", 10), ("p3", 14)] {
            let propose = pb::ProposeSessionRequest {
                parent: figures::PROGRAMME.to_owned(),
                session_id: id.to_owned(),
                session: Some(schedule::clinic(1, from, from + 1)),
                deadline: Some(schedule::at(6, 0)),
                ..Default::default()
            };
            sessions.propose_session(propose).await.unwrap();
        }
        for (id, answer) in [("p1", pb::SessionAnswer::Accept), ("p3", pb::SessionAnswer::Decline)] {
            let respond = pb::RespondSessionRequest {
                name: name("sessions", id),
                party: pb::Awaiting::Expert as i32,
                answer: answer as i32,
                consent: (answer == pb::SessionAnswer::Accept).then(|| consent(0)),
                ..Default::default()
            };
            sessions.respond_session(respond).await.unwrap();
        }
        let mut found = async || {
            let answer = client.get_burden_statement(statement("e1", 2)).await.unwrap().into_inner();
            let proposals = (answer.proposals, answer.proposals_accepted, answer.proposals_open);
            (proposals, (answer.sessions_to_come, answer.sessions_unresolved, answer.sessions_cancelled))
        };
        assert_eq!(found().await, ((3, 1, 1), (1, 0, 0)));
        // The deadline passes, then the session's end, and nobody says what became of it.
        server.clock.set(schedule::TOMORROW.plus_minutes(6 * 60));
        assert_eq!(found().await, ((3, 1, 0), (1, 0, 0)));
        server.clock.set(schedule::TOMORROW.plus_minutes(9 * 60));
        assert_eq!(found().await, ((3, 1, 0), (0, 1, 0)));
        let cancel = pb::CancelSessionRequest {
            name: name("sessions", "p1"),
            party: pb::CancelParty::Expert as i32,
            ..Default::default()
        };
        sessions.cancel_session(cancel).await.unwrap();
        assert_eq!(found().await, ((3, 1, 0), (0, 0, 1)));
    })
    .await;
}

fn certificate(expert: &str, from: u32, to: u32) -> pb::GetServiceCertificateRequest {
    pb::GetServiceCertificateRequest {
        expert: name("experts", expert),
        first_date: Some(day(from).into()),
        last_date: Some(day(to).into()),
    }
}

#[tokio::test]
async fn a_certificate_says_what_was_given_and_where() {
    each_engine("certificate", async |server| {
        bare::make(&server.channel, 3).await;
        let mut client = AccountServiceClient::new(server.channel.clone());
        server.clock.advance_minutes(MAY);
        hold(&server).await;
        let bare_of_records = client.get_service_certificate(certificate("e1", 1, 30)).await.unwrap().into_inner();
        assert_eq!((bare_of_records.consultations, bare_of_records.operation_cases), (None, None), "not known");
        assert_eq!((bare_of_records.days, bare_of_records.sittings), (2, 2));
        assert_eq!((bare_of_records.sessions, bare_of_records.sessions_beside), (2, 1));

        let on = |april| figures::date(2024, 4, april);
        let case = |performer| pb::Activity { lead_expert: name("experts", "e1"), ..operation(on(10), performer) };
        let beside =
            pb::Activity { co_experts: vec![name("experts", "e1")], ..operation(on(11), pb::Performer::Expert) };
        let records = [
            ("a1", consultation(on(2), "tok_aaaa")),
            ("a2", headcount(on(2), 14)),
            ("a3", case(pb::Performer::Expert)),
            ("a4", case(pb::Performer::AssistantSupervised)),
            ("a5", case(pb::Performer::Local)),
            ("a6", beside),
            ("a7", consultation(on(20), "tok_bbbb")),
        ];
        let mut recorder = activities(&server);
        for (id, activity) in records {
            recorder.record_activity(figures::record(id, activity)).await.unwrap();
        }
        recorder.void_activity(figures::void("a7")).await.unwrap();
        let all = client.get_service_certificate(certificate("e1", 1, 30)).await.unwrap().into_inner();
        assert_eq!((all.consultations, all.operation_cases, all.operation_cases_beside), (Some(15), Some(2), Some(1)));
        assert_eq!(all.days, 4, "the 2nd, the 3rd, and two days of operations: {all:?}");
        let sites: Vec<_> = all.sites.iter().map(|at| (at.site.as_str(), at.days, at.sittings, at.sessions)).collect();
        let (banshan, county) = (name("sites", "banshan"), name("sites", "county"));
        assert_eq!(sites, [(banshan.as_str(), 1, 1, 1), (county.as_str(), 4, 1, 2)]);
        let short = client.get_service_certificate(certificate("e1", 3, 3)).await.unwrap().into_inner();
        assert_eq!((short.days, short.sittings, short.sessions_beside, short.consultations), (1, 0, 1, None));
        let nothing = client.get_service_certificate(certificate("e3", 1, 30)).await.unwrap().into_inner();
        assert_eq!((nothing.days, nothing.consultations), (0, Some(0)), "nothing was held: that is known");

        // A duplicate's records are the survivor's, whoever is asked for.
        bare::merge(&server.channel, "e3", "e1").await;
        for expert in ["e1", "e3"] {
            let merged = client.get_service_certificate(certificate(expert, 1, 30)).await.unwrap().into_inner();
            assert_eq!(merged, pb::ServiceCertificate { expert: name("experts", "e3"), ..all.clone() });
        }
        let backwards = refused(client.get_service_certificate(certificate("e1", 2, 1)).await);
        assert_eq!(backwards.violations, [("last_date".to_owned(), Reason::Inconsistent)]);
        let long =
            pb::GetServiceCertificateRequest { first_date: figures::date(2010, 1, 1), ..certificate("e1", 1, 1) };
        let refusal = refused(client.get_service_certificate(long).await);
        assert_eq!(refusal.violations, [("last_date".to_owned(), Reason::OutOfRange)]);
        assert_eq!(
            refused(client.get_service_certificate(certificate("e9", 1, 1)).await).reason,
            Reason::ResourceNotFound
        );
    })
    .await;
}

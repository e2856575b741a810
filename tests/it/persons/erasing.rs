//! What an erasure leaves: nothing in any table, nothing in the file; and what goes on with it when a server was killed.
use std::fs;
use std::time::{Duration, Instant};

use futures_util::stream;
use homecoming::db::Target;
use homecoming::db::verify::VerifyLedger;
use homecoming::experts::sealed::SEALED;
use homecoming::kernel::{Call, Caller, Name};
use homecoming::pb;
use homecoming::pb::dossier_service_client::DossierServiceClient;
use homecoming::pb::need_service_client::NeedServiceClient;
use homecoming::pb::person_restriction::Person;
use homecoming::pb::person_service_client::PersonServiceClient;
use homecoming::pb::reconciliation_service_client::ReconciliationServiceClient;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use homecoming::persons::commands::ErasePerson;
use homecoming::server::erasures;
use sqlx::{Connection as _, Row as _};
use tonic::Code;

use super::restricted::{book, clinic_is_open, dossier, need};
use super::{TOKEN, erase, everything, lift, persons, restrict, restriction};
use crate::savings::trips;
use crate::support::errors::refused;
use crate::support::figures::{self, PROGRAMME, activities, amend, by, consultation, date, record};
use crate::support::program::Program;
use crate::support::{Database, TestServer, connect, each_engine};
use crate::tallies::partitions::tamper;

/// Whoever adds a table that holds tokens adds it to what is erased, and here.
const HOLDERS: [&str; 6] = ["activity_versions", "discrepancies", "dossiers", "needs", "reservations", "trip_versions"];

/// Longer than any of this takes on a busy machine.
const SOON: Duration = Duration::from_secs(60);

fn patient(token: &str) -> Person {
    Person::Patient(figures::patient(token).unwrap())
}

/// The tables with a patient's token.
async fn holders(server: &TestServer) -> Vec<String> {
    match &server.target {
        Target::Sqlite(path) => {
            let mut connection = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
            let tables = "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' \
                          AND c.name LIKE '%patient_token%' ORDER BY m.name";
            let rows = sqlx::query(tables).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
        }
        Target::Postgres(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            let tables = "SELECT table_name::text FROM information_schema.columns WHERE table_schema = current_schema() \
                          AND column_name LIKE '%patient_token%' ORDER BY table_name";
            let rows = sqlx::query(tables).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
    }
}

/// Where in the file or its log some bytes are; nowhere on PostgreSQL, whose files are another program's.
fn in_files(server: &TestServer, needle: &str) -> Vec<String> {
    let Target::Sqlite(path) = &server.target else { return Vec::new() };
    let files = ["", "-wal"].map(|ending| format!("{}{ending}", path.display()));
    let holds = |file: &String| {
        let bytes = fs::read(file).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    files.into_iter().filter(holds).collect()
}

/// The visit's number is sealed, put back, and destroyed with everything else that named the patient.
async fn seals_and_destroys(server: &TestServer, named: &[&str]) {
    persons(server).restrict_person(restrict("r1", patient(TOKEN))).await.unwrap();
    assert_eq!(numbers(server).await, [SEALED]);
    persons(server).lift_restriction(lift("r1")).await.unwrap();
    assert_eq!(numbers(server).await, ["visit-4711"]);

    persons(server).restrict_person(restrict("r2", patient(TOKEN))).await.unwrap();
    persons(server).erase_person(erase("r2")).await.unwrap();
    let all = everything(server).await;
    for gone in named {
        assert_eq!(all.lines().filter(|line| line.contains(gone)).collect::<Vec<_>>(), Vec::<&str>::new());
        assert_eq!(in_files(server, gone), Vec::<String>::new(), "{gone}");
    }
}

#[tokio::test]
async fn no_table_holds_what_named_an_erased_patient() {
    each_engine("persons_tables", async |server| {
        assert_eq!(holders(&server).await, HOLDERS);
        clinic_is_open(&server.channel).await;
        let own = || figures::patient(TOKEN).unwrap();
        let mut reservations = ReservationServiceClient::new(server.channel.clone());
        let mut booked = book("p1", own());
        booked.reservation.as_mut().unwrap().external_ids = numbered("place-4711");
        reservations.book_reservation(booked).await.unwrap();
        let mut wanted = need("n1", own());
        wanted.need.as_mut().unwrap().external_ids = numbered("need-4711");
        NeedServiceClient::new(server.channel.clone()).create_need(wanted).await.unwrap();
        let mut invited = dossier("d1", own());
        invited.dossier.as_mut().unwrap().external_ids = numbered("dossier-4711");
        DossierServiceClient::new(server.channel.clone()).create_dossier(invited).await.unwrap();
        let seen = pb::Activity { external_ids: numbered("visit-4711"), ..consultation(date(2024, 3, 4), TOKEN) };
        activities(&server).record_activity(record("a1", seen)).await.unwrap();
        // A hospital's extract that disagrees: its number of the visit stands in a discrepancy.
        reconcile(&server, march("visit-4711", 9)).await;
        assert_eq!(numbers(&server).await, ["visit-4711"]);

        seals_and_destroys(&server, &[TOKEN, "place-4711", "need-4711", "dossier-4711", "visit-4711"]).await;
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
    })
    .await;
}

/// A hospital's extract of March with one row of the patient's.
fn march(number: &str, day: i32) -> Vec<pb::ReconcileExtractRequest> {
    let head = pb::ReconcileExtractRequest {
        parent: PROGRAMME.to_owned(),
        system: "his".to_owned(),
        from_date: date(2024, 3, 1),
        to_date: date(2024, 3, 31),
        ..Default::default()
    };
    let row = pb::ExtractRow {
        value: number.to_owned(),
        kind: pb::ActivityKind::Consultation as i32,
        date: date(2024, 3, day),
        quantity: 0,
        patient: figures::patient(TOKEN),
    };
    vec![head, pb::ReconcileExtractRequest { rows: vec![row], ..Default::default() }]
}

async fn reconcile(server: &TestServer, extract: Vec<pb::ReconcileExtractRequest>) -> pb::ReconcileExtractResponse {
    let mut client = ReconciliationServiceClient::new(server.channel.clone());
    client.reconcile_extract(by("auditor", stream::iter(extract))).await.unwrap().into_inner()
}

/// The numbers that discrepancies have.
async fn numbers(server: &TestServer) -> Vec<String> {
    let listed = pb::ListDiscrepanciesRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
    let mut client = ReconciliationServiceClient::new(server.channel.clone());
    let found = client.list_discrepancies(listed).await.unwrap().into_inner().discrepancies;
    found.into_iter().map(|it| it.finding.unwrap().value).collect()
}

fn numbered(value: &str) -> Vec<pb::ExternalId> {
    vec![pb::ExternalId { system: "his".to_owned(), value: value.to_owned() }]
}

#[tokio::test]
async fn no_discrepancy_holds_the_number_of_what_was_missing_when_it_was_found() {
    each_engine("persons_missing", async |server| {
        figures::make(&server).await;
        // The extract comes first: what it finds missing names no record.
        assert_eq!(reconcile(&server, march("visit-4711", 4)).await.missing_here, 1);
        let late = pb::Activity { external_ids: numbered("visit-4711"), ..consultation(date(2024, 3, 4), TOKEN) };
        activities(&server).record_activity(record("a1", late)).await.unwrap();

        seals_and_destroys(&server, &[TOKEN, "visit-4711"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_missing_and_never_came_is_found_by_its_patient() {
    each_engine("persons_never_came", async |server| {
        figures::make(&server).await;
        let mut unsaid = march("visit-4711", 4);
        unsaid[1].rows[0].patient = None;
        // Whose it is may be said later, and not again: it is known from then on.
        assert_eq!(reconcile(&server, unsaid.clone()).await.missing_here, 1);
        assert_eq!(reconcile(&server, march("visit-4711", 4)).await.missing_here, 1);
        // Settled, and found again by an extract that doesn't say it.
        let mut without = march("visit-4711", 4);
        without[1].rows.clear();
        assert_eq!(reconcile(&server, without).await.settled, 1);
        assert_eq!(reconcile(&server, unsaid.clone()).await.missing_here, 1);
        persons(&server).restrict_person(restrict("r0", patient(TOKEN))).await.unwrap();
        assert_eq!(numbers(&server).await, [SEALED]);
        let held = |all: &str| all.lines().filter(|line| line.contains("visit-4711") || line.contains(TOKEN)).count();
        assert_eq!(held(&everything(&server).await), 2, "in the seals of the token and the number alone");
        // Neither is it brought in anew by such an extract.
        assert_eq!(reconcile(&server, unsaid).await.restricted, 1);
        assert_eq!(numbers(&server).await, [SEALED]);

        persons(&server).lift_restriction(lift("r0")).await.unwrap();
        assert_eq!(numbers(&server).await, ["visit-4711"]);
        assert_eq!(reconcile(&server, march("visit-4711", 4)).await.missing_here, 1);
        assert_eq!(numbers(&server).await, ["visit-4711"], "it is known again, and isn't doubled");
        seals_and_destroys(&server, &[TOKEN, "visit-4711"]).await;
    })
    .await;
}

#[tokio::test]
async fn an_extract_brings_no_number_of_a_restricted_patient_in_anew() {
    each_engine("persons_extract", async |server| {
        figures::make(&server).await;
        let seen = pb::Activity { external_ids: numbered("visit-4711"), ..consultation(date(2024, 3, 4), TOKEN) };
        activities(&server).record_activity(record("a1", seen)).await.unwrap();
        // What differs is in the queue, and stays there as it is while nothing can be compared.
        assert_eq!(reconcile(&server, march("visit-4711", 9)).await.differing, 1);
        persons(&server).restrict_person(restrict("r1", patient(TOKEN))).await.unwrap();

        let unsaid = |mut extract: Vec<pb::ReconcileExtractRequest>| {
            extract[1].rows[0].patient = None;
            extract
        };
        for extract in [march("visit-4711", 9), march("visit-4712", 9), unsaid(march("visit-4711", 9))] {
            let report = reconcile(&server, extract).await;
            let left = pb::ReconcileExtractResponse { rows: 1, restricted: 1, ..Default::default() };
            assert_eq!(report, left, "neither missing here nor there, and nothing is settled");
            assert_eq!(numbers(&server).await, [SEALED]);
        }
        let all = everything(&server).await;
        let held = |number: &str| all.lines().filter(|line| line.contains(number)).count();
        assert_eq!((held("visit-4711"), held("visit-4712")), (2, 0), "in the two seals alone");

        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        let report = reconcile(&server, march("visit-4711", 4)).await;
        assert_eq!((report.matched, report.settled, report.restricted), (1, 1, 0));
    })
    .await;
}

/// A record that was one patient's, and corrected to be another's; an extract differs from it. Both are restricted.
async fn corrected(server: &TestServer) {
    figures::make(server).await;
    let seen = pb::Activity { external_ids: numbered("visit-4711"), ..consultation(date(2024, 3, 4), "tok_mistaken") };
    activities(server).record_activity(record("a1", seen)).await.unwrap();
    let rightly = pb::Activity { patient: figures::patient(TOKEN), ..Default::default() };
    activities(server).amend_activity(amend("a1", rightly, &["patient"])).await.unwrap();
    assert_eq!(reconcile(server, march("visit-4711", 9)).await.differing, 1);
    persons(server).restrict_person(restrict("r1", patient("tok_mistaken"))).await.unwrap();
    persons(server).restrict_person(restrict("r2", patient(TOKEN))).await.unwrap();
}

/// The numbers of the record in other systems, and of the discrepancy about it.
async fn known_as(server: &TestServer) -> (Vec<pb::ExternalId>, Vec<String>) {
    let get = pb::GetActivityRequest { name: figures::name("activities", "a1") };
    let found = activities(server).get_activity(get).await.unwrap().into_inner();
    (found.external_ids, numbers(server).await)
}

#[tokio::test]
async fn a_number_comes_back_with_the_last_of_two_restrictions() {
    for (order, first, last) in [("as_they_came", "r1", "r2"), ("the_other_way", "r2", "r1")] {
        each_engine(&format!("persons_two_{order}"), async |server| {
            corrected(&server).await;
            assert_eq!(known_as(&server).await, (Vec::new(), vec![SEALED.to_owned()]));
            persons(&server).lift_restriction(lift(first)).await.unwrap();
            assert_eq!(known_as(&server).await, (Vec::new(), vec![SEALED.to_owned()]), "{order}: the other one stands");
            persons(&server).lift_restriction(lift(last)).await.unwrap();
            assert_eq!(known_as(&server).await, (numbered("visit-4711"), vec!["visit-4711".to_owned()]), "{order}");
        })
        .await;
    }
}

#[tokio::test]
async fn an_erasure_reaches_what_another_restriction_has_sealed() {
    each_engine("persons_two_erased", async |server| {
        corrected(&server).await;
        persons(&server).erase_person(erase("r2")).await.unwrap();
        assert!(!everything(&server).await.contains("visit-4711"));
        persons(&server).lift_restriction(lift("r1")).await.unwrap();
        assert_eq!(known_as(&server).await, (Vec::new(), vec![SEALED.to_owned()]));
    })
    .await;
}

#[tokio::test]
async fn no_table_holds_what_named_a_patient_whose_trips_were_billed() {
    each_engine("persons_trips", async |server| {
        let mut client = trips::county(&server).await;
        client.record_trip(trips::asking("t1", trips::trip(&["a1", "a2"]))).await.unwrap();
        client.record_encounter(trips::bill("b1", "t1")).await.unwrap();
        let all = everything(&server).await;
        for held in ["tok_first", "ZY-b1"] {
            assert!(all.contains(held));
        }
        persons(&server).restrict_person(restrict("r1", patient("tok_first"))).await.unwrap();
        persons(&server).erase_person(erase("r1")).await.unwrap();
        let all = everything(&server).await;
        for gone in ["tok_first", "ZY-b1"] {
            assert_eq!(all.lines().filter(|line| line.contains(gone)).collect::<Vec<_>>(), Vec::<&str>::new());
            assert_eq!(in_files(&server, gone), Vec::<String>::new(), "{gone}");
        }
        assert!(all.contains("tok_second"));
    })
    .await;
}

/// Of a thousand records some are the patient's: their pages are split and filled again before the erasure.
async fn thousand(server: &TestServer) {
    figures::make(server).await;
    for chunk in 0..3 {
        let row = |number: i32| {
            let token = if number % 100 == 0 { TOKEN.to_owned() } else { format!("tok_nr_{number}") };
            figures::row(&format!("a{number}"), consultation(date(2024, 2, 4), &token))
        };
        let rows = (chunk * 400..(chunk + 1) * 400).map(row).collect();
        activities(server).batch_record_activities(figures::batch(rows)).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_left_in_the_file_and_its_log() {
    each_engine("persons_bytes", async |server| {
        thousand(&server).await;
        let before = in_files(&server, TOKEN);
        assert_eq!(before.is_empty(), matches!(server.target, Target::Postgres(_)), "{before:?}");
        persons(&server).restrict_person(restrict("r1", patient(TOKEN))).await.unwrap();
        persons(&server).erase_person(erase("r1")).await.unwrap();
        assert_eq!(in_files(&server, TOKEN), Vec::<String>::new());
    })
    .await;
}

/// An erasure that was begun by somebody who then went away.
async fn begin(server: &TestServer) {
    thousand(server).await;
    persons(server).restrict_person(restrict("r1", patient(TOKEN))).await.unwrap();
    let command = ErasePerson { name: Name::parse(&restriction("r1")).unwrap(), etag: None };
    server.db.write(Call::new(Caller::new("owner")), command).await.unwrap();
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_gone_on_with() {
    each_engine("persons_gone_on", async |server| {
        begin(&server).await;
        erasures::go_on(&server.db).await.unwrap();
        let get = pb::GetPersonRestrictionRequest { name: restriction("r1") };
        let erased = persons(&server).get_person_restriction(get).await.unwrap().into_inner();
        assert_eq!(erased.state(), pb::PersonRestrictionState::Erased);
        assert_eq!(erasures::go_on(&server.db).await.unwrap(), 0);
        // Whoever asks again gets what came of it.
        assert!(!everything(&server).await.contains(TOKEN));
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn an_erasure_that_cannot_go_on_keeps_no_other_from_it() {
    each_engine("persons_stuck", async |server| {
        begin(&server).await;
        persons(&server).restrict_person(restrict("r0", patient("tok_nr_7"))).await.unwrap();
        // Of whom it is can't be read: the first one of all is stuck.
        let spoilt = "UPDATE person_restrictions SET state = 'ERASING', subject = '' WHERE restriction = 'r0'";
        tamper(&server, spoilt).await;
        // The server's own sweep may have been faster.
        erasures::go_on(&server.db).await.unwrap();
        let get = |id: &str| pb::GetPersonRestrictionRequest { name: restriction(id) };
        let erased = persons(&server).get_person_restriction(get("r1")).await.unwrap().into_inner();
        assert_eq!(erased.state(), pb::PersonRestrictionState::Erased);
        assert_eq!(refused(persons(&server).get_person_restriction(get("r0")).await).code, Code::Internal);
        assert_eq!(erasures::go_on(&server.db).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_starts_ends_the_erasures_of_one_that_was_killed() {
    each_engine("persons_killed", async |server| {
        begin(&server).await;
        server.stop().await;
        let program = Program::serve(&Database::of(&server.target).setting(), &[]);
        let mut client = PersonServiceClient::new(connect(program.address).await);
        let begun = Instant::now();
        loop {
            let get = pb::GetPersonRestrictionRequest { name: restriction("r1") };
            let found = client.get_person_restriction(get).await.unwrap().into_inner();
            if found.state() == pb::PersonRestrictionState::Erased {
                break;
            }
            assert!(begun.elapsed() < SOON, "still {:?}", found.state());
        }
    })
    .await;
}

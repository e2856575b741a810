//! After any sequence of record, amend, void, correct, attest and dispute: sums add up by every partition, the cells equal the recount,
//! what was answered as of any sequence is answered again, a statement stays as it is, and a restatement's deltas are exact.
use std::collections::BTreeMap;

use homecoming::db::Target;
use homecoming::kernel::{Date, Vocabulary as _};
use homecoming::pb;
use homecoming::tallies::Dimension;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use super::{query, statements};
use crate::support::figures::{
    self, activities, amend, by, consultation, correct, date, days, headcount, held, name, operation, record, sessions,
    sheets, tallies, void,
};
use crate::support::{TestServer, each_engine};

/// One thing that happens to one of a few activities.
#[derive(Clone, Debug)]
enum Step {
    Record(pb::Activity),
    Amend(pb::Activity, Vec<&'static str>),
    Void,
    /// A clinic held by an expert at a site on a day at an hour; several in one half-day are one sitting.
    Hold(pb::RecordHeldSessionRequest),
    /// A held session was not, or was after all.
    Correct(bool),
    /// Another person attests a month of a site.
    Attest(bool, u32),
    Dispute,
    Dismiss,
}

fn any_activity() -> impl Strategy<Value = pb::Activity> {
    (0..4_u8, 0..90_i32, 1..4_u8, any::<bool>(), prop::option::of(-300..900_i64), 0..3_i32, 1..30_i64).prop_map(
        |(kind, day, expert, township, saving, residence, heads)| {
            let day = date(2024, 1 + day / 30, 1 + day % 29);
            let activity = match kind {
                0 => headcount(day, heads),
                1 => operation(day, pb::Performer::AssistantSupervised),
                2 => operation(day, pb::Performer::Local),
                _ => consultation(day, "tok_random"),
            };
            pb::Activity {
                lead_expert: name("experts", &format!("e{expert}")),
                site: name("sites", if township { "township" } else { "county" }),
                declared_saving_fen: saving.filter(|_| kind == 1 || kind == 3),
                half_day: if township { pb::HalfDay::Afternoon as i32 } else { 0 },
                residence,
                ..activity
            }
        },
    )
}

fn any_step() -> impl Strategy<Value = (u8, Step)> {
    let paths = prop::sample::subsequence(vec!["date", "site", "lead_expert", "residence", "half_day"], 1..5);
    let step = prop_oneof![
        3 => any_activity().prop_map(Step::Record),
        2 => (any_activity(), paths).prop_map(|(activity, paths)| Step::Amend(activity, paths)),
        1 => Just(Step::Void),
        3 => (1..3_u8, any::<bool>(), 1..5_u32, 7..18_i64).prop_map(|(expert, township, day, hour)| {
            let site = if township { "township" } else { "county" };
            let day = Date::from_ymd_opt(2024, 1 + day % 3, 10 + day).unwrap();
            Step::Hold(held("", &format!("e{expert}"), site, day, hour))
        }),
        2 => any::<bool>().prop_map(Step::Correct),
        2 => (any::<bool>(), 1..4_u32).prop_map(|(township, month)| Step::Attest(township, month)),
        1 => Just(Step::Dispute),
        1 => Just(Step::Dismiss),
    ];
    (0..12_u8, step)
}

/// Takes a step; what can't be done to the activity as it stands is refused, and that is as good a step.
async fn take(server: &TestServer, id: u8, step: Step) {
    let (id, mut client) = (format!("a{id}"), activities(server));
    let refused = match step {
        Step::Record(activity) => client.record_activity(record(&id, activity)).await.err(),
        Step::Amend(activity, paths) => client.amend_activity(amend(&id, activity, &paths)).await.err(),
        Step::Void => client.void_activity(void(&id)).await.err(),
        Step::Hold(request) => {
            let request = pb::RecordHeldSessionRequest { session_id: id, ..request };
            sessions(server).record_held_session(request).await.err()
        }
        Step::Correct(was_held) => {
            let state = if was_held { pb::SessionState::Completed } else { pb::SessionState::NotHeld };
            sessions(server).correct_session_outcome(correct(&id, state)).await.err()
        }
        Step::Attest(township, month) => attest_month(server, township, month).await,
        Step::Dispute => {
            let request = pb::DisputeActivityRequest {
                name: name("activities", &id),
                note: "存疑".to_owned(),
                ..Default::default()
            };
            client.dispute_activity(by("auditor", request)).await.err()
        }
        Step::Dismiss => {
            let request = pb::DismissDisputeRequest { name: name("activities", &id), ..Default::default() };
            client.dismiss_dispute(by("office", request)).await.err()
        }
    };
    if let Some(status) = refused {
        let expected = [tonic::Code::AlreadyExists, tonic::Code::NotFound, tonic::Code::FailedPrecondition];
        assert!(expected.contains(&status.code()), "{status:?}");
    }
}

async fn attest_month(server: &TestServer, township: bool, month: u32) -> Option<tonic::Status> {
    let first = Date::from_ymd_opt(2024, month, 1).unwrap();
    let last = first.checked_add_months(chrono::Months::new(1)).unwrap().pred_opt().unwrap();
    let scope = days(if township { "township" } else { "county" }, Some(first.into()), Some(last.into()));
    let request = pb::PreviewSheetRequest { parent: figures::PROGRAMME.to_owned(), scope: Some(scope.clone()) };
    if let Err(status) = sheets(server).preview_sheet(request).await {
        return Some(status);
    }
    figures::attest(server, scope).await;
    None
}

const SUMS: [&str; 6] =
    ["sittings", "sessions_held", "consultations", "operation_cases", "local_operation_cases", "declared_savings_fen"];

async fn totals(server: &TestServer, group_by: &[pb::TallyDimension]) -> (Vec<i64>, Vec<i64>, pb::TallySource) {
    summed(server, query(&SUMS, group_by)).await
}

async fn summed(server: &TestServer, request: pb::QueryTallyRequest) -> (Vec<i64>, Vec<i64>, pb::TallySource) {
    let answer = tallies(server).query_tally(request).await.unwrap().into_inner();
    let mut sums = vec![0; SUMS.len()];
    for row in &answer.rows {
        for (sum, value) in sums.iter_mut().zip(&row.values) {
            *sum += value.quantity;
        }
    }
    (super::quantities(&answer.totals), sums, answer.source())
}

pub async fn reconcile(server: &TestServer) -> pb::ReconcileResponse {
    let request = pb::ReconcileRequest { parent: figures::PROGRAMME.to_owned() };
    tallies(server).reconcile(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn any_history_adds_up_by_every_partition_and_its_cells_equal_the_recount() {
    let mut runner = TestRunner::deterministic();
    let histories: Vec<Vec<(u8, Step)>> =
        (0..3).map(|_| prop::collection::vec(any_step(), 40..80).new_tree(&mut runner).unwrap().current()).collect();
    for history in histories {
        each_engine("partitions", async |server| {
            figures::make(&server).await;
            let (mut answers, mut closed) = (Vec::new(), None);
            for (place, (id, step)) in history.clone().into_iter().enumerate() {
                take(&server, id, step).await;
                if place == history.len() / 2 {
                    let statement = statements::close(&server).await;
                    let text = statements::text(&server, &statement.name).await;
                    closed = Some((statement, text));
                }
                if place % 9 == 0 {
                    for basis in [pb::TallyBasis::Recorded, pb::TallyBasis::Attested] {
                        let asked = asked(basis);
                        let answer = tallies(&server).query_tally(asked.clone()).await.unwrap().into_inner();
                        answers.push((asked, answer));
                    }
                }
            }
            restated(&server, &closed.unwrap()).await;
            for (asked, then) in answers {
                let asked = pb::QueryTallyRequest { as_of: then.sequence, ..asked };
                let again = tallies(&server).query_tally(asked).await.unwrap().into_inner();
                assert_eq!((again.rows, again.totals), (then.rows, then.totals), "as of {}", then.sequence);
            }
            explained(&server, pb::TallyBasis::Recorded).await;
            explained(&server, pb::TallyBasis::Attested).await;
            let attested = |group_by: &[pb::TallyDimension]| pb::QueryTallyRequest {
                basis: pb::TallyBasis::Attested as i32,
                ..query(&SUMS, group_by)
            };
            let (confirmed, _, _) = summed(&server, attested(&[])).await;
            for dimension in Dimension::ALL {
                let dimension = pb::TallyDimension::try_from(dimension.number()).unwrap();
                let (total, parts, source) = summed(&server, attested(&[dimension])).await;
                assert_eq!((&total, &parts), (&confirmed, &confirmed), "attested, by {dimension:?}");
                assert_eq!(source, pb::TallySource::CellsAndRecords, "cells of activities, sheets of sessions");
            }
            let by_both = attested(&[pb::TallyDimension::Site, pb::TallyDimension::Expert]);
            assert_eq!(summed(&server, by_both).await.0, confirmed, "the records say the same as the cells");
            let (whole, _, source) = totals(&server, &[]).await;
            assert_eq!(source, pb::TallySource::Cells);
            for dimension in Dimension::ALL {
                let dimension = pb::TallyDimension::try_from(dimension.number()).unwrap();
                let (total, parts, source) = totals(&server, &[dimension]).await;
                assert_eq!((&total, &parts), (&whole, &whole), "{dimension:?}");
                assert_eq!(source, pb::TallySource::Cells, "{dimension:?}");
            }
            let (total, parts, source) =
                totals(&server, &[pb::TallyDimension::Site, pb::TallyDimension::HalfDay, pb::TallyDimension::Expert])
                    .await;
            assert_eq!((total, parts, source), (whole.clone(), whole.clone(), pb::TallySource::Records));
            let recount = reconcile(&server).await;
            assert!(recount.equal, "{recount:?}");
            assert_eq!(recount.activities_ever, recount.activities_standing + recount.activities_voided);
            let control = recount.sessions.unwrap();
            assert_eq!((control.unallocated, control.uncounted), (0, 0), "{control:?}");
            let excluded = control.free_clinics + control.other_kinds + control.same_sitting;
            assert_eq!(control.completed, control.sittings + excluded, "{control:?}");
            assert!(control.completed > 0 && control.ever_confirmed >= control.completed, "{control:?}");
            let controls: BTreeMap<_, _> = recount.totals.iter().map(|it| (it.measure.as_str(), it.records)).collect();
            let controls: Vec<i64> = SUMS.iter().map(|measure| controls[measure]).collect();
            assert_eq!(controls, whole);
            let of_cells: BTreeMap<_, _> =
                recount.totals.iter().map(|it| (it.measure.as_str(), it.attested_records)).collect();
            for (measure, total) in SUMS.iter().zip(confirmed).skip(2) {
                assert_eq!(of_cells[measure], total, "attested {measure}");
            }
        })
        .await;
    }
}

/// A closed period after more history: its text is what it was, and what is restated is exactly what has changed, record by record.
async fn restated(server: &TestServer, (closed, text): &(pb::Statement, Vec<u8>)) {
    assert_eq!(&statements::text(server, &closed.name).await, text);
    let now = |basis: pb::TallyBasis| pb::QueryTallyRequest { basis: basis as i32, ..query(&SUMS, &[]) };
    let now = tallies(server).query_tally(now(pb::TallyBasis::Attested)).await.unwrap().into_inner();
    let restatement = statements::restate(server, &closed.name).await;
    let Ok(restatement) = restatement else {
        for total in now.totals {
            let then = closed.figures.iter().find(|it| it.measure == total.measure).unwrap();
            assert_eq!(then.attested, total.quantity, "nothing to restate of {}", total.measure);
        }
        return;
    };
    assert_eq!(restatement.unexplained, [], "every delta has its records");
    for total in now.totals {
        let then = closed.figures.iter().find(|it| it.measure == total.measure).unwrap();
        let delta = restatement.deltas.iter().find(|it| it.measure == total.measure).map_or(0, |it| it.delta);
        assert_eq!(then.attested + delta, total.quantity, "{}", total.measure);
        let causes = restatement.causes.iter().filter(|it| it.measure == total.measure).map(|it| it.delta);
        assert_eq!(causes.sum::<i64>(), delta, "{}", total.measure);
    }
}

/// The records of some cells come to them.
async fn explained(server: &TestServer, basis: pb::TallyBasis) {
    let answer = tallies(server).query_tally(asked(basis)).await.unwrap().into_inner();
    for row in answer.rows.iter().take(4) {
        for value in row.values.iter().filter(|it| it.measure != "active_experts") {
            let request = pb::ExplainTallyRequest {
                basis: basis as i32,
                group_by: vec![pb::TallyDimension::Month as i32, pb::TallyDimension::Site as i32],
                key: row.key.clone(),
                ..statements::explain(&value.measure)
            };
            let (number, evidence) = statements::explained(server, request).await;
            let sum: i64 = evidence.iter().map(|it| it.quantity).sum();
            assert_eq!((number, sum), (value.quantity, value.quantity), "{} of {:?}", value.measure, row.key);
        }
    }
}

/// Everything that has versions, by month and site.
fn asked(basis: pb::TallyBasis) -> pb::QueryTallyRequest {
    let group_by = [pb::TallyDimension::Month, pb::TallyDimension::Site];
    let mut measures = SUMS.to_vec();
    measures.push("active_experts");
    pb::QueryTallyRequest { basis: basis as i32, ..query(&measures, &group_by) }
}

/// Changes rows behind the program's back.
pub async fn tamper(server: &TestServer, statement: &'static str) {
    match &server.target {
        Target::Sqlite(path) => {
            let mut connection = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
            connection.execute(statement).await.unwrap();
        }
        Target::Postgres(url) => {
            PgConnection::connect(url).await.unwrap().execute(statement).await.unwrap();
        }
    }
}

#[tokio::test]
async fn reconcile_names_every_cell_that_differs() {
    each_engine("tampered", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        client.record_activity(record("a1", headcount(date(2024, 2, 3), 10))).await.unwrap();
        client.record_activity(record("a2", headcount(date(2024, 3, 3), 1))).await.unwrap();
        let before = reconcile(&server).await;
        assert!(before.equal && before.cells == 8, "{before:?}");
        assert_eq!(before.faces, ["kind", "site", "place", "person"]);
        tamper(&server, "UPDATE tally_cells SET quantity = 11 WHERE face = 'person' AND month = '2024-02'").await;
        let after = reconcile(&server).await;
        assert!(!after.equal);
        assert_eq!(after.difference_count, 1);
        let expected = pb::CellDifference {
            face: "person".to_owned(),
            measure: "consultations".to_owned(),
            month: "2024-02".to_owned(),
            key: "e1|xiangya|03.04|CLINIC".to_owned(),
            cell: 11,
            recount: 10,
        };
        assert_eq!(after.differences, [expected]);
        let control = after.totals.iter().find(|it| it.measure == "consultations").unwrap();
        assert_eq!((control.records, control.cells.as_slice()), (11, [11, 11, 11, 12].as_slice()));
        tamper(
            &server,
            "UPDATE tally_cells SET face = 'old', quantity = 10 WHERE face = 'person' AND month = '2024-02'",
        )
        .await;
        let stray = reconcile(&server).await;
        assert!(!stray.equal && stray.stray_cells == 1, "{stray:?}");
    })
    .await;
}

#[tokio::test]
async fn the_migration_of_the_face_of_sites_sums_what_the_places_have() {
    each_engine("site face", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        client.record_activity(record("a1", headcount(date(2024, 2, 3), 10))).await.unwrap();
        client.record_activity(record("a2", headcount(date(2024, 3, 3), 1))).await.unwrap();
        tamper(&server, "DELETE FROM tally_cells WHERE face IN ('site', 'site-attested')").await;
        assert!(!reconcile(&server).await.equal);
        let migration = match &server.target {
            Target::Sqlite(_) => include_str!("../../../migrations/sqlite/202611222800_tallies_site_face.sql"),
            Target::Postgres(_) => include_str!("../../../migrations/postgres/202611222800_tallies_site_face.sql"),
        };
        tamper(&server, migration).await;
        let after = reconcile(&server).await;
        assert!(after.equal && after.cells == 8, "{after:?}");
    })
    .await;
}

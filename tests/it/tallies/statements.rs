//! Closed periods: statements that never change, restatements with exact deltas and their reasons, explanations of any cell, and the
//! proof of a text without a server.
use std::collections::BTreeSet;
use std::fs;

use homecoming::db::Engine;
use homecoming::kernel::{Date, Id, Reason};
use homecoming::pb;
use homecoming::tallies::measures;
use homecoming::tallies::queries::{At, BeginExplanation, ReadEvidence};
use homecoming::tallies::question::Question;
use homecoming::tallies::statement::{self, Said};
use tonic::Code;

use super::partitions::tamper;
use super::{ask, query};
use crate::support::errors::{Refused, refused};
use crate::support::figures::{
    self, activities, amend, attest, by, consultation, date, days, headcount, held, name, operation, record, sessions,
    tallies, void,
};
use crate::support::program::{Program, output};
use crate::support::{Database, TestServer, connect, each_engine};

fn quarter() -> pb::ClosePeriodRequest {
    pb::ClosePeriodRequest {
        parent: figures::PROGRAMME.to_owned(),
        from_date: date(2024, 1, 1),
        to_date: date(2024, 3, 31),
        ..Default::default()
    }
}

pub(super) async fn close(server: &TestServer) -> pb::Statement {
    tallies(server).close_period(by("statistician", quarter())).await.unwrap().into_inner()
}

pub(super) async fn text(server: &TestServer, name: &str) -> Vec<u8> {
    let request = pb::ExportStatementRequest { name: name.to_owned() };
    let mut pieces = tallies(server).export_statement(request).await.unwrap().into_inner();
    let mut text = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        text.extend(piece.content);
    }
    text
}

pub(super) async fn restate(server: &TestServer, name: &str) -> Result<pb::Statement, tonic::Status> {
    let request = pb::RestatePeriodRequest { name: name.to_owned(), ..Default::default() };
    tallies(server).restate_period(by("statistician", request)).await.map(tonic::Response::into_inner)
}

fn figure<'a>(statement: &'a pb::Statement, measure: &str) -> &'a pb::StatementFigure {
    statement.figures.iter().find(|it| it.measure == measure).unwrap()
}

/// A consultation, a case and a clinic, attested; a headcount that isn't.
async fn record_quarter(server: &TestServer) {
    let mut client = activities(server);
    client.record_activity(record("a1", consultation(date(2024, 3, 4), "tok_0001"))).await.unwrap();
    client.record_activity(record("a2", operation(date(2024, 3, 5), pb::Performer::Expert))).await.unwrap();
    client.record_activity(record("a3", consultation(date(2024, 3, 6), "tok_0003"))).await.unwrap();
    let day = Date::from_ymd_opt(2024, 3, 12).unwrap();
    sessions(server).record_held_session(held("s1", "e1", "county", day, 9)).await.unwrap();
    attest(server, days("county", date(2024, 3, 1), date(2024, 3, 31))).await;
    client.record_activity(record("a4", headcount(date(2024, 2, 6), 12))).await.unwrap();
}

#[tokio::test]
async fn a_period_is_closed_once_and_its_statement_never_changes() {
    each_engine("statement", async |server| {
        figures::make(&server).await;
        record_quarter(&server).await;
        let mut client = tallies(&server);
        let future = pb::ClosePeriodRequest { to_date: date(2024, 4, 1), ..quarter() };
        let early = refused(client.close_period(future).await);
        assert_eq!(early, Refused::new(Code::FailedPrecondition, Reason::InTheFuture).with("field", "to_date"));
        let dry = pb::ClosePeriodRequest { validate_only: true, ..quarter() };
        client.close_period(dry).await.unwrap();

        let request = pb::ClosePeriodRequest { request_id: "r-1".to_owned(), ..quarter() };
        let closed = client.close_period(by("statistician", request.clone())).await.unwrap().into_inner();
        assert_eq!(client.close_period(by("statistician", request)).await.unwrap().into_inner(), closed, "a replay");
        let seen = |measure| (figure(&closed, measure).attested, figure(&closed, measure).recorded);
        assert_eq!(seen("consultations"), (2, 14), "attested, and recorded beside it");
        assert_eq!((seen("operation_cases"), seen("sittings"), seen("experts")), ((1, 1), (1, 1), (3, 3)));
        let ratio = figure(&closed, "consultations_per_sitting");
        assert_eq!((ratio.attested, ratio.attested_denominator, ratio.recorded), (2, 1, 14));
        let listed = client.list_measures(pb::ListMeasuresRequest::default()).await.unwrap().into_inner().measures;
        let names: Vec<_> = closed.figures.iter().map(|it| it.measure.as_str()).collect();
        assert_eq!(names, listed.iter().map(|it| it.measure.as_str()).collect::<Vec<_>>(), "every measure there is");
        assert_eq!((closed.kind(), closed.closer.as_str()), (pb::StatementKind::Closing, "statistician"));

        let before = text(&server, &closed.name).await;
        assert_eq!(statement::digest(&before), closed.digest);
        assert!(closed.name.ends_with(&format!("2024-01-01-2024-03-31-{}", &closed.digest[..40])), "{}", closed.name);
        let again = refused(client.close_period(by("statistician", quarter())).await);
        let is_closed = Refused::new(Code::AlreadyExists, Reason::PeriodClosed).with("name", &closed.name);
        assert_eq!(again, is_closed);
        let nothing = refused(restate(&server, &closed.name).await.map(tonic::Response::new));
        assert_eq!(
            nothing,
            Refused::new(Code::FailedPrecondition, Reason::NothingToRestate).with("name", &closed.name)
        );

        activities(&server).void_activity(void("a1")).await.unwrap();
        activities(&server).record_activity(record("a5", consultation(date(2024, 3, 7), "tok_0005"))).await.unwrap();
        let then = pb::QueryTallyRequest {
            as_of: closed.sequence,
            basis: pb::TallyBasis::Attested as i32,
            ..query(&["consultations", "operation_cases", "sittings"], &[])
        };
        let then: Vec<_> = ask(&server, then).await.totals.iter().map(|it| it.quantity).collect();
        assert_eq!(then, [2, 1, 1], "as of its sequence the tally says what it says");
        assert_eq!(text(&server, &closed.name).await, before, "byte for byte");
        let get = pb::GetStatementRequest { name: closed.name.clone() };
        assert_eq!(client.get_statement(get).await.unwrap().into_inner(), closed);

        tamper(&server, "UPDATE tally_cells SET quantity = 9223372036854775807").await;
        let uncounted = refused(client.close_period(by("statistician", quarter())).await);
        assert_eq!(uncounted, is_closed, "what can't be closed isn't counted");
    })
    .await;
}

#[tokio::test]
async fn a_restatement_says_what_was_reported_then_and_why_it_is_different_now() {
    each_engine("restatement", async |server| {
        figures::make(&server).await;
        record_quarter(&server).await;
        let closed = close(&server).await;
        let mut client = activities(&server);
        client.void_activity(void("a2")).await.unwrap();
        client
            .amend_activity(amend("a3", pb::Activity { residence: 2, ..Default::default() }, &["residence"]))
            .await
            .unwrap();
        client.record_activity(record("a5", consultation(date(2024, 2, 7), "tok_0005"))).await.unwrap();
        attest(&server, days("county", date(2024, 2, 1), date(2024, 2, 29))).await;

        let restated = restate(&server, &closed.name).await.unwrap();
        assert_eq!((restated.kind(), restated.ordinal), (pb::StatementKind::Restatement, 1));
        assert_eq!(restated.previous, closed.name, "linked");
        let delta = |measure: &str| {
            restated.deltas.iter().find(|it| it.measure == measure).map(|it| (it.before, it.after, it.delta))
        };
        assert_eq!(
            delta("consultations"),
            Some((2, 14, 12)),
            "a1, the headcount of twelve and a5; a3 isn't attested anew"
        );
        assert_eq!((delta("operation_cases"), delta("sittings")), (Some((1, 0, -1)), None));
        let mut causes: Vec<_> =
            restated.causes.iter().map(|it| (it.measure.as_str(), it.cause(), it.records, it.delta)).collect();
        causes.sort();
        let expected = [
            ("consultations", pb::RestatementCause::RecordedSince, 1, 1),
            ("consultations", pb::RestatementCause::AttestedSince, 1, 12),
            ("consultations", pb::RestatementCause::NoLongerAttested, 1, -1),
            ("operation_cases", pb::RestatementCause::Voided, 1, -1),
            // a5, a2 and a3 again, as services of which coverage counts: the headcount is none.
            ("services_that_can_save", pb::RestatementCause::RecordedSince, 1, 1),
            ("services_that_can_save", pb::RestatementCause::Voided, 1, -1),
            ("services_that_can_save", pb::RestatementCause::NoLongerAttested, 1, -1),
        ];
        assert_eq!(causes, expected);
        let of_case = restated.reasons.iter().find(|it| it.name == name("activities", "a2")).unwrap();
        assert_eq!((of_case.cause(), of_case.before, of_case.after), (pb::RestatementCause::Voided, 1, 0));
        assert_eq!(restated.unexplained, [], "every record is named");
        let total: i64 = restated.figures.iter().filter(|it| it.measure == "consultations").map(|it| it.attested).sum();
        assert_eq!(total, 14, "and it is a statement of its own");

        let nothing = refused(restate(&server, &closed.name).await.map(tonic::Response::new));
        assert_eq!(nothing.metadata["name"], restated.name, "the last one of the period is compared");
        let list =
            pb::ListStatementsRequest { parent: figures::PROGRAMME.to_owned(), page_size: 1, ..Default::default() };
        let first = tallies(&server).list_statements(list.clone()).await.unwrap().into_inner();
        let rest = pb::ListStatementsRequest { page_token: first.next_page_token, ..list };
        let rest = tallies(&server).list_statements(rest).await.unwrap().into_inner();
        assert_eq!((&first.statements[0], rest.statements[0].name.as_str()), (&closed, restated.name.as_str()));
        assert_eq!((rest.statements[0].reasons.len(), rest.next_page_token.as_str()), (0, ""));
    })
    .await;
}

#[test]
fn what_no_record_accounts_for_is_printed() {
    let delta = |measure: &str, before, after| statement::Delta {
        measure: measure.to_owned(),
        by: String::new(),
        key: String::new(),
        before,
        after,
        delta: after - before,
        below: statement::Below::default(),
    };
    let reason = statement::Reason {
        name: name("activities", "a1"),
        cause: statement::Cause::Voided,
        measure: "consultations".to_owned(),
        before: 1,
        after: 0,
    };
    let deltas = [delta("consultations", 9, 6), delta("experts", 2, 3)];
    let said = statement::account(&deltas, &[reason], &["consultations", "sittings"]);
    let unexplained: Vec<_> = said.iter().filter(|it| matches!(it, Said::Unexplained { .. })).collect();
    assert_eq!(unexplained, [&Said::Unexplained { measure: "consultations".to_owned(), delta: -2 }]);
}

/// What an explanation says: its number, and what each record adds.
pub(super) async fn explained(server: &TestServer, request: pb::ExplainTallyRequest) -> (i64, Vec<pb::TallyEvidence>) {
    let mut parts = tallies(server).explain_tally(request).await.unwrap().into_inner();
    let first = parts.message().await.unwrap().unwrap();
    assert!(first.definition.is_some() && first.sequence > 0 && first.evidence.is_empty(), "{first:?}");
    let mut evidence = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        assert!(part.evidence.len() <= 500);
        evidence.extend(part.evidence);
    }
    (first.quantity, evidence)
}

pub(super) fn explain(measure: &str) -> pb::ExplainTallyRequest {
    pb::ExplainTallyRequest {
        parent: figures::PROGRAMME.to_owned(),
        from_date: date(2024, 1, 1),
        to_date: date(2024, 3, 31),
        measure: measure.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn any_cell_is_explained_by_its_records() {
    each_engine("explain", async |server| {
        figures::make(&server).await;
        record_quarter(&server).await;
        let sequence = ask(&server, query(&["consultations"], &[])).await.sequence;
        let (number, evidence) = explained(&server, explain("consultations")).await;
        let named: Vec<_> = evidence.iter().map(|it| (it.name.rsplit('/').next().unwrap(), it.quantity)).collect();
        assert_eq!((number, named), (14, vec![("a4", 12), ("a1", 1), ("a3", 1)]), "by day");
        let february = pb::ExplainTallyRequest {
            group_by: vec![pb::TallyDimension::Month as i32, pb::TallyDimension::Site as i32],
            key: Some(pb::TallyKey {
                month: "2024-02".to_owned(),
                site: name("sites", "county"),
                ..Default::default()
            }),
            ..explain("consultations")
        };
        let (number, evidence) = explained(&server, february.clone()).await;
        assert_eq!((number, evidence.len(), evidence[0].date), (12, 1, date(2024, 2, 6)));
        let attested = pb::ExplainTallyRequest { basis: pb::TallyBasis::Attested as i32, ..february };
        assert_eq!(explained(&server, attested).await, (0, vec![]));
        let (number, evidence) = explained(&server, explain("sittings")).await;
        assert_eq!((number, evidence[0].name.as_str()), (1, name("sessions", "s1").as_str()));
        let (number, evidence) = explained(&server, explain("experts")).await;
        assert_eq!((number, evidence.len()), (3, 3));

        activities(&server).void_activity(void("a1")).await.unwrap();
        let then = pb::ExplainTallyRequest { as_of: sequence, ..explain("consultations") };
        let (number, evidence) = explained(&server, then).await;
        let versions: Vec<_> = evidence.iter().map(|it| (it.name.rsplit('/').next().unwrap(), it.revision)).collect();
        assert_eq!((number, versions), (14, vec![("a4", 1), ("a1", 2), ("a3", 2)]), "closed since or not, by day");

        let ahead = pb::ExplainTallyRequest { as_of: 1_000_000, ..explain("consultations") };
        let ahead = tallies(&server).explain_tally(ahead).await.unwrap_err();
        assert_eq!(crate::support::errors::refusal(&ahead).reason, Reason::SequenceAhead);
        let ratio = tallies(&server).explain_tally(explain("consultations_per_sitting")).await.unwrap_err();
        let violations = crate::support::errors::refusal(&ratio).violations;
        assert_eq!(violations, [("measure".to_owned(), Reason::Inconsistent)]);
    })
    .await;
}

#[tokio::test]
async fn an_explanation_has_each_record_once_whatever_is_amended_meanwhile() {
    each_engine("explain_amended", async |server| {
        figures::make(&server).await;
        let rows: Vec<_> = (0..700)
            .map(|n| (format!("c{n:03}"), consultation(date(2024, 3, 1 + n % 28), &format!("tok_{n:04}"))))
            .map(|(id, activity)| figures::row(&id, activity))
            .collect();
        for rows in rows.chunks(350) {
            activities(&server).batch_record_activities(figures::batch(rows.to_vec())).await.unwrap();
        }
        let days = (Date::from_ymd_opt(2024, 3, 1).unwrap(), Date::from_ymd_opt(2024, 3, 31).unwrap());
        let measure = measures::find("consultations").unwrap();
        let question = Question::of(vec![measure], days.0, days.1);
        let begin = BeginExplanation { programme: Id::parse("liling").unwrap(), question };
        let of = server.db.read(begin).await.unwrap();
        assert_eq!(of.number.quantity, 700);
        let at = of.first();
        let (mut evidence, mut at) = server.db.read(ReadEvidence { of: of.clone(), at }).await.unwrap();
        assert_eq!(evidence.len(), 500);
        // What was sent, and what is still to come, is amended, voided and moved to other days between two pages.
        let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
        let mut client = activities(&server);
        let elsewhere = pb::Activity { residence: 2, date: date(2024, 3, 31), ..Default::default() };
        for sent in [0, 1, 499] {
            let request = amend(&id(&evidence[sent].name), elsewhere.clone(), &["residence", "date"]);
            client.amend_activity(request).await.unwrap();
        }
        let sent: BTreeSet<String> = evidence.iter().map(|it| id(&it.name)).collect();
        let mut to_come = (0..700).map(|n| format!("c{n:03}")).filter(|id| !sent.contains(id));
        client.void_activity(void(&to_come.next().unwrap())).await.unwrap();
        let earlier = pb::Activity { date: date(2024, 3, 1), ..Default::default() };
        client.amend_activity(amend(&to_come.next().unwrap(), earlier, &["date"])).await.unwrap();
        while at != At::End {
            let (more, next) = server.db.read(ReadEvidence { of: of.clone(), at }).await.unwrap();
            evidence.extend(more);
            at = next;
        }
        let names: BTreeSet<&String> = evidence.iter().map(|it| &it.name).collect();
        assert_eq!((evidence.len(), names.len()), (700, 700), "none twice, none left out");
        assert!(evidence.iter().all(|it| it.revision == 1), "as they stood at its sequence");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_proved_by_the_audit_without_a_server() {
    let database = Database::fresh("statement_proof", Engine::Sqlite).await.unwrap();
    let program = Program::serve(&database.setting(), &[]);
    let channel = connect(program.address).await;
    crate::support::liling::programme(&channel).await;
    let close = pb::ClosePeriodRequest { from_date: date(2023, 1, 1), to_date: date(2023, 12, 31), ..quarter() };
    let mut client = pb::tally_service_client::TallyServiceClient::new(channel);
    let closed = client.close_period(by("statistician", close)).await.unwrap().into_inner();
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file).to_str().unwrap().to_owned();
    let (audit, text) = (path("audit.jsonl"), path("statement.jsonl"));
    let server = format!("http://{}", program.address);
    let exported = output(&["audit", "liling", "--server", &server, "--output", &audit]);
    let said = String::from_utf8(exported.stderr).unwrap();
    let head = said.trim().rsplit(' ').next().unwrap().to_owned();
    let exported = output(&["statement", &closed.name, "--server", &server, "--output", &text]);
    assert!(exported.status.success(), "{}", String::from_utf8(exported.stderr).unwrap());
    drop(program);

    let check = || {
        let checked = output(&["verify", "--audit", &audit, "--head", &head, "--statement", &text]);
        (checked.status.success(), String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap())
    };
    let (is_proved, said) = check();
    assert!(is_proved && said.contains(&format!("{} is what entry 2 made", closed.name)), "{said}");
    assert!(said.contains("for statistician"), "{said}");
    let whole = fs::read_to_string(&text).unwrap();
    assert!(whole.contains("\"attested\":0"), "{whole}");
    let mistaken = output(&["verify", "--audit", &text]);
    let said = String::from_utf8(mistaken.stderr).unwrap();
    assert!(said.contains("a statement's text, which --statement takes") && said.lines().count() == 1, "{said}");
    for (tampered, named) in [
        (whole.replacen("\"attested\":0", "\"attested\":57000000", 1), "no entry made"),
        (whole.replace("2023-12-31", "2023-12-30"), "no entry made"),
        (whole.lines().skip(1).collect::<Vec<_>>().join("\n"), "isn't the text of a statement"),
        (String::new(), "isn't the text of a statement"),
    ] {
        fs::write(&text, tampered).unwrap();
        let (is_proved, said) = check();
        assert!(!is_proved && said.contains(named), "{named}: {said}");
    }
    database.remove().await;
}

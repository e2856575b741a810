//! A hospital's own extract beside the records: what matches, what doesn't, and the queue of what somebody has to look at.
use std::fs;

use futures_util::stream;
use homecoming::db::Engine;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::DiscrepancyKind::{Differing, DoubledHere, DoubledThere, MissingHere, MissingThere};
use homecoming::pb::reconciliation_service_client::ReconciliationServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::errors::{Refused, refused};
use crate::support::figures::{self, activities, amend, by, consultation, date, name, patient, record, void};
use crate::support::program::{Program, output};
use crate::support::{Database, TestServer, connect, each_engine};

fn client(server: &TestServer) -> ReconciliationServiceClient<Channel> {
    ReconciliationServiceClient::new(server.channel.clone())
}

fn row(value: &str, day: i32, token: &str) -> pb::ExtractRow {
    pb::ExtractRow {
        value: value.to_owned(),
        kind: pb::ActivityKind::Consultation as i32,
        date: date(2024, 3, day),
        quantity: 0,
        patient: patient(token),
    }
}

fn march(rows: Vec<pb::ExtractRow>) -> Vec<pb::ReconcileExtractRequest> {
    let first = pb::ReconcileExtractRequest {
        parent: figures::PROGRAMME.to_owned(),
        system: "liling.his".to_owned(),
        from_date: date(2024, 3, 1),
        to_date: date(2024, 3, 31),
        ..Default::default()
    };
    let rest = rows.into_iter().map(|row| pb::ReconcileExtractRequest { rows: vec![row], ..Default::default() });
    std::iter::once(first).chain(rest).collect()
}

async fn record_march(server: &TestServer) {
    for (id, day, token, value) in [
        ("a1", 4, "tok_0001", "V-1"),
        ("a2", 5, "tok_0002", "V-2"),
        ("a3", 5, "tok_0002", "V-3"),
        ("a4", 6, "tok_0004", ""),
        ("a5", 7, "tok_0005", "V-5"),
    ] {
        let external = pb::ExternalId { system: "liling.his".to_owned(), value: value.to_owned() };
        let activity = pb::Activity {
            external_ids: if value.is_empty() { Vec::new() } else { vec![external] },
            ..consultation(date(2024, 3, day), token)
        };
        activities(server).record_activity(record(id, activity)).await.unwrap();
    }
    activities(server).void_activity(void("a5")).await.unwrap();
}

async fn open(server: &TestServer) -> Vec<pb::Discrepancy> {
    let request = pb::ListDiscrepanciesRequest {
        parent: figures::PROGRAMME.to_owned(),
        state: pb::DiscrepancyState::Open as i32,
        ..Default::default()
    };
    client(server).list_discrepancies(request).await.unwrap().into_inner().discrepancies
}

#[tokio::test]
async fn an_extract_is_matched_and_what_does_not_agree_is_queued_once() {
    each_engine("extract", async |server| {
        figures::make(&server).await;
        record_march(&server).await;
        let extract = vec![
            row("V-1", 4, "tok_0001"),
            row("V-2", 9, "tok_0002"),
            row("V-3", 5, "tok_0002"),
            row("V-3", 5, "tok_0002"),
            row("V-5", 7, "tok_0005"),
        ];
        let dry = {
            let mut messages = march(extract.clone());
            messages[0].validate_only = true;
            messages
        };
        let reconcile = async |messages: Vec<pb::ReconcileExtractRequest>| {
            client(&server).reconcile_extract(by("auditor", stream::iter(messages))).await.unwrap().into_inner()
        };
        reconcile(dry).await;
        assert_eq!(open(&server).await, [], "only compared");

        let report = reconcile(march(extract.clone())).await;
        assert_eq!((report.rows, report.matched), (5, 2));
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|it| (it.kind(), it.value.as_str(), it.activity.rsplit('/').next().unwrap(), it.fields.join(",")))
            .collect();
        let expected = [
            (Differing, "V-2", "a2", "date".to_owned()),
            (DoubledThere, "V-3", "a3", String::new()),
            (MissingHere, "V-5", "", String::new()),
            (MissingThere, "", "a4", String::new()),
            (DoubledHere, "V-3", "a3", String::new()),
        ];
        assert_eq!(found, expected);
        let counts =
            (report.missing_here, report.missing_there, report.doubled_here, report.doubled_there, report.differing);
        assert_eq!(counts, (1, 1, 1, 1, 1));
        assert_eq!(report.rows, report.matched + report.missing_here + report.doubled_there + report.differing);
        let queued = open(&server).await;
        assert_eq!(queued.len(), 5);
        // An id is made up: nobody can test a guess of the number by it.
        let is_made_up = |it: &pb::Discrepancy| it.name.rsplit('/').next().unwrap().len() == 36;
        assert!(queued.iter().all(is_made_up), "{queued:?}");
        reconcile(march(extract.clone())).await;
        assert_eq!(open(&server).await, queued, "again without doubling");

        let differing = queued.iter().find(|it| it.finding.as_ref().unwrap().kind() == Differing).unwrap();
        let resolve = pb::ResolveDiscrepancyRequest {
            name: differing.name.clone(),
            resolution: pb::DiscrepancyResolution::ExtractWrong as i32,
            note: "HIS 按出具日期导出".to_owned(),
            etag: differing.etag.clone(),
            ..Default::default()
        };
        let resolved = client(&server).resolve_discrepancy(by("auditor", resolve.clone())).await.unwrap().into_inner();
        assert_eq!((resolved.state(), resolved.resolver.as_str()), (pb::DiscrepancyState::Resolved, "auditor"));
        let get = pb::GetDiscrepancyRequest { name: resolved.name.clone() };
        assert_eq!(client(&server).get_discrepancy(get).await.unwrap().into_inner(), resolved);
        let again = pb::ResolveDiscrepancyRequest { etag: String::new(), ..resolve };
        let again = refused(client(&server).resolve_discrepancy(again).await);
        let illegal = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition).with("name", &resolved.name);
        assert_eq!(again, illegal.with("state", "RESOLVED").with("verb", "resolve"));
        reconcile(march(extract.clone())).await;
        assert_eq!(open(&server).await.len(), 4, "what somebody has said stays said");

        activities(&server).void_activity(void("a4")).await.unwrap();
        let settled = reconcile(march(extract)).await;
        assert_eq!((settled.missing_there, settled.settled), (0, 1));
        assert_eq!(open(&server).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_extract_of_one_site_says_nothing_about_another() {
    each_engine("extract_sites", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        client.record_activity(record("c1", consultation(date(2024, 3, 4), "tok_0001"))).await.unwrap();
        let township = pb::Activity { site: name("sites", "township"), ..consultation(date(2024, 3, 4), "tok_0002") };
        client.record_activity(record("t1", township)).await.unwrap();
        let reconcile = async |site: &str, rows: Vec<pb::ExtractRow>| {
            let mut messages = march(rows);
            messages[0].site = if site.is_empty() { String::new() } else { name("sites", site) };
            self::client(&server).reconcile_extract(by("auditor", stream::iter(messages))).await.unwrap().into_inner()
        };
        let found = async || -> Vec<(pb::DiscrepancyKind, String, String)> {
            let about = |it: pb::ExtractFinding| {
                let activity = it.activity.rsplit('/').next().unwrap_or_default().to_owned();
                (it.kind(), it.value, activity)
            };
            let mut found: Vec<_> = open(&server).await.into_iter().map(|it| about(it.finding.unwrap())).collect();
            found.sort();
            found
        };
        let missing = |value: &str| (MissingHere, value.to_owned(), String::new());
        let alone = |id: &str| (MissingThere, String::new(), id.to_owned());
        reconcile("county", vec![row("V-1", 5, "tok_0001")]).await;
        let report = reconcile("township", vec![row("V-2", 5, "tok_0002")]).await;
        assert_eq!(report.settled, 0, "the county's are the county's");
        assert_eq!(found().await, [missing("V-1"), missing("V-2"), alone("c1"), alone("t1")]);
        let report = reconcile("county", Vec::new()).await;
        assert_eq!(report.settled, 1, "its own row is gone");
        assert_eq!(found().await, [missing("V-2"), alone("c1"), alone("t1")]);

        let known = pb::Activity {
            external_ids: vec![pb::ExternalId { system: "liling.his".to_owned(), value: "V-2".to_owned() }],
            ..Default::default()
        };
        client.amend_activity(amend("c1", known, &["external_ids"])).await.unwrap();
        let report = reconcile("county", vec![row("V-2", 4, "tok_0001")]).await;
        assert_eq!((report.matched, report.settled), (1, 2), "whoever's extract has the row speaks of it");
        assert_eq!(found().await, [alone("t1")]);
        assert_eq!(reconcile("", Vec::new()).await.missing_there, 2, "all sites");
        client.void_activity(void("t1")).await.unwrap();
        assert_eq!(reconcile("", vec![row("V-2", 4, "tok_0001")]).await.settled, 2, "all sites");
        assert_eq!(found().await, []);
    })
    .await;
}

#[tokio::test]
async fn rows_and_records_meet_by_any_identifier_of_the_system() {
    each_engine("extract_ids", async |server| {
        figures::make(&server).await;
        let own = |value: &str| pb::ExternalId { system: "liling.his".to_owned(), value: value.to_owned() };
        let other = pb::ExternalId { system: "liling.lis".to_owned(), value: "V-9".to_owned() };
        let external_ids = vec![own("V-1"), own("V-2"), other];
        let seen = pb::Activity { external_ids, ..consultation(date(2024, 3, 4), "tok_0001") };
        activities(&server).record_activity(record("a1", seen)).await.unwrap();
        let reconcile = async |values: &[&str]| {
            let rows = values.iter().map(|value| row(value, 4, "tok_0001")).collect();
            client(&server).reconcile_extract(stream::iter(march(rows))).await.unwrap().into_inner()
        };
        for value in ["V-1", "V-2"] {
            let report = reconcile(&[value]).await;
            assert_eq!((report.matched, report.findings), (1, Vec::new()), "{value}");
        }
        let report = reconcile(&["V-1", "V-2"]).await;
        assert_eq!((report.matched, report.doubled_there, report.findings.len()), (1, 1, 1), "one record twice");
        assert_eq!((report.findings[0].value.as_str(), report.findings[0].kind()), ("V-2", DoubledThere));
        let report = reconcile(&["V-9"]).await;
        assert_eq!((report.missing_here, report.missing_there), (1, 1), "another system's identifier is none");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_extract_is_refused_with_every_field_and_no_token() {
    each_engine("extract_fields", async |server| {
        figures::make(&server).await;
        let mut messages = march(vec![row("V-1", 31, "13800138000")]);
        messages[0].system = "HIS".to_owned();
        let status = client(&server).reconcile_extract(stream::iter(messages[..1].to_vec())).await.unwrap_err();
        let violations = crate::support::errors::refusal(&status).violations;
        assert_eq!(violations, [("system".to_owned(), Reason::Malformed)]);
        messages[0].system = "liling.his".to_owned();
        let status = client(&server).reconcile_extract(stream::iter(messages)).await.unwrap_err();
        assert!(!format!("{status:?}").contains("13800138000"), "the token is echoed");
        let violations = crate::support::errors::refusal(&status).violations;
        assert_eq!(violations, [("rows[0].patient.token".to_owned(), Reason::TokenNotDeidentified)]);
        let nothing = client(&server).reconcile_extract(stream::iter(Vec::new())).await.unwrap_err();
        let violations = crate::support::errors::refusal(&nothing).violations;
        assert_eq!(violations, [("parent".to_owned(), Reason::Required)]);
        let nowhere = pb::GetDiscrepancyRequest { name: name("discrepancies", "d1") };
        assert_eq!(refused(client(&server).get_discrepancy(nowhere).await).reason, Reason::ResourceNotFound);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_reconciled_from_the_command_line() {
    let database = Database::fresh("extract_cli", Engine::Sqlite).await.unwrap();
    let program = Program::serve(&database.setting(), &[]);
    crate::support::liling::programme(&connect(program.address).await).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("march.csv").to_str().unwrap().to_owned();
    fs::write(&path, "id,kind,date,quantity,issuer,token\nV-1,CONSULTATION,2024-03-04,1,his.liling,tok_0001\n")
        .unwrap();
    let server = format!("http://{}", program.address);
    let reconcile = || {
        let arguments = ["reconcile", &path, "--system", "liling.his", "--from", "2024-03-01", "--to", "2024-03-31"];
        let done = output(&[&arguments[..], &["--server", &server]].concat());
        (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
    };
    let (agrees, said) = reconcile();
    assert!(!agrees && said.contains("1 rows, 0 match") && said.contains("MISSING_HERE V-1"), "{said}");
    fs::write(&path, "id,kind,date\nV-1,VISIT,2024-03-04\n").unwrap();
    let (_, said) = reconcile();
    assert!(said.contains("line 2: no such kind"), "{said}");
    for (headings, named) in [
        ("编号,kind,date", "`编号,kind,date`"),
        ("id,kind,date,date", "`id,kind,date,date`"),
        ("id,kind,date,name", "`id,kind,date,name`"),
        ("V-000123,CONSULTATION,2024-03-04", "`(column 1),CONSULTATION,(column 3)`"),
    ] {
        fs::write(&path, format!("{headings}\nV-1,CONSULTATION,2024-03-04\n")).unwrap();
        let (is_done, said) = reconcile();
        let expected = "the headings must be `id,kind,date`, perhaps `quantity,issuer,token` too";
        assert!(!is_done && said.contains(expected) && said.contains(named), "{said}");
    }
    database.remove().await;
}

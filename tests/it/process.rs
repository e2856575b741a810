//! The program as the operator meets it: settings, where each came from, signals, logs, and databases that it refuses.
use std::fs;
use std::path::Path;
use std::process::Output;

use homecoming::db::Engine;
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::server;
use homecoming::server::settings::{documented, masked};
use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::support::program::{Program, command, output};
use crate::support::{Database, connect};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The sentence of a server that didn't start.
fn refusal(output: &Output) -> String {
    let (said, logged) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{logged}");
    assert!(!said.contains("listens"), "{said}");
    logged
}

fn refused(database: &str) -> String {
    refusal(&output(&["serve", "--listen", "127.0.0.1:0", "--database", database]))
}

#[test]
fn settings_say_where_they_come_from() {
    let mut serve = command(&["serve", "--print-config", "--log-format", "json"]);
    serve.env("HOMECOMING_DATABASE", "postgres://county:s3cret@db.example/homecoming?sslpassword=s3cret");
    let printed = text(&serve.output().unwrap().stdout);
    for line in [
        "listen = 127.0.0.1:50051 (default)",
        "database = postgres://county:***@db.example/homecoming?sslpassword=*** (HOMECOMING_DATABASE)",
        "log_format = json (--log-format)",
        "log_filter = info (default)",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line} isn't in\n{printed}");
    }
    assert!(!printed.contains("s3cret"));
}

/// A number that isn't used is refused, not shown as if it were.
#[test]
fn limits_beyond_what_is_served_are_refused() {
    for (flag, beyond, most) in [
        ("--page-size", "1001", "1000"),
        ("--message-kib", "4097", "4096"),
        ("--window-days", "85", "84"),
        ("--window-experts", "301", "300"),
    ] {
        let output = output(&["serve", "--print-config", flag, beyond]);
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(flag) && said.contains(&format!("1..={most}")), "{said}");
        assert!(self::output(&["serve", "--print-config", flag, most]).status.success());
    }
}

#[test]
fn passwords_are_masked_and_nothing_else() {
    for (value, shown) in [
        ("homecoming.db", "homecoming.db"),
        ("/data/a@b:c.db", "/data/a@b:c.db"),
        ("postgres://u@h:5432/n", "postgres://u@h:5432/n"),
        ("postgres://u:p@h:5432/n", "postgres://u:***@h:5432/n"),
        ("postgres://u:p@q:r@h/n", "postgres://u:***@h/n"),
        ("postgres://h/n?user=u&password=p", "postgres://h/n?user=u&password=***"),
    ] {
        assert_eq!(masked(value), shown);
    }
}

#[test]
fn the_readme_lists_every_setting() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let rows: Vec<&str> = readme.lines().filter(|line| line.contains("`HOMECOMING_")).collect();
    for setting in documented() {
        let begin = format!("| `{}` | `{}` | `{}` |", setting.flag, setting.variable, setting.default);
        assert!(rows.iter().any(|row| row.starts_with(&begin)), "README.md, Configuration: {begin}");
    }
    assert_eq!(rows.len(), documented().len(), "README.md lists a setting that isn't there");
}

#[test]
fn architecture_lists_every_reaction() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for reaction in server::options().reactions {
        let row = format!("| {}: {} | {} |", reaction.collection, reaction.verbs.join(", "), reaction.what);
        assert!(page.contains(&row), "ARCHITECTURE.md, Reactions: {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_well_and_the_log_knows_each_request() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("sigterm", engine).await else { continue };
        let program = Program::serve(&database.setting(), &["--log-format", "json", "--log-filter", "debug"]);
        let mut request = Request::new(HealthCheckRequest::default());
        request.metadata_mut().insert("x-request-id", "ward-7".parse().unwrap());
        HealthClient::new(connect(program.address).await).check(request).await.unwrap();
        program.terminate();
        let (status, log) = program.wait();
        assert!(status.success(), "{status}\n{log}");
        let ours = |line: &&str| line.contains("ward-7") && line.contains("answered");
        let line = log.lines().find(ours).unwrap_or_else(|| panic!("no line of the request in\n{log}"));
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["span"]["request_id"], "ward-7");
        assert_eq!(line["span"]["method"], "grpc.health.v1.Health/Check");
        database.remove().await;
    }
}

/// Calls in flight while the program is told to stop.
const WRITERS: usize = 32;

/// The first this many programmes are made before it is told so.
const BEFORE_STOP: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_sigterm_is_there_after_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("drain", engine).await else { continue };
        let program = Program::serve(&database.setting(), &[]);
        let (report, mut reports) = tokio::sync::mpsc::unbounded_channel();
        for writer in 0..WRITERS {
            let (channel, report) = (connect(program.address).await, report.clone());
            tokio::spawn(async move {
                let mut client = ProgrammeServiceClient::new(channel);
                for number in 0.. {
                    let Ok(made) = client.create_programme(programme(&format!("p-{writer}-{number}"))).await else {
                        return;
                    };
                    report.send(made.into_inner().name).unwrap();
                }
            });
        }
        drop(report);
        let mut acknowledged = Vec::new();
        while let Some(name) = reports.recv().await {
            acknowledged.push(name);
            if acknowledged.len() == BEFORE_STOP {
                program.terminate();
            }
        }
        let (status, log) = program.wait();
        assert!(status.success(), "{status}\n{log}");
        assert!(!log.contains("cut off"), "{log}");

        let program = Program::serve(&database.setting(), &[]);
        let mut client = ProgrammeServiceClient::new(connect(program.address).await);
        for name in acknowledged {
            let found = client.get_programme(pb::GetProgrammeRequest { name: name.clone() }).await;
            assert!(found.is_ok(), "{engine:?}: {name} was acknowledged: {found:?}");
        }
        drop(program);
        database.remove().await;
    }
}

/// A programme in Liling.
pub fn programme(id: &str) -> pb::CreateProgrammeRequest {
    let programme = pb::Programme {
        display_name: "醴陵".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..pb::Programme::default()
    };
    pb::CreateProgrammeRequest { programme_id: id.to_owned(), programme: Some(programme), ..Default::default() }
}

#[test]
fn it_refuses_to_be_reached_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.db");
    let told = refusal(&output(&["serve", "--listen", "0.0.0.0:0", "--database", database.to_str().unwrap()]));
    assert!(told.contains("0.0.0.0:0") && told.contains("127.0.0.1"), "{told}");
    assert!(!database.exists(), "it looked at its database before its own settings");
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.xlsx");
    fs::write(&path, b"PK\x03\x04 a spreadsheet, say").unwrap();
    let told = refused(path.to_str().unwrap());
    assert!(told.contains("report.xlsx") && told.contains("isn't one of homecoming"), "{told}");
    assert_eq!(fs::read(&path).unwrap(), b"PK\x03\x04 a spreadsheet, say");
    let told = refused(folder.path().join("nowhere/a.db").to_str().unwrap());
    assert!(told.contains("nowhere") && told.contains("isn't there"), "{told}");
}

#[tokio::test]
async fn a_database_of_something_else_is_left_alone() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::empty("foreign", engine).await else { continue };
        database.execute("CREATE TABLE invoices (number TEXT)").await;
        let told = refused(&database.setting());
        assert!(told.contains("isn't one of homecoming"), "{engine:?}: {told}");
        database.execute("INSERT INTO invoices VALUES ('1')").await;
        database.remove().await;
    }
}

#[tokio::test]
async fn a_newer_database_names_its_migration() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("newer", engine).await else { continue };
        database.open().await.close().await;
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     SELECT 209901010000, 'later', success, checksum, execution_time FROM _sqlx_migrations LIMIT 1";
        database.execute(newer).await;
        let told = refused(&database.setting());
        assert!(told.contains("209901010000") && told.contains("newer"), "{engine:?}: {told}");
        database.remove().await;
    }
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    let database = Database::fresh("damaged", Engine::Sqlite).await.unwrap();
    database.open().await.close().await;
    let path = database.setting();
    let mut bytes = fs::read(&path).unwrap();
    // The schema's own page, behind the file's header.
    bytes[100..4_096].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let told = refused(&path);
    assert!(told.contains(&path) && told.contains("damaged"), "{told}");
}

#[test]
fn a_database_that_isnt_there_is_named_without_its_password() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let told = refused(&format!("postgres://county:s3cret@127.0.0.1:{closed}/homecoming"));
    assert!(told.contains(&format!("127.0.0.1:{closed}")) && !told.contains("s3cret"), "{told}");
}

#[test]
fn a_log_filter_that_cant_be_read_is_refused() {
    let told = refusal(&output(&["serve", "--log-filter", "homecoming=louder"]));
    assert!(told.contains("--log-filter"), "{told}");
}

/// Memory that an idle server on an empty database stays under, in KiB, its code aside; the whole of a release build is a bench.
const IDLE_KIB: u64 = 12 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn it_is_small_when_idle() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("idle", engine).await else { continue };
        let program = Program::serve(&database.setting(), &[]);
        drop(connect(program.address).await);
        let held = program.held_kib();
        assert!(held <= program.resident_kib(), "what it holds is a part of all");
        assert!(held < IDLE_KIB, "{engine:?}: {held} KiB");
        drop(program);
        database.remove().await;
    }
}

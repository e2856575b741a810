//! TLS, and how much may be asked: each refusal says why and when to try again.
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::server::Door;
use homecoming::server::limits::Limits;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{each_guarded, line, make_programme, member};
use crate::support::errors::refusal;
use crate::support::program::{Program, command};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/tls/certificate.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/tls/key.pem");

fn hospitals() -> pb::ListHospitalsRequest {
    pb::ListHospitalsRequest { parent: "programmes/mine".to_owned(), ..Default::default() }
}

/// How long a refused caller is told to wait.
fn wait(status: &Status) -> Duration {
    status.get_error_details().retry_info().unwrap().retry_delay.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_limited_and_told_for_how_long() {
    each_guarded("limits", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        member(&server, &mine, "mine", "desk", pb::AccessRole::Scheduler).await;
        let limits = Limits { caller_rate: 5, caller_streams: 2, message_kib: 4, page_size: 1, ..Limits::default() };
        let door = Door { limits, ..Door::guarded("127.0.0.1:0".parse().unwrap()) };
        let strict = server.second_behind(&door).await;
        let mine = line(&strict, &owner);
        let mut client = HospitalServiceClient::new(mine.clone());
        let mut refused = None;
        for _ in 0..50 {
            refused = client.list_hospitals(hospitals()).await.err();
            if refused.is_some() {
                break;
            }
        }
        let refused = refused.expect("fifty calls at once are more than five a second");
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(refusal(&refused).reason, Reason::RateLimited);
        assert!((Duration::from_millis(1)..=Duration::from_millis(200)).contains(&wait(&refused)), "{refused:?}");
        // Another caller isn't concerned.
        let other = super::make_token(&line(&server, &owner), "mine", "desk", 9_000).await;
        while strict_knows(&strict, &other.secret).await.is_err() {}
        let other = line(&strict, &other.secret);
        let watch = pb::WatchChangesRequest { parent: "programmes/mine".to_owned(), ..Default::default() };
        let mut open = Vec::new();
        for _ in 0..2 {
            open.push(ChangeServiceClient::new(other.clone()).watch_changes(watch.clone()).await.unwrap());
        }
        let refused = ChangeServiceClient::new(other.clone()).watch_changes(watch.clone()).await.unwrap_err();
        assert_eq!(refusal(&refused).reason, Reason::TooManyStreams);
        assert_eq!(wait(&refused), Duration::from_secs(5));
        open.clear();
        let again =
            async { while ChangeServiceClient::new(other.clone()).watch_changes(watch.clone()).await.is_err() {} };
        tokio::time::timeout(Duration::from_secs(10), again).await.expect("a stream that is gone makes room");
        strict.stop().await;
    })
    .await;
}

async fn strict_knows(server: &crate::support::TestServer, secret: &str) -> Result<(), Status> {
    HospitalServiceClient::new(line(server, secret)).list_hospitals(hospitals()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_pages_and_memory_have_their_limits() {
    each_guarded("sizes", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        for id in ["h1", "h2"] {
            let hospital = pb::Hospital {
                display_name: id.to_owned(),
                level: pb::HospitalLevel::Tertiary.into(),
                ..Default::default()
            };
            let (parent, hospital_id) = ("programmes/mine".to_owned(), id.to_owned());
            let request =
                pb::CreateHospitalRequest { parent, hospital_id, hospital: Some(hospital), ..Default::default() };
            HospitalServiceClient::new(mine.clone()).create_hospital(request).await.unwrap();
        }
        let limits = Limits { message_kib: 1, page_size: 1, ..Limits::default() };
        let door = Door { limits, ..Door::guarded("127.0.0.1:0".parse().unwrap()) };
        let strict = server.second_behind(&door).await;
        let mut client = HospitalServiceClient::new(line(&strict, &owner));
        let page = client.list_hospitals(hospitals()).await.unwrap().into_inner();
        assert_eq!(page.hospitals.len(), 1);
        assert!(!page.next_page_token.is_empty());
        let long = pb::ListHospitalsRequest { page_token: "x".repeat(2_000), ..hospitals() };
        let refused = client.list_hospitals(long).await.unwrap_err();
        assert_eq!((refused.code(), refusal(&refused).reason), (Code::ResourceExhausted, Reason::MessageTooLarge));
        strict.stop().await;
    })
    .await;
}

/// The program with a certificate: the command line calls it through TLS, and nobody in plain text.
#[tokio::test(flavor = "multi_thread")]
async fn calls_go_through_tls() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("tls.db").to_str().unwrap().to_owned();
    let tls = ["--tls-certificate", CERTIFICATE, "--tls-key", KEY];
    let program = Program::guarded(&database, &tls);
    let server = format!("https://localhost:{}", program.address.port());
    let token = format!("{database}.token");
    let audit = |server: &str, more: &[&str]| {
        let arguments = [&["audit", "-", "--server", server, "--token-file", &token], more].concat();
        command(&arguments).output().unwrap().status.success()
    };
    assert!(audit(&server, &["--ca-file", CERTIFICATE]));
    assert!(!audit(&server, &[]), "an authority that nobody named");
    assert!(!audit(&server.replace("https", "http"), &[]), "plain text");
    let trusted = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(std::fs::read(CERTIFICATE).unwrap()));
    let channel = Endpoint::from_shared(server).unwrap().tls_config(trusted).unwrap().connect().await.unwrap();
    let refused = HospitalServiceClient::new(channel).list_hospitals(hospitals()).await.unwrap_err();
    assert_eq!(refusal(&refused).reason, Reason::CredentialsMissing);
    let mut plain = TcpStream::connect(program.address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut said = Vec::new();
    plain.read_to_end(&mut said).unwrap();
    assert_eq!(said.first(), Some(&21), "an alert says why the connection ends (RFC 8446, 5.1)");
    for half in [&tls[..2], &tls[2..]] {
        let arguments = [&["serve", "--listen", "127.0.0.1:0", "--database", &database], half].concat();
        assert!(!command(&arguments).output().unwrap().status.success(), "{half:?}");
    }
}

/// What Prometheus reads: calls by method and code, and what the writer did; on loopback alone.
#[test]
fn what_is_counted_can_be_scraped() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("counted.db").to_str().unwrap().to_owned();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let program = Program::guarded(&database, &["--metrics", &format!("127.0.0.1:{port}")]);
    let server = format!("http://{}", program.address);
    let token = format!("{database}.token");
    let audit = ["audit", "-", "--server", &server, "--token-file", &token];
    assert!(command(&audit).output().unwrap().status.success());
    let mut scrape = TcpStream::connect(("127.0.0.1", port)).unwrap();
    scrape.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    scrape.read_to_string(&mut text).unwrap();
    for line in [
        "HTTP/1.1 200 OK",
        "homecoming_calls_total{method=\"AuditService.ListAuditEntries\",code=\"Ok\"} 2",
        "homecoming_call_seconds_count{method=\"AuditService.ListAuditEntries\"} 2",
        "homecoming_writer_commits_total 1",
        "homecoming_streams 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|written| written.trim_end() == line), "{line} isn't in\n{text}");
    }
    let elsewhere = ["serve", "--listen", "127.0.0.1:0", "--database", &database, "--metrics", "0.0.0.0:0"];
    assert!(!command(&elsewhere).output().unwrap().status.success());
}

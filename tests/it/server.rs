//! The server around the services: health, reflection, gRPC-Web, limits, request ids, reasons of the protocol's own errors.
//!
//! What only a process shows (settings, signals, databases it refuses) is in `process.rs`.
mod gathered;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use homecoming::db::Engine;
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::server::{Door, Server, StartError};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::codegen::http::HeaderMap;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_types::StatusExt as _;

use crate::process::programme;
use crate::support::program::Program;
use crate::support::{Database, each_engine};

/// The full names of the services in the protos.
fn services_in_protos() -> BTreeSet<String> {
    let descriptors = FileDescriptorSet::decode(pb::DESCRIPTOR_SET).unwrap();
    let services = descriptors
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(|service| format!("{}.{}", file.package(), service.name())));
    services.collect()
}

#[tokio::test]
async fn health_knows_every_service_and_tells_watchers_of_the_end() {
    each_engine("health", async |server| {
        let mut health = HealthClient::new(server.channel.clone());
        for service in services_in_protos() {
            let answer = health.check(HealthCheckRequest { service: service.clone() }).await;
            let answer = answer.unwrap_or_else(|_| panic!("{service} has no line in src/server/services.rs"));
            assert_eq!(answer.into_inner().status(), ServingStatus::Serving, "{service}");
        }
        let mut watched = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        server.stop().await;
        assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    })
    .await;
}

#[tokio::test]
async fn both_reflections_list_every_service() {
    let mut expected = services_in_protos();
    expected.insert("grpc.health.v1.Health".to_owned());
    each_engine("reflection", async |server| {
        for version in ["v1", "v1alpha"] {
            let mut listed = reflected(version, server.channel.clone()).await;
            let own = format!("grpc.reflection.{version}.ServerReflection");
            assert!(listed.remove(&own), "{version} doesn't list itself: {listed:?}");
            assert_eq!(listed, expected, "{version}");
        }
    })
    .await;
}

macro_rules! list_services {
    ($pb:path, $channel:expr) => {{
        use reflection::server_reflection_request::MessageRequest;
        use reflection::server_reflection_response::MessageResponse;
        use $pb as reflection;
        let message_request = Some(MessageRequest::ListServices(String::new()));
        let request = reflection::ServerReflectionRequest { host: String::new(), message_request };
        let mut client = reflection::server_reflection_client::ServerReflectionClient::new($channel);
        let mut answers = client.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
        match answers.message().await.unwrap().unwrap().message_response.unwrap() {
            MessageResponse::ListServicesResponse(list) => {
                list.service.into_iter().map(|service| service.name).collect()
            }
            other => panic!("{other:?}"),
        }
    }};
}

async fn reflected(version: &str, channel: Channel) -> BTreeSet<String> {
    match version {
        "v1" => list_services!(tonic_reflection::pb::v1, channel),
        _ => list_services!(tonic_reflection::pb::v1alpha, channel),
    }
}

/// One HTTP/1.1 exchange, as a browser's: the head as text in small letters, and the body.
fn over_http1(address: SocketAddr, path: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
    let (head, body) = exchanged(address, path, headers, body.len(), body);
    (head.to_lowercase(), body)
}

/// One HTTP/1.1 exchange whose body is said to have a length.
fn exchanged(address: SocketAddr, path: &str, headers: &str, length: usize, body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end..].to_vec())
}

/// The status in an answer's head.
fn status_in(head: &str) -> Status {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let headers: HeaderMap = lines.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    Status::from_header_map(&headers).unwrap_or_else(|| panic!("{head}"))
}

const WEB: &str = "content-type: application/grpc-web+proto\r\n";

/// A message as gRPC frames it.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_call_by_grpc_web() {
    each_engine("grpc_web", async |server| {
        let (head, body) = over_http1(server.address, "/grpc.health.v1.Health/Check", WEB, &framed(&[]));
        assert!(
            head.starts_with("http/1.1 200") && head.contains("content-type: application/grpc-web+proto"),
            "{head}"
        );
        let serving = HealthCheckResponse { status: ServingStatus::Serving.into() };
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(body.windows(2).any(|two| two == serving.encode_to_vec()), "{text}");
        assert!(text.contains("grpc-status:0"), "{text}");
    })
    .await;
}

/// Sends a message to any path.
async fn call_path(channel: Channel, path: &'static str, message: HealthCheckRequest) -> Status {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
    client.unary(Request::new(message), PathAndQuery::from_static(path), codec).await.unwrap_err()
}

fn reason_of(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no reason: {status:?}"));
    assert_eq!(info.domain, "homecoming");
    info.reason.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_protocol_refuses_has_a_reason_too() {
    each_engine("protocol_errors", async |server| {
        let unknown = ["/homecoming.v1.NoService/Call", "/grpc.health.v1.Health/NoMethod"];
        for path in unknown {
            let status = call_path(server.channel.clone(), path, HealthCheckRequest::default()).await;
            assert_eq!((status.code(), reason_of(&status).as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"), "{path}");
        }
        let large = HealthCheckRequest { service: "x".repeat(10_000_000) };
        let status = call_path(server.channel.clone(), "/grpc.health.v1.Health/Check", large).await;
        assert_eq!((status.code(), reason_of(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));

        let garbage = framed(&[0xff; 9]);
        let (head, _) = over_http1(server.address, "/grpc.health.v1.Health/Check", WEB, &garbage);
        let status = format!("grpc-status: {}", i32::from(Code::InvalidArgument));
        assert!(head.contains(&status) && head.contains("grpc-status-details-bin"), "{head}");

        let (body, headers) = (framed(&[]), format!("{WEB}grpc-encoding: gzip\r\n"));
        let (head, _) = exchanged(server.address, "/grpc.health.v1.Health/Check", &headers, body.len(), &body);
        let status = status_in(&head);
        assert_eq!((status.code(), reason_of(&status).as_str()), (Code::Unimplemented, "ENCODING_UNSUPPORTED"));
        assert_eq!(status.metadata().get("grpc-accept-encoding").unwrap(), "identity");
        let (head, _) = exchanged(server.address, "/homecoming.v1.NoService/Call", &headers, body.len(), &body);
        assert_eq!(reason_of(&status_in(&head)), "METHOD_UNKNOWN");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_answered_with_a_reason_and_seen_in_the_log() {
    let database = Database::fresh("deadline", Engine::Sqlite).await.unwrap();
    let program = Program::serve(&database.setting(), &["--log-format", "json"]);
    for limit in ["80m", "80000u", "80000000n"] {
        let headers = format!("{WEB}grpc-timeout: {limit}\r\nx-request-id: ward-{limit}\r\n");
        // The rest of the message never comes.
        let (head, _) = exchanged(program.address, "/grpc.health.v1.Health/Check", &headers, 100, &[0]);
        let status = status_in(&head);
        assert_eq!((status.code(), reason_of(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
        assert_eq!(status.metadata().get("x-request-id").unwrap(), &format!("ward-{limit}"));
    }
    program.terminate();
    let (_, log) = program.wait();
    for limit in ["80m", "80000u", "80000000n"] {
        let ours = |line: &&str| line.contains(&format!("\"ward-{limit}\"")) && line.contains("DeadlineExceeded");
        assert_eq!(log.lines().filter(ours).count(), 1, "{limit}\n{log}");
    }
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_request() {
    each_engine("request_ids", async |server| {
        let answered = |given: &str| {
            let headers = format!("{WEB}{given}");
            let (head, _) = over_http1(server.address, "/grpc.health.v1.Health/Check", &headers, &framed(&[]));
            let line = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).map(str::to_owned);
            line.unwrap_or_else(|| panic!("{head}"))
        };
        assert_eq!(answered("x-request-id: ward-7.monday\r\n"), "ward-7.monday");
        assert_ne!(answered(""), answered(""), "made up, each another");
        let unfit = ["x-request-id: two words\r\n".to_owned(), format!("x-request-id: {}\r\n", "a".repeat(65))];
        for given in unfit {
            assert!(!given.contains(&answered(&given)), "{given}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_servers_serve_one_database() {
    each_engine("two_servers", async |server| {
        let second = server.second().await;
        assert_eq!(second.engine(), server.engine());
        let request = programme("liling");
        let made =
            ProgrammeServiceClient::new(server.channel.clone()).create_programme(request).await.unwrap().into_inner();
        let name = made.name.clone();
        let mut other = ProgrammeServiceClient::new(second.channel.clone());
        let found = other.get_programme(pb::GetProgrammeRequest { name }).await.unwrap().into_inner();
        assert_eq!(found, made);
        second.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_else_can_reach_it() {
    each_engine("loopback", async |server| {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:50051"] {
            let address = address.parse().unwrap();
            let refused = Server::start(&Door::open(address), server.db.clone()).await.err();
            assert!(matches!(refused, Some(StartError::NotLoopback(_))), "{address}: {refused:?}");
            let refused = Server::start(&Door::guarded(address), server.db.clone()).await.err();
            assert!(matches!(refused, Some(StartError::Plaintext(_))), "{address}: {refused:?}");
        }
    })
    .await;
}

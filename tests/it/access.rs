//! Who may call, and do what: on servers that ask.
mod claims;
mod doors;
mod limits;
mod memory;
mod oidc;
mod rules;
mod scopes;
mod tables;
mod tokens;
mod walk;

use homecoming::pb;
use homecoming::pb::access_service_client::AccessServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::support::{Database, TestServer};
use homecoming::db::Engine;

/// Puts a token beside each call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A connection of somebody who has a token.
pub type Line = InterceptedService<Channel, Bearer>;

pub fn line(server: &TestServer, secret: &str) -> Line {
    InterceptedService::new(server.channel.clone(), Bearer(format!("Bearer {secret}").parse().unwrap()))
}

/// Runs a test on a server that asks, of each engine, with the secret of the platform's owner.
pub async fn each_guarded(name: &str, body: impl AsyncFn(TestServer, String)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh(name, engine).await else { continue };
        eprintln!("{name} on {engine:?}");
        let (server, owner) = TestServer::guarded(&database).await;
        body(server.clone(), owner).await;
        server.stop().await;
        database.remove().await;
    }
}

pub async fn make_programme(line: &Line, id: &str) {
    let request = pb::CreateProgrammeRequest {
        programme_id: id.to_owned(),
        programme: Some(pb::Programme {
            display_name: id.to_owned(),
            division_code: "430281".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    ProgrammeServiceClient::new(line.clone()).create_programme(request).await.unwrap();
}

/// A token of a programme, `-` for the platform, that lasts so many hours.
pub async fn make_token(line: &Line, programme: &str, subject: &str, hours: i64) -> pb::CreateTokenResponse {
    let start = crate::support::START.micros() / 1_000_000;
    let request = pb::CreateTokenRequest {
        parent: format!("programmes/{programme}"),
        token: Some(pb::Token {
            subject: subject.to_owned(),
            expire_time: Some(prost_types::Timestamp { seconds: start + hours * 3_600, nanos: 0 }),
            ..Default::default()
        }),
        ..Default::default()
    };
    AccessServiceClient::new(line.clone()).create_token(request).await.unwrap().into_inner()
}

pub async fn bind(line: &Line, programme: &str, binding: pb::Binding) -> pb::Binding {
    let parent = format!("programmes/{programme}");
    let request = pb::CreateBindingRequest { parent, binding: Some(binding), ..Default::default() };
    AccessServiceClient::new(line.clone()).create_binding(request).await.unwrap().into_inner()
}

/// A binding in all of a programme.
pub fn whole(subject: &str, role: pb::AccessRole) -> pb::Binding {
    pb::Binding { subject: subject.to_owned(), role: role.into(), ..Default::default() }
}

/// Somebody with a role in all of a programme.
pub async fn member(server: &TestServer, owner: &Line, programme: &str, subject: &str, role: pb::AccessRole) -> Line {
    let token = make_token(owner, programme, subject, 9_000).await;
    bind(owner, programme, whole(subject, role)).await;
    line(server, &token.secret)
}

//! Several servers on one database: one sequence and one chain for each programme, and nothing done twice.
use futures_util::future::join_all;
use homecoming::db::Engine;
use homecoming::db::verify::VerifyLedger;
use homecoming::pb;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::server;
use tonic::transport::Channel;

use crate::support::{Database, TestServer};

const PROGRAMMES: usize = 10;
const CALLERS: usize = 64;
const WRITES: usize = 6;

type Client = ProgrammeServiceClient<Channel>;

fn programme(number: usize) -> pb::Programme {
    pb::Programme {
        name: format!("programmes/p{number}"),
        display_name: format!("programme {number}"),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    }
}

/// Renames a programme by a request id that two servers get at the same time, as a client in doubt would send it.
async fn rename(clients: &mut [Client], caller: usize, write: usize) {
    let request = pb::UpdateProgrammeRequest {
        programme: Some(pb::Programme {
            display_name: format!("by {caller} for the {write}th time"),
            ..programme((caller + write) % PROGRAMMES)
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".to_owned()] }),
        request_id: format!("{caller}-{write}"),
        ..Default::default()
    };
    let answers = clients.iter_mut().map(|client| client.update_programme(request.clone()));
    for answer in join_all(answers).await {
        answer.unwrap();
    }
}

/// Every caller renames programmes at two of the servers; then the ledgers are counted.
async fn race(servers: &[TestServer]) {
    let mut first = ProgrammeServiceClient::new(servers[0].channel.clone());
    for number in 0..PROGRAMMES {
        let request = pb::CreateProgrammeRequest {
            programme_id: format!("p{number}"),
            programme: Some(programme(number)),
            ..Default::default()
        };
        first.create_programme(request).await.unwrap();
    }
    let callers = (0..CALLERS).map(|caller| {
        let two = [&servers[caller % servers.len()], &servers[(caller + 1) % servers.len()]];
        let mut clients = two.map(|server| ProgrammeServiceClient::new(server.channel.clone()));
        tokio::spawn(async move {
            for write in 0..WRITES {
                rename(&mut clients, caller, write).await;
            }
        })
    });
    for caller in join_all(callers).await {
        caller.unwrap();
    }

    let written = u64::try_from(PROGRAMMES + CALLERS * WRITES).unwrap();
    let verified = servers[0].db.read(VerifyLedger).await.unwrap();
    assert_eq!(verified.wrong, Vec::<String>::new());
    assert_eq!((verified.programmes, verified.entries, verified.changes), (10, written, written));
    let counts: Vec<_> = servers.iter().map(|server| server.db.stats().counts()).collect();
    assert!(counts.iter().all(|counts| counts.reruns == 0), "a deadlock, or another reason to run again: {counts:?}");
    let commands: u64 = counts.iter().map(|counts| counts.commands).sum();
    assert_eq!(commands, u64::try_from(PROGRAMMES + 2 * CALLERS * WRITES).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_write_one_ledger() {
    let Some(database) = Database::fresh("three_servers", Engine::Postgres).await else { return };
    let first = TestServer::start(&database, server::options()).await;
    let servers = [first.clone(), first.second().await, first.second().await];
    race(&servers).await;
    for server in servers {
        server.stop().await;
    }
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_writes_one_ledger_on_sqlite() {
    let database = Database::fresh("one_server", Engine::Sqlite).await.unwrap();
    let server = TestServer::start(&database, server::options()).await;
    race(std::slice::from_ref(&server)).await;
    server.stop().await;
    database.remove().await;
}

/// Three servers make the same programmes at the same time: each is made once, whoever asks.
#[tokio::test(flavor = "multi_thread")]
async fn three_servers_make_a_programme_once() {
    let Some(database) = Database::fresh("three_creators", Engine::Postgres).await else { return };
    let first = TestServer::start(&database, server::options()).await;
    let servers = [first.clone(), first.second().await, first.second().await];
    let calls = (0..PROGRAMMES * servers.len()).map(|i| {
        let number = i % PROGRAMMES;
        let mut client = ProgrammeServiceClient::new(servers[i / PROGRAMMES].channel.clone());
        async move {
            let request = pb::CreateProgrammeRequest {
                programme_id: format!("p{number}"),
                programme: Some(programme(number)),
                request_id: format!("make-{number}"),
                ..Default::default()
            };
            client.create_programme(request).await.unwrap();
        }
    });
    join_all(calls).await;
    let verified = first.db.read(VerifyLedger).await.unwrap();
    assert_eq!((verified.programmes, verified.entries, verified.wrong), (10, 10, Vec::new()));
    for server in servers {
        server.stop().await;
    }
    database.remove().await;
}

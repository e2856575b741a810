//! A short run of what the bench `fuzz` does a million times: random input for every parser, for streams and credentials over the socket.
//! `bad_input.rs` has the unary calls.
use homecoming::db::verify::VerifyLedger;
use homecoming::server::Door;

use crate::support::chance::Chance;
use crate::support::fuzz::{call, knock, methods};
use crate::support::parsers::{self, PARSERS, Seeds, Tried};
use crate::support::{Database, TestServer, each_engine, figures};

#[test]
fn no_parser_panics_or_believes_what_is_forged() {
    let (seeds, mut chance) = (Seeds::new(), Chance::new(0xF0CC));
    let (mut wrong, mut counts) = (Vec::new(), [0; PARSERS.len()]);
    for _ in 0..4_000 {
        let Tried { parser, wrong: found } = seeds.parse(&mut chance);
        counts[parser] += 1;
        wrong.extend(found);
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

#[tokio::test]
async fn a_changed_backup_is_refused_or_whole() {
    assert_eq!(parsers::restores(20, &mut Chance::new(0xBACC)).await, Vec::<String>::new());
}

#[tokio::test]
async fn random_calls_of_streams_and_changed_bytes_are_answered() {
    each_engine("fuzz", async |server| {
        figures::make(&server).await;
        let mut chance = Chance::new(0xFACADE);
        let streams: Vec<_> = methods().into_iter().filter(|method| method.is_server_streaming()).collect();
        assert!(!streams.is_empty());
        for methods in [&streams, &methods()] {
            for _ in 0..150 {
                assert_eq!(call(&server.channel, methods, &mut chance).await, None);
            }
        }
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_by_a_changed_credential() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, key) = parsers::issuer(&folder.path().join("keys.json"));
    let issuer = Some(std::sync::Arc::new(issuer));
    let database = Database::fresh("fuzz_knock", homecoming::db::Engine::Sqlite).await.unwrap();
    let (first, token) = TestServer::guarded(&database).await;
    let door = Door { issuer, ..Door::guarded("127.0.0.1:0".parse().unwrap()) };
    let server = first.second_behind(&door).await;
    let (jwt, mut chance) = (parsers::genuine(&key), Chance::new(0xD00));
    for _ in 0..600 {
        assert_eq!(knock(&server.channel, &token, &jwt, &mut chance).await, None);
    }
    server.stop().await;
    first.stop().await;
    database.remove().await;
}

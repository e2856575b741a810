//! A short run of what the bench `fuzz` does a million times: random input for every parser, and for streams over the socket.
//! `bad_input.rs` has the unary calls.
use homecoming::db::verify::VerifyLedger;

use crate::support::chance::Chance;
use crate::support::fuzz::{Seeds, call, methods};
use crate::support::{each_engine, figures};

#[test]
fn no_parser_panics() {
    let (seeds, mut chance) = (Seeds::new(), Chance::new(0xF0CC));
    let panicked: Vec<String> = (0..4_000).filter_map(|_| seeds.parse(&mut chance)).collect();
    assert_eq!(panicked, Vec::<String>::new());
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

//! `homecoming export`: the file and its manifest, and how an interrupted one goes on.
use std::fs;
use std::path::Path;
use std::process::Output;

use homecoming::db::Engine;

use crate::support::figures::{self, activities, consultation, date, record};
use crate::support::program::output;
use crate::support::{Database, TestServer};

/// Runs the program beside the server of this test.
async fn run(server: &TestServer, file: &Path, more: &[&str]) -> Output {
    let (address, file) = (format!("http://{}", server.address), file.to_str().unwrap().to_owned());
    let more: Vec<String> = more.iter().map(|argument| (*argument).to_owned()).collect();
    let running = tokio::task::spawn_blocking(move || {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        output(&[&["export", "liling", "activities", &file, "--server", &address], more.as_slice()].concat())
    });
    running.await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn an_interrupted_export_goes_on_and_ends_the_same() {
    let database = Database::fresh("export_cli", Engine::Sqlite).await.unwrap();
    let server = TestServer::start(&database, homecoming::server::options()).await;
    figures::make(&server).await;
    for id in ["a1", "a2", "a3"] {
        activities(&server).record_activity(record(id, consultation(date(2024, 3, 4), "tok_aaaa"))).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let first = run(&server, &at("first.csv"), &["--bom"]).await;
    assert!(first.status.success() && said(&first).contains("3 rows"), "{}", said(&first));
    let whole = fs::read(at("first.csv")).unwrap();
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(at("first.csv.manifest.json")).unwrap()).unwrap();
    assert_eq!((manifest["row_count"].as_i64(), manifest["totals"]["quantity"].as_i64()), (Some(3), Some(3)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");

    let taken = run(&server, &at("first.csv"), &["--bom"]).await;
    assert!(!taken.status.success() && said(&taken).contains("is there already"), "{}", said(&taken));

    let piped = run(&server, Path::new("-"), &[]).await;
    assert!(!piped.status.success() && said(&piped).contains("not to standard output"), "{}", said(&piped));
    assert!(piped.stdout.is_empty() && !Path::new("-.partial").exists());

    let refused = run(&server, &at("refused.csv"), &["--as-of", "999999"]).await;
    assert!(!refused.status.success(), "{}", said(&refused));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "of what was refused nothing is left");

    // What a process leaves that is killed in the middle of a line; meanwhile something else is recorded.
    let question = "programmes/liling Activities None None [] [] Csv true false false";
    let note = serde_json::json!({"question": question, "as_of_sequence": manifest["as_of_sequence"]});
    let leave = |name: &str, bytes: &[u8]| {
        fs::write(at(&format!("{name}.partial")), bytes).unwrap();
        fs::write(at(&format!("{name}.partial.json")), note.to_string()).unwrap();
    };
    activities(&server).record_activity(record("a4", consultation(date(2024, 3, 1), "tok_bbbb"))).await.unwrap();
    leave("second.csv", &whole[..whole.len() / 2]);
    let second = run(&server, &at("second.csv"), &["--bom"]).await;
    assert!(second.status.success(), "{}", said(&second));
    assert_eq!(fs::read(at("second.csv")).unwrap(), whole);
    assert_eq!(fs::read(at("second.csv.manifest.json")).unwrap(), fs::read(at("first.csv.manifest.json")).unwrap());

    // Another question begins anew, with what is there now.
    leave("third.ndjson", &whole[..10]);
    let third = run(&server, &at("third.ndjson"), &["--format", "ndjson"]).await;
    assert!(third.status.success(), "{}", said(&third));
    assert_eq!(fs::read_to_string(at("third.ndjson")).unwrap().lines().count(), 4);

    let mut forged = whole[..whole.len() / 2].to_vec();
    forged[20] ^= 1;
    leave("fourth.csv", &forged);
    let fourth = run(&server, &at("fourth.csv"), &["--bom"]).await;
    assert!(!fourth.status.success() && said(&fourth).contains("isn't what the manifest says"), "{}", said(&fourth));
    assert!(!at("fourth.csv").exists());
    server.stop().await;
    database.remove().await;
}

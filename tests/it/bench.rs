//! `homecoming bench`: the load generator against the real program, and that it finds what is wrong.
use homecoming::db::Engine;
use serde_json::Value;

use crate::support::Database;
use crate::support::program::{Program, output};

/// Runs the generator against a program; how it ended, and what it found.
fn bench(program: &Program, arguments: &[&str]) -> (bool, Value, String) {
    let server = format!("http://{}", program.address);
    let said =
        output(&[&["bench", "--json", "--server", &server, "--disk", env!("CARGO_TARGET_TMPDIR")], arguments].concat());
    let (found, told) = (String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap());
    let found = serde_json::from_str(&found).unwrap_or_else(|_| panic!("{found}{told}"));
    (said.status.success(), found, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_is_measured_and_counted_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("bench_mix", engine).await else { continue };
        let program = Program::serve(&database.setting(), &[]);
        let mix = "hot=3,sessions,hold=2,cancel=2,move,availability=2,echo";
        let (is_right, found, told) = bench(
            &program,
            &[
                "--mix",
                mix,
                "--callers",
                "24",
                "--calls",
                "1200",
                "--warm-up",
                "0",
                "--sessions",
                "12",
                "--capacity",
                "60",
            ],
        );
        assert!(is_right, "{engine:?}: {found}{told}");
        let names: Vec<_> =
            found["calls"].as_array().unwrap().iter().map(|line| line["call"].as_str().unwrap()).collect();
        assert_eq!(names, ["book", "hold", "book held", "cancel", "move", "availability", "echo"]);
        let recount = &found["recount"];
        let count = |key: &str| recount[key].as_u64().unwrap();
        assert!(count("stored") > 100 && count("stored") == count("acknowledged"), "{recount}");
        assert!(count("seated") < count("stored"), "some are cancelled: {recount}");
        assert!(found["all"]["count"].as_u64().unwrap() <= 1200 && found["rate"].as_f64().unwrap() > 0.0);
        let (p50, max) = (&found["all"]["p50_ms"], &found["all"]["max_ms"]);
        assert!(p50.as_f64().unwrap() <= max.as_f64().unwrap() && found["flush_micros"].as_u64().unwrap() > 0);
        assert!(found["server_cpu_micros"][0].as_f64().unwrap() > 0.0, "the process at the port is found: {found}");
        drop(program);
        database.remove().await;
    }
}

/// A thousand rounds are `homecoming bench --rounds 1000 --callers 1000`.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_who_want_the_one_place_one_gets_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh("bench_rounds", engine).await else { continue };
        let program = Program::serve(&database.setting(), &[]);
        let (is_right, found, told) = bench(&program, &["--rounds", "20", "--callers", "1000"]);
        assert!(is_right, "{engine:?}: {found}{told}");
        let rounds = &found["rounds"];
        assert_eq!((&rounds["played"], &rounds["with_one_winner"]), (&Value::from(20), &Value::from(20)), "{rounds}");
        assert_eq!(found["errors"], serde_json::json!({"SESSION_FULL": 20 * 999}));
        assert_eq!((&found["recount"]["taken"], &found["recount"]["stored"]), (&Value::from(20), &Value::from(20)));
        drop(program);
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_or_sold_twice_is_found() {
    let tampers = [
        // An acknowledged reservation goes, and its place with it.
        (
            "CREATE TRIGGER tamper AFTER INSERT ON reservations WHEN NEW.reservation = 'b7' \
             BEGIN DELETE FROM reservations WHERE reservation = 'b7'; END",
            "lost",
        ),
        // A place that the session hasn't got.
        (
            "CREATE TRIGGER tamper AFTER INSERT ON reservations WHEN NEW.reservation = 'b7' \
             BEGIN UPDATE reservations SET place = 4711 WHERE reservation = 'b7'; END",
            "oversold",
        ),
    ];
    for (tamper, what) in tampers {
        let database = Database::migrated("bench_tampered", Engine::Sqlite).await.unwrap();
        database.execute(tamper).await;
        let program = Program::serve(&database.setting(), &[]);
        let (is_right, found, told) = bench(&program, &["--callers", "4", "--calls", "40", "--sessions", "2"]);
        assert!(!is_right && told.contains("isn't what was answered"), "{found}{told}");
        assert_eq!(found["recount"][what], 1, "{found}");
        drop(program);
        database.remove().await;
    }
}

#[test]
fn it_calls_this_machine_only_unless_told() {
    let said = output(&["bench", "--server", "http://192.0.2.1:50051"]);
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("--anywhere"));
    for arguments in
        [["--mix", "hot=0"], ["--mix", "cold"], ["--seconds", "601"], ["--callers", "0"], ["--capacity", "1001"]]
    {
        let said = output(&[&["bench"], &arguments[..]].concat());
        assert_eq!(said.status.code(), Some(2), "{arguments:?}");
    }
}

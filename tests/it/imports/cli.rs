//! `homecoming import` and `homecoming bulletin` as an operator runs them.
use std::path::Path;
use std::process::Output;

use homecoming::db::Engine;

use super::programme;
use crate::support::program::{Program, output};
use crate::support::{Database, connect};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_folder_is_imported_and_its_bulletin_printed() {
    let database = Database::fresh("import_cli", Engine::Sqlite).await.unwrap();
    let program = Program::serve(&database.setting(), &[]);
    let server = format!("http://{}", program.address);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/liling");
    let folder = folder.to_str().unwrap();

    let nothing = output(&["import", folder, "--server", &server]);
    assert!(!nothing.status.success() && said(&nothing).contains("no programme yet"));
    programme(&connect(program.address).await).await;

    let checked = output(&["import", folder, "--check", "--programme", "nowhere", "--server", &server]);
    assert!(!checked.status.success(), "{}", said(&checked));
    let first = output(&["import", folder, "--server", &server]);
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("08-服务记录.csv: ACTIVITIES: 127 rows, 127 written, 0 unchanged, 0 with problems"));
    assert!(said(&first).contains("04-专家.xlsx: note: sheet 填表说明 was not read"));
    let again = output(&["import", folder, "--programme", "liling", "--server", &server]);
    assert!(again.status.success() && said(&again).contains("127 rows, 0 written, 127 unchanged"), "{}", said(&again));

    let bad = tempfile::tempdir().unwrap();
    std::fs::write(bad.path().join("医院.csv"), "编号,名称,级别\nh1,甲医院,特级\n").unwrap();
    std::fs::write(bad.path().join("notes.txt"), "not a table").unwrap();
    let refused = output(&["import", bad.path().to_str().unwrap(), "--server", &server]);
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("医院.csv:2: 级别: UNKNOWN_VALUE: not one of 省部级重点医院"),
        "{}",
        said(&refused)
    );
    assert!(
        said(&refused).contains("nothing of this file was written") && said(&refused).contains("1 file has problems")
    );

    let text = output(&["bulletin", "liling", "--server", &server]);
    assert!(said(&text).contains("坐诊 20 次"), "{}", said(&text));
    assert!(!said(&text).contains("节省费用的覆盖"), "no trip is on record: {}", said(&text));
    let json =
        output(&["bulletin", "liling", "--json", "--from", "2023-01-01", "--to", "2024-12-31", "--server", &server]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    for key in ["experts", "home_hospitals", "sittings", "consultations", "operations", "declared_savings_fen", "sites"]
    {
        assert!(json[key].as_i64().unwrap() > 0, "{key}");
        assert!(json["by_year"][0][key].is_i64(), "{key} by year");
    }
    assert_eq!(json["opening_balances"][0]["declared"], 1_250);
    assert_eq!(json["growth"][0]["measure"], "experts");
    let wrong = output(&["bulletin", "liling", "--from", "2024-02-01", "--to", "2024-01-01", "--server", &server]);
    assert!(!wrong.status.success());
    let nobody = output(&["import", folder, "--server", "http://127.0.0.1:1"]);
    assert!(!nobody.status.success() && said(&nobody).contains("no server answers"));
}

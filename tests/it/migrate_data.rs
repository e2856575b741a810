//! A whole database copied across engines and back: every row, the heads, the chain; it is worked with from there on.
use homecoming::db::migrate_data::{MigrateDataError, migrate_data};
use homecoming::db::verify::VerifyLedger;
use homecoming::db::{Engine, Target};
use homecoming::kernel::Date;
use homecoming::pb;
use homecoming::pb::export_part::Content;
use homecoming::pb::export_service_client::ExportServiceClient;
use homecoming::server;

use crate::support::figures::{self, PROGRAMME, activities, consultation, date, held, operation, record, sessions};
use crate::support::program::output;
use crate::support::{Database, TestServer};

/// A county with something in most tables: an amended record, a booked session, a second programme.
async fn fill(server: &TestServer) {
    figures::make(server).await;
    for id in ["a1", "a2"] {
        activities(server).record_activity(record(id, consultation(date(2024, 3, 4), "tok_aaaa"))).await.unwrap();
    }
    let case = pb::Activity {
        external_ids: vec![pb::ExternalId { system: "his".to_owned(), value: "\"V\\1\" 长".to_owned() }],
        declared_saving_fen: Some(-999_999_999),
        ..operation(date(2024, 3, 5), pb::Performer::Expert)
    };
    activities(server).record_activity(record("a3", case)).await.unwrap();
    activities(server).void_activity(figures::void("a2")).await.unwrap();
    let day = Date::from_ymd_opt(2024, 3, 6).unwrap();
    sessions(server).record_held_session(held("s1", "e1", "county", day, 9)).await.unwrap();
}

/// Everything that was done, with what only a whole copy has: versions at the sequence where the copy was made.
async fn exported(server: &TestServer) -> Vec<u8> {
    let request = pb::ExportActivitiesRequest {
        parent: PROGRAMME.to_owned(),
        with_voided: true,
        with_patients: true,
        ..Default::default()
    };
    let mut parts =
        ExportServiceClient::new(server.channel.clone()).export_activities(request).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(message) = parts.message().await.unwrap() {
        match message.part.unwrap().content.unwrap() {
            Content::Data(data) => bytes.extend(data),
            Content::Head(_) | Content::Manifest(_) => {}
        }
    }
    bytes
}

async fn serve(database: &Database) -> TestServer {
    TestServer::start(database, server::options()).await
}

#[tokio::test]
async fn a_database_moves_to_another_engine_and_back() {
    let first = Database::fresh("migrate_from", Engine::Sqlite).await.unwrap();
    let server = serve(&first).await;
    fill(&server).await;
    let before = exported(&server).await;
    server.stop().await;

    let back = tempfile::tempdir().unwrap();
    let file = Target::Sqlite(back.path().join("back.db"));
    let Some(middle) = Database::empty("migrate_through", Engine::Postgres).await else { return };
    let there = migrate_data(&first.target, &middle.target).await.unwrap();
    assert!(there.tables.iter().any(|(table, rows)| table == "activity_versions" && *rows == 4));
    assert_eq!(there.heads.len(), 1);
    let returned = migrate_data(&middle.target, &file).await.unwrap();
    let sorted = |tables: &[(String, u64)]| {
        let mut tables = tables.to_vec();
        tables.sort();
        tables
    };
    assert_eq!((sorted(&returned.tables), &returned.heads), (sorted(&there.tables), &there.heads));
    assert_eq!(returned.verified, there.verified);

    for database in [&middle, &Database::of(&file)] {
        let server = serve(database).await;
        assert_eq!(exported(&server).await, before);
        // The ledger goes on, and what is unique stays so.
        let again = activities(&server).record_activity(record("a1", consultation(date(2024, 3, 4), "tok_aaaa"))).await;
        assert_eq!(again.unwrap_err().code(), tonic::Code::AlreadyExists);
        activities(&server).record_activity(record("a9", consultation(date(2024, 3, 9), "tok_cccc"))).await.unwrap();
        assert_eq!(server.db.read(VerifyLedger).await.unwrap().wrong, Vec::<String>::new());
        server.stop().await;
    }
    middle.remove().await;
    first.remove().await;
}

#[tokio::test]
async fn what_cant_be_copied_whole_isnt_copied() {
    let source = Database::fresh("migrate_refused", Engine::Sqlite).await.unwrap();
    let server = serve(&source).await;
    fill(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| Target::Sqlite(folder.path().join(name));

    // A ledger that doesn't verify isn't carried on.
    source.execute("UPDATE audit_entries SET subject = 'someone' WHERE entry = 2").await;
    let broken = migrate_data(&source.target, &at("broken.db")).await.unwrap_err();
    assert!(matches!(&broken, MigrateDataError::NotWhole(why) if why.contains("doesn't follow")), "{broken}");
    source.execute("UPDATE audit_entries SET subject = 'anonymous' WHERE entry = 2").await;

    migrate_data(&source.target, &at("first.db")).await.unwrap();
    let twice = migrate_data(&source.target, &at("first.db")).await.unwrap_err();
    assert!(matches!(twice, MigrateDataError::NotEmpty { .. }), "{twice}");
    // What was broken off before left tables without rows: the same target takes it now.
    migrate_data(&source.target, &at("broken.db")).await.unwrap();

    source.execute("DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
    let older = migrate_data(&source.target, &at("second.db")).await.unwrap_err();
    assert!(matches!(older, MigrateDataError::Older(_)), "{older}");
    let absent = migrate_data(&at("absent.db"), &at("third.db")).await.unwrap_err();
    assert!(matches!(absent, MigrateDataError::Open(_)), "{absent}");
    server.stop().await;
    source.remove().await;
}

#[tokio::test]
async fn the_command_says_what_was_copied() {
    let source = Database::fresh("migrate_cli", Engine::Sqlite).await.unwrap();
    let server = serve(&source).await;
    fill(&server).await;
    server.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.db").to_str().unwrap().to_owned();
    let copied = output(&["migrate-data", "--from", &source.setting(), "--to", &to]);
    let said = String::from_utf8(copied.stdout).unwrap();
    assert!(copied.status.success() && said.contains("activity_versions: 4 rows"), "{said}");
    assert!(said.contains("liling: ") && said.contains("audit entries verified"), "{said}");
    let again = output(&["migrate-data", "--from", &source.setting(), "--to", &to]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && said.contains("has rows in"), "{said}");
    source.remove().await;
}

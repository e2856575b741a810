//! How many activities a second are exported to CSV, over the socket from a server in a process of its own, on each engine, and how much
//! memory the server takes for it above what it holds when it is idle.
//!
//! `cargo bench --bench exports [-- ROWS]`, 200,000 unless said otherwise.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and waits")]
#![expect(dead_code, reason = "shares files with the tests and other benches")]

#[path = "support/load.rs"]
mod load;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../tests/it/support/program.rs"]
mod program;

use std::time::{Duration, Instant};

use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::export_part::Content;
use homecoming::pb::export_service_client::ExportServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use program::Program;
use tonic::transport::{Channel, Endpoint};

/// Rows a second to CSV.
const HELD_TO: f64 = 100_000.0;
/// MiB above idle while exporting.
const MEMORY: u64 = 64;
const COUNTY: &str = "programmes/liling";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200_000);
    println!("exports: {rows} activities to CSV, three times each");
    println!("flush of this disk: {} µs (median of 200 appends of 4 KiB with fdatasync)", load::flush_micros());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("homecoming.db");
    report("sqlite", rows, file.to_str().unwrap()).await;
    match postgres::server() {
        Some(_) => report("postgres", rows, &load::fresh_postgres().await).await,
        None => println!("postgres: its programs aren't on this machine"),
    }
    println!("held to: {HELD_TO} rows a second, {MEMORY} MiB above idle, on two calm cores");
}

async fn report(engine: &str, rows: usize, database: &str) {
    let filling = Program::serve(database, &[]);
    fill(&connect(&filling).await, rows).await;
    drop(filling);
    let program = Program::serve(database, &[]); // what filling it took is no part of what an export takes
    let channel = connect(&program).await;
    let idle = program.held_kib();
    let mut hashes = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        let (manifest, most) = export(&channel, &program).await;
        let took = started.elapsed();
        assert_eq!(manifest.row_count, i64::try_from(rows).unwrap());
        println!(
            "{engine}: {:.0} rows a second ({:.1} MB, {:.2} s), server at most {} MiB above its {} MiB when idle",
            rate(rows, took),
            manifest.byte_count as f64 / 1e6,
            took.as_secs_f64(),
            most.saturating_sub(idle) / 1024,
            idle / 1024,
        );
        hashes.push(manifest.sha256);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "the same bytes each time");
}

fn rate(rows: usize, took: Duration) -> f64 {
    rows as f64 / took.as_secs_f64()
}

async fn connect(program: &Program) -> Channel {
    Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap()
}

/// The manifest, and the most memory that the server was seen to hold, in KiB.
async fn export(channel: &Channel, program: &Program) -> (pb::ExportManifest, u64) {
    let request = pb::ExportActivitiesRequest { parent: COUNTY.to_owned(), with_patients: true, ..Default::default() };
    let mut parts = ExportServiceClient::new(channel.clone()).export_activities(request).await.unwrap().into_inner();
    let (mut most, mut bytes) = (0, 0);
    while let Some(message) = parts.message().await.unwrap() {
        match message.part.unwrap().content.unwrap() {
            Content::Head(_) => {}
            Content::Data(data) => {
                bytes += data.len();
                most = most.max(program.held_kib());
            }
            Content::Manifest(manifest) => {
                assert_eq!(bytes, usize::try_from(manifest.byte_count).unwrap());
                return (manifest, most);
            }
        }
    }
    panic!("no manifest came");
}

/// A programme with one township and so many consultations on record, spread over a year.
async fn fill(channel: &Channel, rows: usize) {
    let programme = pb::Programme {
        display_name: "醴陵".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let (programme_id, programme) = ("liling".to_owned(), Some(programme));
    let request = pb::CreateProgrammeRequest { programme_id, programme, ..Default::default() };
    ProgrammeServiceClient::new(channel.clone()).create_programme(request).await.unwrap();
    let site = pb::Site {
        display_name: "白兔潭镇".to_owned(),
        level: pb::SiteLevel::TownshipHealthCentre.into(),
        division_code: "430281102".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        licensed_specialties: vec!["03".to_owned()],
        ..Default::default()
    };
    let request = pb::CreateSiteRequest {
        parent: COUNTY.to_owned(),
        site_id: "baitutan".to_owned(),
        site: Some(site),
        ..Default::default()
    };
    SiteServiceClient::new(channel.clone()).create_site(request).await.unwrap();
    let mut client = ActivityServiceClient::new(channel.clone());
    let all: Vec<usize> = (0..rows).collect();
    for chunk in all.chunks(500) {
        let request = pb::BatchRecordActivitiesRequest {
            parent: COUNTY.to_owned(),
            rows: chunk.iter().map(|number| row(*number)).collect(),
            ..Default::default()
        };
        let results = client.batch_record_activities(request).await.unwrap().into_inner().results;
        for result in results {
            assert!(matches!(result.result, Some(pb::activity_result::Result::Activity(_))), "{result:?}");
        }
    }
}

fn row(number: usize) -> pb::ActivityRow {
    let (month, day) = (i32::try_from(number % 12).unwrap() + 1, i32::try_from(number % 28).unwrap() + 1);
    let activity = pb::Activity {
        kind: pb::ActivityKind::OperationCase.into(),
        site: format!("{COUNTY}/sites/baitutan"),
        date: Some(pb::Date { year: 2024, month, day }),
        specialty: "03.04".to_owned(),
        residence: pb::Residence::OwnCounty.into(),
        patient: Some(pb::Patient { issuer: "his.liling".to_owned(), token: format!("tok_{number:09}") }),
        operation: Some(pb::OperationCase {
            procedures: vec![pb::Procedure {
                code: "51.2300".to_owned(),
                system: "glb".to_owned(),
                version: "3.0".to_owned(),
                main: true,
            }],
            grade: 3,
            grade_list: "hunan-2022".to_owned(),
            performer: pb::Performer::Local.into(),
        }),
        ..Default::default()
    };
    pb::ActivityRow { activity_id: format!("a{number:08}"), activity: Some(activity) }
}

//! How fast a county's activities come in, how fast its tallies answer, and what an export of all of them takes, on both engines.
//!
//! The load comes from this process over the socket, the server is another; every answer is of something durable, fsync on.
//! `cargo bench --bench tallies [-- ACTIVITIES] [sqlite|postgres]` (default 120,000: some seven years of one county; both engines).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(dead_code, reason = "shares files with the tests and with another bench")]

#[path = "support/load.rs"]
mod load;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../tests/it/support/program.rs"]
mod program;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use homecoming::pb;
use homecoming::pb::activity_service_client::ActivityServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::export_part::Content;
use homecoming::pb::export_service_client::ExportServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use load::Place;
use program::Program;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

const HOSPITALS: usize = 15;
const SITES: usize = 24;
const EXPERTS: usize = 120;
const ROWS: usize = 500;
const CALLERS: usize = 4;
const QUERIES: usize = 2_000;
const FIRST_YEAR: i32 = 2017;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(120_000);
    println!(
        "tallies: {count} activities of seven years in batches of {ROWS} by {CALLERS} callers, then {QUERIES} queries"
    );
    println!("flush of this disk: {} µs (median of 200 appends of 4 KiB with fdatasync)", load::flush_micros());
    let named: Vec<String> = std::env::args().skip(1).collect();
    let others = |place: &Place| {
        named.iter().any(|name| ["sqlite", "postgres"].contains(&name.as_str()) && name != place.name())
    };
    for place in [Place::Sqlite, Place::Postgres].into_iter().filter(|place| !others(place)) {
        if place == Place::Postgres && postgres::server().is_none() {
            println!("postgres: its programs aren't on this machine");
            continue;
        }
        measure(place, count).await;
    }
}

async fn measure(place: Place, count: usize) {
    let folder = tempfile::Builder::new().prefix("homecoming-bench-").tempdir().unwrap();
    let database = match place {
        Place::Sqlite => folder.path().join("bench.db").to_str().unwrap().to_owned(),
        Place::Postgres => load::fresh_postgres().await,
    };
    let program = Program::serve(&database, &[]);
    let channel = Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap();
    found(channel.clone()).await;

    let cpu = load::cpu_micros(&[program.id()]);
    let begin = Instant::now();
    record(&channel, count).await;
    let elapsed = begin.elapsed();
    let cpu = (load::cpu_micros(&[program.id()]) - cpu) / count as f64;
    let rate = count as f64 / elapsed.as_secs_f64();
    println!("{:8} import: {rate:.0} activities/s durable, {cpu:.0} µs of the server's CPU each", place.name());

    let year = |group_by: &[pb::TallyDimension]| pb::QueryTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date: Some(pb::Date { year: 2020, month: 1, day: 1 }),
        to_date: Some(pb::Date { year: 2020, month: 12, day: 31 }),
        measures: ["sittings", "consultations", "operation_cases", "declared_savings_fen"].map(str::to_owned).to_vec(),
        group_by: group_by.iter().map(|it| *it as i32).collect(),
        ..Default::default()
    };
    use pb::TallyDimension::{Expert, Kind, Month, Site, Specialty};
    for (what, request) in [
        ("a year by month x kind", year(&[Month, Kind])),
        ("a year by site x specialty", year(&[Site, Specialty])),
        ("a year by month x expert", year(&[Month, Expert])),
        ("a year by site x expert (from records)", year(&[Site, Expert])),
        (
            "a year but for its ends, by month x kind",
            pb::QueryTallyRequest {
                from_date: Some(pb::Date { year: 2020, month: 1, day: 2 }),
                to_date: Some(pb::Date { year: 2020, month: 12, day: 30 }),
                ..year(&[Month, Kind])
            },
        ),
    ] {
        let (rows, p50, p99) = query(&channel, request).await;
        println!(
            "{:8} QueryTally of {what}: {rows} rows, p50 {p50:.2} ms, p99 {p99:.2} ms at the client",
            place.name()
        );
    }
    explain(&channel, place).await;
    export(&channel, place, &program, count).await;
    close(&channel, place).await;
    let begin = Instant::now();
    let request = pb::ReconcileRequest { parent: PROGRAMME.to_owned() };
    let recount = TallyServiceClient::new(channel).reconcile(request).await.unwrap().into_inner();
    assert!(recount.equal, "{recount:?}");
    println!(
        "{:8} Reconcile of {} cells: {:.0} ms, equal; server {} MiB",
        place.name(),
        recount.cells,
        begin.elapsed().as_secs_f64() * 1e3,
        program.resident_kib() / 1024
    );
}

/// How soon an explanation of a month starts, and how fast its records come.
async fn explain(channel: &Channel, place: Place) {
    let mut client = TallyServiceClient::new(channel.clone());
    let request = pb::ExplainTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date: Some(pb::Date { year: 2020, month: 1, day: 1 }),
        to_date: Some(pb::Date { year: 2020, month: 12, day: 31 }),
        measure: "consultations".to_owned(),
        ..Default::default()
    };
    let (mut starts, mut records, mut number) = (Vec::new(), 0, 0);
    let begin = Instant::now();
    for n in 0..50 {
        let asked = Instant::now();
        let mut parts = client.explain_tally(request.clone()).await.unwrap().into_inner();
        number = parts.message().await.unwrap().unwrap().quantity;
        if n >= 5 {
            starts.push(asked.elapsed());
        }
    }
    let drained = Instant::now();
    let mut parts = client.explain_tally(request).await.unwrap().into_inner();
    while let Some(part) = parts.message().await.unwrap() {
        records += part.evidence.len();
    }
    let rate = records as f64 / drained.elapsed().as_secs_f64();
    starts.sort_unstable();
    let at = |share: usize| starts[starts.len() * share / 100].as_secs_f64() * 1e3;
    println!(
        "{:8} ExplainTally of a year's {number} consultations: starts p50 {:.2} ms, p99 {:.2} ms ({:.1} s for 50); {records} records at {rate:.0}/s",
        place.name(),
        at(50),
        at(99),
        begin.elapsed().as_secs_f64()
    );
}

/// How many rows a second are exported to CSV, and what the server then holds above what it held before.
async fn export(channel: &Channel, place: Place, program: &Program, count: usize) {
    let before = program.held_kib();
    let request = pb::ExportActivitiesRequest { parent: PROGRAMME.to_owned(), ..Default::default() };
    let begin = Instant::now();
    let mut parts = ExportServiceClient::new(channel.clone()).export_activities(request).await.unwrap().into_inner();
    let (mut most, mut rows) = (before, 0);
    while let Some(message) = parts.message().await.unwrap() {
        most = most.max(program.held_kib());
        if let Some(Content::Manifest(manifest)) = message.part.unwrap().content {
            rows = manifest.row_count;
        }
    }
    assert_eq!(rows, i64::try_from(count).unwrap());
    println!(
        "{:8} ExportActivities: {rows} rows at {:.0}/s; the server at most {} MiB above the {} MiB that it held before",
        place.name(),
        count as f64 / begin.elapsed().as_secs_f64(),
        (most - before) / 1024,
        before / 1024
    );
}

/// How long it takes to close a year, to restate it once a record was taken back, and to ask for it as of then.
async fn close(channel: &Channel, place: Place) {
    let mut client = TallyServiceClient::new(channel.clone());
    let (from_date, to_date) =
        (Some(pb::Date { year: 2020, month: 1, day: 1 }), Some(pb::Date { year: 2020, month: 12, day: 31 }));
    let request = pb::ClosePeriodRequest { parent: PROGRAMME.to_owned(), from_date, to_date, ..Default::default() };
    let begin = Instant::now();
    let closed = client.close_period(request).await.unwrap().into_inner();
    let closing = begin.elapsed().as_secs_f64() * 1e3;
    let request = pb::QueryTallyRequest {
        parent: PROGRAMME.to_owned(),
        from_date,
        to_date,
        measures: vec!["consultations".to_owned()],
        as_of: closed.sequence,
        ..Default::default()
    };
    let begin = Instant::now();
    client.query_tally(request).await.unwrap();
    println!(
        "{:8} ClosePeriod of a year: {closing:.0} ms; QueryTally as of its sequence: {:.0} ms",
        place.name(),
        begin.elapsed().as_secs_f64() * 1e3
    );
}

const PROGRAMME: &str = "programmes/bench";

fn name(collection: &str, id: impl std::fmt::Display) -> String {
    format!("{PROGRAMME}/{collection}/{id}")
}

/// Makes the programme, its hospitals, sites and experts.
async fn found(channel: Channel) {
    let programme = pb::Programme {
        display_name: "bench".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateProgrammeRequest {
        programme_id: "bench".to_owned(),
        programme: Some(programme),
        ..Default::default()
    };
    ProgrammeServiceClient::new(channel.clone()).create_programme(request).await.unwrap();
    for n in 0..HOSPITALS {
        let hospital = pb::Hospital {
            display_name: format!("医院 {n:03}"),
            level: pb::HospitalLevel::Tertiary as i32,
            ..Default::default()
        };
        let request = pb::CreateHospitalRequest {
            parent: PROGRAMME.to_owned(),
            hospital_id: format!("h{n}"),
            hospital: Some(hospital),
            ..Default::default()
        };
        HospitalServiceClient::new(channel.clone()).create_hospital(request).await.unwrap();
    }
    for n in 0..SITES {
        let level = if n == 0 { pb::SiteLevel::CountyHospital } else { pb::SiteLevel::TownshipHealthCentre };
        let site = pb::Site {
            display_name: format!("服务点 {n:03}"),
            level: level as i32,
            division_code: "430281".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            ..Default::default()
        };
        let request = pb::CreateSiteRequest {
            parent: PROGRAMME.to_owned(),
            site_id: format!("s{n}"),
            site: Some(site),
            ..Default::default()
        };
        SiteServiceClient::new(channel.clone()).create_site(request).await.unwrap();
    }
    let entry = Some(pb::Date { year: FIRST_YEAR, month: 1, day: 1 });
    for n in 0..EXPERTS {
        let main = pb::Affiliation {
            hospital: name("hospitals", format!("h{}", n % HOSPITALS)),
            from_date: entry,
            to_date: None,
            main: true,
        };
        let expert = pb::Expert {
            display_name: format!("专家 {n:03}"),
            title: pb::ExpertTitle::Chief as i32,
            specialties: vec![["03.04", "04.01", "05.01", "07", "50"][n % 5].to_owned()],
            affiliations: vec![main],
            roster_entry_date: entry,
            ..Default::default()
        };
        let request = pb::CreateExpertRequest {
            parent: PROGRAMME.to_owned(),
            expert_id: format!("e{n}"),
            expert: Some(expert),
            ..Default::default()
        };
        ExpertServiceClient::new(channel.clone()).create_expert(request).await.unwrap();
    }
}

/// A number that looks like chance: neighbours share neither month nor site nor expert.
fn mixed(n: usize) -> usize {
    let mut x = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x ^ (x >> 32)) >> 8) as usize
}

/// Consultations of one sitting follow each other, as in a hospital's table.
const A_SITTING: usize = 12;

/// The n-th activity: most are consultations, one sitting in twenty is a theatre list; each has an external id, as an import's has.
fn activity(number: usize) -> pb::Activity {
    let n = mixed(number / A_SITTING);
    let expert = n / 84 % EXPERTS;
    let month = i32::try_from(n % 84).unwrap();
    let small = |n: usize| i32::try_from(n).unwrap();
    let operation = n.is_multiple_of(20).then(|| pb::OperationCase {
        procedures: vec![pb::Procedure {
            code: "51.2300".to_owned(),
            system: "glb".to_owned(),
            version: "3.0".to_owned(),
            main: true,
        }],
        grade: 3,
        grade_list: "hunan-2022".to_owned(),
        performer: pb::Performer::Expert as i32,
    });
    let kind = if operation.is_some() { pb::ActivityKind::OperationCase } else { pb::ActivityKind::Consultation };
    let session_kind = match (operation.is_some(), n % 23) {
        (true, _) => pb::SessionKind::Operation,
        (false, 0) => pb::SessionKind::WardRound,
        (false, 1) => pb::SessionKind::RemoteConsultation,
        (false, _) => pb::SessionKind::Clinic,
    };
    pb::Activity {
        kind: kind as i32,
        site: name("sites", format!("s{}", (expert + n / 7 % 3) % SITES)),
        date: Some(pb::Date { year: FIRST_YEAR + month / 12, month: 1 + month % 12, day: small(1 + n % 28) }),
        half_day: small(1 + n % 2),
        session_kind: session_kind as i32,
        lead_expert: name("experts", format!("e{expert}")),
        residence: small(1 + number % 3),
        patient: Some(pb::Patient { issuer: "bench".to_owned(), token: format!("tok_{:08}", number / 2) }),
        operation,
        declared_saving_fen: (session_kind != pb::SessionKind::WardRound).then_some(48_000),
        external_ids: vec![pb::ExternalId { system: "bench".to_owned(), value: format!("{number:08}") }],
        ..Default::default()
    }
}

/// Records activities in batches, several callers at a time.
async fn record(channel: &Channel, count: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (mut client, next) = (ActivityServiceClient::new(channel.clone()), next.clone());
        callers.spawn(async move {
            loop {
                let first = next.fetch_add(ROWS, Ordering::Relaxed);
                if first >= count {
                    return;
                }
                let row = |n| pb::ActivityRow { activity: Some(activity(n)), ..Default::default() };
                let rows: Vec<_> = (first..count.min(first + ROWS)).map(row).collect();
                let request =
                    pb::BatchRecordActivitiesRequest { parent: PROGRAMME.to_owned(), rows, ..Default::default() };
                let answer = client.batch_record_activities(request).await.unwrap().into_inner();
                for result in answer.results {
                    let Some(pb::activity_result::Result::Activity(_)) = result.result else { panic!("{result:?}") };
                }
            }
        });
    }
    callers.join_all().await;
}

/// Asks one question many times: how many rows it has, and how long the answers took in milliseconds.
async fn query(channel: &Channel, request: pb::QueryTallyRequest) -> (usize, f64, f64) {
    let mut client = TallyServiceClient::new(channel.clone());
    let mut times: Vec<Duration> = Vec::with_capacity(QUERIES);
    let mut rows = 0;
    let begin = Instant::now();
    for n in 0..QUERIES + 20 {
        let asked = Instant::now();
        rows = client.query_tally(request.clone()).await.unwrap().into_inner().rows.len();
        if n >= 20 {
            times.push(asked.elapsed());
        }
        // Slow questions needn't be asked so often, nor very slow ones, which are held to nothing, a hundred times.
        let enough = if begin.elapsed() > Duration::from_secs(20) { 10 } else { 100 };
        if begin.elapsed() > Duration::from_secs(10) && times.len() >= enough {
            break;
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1e3;
    (rows, at(50), at(99))
}

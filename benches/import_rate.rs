//! How many activities a second an import makes durable, alone and with their savings computed: one CSV of 50,000 activities and one of
//! as many trips through the API of a server in a process of its own, on a fresh database of each engine, with fsync on.
//!
//! The time runs from the first byte sent to the report: reading, checking, reckoning and writing. `cargo bench --bench import_rate [-- ROWS]`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and waits")]
#![expect(dead_code, reason = "shares files with the tests and other benches")]

#[path = "support/load.rs"]
mod load;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../tests/it/support/program.rs"]
mod program;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use homecoming::pb;
use homecoming::pb::import_service_client::ImportServiceClient;
use homecoming::pb::import_table_request::Part;
use homecoming::pb::import_table_response::Event;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use homecoming::pb::saving_service_client::SavingServiceClient;
use program::Program;
use tonic::transport::{Channel, Endpoint};

/// What an import on SQLite is held to, in activities a second.
const HELD_TO: f64 = 5_000.0;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(50_000);
    println!(
        "import_rate: one CSV of {rows} consultations with a declared saving each, then one with the trip of each"
    );
    println!("flush of this disk: {} µs (median of 200 appends of 4 KiB with fdatasync)", load::flush_micros());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("homecoming.db");
    report("sqlite", rows, file.to_str().unwrap()).await;
    match postgres::server() {
        Some(_) => report("postgres", rows, &load::fresh_postgres().await).await,
        None => println!("postgres: its programs aren't on this machine"),
    }
    println!("held to: {HELD_TO} a second on SQLite, on two calm cores");
}

async fn report(engine: &str, rows: usize, database: &str) {
    let program = Program::serve(database, &[]);
    let channel = Endpoint::from_shared(format!("http://{}", program.address)).unwrap().connect().await.unwrap();
    prepare(&channel).await;
    let file = activities(rows);
    let started = Instant::now();
    let checked = import(&channel, "服务记录.csv", file.into_bytes(), started).await;
    let took = started.elapsed();
    let rate = |time: Duration| rows as f64 / time.as_secs_f64();
    println!(
        "{engine}: {:.0} a second in all; {:.2} s until checked, {:.2} s to write ({:.0} a second), server {} MiB",
        rate(took),
        checked.as_secs_f64(),
        (took - checked).as_secs_f64(),
        rate(took - checked),
        program.resident_kib() / 1024,
    );
    let file = trips(rows);
    let started = Instant::now();
    import(&channel, "就医行程.csv", file.into_bytes(), started).await;
    let reckoned = started.elapsed();
    println!(
        "{engine}: with savings computed {:.0} activities a second in all; {:.2} s for their trips alone ({:.0} a second), server {} MiB",
        rate(took + reckoned),
        reckoned.as_secs_f64(),
        rate(reckoned),
        program.resident_kib() / 1024,
    );
}

/// The programme, the example's tables up to its sessions, and what trips are reckoned by.
async fn prepare(channel: &Channel) {
    let programme = pb::Programme {
        display_name: "醴陵".to_owned(),
        division_code: "430281".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        ..pb::Programme::default()
    };
    let request = pb::CreateProgrammeRequest {
        programme_id: "liling".to_owned(),
        programme: Some(programme),
        ..pb::CreateProgrammeRequest::default()
    };
    ProgrammeServiceClient::new(channel.clone()).create_programme(request).await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/liling");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension != "md"));
    files.sort();
    for path in files.iter().take(7) {
        import(channel, path.file_name().unwrap().to_str().unwrap(), std::fs::read(path).unwrap(), Instant::now())
            .await;
    }
    import(channel, "测算参数.csv", TARIFFS.as_bytes().to_vec(), Instant::now()).await;
    let mut savings = SavingServiceClient::new(channel.clone());
    for tariff in ["fare", "local", "room", "meal", "wage"] {
        let name = format!("programmes/liling/tariffs/{tariff}");
        savings.approve_tariff(by(pb::ApproveTariffRequest { name, ..Default::default() })).await.unwrap();
    }
    let sure = |value| Some(pb::Cases { low: value, base: value, high: value });
    let stay = Some(pb::Stay { nights: sure(1), meal_days: sure(1), wage_half_days: sure(2) });
    let policy = pb::SavingPolicy {
        valid_from: Some(pb::Date { year: 2023, month: 1, day: 1 }),
        mode: pb::TravelMode::Rail as i32,
        near_mode: pb::TravelMode::Bus as i32,
        most_companions: 2,
        persons_a_room: 2,
        outpatient: stay,
        inpatient: stay,
        source: "a bench".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateSavingPolicyRequest {
        parent: "programmes/liling".to_owned(),
        policy_id: "p".to_owned(),
        policy: Some(policy),
        ..Default::default()
    };
    savings.create_saving_policy(request).await.unwrap();
    let name = "programmes/liling/saving-policies/p".to_owned();
    savings.approve_saving_policy(by(pb::ApproveSavingPolicyRequest { name, ..Default::default() })).await.unwrap();
}

const TARIFFS: &str = "参数编号,参数项目,出发地,目的地,交通方式,人员类别,低值,基准值,高值,生效日期,来源,来源等级\n\
                       fare,车票,430281,430100,高铁,成人,30.00,39.00,60.00,2023-01-01,a bench,假设\n\
                       local,就近交通,430281,430281,公交,成人,2.00,6.00,12.00,2023-01-01,a bench,假设\n\
                       room,住宿,,430100,,不限,100.00,150.00,240.00,2023-01-01,a bench,假设\n\
                       meal,餐费,,430100,,不限,20.00,30.00,50.00,2023-01-01,a bench,假设\n\
                       wage,误工,430281,,,不限,150.00,189.93,240.00,2023-01-01,a bench,假设\n";

/// By who didn't enter it.
fn by<M>(message: M) -> tonic::Request<M> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("x-homecoming-subject", tonic::metadata::MetadataValue::from_static("second"));
    request
}

/// The trip of each activity: with a companion, known by a referral.
fn trips(rows: usize) -> String {
    let mut text = "行程编号,服务记录编号,居住地区划代码,原就医地区划代码,就近就医地区划代码,就诊方式,是否误工,陪同理由,陪同人数,证据等级,证据记录\n".to_owned();
    for row in 0..rows {
        writeln!(text, "T{row:06},B{row:06},430281,430100,430281,门诊,是,未成年,1,K1,转诊单{row}").unwrap();
    }
    text
}

fn activities(rows: usize) -> String {
    let mut text = "编号,场次,类型,患者标识,患者常住地,申报节省费用\n".to_owned();
    for row in 0..rows {
        let session = ["S0001", "S0002", "S0003", "S0008"][row % 4];
        writeln!(text, "B{row:06},{session},诊疗,LLbb{row:07},本县,\"1,234.50\"").unwrap();
    }
    text
}

/// Brings a file in without a problem; says after how long every row was checked.
async fn import(channel: &Channel, file_name: &str, bytes: Vec<u8>, started: Instant) -> Duration {
    let header = pb::ImportTableHeader {
        parent: "programmes/liling".to_owned(),
        file_name: file_name.to_owned(),
        ..pb::ImportTableHeader::default()
    };
    let chunks: Vec<_> = bytes.chunks(64 << 10).map(|chunk| Part::Chunk(chunk.to_vec())).collect();
    let parts: Vec<_> = std::iter::once(Part::Header(header)).chain(chunks).collect();
    let stream = futures_util::stream::iter(parts.into_iter().map(|part| pb::ImportTableRequest { part: Some(part) }));
    let mut events = ImportServiceClient::new(channel.clone()).import_table(stream).await.unwrap().into_inner();
    let mut checked = Duration::ZERO;
    while let Some(message) = events.message().await.unwrap() {
        match message.event.unwrap() {
            Event::Progress(progress) if progress.phase() == pb::ImportPhase::Checking => checked = started.elapsed(),
            Event::Progress(_) => {}
            Event::Problem(problem) => panic!("{file_name}: {problem:?}"),
            Event::Report(report) => assert_eq!(report.created_count, report.row_count, "{file_name}"),
        }
    }
    checked
}

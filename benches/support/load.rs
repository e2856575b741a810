//! Load on a server in a process of its own, and what it cost.
use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homecoming::pb;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::programme_service_client::ProgrammeServiceClient;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::postgres;
use crate::program::Program;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Sqlite,
    Postgres,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Sqlite => "sqlite",
            Place::Postgres => "postgres",
        }
    }

    /// What the writer is held to, against a transaction for each command.
    pub fn ratio(self) -> f64 {
        match self {
            Place::Sqlite => 3.3,
            Place::Postgres => 3.5,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// New hospitals, each with a request id.
    Create,
    /// A hospital that is there already: refused before anything is written.
    Refused,
}

/// One figure to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub place: Place,
    pub kind: Kind,
    pub callers: usize,
    /// Through the writer, or each command in a transaction of its own.
    pub grouped: bool,
    pub time: Duration,
}

/// What was measured.
pub struct Figures {
    run: Run,
    /// Commands a second.
    pub rate: f64,
    p50: Duration,
    p99: Duration,
    server_cpu: f64,
    postgres_cpu: f64,
    messages: f64,
    flushes: f64,
    reruns: u64,
}

impl Figures {
    pub const HEADER: &str = "engine   kind     callers path     commands/s   p50 ms   p99 ms  server µs  postgres µs    messages  flushes  reruns";
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { place, kind, callers, grouped, .. } = self.run;
        let (path, ms) = (if grouped { "writer" } else { "own tx" }, |time: Duration| time.as_secs_f64() * 1e3);
        write!(
            f,
            "{:8} {:8} {callers:7} {path:8} {:10.0} {:8.2} ",
            place.name(),
            format!("{kind:?}"),
            self.rate,
            ms(self.p50)
        )?;
        write!(f, "{:8.2} {:10.0} {:12.0} ", ms(self.p99), self.server_cpu, self.postgres_cpu)?;
        write!(f, "{:11.2} {:8.3} {:7}", self.messages, self.flushes, self.reruns)
    }
}

const WARM_UP: Duration = Duration::from_millis(500);
const CALLERS_PER_CONNECTION: usize = 8;

/// Measures one figure on a fresh database.
pub async fn run(run: &Run) -> Figures {
    if run.place == Place::Postgres {
        drop_postgres().await;
    }
    let served = Served::new(*run).await;
    let mut channels = Vec::new();
    for _ in 0..run.callers.div_ceil(CALLERS_PER_CONNECTION) {
        channels.push(served.connect().await);
    }
    let (measuring, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let mut callers = JoinSet::new();
    for caller in 0..run.callers {
        let channel = channels[caller / CALLERS_PER_CONNECTION].clone();
        callers.spawn(call(channel, caller, run.kind, measuring.clone(), stop.clone()));
    }
    tokio::time::sleep(WARM_UP).await;
    let before = (cpu_micros(&[served.program.id()]), cpu_micros(&postgres_processes()));
    measuring.store(true, Ordering::Relaxed);
    let begin = Instant::now();
    tokio::time::sleep(run.time).await;
    measuring.store(false, Ordering::Relaxed);
    let elapsed = begin.elapsed();
    let after = (cpu_micros(&[served.program.id()]), cpu_micros(&postgres_processes()));
    stop.store(true, Ordering::Relaxed);
    let latencies = callers.join_all().await.into_iter().flatten().collect();
    served.figures(latencies, elapsed, (after.0 - before.0, after.1 - before.1))
}

/// Measures the writer and the reference side by side: one caller, whose calls go to the one and to the other by turns, so that whatever
/// else the machine does meanwhile falls on both. A rate is of the time that its own calls took; PostgreSQL's CPU is that of both.
pub async fn by_turns(run: &Run) -> [Figures; 2] {
    if run.place == Place::Postgres {
        drop_postgres().await;
    }
    let servers = [Served::new(Run { grouped: true, ..*run }).await, Served::new(Run { grouped: false, ..*run }).await];
    let mut clients = [client(&servers[0]).await, client(&servers[1]).await];
    let (mut latencies, mut cpu, mut elapsed) = ([Vec::new(), Vec::new()], [0.0, 0.0], [Duration::ZERO; 2]);
    let warm = Instant::now() + WARM_UP;
    let end = warm + 2 * run.time;
    let mut before: Option<([f64; 2], f64)> = None;
    let spent = || [cpu_micros(&[servers[0].program.id()]), cpu_micros(&[servers[1].program.id()])];
    for turn in 0_u64.. {
        let begin = Instant::now();
        if begin > end {
            break;
        }
        if begin > warm && before.is_none() {
            before = Some((spent(), cpu_micros(&postgres_processes())));
        }
        // The first of a pair is now the one, now the other.
        for at in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
            let begin = Instant::now();
            once(&mut clients[at], run.kind, &format!("h{turn}")).await;
            if before.is_some() {
                latencies[at].push(begin.elapsed());
            }
        }
    }
    let (servers_before, postgres_before) = before.unwrap();
    let postgres = (cpu_micros(&postgres_processes()) - postgres_before) / 2.0;
    for (at, spent) in spent().into_iter().enumerate() {
        cpu[at] = spent - servers_before[at];
        elapsed[at] = latencies[at].iter().sum();
    }
    let [writer, alone] = servers;
    let [of_writer, of_alone] = latencies;
    [writer.figures(of_writer, elapsed[0], (cpu[0], postgres)), alone.figures(of_alone, elapsed[1], (cpu[1], postgres))]
}

async fn client(served: &Served) -> HospitalServiceClient<Channel> {
    HospitalServiceClient::new(served.connect().await)
}

/// A server in a process of its own, on a database of its own.
struct Served {
    run: Run,
    program: Program,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn new(run: Run) -> Served {
        let folder = tempfile::Builder::new().prefix("homecoming-bench-").tempdir().unwrap();
        let database = match run.place {
            Place::Sqlite => folder.path().join("bench.db").to_str().unwrap().to_owned(),
            Place::Postgres => make_postgres().await,
        };
        let path = if run.grouped { "grouped" } else { "alone" };
        let program = Program::serve(&database, &["--write-path", path, "--log-filter", "warn,homecoming::db=info"]);
        let served = Served { run, program, _folder: folder };
        seed(served.connect().await).await;
        served
    }

    async fn connect(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.program.address)).unwrap().connect().await.unwrap()
    }

    /// What came of calls that took so long, in so much time and with so much CPU of the server and of PostgreSQL.
    fn figures(self, mut latencies: Vec<Duration>, elapsed: Duration, (server, postgres): (f64, f64)) -> Figures {
        latencies.sort_unstable();
        let count = latencies.len() as f64;
        self.program.terminate();
        let (_, log) = self.program.wait();
        let counter = |name: &str| counted(&log, name);
        let commands = counter("commands").max(1.0);
        Figures {
            run: self.run,
            rate: count / elapsed.as_secs_f64(),
            p50: latencies[latencies.len() / 2],
            p99: latencies[latencies.len() * 99 / 100],
            server_cpu: server / count,
            postgres_cpu: postgres / count,
            messages: counter("messages") / commands,
            flushes: counter("commits") / commands,
            reruns: counter("reruns") as u64,
        }
    }
}

/// How long after a load an engine needs to know what was loaded: PostgreSQL's processes say so within ten seconds, and the server looks
/// every five.
const SETTLING: Duration = Duration::from_secs(16);

/// Waits until what was loaded is on the disk and counted, and PostgreSQL has no vacuum or checkpoint of it before it: a page or a search is
/// to be measured, not what follows a load.
async fn settle(place: Place, database: &str) {
    tokio::time::sleep(SETTLING).await;
    if place == Place::Postgres {
        let mut connection = PgConnection::connect(database).await.unwrap();
        connection.execute("VACUUM (ANALYZE)").await.unwrap();
        connection.execute("CHECKPOINT").await.unwrap();
        connection.close().await.unwrap();
    }
    assert!(Command::new("sync").status().unwrap().success());
}

/// Measures a server with the demo's data on each engine, or the one at the address among the arguments; the sum of what is found.
pub async fn over_the_demo(arguments: &[String], measure: impl AsyncFn(&'static str, SocketAddr) -> usize) -> usize {
    if let Some(address) = arguments.iter().find_map(|argument| argument.parse().ok()) {
        return measure("given", address).await;
    }
    let mut sum = 0;
    for place in [Place::Sqlite, Place::Postgres] {
        if place == Place::Postgres && postgres::server().is_none() {
            println!("postgres: its programs aren't on this machine");
            continue;
        }
        let folder = tempfile::Builder::new().prefix("homecoming-bench-").tempdir().unwrap();
        let database = match place {
            Place::Sqlite => folder.path().join("bench.db").to_str().unwrap().to_owned(),
            Place::Postgres => fresh_postgres().await,
        };
        let program = Program::serve(&database, &["--demo", "--log-filter", "warn"]);
        settle(place, &database).await;
        sum += measure(place.name(), program.address).await;
    }
    sum
}

/// The databases that were made and not dropped yet.
static MADE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The URL of a new database; those before it are dropped. What is not yet on the disk is brought there: neither the making of the cluster
/// nor an earlier figure's vacuum and checkpoint is to be measured with the next figure.
pub async fn fresh_postgres() -> String {
    drop_postgres().await;
    make_postgres().await
}

async fn make_postgres() -> String {
    let server = postgres::server().unwrap();
    let name = format!("bench_{}", uuid::Uuid::now_v7().simple());
    MADE.lock().unwrap().push(name.clone());
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    connection.execute("CHECKPOINT").await.unwrap();
    assert!(Command::new("sync").status().unwrap().success());
    format!("{server}/{name}")
}

async fn drop_postgres() {
    let server = postgres::server().unwrap();
    let before = std::mem::take(&mut *MADE.lock().unwrap());
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    for name in before {
        connection.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
    }
}

async fn seed(channel: Channel) {
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
    HospitalServiceClient::new(channel).create_hospital(hospital("there", String::new())).await.unwrap();
}

fn hospital(id: &str, request_id: String) -> pb::CreateHospitalRequest {
    pb::CreateHospitalRequest {
        parent: "programmes/bench".to_owned(),
        hospital_id: id.to_owned(),
        hospital: Some(pb::Hospital {
            display_name: format!("医院 {id}"),
            level: pb::HospitalLevel::Tertiary as i32,
            city: "长沙市".to_owned(),
            ..Default::default()
        }),
        request_id,
        ..Default::default()
    }
}

/// One caller: the next request when the one before is answered. Returns the latencies of those that began and ended
/// while it was measured.
async fn call(
    channel: Channel,
    caller: usize,
    kind: Kind,
    measuring: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
) -> Vec<Duration> {
    let mut client = HospitalServiceClient::new(channel);
    let mut latencies = Vec::with_capacity(100_000);
    let mut n = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        n += 1;
        let id = format!("h{caller}-{n}");
        let counts = measuring.load(Ordering::Relaxed);
        let begin = Instant::now();
        once(&mut client, kind, &id).await;
        if counts && measuring.load(Ordering::Relaxed) {
            latencies.push(begin.elapsed());
        }
    }
    latencies
}

/// One call.
async fn once(client: &mut HospitalServiceClient<Channel>, kind: Kind, id: &str) {
    match kind {
        Kind::Create => drop(client.create_hospital(hospital(id, id.to_owned())).await.unwrap()),
        Kind::Refused => {
            let refusal = client.create_hospital(hospital("there", String::new())).await.unwrap_err();
            assert_eq!(refusal.code(), Code::AlreadyExists, "{refusal:?}");
        }
    }
}

/// A counter in the line that the writer logs when it stops.
fn counted(log: &str, name: &str) -> f64 {
    let plain: String = strip_colours(log);
    let key = format!(" {name}=");
    let line = plain.lines().find(|line| line.contains("the writer stopped")).unwrap_or_default();
    let value = line.split(&key).nth(1).and_then(|rest| rest.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

fn strip_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, coloured)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = coloured.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// The median time of an append of 4 KiB that is flushed, in microseconds.
pub fn flush_micros() -> u128 {
    let mut file = tempfile::tempfile().unwrap();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let begin = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[100].as_micros()
}

/// CPU that processes have used so far, user and system, in microseconds.
pub fn cpu_micros(processes: &[u32]) -> f64 {
    let ticks: u64 = processes.iter().filter_map(|id| stat(*id)).map(|stat| stat.ticks).sum();
    ticks as f64 * 10_000.0
}

struct Stat {
    parent: u32,
    ticks: u64,
}

fn stat(id: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |n: usize| fields.get(n)?.parse::<u64>().ok();
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, ticks: number(11)? + number(12)? })
}

/// The processes of the cluster that this process started.
fn postgres_processes() -> Vec<u32> {
    let ids =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_postgres =
        |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|comm| comm.starts_with("postgres"));
    ids.filter(is_postgres).filter(|id| descends_from_here(*id)).collect()
}

/// The first process of that cluster, which started all others.
pub fn postgres_root() -> Option<u32> {
    let processes = postgres_processes();
    processes.iter().copied().find(|id| stat(*id).is_some_and(|stat| !processes.contains(&stat.parent)))
}

fn descends_from_here(mut id: u32) -> bool {
    while let Some(stat) = stat(id) {
        if stat.parent == std::process::id() {
            return true;
        }
        id = stat.parent;
    }
    false
}

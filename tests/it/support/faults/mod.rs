//! The fault program: clients write and watch while servers are killed, PostgreSQL crashes and recovers, connections are cut and an
//! SQLite file is full; then everything that was acknowledged is counted.
//!
//! What a power cut does to the disk isn't shown here.
pub mod clients;
mod lane;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use homecoming::db::verify::VerifyLedger;
use homecoming::db::{Engine, Target};
use homecoming::pb;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use homecoming::pb::tally_service_client::TallyServiceClient;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::program::Program;
use super::schedule::{self, PARENT, name};
use super::{Database, connect, postgres};
use clients::{Kind, Log, Watched};
use lane::Lane;

/// Places of the session that everybody wants, fewer than there are patients.
const PLACES: i32 = 40;
/// Clients that write.
const WRITERS: usize = 8;
/// Clients that watch.
const WATCHERS: usize = 3;

/// What befalls those who write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A server is killed and started again.
    Kill,
    /// Every client's connection is cut.
    Cut,
    /// PostgreSQL crashes and recovers.
    Crash,
    /// The SQLite file may not grow, until the server is started again without that limit.
    Full,
}

/// What was found afterwards.
#[derive(Debug, Default)]
pub struct Evidence {
    /// How often each fault happened.
    pub faults: BTreeMap<Fault, u32>,
    pub servers: usize,
    /// Writes that were acknowledged, by kind: reservations, sessions, hospitals.
    pub acknowledged: [usize; 3],
    /// Attempts that nobody answered, sent again under the same request id.
    pub repeated: usize,
    /// Refusals because the session was full.
    pub full_sessions: usize,
    /// Changes in the log, and those that each watcher saw.
    pub changes: i64,
    pub watched: Vec<usize>,
    /// How often watchers came back and went on where they were.
    pub resumed: usize,
    /// Whatever is wrong, in words.
    pub wrong: Vec<String>,
}

impl fmt::Display for Evidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [reservations, sessions, hospitals] = self.acknowledged;
        write!(
            out,
            "{} servers, {:?}: {reservations} reservations, {sessions} sessions and {hospitals} hospitals acknowledged, \
             {} attempts repeated, {} refused by a full session; {} changes, watchers saw {:?} and resumed {} times; {} wrong",
            self.servers,
            self.faults,
            self.repeated,
            self.full_sessions,
            self.changes,
            self.watched,
            self.resumed,
            self.wrong.len()
        )?;
        self.wrong.iter().try_for_each(|wrong| write!(out, "\n  {wrong}"))
    }
}

/// Where the data is, for servers that come and go.
enum Place {
    Sqlite(Database),
    Postgres(String),
}

impl Place {
    async fn fresh(engine: Engine) -> Option<Place> {
        match engine {
            Engine::Sqlite => Some(Place::Sqlite(Database::empty("faults", engine).await?)),
            Engine::Postgres => {
                let server = postgres::another()?;
                let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
                connection.execute("CREATE DATABASE faults").await.unwrap();
                Some(Place::Postgres(format!("{server}/faults")))
            }
        }
    }

    fn setting(&self) -> String {
        match self {
            Place::Sqlite(database) => database.setting(),
            Place::Postgres(url) => url.clone(),
        }
    }

    fn database(&self) -> Database {
        match self {
            Place::Sqlite(database) => Database::of(&database.target),
            Place::Postgres(url) => Database::of(&Target::Postgres(url.clone())),
        }
    }
}

/// A server and the way to it.
struct Stand {
    program: Option<Program>,
    lane: Lane,
}

impl Stand {
    async fn start(place: &Place, more: &[&str]) -> Stand {
        let program = Program::serve(&place.setting(), more);
        let lane = Lane::to(program.address).await;
        Stand { program: Some(program), lane }
    }

    /// Kills the server and starts another.
    fn replace(&mut self, place: &Place, more: &[&str]) {
        drop(self.program.take());
        let program = Program::serve(&place.setting(), more);
        self.lane.lead_to(program.address);
        self.program = Some(program);
    }
}

/// Runs the faults one after the other, each once so many writes more were acknowledged; nothing where the engine isn't there.
pub async fn run(engine: Engine, faults: &[Fault], writes_between: usize) -> Option<Evidence> {
    let place = Place::fresh(engine).await?;
    let servers = if engine == Engine::Postgres { 2 } else { 1 };
    let mut stands = Vec::new();
    for _ in 0..servers {
        stands.push(Stand::start(&place, &[]).await);
    }
    prepare(&connect(stands[0].lane.address).await).await;

    let addresses: Vec<_> = stands.iter().map(|stand| stand.lane.address).collect();
    let (log, stop) = (Arc::new(Mutex::new(Log::default())), Arc::new(AtomicBool::new(false)));
    let (count, mut counted) = watch::channel(0_usize);
    let count = Arc::new(count);
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (log, stop, count) = (Arc::clone(&log), Arc::clone(&stop), Arc::clone(&count));
        writers.spawn(clients::write(number, addresses.clone(), log, count, stop));
    }
    let (last, until) = watch::channel(None);
    let mut watchers = JoinSet::new();
    for number in 0..WATCHERS {
        watchers.spawn(clients::watch(number, addresses.clone(), until.clone()));
    }
    let mut evidence = Evidence { servers, ..Evidence::default() };
    for (at, fault) in faults.iter().enumerate() {
        wait_for(&mut counted, writes_between).await;
        befall(*fault, &place, &mut stands, at, &log).await;
        *evidence.faults.entry(*fault).or_default() += 1;
    }
    wait_for(&mut counted, writes_between).await;
    stop.store(true, Ordering::Relaxed);
    writers.join_all().await;

    reconcile(&connect(stands[0].lane.address).await, &mut evidence).await;
    let database = place.database();
    let db = database.open().await;
    let verified = db.read(VerifyLedger).await.unwrap();
    db.close().await;
    evidence.wrong.extend(verified.wrong);
    evidence.changes = i64::try_from(verified.changes).unwrap();
    last.send_replace(Some(evidence.changes));
    let patience = tokio::time::timeout(Duration::from_secs(30), watchers.join_all());
    match patience.await {
        Ok(watched) => compare_watchers(watched, &mut evidence),
        Err(_) => evidence.wrong.push("a watcher never saw the last change".to_owned()),
    }
    let log = std::mem::take(&mut *log.lock().unwrap());
    compare(&connect(stands[0].lane.address).await, log, &mut evidence).await;
    drop(stands);
    Some(evidence)
}

async fn wait_for(counted: &mut watch::Receiver<usize>, more: usize) {
    let until = *counted.borrow() + more;
    let waiting = counted.wait_for(|count| *count >= until);
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("writes go on after every fault").unwrap();
}

/// The county, and a session tomorrow that everybody wants places of.
async fn prepare(channel: &Channel) {
    let mut sessions = schedule::make(channel, WRITERS).await;
    let plan = clients::tomorrow(pb::SessionPlan { capacity: PLACES, ..schedule::clinic(1, 8, 12) });
    sessions.book_session(schedule::booking("wanted", plan)).await.unwrap();
    let session = name("sessions", "wanted");
    let register = pb::OpenRegisterRequest { session, place_minutes: 6, ..Default::default() };
    ReservationServiceClient::new(channel.clone()).open_register(register).await.unwrap();
}

async fn befall(fault: Fault, place: &Place, stands: &mut [Stand], at: usize, log: &Mutex<Log>) {
    let number = at % stands.len();
    match (fault, place) {
        (Fault::Kill, _) => stands[number].replace(place, &[]),
        (Fault::Cut, _) => stands.iter().for_each(|stand| stand.lane.cut()),
        (Fault::Crash, Place::Postgres(url)) => crash(url).await,
        (Fault::Full, Place::Sqlite(_)) => {
            let before = log.lock().unwrap().storage_full;
            // As small as it is already: whatever needs another page is refused.
            stands[number].replace(place, &["--sqlite-pages", "1"]);
            let refused = async {
                while log.lock().unwrap().storage_full == before {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), refused).await.expect("a full file refuses");
            stands[number].replace(place, &[]);
        }
        (Fault::Crash, Place::Sqlite(_)) | (Fault::Full, Place::Postgres(_)) => panic!("{fault:?} isn't this engine's"),
    }
}

/// Kills one of PostgreSQL's processes as a crash would: it cuts everybody, recovers from its log, and goes on.
async fn crash(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let process: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
    let killed = std::process::Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap();
    assert!(killed.success());
    let recovered = async {
        while PgConnection::connect(url).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), recovered).await.expect("PostgreSQL recovers");
}

/// Counts every cell of the tallies again.
async fn reconcile(channel: &Channel, evidence: &mut Evidence) {
    let request = pb::ReconcileRequest { parent: PARENT.to_owned() };
    let answer = TallyServiceClient::new(channel.clone()).reconcile(request).await.unwrap().into_inner();
    if !clients::is_reconciled(&answer) {
        evidence.wrong.push(format!("tallies don't reconcile: {answer:?}"));
    }
}

/// Every watcher saw every change once, in order.
fn compare_watchers(watched: Vec<Watched>, evidence: &mut Evidence) {
    for (at, Watched { sequences, resumed, wrong }) in watched.into_iter().enumerate() {
        if !sequences.iter().copied().eq(1..=evidence.changes) {
            let seen: BTreeSet<i64> = sequences.iter().copied().collect();
            let missing = (1..=evidence.changes).filter(|sequence| !seen.contains(sequence)).count();
            evidence.wrong.push(format!("watcher {at} saw {} changes, missed {missing}", sequences.len()));
        }
        evidence.watched.push(sequences.len());
        evidence.resumed += resumed;
        evidence.wrong.extend(wrong);
    }
}

/// What was acknowledged is there once, and nobody shares a place.
async fn compare(channel: &Channel, log: Log, evidence: &mut Evidence) {
    evidence.wrong.extend(log.wrong);
    (evidence.repeated, evidence.full_sessions) = (log.repeated, log.full_sessions);
    let reservations = clients::reservations(channel).await;
    let places: BTreeSet<i32> = reservations.iter().map(|one| one.place).collect();
    let patients: BTreeSet<&str> =
        reservations.iter().filter_map(|one| Some(one.patient.as_ref()?.token.as_str())).collect();
    if places.len() != reservations.len() || patients.len() != reservations.len() {
        evidence.wrong.push(format!("{} reservations at {} places", reservations.len(), places.len()));
    }
    if reservations.len() > usize::try_from(PLACES).unwrap() {
        evidence.wrong.push(format!("{} reservations of {PLACES} places", reservations.len()));
    }
    let stored = [
        reservations.into_iter().map(|one| one.name).collect(),
        clients::sessions(channel).await,
        clients::hospitals(channel).await,
    ];
    for (kind, stored) in Kind::ALL.into_iter().zip(stored) {
        let acknowledged = &log.acknowledged[kind as usize];
        evidence.acknowledged[kind as usize] = acknowledged.len();
        let stored: Vec<String> = stored;
        let once: BTreeSet<&String> = stored.iter().collect();
        if once.len() != stored.len() {
            evidence.wrong.push(format!("{kind:?}: something is stored twice"));
        }
        for name in acknowledged.iter().filter(|name| !once.contains(name)) {
            evidence.wrong.push(format!("{name} was acknowledged, and isn't there"));
        }
        // Every writer got an answer in the end: nothing is there that nobody was told of.
        for name in once.into_iter().filter(|name| !acknowledged.contains(*name)) {
            evidence.wrong.push(format!("{name} is there, and was never acknowledged"));
        }
    }
}

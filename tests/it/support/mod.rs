//! What tests stand on: a server on a fresh database of each engine, and the real program as a child process.
//!
//! Nothing here sleeps: readiness is the health check, time is the server's manual clock.
pub mod bare;
pub mod chance;
pub mod county;
pub mod errors;
pub mod faults;
pub mod figures;
pub mod fuzz;
pub mod kills;
pub mod liling;
pub mod papers;
pub mod parsers;
pub mod places;
pub mod postgres;
pub mod program;
pub mod race;
pub mod raw;
pub mod schedule;
pub mod source;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use homecoming::db::{Db, Engine, Options, Target};
use homecoming::kernel::{ManualClock, Timestamp};
use homecoming::server::{self, Door, Server};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Where every test's clock stands at first: 2024-04-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_micros(1_711_929_600_000_000);

/// Runs a test on a fresh database of each engine that the machine has.
pub async fn each_engine(name: &str, body: impl AsyncFn(TestServer)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh(name, engine).await else { continue };
        eprintln!("{name} on {engine:?}"); // seen where the test fails
        let server = TestServer::start(&database, server::options()).await;
        body(server.clone()).await;
        server.stop().await;
        database.remove().await;
    }
}

/// A database of a test's own, at the newest migration, without rows.
pub struct Database {
    pub target: Target,
    folder: Option<TempDir>,
}

impl Database {
    /// A fresh one, or nothing where the machine doesn't have the engine (see [`postgres::server`]).
    pub async fn fresh(name: &str, engine: Engine) -> Option<Database> {
        match engine {
            Engine::Sqlite => Database::empty(name, engine).await,
            Engine::Postgres => {
                let server = postgres::server()?;
                Some(create(server, name, &format!("TEMPLATE {}", template(server).await)).await)
            }
        }
    }

    /// One without any table of ours.
    pub async fn empty(name: &str, engine: Engine) -> Option<Database> {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::Builder::new().prefix("homecoming-test-").tempdir().unwrap();
                let target = Target::Sqlite(folder.path().join("homecoming.db"));
                Some(Database { target, folder: Some(folder) })
            }
            Engine::Postgres => Some(create(postgres::server()?, name, "").await),
        }
    }

    /// A fresh one that no server has opened, with every migration.
    pub async fn migrated(name: &str, engine: Engine) -> Option<Database> {
        let database = Database::fresh(name, engine).await?;
        Db::open(&database.target, Options::default(), Arc::new(ManualClock::new(START))).await.unwrap().close().await;
        Some(database)
    }

    /// The one that a server keeps its data in; whoever made it removes it.
    pub fn of(target: &Target) -> Database {
        Database { target: target.clone(), folder: None }
    }

    /// The value for `--database`.
    pub fn setting(&self) -> String {
        match &self.target {
            Target::Sqlite(path) => path.to_str().unwrap().to_owned(),
            Target::Postgres(url) => url.clone(),
        }
    }

    /// Opens it as the server does, by a clock that stands at [`START`].
    pub async fn open(&self) -> Db {
        Db::open(&self.target, server::options(), Arc::new(ManualClock::new(START))).await.unwrap()
    }

    /// Runs a statement behind the service's back.
    pub async fn execute(&self, statement: &'static str) {
        match &self.target {
            Target::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                connection.execute(statement).await.unwrap();
                connection.close().await.unwrap();
            }
            Target::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                connection.execute(statement).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Gives the space back; a test that failed leaves it to the cluster's end.
    pub async fn remove(self) {
        match &self.target {
            Target::Sqlite(_) => drop(self.folder),
            Target::Postgres(url) => {
                let (server, own) = url.rsplit_once('/').unwrap();
                administer(server, &format!("DROP DATABASE {own} WITH (FORCE)")).await;
            }
        }
    }
}

async fn create(server: &str, name: &str, how: &str) -> Database {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let short: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(30).collect();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let own = format!("test_{}_{number}_{}", std::process::id(), short.to_lowercase());
    administer(server, &format!("CREATE DATABASE {own} {how}")).await;
    Database { target: Target::Postgres(format!("{server}/{own}")), folder: None }
}

/// The name of an empty database that has every migration: copying it is faster than migrating each.
async fn template(server: &str) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let made = TEMPLATE.get_or_init(async || {
        let name = format!("homecoming_template_{}", std::process::id());
        administer(server, &format!("CREATE DATABASE {name}")).await;
        let target = Target::Postgres(format!("{server}/{name}"));
        Db::open(&target, Options::default(), Arc::new(ManualClock::new(START))).await.unwrap().close().await;
        name
    });
    made.await
}

async fn administer(server: &str, statement: &str) {
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

/// A server in this process, on a socket of its own; clones share it.
#[derive(Clone)]
pub struct TestServer {
    /// Connected, and seen serving.
    pub channel: Channel,
    /// The server's own database handle.
    pub db: Db,
    /// The server's clock.
    pub clock: Arc<ManualClock>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its data is.
    pub target: Target,
    running: Arc<Mutex<Option<Server>>>,
}

impl TestServer {
    /// Starts a server on a database, its clock at [`START`].
    pub async fn start(database: &Database, options: Options) -> TestServer {
        TestServer::with_clock(&database.target, options, Arc::new(ManualClock::new(START))).await
    }

    /// Starts a server that asks who calls, its clock at [`START`], and the secret of the platform's owner.
    pub async fn guarded(database: &Database) -> (TestServer, String) {
        let clock = Arc::new(ManualClock::new(START));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("owner.token");
        let db = Db::open(&database.target, server::options(), clock.clone()).await.unwrap();
        server::owner::ensure(&db, &file).await.unwrap();
        let secret = std::fs::read_to_string(file).unwrap().trim().to_owned();
        let door = Door::guarded("127.0.0.1:0".parse().unwrap());
        (TestServer::behind(&door, &database.target, db, clock).await, secret)
    }

    /// One more server on the same database that asks who calls.
    pub async fn second_guarded(&self) -> TestServer {
        self.second_behind(&Door::guarded("127.0.0.1:0".parse().unwrap())).await
    }

    /// One more server on the same database, by the same clock.
    pub async fn second_behind(&self, door: &Door) -> TestServer {
        let db = Db::open(&self.target, server::options(), self.clock.clone()).await.unwrap();
        TestServer::behind(door, &self.target, db, self.clock.clone()).await
    }

    async fn with_clock(target: &Target, options: Options, clock: Arc<ManualClock>) -> TestServer {
        let db = Db::open(target, options, clock.clone()).await.unwrap();
        TestServer::behind(&Door::open("127.0.0.1:0".parse().unwrap()), target, db, clock).await
    }

    async fn behind(door: &Door, target: &Target, db: Db, clock: Arc<ManualClock>) -> TestServer {
        let server = Server::start(door, db.clone()).await.unwrap();
        let address = server.address();
        let channel = connect(address).await;
        let running = Arc::new(Mutex::new(Some(server)));
        TestServer { channel, db, clock, address, target: target.clone(), running }
    }

    /// One more server on the same database, by the same clock.
    pub async fn second(&self) -> TestServer {
        TestServer::with_clock(&self.target, server::options(), self.clock.clone()).await
    }

    pub fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// Stops it as SIGTERM would; the second time nothing happens.
    pub async fn stop(&self) {
        let server = self.running.lock().unwrap().take();
        if let Some(server) = server {
            server.stop().await;
        }
    }
}

/// A channel to a server that says it is serving.
pub async fn connect(address: SocketAddr) -> Channel {
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let answer = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    channel
}

//! What the writer owes every command, shown by commands of the tests' own: one that counts, one that does what no
//! command should.
//!
//! Commands that shall make one batch are queued behind one that waits. Crashes of the program are in `crashes.rs`.
mod ahead;
mod apart;
mod commands;
mod deeds;
mod full;
mod neighbours;
mod opening;
mod outcomes;
mod proxy;
mod queue;
mod reactions;
mod requests;
mod scrubbing;
mod servers;
mod sets;
mod tampering;
mod told;
mod touching;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::poll;
use homecoming::db::verify::{Verified, VerifyLedger};
use homecoming::db::{Db, Engine, Options, Query, Sql, Target, Tx};
use homecoming::kernel::{Call, Caller, Error, Id, ManualClock, Result, Zone};
use homecoming::programmes::commands::CreateProgramme;

use crate::support::{Database, START};
use commands::Add;
use deeds::{Bad, Deed, Gate};

/// An open database with one programme, and the tables of the tests' commands.
pub struct Ward {
    pub database: Database,
    pub db: Db,
    pub clock: Arc<ManualClock>,
}

/// Runs a test on a fresh ward of each engine that the machine has.
async fn each_engine(name: &str, options: Options, body: impl AsyncFn(&Ward)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh(name, engine).await else { continue };
        eprintln!("{name} on {engine:?}"); // seen where the test fails
        let target = database.target.clone();
        let ward = Ward::open(database, &target, options.clone()).await;
        body(&ward).await;
        ward.verify().await;
        ward.db.close().await;
        ward.database.remove().await;
    }
}

impl Ward {
    /// Opens a fresh database, perhaps by another way than its own.
    async fn open(database: Database, target: &Target, options: Options) -> Ward {
        let clock = Arc::new(ManualClock::new(START));
        let db = Db::open(target, options, clock.clone()).await.unwrap();
        database.execute(commands::TABLES).await;
        let ward = Ward { database, db, clock };
        ward.create_programme("p").await;
        ward
    }

    async fn create_programme(&self, id: &str) {
        let create = CreateProgramme {
            id: Id::parse(id).unwrap(),
            display_name: id.to_owned(),
            division_code: "430281".to_owned(),
            zone: Zone::parse("Asia/Shanghai").unwrap(),
            external_ids: Vec::new(),
        };
        self.db.write(call(""), create).await.unwrap();
    }

    fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// Queues commands so that they make one batch, in this order.
    async fn together<T>(&self, writes: Vec<impl Future<Output = T>>) -> Vec<T> {
        let gate = Gate::default();
        let mut waiting = pin!(self.db.write(call(""), Bad::new(Deed::Wait(gate.clone()))));
        assert!(poll!(&mut waiting).is_pending());
        gate.reached.notified().await;
        let mut writes: Vec<Pin<Box<_>>> = writes.into_iter().map(Box::pin).collect();
        for write in &mut writes {
            assert!(poll!(write).is_pending(), "it didn't wait in the queue");
        }
        let before = self.db.stats().counts().batches;
        gate.open.notify_one();
        assert!(matches!(waiting.await, Err(Error::Refused(_))));
        let answers = join_all(writes).await;
        assert_eq!(self.db.stats().counts().batches, before + 1, "one batch");
        answers
    }

    /// Adds one to a counter of programme `p`.
    async fn add(&self, counter: &str) -> Result<i64> {
        self.db.write(call(""), Add::<false>::one(counter)).await
    }

    /// The sum of all counters.
    async fn total(&self) -> i64 {
        self.number(commands::TOTAL).await
    }

    /// The one number that a statement answers as `n`.
    async fn number(&self, sql: Sql) -> i64 {
        self.db.read(Number(sql)).await.unwrap()
    }

    /// Checks that the ledger is whole and agrees with what the tests' commands wrote.
    async fn verify(&self) -> Verified {
        let verified = self.db.read(VerifyLedger).await.unwrap();
        assert_eq!(verified.wrong, Vec::<String>::new());
        assert_eq!(self.number(commands::MISNUMBERED).await, 0, "additions without a change of their number");
        assert_eq!(self.number(commands::MISCOUNTED).await, 0, "counters that aren't the sum of their additions");
        verified
    }

    /// How often transactions were run again.
    fn reruns(&self) -> u64 {
        self.db.stats().counts().reruns
    }
}

/// A call of the tests' caller; an empty request id is none.
fn call(request_id: &str) -> Call {
    let request_id = (!request_id.is_empty()).then(|| request_id.to_owned());
    Call { request_id, body_digest: "body".to_owned(), ..Call::new(Caller::new("tests")) }
}

struct Number(Sql);

impl Query for Number {
    type Output = i64;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64> {
        tx.sql(self.0).fetch_one().await?.get("n")
    }
}

//! Sets do as one by one: random callers at three desks, the same answers, rows and changes on both engines.
use std::sync::Arc;

use futures_util::future::{BoxFuture, join_all};
use homecoming::db::{Db, Engine, Sql};
use homecoming::kernel::{Call, Caller, Id, ManualClock, Name, Patient, Result};
use homecoming::pb;
use homecoming::reservations::commands::{BookHeld, Booking, Cancel, Enter, Entry, Holding, Joining, Treat};
use homecoming::reservations::{CancelledBy, Reservation};
use homecoming::server;

use super::{open, register};
use crate::support::places::{Lines, WRONG};
use crate::support::schedule::{booking, clinic};
use crate::support::{Database, START, TestServer};

const RESERVATIONS: Sql = Sql::new(
    "SELECT x.reservation || ' ' || x.session || ' ' || x.state || ' ' || COALESCE(CAST(x.place AS TEXT), '-') || ' ' || \
     COALESCE(CAST(x.arrival AS TEXT), '-') || ' ' || x.revision AS line FROM reservations x ORDER BY x.reservation",
);
const CHANGES: Sql = Sql::new(
    "SELECT c.sequence || ' ' || c.name || ' ' || c.verb || ' ' || c.revision AS line FROM changes c ORDER BY c.sequence",
);
/// Numbers that look random, the same each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How many places the sessions `s1` to `s3` have.
pub const CAPACITIES: [i64; 3] = [4, 6, 6];

/// One thing that somebody does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    Hold(i64),
    Book,
    Join,
    BookHeld,
    Cancel,
}

/// Somebody who does it, at a desk, with a reservation.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub deed: Deed,
    pub id: u64,
    pub session: u64,
    pub patient: u64,
}

/// Some callers who do the same.
pub fn run_of(dice: &mut Dice, next: &mut u64) -> Vec<Step> {
    let deed = match dice.below(8) {
        0..=1 => Deed::Hold(1 + i64::try_from(dice.below(15)).unwrap()),
        2..=3 => Deed::Book,
        4 => Deed::Join,
        5 => Deed::BookHeld,
        _more => Deed::Cancel,
    };
    let length = 1 + dice.below(10);
    let one = |dice: &mut Dice, next: &mut u64| {
        *next += 1;
        // Now and then an id that is there already, and often a reservation that others had to do with.
        let id = match deed {
            Deed::BookHeld | Deed::Cancel => next.saturating_sub(dice.below(30)),
            Deed::Hold(_) | Deed::Book | Deed::Join if dice.below(12) == 0 => next.saturating_sub(dice.below(9)),
            Deed::Hold(_) | Deed::Book | Deed::Join => *next,
        };
        Step { deed, id, session: 1 + dice.below(3), patient: dice.below(25) }
    };
    (0..length).map(|_| one(dice, next)).collect()
}

pub fn send(db: Db, Step { deed, id, session, patient }: Step) -> BoxFuture<'static, Result<Reservation>> {
    let id_of = |text: String| Id::parse(&text).unwrap();
    let name = Name::new(id_of("liling".to_owned()), id_of(format!("r{id:05}")));
    let entry = Entry {
        name: name.clone(),
        session: id_of(format!("s{session}")),
        patient: Patient::parse("liling.his", &format!("tokenOf{patient:03}")).unwrap(),
        external_ids: Vec::new(),
    };
    let call = Call::new(Caller::anonymous());
    match deed {
        Deed::Hold(minutes) => Box::pin(async move { db.write(call, Enter { entry, way: Holding { minutes } }).await }),
        Deed::Book => Box::pin(async move { db.write(call, Enter { entry, way: Booking }).await }),
        Deed::Join => Box::pin(async move { db.write(call, Enter { entry, way: Joining }).await }),
        Deed::BookHeld => Box::pin(async move { db.write(call, Treat { name, etag: None, deed: BookHeld }).await }),
        Deed::Cancel => {
            let deed = Cancel { by: CancelledBy::Patient };
            Box::pin(async move { db.write(call, Treat { name, etag: None, deed }).await })
        }
    }
}

/// What a run leaves: every answer in words, and the rows.
#[derive(Debug, PartialEq)]
struct Trace {
    answers: Vec<String>,
    rows: Vec<String>,
    changes: Vec<String>,
}

/// A county with three open registers, whose server has stopped: nobody sweeps meanwhile.
pub async fn county(name: &str, engine: Engine) -> Option<(Database, Db, Arc<ManualClock>)> {
    let database = Database::fresh(name, engine).await?;
    let server = TestServer::start(&database, server::options()).await;
    let [first, second, third] = CAPACITIES.map(|capacity| i32::try_from(capacity).unwrap());
    let mut client = open(&server.channel, first).await;
    let mut sessions = pb::session_service_client::SessionServiceClient::new(server.channel.clone());
    for (session, from, capacity) in [("s2", 9, second), ("s3", 14, third)] {
        let plan = pb::SessionPlan { capacity, room: "c2".to_owned(), ..clinic(2, from, from + 2) };
        sessions.book_session(booking(session, plan)).await.unwrap();
        client.open_register(register(session)).await.unwrap();
    }
    server.stop().await;
    let clock = Arc::new(ManualClock::new(START));
    let db = Db::open(&database.target, server::options(), clock.clone()).await.unwrap();
    Some((database, db, clock))
}

async fn run(engine: Engine, seed: u64, together: bool) -> Option<(Trace, u64)> {
    let (database, db, clock) = county("reservation_sets", engine).await?;
    let before = db.stats().counts();
    let (mut dice, mut next, mut answers) = (Dice(seed), 0, Vec::new());
    for _ in 0..12 {
        let deeds: Vec<_> = (0..12).flat_map(|_| run_of(&mut dice, &mut next)).collect();
        let calls = deeds.iter().map(|deed| send(db.clone(), *deed));
        let outcomes = if together {
            join_all(calls).await
        } else {
            let mut outcomes = Vec::new();
            for call in calls {
                outcomes.push(call.await);
            }
            outcomes
        };
        answers.extend(outcomes.iter().zip(deeds).map(|(outcome, deed)| format!("{deed:?}: {outcome:?}")));
        let wrong = db.read(Lines(WRONG)).await.unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
        clock.advance_minutes(i64::try_from(dice.below(20)).unwrap());
    }
    let after = db.stats().counts();
    assert_eq!(after.reruns, before.reruns, "nothing spoils a batch");
    let rows = db.read(Lines(RESERVATIONS)).await.unwrap();
    let changes = db.read(Lines(CHANGES)).await.unwrap();
    // Papers of the fixture have names of their own in each run.
    let changes = changes.into_iter().filter(|line| !line.contains("/credentials/")).collect();
    db.close().await;
    database.remove().await;
    Some((Trace { answers, rows, changes }, after.messages - before.messages))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_of_reservations_do_as_one_by_one() {
    for seed in [11, 20_240_402] {
        let (expected, many) = run(Engine::Sqlite, seed, false).await.unwrap();
        for word in ["Held", "Booked", "Waiting", "Offered", "SessionFull", "PatientHoldsPlace", "AlreadyExists"] {
            assert!(expected.answers.iter().any(|answer| answer.contains(word)), "the dice never made {word}");
        }
        for word in [" LAPSED ", " CANCELLED ", " OFFERED "] {
            assert!(expected.rows.iter().any(|row| row.contains(word)), "the dice never made {word}");
        }
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let Some((set, few)) = run(engine, seed, true).await else { continue };
            assert_eq!(set, expected, "{engine:?}, seed {seed}");
            assert!(few * 2 < many, "{few} messages together, {many} one by one: no set ran");
        }
    }
}

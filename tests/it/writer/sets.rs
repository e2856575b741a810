//! The set form of a command does as one by one, and so do neighbours that touch nothing in common: answers, refusals, rows and sequence
//! numbers, on both engines.
use futures_util::future::BoxFuture;
use homecoming::db::{Db, Engine, Options, Query, Sql, Tx};
use homecoming::kernel::{Call, Id, Result};

use super::commands::{Add, MOST, tally};
use super::touching::Touching;
use super::{Ward, call};
use crate::support::Database;

const ADDITIONS: Sql = Sql::new(
    "SELECT a.since_sequence || ' ' || a.counter || ' ' || a.amount AS line FROM additions a ORDER BY a.since_sequence",
);
const CHANGES: Sql = Sql::new(
    "SELECT c.sequence || ' ' || c.name || ' ' || c.verb || ' ' || c.revision AS line FROM changes c ORDER BY c.sequence",
);
const CELLS: Sql = Sql::new("SELECT t.key || ' ' || t.quantity AS line FROM tally_cells t ORDER BY t.key");

struct Lines(Sql);

impl Query for Lines {
    type Output = Vec<String>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<String>> {
        tx.sql(self.0).fetch_all().await?.iter().map(|row| row.get("line")).collect()
    }
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What a run leaves: every answer in words, and the rows of every table.
#[derive(Debug, PartialEq)]
struct Trace {
    answers: Vec<String>,
    rows: [Vec<String>; 3],
}

/// How an addition is written.
type How = for<'a> fn(&'a Db, Call, Add<false>) -> BoxFuture<'a, Result<i64>>;

const ALONE: How = |db, call, add| Box::pin(db.write(call, add));
const AS_A_SET: How = |db, call, add| {
    let Add { programme, counter, amount } = add;
    Box::pin(db.write(call, Add::<true> { programme, counter, amount }))
};
const TOUCHING: How = |db, call, add| {
    let touches = vec![add.counter.to_string()];
    Box::pin(db.write(call, Touching { inner: add, touches }))
};

/// Rounds of sixty random additions in one batch each, some by request ids that come again, and what they leave.
async fn run(how: How, engine: Engine, seed: u64) -> Option<(Trace, u64)> {
    let database = Database::fresh("sets", engine).await?;
    let target = database.target.clone();
    let ward = Ward::open(database, &target, Options { projections: vec![tally], ..Options::default() }).await;
    let messages = ward.db.stats().counts().messages;
    let mut dice = Dice(seed);
    let mut answers = Vec::new();
    for _ in 0..5 {
        let writes = (0..60).map(|_| {
            let amount = i64::try_from(dice.below(1_000)).unwrap() - 400;
            let counter = format!("c{}", dice.below(8));
            let id = if dice.below(4) == 0 { format!("r{}", dice.below(20)) } else { String::new() };
            let programme = if dice.below(20) == 0 { "absent" } else { "p" };
            let mut call = call(&id);
            call.body_digest = format!("{counter} by {amount}");
            how(&ward.db, call, Add { programme: Id::parse(programme).unwrap(), amount, ..Add::one(&counter) })
        });
        answers.extend(ward.together(writes.collect()).await.into_iter().map(|answer| format!("{answer:?}")));
    }
    assert_eq!(ward.reruns(), 0, "a refusal that wrote nothing spoils nothing");
    let messages = ward.db.stats().counts().messages - messages;
    ward.verify().await;
    let mut rows = [const { Vec::new() }; 3];
    for (rows, sql) in rows.iter_mut().zip([ADDITIONS, CHANGES, CELLS]) {
        *rows = ward.db.read(Lines(sql)).await.unwrap();
    }
    ward.db.close().await;
    ward.database.remove().await;
    Some((Trace { answers, rows }, messages))
}

#[tokio::test]
async fn a_set_and_neighbours_apart_do_as_one_by_one() {
    for seed in [7, 20_240_401] {
        let (expected, _) = run(ALONE, Engine::Sqlite, seed).await.unwrap();
        for reason in ["Ok(", "the counter is full", "RequestIdReused", "NotFound"] {
            assert!(expected.answers.iter().any(|answer| answer.contains(reason)), "the dice never made {reason}");
        }
        let most = format!("value\", \"{MOST}");
        assert!(expected.answers.len() == 300 && !expected.answers.contains(&most));
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let Some((one_by_one, many)) = run(ALONE, engine, seed).await else { continue };
            assert_eq!(one_by_one, expected, "{engine:?}, seed {seed}");
            let (set, few) = run(AS_A_SET, engine, seed).await.unwrap();
            assert_eq!(set, expected, "{engine:?}, seed {seed}");
            assert!(few * 3 < many * 2, "{few} messages for sets, {many} one by one: no set ran");
            let (touching, fewer) = run(TOUCHING, engine, seed).await.unwrap();
            assert_eq!(touching, expected, "{engine:?}, seed {seed}");
            assert!(fewer < many, "{fewer} messages for neighbours apart, {many} one by one");
        }
    }
}

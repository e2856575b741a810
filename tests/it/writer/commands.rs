//! The tests' own command and tables: counters that are added to, and every addition under its sequence number.
//!
//! What no command should do is in `deeds.rs`.
use std::collections::BTreeMap;

use homecoming::db::{Command, Context, Decision, Delta, Outcome, Sql, Tx};
use homecoming::kernel::{Change, Date, Dimensions, Error, Fact, Id, Leaf, Measure, Reason, Residence, Result, Verb};
use homecoming::rows;

pub const TABLES: &str = "\
    CREATE TABLE counters (programme TEXT NOT NULL, id TEXT NOT NULL, value BIGINT NOT NULL CHECK (value >= 0), \
    revision BIGINT NOT NULL, PRIMARY KEY (programme, id)); \
    CREATE TABLE additions (programme TEXT NOT NULL, since_sequence BIGINT NOT NULL, counter TEXT NOT NULL, \
    amount BIGINT NOT NULL, PRIMARY KEY (programme, since_sequence))";

/// The sum of all counters.
pub const TOTAL: Sql = Sql::new("SELECT CAST(COALESCE(SUM(c.value), 0) AS BIGINT) AS n FROM counters c");
pub const ADDITIONS: Sql = Sql::new("SELECT count(*) AS n FROM additions a");
pub const CHANGES: Sql = Sql::new("SELECT count(*) AS n FROM changes c");
pub const MISNUMBERED: Sql = Sql::new(
    "SELECT count(*) AS n FROM additions a LEFT JOIN changes c ON c.programme = a.programme \
     AND c.sequence = a.since_sequence AND c.name = 'programmes/' || a.programme || '/counters/' || a.counter \
     WHERE c.name IS NULL",
);
pub const MISCOUNTED: Sql = Sql::new(
    "SELECT count(*) AS n FROM counters c LEFT JOIN (SELECT a.programme, a.counter, SUM(a.amount) AS amount \
     FROM additions a GROUP BY a.programme, a.counter) s ON s.programme = c.programme AND s.counter = c.id \
     WHERE s.amount IS NULL OR s.amount <> c.value",
);

const FIND: Sql = rows!(
    "SELECT c.id, c.value, c.revision FROM ",
    "JOIN counters c ON c.programme = r.value->>0 AND c.id = r.value->>1"
);
const PUT: Sql = rows!(
    "INSERT INTO counters (programme, id, value, revision) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE TRUE ON CONFLICT (programme, id) DO UPDATE SET value = excluded.value, revision = excluded.revision"
);
pub const INSERT_ADDITIONS: Sql = rows!(
    "INSERT INTO additions (programme, since_sequence, counter, amount) \
     SELECT r.value->>0, CAST(r.value->>1 AS BIGINT), r.value->>2, CAST(r.value->>3 AS BIGINT) FROM ",
    "WHERE TRUE"
);

/// A counter takes no more than this.
pub const MOST: i64 = 1_000;

/// Adds to a counter of a programme, made at its first addition; as a set too, where `SET` says so.
#[derive(Clone)]
pub struct Add<const SET: bool> {
    pub programme: Id,
    pub counter: Id,
    pub amount: i64,
}

/// A counter as it stands.
#[derive(Clone, Copy, Default)]
pub struct Counter {
    pub value: i64,
    pub revision: i64,
}

impl<const SET: bool> Add<SET> {
    /// Adds one to a counter of programme `p`.
    pub fn one(counter: &str) -> Self {
        Add { programme: Id::parse("p").unwrap(), counter: Id::parse(counter).unwrap(), amount: 1 }
    }

    fn row(&self, counter: &Counter) -> (&str, &str, i64, i64) {
        (self.programme.as_str(), self.counter.as_str(), counter.value, counter.revision)
    }

    pub fn addition(&self, sequence: i64) -> (&str, i64, &str, i64) {
        (self.programme.as_str(), sequence, self.counter.as_str(), self.amount)
    }
}

pub async fn find<const SET: bool>(tx: &mut Tx<'_>, of: &[&Add<SET>]) -> Result<BTreeMap<Id, Counter>> {
    let keys: Vec<_> = of.iter().map(|add| (add.programme.as_str(), add.counter.as_str())).collect();
    let rows = tx.sql(FIND).bind_rows(&keys).fetch_all().await?;
    rows.iter()
        .map(|row| Ok((row.get("id")?, Counter { value: row.get("value")?, revision: row.get("revision")? })))
        .collect()
}

impl<const SET: bool> Command for Add<SET> {
    type Facts = Option<Counter>;
    type Effects = Counter;
    type Output = i64;
    const METHOD: &'static str = "TestService.Add";
    const HAS_SET_FORM: bool = SET;

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Option<Counter>> {
        Ok(find(tx, &[self]).await?.remove(&self.counter))
    }

    fn decide(&self, before: Option<Counter>, _context: &Context<'_>) -> Result<Decision<Counter, i64>> {
        let old = before.unwrap_or_default();
        let after = Counter { value: old.value + self.amount, revision: old.revision + 1 };
        if !(0..=MOST).contains(&after.value) {
            return Err(Error::refused(Reason::OutOfRange, "the counter is full, or empty").with("value", old.value));
        }
        let name = format!("programmes/{}/counters/{}", self.programme, self.counter);
        let verb = if before.is_none() { Verb::CREATE } else { Verb::UPDATE };
        let fact = Fact {
            name: name.clone(),
            kind: "counter",
            before: before.map(|before| leaf(&self.counter, before.value)),
            after: Some(leaf(&self.counter, after.value)),
        };
        let changes = vec![Change::new(name, verb, after.revision)];
        Ok(Decision { effects: after, output: after.value, changes, facts: vec![fact] })
    }

    async fn apply(&self, after: &Counter, tx: &mut Tx<'_>) -> Result<()> {
        tx.sql(PUT).bind_rows(&[self.row(after)]).execute().await?;
        let addition = self.addition(tx.sequence());
        tx.sql(INSERT_ADDITIONS).bind_rows(&[addition]).execute().await?;
        Ok(())
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<i64> {
        assert!(names.iter().any(|name| name.ends_with(self.counter.as_str())), "{names:?}");
        Ok(find(tx, &[self]).await?.remove(&self.counter).unwrap_or_default().value)
    }

    async fn run_set(set: &[(&Self, Context<'_>)], tx: &mut Tx<'_>) -> Result<Vec<Result<Outcome<i64>>>> {
        let adds: Vec<&Self> = set.iter().map(|(add, _)| *add).collect();
        let mut counters = find(tx, &adds).await?;
        let (mut outcomes, mut additions, mut touched) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut sequence = tx.sequence();
        for (add, context) in set {
            let decided = add.decide(counters.get(&add.counter).copied(), context);
            outcomes.push(decided.map(|Decision { effects, output, changes, facts }| {
                counters.insert(add.counter.clone(), effects);
                touched.insert(&add.counter, add.row(&effects));
                additions.push(add.addition(sequence));
                sequence += 1;
                Outcome { output, changes, facts }
            }));
        }
        if !additions.is_empty() {
            let touched: Vec<_> = touched.into_values().collect();
            tx.sql(PUT).bind_rows(&touched).execute().await?;
            tx.sql(INSERT_ADDITIONS).bind_rows(&additions).execute().await?;
        }
        Ok(outcomes)
    }
}

fn leaf(counter: &Id, value: i64) -> Leaf {
    let dimensions = Dimensions {
        date: Date::from_ymd_opt(2024, 4, 1).unwrap(),
        half_day: None,
        site: counter.clone(),
        site_level: "COUNTY".to_owned(),
        expert: None,
        home_hospital: None,
        specialty: String::new(),
        kind: "CLINIC".to_owned(),
        residence: Residence::Unknown,
    };
    Leaf { dimensions, quantities: vec![(Measure::CONSULTATIONS, value)], attested: false }
}

/// The tests' projection: a cell for each counter.
pub fn tally(fact: &Fact) -> Vec<Delta> {
    assert_ne!(fact.kind, "poison", "as the test wants");
    let side = |leaf: &Option<Leaf>, sign: i64| {
        let delta = |leaf: &Leaf| Delta {
            face: "site",
            month: leaf.dimensions.date.format("%Y-%m").to_string(),
            key: leaf.dimensions.site.to_string(),
            by: leaf.quantities.iter().map(|(measure, quantity)| (measure.as_str(), sign * quantity)).collect(),
        };
        leaf.iter().map(delta).collect::<Vec<_>>()
    };
    [side(&fact.before, -1), side(&fact.after, 1)].concat()
}

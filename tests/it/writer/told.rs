//! What is read is what was written, on either engine: every text, number and truth value, and nothing at all, in the order asked for,
//! by itself and together with others.
use homecoming::db::{Ask, Options, Query, Read, Row, Sql, Tx};
use homecoming::kernel::Result;
use homecoming::rows;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::each_engine;

const READ: Sql = rows!(
    "SELECT CAST(r.value->>0 AS BIGINT) AS place, r.value->>1 AS words, CAST(r.value->>2 AS BIGINT) AS number, \
     CAST(r.value->>3 AS BIGINT) = 1 AS truth FROM ",
    "WHERE TRUE ORDER BY 1 DESC LIMIT 1000"
);
const NOTHING: Sql = Sql::new("SELECT CAST($1 AS TEXT) AS words WHERE 1 = 0");

type Line = (i64, Option<String>, Option<i64>, Option<bool>);

/// Lines as the engine reads them out of JSON.
struct Lines(Vec<Line>);

impl Query for Lines {
    type Output = Vec<Line>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Line>> {
        let given = self.0.iter().map(|(at, words, number, truth)| (at, words, number, truth.map(i64::from)));
        lines_of(tx.sql(READ).bind_rows(&given.collect::<Vec<_>>()).fetch_all().await?)
    }
}

fn lines_of(rows: Vec<Row>) -> Result<Vec<Line>> {
    rows.iter().map(|row| Ok((row.get("place")?, row.get("words")?, row.get("number")?, row.get("truth")?))).collect()
}

/// The same lines asked for in three parts, between them what has no rows and what is no question.
struct Parts(Vec<Line>);

impl Query for Parts {
    type Output = (Vec<Line>, (Vec<Line>, usize), (&'static str, Vec<Line>));

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let part = |from: usize, until: usize| {
            let given = self.0[from..until].iter();
            let given = given.map(|(at, words, number, truth)| (at, words, number, truth.map(i64::from)));
            Ask::rows(Read::of(READ).bind_rows(&given.collect::<Vec<_>>()), lines_of)
        };
        let nothing = Ask::rows(Read::of(NOTHING).bind(""), |rows| Ok(rows.len()));
        let (most, middle) = (self.0.len(), self.0.len() / 2);
        let ((first, second), third) = tx
            .ask(part(0, middle).and(part(middle, most).and(nothing)).and(Ask::known("known").and(part(0, most))))
            .await?;
        Ok((first, second, third))
    }
}

/// What goes wrong, said by the column's name.
struct Wrong;

impl Query for Wrong {
    type Output = (usize, [String; 3]);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output> {
        let none = tx.sql(NOTHING).bind("").fetch_all().await?.len();
        let rows = tx.sql(READ).bind_rows(&[(1, "words", Option::<i64>::None, 1)]).fetch_all().await?;
        let absent = rows[0].get::<i64>("absent").unwrap_err();
        let null = rows[0].get::<i64>("number").unwrap_err();
        let other = rows[0].get::<i64>("words").unwrap_err();
        Ok((none, [absent, null, other].map(|error| format!("{error:?}"))))
    }
}

fn any_line() -> impl Strategy<Value = (Option<String>, Option<i64>, Option<bool>)> {
    let words = prop::option::of(prop_oneof![
        prop::collection::vec(any::<char>().prop_filter("no NUL in texts", |it| *it != '\0'), 0..20)
            .prop_map(|all| all.into_iter().collect()),
        Just("\"\\\u{1}\n\t[1,{\"a\":null}]".to_owned()),
        Just("$1 ? 医院 🏥".to_owned()),
    ]);
    (words, prop::option::of(prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)]), any::<Option<bool>>())
}

#[tokio::test]
async fn rows_are_read_as_they_are() {
    let mut runner = TestRunner::deterministic();
    let lines = prop::collection::vec(any_line(), 400).new_tree(&mut runner).unwrap().current();
    let lines = (0_i64..).zip(lines).map(|(at, (words, number, truth))| (at, words, number, truth));
    let lines: Vec<Line> = lines.collect();
    let expected: Vec<Line> = lines.iter().rev().cloned().collect();
    each_engine("told", Options::default(), async |ward| {
        assert_eq!(ward.db.read(Lines(lines.clone())).await.unwrap(), expected);
        assert_eq!(ward.db.read(Lines(lines[..1].to_vec())).await.unwrap(), lines[..1]);
        assert_eq!(ward.db.read(Lines(Vec::new())).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_together_is_told_apart() {
    let mut runner = TestRunner::deterministic();
    let lines = prop::collection::vec(any_line(), 60).new_tree(&mut runner).unwrap().current();
    let lines = (0_i64..).zip(lines).map(|(at, (words, number, truth))| (at, words, number, truth));
    let lines: Vec<Line> = lines.collect();
    let backwards = |part: &[Line]| part.iter().rev().cloned().collect::<Vec<Line>>();
    each_engine("told_together", Options::default(), async |ward| {
        for _ in 0..2 {
            let (first, (second, none), (known, all)) = ward.db.read(Parts(lines.clone())).await.unwrap();
            assert_eq!((first, second), (backwards(&lines[..30]), backwards(&lines[30..])));
            assert_eq!((none, known, all), (0, "known", backwards(&lines)));
        }
    })
    .await;
}

/// One value too few is refused before anything is asked, and so is what writes.
struct Unaskable(Sql);

impl Query for Unaskable {
    type Output = usize;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<usize> {
        let ask = |sql: Sql| Ask::rows(Read::of(sql), |rows| Ok(rows.len()));
        tx.ask(ask(self.0).and(ask(Sql::new("SELECT 1 AS n")))).await.map(|(first, _)| first)
    }
}

#[tokio::test]
async fn what_cannot_be_asked_with_others_is_refused() {
    each_engine("told_unaskable", Options::default(), async |ward| {
        let unbound = ward.db.read(Unaskable(NOTHING)).await.unwrap_err();
        assert!(format!("{unbound:?}").contains("given: 0, taken: 1"), "{unbound:?}");
        let writes = ward.db.read(Unaskable(Sql::new("DELETE FROM counters"))).await.unwrap_err();
        assert!(format!("{writes:?}").contains("Unasked("), "{writes:?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_names_its_column_and_never_its_value() {
    each_engine("told_wrong", Options::default(), async |ward| {
        let (none, errors) = ward.db.read(Wrong).await.unwrap();
        assert_eq!(none, 0);
        for (error, column) in errors.iter().zip(["absent", "number", "words"]) {
            assert!(error.contains(column), "{error}");
        }
    })
    .await;
}

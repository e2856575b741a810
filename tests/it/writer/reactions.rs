//! What follows a command in its own transaction: reactions of later slices, and the cells of tallies.
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use homecoming::db::{Context, Options, React, Reacted, Reaction, Sql, Tx};
use homecoming::kernel::{Change, Error, Reason, Result};

use super::commands::{Add, CHANGES, MOST, tally};
use super::{Ward, call, each_engine};

const ECHOES: &str = "CREATE TABLE echoes (programme TEXT NOT NULL, since_sequence BIGINT NOT NULL, id TEXT NOT NULL, \
    PRIMARY KEY (programme, since_sequence))";
const ECHO: Sql = Sql::new("INSERT INTO echoes (programme, since_sequence, id) VALUES ('p', $1, $2)");
const HOW_MANY: Sql = Sql::new("SELECT count(*) AS n FROM echoes e");
const MISNUMBERED: Sql = Sql::new(
    "SELECT count(*) AS n FROM echoes e LEFT JOIN changes c ON c.programme = e.programme \
     AND c.sequence = e.since_sequence AND c.name = 'programmes/p/echoes/' || e.id WHERE c.name IS NULL",
);
const WRONG_CELLS: Sql = Sql::new(
    "SELECT count(*) AS n FROM counters c LEFT JOIN tally_cells t ON t.programme = c.programme AND t.face = 'site' \
     AND t.measure = 'consultations' AND t.month = '2024-04' AND t.key = c.id \
     WHERE COALESCE(t.quantity, 0) <> c.value",
);

const ECHO_COUNTERS: Reaction = Reaction {
    what: "echoes follow counters",
    collection: "counters",
    verbs: &["create", "update"],
    react: React::Follow(echo),
};

/// Echoes each change of a counter; refuses what happens to one that is forbidden, after a write of its own.
fn echo<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _context: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    async move {
        let counter = change.name.rsplit('/').next().unwrap_or_default();
        let id = format!("{counter}-{}", change.revision);
        let sequence = tx.sequence();
        tx.sql(ECHO).bind(sequence).bind(&id).execute().await?;
        match counter {
            "forbidden" => Err(Error::refused(Reason::InUse, "as the test wants")),
            "quiet" => Ok(Reacted::default()),
            _ => {
                let changes = vec![Change::created(format!("programmes/p/echoes/{id}"))];
                Ok(Reacted { changes, facts: Vec::new() })
            }
        }
    }
    .boxed()
}

const ECHO_FOR_EVER: Reaction = Reaction {
    what: "echoes follow echoes",
    collection: "echoes",
    verbs: &["create"],
    react: React::Follow(echo_for_ever),
};

fn echo_for_ever<'a>(_: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<Reacted>> {
    async move { Ok(Reacted { changes: vec![change.clone()], facts: Vec::new() }) }.boxed()
}

fn options(reactions: Vec<Reaction>) -> Options {
    Options { projections: vec![tally], reactions, ..Options::default() }
}

#[tokio::test]
async fn a_reaction_is_part_of_the_write() {
    each_engine("reactions", options(vec![ECHO_COUNTERS]), async |ward| {
        ward.database.execute(ECHOES).await;
        react::<false>(ward).await;
        react::<true>(ward).await;
    })
    .await;
}

async fn react<const SET: bool>(ward: &Ward) {
    let (echoes, changes, total) = (ward.number(HOW_MANY).await, ward.number(CHANGES).await, ward.total().await);
    let counters = ["a", "b", "forbidden", "a", "c"];
    let writes = counters.map(|counter| ward.db.write(call(""), Add::<SET>::one(counter)));
    let answers = ward.together(writes.into()).await;
    for (counter, answer) in counters.iter().zip(answers) {
        match (*counter, answer) {
            ("forbidden", Err(Error::Refused(refusal))) => assert_eq!(refusal.reason, Reason::InUse),
            (counter, answer) => drop(answer.unwrap_or_else(|error| panic!("{counter}: {error:?}"))),
        }
    }
    assert_eq!(ward.number(HOW_MANY).await, echoes + 4, "those of the refused command are gone");
    assert_eq!(ward.number(CHANGES).await, changes + 8, "what a reaction touches is in the log");
    assert_eq!(ward.number(MISNUMBERED).await, 0, "echoes without a change of their number");
    assert_eq!(ward.total().await, total + 4);
    assert_eq!(ward.number(WRONG_CELLS).await, 0);
    ward.verify().await;
}

#[tokio::test]
async fn reactions_that_follow_each_other_without_an_end_refuse_the_command() {
    each_engine("endless_reactions", options(vec![ECHO_COUNTERS, ECHO_FOR_EVER]), async |ward| {
        ward.database.execute(ECHOES).await;
        let answer = ward.add("echoed").await;
        assert!(matches!(answer, Err(Error::Internal(_))), "{answer:?}");
        assert_eq!((ward.total().await, ward.number(HOW_MANY).await), (0, 0));
        ward.add("quiet").await.unwrap();
        ward.database.execute("DELETE FROM echoes").await;
    })
    .await;
}

#[tokio::test]
async fn cells_equal_what_was_counted() {
    each_engine("cells", options(Vec::new()), async |ward| {
        let amounts = [5, 7, -3, MOST, 11, -20, 4, -9, 2 * MOST, 1];
        for round in 0..4 {
            let writes = amounts.iter().enumerate().map(|(i, amount)| {
                let counter = format!("c{}", (i + round) % 3);
                ward.db.write(call(""), Add::<true> { amount: *amount, ..Add::one(&counter) })
            });
            let answers = ward.together(writes.collect()).await;
            assert!(answers.iter().any(Result::is_ok) && answers.iter().any(Result::is_err));
            assert_eq!(ward.number(WRONG_CELLS).await, 0);
        }
    })
    .await;
}

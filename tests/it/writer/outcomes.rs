//! Commits whose answer never comes: looked up, and resolved both ways. Only PostgreSQL can lose an answer.
use homecoming::db::{Engine, Options};
use homecoming::kernel::{Error, Result};

use super::commands::{ADDITIONS, Add};
use super::proxy::{Fate, Proxy};
use super::{Ward, call};
use crate::support::Database;

/// The backend of the first commit that holds an addition ends before it commits.
const HANG_UP_AT_COMMIT: &str = "CREATE SEQUENCE commits; \
    CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$; \
    CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON additions DEFERRABLE INITIALLY DEFERRED \
    FOR EACH ROW EXECUTE FUNCTION hang_up()";

/// A constraint that is only found out at the commit.
const REFUSE_AT_COMMIT: &str =
    "ALTER TABLE additions ADD CONSTRAINT once UNIQUE (counter) DEFERRABLE INITIALLY DEFERRED";

/// A ward on PostgreSQL, reached through a proxy.
async fn behind_proxy(name: &str) -> Option<(Ward, Proxy)> {
    let database = Database::fresh(name, Engine::Postgres).await?;
    let proxy = Proxy::before(&database.target).await;
    let target = proxy.through(&database.target);
    Some((Ward::open(database, &target, Options::default()).await, proxy))
}

/// Twenty additions in one batch, each under a request id of its own.
async fn twenty(ward: &Ward) -> Vec<Result<i64>> {
    let write = |i| ward.db.write(call(&format!("r{i}")), Add::<false>::one(&format!("c{i}")));
    ward.together((0..20).map(write).collect()).await
}

async fn all_once(ward: &Ward, answers: Vec<Result<i64>>) {
    for (i, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap_or_else(|error| panic!("{i}: {error:?}")), 1);
    }
    assert_eq!((ward.number(ADDITIONS).await, ward.total().await), (20, 20));
    let verified = ward.verify().await;
    assert_eq!((verified.entries, verified.changes), (21, 21));
}

async fn end(ward: Ward) {
    ward.db.close().await;
    ward.database.remove().await;
}

#[tokio::test]
async fn a_commit_that_the_server_never_finished_is_made_again() {
    let Some(database) = Database::fresh("killed_in_commit", Engine::Postgres).await else { return };
    let target = database.target.clone();
    let ward = Ward::open(database, &target, Options::default()).await;
    ward.database.execute(HANG_UP_AT_COMMIT).await;
    let answers = twenty(&ward).await;
    all_once(&ward, answers).await;
    assert_eq!(ward.reruns(), 1);
    end(ward).await;
}

#[tokio::test]
async fn a_commit_that_never_reached_the_server_is_made_again() {
    let Some((ward, proxy)) = behind_proxy("commit_swallowed").await else { return };
    proxy.next_commit(Fate::Swallow);
    let answers = twenty(&ward).await;
    all_once(&ward, answers).await;
    assert_eq!(ward.reruns(), 1);
    end(ward).await;
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found() {
    let Some((ward, proxy)) = behind_proxy("answer_lost").await else { return };
    proxy.next_commit(Fate::LoseAnswer);
    let answers = twenty(&ward).await;
    all_once(&ward, answers).await;
    assert_eq!(ward.reruns(), 0, "it is there, so nothing ran again");
    end(ward).await;
}

#[tokio::test]
async fn a_new_programme_whose_answer_was_lost_is_found() {
    let Some((ward, proxy)) = behind_proxy("creation_lost").await else { return };
    proxy.next_commit(Fate::LoseAnswer);
    ward.create_programme("q").await;
    assert_eq!((ward.verify().await.programmes, ward.reruns()), (2, 0));
    end(ward).await;
}

#[tokio::test]
async fn what_can_not_be_looked_up_is_unavailable_and_a_retry_resolves_it() {
    for fate in [Fate::Swallow, Fate::LoseAnswer] {
        let Some((ward, proxy)) = behind_proxy("nobody_knows").await else { return };
        proxy.next_commit(fate);
        proxy.cut_after_commit();
        for answer in twenty(&ward).await {
            assert!(matches!(answer, Err(Error::Unavailable)), "{fate:?}: {answer:?}");
        }
        proxy.mend();
        let answers = twenty(&ward).await;
        all_once(&ward, answers).await;
        end(ward).await;
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable_at_once_and_found_again() {
    let Some((ward, proxy)) = behind_proxy("away").await else { return };
    let reader = ward.database.open().await; // not through the proxy
    proxy.cut();
    for i in 0..20 {
        let answer = ward.add(&format!("c{i}")).await;
        assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");
    }
    assert_eq!(reader.read(super::Number(ADDITIONS)).await.unwrap(), 0);
    proxy.mend();
    ward.add("after").await.unwrap();
    assert_eq!(ward.total().await, 1, "reads find their way back too");
    ward.verify().await;
    reader.close().await;
    end(ward).await;
}

#[tokio::test]
async fn connections_that_a_restart_broke_are_replaced_without_anybody_noticing() {
    let Some(database) = Database::fresh("restarted", Engine::Postgres).await else { return };
    let target = database.target.clone();
    let ward = Ward::open(database, &target, Options::default()).await;
    let reads = (0..20).map(|_| ward.total());
    assert!(futures_util::future::join_all(reads).await.iter().all(|total| *total == 0), "every connection is open");
    let everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for round in 1..4 {
        ward.database.execute(everybody).await;
        assert_eq!(ward.add("a").await.unwrap(), round);
        for _ in 0..8 {
            assert_eq!(ward.total().await, round);
        }
    }
    ward.verify().await;
    end(ward).await;
}

#[tokio::test]
async fn what_only_the_commit_refuses_is_refused_alone() {
    let Some(database) = Database::fresh("deferred", Engine::Postgres).await else { return };
    let target = database.target.clone();
    let ward = Ward::open(database, &target, Options::default()).await;
    ward.database.execute(REFUSE_AT_COMMIT).await;
    let counters = ["a", "b", "a", "c"];
    let answers = ward.together(counters.map(|counter| ward.add(counter)).into()).await;
    assert!(matches!(answers[2], Err(Error::Storage(_))), "{:?}", answers[2]);
    assert!([0, 1, 3].iter().all(|i| answers[*i].is_ok()), "{answers:?}");
    ward.verify().await;
    end(ward).await;
}

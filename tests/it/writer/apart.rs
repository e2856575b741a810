//! Writes that nobody waits for go to the engine together, and come out as if each had gone by itself.
use homecoming::db::{Engine, Options};

use super::commands::{ADDITIONS, Add};
use super::deeds::{Bad, Deed};
use super::{Ward, call, each_engine};

/// How many messages two additions of a batch take.
async fn messages_of_two(ward: &Ward) -> u64 {
    let before = ward.db.stats().counts().messages;
    let adds = ["a", "b"].map(|counter| ward.db.write(call(""), Add::<false>::one(counter)));
    for answer in ward.together(adds.into()).await {
        answer.unwrap();
    }
    ward.db.stats().counts().messages - before
}

#[tokio::test]
async fn what_a_command_writes_to_tables_apart_is_one_message() {
    each_engine("apart", Options::default(), async |ward| {
        messages_of_two(ward).await; // whatever is learnt the first time
        // The one that held the batch began, locked, looked and was undone. Then begin, lock, look, look, commit; and the writes: with the
        // next look on SQLite, the last with the ledger; each by itself on PostgreSQL, and the ledger.
        let expected = match ward.engine() {
            Engine::Sqlite => 4 + 5 + 1,
            Engine::Postgres => 4 + 5 + 3,
        };
        assert_eq!(messages_of_two(ward).await, expected);
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_reads_or_writes_what_was_just_written_finds_it() {
    each_engine("rewritten", Options::default(), async |ward| {
        ward.db.write(call(""), Bad::new(Deed::Rewrite)).await.unwrap();
        assert_eq!((ward.total().await, ward.number(ADDITIONS).await), (3, 1));
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}

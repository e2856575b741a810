//! What refused commands' neighbours ask first is asked ahead: fewer messages, and each is answered as in its turn.
use homecoming::db::Options;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::commands::{Add, MOST};
use super::deeds::{Bad, Deed};
use super::{Ward, call, each_engine};

fn options() -> Options {
    Options::default()
}

/// How far a counter gets with these additions, one by one; none where one is refused.
fn in_turn(value: &mut i64, amounts: &[i64]) -> Vec<Option<i64>> {
    let add = |amount: &i64| {
        let after = *value + amount;
        if !(0..=MOST).contains(&after) {
            return None;
        }
        *value = after;
        Some(after)
    };
    amounts.iter().map(add).collect()
}

/// How far a counter gets with them as one batch, and how many messages that takes.
async fn as_a_batch(ward: &Ward, amounts: &[i64]) -> (Vec<Option<i64>>, u64) {
    let before = ward.db.stats().counts().messages;
    let add = |amount: &i64| ward.db.write(call(""), Add::<false> { amount: *amount, ..Add::one("c") });
    let answers = ward.together(amounts.iter().map(add).collect()).await;
    (answers.into_iter().map(Result::ok).collect(), ward.db.stats().counts().messages - before)
}

#[tokio::test]
async fn each_command_decides_by_what_is_there_in_its_turn() {
    each_engine("ahead", options(), async |ward| {
        // Mostly refused, so that much is asked ahead, and now and then carried out, so that it is old.
        let amount = prop_oneof![3 => Just(-MOST - 1), 2 => Just(MOST + 1), 1 => -20..20_i64];
        let mut runner = TestRunner::deterministic();
        let mut value = 0;
        for _ in 0..20 {
            let amounts = vec(amount.clone(), 40..60).new_tree(&mut runner).unwrap().current();
            let expected = in_turn(&mut value, &amounts);
            assert_eq!(as_a_batch(ward, &amounts).await.0, expected, "{amounts:?}");
        }
        assert_eq!(ward.total().await, value);
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}

#[tokio::test]
async fn neighbours_that_are_refused_are_asked_for_together() {
    each_engine("asked_ahead", options(), async |ward| {
        let first = as_a_batch(ward, &[-1; 64]).await.1; // what they ask together is learnt
        let (answers, messages) = as_a_batch(ward, &[-1; 64]).await;
        assert_eq!(answers, [None; 64]);
        assert!(messages < 24 && messages <= first, "{messages} messages, {first} the first time");
        // A carried out one between them ends what is known: nothing is asked ahead for who comes after until others are refused.
        let (answers, messages) = as_a_batch(ward, &[1, -MOST - 1].repeat(32)).await;
        assert_eq!(answers.iter().flatten().count(), 32, "{answers:?}");
        assert!(messages > 64, "{messages} messages");
    })
    .await;
}

#[tokio::test]
async fn a_command_that_panics_among_refused_ones_harms_nobody() {
    each_engine("panics_ahead", options(), async |ward| {
        let deeds = (0..20).map(|i| if i == 15 { Deed::PanicAtFirst } else { Deed::Refuse });
        let writes = deeds.map(|deed| ward.db.write(call(""), Bad::new(deed))).collect();
        assert!(ward.together(writes).await.iter().all(Result::is_err));
        assert_eq!(ward.reruns(), 1, "for the panic, in its turn");
    })
    .await;
}

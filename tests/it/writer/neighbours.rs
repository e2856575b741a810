//! One command among twenty does what no command should: the other nineteen are carried out, once, and nothing of it
//! stays.
use std::sync::atomic::AtomicBool;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use homecoming::db::{Engine, Options};
use homecoming::kernel::{Error, Id, Result};

use super::commands::{ADDITIONS, Add, CHANGES, tally};
use super::deeds::{Bad, Create, Deed};
use super::{Ward, call, each_engine};

fn options() -> Options {
    Options { projections: vec![tally], ..Options::default() }
}

/// How a deed ends for its own caller.
#[derive(Debug, PartialEq)]
enum End {
    Fine,
    Refused,
    Internal,
    Storage,
    Unavailable,
}

impl End {
    fn of(answer: &Result<()>) -> End {
        match answer {
            Ok(()) => End::Fine,
            Err(Error::Refused(_)) => End::Refused,
            Err(Error::Internal(_)) => End::Internal,
            Err(Error::Storage(_)) => End::Storage,
            Err(Error::Unavailable) => End::Unavailable,
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// A deed among nineteen additions, in one batch: how it ends, and the reruns that it costs.
async fn among_neighbours<const SET: bool>(ward: &Ward, deed: Deed) -> (End, u64) {
    let (reruns, total) = (ward.reruns(), ward.total().await);
    let mut deed = Some(deed);
    let writes = (0..20).map(|i| -> BoxFuture<'_, Result<()>> {
        match deed.take_if(|_| i == 10) {
            Some(deed) => ward.db.write(call(""), Bad::new(deed)).boxed(),
            None => async move { ward.db.write(call(""), Add::<SET>::one(&format!("c{i}"))).await.map(drop) }.boxed(),
        }
    });
    let mut answers = ward.together(writes.collect()).await;
    let own = answers.remove(10);
    for (i, answer) in answers.into_iter().enumerate() {
        answer.unwrap_or_else(|error| panic!("neighbour {i}: {error:?}"));
    }
    assert_eq!(ward.total().await, total + 19);
    (End::of(&own), ward.reruns() - reruns)
}

#[tokio::test]
async fn a_bad_command_harms_nobody() {
    each_engine("bad_neighbours", options(), async |ward| {
        check_deeds::<false>(ward).await;
        check_deeds::<true>(ward).await;
    })
    .await;
}

async fn check_deeds<const SET: bool>(ward: &Ward) {
    // What an engine that isn't asked to hang up, and stores anything, does: refuse, and store it.
    let postgres = ward.engine() == Engine::Postgres;
    let lost_each_time = if postgres { (End::Unavailable, 6) } else { (End::Refused, 0) };
    let unwritable = if postgres { (End::Storage, 4) } else { (End::Fine, 0) };
    for (name, deed, expected) in [
        ("a clean refusal", Deed::Refuse, (End::Refused, 0)),
        ("nothing to do", Deed::Nothing, (End::Fine, 0)),
        ("a panic before anything", Deed::PanicAtFirst, (End::Internal, 1)),
        ("a panic before a write", Deed::PanicInDecide, (End::Internal, 1)),
        ("a panic after a write", Deed::WriteThenPanic, (End::Internal, 1)),
        ("a refusal after a write", Deed::WriteThenRefuse, (End::Refused, 1)),
        ("a constraint", Deed::Violate, (End::Storage, 1)),
        ("an error swallowed", Deed::Swallow, (End::Internal, 1)),
        ("a panic in the ledger", Deed::Poison, (End::Internal, 4)),
        ("a connection lost once", Deed::HangUpOnce(AtomicBool::new(false)), (End::Refused, u64::from(postgres))),
        ("a connection lost each time", Deed::HangUp, lost_each_time),
        ("what can't be stored", Deed::Unwritable, unwritable),
    ] {
        assert_eq!(among_neighbours::<SET>(ward, deed).await, expected, "{name}, sets {SET}");
        ward.verify().await;
    }
}

#[tokio::test]
async fn refusals_alone_commit_nothing() {
    each_engine("refusals", options(), async |ward| {
        let (before, changes) = (ward.db.stats().counts(), ward.number(CHANGES).await);
        let refusals = (0..20).map(|_| ward.db.write(call(""), Bad::new(Deed::Refuse)));
        for answer in ward.together(refusals.collect()).await {
            assert_eq!(End::of(&answer), End::Refused);
        }
        let after = ward.db.stats().counts();
        assert_eq!((after.commits, after.reruns), (before.commits, before.reruns));
        assert_eq!(ward.number(CHANGES).await, changes);
    })
    .await;
}

#[tokio::test]
async fn what_goes_wrong_in_every_command_at_once_goes_wrong_for_each_alone() {
    each_engine("all_bad", options(), async |ward| {
        let deeds = [Deed::WriteThenPanic, Deed::Violate, Deed::Swallow, Deed::PanicAtFirst, Deed::WriteThenRefuse];
        let writes = deeds.map(|deed| ward.db.write(call(""), Bad::new(deed)));
        let ends: Vec<End> = ward.together(writes.into()).await.iter().map(End::of).collect();
        assert_eq!(ends, [End::Internal, End::Storage, End::Internal, End::Internal, End::Refused]);
        assert_eq!(ward.number(ADDITIONS).await, 0);
        ward.add("after").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_programme_that_was_refused_leaves_no_trace() {
    each_engine("refused_programme", options(), async |ward| {
        let create = async |id: &'static str, and: Deed| {
            let programme = Id::parse(id).unwrap();
            ward.db.write(call(""), Create { programme, and }).await
        };
        let writes: Vec<BoxFuture<'_, Result<()>>> = vec![
            create("refused", Deed::Refuse).boxed(),
            async { ward.add("a").await.map(drop) }.boxed(),
            create("made", Deed::Nothing).boxed(),
            create("undone", Deed::WriteThenRefuse).boxed(),
        ];
        let ends: Vec<End> = ward.together(writes).await.iter().map(End::of).collect();
        assert_eq!(ends, [End::Refused, End::Fine, End::Fine, End::Refused]);
        assert_eq!(ward.verify().await.programmes, 2, "those of which something is there");
        for (id, there) in [("made", true), ("refused", false), ("undone", false)] {
            let programme = Id::parse(id).unwrap();
            let add = ward.db.write(call(""), Add::<false> { programme, ..Add::one("a") }).await;
            assert_eq!(add.is_ok(), there, "{id}: {add:?}");
        }
    })
    .await;
}

//! Request ids: a repeated request is answered, not carried out again.
use homecoming::db::Options;
use homecoming::kernel::{Call, Caller, Error, Id};

use super::commands::{ADDITIONS, Add, CHANGES};
use super::deeds::{Bad, Deed};
use super::{Ward, call, each_engine};

const DAY: i64 = 24 * 60;

#[tokio::test]
async fn doubles_in_one_batch_are_carried_out_once() {
    each_engine("doubles", Options::default(), async |ward| {
        doubles::<false>(ward, 1).await;
        doubles::<true>(ward, 2).await;
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}

async fn doubles<const SET: bool>(ward: &Ward, additions: i64) {
    let id = format!("doubled-{SET}");
    let writes = (0..8).map(|i| {
        let body_digest = if i == 5 { "another body" } else { "body" }.to_owned();
        ward.db.write(Call { body_digest, ..call(&id) }, Add::<SET>::one("doubled"))
    });
    for (i, answer) in ward.together(writes.collect()).await.into_iter().enumerate() {
        match answer {
            Err(Error::RequestIdReused { request_id }) => assert_eq!((i, &request_id), (5, &id)),
            answer => assert_eq!(answer.unwrap(), additions),
        }
    }
    assert_eq!(ward.number(ADDITIONS).await, additions);
}

#[tokio::test]
async fn a_later_repetition_answers_the_resource_as_it_is_now() {
    each_engine("replayed", Options::default(), async |ward| {
        let add = || Add::<false>::one("replayed");
        assert_eq!(ward.db.write(call("first"), add()).await.unwrap(), 1);
        assert_eq!(ward.add("replayed").await.unwrap(), 2);
        assert_eq!(ward.db.write(call("first"), add()).await.unwrap(), 2);
        let another = Call { body_digest: "another body".to_owned(), ..call("first") };
        let answer = ward.db.write(another, add()).await;
        assert!(matches!(&answer, Err(Error::RequestIdReused { request_id }) if request_id == "first"), "{answer:?}");
        assert_eq!((ward.number(ADDITIONS).await, ward.reruns()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn a_request_id_is_its_callers_its_programmes_and_its_methods() {
    each_engine("request_keys", Options::default(), async |ward| {
        ward.create_programme("q").await;
        let of = |programme: &str| Add::<false> { programme: Id::parse(programme).unwrap(), ..Add::one("keyed") };
        assert_eq!(ward.db.write(call("same"), of("p")).await.unwrap(), 1);
        assert_eq!(ward.db.write(call("same"), of("q")).await.unwrap(), 1);
        let another = Call { caller: Caller::new("another"), ..call("same") };
        assert_eq!(ward.db.write(another, of("p")).await.unwrap(), 2);
        let another_body = Call { body_digest: "another body".to_owned(), ..call("same") };
        ward.db.write(another_body, Bad::new(Deed::Nothing)).await.unwrap();
        assert_eq!(ward.number(ADDITIONS).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_can_be_tried_again() {
    each_engine("refused_requests", Options::default(), async |ward| {
        let take = || Add::<false> { amount: -1, ..Add::one("later") };
        assert!(matches!(ward.db.write(call("again"), take()).await, Err(Error::Refused(_))));
        ward.add("later").await.unwrap();
        assert_eq!(ward.db.write(call("again"), take()).await.unwrap(), 0);
        assert_eq!(ward.db.write(call("again"), take()).await.unwrap(), 0, "now it is remembered");
    })
    .await;
}

#[tokio::test]
async fn request_ids_are_kept_for_seven_days() {
    each_engine("forgotten", Options::default(), async |ward| {
        let add = || Add::<false>::one("remembered");
        ward.db.write(call("old"), add()).await.unwrap();
        ward.clock.advance_minutes(7 * DAY);
        assert_eq!(ward.db.write(call("old"), add()).await.unwrap(), 1, "seven days later it is known");
        assert_eq!(ward.db.forget_requests().await.unwrap(), 0);
        ward.clock.advance_minutes(1);
        assert_eq!(ward.db.write(call("old"), add()).await.unwrap(), 2, "then it is a new one");
        assert_eq!(ward.db.write(call("old"), add()).await.unwrap(), 2, "from that moment on");
        ward.clock.advance_minutes(7 * DAY + 1);
        assert_eq!(ward.db.forget_requests().await.unwrap(), 1);
        assert_eq!(ward.number(ADDITIONS).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_panic_while_answering_again_harms_nobody() {
    each_engine("recall_panics", Options::default(), async |ward| {
        ward.db.write(call("once"), Bad::new(Deed::PanicInRecall)).await.unwrap();
        let again = async {
            let answer = ward.db.write(call("once"), Bad::new(Deed::PanicInRecall)).await;
            assert!(matches!(answer, Err(Error::Internal(_))), "{answer:?}");
        };
        let neighbour = async { assert_eq!(ward.add("neighbour").await.unwrap(), 1) };
        ward.together::<()>(vec![Box::pin(again) as std::pin::Pin<Box<dyn Future<Output = ()>>>, Box::pin(neighbour)])
            .await;
        assert_eq!(ward.add("neighbour").await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn validate_only_writes_nothing() {
    each_engine("validate_only", Options::default(), async |ward| {
        ward.add("real").await.unwrap();
        let before = (ward.verify().await, ward.number(CHANGES).await, ward.db.stats().counts().batches);
        let dry = |id: &str| Call { validate_only: true, ..call(id) };
        assert_eq!(ward.db.write(dry("dry"), Add::<false>::one("real")).await.unwrap(), 2);
        let take = Add::<false> { amount: -2, ..Add::one("real") };
        assert!(matches!(ward.db.write(dry(""), take).await, Err(Error::Refused(_))));
        let nowhere = Add::<false> { programme: Id::parse("nowhere").unwrap(), ..Add::one("real") };
        assert!(matches!(ward.db.write(dry(""), nowhere.clone()).await, Err(Error::NotFound { .. })));
        assert!(matches!(ward.db.write(call(""), nowhere).await, Err(Error::NotFound { .. })));
        assert_eq!(ward.total().await, 1);
        let after = (ward.verify().await, ward.number(CHANGES).await, ward.db.stats().counts().batches - 1);
        assert_eq!(before, after);
        assert_eq!(ward.db.write(call("dry"), Add::<false>::one("real")).await.unwrap(), 2, "its id is still free");
    })
    .await;
}

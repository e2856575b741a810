//! Answers that leave together.
use std::io::IoSlice;

use futures_util::poll;
use homecoming::server::gathered::{Gathered, MOST_BYTES};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

async fn arrived(there: &mut DuplexStream) -> Vec<u8> {
    let mut bytes = vec![0; 4 * MOST_BYTES];
    let length = there.read(&mut bytes).await.unwrap();
    bytes.truncate(length);
    bytes
}

#[tokio::test]
async fn who_is_ready_meanwhile_leaves_along() {
    let (here, mut there) = duplex(4 * MOST_BYTES);
    let mut connection = Gathered::new(here);
    for round in 0..3 {
        connection.write_all(b"one").await.unwrap();
        assert!(poll!(Box::pin(connection.flush())).is_pending(), "others go first, round {round}");
        connection.write_all(b", two").await.unwrap();
        assert!(poll!(Box::pin(connection.flush())).is_ready(), "but once");
        assert_eq!(arrived(&mut there).await, b"one, two");
        assert!(poll!(Box::pin(connection.flush())).is_ready(), "nobody waits for nothing");
    }
    connection.write_all(b"three").await.unwrap();
    connection.flush().await.unwrap(); // who lets others go wakes itself
    assert_eq!(arrived(&mut there).await, b"three");
}

#[tokio::test]
async fn much_waits_for_nobody_and_the_end_leaves_nothing() {
    let (here, mut there) = duplex(4 * MOST_BYTES);
    let mut connection = Gathered::new(here);
    let page = vec![7; MOST_BYTES + 1];
    connection.write_all(&page).await.unwrap();
    assert_eq!(arrived(&mut there).await, page, "without a flush");
    connection.write_all(b"the last").await.unwrap();
    connection.shutdown().await.unwrap();
    assert_eq!(arrived(&mut there).await, b"the last");
    assert!(arrived(&mut there).await.is_empty());
}

#[tokio::test]
async fn who_does_not_read_is_waited_for() {
    let (here, mut there) = duplex(4);
    let mut connection = Gathered::new(here);
    connection.write_all(b"slowly").await.unwrap();
    assert!(poll!(Box::pin(connection.flush())).is_pending());
    assert!(poll!(Box::pin(connection.flush())).is_pending(), "there is room for four");
    assert_eq!(arrived(&mut there).await, b"slow");
    assert!(poll!(Box::pin(connection.flush())).is_ready());
    assert_eq!(arrived(&mut there).await, b"ly");
    drop(connection);
    assert!(arrived(&mut there).await.is_empty());
}

#[tokio::test]
async fn who_is_dropped_is_still_heard() {
    let (here, mut there) = duplex(MOST_BYTES);
    let mut connection = Gathered::new(here);
    connection.write_all(b"why not").await.unwrap();
    drop(connection);
    assert_eq!(arrived(&mut there).await, b"why not");
    assert!(arrived(&mut there).await.is_empty());
}

#[tokio::test]
async fn the_order_stays_where_much_follows_little() {
    let (here, mut there) = duplex(4 * MOST_BYTES);
    let mut connection = Gathered::new(here);
    let page = vec![7; MOST_BYTES];
    connection.write_all(b"little").await.unwrap();
    let length = connection.write_vectored(&[IoSlice::new(b" by "), IoSlice::new(b"little")]).await.unwrap();
    assert_eq!(length, b" by little".len());
    connection.write_all(&page).await.unwrap();
    connection.flush().await.unwrap();
    assert_eq!(arrived(&mut there).await, [b"little by little", page.as_slice()].concat());
}

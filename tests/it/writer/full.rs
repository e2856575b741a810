//! A file without room: what needs some is refused as such, whatever the engine makes of the transaction, and nothing else suffers. Only
//! SQLite has a file whose size can be told.
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use homecoming::db::{Db, Engine, Options};
use homecoming::kernel::{Reason, Result};

use super::commands::{Add, tally};
use super::deeds::{Bad, Deed};
use super::{Ward, call};
use crate::support::Database;

/// The ward's file opened anew, with so many pages at most; 0: as many as it likes.
async fn reopened(ward: Ward, sqlite_pages: u32) -> Ward {
    ward.db.close().await;
    let options = Options { projections: vec![tally], sqlite_pages, ..Options::default() };
    let clock = Arc::clone(&ward.clock);
    Ward { db: Db::open(&ward.database.target, options, clock).await.unwrap(), ..ward }
}

/// Whether it was done; a refusal must say that there is no room.
fn is_done(answer: Result<()>) -> bool {
    answer.inspect_err(|error| assert_eq!(error.reason(), Reason::StorageFull, "{error:?}")).is_ok()
}

#[tokio::test]
async fn what_finds_no_room_is_refused_until_there_is_some() {
    let database = Database::fresh("full", Engine::Sqlite).await.unwrap();
    let target = database.target.clone();
    let ward = Ward::open(database, &target, Options { projections: vec![tally], ..Options::default() }).await;
    let ward = reopened(ward, 1).await; // as many as it has already
    for round in 0..8 {
        let ward = &ward;
        let writes = (0..20).map(move |i| -> BoxFuture<'_, Result<()>> {
            if i == 10 {
                return ward.db.write(call(""), Bad::new(Deed::Fill)).boxed();
            }
            let counter = format!("c{round}-{i}");
            async move { ward.db.write(call(""), Add::<false>::one(&counter)).await.map(drop) }.boxed()
        });
        let mut answers = ward.together(writes.collect()).await;
        assert!(!is_done(answers.remove(10)), "there is no room for it");
        for answer in answers {
            is_done(answer);
        }
        ward.verify().await;
    }
    let ward = reopened(ward, 0).await;
    ward.add("after").await.unwrap();
    ward.verify().await;
    ward.db.close().await;
    ward.database.remove().await;
}

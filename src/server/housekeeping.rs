//! What a server does by itself now and then: it forgets request ids and changes that are older than they are kept, has what has lapsed
//! written down (`lapses`), has tables counted that grew, and goes on with erasures and recomputations that were cut off.
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::oidc::Issuer;
use super::{erasures, lapses, restatements};
use crate::db::Db;
use crate::kernel::Id;

/// How often request ids and changes are forgotten. A request id that waits an hour longer is refused by its time alone.
const FORGETTING: Duration = Duration::from_secs(3_600);

/// How often lapsed sessions and places are looked for: their changes follow within twice this. Whoever reads sees them lapsed at once.
const SWEEPING: Duration = Duration::from_secs(5);

/// Begins, at once for the first time; whoever stops the server aborts it. A second server does no harm: the same programme is
/// swept by one at a time.
pub(super) fn start(db: Db) -> JoinHandle<()> {
    tokio::spawn(async move {
        let holder = Id::fresh(db.clock().now()).to_string();
        let sweeping = rhythm(SWEEPING, || lapses::sessions_and_tell(&db, &holder).boxed());
        let forgetting = rhythm(FORGETTING, || forget(&db).boxed());
        let places = rhythm(SWEEPING, || lapses::places_and_tell(&db, &holder).boxed());
        let restating = rhythm(SWEEPING, || restatements::go_on_and_tell(&db).boxed());
        let erasing = rhythm(SWEEPING, || erasures::go_on_and_tell(&db).boxed());
        let counting = rhythm(SWEEPING, || db.count_tables().boxed());
        tokio::join!(restating, erasing, sweeping, places, forgetting, counting);
    })
}

/// How often the file with an issuer's keys is looked at.
const KEYS: Duration = Duration::from_secs(1);

/// Reads an issuer's keys again when their file changes.
pub(super) async fn keep_keys(issuer: Arc<Issuer>) {
    let look = || {
        issuer.refresh();
        std::future::ready(()).boxed()
    };
    rhythm(KEYS, look).await;
}

async fn rhythm<'a>(every: Duration, what: impl Fn() -> futures_util::future::BoxFuture<'a, ()>) {
    let mut rhythm = interval(every);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rhythm.tick().await;
        what().await;
    }
}

async fn forget(db: &Db) {
    match db.forget_requests().await {
        Ok(0) => {}
        Ok(forgotten) => info!(forgotten, "old request ids are forgotten"),
        Err(error) => warn!(%error, "old request ids can't be forgotten now"),
    }
    match db.forget_changes().await {
        Ok(0) => {}
        Ok(forgotten) => info!(forgotten, "old changes are forgotten"),
        Err(error) => warn!(%error, "old changes can't be forgotten now"),
    }
}

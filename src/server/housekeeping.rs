//! What a server does by itself now and then: it forgets request ids that are older than they are kept.
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::db::Db;

/// How often. A request id that waits an hour longer is refused by its time alone.
const RHYTHM: Duration = Duration::from_secs(3_600);

/// Begins, at once for the first time; whoever stops the server aborts it. A second server does no harm.
pub(super) fn start(db: Db) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut rhythm = interval(RHYTHM);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rhythm.tick().await;
            match db.forget_requests().await {
                Ok(0) => {}
                Ok(forgotten) => info!(forgotten, "old request ids are forgotten"),
                Err(error) => warn!(%error, "old request ids can't be forgotten now"),
            }
        }
    })
}

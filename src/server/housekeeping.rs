//! What a server does by itself now and then: it forgets request ids and changes that are older than they are kept, and writes
//! down which sessions have lapsed, and which places (`lapses`).
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, info, warn};

use super::lapses;
use crate::db::Db;
use crate::kernel::{Call, Caller, Error, Id, Result};
use crate::sessions::commands::{DueProgrammes, LapseSessions};

/// How often request ids and changes are forgotten. A request id that waits an hour longer is refused by its time alone.
const FORGETTING: Duration = Duration::from_secs(3_600);

/// How often lapsed sessions are looked for: their changes follow within twice this. Whoever reads sees them lapsed at once.
const SWEEPING: Duration = Duration::from_secs(5);

/// Begins, at once for the first time; whoever stops the server aborts it. A second server does no harm: the same programme is
/// swept by one at a time.
pub(super) fn start(db: Db) -> JoinHandle<()> {
    tokio::spawn(async move {
        let holder = Id::fresh(db.clock().now()).to_string();
        let sweeping = rhythm(SWEEPING, || sweep_and_tell(&db, &holder).boxed());
        let forgetting = rhythm(FORGETTING, || forget(&db).boxed());
        let places = rhythm(SWEEPING, || lapses::sweep_and_tell(&db).boxed());
        tokio::join!(sweeping, places, forgetting);
    })
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

async fn sweep_and_tell(db: &Db, holder: &str) {
    match sweep(db, holder).await {
        Ok(0) => {}
        Ok(lapsed) => info!(lapsed, "sessions have lapsed"),
        Err(error) => warn!(%error, "lapsed sessions can't be written down now"),
    }
}

/// Writes down which sessions have lapsed by now, in every programme that no other server sweeps; returns how many.
///
/// # Errors
/// An error of the storage.
pub async fn sweep(db: &Db, holder: &str) -> Result<usize> {
    let mut lapsed = 0;
    loop {
        let now = db.clock().now();
        let due = db.read(DueProgrammes { now, holder: holder.to_owned() }).await?;
        let mut swept = 0;
        for programme in due {
            let command = LapseSessions { programme, holder: holder.to_owned(), now };
            match db.write(Call::new(Caller::new("sweeper")), command).await {
                Ok(count) => swept += count,
                // Somebody was faster, or the programme has ended meanwhile.
                Err(Error::Stale { name }) => debug!(name, "nothing is left to lapse"),
                Err(error) => return Err(error),
            }
        }
        lapsed += swept;
        // A programme with more than one command takes has more due.
        if swept == 0 {
            return Ok(lapsed);
        }
    }
}

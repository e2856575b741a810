//! Writes down, every few seconds, which held and offered places have lapsed, and lets the queues move up.
//!
//! Whoever reads sees them lapsed at once, and whoever asks for a place does the same first: nothing waits for this.
use tracing::{debug, info, warn};

use crate::db::Db;
use crate::kernel::{Call, Caller, Error, Reason, Result};
use crate::reservations::commands::{DueRegisters, SweepRegisters};
use crate::reservations::desk::MOST_AT_A_TIME;

/// Who writes it, as the audit has it.
const SUBJECT: &str = "sweeper";

/// Sweeps, and says in the log what came of it.
pub(super) async fn sweep_and_tell(db: &Db) {
    match sweep(db).await {
        Ok(0) => {}
        Ok(swept) => info!(swept, "places have lapsed or were given on"),
        Err(error) => warn!(%error, "lapsed places can't be written down now"),
    }
}

/// Writes down which held and offered places have lapsed by now, and who moves up; returns how many reservations changed.
///
/// # Errors
/// An error of the storage.
pub async fn sweep(db: &Db) -> Result<usize> {
    let mut swept = 0;
    loop {
        let due = db.read(DueRegisters).await?;
        let registers: usize = due.values().map(Vec::len).sum();
        let before = swept;
        for (programme, sessions) in due {
            let call = Call::new(Caller::new(SUBJECT));
            match db.write(call, SweepRegisters { programme, sessions }).await {
                Ok(changed) => swept += changed,
                // Another server was faster.
                Err(Error::Stale { name }) => debug!(name, "nothing is left to sweep"),
                // Its record can only be read, and nobody takes places there any more.
                Err(Error::Refused(refusal)) if refusal.reason == Reason::ProgrammeEnded => {}
                Err(error) => return Err(error),
            }
        }
        // Many of them, or a session with many reservations: there may be more.
        if registers < DueRegisters::MOST && swept - before < MOST_AT_A_TIME || swept == before {
            return Ok(swept);
        }
    }
}

//! Writes down what has lapsed: sessions that nobody confirmed or answered, held and offered places, whose queues then move up.
//!
//! Whoever reads sees them lapsed at once, and whoever asks for a time or a place does the same first: nothing waits for this. How
//! often it runs is `housekeeping`'s.
use tracing::{debug, info, warn};

use crate::db::Db;
use crate::kernel::{Call, Caller, Error, Reason, Result};
use crate::reservations::commands::{DueRegisters, SweepRegisters};
use crate::reservations::desk::MOST_AT_A_TIME;
use crate::sessions::commands::{DueProgrammes, LapseSessions};

/// Who writes it, as the audit has it.
const SUBJECT: &str = "sweeper";

/// Sweeps sessions, and says in the log what came of it.
pub(super) async fn sessions_and_tell(db: &Db, holder: &str) {
    match sessions(db, holder).await {
        Ok(0) => {}
        Ok(lapsed) => info!(lapsed, "sessions have lapsed"),
        Err(error) => warn!(%error, "lapsed sessions can't be written down now"),
    }
}

/// Writes down which sessions have lapsed by now, in every programme that no other server sweeps; returns how many.
///
/// # Errors
/// An error of the storage.
pub async fn sessions(db: &Db, holder: &str) -> Result<usize> {
    let mut lapsed = 0;
    loop {
        let now = db.clock().now();
        let due = db.read(DueProgrammes { now, holder: holder.to_owned() }).await?;
        let mut swept = 0;
        for programme in due {
            let command = LapseSessions { programme, holder: holder.to_owned(), now };
            match db.write(Call::new(Caller::new(SUBJECT)), command).await {
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

/// Sweeps places, and says in the log what came of it.
pub(super) async fn places_and_tell(db: &Db, holder: &str) {
    match places(db, holder).await {
        Ok(0) => {}
        Ok(swept) => info!(swept, "places have lapsed or were given on"),
        Err(error) => warn!(%error, "lapsed places can't be written down now"),
    }
}

/// Writes down which held and offered places have lapsed by now, and who moves up, in every programme that no other server sweeps;
/// returns how many reservations changed.
///
/// # Errors
/// An error of the storage.
pub async fn places(db: &Db, holder: &str) -> Result<usize> {
    let mut swept = 0;
    loop {
        let due = db.read(DueRegisters { holder: holder.to_owned() }).await?;
        let registers: usize = due.values().map(Vec::len).sum();
        let before = swept;
        for (programme, sessions) in due {
            let command = SweepRegisters { programme, holder: holder.to_owned(), sessions };
            match db.write(Call::new(Caller::new(SUBJECT)), command).await {
                Ok(changed) => swept += changed,
                // Another server was faster, or the programme has ended meanwhile.
                Err(Error::Stale { name }) => debug!(name, "nothing is left to sweep"),
                Err(Error::Refused(refusal)) if refusal.reason == Reason::ProgrammeEnded => {}
                Err(error) => return Err(error),
            }
        }
        // Many of them, or a session with many reservations: there may be more.
        if registers < usize::from(DueRegisters::MOST) && swept - before < MOST_AT_A_TIME || swept == before {
            return Ok(swept);
        }
    }
}

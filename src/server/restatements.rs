//! Goes on with recomputations of savings that aren't done: begun lately, or cut off when a server stopped.
//!
//! Each chunk is a command of its own, so that nobody waits long behind one. How often this looks is `housekeeping`'s.
use tracing::{debug, info, warn};

use crate::db::Db;
use crate::kernel::{Call, Caller, Error, Name, Reason, Result};
use crate::savings::commands::{ContinueRecomputation, RunningRecomputations};
use crate::savings::recomputation::{RecomputationState, Recomputations, Running};

/// Who writes it, as the audit has it.
const SUBJECT: &str = "restater";

/// Goes on, and says in the log what came of it.
pub(super) async fn go_on_and_tell(db: &Db) {
    match go_on(db).await {
        Ok(0) => {}
        Ok(done) => info!(done, "recomputations of savings are done"),
        Err(error) => warn!(%error, "savings can't be reckoned anew now"),
    }
}

/// Does what is left of every recomputation; returns how many are done now. One that can't go on is told in the log, and keeps no other
/// from it: it is one programme's, the next may be another's.
///
/// # Errors
/// An error of the storage, where it can't be told which there are.
pub async fn go_on(db: &Db) -> Result<usize> {
    let (mut done, mut after) = (0, None);
    loop {
        let running = db.read(RunningRecomputations { after }).await?;
        let Some(last) = running.last().cloned() else { return Ok(done) };
        for Running { name, .. } in running {
            match finish(db, &name).await {
                Ok(()) => done += 1,
                // Its record can only be read.
                Err(Error::Refused(refusal)) if refusal.reason == Reason::ProgrammeEnded => {
                    debug!(%name, "the programme has ended");
                }
                Err(error) => warn!(%name, %error, "a recomputation of savings can't go on"),
            }
        }
        after = Some(last);
    }
}

/// Does what is left of one.
async fn finish(db: &Db, name: &Name<Recomputations>) -> Result<()> {
    loop {
        let call = Call::new(Caller::new(SUBJECT));
        match db.write(call, ContinueRecomputation { name: name.clone() }).await?.state {
            RecomputationState::Running => {}
            RecomputationState::Done => return Ok(()),
        }
    }
}

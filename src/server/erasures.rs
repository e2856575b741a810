//! Goes on with erasures that aren't over: a caller went away, or a server was stopped or killed, before every key was destroyed.
//!
//! Each step is a command of its own, so that nobody waits long behind one. How often this looks is `housekeeping`'s.
use tracing::{info, warn};

use crate::db::Db;
use crate::kernel::{Call, Caller, Name, Result};
use crate::persons::commands::DestroyKeys;
use crate::persons::queries::BegunErasures;
use crate::persons::{PersonRestrictions, State};

/// Who writes it, as the audit has it.
const SUBJECT: &str = "eraser";

/// Goes on, and says in the log what came of it.
pub(super) async fn go_on_and_tell(db: &Db) {
    match go_on(db).await {
        Ok(0) => {}
        Ok(erased) => info!(erased, "erasures that were begun are over"),
        Err(error) => warn!(%error, "erasures can't be gone on with now"),
    }
}

/// Ends every erasure that was begun; returns how many are over now. One that can't go on is told in the log, and keeps no other from it:
/// it is one person's, the next is another's.
///
/// # Errors
/// An error of the storage, where it can't be told which there are.
pub async fn go_on(db: &Db) -> Result<usize> {
    let (mut erased, mut after) = (0, None);
    loop {
        let begun = db.read(BegunErasures { after }).await?;
        let Some(last) = begun.last().cloned() else { break };
        for name in begun {
            match finish(db, &name).await {
                Ok(()) => erased += 1,
                Err(error) => warn!(%name, %error, "an erasure can't go on"),
            }
        }
        after = Some(last);
    }
    // Also what an erasure of before has left: somebody was in the way.
    if !db.empty_log().await? {
        warn!("what was erased is still in the database's log: somebody reads an old snapshot");
    }
    Ok(erased)
}

/// Destroys what is left of one person's keys.
async fn finish(db: &Db, name: &Name<PersonRestrictions>) -> Result<()> {
    loop {
        let step = DestroyKeys { name: name.clone() };
        match db.write(Call::new(Caller::new(SUBJECT)), step).await?.state {
            State::Erasing => {}
            State::Restricted | State::Lifted | State::Erased => return Ok(()),
        }
    }
}

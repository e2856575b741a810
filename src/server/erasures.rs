//! Goes on with erasures that aren't over: a caller went away, or a server was stopped or killed, before every key was destroyed.
//!
//! Each step is a command of its own, so that nobody waits long behind one. How often this looks is `housekeeping`'s.
use tracing::{info, warn};

use crate::db::Db;
use crate::kernel::{Call, Caller, Result};
use crate::persons::State;
use crate::persons::commands::DestroyKeys;
use crate::persons::queries::BegunErasures;

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

/// Ends every erasure that was begun; returns how many.
///
/// # Errors
/// An error of the storage.
pub async fn go_on(db: &Db) -> Result<usize> {
    let mut erased = 0;
    loop {
        let begun = db.read(BegunErasures).await?;
        if begun.is_empty() {
            break;
        }
        for name in begun {
            let step = || db.write(Call::new(Caller::new(SUBJECT)), DestroyKeys { name: name.clone() });
            while step().await?.state == State::Erasing {}
            erased += 1;
        }
    }
    if erased > 0 {
        db.empty_log().await?;
    }
    Ok(erased)
}

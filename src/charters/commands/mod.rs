//! What writes charters and contacts: one struct per use case.
mod contact;
mod update;

pub use contact::{NewContact, RecordContact};
pub use update::{Known, UpdateCharter};

use crate::db::Tx;
use crate::experts::{self, Experts, Roster};
use crate::kernel::{Error, Id, Name, Result};

/// Where an expert stands whose charter it is.
async fn roster(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<Roster> {
    let found = experts::store::rosters(tx, programme, std::slice::from_ref(expert)).await?.remove(expert);
    found.ok_or_else(|| Error::not_found(expert_name(programme, expert)))
}

fn expert_name(programme: &Id, expert: &Id) -> Name<Experts> {
    Name::new(programme.clone(), expert.clone())
}

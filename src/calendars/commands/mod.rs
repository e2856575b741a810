//! What can be done with days, offers and absences: one struct per use case.

mod absence;
mod offer;
mod year;

pub use absence::{CreateExpertAbsence, WithdrawExpertAbsence};
pub use offer::{CreateOffer, WithdrawOffer};
pub use year::ImportCalendarYear;

use crate::db::Tx;
use crate::experts::{self, Experts, Roster};
use crate::kernel::{Collection, Error, Id, Name, Result};

/// The expert whose time something is about. Errors: `RESOURCE_NOT_FOUND`.
async fn roster(tx: &mut Tx<'_>, expert: &Name<Experts>) -> Result<Roster> {
    let found = experts::store::rosters(tx, expert.programme(), std::slice::from_ref(expert.id())).await?;
    found.into_values().next().ok_or_else(|| Error::not_found(expert))
}

/// The resource that a first run made; the id may have been made up anew for the replay.
fn first_name<C: Collection>(names: &[String]) -> Result<Name<C>> {
    let name = names.iter().find_map(|name| Name::parse(name).ok());
    name.ok_or(Error::Internal("a replay without the name of what it made"))
}

fn expert_name(programme: &Id, expert: &Id) -> Name<Experts> {
    Name::new(programme.clone(), expert.clone())
}

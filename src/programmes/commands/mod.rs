//! What can be done with programmes.
mod create;
mod read;
mod update;

pub use create::CreateProgramme;
pub use read::{GetProgramme, ListProgrammes};
pub use update::{EndProgramme, SetSittingUnit, UpdateProgramme};

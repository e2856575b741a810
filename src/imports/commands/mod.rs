//! Bringing a file in: refer, check, write. Each row is written by its own slice's command, in one transaction with the note
//! that it was brought in, so that an import which was cut off completes when it is run again.

mod clashes;
mod directory;
mod room;
mod run;
mod savings;
mod seal;
mod steps;
mod trouble;
mod work;

pub use run::{Event, Import, Phase, Report, run};

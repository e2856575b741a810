//! What was written to a programme since a change of its log: for whoever keeps in memory what was read as of that change.
use super::ask::{Ask, Read};
use super::sql::Sql;
use crate::kernel::Id;

/// The most changes that are told; beyond that all is read anew for less.
const MOST: usize = 256;

const NEWEST: Sql = Sql::new("SELECT h.sequence, h.expired FROM heads h WHERE h.programme = $1");
const NAMES: Sql = Sql::new(
    "SELECT c.name FROM changes c WHERE c.programme = $1 AND c.sequence > $2 ORDER BY c.sequence LIMIT $3 + 0",
);

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("NEWEST", NEWEST), ("NAMES", NAMES)];

/// What was written since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// The sequence number of the programme's newest change: everything that is read in the same snapshot is as of it.
    pub newest: i64,
    /// The names of what was touched since, in the order of its changes; none: the log doesn't say, or says too much.
    pub names: Option<Vec<String>>,
}

/// Asks what was written to a programme since a change, a sequence number; since none: only which is the newest.
pub fn since(programme: &Id, change: Option<i64>) -> Ask<Since> {
    let newest = Ask::rows(Read::of(NEWEST).bind(programme), |rows| {
        rows.first().map_or(Ok((0, 0)), |row| Ok((row.get("sequence")?, row.get("expired")?)))
    });
    let Some(change) = change else {
        return newest.map(|(newest, _)| Ok(Since { newest, names: None }));
    };
    let names = Read::of(NAMES).bind(programme).bind(change).bind(MOST as i64 + 1);
    let names = Ask::rows(names, |rows| rows.iter().map(|row| row.get("name")).collect());
    newest.and(names).map(move |((newest, expired), names): ((i64, i64), Vec<String>)| {
        let are_all = expired <= change && names.len() <= MOST;
        Ok(Since { newest, names: are_all.then_some(names) })
    })
}

//! What was written to a programme since its ledger ended somewhere: for whoever keeps in memory what was read as of then.
use super::ask::{Ask, Read};
use super::ledger::Seen;
use super::row::Row;
use super::sql::Sql;
use crate::kernel::{Id, Result};

/// The most changes that are told; beyond that all is read anew for less.
const MOST: usize = 256;

const HEAD: Sql = Sql::new(
    "SELECT h.sequence, h.entry, h.link, h.expired, \
     (SELECT a.link FROM audit_entries a WHERE a.programme = h.programme AND a.entry = $2) AS link_then \
     FROM heads h WHERE h.programme = $1",
);
const NAMES: Sql = Sql::new(
    "SELECT c.name FROM changes c WHERE c.programme = $1 AND c.sequence > $2 ORDER BY c.sequence LIMIT $3 + 0",
);

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("HEAD", HEAD), ("NAMES", NAMES)];

/// What was written since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// Where the programme's ledger ends: everything that is read in the same snapshot is as of it.
    pub head: Seen,
    /// The names of what was touched since, in the order of its changes. None: the log doesn't say, or says too much, or the ledger has
    /// another past than was seen, as after a restore.
    pub names: Option<Vec<String>>,
}

/// Asks what was written to a programme since its ledger ended somewhere; since none: only where it ends.
pub fn since(programme: &Id, then: Option<&Seen>) -> Ask<Since> {
    let asked = Read::of(HEAD).bind(programme).bind(then.map_or(0, |then| then.entry));
    let head = Ask::rows(asked, |rows| rows.first().map(latest).transpose());
    let Some(then) = then.cloned() else {
        return head.map(|head| Ok(Since { head: head.unwrap_or_default().seen, names: None }));
    };
    let names = Read::of(NAMES).bind(programme).bind(then.sequence).bind(MOST as i64 + 1);
    let names = Ask::rows(names, |rows| rows.iter().map(|row| row.get("name")).collect());
    head.and(names).map(move |(head, names): (Option<Latest>, Vec<String>)| {
        let Latest { seen, link_then, expired } = head.unwrap_or_default();
        let is_same_past = link_then.is_some_and(|link| link == then.link);
        let are_all = expired <= then.sequence && names.len() <= MOST;
        Ok(Since { head: seen, names: (is_same_past && are_all).then_some(names) })
    })
}

#[derive(Default)]
struct Latest {
    seen: Seen,
    /// The link of the entry at which the ledger ended then.
    link_then: Option<String>,
    /// Changes up to this one are forgotten.
    expired: i64,
}

fn latest(row: &Row) -> Result<Latest> {
    let seen = Seen { sequence: row.get("sequence")?, entry: row.get("entry")?, link: row.get("link")? };
    Ok(Latest { seen, link_then: row.get("link_then")?, expired: row.get("expired")? })
}

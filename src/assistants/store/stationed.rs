//! Who is stationed at sites, in brief: all of them in two statements, for a search that asks nothing else of them.

use std::collections::HashMap;

use super::absence_of;
use crate::assistants::Absence;
use crate::db::{self, Sql, Tx};
use crate::kernel::{Date, Id, Result};
use crate::rows;

pub(super) const STATIONED: Sql = rows!(
    "SELECT a.assistant, a.site, a.end_date FROM ",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.site = r.value->>1 \
     WHERE a.end_date IS NULL OR a.end_date >= $2 ORDER BY a.assistant"
);
pub(super) const ABSENCES_AT: Sql = rows!(
    "SELECT x.assistant, x.kind, x.from_date, x.to_date, x.half_day FROM ",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.site = r.value->>1 \
     JOIN assistant_absences x ON x.programme = a.programme AND x.assistant = a.assistant \
     WHERE x.to_date >= $2 AND x.from_date <= $3 ORDER BY x.assistant, x.ordinal"
);

/// An assistant at a site.
#[derive(Clone, Debug)]
pub struct Stationed {
    /// Who.
    pub assistant: Id,
    /// Where.
    pub site: Id,
    /// The last day at the site, once it is recorded.
    pub end: Option<Date>,
    /// The absences that have a day among those asked for.
    pub absences: Vec<Absence>,
}

/// Everybody who is at one of these sites on a day from `first` on, by id, with the absences from `first` to `last`.
///
/// # Errors
/// A storage error.
pub async fn stationed(
    tx: &mut Tx<'_>,
    programme: &Id,
    sites: &[Id],
    first: Date,
    last: Date,
) -> Result<Vec<Stationed>> {
    let keys = db::keys(programme, sites);
    let mut absences: HashMap<Id, Vec<Absence>> = HashMap::new();
    for row in tx.sql(ABSENCES_AT).bind_rows(&keys).bind(first).bind(last).fetch_all().await? {
        absences.entry(row.get("assistant")?).or_default().push(absence_of(&row)?);
    }
    let rows = tx.sql(STATIONED).bind_rows(&keys).bind(first).fetch_all().await?;
    let read = |row: &db::Row| {
        let assistant: Id = row.get("assistant")?;
        let absences = absences.remove(&assistant).unwrap_or_default();
        Ok(Stationed { site: row.get("site")?, end: row.get("end_date")?, absences, assistant })
    };
    rows.iter().map(read).collect()
}

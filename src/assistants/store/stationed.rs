//! Assistants in brief, those who are stationed at sites or who are named: for a judgement that asks nothing else of them.
use std::collections::HashMap;

use super::{ABSENCES, absence_of};
use crate::assistants::Absence;
use crate::db::{self, Ask, Read, Row, Sql};
use crate::kernel::{Date, Id};
use crate::rows;

pub(super) const STATIONED: Sql = rows!(
    "SELECT a.assistant, a.site, a.end_date FROM ",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.site = r.value->>1 \
     WHERE a.end_date IS NULL OR a.end_date >= $2 ORDER BY a.assistant"
);
pub(super) const NAMED: Sql = rows!(
    "SELECT a.assistant, a.site, a.end_date FROM ",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.assistant = r.value->>1 ORDER BY a.assistant"
);
// SQLite would look through every absence of the programme for each site.
pub(super) const ABSENCES_AT: Sql = rows!(
    "SELECT x.assistant, x.kind, x.from_date, x.to_date, x.half_day FROM ",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.site = r.value->>1 ",
    hint: "CROSS ",
    "JOIN assistant_absences x ON x.programme = a.programme AND x.assistant = a.assistant \
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
    /// The absences; of who is stationed at a site, those that have a day among those asked for.
    pub absences: Vec<Absence>,
}

/// Asks for everybody who is at one of these sites on a day from `first` on, by id, with the absences from `first` to `last`.
pub fn stationed(programme: &Id, sites: &[Id], first: Date, last: Date) -> Ask<Vec<Stationed>> {
    let keys = db::keys(programme, sites);
    let absences = Read::of(ABSENCES_AT).bind_rows(&keys).bind(first).bind(last);
    brief(Read::of(STATIONED).bind_rows(&keys).bind(first), absences)
}

/// Asks for named assistants, wherever they are or were stationed, with all their absences; who isn't there is left out.
pub fn named(programme: &Id, ids: &[Id]) -> Ask<Vec<Stationed>> {
    if ids.is_empty() {
        return Ask::known(Vec::new());
    }
    let keys = db::keys(programme, ids);
    brief(Read::of(NAMED).bind_rows(&keys), Read::of(ABSENCES).bind_rows(&keys))
}

fn brief(assistants: Read, absences: Read) -> Ask<Vec<Stationed>> {
    let absences = Ask::rows(absences, |rows| {
        let mut absences: HashMap<Id, Vec<Absence>> = HashMap::new();
        for row in &rows {
            absences.entry(row.get("assistant")?).or_default().push(absence_of(row)?);
        }
        Ok(absences)
    });
    Ask::rows(assistants, Ok).and(absences).map(|(rows, mut absences)| {
        let read = |row: &Row| {
            let assistant: Id = row.get("assistant")?;
            let absences = absences.remove(&assistant).unwrap_or_default();
            Ok(Stationed { site: row.get("site")?, end: row.get("end_date")?, absences, assistant })
        };
        rows.iter().map(read).collect()
    })
}

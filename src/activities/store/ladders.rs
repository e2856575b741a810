//! Operation cases counted by what was done and by whom: what ladders and succession rest on.

use crate::activities::ladder::{Cases, OperationCode};
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Date, Id, Result};
use crate::rows;

macro_rules! of_programme {
    ($where:literal) => {
        Sql::new(concat!(
            "SELECT v.site, v.main_system, v.main_procedure, v.performer, v.assistant_part, COUNT(*) AS cases, \
             MIN(v.date) AS first_date, MAX(v.date) AS last_date FROM activity_versions v \
             WHERE v.programme = $1 AND v.main_procedure IS NOT NULL AND v.until_sequence IS NULL AND v.state <> 'VOIDED'",
            $where,
            " GROUP BY v.site, v.main_system, v.main_procedure, v.performer, v.assistant_part"
        ))
    };
}

const OF_PROGRAMME: Sql = of_programme!("");
const OF_SITE: Sql = of_programme!(" AND v.site = $2");
// An independent case is the assistant's own, whichever expert it names: it is asked for by an empty one.
const OF_PAIR: Sql = rows!(
    "SELECT v.site, v.main_system, v.main_procedure, v.performer, v.assistant_part, COUNT(*) AS cases, \
     MIN(v.date) AS first_date, MAX(v.date) AS last_date FROM ",
    "JOIN activity_versions v ON v.programme = r.value->>0 AND v.assistant = r.value->>1 AND v.date >= r.value->>3 \
     AND v.until_sequence IS NULL AND v.main_procedure IS NOT NULL \
     WHERE v.state <> 'VOIDED' AND v.date <= r.value->>4 \
     AND CASE WHEN v.performer = 'LOCAL' THEN '' ELSE v.lead_expert END = r.value->>2 \
     GROUP BY v.site, v.main_system, v.main_procedure, v.performer, v.assistant_part"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("OF_PROGRAMME", OF_PROGRAMME), ("OF_SITE", OF_SITE), ("OF_PAIR", OF_PAIR)];

/// Every operation case of a programme that counts, or of one of its sites, by site, operation, performer and part.
///
/// # Errors
/// A storage error.
pub async fn of_programme(tx: &mut Tx<'_>, programme: &Id, site: Option<&Id>) -> Result<Vec<Cases>> {
    let rows = match site {
        Some(site) => tx.sql(OF_SITE).bind(programme).bind(site).fetch_all().await?,
        None => tx.sql(OF_PROGRAMME).bind(programme).fetch_all().await?,
    };
    rows.iter().map(cases).collect()
}

/// The operation cases that an assistant had a part in from a day to a day, with one of some experts or alone. The experts are one
/// person: a survivor of merges, and whom it was before.
///
/// # Errors
/// A storage error.
pub async fn of_pair(
    tx: &mut Tx<'_>,
    programme: &Id,
    assistant: &Id,
    experts: &[Id],
    (from, to): (Date, Date),
) -> Result<Vec<Cases>> {
    let days = (from.to_string(), to.to_string());
    let of = |expert| (programme, assistant, expert, &days.0, &days.1);
    let keys: Vec<_> = experts.iter().map(Id::as_str).chain([""]).map(of).collect();
    tx.sql(OF_PAIR).bind_rows(&keys).fetch_all().await?.iter().map(cases).collect()
}

fn cases(row: &Row) -> Result<Cases> {
    Ok(Cases {
        site: row.get("site")?,
        operation: OperationCode { system: row.get("main_system")?, code: row.get("main_procedure")? },
        performer: row.code("performer")?,
        part: row.optional_code("assistant_part")?,
        count: row.get("cases")?,
        first: row.get("first_date")?,
        last: row.get("last_date")?,
    })
}

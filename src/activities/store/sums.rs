//! Sums of records: what a recount of the cells rests on, now or as of a sequence.

use std::collections::HashSet;

use crate::activities::{State, leaf};
use crate::db::{Row, Sql, Tx};
use crate::kernel::{Date, Dimensions, Error, Id, Leaf, Residence, Result};
use crate::rows;

/// Sums by month and everything that tells leaves apart, of the versions that a condition picks.
macro_rules! sums_where {
    ($condition:literal) => {
        Sql::new(concat!(
            "SELECT SUBSTR(v.date, 1, 7) AS month, v.half_day, v.site, v.site_level, v.lead_expert, v.home_hospital, \
             v.specialty, v.session_kind, v.residence, v.kind, v.performer, v.consultation_type, v.gap_level, v.state, \
             COUNT(*) AS records, CAST(SUM(v.quantity) AS BIGINT) AS quantity, \
             CAST(COALESCE(SUM(v.declared_saving_fen), 0) AS BIGINT) AS saving_fen FROM activity_versions v \
             WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.state <> 'VOIDED' AND ",
            $condition,
            " GROUP BY SUBSTR(v.date, 1, 7), v.half_day, v.site, v.site_level, v.lead_expert, v.home_hospital, v.specialty, \
             v.session_kind, v.residence, v.kind, v.performer, v.consultation_type, v.gap_level, v.state"
        ))
    };
}

pub(super) const SUMS: Sql = sums_where!("v.until_sequence IS NULL");
// As of a sequence a version counts that stood then: it stands still, or was closed later. Each half has its index.
pub(super) const SUMS_SINCE: Sql = sums_where!("v.until_sequence IS NULL AND v.since_sequence <= $4");
pub(super) const SUMS_CLOSED: Sql = sums_where!("v.until_sequence > $4 AND v.since_sequence <= $4");
pub(super) const COUNT_STATES: Sql = Sql::new(
    "SELECT v.state, COUNT(*) AS activities, MIN(v.date) AS first_date, MAX(v.date) AS last_date FROM activity_versions v \
     WHERE v.programme = $1 AND v.until_sequence IS NULL GROUP BY v.state",
);

pub(super) const ATTESTED: Sql = rows!(
    "SELECT v.activity FROM ",
    "JOIN activity_versions v ON v.programme = r.value->>0 AND v.activity = r.value->>1 WHERE v.state = 'ATTESTED' \
     AND v.since_sequence <= CAST(r.value->>2 AS BIGINT) AND COALESCE(v.until_sequence > CAST(r.value->>2 AS BIGINT), TRUE)"
);

/// What the records from a day to a day count, summed by month and every dimension; a leaf's date is its month's first day. `as_of`: the
/// versions that stood at a sequence; none: those that stand.
///
/// # Errors
/// A storage error.
pub async fn sums(tx: &mut Tx<'_>, programme: &Id, (from, to): (Date, Date), as_of: Option<i64>) -> Result<Vec<Leaf>> {
    let Some(as_of) = as_of else {
        let rows = tx.sql(SUMS).bind(programme).bind(from).bind(to).fetch_all().await?;
        return rows.iter().map(sum).collect();
    };
    let mut leaves = Vec::new();
    for sql in [SUMS_SINCE, SUMS_CLOSED] {
        let rows = tx.sql(sql).bind(programme).bind(from).bind(to).bind(as_of).fetch_all().await?;
        for row in &rows {
            leaves.push(sum(row)?);
        }
    }
    Ok(leaves)
}

fn sum(row: &Row) -> Result<Leaf> {
    let month: String = row.get("month")?;
    let date = format!("{month}-01").parse().map_err(Error::storage)?;
    let sums =
        leaf::Sums { records: row.get("records")?, quantity: row.get("quantity")?, saving_fen: row.get("saving_fen")? };
    let sort = leaf::Sort {
        kind: row.code("kind")?,
        performer: row.optional_code("performer")?,
        consultation_type: row.optional_code("consultation_type")?,
        gap_level: row.optional_code("gap_level")?,
        session_kind: Some(row.code("session_kind")?),
    };
    Ok(Leaf {
        dimensions: Dimensions {
            date,
            half_day: row.optional_code("half_day")?,
            site: row.get("site")?,
            site_level: row.get("site_level")?,
            expert: row.get("lead_expert")?,
            home_hospital: row.get("home_hospital")?,
            specialty: row.get("specialty")?,
            kind: row.get("session_kind")?,
            residence: row.code::<Residence>("residence")?,
        },
        quantities: leaf::quantities(sort, sums),
        attested: row.code::<State>("state")? == State::Attested,
    })
}

/// Which of some activities were attested at a sequence, or are now.
///
/// # Errors
/// A storage error.
pub async fn attested(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id], as_of: Option<i64>) -> Result<HashSet<Id>> {
    let mut found = HashSet::with_capacity(ids.len());
    for ids in ids.chunks(1_000) {
        let keys: Vec<_> = ids.iter().map(|id| (programme, id, as_of.unwrap_or(i64::MAX))).collect();
        for row in tx.sql(ATTESTED).bind_rows(&keys).fetch_all().await? {
            found.insert(row.get("activity")?);
        }
    }
    Ok(found)
}

/// How many activities stand in a state, and their first and last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateCount {
    /// The state.
    pub state: State,
    /// How many are in it.
    pub activities: i64,
    /// The first service date among them.
    pub first: Date,
    /// The last one.
    pub last: Date,
}

/// How many activities stand in each state; states without any are left out.
///
/// # Errors
/// A storage error.
pub async fn count_states(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<StateCount>> {
    let rows = tx.sql(COUNT_STATES).bind(programme).fetch_all().await?;
    let count = |row: &Row| {
        Ok(StateCount {
            state: row.code("state")?,
            activities: row.get("activities")?,
            first: row.get("first_date")?,
            last: row.get("last_date")?,
        })
    };
    rows.iter().map(count).collect()
}

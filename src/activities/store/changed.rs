//! Records that count otherwise than at an earlier sequence.

use std::collections::HashSet;

use super::columns;
use crate::activities::Activity;
use crate::db::{List, Sql, Tx, Value};
use crate::kernel::{Date, Id, PageRequest, Result};
use crate::rows;

// What stood then and has been closed since.
const BEFORE: Sql = Sql::new(
    "SELECT v.* FROM activity_versions v WHERE v.programme = $1 AND v.until_sequence > $4 AND v.since_sequence <= $4 \
     AND v.date >= $2 AND v.date <= $3",
);
const AFTER: Sql = Sql::new(
    "SELECT v.* FROM activity_versions v WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.until_sequence IS NULL \
     AND v.since_sequence > $4",
);

const RECORDED_BY: Sql = rows!(
    "SELECT v.activity FROM ",
    "JOIN activity_versions v ON v.programme = r.value->>0 AND v.activity = r.value->>1 AND v.revision = 1 \
     WHERE v.since_sequence <= CAST(r.value->>2 AS BIGINT)"
);

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[("BEFORE", BEFORE), ("AFTER", AFTER), ("RECORDED_BY", RECORDED_BY)];

// As of a sequence a version counts that stood then: it stands still, or was closed later. Each half has its indexes.
static STANDING: List = List {
    head: "SELECT v.* FROM activity_versions v WHERE v.programme = ? AND v.date >= ? AND v.date <= ? AND v.until_sequence IS NULL \
           AND v.since_sequence <= ? AND v.state <> 'VOIDED'",
    filters: &["v.site = ?", "v.lead_expert = ?"],
    after: "(v.date, v.activity) > (?, ?)",
    order: "ORDER BY v.date, v.activity",
};
static CLOSED: List = List {
    head: "SELECT v.* FROM activity_versions v WHERE v.programme = ? AND v.date >= ? AND v.date <= ? AND v.until_sequence > ? \
           AND v.since_sequence <= ? AND v.state <> 'VOIDED'",
    filters: &["v.site = ?", "v.lead_expert = ?"],
    after: "(v.date, v.activity) > (?, ?)",
    order: "ORDER BY v.date, v.activity",
};

/// The lists of this file, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("STANDING", &STANDING), ("CLOSED", &CLOSED)];

/// The versions of a period that stood at a sequence and have been closed since, and those that stand now and came after it; without
/// their external ids.
///
/// # Errors
/// A storage error.
pub async fn changed(
    tx: &mut Tx<'_>,
    programme: &Id,
    (from, to): (Date, Date),
    since: i64,
) -> Result<(Vec<Activity>, Vec<Activity>)> {
    let before = tx.sql(BEFORE).bind(programme).bind(from).bind(to).bind(since).fetch_all().await?;
    let after = tx.sql(AFTER).bind(programme).bind(from).bind(to).bind(since).fetch_all().await?;
    let read = |rows: &[_]| rows.iter().map(columns::activity).collect::<Result<Vec<_>>>();
    Ok((read(&before)?, read(&after)?))
}

/// Which of some activities were on record at a sequence, in whichever version.
///
/// # Errors
/// A storage error.
pub async fn recorded_by(tx: &mut Tx<'_>, programme: &Id, ids: &[&Id], sequence: i64) -> Result<HashSet<Id>> {
    let mut found = HashSet::with_capacity(ids.len());
    for ids in ids.chunks(1_000) {
        let keys: Vec<_> = ids.iter().map(|id| (programme, id, sequence)).collect();
        for row in tx.sql(RECORDED_BY).bind_rows(&keys).fetch_all().await? {
            found.insert(row.get("activity")?);
        }
    }
    Ok(found)
}

/// The versions that stood at a sequence on some days, by day and id, one more than a page holds, without their external ids; narrowed
/// by site and expert, where the indexes help. A version that is closed between two pages is in one of them all the same: both halves
/// go on after the same key.
///
/// # Errors
/// A storage error.
pub async fn stood(
    tx: &mut Tx<'_>,
    programme: &Id,
    (from, to): (Date, Date),
    as_of: i64,
    (site, expert): (Option<&str>, Option<&str>),
    page: &PageRequest,
) -> Result<Vec<Activity>> {
    let days = || [Value::from(programme), Value::from(from), Value::from(to)].into_iter();
    let standing = STANDING.select(days().chain([Value::from(as_of)]));
    let closed = CLOSED.select(days().chain([Value::from(as_of), Value::from(as_of)]));
    let mut versions = Vec::new();
    for mut select in [standing, closed] {
        for (index, value) in [(0, site), (1, expert)] {
            if let Some(value) = value {
                select.filter(index, [Value::from(value)]);
            }
        }
        for row in tx.select(select.page(page)).await? {
            versions.push(columns::activity(&row)?);
        }
    }
    versions.sort_by(|a, b| (a.record.date, a.name.id()).cmp(&(b.record.date, b.name.id())));
    versions.truncate(page.size + 1);
    Ok(versions)
}

//! Reads the versions of earlier slices as text: a page of rows is one value, because a value that crosses from the engine costs more
//! than all that is done with it here.
use std::collections::BTreeSet;

use super::{CELL, Choice, ROW, Table};
use crate::db::{Sql, Tx};
use crate::kernel::{Id, Result};
use crate::rows;

/// None: nothing of an export is kept.
pub const TABLES: &[&str] = &[];

/// Rows of a page, which is read in one statement.
pub const PAGE: usize = 1_000;

/// The cells of an activity's version in the order of `ACTIVITY_COLUMNS`, parted by U+007F, and rows by U+0080.
macro_rules! activities {
    ($where:literal) => {
        Sql::new(concat!(
            "SELECT string_agg(r.line, '\u{80}') AS lines FROM (SELECT concat_ws('\u{7f}', v.date, v.activity, v.state, v.kind, v.quantity, \
             v.session_kind, COALESCE(v.half_day, ''), COALESCE(v.session, ''), v.site, v.site_level, COALESCE(v.lead_expert, ''), \
             v.co_experts, COALESCE(v.home_hospital, ''), v.specialty, v.residence, COALESCE(v.consultation_type, ''), v.technique, \
             COALESCE(v.assistant, ''), COALESCE(v.assistant_part, ''), COALESCE(v.gap_level, ''), COALESCE(v.performer, ''), \
             COALESCE(CAST(v.grade AS TEXT), ''), COALESCE(v.grade_list, ''), v.procedures, \
             COALESCE(CAST(v.declared_saving_fen AS TEXT), ''), v.irregularities, COALESCE(v.void_reason, ''), COALESCE(v.sheet, ''), v.recorder, v.revision, \
             v.since_sequence, v.update_time, COALESCE(v.patient_issuer, ''), COALESCE(v.patient_token, '')) AS line \
             FROM activity_versions v WHERE v.programme = $1 AND ",
            $where,
            " AND (v.date, v.activity) > ($3, $4) AND v.date <= $5 AND v.state IN ('RECORDED', 'ATTESTED', 'DISPUTED', $6) \
             ORDER BY v.date, v.activity LIMIT $7 + 0) AS r"
        ))
    };
}

/// What stands now and stood at the sequence.
const STANDING: Sql = activities!("v.until_sequence IS NULL AND v.since_sequence <= $2");
/// What was replaced after the sequence.
const REPLACED: Sql = activities!("v.until_sequence > $2 AND v.since_sequence <= $2");

/// The cells of a trip's version in the order of `SAVING_COLUMNS`, parted likewise.
macro_rules! trips {
    ($where:literal) => {
        Sql::new(concat!(
            "SELECT string_agg(r.line, '\u{80}') AS lines FROM (SELECT concat_ws('\u{7f}', v.date, v.trip, v.state, v.cause, v.stratum, \
             v.site, v.site_level, COALESCE(v.expert, ''), COALESCE(v.home_hospital, ''), v.specialty, v.session_kind, \
             COALESCE(v.half_day, ''), v.residence, v.origin, v.destination, v.activities, COALESCE(v.session, ''), \
             COALESCE(v.encounter, ''), COALESCE(CAST(v.travel_fen AS TEXT), ''), COALESCE(CAST(v.lodging_fen AS TEXT), ''), \
             COALESCE(CAST(v.meals_fen AS TEXT), ''), COALESCE(CAST(v.bill_fen AS TEXT), ''), COALESCE(CAST(v.time_fen AS TEXT), ''), \
             COALESCE(CAST(v.fund_fen AS TEXT), ''), v.parts, v.policy, v.tariffs, COALESCE(v.void_reason, ''), v.recorder, v.revision, \
             v.since_sequence, v.update_time, v.patient_issuer, v.patient_token) AS line \
             FROM trip_versions v WHERE v.programme = $1 AND ",
            $where,
            " AND (v.date, v.trip) > ($3, $4) AND v.date <= $5 AND v.state IN ('RECORDED', $6) \
             ORDER BY v.date, v.trip LIMIT $7 + 0) AS r"
        ))
    };
}

const STANDING_TRIPS: Sql = trips!("v.until_sequence IS NULL AND v.since_sequence <= $2");
const REPLACED_TRIPS: Sql = trips!("v.until_sequence > $2 AND v.since_sequence <= $2");
/// Everything that a tariff says, in one text.
const TARIFFS: Sql = rows!(
    "SELECT t.tariff, concat_ws('\u{7f}', t.component, t.origin, t.destination, t.mode, t.person_class, t.item, t.low, t.base, t.high, \
     t.valid_from, COALESCE(t.valid_to, ''), t.source, t.source_hash, t.grade) AS content FROM ",
    "JOIN tariffs t ON t.programme = r.value->>0 AND t.tariff = r.value->>1 ORDER BY t.tariff"
);

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("STANDING", STANDING),
    ("REPLACED", REPLACED),
    ("STANDING_TRIPS", STANDING_TRIPS),
    ("REPLACED_TRIPS", REPLACED_TRIPS),
    ("TARIFFS", TARIFFS),
];

/// Where a page ended: service date and id of its last row.
pub type After = (String, String);

/// The next rows at a sequence, in order, at most [`PAGE`], and where they end; nothing after the last one.
///
/// # Errors
/// A storage error.
pub async fn page(
    tx: &mut Tx<'_>,
    programme: &Id,
    choice: &Choice,
    sequence: i64,
    after: Option<&After>,
) -> Result<Option<(String, After)>> {
    let first = choice.from.map_or_else(String::new, |day| day.to_string());
    let (date, id) = after.map_or((first.as_str(), ""), |(date, id)| (date, id));
    let last = choice.to.map_or_else(|| "9999-12-31".to_owned(), |day| day.to_string());
    let voided = if choice.with_voided { "VOIDED" } else { "RECORDED" };
    let size = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let mut pages = Vec::with_capacity(2);
    let sqls = match choice.table {
        Table::Activities => [STANDING, REPLACED],
        Table::Savings => [STANDING_TRIPS, REPLACED_TRIPS],
    };
    for sql in sqls {
        let stmt = tx.sql(sql).bind(programme).bind(sequence).bind(date).bind(id).bind(&last).bind(voided).bind(size);
        pages.push(stmt.fetch_long().await?.get::<Option<String>>("lines")?.unwrap_or_default());
    }
    Ok(merged(pages))
}

/// The first rows of both pages together, each of which holds the first of its own. A row begins with its key.
fn merged(mut pages: Vec<String>) -> Option<(String, After)> {
    pages.retain(|page| !page.is_empty());
    let key = |row: &str| -> After {
        let mut cells = row.split(CELL).map(str::to_owned);
        (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
    };
    let in_order = |a: &&str, b: &&str| a.split(CELL).take(2).cmp(b.split(CELL).take(2));
    let mut rows: Vec<&str> = pages.iter().flat_map(|page| page.split(ROW)).collect();
    // One page nearly always is all there is, and in order; how an engine puts rows together isn't promised.
    let is_whole = pages.len() == 1 && rows.is_sorted_by(|a, b| in_order(a, b).is_lt());
    if !is_whole {
        rows.sort_by(in_order);
        rows.truncate(PAGE);
    }
    let after = key(rows.last()?);
    let together = (!is_whole).then(|| rows.join("\u{80}"));
    Some((together.or_else(|| pages.pop())?, after))
}

/// Everything that each of these tariffs says, as a text, by id.
///
/// # Errors
/// A storage error.
pub async fn tariffs(tx: &mut Tx<'_>, programme: &Id, ids: &BTreeSet<String>) -> Result<Vec<(String, String)>> {
    let keys: Vec<_> = ids.iter().map(|id| (programme, id)).collect();
    let rows = tx.sql(TARIFFS).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("tariff")?, row.get("content")?))).collect()
}

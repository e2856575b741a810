//! The records that tallies are recounted from, read from the tables of earlier slices.

use std::collections::{BTreeMap, HashSet};

use crate::activities;
use crate::db::{Row, Sql, Tx};
use crate::experts::{Affiliation, Days};
use crate::kernel::{Date, Dimensions, Id, Leaf, Measure, Residence, Result};
use crate::programmes::Programme;
use crate::savings;
use crate::sessions::sittings::{self, Held};
use crate::tallies::Basis;
use crate::tallies::measures::Origin;
use crate::tallies::question::month_ends;
use crate::tallies::roster::Member;

pub(super) const HELD: Sql = Sql::new(
    "SELECT s.session, s.kind, s.credited_expert, s.site, s.site_level, s.home_hospital, s.service_specialty, s.date, s.half_day, \
     s.actual_start_time FROM sessions s \
     WHERE s.programme = $1 AND s.date >= $2 AND s.date <= $3 AND s.state = 'COMPLETED'",
);
// As of a sequence, and with whether a sheet covers the outcome: a session's own, or one of days at its site. Each is looked up by
// its index; a sheet covers the outcomes that it came after.
pub(super) const HELD_THEN: Sql = Sql::new(
    "SELECT x.session, s.kind, x.credited_expert, s.site, x.site_level, x.home_hospital, x.specialty AS service_specialty, x.date, \
     x.half_day, x.actual_start_time, \
     CAST(CASE WHEN (SELECT 1 FROM sheets h WHERE h.programme = x.programme AND h.session = x.session \
     AND h.since_sequence >= x.since_sequence AND h.since_sequence <= $4 LIMIT 1) IS NOT NULL \
     OR (SELECT 1 FROM sheets h WHERE h.programme = x.programme AND h.site = s.site AND h.from_date <= x.date AND h.to_date >= x.date \
     AND h.since_sequence >= x.since_sequence AND h.since_sequence <= $4 LIMIT 1) IS NOT NULL \
     THEN 1 ELSE 0 END AS BIGINT) AS is_attested \
     FROM session_outcomes x JOIN sessions s ON s.programme = x.programme AND s.session = x.session \
     WHERE x.programme = $1 AND x.date >= $2 AND x.date <= $3 AND x.state = 'COMPLETED' AND x.since_sequence <= $4 \
     AND (x.until_sequence IS NULL OR x.until_sequence > $4)",
);
pub(super) const HELD_SPAN: Sql = Sql::new(
    "SELECT MIN(s.date) AS first_date, MAX(s.date) AS last_date FROM sessions s WHERE s.programme = $1 AND s.state = 'COMPLETED'",
);
pub(super) const VISITS: Sql = Sql::new(
    "SELECT v.visit, v.date, v.host_site, v.site_level, v.expert, v.home_hospital, v.specialty FROM visits v \
     WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.state = 'ENDED' AND COALESCE(v.ended_sequence, 0) <= $4",
);
pub(super) const VISITS_SINCE: Sql = Sql::new(
    "SELECT v.visit FROM visits v WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.state = 'ENDED' \
     AND v.ended_sequence > $4 ORDER BY v.visit",
);
pub(super) const VISIT_SPAN: Sql = Sql::new(
    "SELECT MIN(v.date) AS first_date, MAX(v.date) AS last_date FROM visits v WHERE v.programme = $1 AND v.state = 'ENDED'",
);
pub(super) const ROSTER: Sql = Sql::new(
    "SELECT e.expert, e.roster_entry_date, e.roster_exit_date, \
     (SELECT p.specialty FROM expert_specialties p WHERE p.programme = e.programme AND p.expert = e.expert \
     ORDER BY p.ordinal LIMIT 1) AS specialty FROM experts e WHERE e.programme = $1 AND e.state <> 'MERGED' ORDER BY e.expert",
);
pub(super) const AFFILIATIONS: Sql = Sql::new(
    "SELECT a.expert, a.hospital, a.from_date, a.to_date FROM expert_affiliations a WHERE a.programme = $1 AND a.main \
     ORDER BY a.expert, a.ordinal",
);

/// Which records of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Whether attested ones alone.
    pub basis: Basis,
    /// The versions that stood at this sequence; none: those that stand.
    pub as_of: Option<i64>,
}

/// What the records of an origin count; of activities, sums by month whose date is the month's first day.
///
/// # Errors
/// A storage error.
pub async fn leaves(tx: &mut Tx<'_>, of: &Programme, origin: Origin, cut: Cut) -> Result<Vec<Leaf>> {
    let Cut { from, to, basis, as_of } = cut;
    match origin {
        Origin::Activities => {
            let mut leaves = activities::store::sums(tx, &of.id, (from, to), as_of).await?;
            leaves.retain(|leaf| leaf.attested || basis == Basis::Recorded);
            Ok(leaves)
        }
        Origin::Savings => Ok(trip_leaves(tx, &of.id, cut).await?.into_iter().map(|(_, leaf)| leaf).collect()),
        Origin::Visits => Ok(visit_leaves(tx, &of.id, cut).await?.into_iter().map(|(_, leaf)| leaf).collect()),
        Origin::Sessions => Ok(held_leaves(tx, of, cut).await?.into_values().collect()),
    }
}

/// What each avoided trip counts; attested is one whose every activity is. A trip to a cancelled session has none, and counts as
/// recorded.
///
/// # Errors
/// A storage error, or `AMOUNT_OUT_OF_RANGE`.
pub async fn trip_leaves(tx: &mut Tx<'_>, programme: &Id, cut: Cut) -> Result<Vec<(Id, Leaf)>> {
    let mut leaves = Vec::new();
    let mut from = Some(cut.from);
    // A trip is some kilobytes, its leaf some hundred bytes: of a long period only a month's trips are held at a time.
    for to in month_ends(cut.from, cut.to) {
        let Some(first) = from else { break };
        leaves.append(&mut trip_leaves_between(tx, programme, Cut { from: first, to, ..cut }).await?);
        from = to.succ_opt();
    }
    Ok(leaves)
}

async fn trip_leaves_between(tx: &mut Tx<'_>, programme: &Id, cut: Cut) -> Result<Vec<(Id, Leaf)>> {
    let trips = savings::store::trips::standing(tx, programme, (cut.from, cut.to), cut.as_of).await?;
    let activities: Vec<&Id> = trips.iter().flat_map(|trip| &trip.activities).collect();
    let attested = match cut.basis {
        Basis::Attested => activities::store::attested(tx, programme, &activities, cut.as_of).await?,
        Basis::Recorded => HashSet::new(),
    };
    let mut leaves = Vec::with_capacity(trips.len());
    for trip in &trips {
        let counts = cut.basis == Basis::Recorded || trip.is_attested(&attested);
        if let Some(leaf) = trip.leaf()?.filter(|_| counts) {
            leaves.push((trip.name.id().clone(), leaf));
        }
    }
    Ok(leaves)
}

/// What each visit that has ended counts.
///
/// # Errors
/// A storage error.
pub async fn visit_leaves(tx: &mut Tx<'_>, programme: &Id, cut: Cut) -> Result<Vec<(Id, Leaf)>> {
    let as_of = cut.as_of.unwrap_or(i64::MAX);
    let rows = tx.sql(VISITS).bind(programme).bind(cut.from).bind(cut.to).bind(as_of).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("visit")?, visit(row)?))).collect()
}

/// The visits of some days that have ended since a sequence.
///
/// # Errors
/// A storage error.
pub async fn visits_since(tx: &mut Tx<'_>, programme: &Id, (from, to): (Date, Date), since: i64) -> Result<Vec<Id>> {
    let rows = tx.sql(VISITS_SINCE).bind(programme).bind(from).bind(to).bind(since).fetch_all().await?;
    rows.iter().map(|row| row.get("visit")).collect()
}

/// What each session that was held counts. Whole days, as `sittings::leaves` asks: every clinic that could carry a sitting is among
/// them.
///
/// # Errors
/// A storage error.
pub async fn held_leaves(tx: &mut Tx<'_>, of: &Programme, cut: Cut) -> Result<BTreeMap<Id, Leaf>> {
    let Cut { from, to, basis, as_of } = cut;
    let rows = if as_of.is_none() && basis == Basis::Recorded {
        tx.sql(HELD).bind(&of.id).bind(from).bind(to).fetch_all().await?
    } else {
        let as_of = as_of.unwrap_or(i64::MAX);
        let mut rows = tx.sql(HELD_THEN).bind(&of.id).bind(from).bind(to).bind(as_of).fetch_all().await?;
        let mut counts = Vec::with_capacity(rows.len());
        for row in &rows {
            counts.push(basis == Basis::Recorded || row.get::<i64>("is_attested")? == 1);
        }
        let mut counts = counts.into_iter();
        rows.retain(|_| counts.next().unwrap_or(false));
        rows
    };
    let held = rows.iter().map(held).collect::<Result<Vec<_>>>()?;
    Ok(sittings::leaves(&held, |date| of.sitting_unit_on(date)))
}

/// The first and the last day of the records of an origin, where this file reads them; activities tell theirs.
///
/// # Errors
/// A storage error.
pub async fn span(tx: &mut Tx<'_>, programme: &Id, origin: Origin) -> Result<Option<(Date, Date)>> {
    let sql = match origin {
        Origin::Sessions => HELD_SPAN,
        Origin::Visits => VISIT_SPAN,
        Origin::Activities => return Ok(None),
        Origin::Savings => return savings::store::trips::span(tx, programme).await,
    };
    let row = tx.sql(sql).bind(programme).fetch_one().await?;
    Ok(row.get::<Option<Date>>("first_date")?.zip(row.get::<Option<Date>>("last_date")?))
}

fn held(row: &Row) -> Result<Held> {
    Ok(Held {
        session: row.get("session")?,
        kind: row.code("kind")?,
        expert: row.get("credited_expert")?,
        site: row.get("site")?,
        site_level: row.code("site_level")?,
        home_hospital: row.get("home_hospital")?,
        specialty: row.get("service_specialty")?,
        date: row.get("date")?,
        half_day: row.code("half_day")?,
        start: row.get("actual_start_time")?,
    })
}

fn visit(row: &Row) -> Result<Leaf> {
    let dimensions = Dimensions {
        date: row.get("date")?,
        half_day: None,
        site: row.get("host_site")?,
        site_level: row.get("site_level")?,
        expert: row.get("expert")?,
        home_hospital: row.get("home_hospital")?,
        specialty: row.get::<Option<String>>("specialty")?.unwrap_or_default(),
        kind: String::new(),
        residence: Residence::Unknown,
    };
    Ok(Leaf { dimensions, quantities: vec![(Measure::VISITS, 1)], attested: false })
}

/// Everybody who is or was on the roster; merged duplicates are left out.
///
/// # Errors
/// A storage error.
pub async fn roster(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for row in tx.sql(ROSTER).bind(programme).fetch_all().await? {
        members.push(Member {
            expert: row.get("expert")?,
            days: Days { from: row.get("roster_entry_date")?, to: row.get("roster_exit_date")? },
            affiliations: Vec::new(),
            specialty: row.get::<Option<String>>("specialty")?.unwrap_or_default(),
        });
    }
    for row in tx.sql(AFFILIATIONS).bind(programme).fetch_all().await? {
        let expert: Id = row.get("expert")?;
        let Ok(place) = members.binary_search_by(|member: &Member| member.expert.cmp(&expert)) else { continue };
        let days = Days { from: row.get("from_date")?, to: row.get("to_date")? };
        members[place].affiliations.push(Affiliation { hospital: row.get("hospital")?, days, main: true });
    }
    Ok(members)
}

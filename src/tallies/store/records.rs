//! The records that tallies are recounted from, read from the tables of earlier slices.

use crate::activities;
use crate::db::{Row, Sql, Tx};
use crate::experts::{Affiliation, Days};
use crate::kernel::{Date, Dimensions, Id, Leaf, Measure, Residence, Result};
use crate::programmes::Programme;
use crate::savings;
use crate::sessions::sittings::{self, Held};
use crate::tallies::measures::Origin;
use crate::tallies::roster::Member;

pub(super) const HELD: Sql = Sql::new(
    "SELECT s.session, s.kind, s.credited_expert, s.site, s.site_level, s.home_hospital, s.service_specialty, s.date, s.half_day, \
     s.actual_start_time FROM sessions s \
     WHERE s.programme = $1 AND s.date >= $2 AND s.date <= $3 AND s.state = 'COMPLETED'",
);
pub(super) const HELD_SPAN: Sql = Sql::new(
    "SELECT MIN(s.date) AS first_date, MAX(s.date) AS last_date FROM sessions s WHERE s.programme = $1 AND s.state = 'COMPLETED'",
);
pub(super) const VISITS: Sql = Sql::new(
    "SELECT v.date, v.host_site, v.site_level, v.expert, v.home_hospital, v.specialty FROM visits v \
     WHERE v.programme = $1 AND v.date >= $2 AND v.date <= $3 AND v.state = 'ENDED'",
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

/// What the records of an origin from a day to a day count; of activities, sums by month whose date is the month's first day.
///
/// # Errors
/// A storage error.
pub async fn leaves(tx: &mut Tx<'_>, of: &Programme, origin: Origin, from: Date, to: Date) -> Result<Vec<Leaf>> {
    match origin {
        Origin::Activities => activities::store::sums(tx, &of.id, from, to).await,
        Origin::Savings => savings::store::trips::leaves(tx, &of.id, (from, to), None).await,
        Origin::Visits => {
            let rows = tx.sql(VISITS).bind(&of.id).bind(from).bind(to).fetch_all().await?;
            rows.iter().map(visit).collect()
        }
        Origin::Sessions => {
            let rows = tx.sql(HELD).bind(&of.id).bind(from).bind(to).fetch_all().await?;
            // Whole days, as `sittings::leaves` asks: every clinic that could carry a sitting is among them.
            let held = rows.iter().map(held).collect::<Result<Vec<_>>>()?;
            Ok(sittings::leaves(&held, |date| of.sitting_unit_on(date)).into_values().collect())
        }
    }
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
    Ok(Leaf { dimensions, quantities: vec![(Measure::VISITS, 1)] })
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

//! The table of experts' absences.
use std::collections::BTreeMap;

use super::widened;
use crate::calendars::{Absent, ExpertAbsence, ExpertAbsenceState, ExpertAbsences};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, external_ids};
use crate::kernel::{
    Collection as _, Date, Error, ExternalId, Id, Name, PageRequest, Result, Timestamp, Vocabulary as _, Zone,
};
use crate::rows;

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("OF_EXPERTS", OF_EXPERTS),
    ("ALL_OF_EXPERT", ALL_OF_EXPERT),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

const GET: Sql = Sql::new(
    "SELECT a.absence, a.expert, a.zone, a.from_date, a.to_date, a.from_time, a.until_time, a.tz_version, \
     a.withdraw_time, a.revision, a.create_time, a.update_time FROM expert_absences a WHERE a.programme = $1 \
     AND a.absence = $2",
);
const OF_EXPERTS: Sql = rows!(
    "SELECT a.absence, a.expert, a.zone, a.from_date, a.to_date, a.from_time, a.until_time, a.tz_version, \
     a.withdraw_time, a.revision, a.create_time, a.update_time FROM ",
    "JOIN expert_absences a ON a.programme = r.value->>0 AND a.expert = r.value->>1 AND a.state = 'OPEN' \
     AND a.from_time < $3 AND a.until_time > $2 ORDER BY a.absence"
);
const ALL_OF_EXPERT: Sql = Sql::new(
    "SELECT a.absence, a.expert, a.zone, a.from_date, a.to_date, a.from_time, a.until_time, a.tz_version, \
     a.withdraw_time, a.revision, a.create_time, a.update_time FROM expert_absences a WHERE a.programme = $1 \
     AND a.expert = $2 ORDER BY a.absence",
);
const INSERT: Sql = Sql::new(
    "INSERT INTO expert_absences (programme, absence, expert, state, zone, from_date, to_date, from_time, until_time, \
     tz_version, withdraw_time, revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
     $11, $12, $13, $14)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE expert_absences SET expert = $3, state = $4, withdraw_time = $5, revision = $6, update_time = $7 \
     WHERE programme = $1 AND absence = $2",
);

static LIST: List = List {
    head: "SELECT a.absence, a.expert, a.zone, a.from_date, a.to_date, a.from_time, a.until_time, a.tz_version, \
           a.withdraw_time, a.revision, a.create_time, a.update_time FROM expert_absences a WHERE a.programme = ?",
    filters: &["a.absence = ?", "a.expert = ?", "a.state = ?", "a.from_time < ? AND a.until_time > ?"],
    after: "a.absence > ?",
    order: "ORDER BY a.absence",
};
const BY_ID: usize = 0;
const BY_EXPERT: usize = 1;
const BY_STATE: usize = 2;
const BY_WINDOW: usize = 3;

/// Conditions on absences; all that are set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// This absence.
    pub id: Option<Id>,
    /// Of this expert.
    pub expert: Option<Id>,
    /// In this state.
    pub state: Option<ExpertAbsenceState>,
    /// That has an instant between these.
    pub window: Option<(Timestamp, Timestamp)>,
}

/// The absence. Errors: `RESOURCE_NOT_FOUND`.
pub async fn get(tx: &mut Tx<'_>, name: &Name<ExpertAbsences>) -> Result<ExpertAbsence> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The absence, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &Name<ExpertAbsences>) -> Result<Option<ExpertAbsence>> {
    let rows = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_all().await?;
    Ok(assembled(tx, name.programme(), &rows).await?.pop())
}

/// Asks for the OPEN absences of each of these experts that have an instant in `[from, until)`, by id; who has none is left out.
/// External ids aren't loaded.
pub fn of_experts(
    programme: &Id,
    experts: &[Id],
    from: Timestamp,
    until: Timestamp,
) -> Ask<BTreeMap<Id, Vec<ExpertAbsence>>> {
    let (wide_from, wide_until) = widened(from, until);
    let read = Read::of(OF_EXPERTS).bind_rows(&db::keys(programme, experts)).bind(wide_from).bind(wide_until);
    let programme = programme.clone();
    Ask::rows(read, move |rows| {
        let mut absences: BTreeMap<Id, Vec<ExpertAbsence>> = BTreeMap::new();
        for row in &rows {
            let absence = absence(&programme, row, Vec::new())?;
            if absence.takes(from, until) {
                absences.entry(absence.expert.clone()).or_default().push(absence);
            }
        }
        Ok(absences)
    })
}

/// Every absence that an expert ever had, by id.
pub async fn all_of_expert(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<Vec<ExpertAbsence>> {
    let rows = tx.sql(ALL_OF_EXPERT).bind(programme).bind(expert).fetch_all().await?;
    assembled(tx, programme, &rows).await
}

/// The absences that pass, by id: one more than the page holds, where there are that many.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<ExpertAbsence>> {
    let mut select = LIST.select([programme.into()]);
    if let Some(id) = &filter.id {
        select.filter(BY_ID, [id.into()]);
    }
    if let Some(expert) = &filter.expert {
        select.filter(BY_EXPERT, [expert.into()]);
    }
    if let Some(state) = filter.state {
        select.filter(BY_STATE, [state.code().into()]);
    }
    if let Some((from, until)) = filter.window {
        select.filter(BY_WINDOW, [until.into(), from.into()]);
    }
    let rows = tx.select(select.page(page)).await?;
    assembled(tx, programme, &rows).await
}

/// Adds an absence.
pub async fn insert(tx: &mut Tx<'_>, absence: &ExpertAbsence) -> Result<()> {
    let (programme, id) = (absence.name.programme(), absence.name.id());
    let days = match absence.when {
        Absent::Instants { .. } => None,
        Absent::Days { from, to, .. } => Some((from, to)),
    };
    let (from, until) = absence.span();
    let stmt = tx.sql(INSERT).bind(programme).bind(id).bind(&absence.expert).bind(absence.state().code());
    let stmt = stmt.bind(absence.when.zone().map(Zone::name));
    let stmt = stmt.bind(days.map(|days| days.0)).bind(days.map(|days| days.1)).bind(from).bind(until);
    let stmt = stmt.bind(absence.tz_version.clone()).bind(absence.withdrawn);
    let meta = absence.meta;
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    external_ids::insert_all(tx, programme, ExpertAbsences::COLLECTION, &[(id, &absence.external_ids)]).await
}

/// Writes whose an absence is and whether it holds; nothing else of it changes.
pub async fn update(tx: &mut Tx<'_>, absence: &ExpertAbsence) -> Result<()> {
    let stmt = tx.sql(UPDATE).bind(absence.name.programme()).bind(absence.name.id()).bind(&absence.expert);
    let stmt = stmt.bind(absence.state().code()).bind(absence.withdrawn);
    stmt.bind(absence.meta.revision).bind(absence.meta.update_time).execute().await?;
    Ok(())
}

/// Rows with their external ids, in the rows' order.
async fn assembled(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<ExpertAbsence>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("absence")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let refs: Vec<&Id> = ids.iter().collect();
    let mut external_ids = external_ids::of(tx, programme, ExpertAbsences::COLLECTION, &refs).await?;
    let own =
        rows.iter().zip(&ids).map(|(row, id)| absence(programme, row, external_ids.remove(id).unwrap_or_default()));
    own.collect()
}

fn absence(programme: &Id, row: &Row, external_ids: Vec<ExternalId>) -> Result<ExpertAbsence> {
    let when = match row.get::<Option<Zone>>("zone")? {
        None => Absent::Instants { start: row.get("from_time")?, end: row.get("until_time")? },
        Some(zone) => Absent::Days { zone, from: row.get::<Date>("from_date")?, to: row.get("to_date")? },
    };
    Ok(ExpertAbsence {
        expert: row.get("expert")?,
        when,
        tz_version: row.get("tz_version")?,
        withdrawn: row.get("withdraw_time")?,
        external_ids,
        name: Name::new(programme.clone(), row.get("absence")?),
        meta: row.meta()?,
    })
}

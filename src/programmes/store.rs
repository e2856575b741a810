//! SQL of programmes, and rows to types.
use std::collections::HashMap;

use super::{Programme, ProgrammeState, Programmes, SittingUnitVersion};
use crate::db::external_ids;
use crate::db::{Ask, List, Read, Row, Sql, Tx, Value};
use crate::kernel::{Collection as _, Error, Id, PageRequest, Result, Vocabulary as _, Zone};
use crate::rows;

/// The tables that this slice writes.
pub const TABLES: &[&str] = &["programmes", "sitting_units"];

const GET: Sql = Sql::new(
    "SELECT p.programme, p.display_name, p.division_code, p.zone, p.state, p.revision, p.create_time, p.update_time \
     FROM programmes p WHERE p.programme = $1",
);
const STATE: Sql = Sql::new("SELECT p.state FROM programmes p WHERE p.programme = $1");
const INSERT: Sql = Sql::new(
    "INSERT INTO programmes (programme, display_name, division_code, zone, state, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE programmes SET display_name = $2, division_code = $3, state = $4, revision = $5, update_time = $6 WHERE programme = $1",
);
const SITTING_UNITS: Sql = rows!(
    "SELECT u.programme, u.from_date, u.unit FROM ",
    "JOIN sitting_units u ON u.programme = r.value->>0 ORDER BY u.programme, u.from_date"
);
const PUT_SITTING_UNIT: Sql = Sql::new(
    "INSERT INTO sitting_units (programme, from_date, unit) VALUES ($1, $2, $3) \
     ON CONFLICT (programme, from_date) DO UPDATE SET unit = excluded.unit",
);

const LIST: List = List {
    head: "SELECT p.programme, p.display_name, p.division_code, p.zone, p.state, p.revision, p.create_time, p.update_time \
           FROM programmes p WHERE p.programme > ?",
    filters: &["p.state = ?", "p.division_code = ?"],
    after: "p.programme > ?",
    order: "ORDER BY p.programme",
};
const BY_STATE: usize = 0;
const BY_DIVISION: usize = 1;

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("STATE", STATE),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("SITTING_UNITS", SITTING_UNITS),
    ("PUT_SITTING_UNIT", PUT_SITTING_UNIT),
];
/// The lists of this slice.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// Which programmes a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<ProgrammeState>,
    /// Of this county.
    pub division_code: Option<String>,
}

impl Filter {
    /// Whether a programme is among them.
    #[must_use]
    pub fn takes(&self, programme: &Programme) -> bool {
        let division = self.division_code.as_ref();
        self.state.is_none_or(|state| state == programme.state)
            && division.is_none_or(|code| *code == programme.division_code)
    }
}

/// The programme, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, id: &Id) -> Result<Option<Programme>> {
    let rows = tx.sql(GET).bind(id).fetch_all().await?;
    Ok(complete(tx, &rows).await?.pop())
}

/// The programme.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, id: &Id) -> Result<Programme> {
    find(tx, id).await?.ok_or_else(|| Error::not_found(format!("programmes/{id}")))
}

/// Whether the programme runs: what every write below it asks first.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn state(tx: &mut Tx<'_>, id: &Id) -> Result<ProgrammeState> {
    tx.ask(state_asked(id)).await
}

/// Asks whether the programme runs; one that isn't there is refused with `RESOURCE_NOT_FOUND`.
pub fn state_asked(id: &Id) -> Ask<ProgrammeState> {
    let name = format!("programmes/{id}");
    Ask::rows(Read::of(STATE).bind(id), |rows| rows.last().ok_or_else(|| Error::not_found(name))?.code("state"))
}

/// A page of programmes, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, filter: &Filter, page: &PageRequest) -> Result<Vec<Programme>> {
    let mut select = LIST.select([Value::from("")]);
    if let Some(state) = filter.state {
        select.filter(BY_STATE, [Value::from(state.code())]);
    }
    if let Some(division_code) = &filter.division_code {
        select.filter(BY_DIVISION, [Value::from(division_code)]);
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, &rows).await
}

/// Writes a new programme.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, programme: &Programme) -> Result<()> {
    let Programme { id, display_name, division_code, zone, state, sitting_units, external_ids, meta } = programme;
    let stmt = tx.sql(INSERT).bind(id).bind(display_name).bind(division_code).bind(zone.name()).bind(state.code());
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    for version in sitting_units {
        put_sitting_unit(tx, id, version).await?;
    }
    external_ids::insert_all(tx, id, Programmes::COLLECTION, &[(id, external_ids)]).await
}

/// Writes a programme's fields, external ids and revision.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, programme: &Programme) -> Result<()> {
    let Programme { id, display_name, division_code, state, external_ids, meta, .. } = programme;
    let stmt = tx.sql(UPDATE).bind(id).bind(display_name).bind(division_code).bind(state.code());
    stmt.bind(meta.revision).bind(meta.update_time).execute().await?;
    external_ids::put(tx, id, Programmes::COLLECTION, id, external_ids).await
}

/// Writes by which unit sittings are counted from a day on.
///
/// # Errors
/// A storage error.
pub async fn put_sitting_unit(tx: &mut Tx<'_>, id: &Id, version: &SittingUnitVersion) -> Result<()> {
    let stmt = tx.sql(PUT_SITTING_UNIT).bind(id).bind(version.from_date).bind(version.unit.code());
    stmt.execute().await?;
    Ok(())
}

/// Rows of `programmes`, with what other tables say of them.
async fn complete(tx: &mut Tx<'_>, rows: &[Row]) -> Result<Vec<Programme>> {
    let ids = rows.iter().map(|row| row.get::<Id>("programme")).collect::<Result<Vec<_>>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = ids.iter().map(|id| (id.as_str(),)).collect();
    let mut units: HashMap<Id, Vec<SittingUnitVersion>> = HashMap::new();
    for row in tx.sql(SITTING_UNITS).bind_rows(&keys).fetch_all().await? {
        let version = SittingUnitVersion { from_date: row.get("from_date")?, unit: row.code("unit")? };
        units.entry(row.get("programme")?).or_default().push(version);
    }
    let mut programmes = Vec::with_capacity(rows.len());
    for (row, id) in rows.iter().zip(ids) {
        let external_ids =
            external_ids::of(tx, &id, Programmes::COLLECTION, &[&id]).await?.remove(&id).unwrap_or_default();
        programmes.push(Programme {
            display_name: row.get("display_name")?,
            division_code: row.get("division_code")?,
            zone: row.get::<Zone>("zone")?,
            state: row.code("state")?,
            sitting_units: units.remove(&id).unwrap_or_default(),
            external_ids,
            meta: row.meta()?,
            id,
        });
    }
    Ok(programmes)
}

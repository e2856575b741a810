//! The tables `hospitals` and `hospital_names`: SQL, and rows to types.
//!
//! Every read takes many ids at once; a single one is a set of one. No rule stands here.

use std::collections::{HashMap, HashSet};

use super::{CreditCode, Hospital, HospitalLevel, Hospitals, NameKey, Profile};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, Value, external_ids};
use crate::kernel::{Collection, Error, ExternalId, Id, Name, PageRequest, Result, Vocabulary};
use crate::rows;

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["hospitals", "hospital_names"];

const GET: Sql = rows!(
    "SELECT h.hospital, h.display_name, h.level, h.city, h.credit_code, h.revision, h.create_time, h.update_time FROM ",
    "JOIN hospitals AS h ON h.programme = r.value->>0 AND h.hospital = r.value->>1"
);
const NAMES: Sql = rows!(
    "SELECT n.hospital, n.name FROM ",
    "JOIN hospital_names AS n ON n.programme = r.value->>0 AND n.hospital = r.value->>1 AND n.position > 0 \
     ORDER BY n.hospital, n.position"
);
const EXISTING: Sql =
    rows!("SELECT h.hospital FROM ", "JOIN hospitals AS h ON h.programme = r.value->>0 AND h.hospital = r.value->>1");
const KNOWN_AS: Sql = rows!(
    "SELECT n.name_key, n.hospital FROM ",
    "JOIN hospital_names AS n ON n.programme = r.value->>0 AND n.name_key = r.value->>1"
);
// What most creations have to know of others, in one statement: few hospitals have an alias.
const CLAIMS: Sql = Sql::new(
    "SELECT (SELECT h.hospital FROM hospitals h WHERE h.programme = $1 AND h.hospital = $2 LIMIT 1) IS NOT NULL AS present, \
     (SELECT n.hospital FROM hospital_names n WHERE n.programme = $1 AND n.name_key = $3 LIMIT 1) AS named",
);
const INSERT: Sql = rows!(
    "INSERT INTO hospitals (programme, hospital, display_name, level, city, credit_code, revision, create_time, update_time) \
     SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, CAST(r.value->>6 AS BIGINT), \
     CAST(r.value->>7 AS BIGINT), CAST(r.value->>8 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const UPDATE: Sql = Sql::new(
    "UPDATE hospitals SET display_name = $3, level = $4, city = $5, credit_code = $6, revision = $7, update_time = $8 \
     WHERE programme = $1 AND hospital = $2",
);
const INSERT_NAMES: Sql = rows!(
    "INSERT INTO hospital_names (programme, name_key, hospital, position, name) \
     SELECT r.value->>0, r.value->>1, r.value->>2, CAST(r.value->>3 AS BIGINT), r.value->>4 FROM ",
    "WHERE TRUE"
);
const DELETE_NAMES: Sql = Sql::new("DELETE FROM hospital_names WHERE programme = $1 AND hospital = $2");
const DELETE: Sql = Sql::new("DELETE FROM hospitals WHERE programme = $1 AND hospital = $2");

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("NAMES", NAMES),
    ("EXISTING", EXISTING),
    ("KNOWN_AS", KNOWN_AS),
    ("CLAIMS", CLAIMS),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("INSERT_NAMES", INSERT_NAMES),
    ("DELETE_NAMES", DELETE_NAMES),
    ("DELETE", DELETE),
];

static LIST: List = List {
    head: "SELECT h.hospital, h.display_name, h.level, h.city, h.credit_code, h.revision, h.create_time, h.update_time \
           FROM hospitals AS h WHERE h.programme = ?",
    filters: &[
        "h.level = ?",
        "h.city = ?",
        "h.hospital = (SELECT n.hospital FROM hospital_names AS n WHERE n.programme = h.programme AND n.name_key = ?)",
        "h.credit_code = ?",
        "h.hospital = (SELECT x.id FROM external_ids AS x WHERE x.programme = h.programme \
         AND x.collection = 'hospitals' AND x.system = ? AND x.value = ?)",
    ],
    after: "h.hospital > ?",
    order: "ORDER BY h.hospital",
};

/// Every list, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// What a list can be narrowed by; everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this level.
    pub level: Option<HospitalLevel>,
    /// In this city, spelt the same.
    pub city: Option<String>,
    /// Known by this name or alias.
    pub known_as: Option<NameKey>,
    /// With this credit code.
    pub credit_code: Option<CreditCode>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// A hospital, or none.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Hospitals>) -> Result<Option<Hospital>> {
    Ok(many(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id()))
}

/// A hospital that must be there.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Hospitals>) -> Result<Hospital> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// What a hospital's id and names meet in its programme.
#[derive(Default)]
pub struct Met {
    /// Whether the id is taken.
    pub present: bool,
    /// Who has which of the names.
    pub names: HashMap<NameKey, Id>,
}

/// Asks what a hospital's id and names, its display name first, meet in its programme.
pub fn met(name: &Name<Hospitals>, names: &[NameKey]) -> Ask<Met> {
    let Some((display_name, aliases)) = names.split_first() else { return Ask::known(Met::default()) };
    let claims = Read::of(CLAIMS).bind(name.programme()).bind(name.id()).bind(display_name.as_str());
    let display_name = display_name.clone();
    Ask::rows(claims, Ok).and(known_as_asked(name.programme(), aliases)).map(move |(rows, mut names)| {
        let Some(row) = rows.first() else { return Ok(Met::default()) };
        names.extend(row.get::<Option<Id>>("named")?.map(|named| (display_name, named)));
        Ok(Met { present: row.get("present")?, names })
    })
}

/// The hospitals with these ids, without those that aren't there.
///
/// # Errors
/// A storage error.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Hospital>> {
    let rows = tx.sql(GET).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    let hospitals = complete(tx, programme, &rows).await?;
    Ok(hospitals.into_iter().map(|hospital| (hospital.name.id().clone(), hospital)).collect())
}

/// Which of these ids are hospitals: one statement, for those who only refer to them.
///
/// # Errors
/// A storage error.
pub async fn present(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashSet<Id>> {
    tx.ask(present_asked(programme, ids)).await
}

/// Asks which of these ids are hospitals; without ids nothing is asked.
pub fn present_asked(programme: &Id, ids: &[Id]) -> Ask<HashSet<Id>> {
    if ids.is_empty() {
        return Ask::known(HashSet::new());
    }
    let present = |rows: Vec<Row>| rows.iter().map(|row| row.get("hospital")).collect();
    Ask::rows(Read::of(EXISTING).bind_rows(&db::keys(programme, ids)), present)
}

/// Which hospital each of these names or aliases leads to; a name that leads nowhere isn't in the answer.
///
/// # Errors
/// A storage error.
pub async fn known_as(tx: &mut Tx<'_>, programme: &Id, names: &[NameKey]) -> Result<HashMap<NameKey, Id>> {
    tx.ask(known_as_asked(programme, names)).await
}

fn known_as_asked(programme: &Id, names: &[NameKey]) -> Ask<HashMap<NameKey, Id>> {
    if names.is_empty() {
        return Ask::known(HashMap::new());
    }
    let keys: Vec<_> = names.iter().map(|key| (programme.as_str(), key.as_str())).collect();
    let named = |row: &Row| Ok((NameKey::of(&row.get::<String>("name_key")?), row.get("hospital")?));
    Ask::rows(Read::of(KNOWN_AS).bind_rows(&keys), move |rows| rows.iter().map(named).collect())
}

/// The hospitals that pass a filter, by id: a page and one more.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Hospital>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(level) = filter.level {
        select.filter(0, [level.code().into()]);
    }
    if let Some(city) = &filter.city {
        select.filter(1, [city.into()]);
    }
    if let Some(key) = &filter.known_as {
        select.filter(2, [key.as_str().into()]);
    }
    if let Some(code) = &filter.credit_code {
        select.filter(3, [code.as_str().into()]);
    }
    if let Some(external) = &filter.external_id {
        select.filter(4, [external.system().into(), external.value().into()]);
    }
    select.page(page);
    let rows = tx.select(&select).await?;
    complete(tx, programme, &rows).await
}

/// Writes a new hospital with its names and external ids.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, hospital: &Hospital) -> Result<()> {
    let (profile, meta) = (&hospital.profile, &hospital.meta);
    let (programme, id) = (hospital.name.programme(), hospital.name.id());
    let code = profile.credit_code.as_ref().map(CreditCode::as_str);
    let times = (meta.create_time.micros(), meta.update_time.micros());
    let (name, level, city) = (&profile.display_name, profile.level.code(), &profile.city);
    tx.sql(INSERT)
        .bind_rows(&[(programme, id, name, level, city, code, meta.revision, times.0, times.1)])
        .execute()
        .await?;
    insert_names(tx, hospital).await?;
    external_ids::insert_all(tx, programme, Hospitals::COLLECTION, &[(id, &profile.external_ids)]).await
}

/// Writes a hospital's present state over the one before.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, hospital: &Hospital) -> Result<()> {
    let (profile, meta) = (&hospital.profile, &hospital.meta);
    tx.sql(UPDATE)
        .bind(hospital.name.programme())
        .bind(hospital.name.id())
        .bind(&profile.display_name)
        .bind(profile.level.code())
        .bind(&profile.city)
        .bind(profile.credit_code.as_ref().map(CreditCode::as_str))
        .bind(meta.revision)
        .bind(meta.update_time)
        .execute()
        .await?;
    tx.sql(DELETE_NAMES).bind(hospital.name.programme()).bind(hospital.name.id()).execute().await?;
    insert_names(tx, hospital).await?;
    let (programme, id) = (hospital.name.programme(), hospital.name.id());
    external_ids::put(tx, programme, Hospitals::COLLECTION, id, &profile.external_ids).await
}

/// Removes a hospital with its names and external ids.
///
/// # Errors
/// A storage error.
pub async fn delete(tx: &mut Tx<'_>, name: &Name<Hospitals>) -> Result<()> {
    external_ids::put(tx, name.programme(), Hospitals::COLLECTION, name.id(), &[]).await?;
    tx.sql(DELETE_NAMES).bind(name.programme()).bind(name.id()).execute().await?;
    tx.sql(DELETE).bind(name.programme()).bind(name.id()).execute().await?;
    Ok(())
}

/// The names of a hospital that has none yet.
async fn insert_names(tx: &mut Tx<'_>, hospital: &Hospital) -> Result<()> {
    let (programme, id) = (hospital.name.programme(), hospital.name.id());
    let names: Vec<_> = hospital.profile.names().enumerate().map(|(place, (key, name))| (key, place, name)).collect();
    let rows: Vec<_> = names.iter().map(|(key, place, name)| (programme, key.as_str(), id, place, name)).collect();
    tx.sql(INSERT_NAMES).bind_rows(&rows).execute().await
}

/// A column that holds a credit code or nothing.
///
/// # Errors
/// A storage error; `INTERNAL` when the column holds something else.
pub fn credit_code(row: &Row, column: &str) -> Result<Option<CreditCode>> {
    let Some(text) = row.get::<Option<String>>(column)? else { return Ok(None) };
    CreditCode::parse(&text).map(Some).ok_or(Error::Internal("a stored credit code is damaged"))
}

/// The hospitals of rows of `hospitals`, in their order, with their aliases and external ids.
async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Hospital>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("hospital")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut aliases: HashMap<Id, Vec<String>> = HashMap::new();
    for row in tx.sql(NAMES).bind_rows(&db::keys(programme, &ids)).fetch_all().await? {
        aliases.entry(row.get("hospital")?).or_default().push(row.get("name")?);
    }
    let mut external_ids =
        external_ids::of(tx, programme, Hospitals::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let mut hospitals = Vec::with_capacity(rows.len());
    for (row, id) in rows.iter().zip(ids) {
        let profile = Profile {
            display_name: row.get("display_name")?,
            aliases: aliases.remove(&id).unwrap_or_default(),
            level: row.code("level")?,
            city: row.get("city")?,
            credit_code: credit_code(row, "credit_code")?,
            external_ids: external_ids.remove(&id).unwrap_or_default(),
        };
        let meta = row.meta()?;
        hospitals.push(Hospital { name: Name::new(programme.clone(), id), profile, meta });
    }
    Ok(hospitals)
}

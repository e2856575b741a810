//! The tables `sites`, `site_specialties`, `site_rooms`, `site_closures` and `travel_minutes`: SQL, and rows to types.
//!
//! Every read takes many ids at once; a single one is a set of one. No rule stands here.

use std::collections::HashMap;

use super::{DivisionCode, Profile, Site, SiteLevel, Sites};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, Value, external_ids};
use crate::hospitals::store::credit_code;
use crate::hospitals::{CreditCode, Hospitals};
use crate::kernel::{
    Collection, Error, ExternalId, Id, Name, PageRequest, Result, Specialty, Timestamp, Vocabulary, Zone,
};
use crate::rows;

pub mod closures;
mod parts;
pub mod travel;

pub use parts::{STATEMENTS as PART_STATEMENTS, licensed_specialties, rooms};

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["sites", "site_specialties", "site_rooms", "site_closures", "travel_minutes"];

const GET: Sql = rows!(
    "SELECT s.site, s.display_name, s.hospital, s.level, s.institution_code, s.division_code, s.zone, s.address, \
     s.revision, s.create_time, s.update_time FROM ",
    "JOIN sites AS s ON s.programme = r.value->>0 AND s.site = r.value->>1"
);
const BRIEF: Sql = rows!(
    "SELECT s.site, s.zone, s.level FROM ",
    "JOIN sites AS s ON s.programme = r.value->>0 AND s.site = r.value->>1"
);
const FIRST: Sql = Sql::new("SELECT s.site FROM sites AS s WHERE s.programme = $1 ORDER BY s.site LIMIT $2 + 0");
const OF_HOSPITAL: Sql =
    Sql::new("SELECT s.site FROM sites AS s WHERE s.programme = $1 AND s.hospital = $2 ORDER BY s.site LIMIT 1");
const INSERT: Sql = rows!(
    "INSERT INTO sites (programme, site, display_name, hospital, level, institution_code, division_code, zone, address, revision, \
     create_time, update_time) SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, r.value->>6, \
     r.value->>7, r.value->>8, CAST(r.value->>9 AS BIGINT), CAST(r.value->>10 AS BIGINT), CAST(r.value->>11 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const UPDATE: Sql = Sql::new(
    "UPDATE sites SET display_name = $3, hospital = $4, level = $5, institution_code = $6, division_code = $7, \
     zone = $8, address = $9, revision = $10, update_time = $11 WHERE programme = $1 AND site = $2",
);
const TOUCH: Sql = rows!(
    "UPDATE sites SET revision = CAST(r.value->>2 AS BIGINT), update_time = $2 FROM ",
    "WHERE sites.programme = r.value->>0 AND sites.site = r.value->>1"
);
const REVISIONS: Sql =
    rows!("SELECT s.site, s.revision FROM ", "JOIN sites AS s ON s.programme = r.value->>0 AND s.site = r.value->>1");
const DELETE: Sql = Sql::new("DELETE FROM sites WHERE programme = $1 AND site = $2");

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("BRIEF", BRIEF),
    ("FIRST", FIRST),
    ("OF_HOSPITAL", OF_HOSPITAL),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("TOUCH", TOUCH),
    ("REVISIONS", REVISIONS),
    ("DELETE", DELETE),
];

static LIST: List = List {
    head: "SELECT s.site, s.display_name, s.hospital, s.level, s.institution_code, s.division_code, s.zone, s.address, \
           s.revision, s.create_time, s.update_time FROM sites AS s WHERE s.programme = ?",
    filters: &[
        "s.level = ?",
        "s.hospital = ?",
        "s.division_code >= ? AND s.division_code < ?",
        "(SELECT 1 FROM site_specialties AS l WHERE l.programme = s.programme AND l.site = s.site \
         AND l.specialty IN (?, ?, ?) LIMIT 1) IS NOT NULL",
        "s.site = (SELECT x.id FROM external_ids AS x WHERE x.programme = s.programme \
         AND x.collection = 'sites' AND x.system = ? AND x.value = ?)",
    ],
    after: "s.site > ?",
    order: "ORDER BY s.site",
};

/// Every list, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST), ("CLOSURES", &closures::LIST), ("TRAVEL", &travel::LIST)];

/// What a list can be narrowed by; everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this level.
    pub level: Option<SiteLevel>,
    /// Of this hospital.
    pub hospital: Option<Id>,
    /// In this county (and its townships) or township.
    pub division_code: Option<DivisionCode>,
    /// Licensed for this specialty, by itself or by a parent.
    pub licensed_specialty: Option<Specialty>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// What sessions and imports need of a site without its parts.
#[derive(Clone, Debug)]
pub struct Brief {
    /// In which its days and half-days are told.
    pub zone: Zone,
    /// What kind of place it is.
    pub level: SiteLevel,
}

/// A site, or none.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Sites>) -> Result<Option<Site>> {
    Ok(many(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id()))
}

/// A site that must be there.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Sites>) -> Result<Site> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The sites with these ids, without those that aren't there.
///
/// # Errors
/// A storage error.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Site>> {
    let rows = tx.sql(GET).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    let sites = complete(tx, programme, &rows).await?;
    Ok(sites.into_iter().map(|site| (site.name.id().clone(), site)).collect())
}

/// Zone and level of the sites with these ids, in one statement; a site that isn't there isn't in the answer.
///
/// # Errors
/// A storage error.
pub async fn briefs(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Brief>> {
    tx.ask(briefs_asked(programme, ids)).await
}

/// Asks for zone and level of the sites with these ids; a site that isn't there isn't in the answer.
pub fn briefs_asked(programme: &Id, ids: &[Id]) -> Ask<HashMap<Id, Brief>> {
    Ask::rows(Read::of(BRIEF).bind_rows(&db::keys(programme, ids)), |rows| {
        let brief = |row: &Row| Ok((row.get("site")?, Brief { zone: row.get("zone")?, level: row.code("level")? }));
        rows.iter().map(brief).collect()
    })
}

/// Asks for the ids of a programme's sites, in order, at most so many.
pub fn first(programme: &Id, most: usize) -> Ask<Vec<Id>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    Ask::rows(Read::of(FIRST).bind(programme).bind(most), |rows| rows.iter().map(|row| row.get("site")).collect())
}

/// The first site, by id, that is or belongs to a hospital.
///
/// # Errors
/// A storage error.
pub async fn of_hospital(tx: &mut Tx<'_>, hospital: &Name<Hospitals>) -> Result<Option<Name<Sites>>> {
    let row = tx.sql(OF_HOSPITAL).bind(hospital.programme()).bind(hospital.id()).fetch_optional().await?;
    row.map(|row| Ok(Name::new(hospital.programme().clone(), row.get("site")?))).transpose()
}

/// The sites that pass a filter, by id: a page and one more.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Site>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(level) = filter.level {
        select.filter(0, [level.code().into()]);
    }
    if let Some(hospital) = &filter.hospital {
        select.filter(1, [hospital.into()]);
    }
    if let Some(division) = &filter.division_code {
        select.filter(2, [division.as_str().into(), division.end().into()]);
    }
    if let Some(specialty) = &filter.licensed_specialty {
        select.filter(3, covering(specialty).map(Value::from));
    }
    if let Some(external) = &filter.external_id {
        select.filter(4, [external.system().into(), external.value().into()]);
    }
    select.page(page);
    let rows = tx.select(&select).await?;
    complete(tx, programme, &rows).await
}

/// Writes a new site with its parts and external ids.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, site: &Site) -> Result<()> {
    let (profile, meta) = (&site.profile, &site.meta);
    let (programme, id) = (site.name.programme(), site.name.id());
    let code = profile.institution_code.as_ref().map(CreditCode::as_str);
    let (level, division, zone) = (profile.level.code(), profile.division_code.as_str(), profile.zone.name());
    let (made, changed) = (meta.create_time.micros(), meta.update_time.micros());
    let (name, hospital, address) = (&profile.display_name, &profile.hospital, &profile.address);
    let row = (programme, id, name, hospital, level, code, division, zone, address, meta.revision, made, changed);
    tx.sql(INSERT).bind_rows(&[row]).execute().await?;
    parts::insert(tx, site).await?;
    external_ids::insert_all(tx, programme, Sites::COLLECTION, &[(id, &profile.external_ids)]).await
}

/// Writes a site's present state over the one before.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, site: &Site) -> Result<()> {
    let (profile, meta) = (&site.profile, &site.meta);
    tx.sql(UPDATE)
        .bind(site.name.programme())
        .bind(site.name.id())
        .bind(&profile.display_name)
        .bind(profile.hospital.as_ref())
        .bind(profile.level.code())
        .bind(profile.institution_code.as_ref().map(CreditCode::as_str))
        .bind(profile.division_code.as_str())
        .bind(profile.zone.name())
        .bind(&profile.address)
        .bind(meta.revision)
        .bind(meta.update_time)
        .execute()
        .await?;
    parts::delete(tx, &site.name).await?;
    parts::insert(tx, site).await?;
    external_ids::put(tx, site.name.programme(), Sites::COLLECTION, site.name.id(), &profile.external_ids).await
}

/// The revisions of the sites with these ids, without those that aren't there.
///
/// # Errors
/// A storage error.
pub async fn revisions(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows = tx.sql(REVISIONS).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("site")?, row.get("revision")?))).collect()
}

/// Gives sites new revisions because something that belongs to them changed in another table.
///
/// # Errors
/// A storage error.
pub async fn touch(tx: &mut Tx<'_>, programme: &Id, revisions: &[(Id, i64)], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = revisions.iter().map(|(id, revision)| (programme.as_str(), id.as_str(), revision)).collect();
    tx.sql(TOUCH).bind_rows(&rows).bind(now).execute().await?;
    Ok(())
}

/// Removes a site with its parts, closures, journeys and external ids.
///
/// # Errors
/// A storage error.
pub async fn delete(tx: &mut Tx<'_>, name: &Name<Sites>) -> Result<()> {
    external_ids::put(tx, name.programme(), Sites::COLLECTION, name.id(), &[]).await?;
    parts::delete(tx, name).await?;
    closures::delete(tx, name).await?;
    travel::delete(tx, name).await?;
    tx.sql(DELETE).bind(name.programme()).bind(name.id()).execute().await?;
    Ok(())
}

/// The specialties that cover one: itself and its parents; three whatever its depth, as the filter takes.
fn covering(specialty: &Specialty) -> [String; 3] {
    let parents = specialty.with_parents();
    [0, 1, 2].map(|level| parents.get(level).unwrap_or(specialty).as_str().to_owned())
}

/// The sites of rows of `sites`, in their order, with their parts and external ids.
async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Site>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("site")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let parts = parts::licensed_specialties(programme, &ids).and(parts::rooms(programme, &ids));
    let (mut specialties, mut rooms) = tx.ask(parts).await?;
    let mut external_ids = external_ids::of(tx, programme, Sites::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let mut sites = Vec::with_capacity(rows.len());
    for (row, id) in rows.iter().zip(ids) {
        let division_code = DivisionCode::parse(&row.get::<String>("division_code")?);
        let profile = Profile {
            display_name: row.get("display_name")?,
            hospital: row.get("hospital")?,
            level: row.code("level")?,
            institution_code: credit_code(row, "institution_code")?,
            division_code: division_code.ok_or(Error::Internal("a stored division code is damaged"))?,
            zone: row.get("zone")?,
            licensed_specialties: specialties.remove(&id).unwrap_or_default(),
            rooms: rooms.remove(&id).unwrap_or_default(),
            address: row.get("address")?,
            external_ids: external_ids.remove(&id).unwrap_or_default(),
        };
        let meta = row.meta()?;
        sites.push(Site { name: Name::new(programme.clone(), id), profile, meta });
    }
    Ok(sites)
}

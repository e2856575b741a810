//! The tables of experts: rows to types, and what later slices read, also of many experts at once.
//!
//! Days are compared as ISO texts. There is no rule here: which days count is in `roster.rs` and `affiliations.rs`.

use std::collections::{BTreeMap, HashMap};

use super::{
    Affiliation, Days, Expert, Experts, HomeTie, LicenceHash, LicenceSecret, Merged, Profile, Roster, Standing,
};
use super::{Consent, ExpertState, Scope};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, external_ids};
use crate::kernel::{Collection as _, Date, Error, Id, Name, Result, Specialty};
use crate::rows;
use crate::sites::DivisionCode;

mod list;
mod write;

pub use list::{Filter, list};
pub use write::{insert, keep_secret, update};

/// The tables that this slice writes.
pub const TABLES: &[&str] =
    &["experts", "expert_specialties", "expert_affiliations", "expert_ties", "expert_licence_keys"];

/// Every statement, for the test that prepares them on both engines.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("BY_IDS", BY_IDS),
    ("SPECIALTIES", SPECIALTIES),
    ("AFFILIATIONS", AFFILIATIONS),
    ("TIES", TIES),
    ("ROSTERS", ROSTERS),
    ("JUDGED", JUDGED),
    ("ON_ROSTER_FROM", ON_ROSTER_FROM),
    ("HOME_HOSPITALS", HOME_HOSPITALS),
    ("AFFILIATED", AFFILIATED),
    ("MERGED", MERGED),
    ("SECRET", SECRET),
    ("LICENCE_HOLDER", LICENCE_HOLDER),
    ("INSERT", write::INSERT),
    ("UPDATE", write::UPDATE),
    ("DROP_SPECIALTIES", write::DROP_SPECIALTIES),
    ("DROP_AFFILIATIONS", write::DROP_AFFILIATIONS),
    ("DROP_TIES", write::DROP_TIES),
    ("ADD_SPECIALTIES", write::ADD_SPECIALTIES),
    ("ADD_AFFILIATIONS", write::ADD_AFFILIATIONS),
    ("ADD_TIES", write::ADD_TIES),
    ("KEEP_SECRET", write::KEEP_SECRET),
];

/// Every list, for the test that prepares its filters alone and together.
pub const LISTS: &[(&str, &List)] = &[("EXPERTS", &list::EXPERTS)];

const MERGED: Sql = Sql::new(
    "SELECT e.expert, e.merged_into FROM experts e WHERE e.programme = $1 AND e.merged_into IS NOT NULL ORDER BY e.expert",
);
const BY_IDS: Sql = rows!(
    "SELECT e.expert, e.display_name, e.title, e.state, e.roster_entry_date, e.roster_exit_date, e.pause_until_date, \
     e.scope, e.licence_hash, e.merged_into, e.revision, e.create_time, e.update_time FROM ",
    "JOIN experts e ON e.programme = r.value->>0 AND e.expert = r.value->>1 ORDER BY e.expert"
);
const SPECIALTIES: Sql = rows!(
    "SELECT s.expert, s.specialty FROM ",
    "JOIN expert_specialties s ON s.programme = r.value->>0 AND s.expert = r.value->>1 ORDER BY s.expert, s.ordinal"
);
const AFFILIATIONS: Sql = rows!(
    "SELECT a.expert, a.hospital, a.from_date, a.to_date, a.main FROM ",
    "JOIN expert_affiliations a ON a.programme = r.value->>0 AND a.expert = r.value->>1 ORDER BY a.expert, a.ordinal"
);
const TIES: Sql = rows!(
    "SELECT t.expert, t.kind, t.division, t.place, t.heard_by, t.medium, t.heard_time, t.words FROM ",
    "JOIN expert_ties t ON t.programme = r.value->>0 AND t.expert = r.value->>1 ORDER BY t.expert, t.ordinal"
);
const ROSTERS: Sql = rows!(
    "SELECT e.expert, e.state, e.roster_entry_date, e.roster_exit_date, e.pause_until_date, e.merged_into FROM ",
    "JOIN experts e ON e.programme = r.value->>0 AND e.expert = r.value->>1"
);
const JUDGED: Sql = rows!(
    "SELECT e.expert, e.state, e.roster_entry_date, e.roster_exit_date, e.pause_until_date, e.merged_into, e.scope FROM ",
    "JOIN experts e ON e.programme = r.value->>0 AND e.expert = r.value->>1"
);
const ON_ROSTER_FROM: Sql = Sql::new(
    "SELECT e.expert FROM experts e WHERE e.programme = $1 AND e.state <> 'MERGED' \
     AND (e.roster_exit_date IS NULL OR e.roster_exit_date >= $2) ORDER BY e.expert LIMIT $3 + 0",
);
const HOME_HOSPITALS: Sql = rows!(
    "SELECT a.expert, r.value->>2 AS day, a.hospital FROM ",
    "JOIN expert_affiliations a ON a.programme = r.value->>0 AND a.expert = r.value->>1 AND a.from_date <= r.value->>2 \
     AND (a.to_date IS NULL OR a.to_date >= r.value->>2) WHERE a.main"
);
const AFFILIATED: Sql = Sql::new(
    "SELECT a.expert FROM expert_affiliations a WHERE a.programme = $1 AND a.hospital = $2 ORDER BY a.expert LIMIT 1",
);
const SECRET: Sql = Sql::new("SELECT k.secret FROM expert_licence_keys k WHERE k.programme = $1");
const LICENCE_HOLDER: Sql = Sql::new("SELECT e.expert FROM experts e WHERE e.programme = $1 AND e.licence_hash = $2");

/// The expert. Errors: `RESOURCE_NOT_FOUND`.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Experts>) -> Result<Expert> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The expert, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Experts>) -> Result<Option<Expert>> {
    Ok(many(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id()))
}

/// The experts with these ids; who isn't there is left out.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Expert>> {
    let rows = tx.sql(BY_IDS).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    let experts = assembled(tx, programme, &rows).await?;
    Ok(experts.into_iter().map(|expert| (expert.name.id().clone(), expert)).collect())
}

/// Where the experts with these ids stand; who isn't there is left out. For a rule that needs no more of them.
pub async fn rosters(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Roster>> {
    let rows = tx.sql(ROSTERS).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("expert")?, roster_of(row)?))).collect()
}

/// What an expert's sessions are judged by.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Where the expert stands.
    pub roster: Roster,
    /// What for, the main one first.
    pub specialties: Vec<Specialty>,
    /// Where the expert works, and worked.
    pub affiliations: Vec<Affiliation>,
    /// What the expert does here.
    pub scope: Scope,
}

/// Asks for what sessions of these experts are judged by; who isn't there is left out.
pub fn judged(programme: &Id, ids: &[Id]) -> Ask<HashMap<Id, Judged>> {
    let keys = db::keys(programme, ids);
    let read = |sql: Sql| Read::of(sql).bind_rows(&keys);
    let specialties = Ask::rows(read(SPECIALTIES), |rows| grouped(rows, specialty_of));
    let affiliations = Ask::rows(read(AFFILIATIONS), |rows| grouped(rows, affiliation_of));
    let experts = Ask::rows(read(JUDGED), Ok);
    experts.and(specialties.and(affiliations)).map(|(rows, (mut specialties, mut affiliations))| {
        let judged = |row: &Row| {
            let id: Id = row.get("expert")?;
            let judged = Judged {
                roster: roster_of(row)?,
                specialties: specialties.remove(&id).unwrap_or_default(),
                affiliations: affiliations.remove(&id).unwrap_or_default(),
                scope: row.json::<Scope>("scope")?,
            };
            Ok((id, judged))
        };
        rows.iter().map(judged).collect()
    })
}

/// Asks who is on the roster on a day or later, by id, at most so many.
pub fn on_roster_from(programme: &Id, day: Date, most: usize) -> Ask<Vec<Id>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let read = Read::of(ON_ROSTER_FROM).bind(programme).bind(day).bind(most);
    Ask::rows(read, |rows| rows.iter().map(|row| row.get("expert")).collect())
}

/// The home hospitals of experts, each as of a day; without a main affiliation on the day a pair is left out.
pub async fn home_hospitals(tx: &mut Tx<'_>, programme: &Id, as_of: &[(&Id, Date)]) -> Result<HashMap<(Id, Date), Id>> {
    if as_of.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = as_of.iter().map(|(id, day)| (programme.as_str(), id.as_str(), day.to_string())).collect();
    let rows = tx.sql(HOME_HOSPITALS).bind_rows(&keys).fetch_all().await?;
    rows.iter().map(|row| Ok(((row.get("expert")?, row.get("day")?), row.get("hospital")?))).collect()
}

/// Every merged duplicate of a programme, and who it is.
///
/// # Errors
/// A storage error.
pub async fn merged(tx: &mut Tx<'_>, programme: &Id) -> Result<Merged> {
    let rows = tx.sql(MERGED).bind(programme).fetch_all().await?;
    let pair = |row: &Row| Ok((row.get("expert")?, row.get("merged_into")?));
    Ok(Merged::new(rows.iter().map(pair).collect::<Result<_>>()?))
}

/// The first expert that has or had an affiliation at a hospital.
pub async fn affiliated(tx: &mut Tx<'_>, programme: &Id, hospital: &Id) -> Result<Option<Id>> {
    let row = tx.sql(AFFILIATED).bind(programme).bind(hospital).fetch_optional().await?;
    row.map(|row| row.get("expert")).transpose()
}

/// The secret of the programme's licence hashes, if one was made.
pub async fn secret(tx: &mut Tx<'_>, programme: &Id) -> Result<Option<LicenceSecret>> {
    let row = tx.sql(SECRET).bind(programme).fetch_optional().await?;
    row.map(|row| Ok(LicenceSecret::stored(row.get("secret")?))).transpose()
}

/// Who has this licence.
pub async fn licence_holder(tx: &mut Tx<'_>, programme: &Id, licence: &LicenceHash) -> Result<Option<Id>> {
    let row = tx.sql(LICENCE_HOLDER).bind(programme).bind(licence.as_str()).fetch_optional().await?;
    row.map(|row| row.get("expert")).transpose()
}

/// Rows of `experts` with everything that hangs on them, in the rows' order.
async fn assembled(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Expert>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("expert")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys = db::keys(programme, &ids);
    let specialties = Ask::rows(Read::of(SPECIALTIES).bind_rows(&keys), |rows| grouped(rows, specialty_of));
    let affiliations = Ask::rows(Read::of(AFFILIATIONS).bind_rows(&keys), |rows| grouped(rows, affiliation_of));
    let ties = Ask::rows(Read::of(TIES).bind_rows(&keys), |rows| grouped(rows, tie_of));
    let external_ids = external_ids::of_asked(programme, Experts::COLLECTION, &ids.iter().collect::<Vec<_>>());
    let ((mut specialties, mut affiliations), (mut ties, mut external_ids)) =
        tx.ask(specialties.and(affiliations).and(ties.and(external_ids))).await?;
    let expert = |(row, id): (&Row, &Id)| {
        Ok(Expert {
            name: Name::new(programme.clone(), id.clone()),
            profile: Profile {
                display_name: row.get("display_name")?,
                title: row.code("title")?,
                specialties: specialties.remove(id).unwrap_or_default(),
                affiliations: affiliations.remove(id).unwrap_or_default(),
                home_ties: ties.remove(id).unwrap_or_default(),
                scope: row.json::<Scope>("scope")?,
                external_ids: external_ids.remove(id).unwrap_or_default(),
            },
            roster: roster_of(row)?,
            licence: row.get::<Option<String>>("licence_hash")?.map(LicenceHash::stored),
            meta: row.meta()?,
        })
    };
    rows.iter().zip(&ids).map(expert).collect()
}

fn grouped<T>(rows: Vec<Row>, read: fn(&Row) -> Result<T>) -> Result<BTreeMap<Id, Vec<T>>> {
    let mut groups: BTreeMap<Id, Vec<T>> = BTreeMap::new();
    for row in &rows {
        groups.entry(row.get("expert")?).or_default().push(read(row)?);
    }
    Ok(groups)
}

fn roster_of(row: &Row) -> Result<Roster> {
    let standing = match row.code::<ExpertState>("state")? {
        ExpertState::Active => Standing::Active,
        ExpertState::Paused => Standing::Paused { until: row.get("pause_until_date")? },
        ExpertState::Exited => Standing::Exited,
        ExpertState::Merged => Standing::Merged { into: row.get("merged_into")? },
    };
    Ok(Roster { entry: row.get("roster_entry_date")?, exit: row.get("roster_exit_date")?, standing })
}

fn specialty_of(row: &Row) -> Result<Specialty> {
    row.get("specialty")
}

fn affiliation_of(row: &Row) -> Result<Affiliation> {
    let days = Days { from: row.get("from_date")?, to: row.get("to_date")? };
    Ok(Affiliation { hospital: row.get("hospital")?, days, main: row.get("main")? })
}

/// What somebody was heard to agree to, in a row that has its columns.
///
/// # Errors
/// A storage error.
pub fn consent_of(row: &Row) -> Result<Consent> {
    Ok(Consent {
        heard_by: row.get("heard_by")?,
        medium: row.code("medium")?,
        heard_time: row.get("heard_time")?,
        words: row.get("words")?,
    })
}

fn tie_of(row: &Row) -> Result<HomeTie> {
    let division = row.get::<Option<String>>("division")?;
    Ok(HomeTie {
        kind: row.code("kind")?,
        division: division.as_deref().and_then(DivisionCode::parse),
        place: row.get("place")?,
        consent: consent_of(row)?,
    })
}

//! The tables of assistants and pairings: rows to types, and what later slices read, also of many at once.
//!
//! Days are compared as ISO texts. There is no rule here: what a day means is in `mod.rs` and `pairing.rs`.

use std::collections::HashMap;

use super::{Absence, Assistant, AssistantState, Assistants, Profile};
use crate::db::{self, List, Row, Sql, Tx, external_ids};
use crate::experts::Days;
use crate::kernel::{Collection as _, Date, Error, Id, Name, PageRequest, Result, Specialty, Vocabulary as _};
use crate::rows;

pub mod pairings;
mod stationed;

pub use stationed::{Stationed, named, stationed};

/// The tables that this slice writes.
pub const TABLES: &[&str] = &["assistants", "assistant_specialties", "assistant_absences", "pairings"];

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("BY_IDS", BY_IDS),
    ("SPECIALTIES", SPECIALTIES),
    ("ABSENCES", ABSENCES),
    ("STATIONED_AT", STATIONED_AT),
    ("STATIONED", stationed::STATIONED),
    ("NAMED", stationed::NAMED),
    ("ABSENCES_AT", stationed::ABSENCES_AT),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("DROP_SPECIALTIES", DROP_SPECIALTIES),
    ("DROP_ABSENCES", DROP_ABSENCES),
    ("ADD_SPECIALTIES", ADD_SPECIALTIES),
    ("ADD_ABSENCES", ADD_ABSENCES),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

const BY_IDS: Sql = rows!(
    "SELECT a.assistant, a.display_name, a.site, a.end_date, a.licence_from_date, a.licence_to_date, a.revision, \
     a.create_time, a.update_time FROM ",
    "JOIN assistants a ON a.programme = r.value->>0 AND a.assistant = r.value->>1 ORDER BY a.assistant"
);
const SPECIALTIES: Sql = rows!(
    "SELECT s.assistant, s.specialty FROM ",
    "JOIN assistant_specialties s ON s.programme = r.value->>0 AND s.assistant = r.value->>1 \
     ORDER BY s.assistant, s.ordinal"
);
const ABSENCES: Sql = rows!(
    "SELECT x.assistant, x.kind, x.from_date, x.to_date, x.half_day FROM ",
    "JOIN assistant_absences x ON x.programme = r.value->>0 AND x.assistant = r.value->>1 \
     ORDER BY x.assistant, x.ordinal"
);
const STATIONED_AT: Sql = Sql::new(
    "SELECT a.assistant FROM assistants a WHERE a.programme = $1 AND a.site = $2 ORDER BY a.assistant LIMIT 1",
);
const INSERT: Sql = rows!(
    "INSERT INTO assistants (programme, assistant, display_name, site, state, end_date, licence_from_date, licence_to_date, revision, \
     create_time, update_time) SELECT r.value->>0, r.value->>1, r.value->>2, r.value->>3, r.value->>4, r.value->>5, r.value->>6, \
     r.value->>7, CAST(r.value->>8 AS BIGINT), CAST(r.value->>9 AS BIGINT), CAST(r.value->>10 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const UPDATE: Sql = Sql::new(
    "UPDATE assistants SET display_name = $3, site = $4, state = $5, end_date = $6, licence_from_date = $7, \
     licence_to_date = $8, revision = $9, create_time = $10, update_time = $11 WHERE programme = $1 AND assistant = $2",
);
const DROP_SPECIALTIES: Sql = Sql::new("DELETE FROM assistant_specialties WHERE programme = $1 AND assistant = $2");
const DROP_ABSENCES: Sql = Sql::new("DELETE FROM assistant_absences WHERE programme = $1 AND assistant = $2");
const ADD_SPECIALTIES: Sql = rows!(
    "INSERT INTO assistant_specialties (programme, assistant, ordinal, specialty) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3 FROM ",
    "WHERE TRUE"
);
const ADD_ABSENCES: Sql = rows!(
    "INSERT INTO assistant_absences (programme, assistant, ordinal, kind, from_date, to_date, half_day) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4, r.value->>5, \
     r.value->>6 FROM ",
    "WHERE TRUE"
);

static LIST: List = List {
    head: "SELECT a.assistant, a.display_name, a.site, a.end_date, a.licence_from_date, a.licence_to_date, \
           a.revision, a.create_time, a.update_time FROM assistants a WHERE a.programme = ?",
    filters: &[
        "a.assistant = ?",
        "a.state = ?",
        "a.site = ?",
        "(SELECT 1 FROM assistant_specialties s WHERE s.programme = a.programme AND s.assistant = a.assistant \
         AND (s.specialty = ? OR (s.specialty > ? AND s.specialty < ?)) LIMIT 1) IS NOT NULL",
        "(a.end_date IS NULL OR a.end_date >= ?) AND (SELECT 1 FROM assistant_absences x \
         WHERE x.programme = a.programme AND x.assistant = a.assistant AND x.half_day IS NULL \
         AND x.from_date <= ? AND x.to_date >= ? LIMIT 1) IS NULL",
    ],
    after: "a.assistant > ?",
    order: "ORDER BY a.assistant",
};
const BY_ID: usize = 0;
const BY_STATE: usize = 1;
const BY_SITE: usize = 2;
const BY_SPECIALTY: usize = 3;
const BY_AVAILABLE_DAY: usize = 4;

/// Conditions on assistants; all that are set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// This assistant.
    pub id: Option<Id>,
    /// In this state.
    pub state: Option<AssistantState>,
    /// Of this site.
    pub site: Option<Id>,
    /// With this specialty or a child of it.
    pub specialty: Option<Specialty>,
    /// At the site on the day, with no absence of a whole day on it.
    pub available_day: Option<Date>,
}

/// The assistant. Errors: `RESOURCE_NOT_FOUND`.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Assistants>) -> Result<Assistant> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The assistant, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Assistants>) -> Result<Option<Assistant>> {
    Ok(many(tx, name.programme(), std::slice::from_ref(name.id())).await?.remove(name.id()))
}

/// The assistants with these ids; who isn't there is left out. Leave and duty come with them.
pub async fn many(tx: &mut Tx<'_>, programme: &Id, ids: &[Id]) -> Result<HashMap<Id, Assistant>> {
    let rows = tx.sql(BY_IDS).bind_rows(&db::keys(programme, ids)).fetch_all().await?;
    let assistants = assembled(tx, programme, &rows).await?;
    Ok(assistants.into_iter().map(|assistant| (assistant.name.id().clone(), assistant)).collect())
}

/// The first assistant that is or was stationed at a site.
pub async fn stationed_at(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(STATIONED_AT).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("assistant")).transpose()
}

/// The assistants that pass, by id: one more than the page holds, where there are that many.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Assistant>> {
    let mut select = LIST.select([programme.into()]);
    if let Some(id) = &filter.id {
        select.filter(BY_ID, [id.into()]);
    }
    if let Some(state) = filter.state {
        select.filter(BY_STATE, [state.code().into()]);
    }
    if let Some(site) = &filter.site {
        select.filter(BY_SITE, [site.into()]);
    }
    if let Some(specialty) = &filter.specialty {
        // `/` follows `.`, and codes are digits and full stops: between them are the children.
        select.filter(BY_SPECIALTY, [specialty.into(), format!("{specialty}.").into(), format!("{specialty}/").into()]);
    }
    if let Some(day) = filter.available_day {
        select.filter(BY_AVAILABLE_DAY, [day.into(), day.into(), day.into()]);
    }
    let rows = tx.select(select.page(page)).await?;
    assembled(tx, programme, &rows).await
}

/// Adds an assistant.
pub async fn insert(tx: &mut Tx<'_>, assistant: &Assistant) -> Result<()> {
    let Assistant { name, site, profile, end, meta } = assistant;
    let (programme, id) = (name.programme(), name.id());
    let (from, to) = (profile.licence.map(|days| days.from), profile.licence.and_then(|days| days.to));
    let [end, from, to] = [*end, from, to].map(|day| day.map(|day| day.to_string()));
    let (state, made, changed) = (assistant.state().code(), meta.create_time.micros(), meta.update_time.micros());
    let row = (programme, id, &profile.display_name, site, state, end, from, to, meta.revision, made, changed);
    tx.sql(INSERT).bind_rows(&[row]).execute().await?;
    specialties(tx, assistant).await?;
    absences(tx, assistant).await?;
    external_ids::insert_all(tx, programme, Assistants::COLLECTION, &[(id, &assistant.profile.external_ids)]).await
}

/// Makes an assistant what it is `after`; lists that are as `before` aren't touched.
pub async fn update(tx: &mut Tx<'_>, before: &Assistant, after: &Assistant) -> Result<()> {
    let (programme, id) = (after.name.programme(), after.name.id());
    put(tx, after).await?;
    if before.profile.specialties != after.profile.specialties {
        tx.sql(DROP_SPECIALTIES).bind(programme).bind(id).execute().await?;
        specialties(tx, after).await?;
    }
    if before.profile.absences != after.profile.absences {
        tx.sql(DROP_ABSENCES).bind(programme).bind(id).execute().await?;
        absences(tx, after).await?;
    }
    if before.profile.external_ids != after.profile.external_ids {
        external_ids::put(tx, programme, Assistants::COLLECTION, id, &after.profile.external_ids).await?;
    }
    Ok(())
}

async fn put(tx: &mut Tx<'_>, assistant: &Assistant) -> Result<()> {
    let Assistant { name, site, profile, end, meta } = assistant;
    let stmt = tx.sql(UPDATE).bind(name.programme()).bind(name.id()).bind(&profile.display_name).bind(site);
    let stmt = stmt.bind(assistant.state().code()).bind(*end);
    let licence = profile.licence;
    let stmt = stmt.bind(licence.map(|days| days.from)).bind(licence.and_then(|days| days.to));
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    Ok(())
}

async fn specialties(tx: &mut Tx<'_>, assistant: &Assistant) -> Result<()> {
    let (programme, id) = (assistant.name.programme(), assistant.name.id());
    let rows = assistant.profile.specialties.iter().enumerate().map(|(at, each)| (programme, id, at, each));
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        tx.sql(ADD_SPECIALTIES).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

async fn absences(tx: &mut Tx<'_>, assistant: &Assistant) -> Result<()> {
    let (programme, id) = (assistant.name.programme(), assistant.name.id());
    let rows = assistant.profile.absences.iter().enumerate().map(|(at, each)| {
        let Absence { kind, from, to, half_day } = each;
        (programme, id, at, kind, from.to_string(), to.to_string(), half_day)
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        tx.sql(ADD_ABSENCES).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// Rows of `assistants` with everything that hangs on them, in the rows' order.
async fn assembled(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Assistant>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("assistant")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys = db::keys(programme, &ids);
    let mut specialties: HashMap<Id, Vec<Specialty>> = HashMap::new();
    for row in tx.sql(SPECIALTIES).bind_rows(&keys).fetch_all().await? {
        specialties.entry(row.get("assistant")?).or_default().push(row.get("specialty")?);
    }
    let mut absences: HashMap<Id, Vec<Absence>> = HashMap::new();
    for row in tx.sql(ABSENCES).bind_rows(&keys).fetch_all().await? {
        absences.entry(row.get("assistant")?).or_default().push(absence_of(&row)?);
    }
    let mut external_ids =
        external_ids::of(tx, programme, Assistants::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let assistant = |(row, id): (&Row, &Id)| {
        let licence_from: Option<Date> = row.get("licence_from_date")?;
        let licence_to: Option<Date> = row.get("licence_to_date")?;
        Ok(Assistant {
            name: Name::new(programme.clone(), id.clone()),
            site: row.get("site")?,
            profile: Profile {
                display_name: row.get("display_name")?,
                specialties: specialties.remove(id).unwrap_or_default(),
                licence: licence_from.map(|from| Days { from, to: licence_to }),
                absences: absences.remove(id).unwrap_or_default(),
                external_ids: external_ids.remove(id).unwrap_or_default(),
            },
            end: row.get("end_date")?,
            meta: row.meta()?,
        })
    };
    rows.iter().zip(&ids).map(assistant).collect()
}

fn absence_of(row: &Row) -> Result<Absence> {
    Ok(Absence {
        kind: row.code("kind")?,
        from: row.get("from_date")?,
        to: row.get("to_date")?,
        half_day: row.optional_code("half_day")?,
    })
}

//! The table of pairings.

use std::collections::HashMap;

use super::super::{Pairing, PairingRole, Pairings};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, external_ids};
use crate::experts::Days;
use crate::kernel::{Collection as _, Date, Error, ExternalId, Id, Name, PageRequest, Result, Vocabulary as _};
use crate::rows;

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("OF_EXPERTS", OF_EXPERTS),
    ("OF_ASSISTANT", OF_ASSISTANT),
    ("AT_SITE_ON", AT_SITE_ON),
    ("ON", ON),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("DELETE", DELETE),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

const GET: Sql = Sql::new(
    "SELECT p.pairing, p.expert, p.assistant, p.site, p.role, p.from_date, p.to_date, p.revision, p.create_time, \
     p.update_time FROM pairings p WHERE p.programme = $1 AND p.pairing = $2",
);
const OF_EXPERTS: Sql = rows!(
    "SELECT p.pairing, p.expert, p.assistant, p.site, p.role, p.from_date, p.to_date, p.revision, p.create_time, \
     p.update_time FROM ",
    "JOIN pairings p ON p.programme = r.value->>0 AND p.expert = r.value->>1 ORDER BY p.pairing"
);
const OF_ASSISTANT: Sql = Sql::new(
    "SELECT p.pairing, p.expert, p.assistant, p.site, p.role, p.from_date, p.to_date, p.revision, p.create_time, \
     p.update_time FROM pairings p WHERE p.programme = $1 AND p.assistant = $2 ORDER BY p.pairing",
);
const AT_SITE_ON: Sql = Sql::new(
    "SELECT p.pairing, p.expert, p.assistant, p.site, p.role, p.from_date, p.to_date, p.revision, p.create_time, \
     p.update_time FROM pairings p WHERE p.programme = $1 AND p.site = $2 AND p.from_date <= $3 \
     AND (p.to_date IS NULL OR p.to_date >= $3) ORDER BY p.pairing",
);
// PRIMARY sorts after BACKUP.
const ON: Sql = rows!(
    "SELECT p.pairing, p.expert, p.assistant, p.site, p.role, r.value->>3 AS day FROM ",
    "JOIN pairings p ON p.programme = r.value->>0 AND p.expert = r.value->>1 AND p.site = r.value->>2 \
     AND p.from_date <= r.value->>3 AND (p.to_date IS NULL OR p.to_date >= r.value->>3) ORDER BY p.role DESC, p.pairing"
);
const INSERT: Sql = Sql::new(
    "INSERT INTO pairings (programme, pairing, expert, assistant, site, role, from_date, to_date, revision, \
     create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE pairings SET expert = $3, assistant = $4, site = $5, role = $6, from_date = $7, to_date = $8, \
     revision = $9, create_time = $10, update_time = $11 WHERE programme = $1 AND pairing = $2",
);
const DELETE: Sql = Sql::new("DELETE FROM pairings WHERE programme = $1 AND pairing = $2");

static LIST: List = List {
    head: "SELECT p.pairing, p.expert, p.assistant, p.site, p.role, p.from_date, p.to_date, p.revision, \
           p.create_time, p.update_time FROM pairings p WHERE p.programme = ?",
    filters: &[
        "p.pairing = ?",
        "p.expert = ?",
        "p.assistant = ?",
        "p.site = ?",
        "p.from_date <= ? AND (p.to_date IS NULL OR p.to_date >= ?)",
        "p.role = ?",
    ],
    after: "p.pairing > ?",
    order: "ORDER BY p.pairing",
};
const BY_ID: usize = 0;
const BY_EXPERT: usize = 1;
const BY_ASSISTANT: usize = 2;
const BY_SITE: usize = 3;
const BY_DAY: usize = 4;
const BY_ROLE: usize = 5;

/// Conditions on pairings; all that are set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// This pairing.
    pub id: Option<Id>,
    /// Of this expert.
    pub expert: Option<Id>,
    /// Of this assistant.
    pub assistant: Option<Id>,
    /// At this site.
    pub site: Option<Id>,
    /// That holds on this day.
    pub day: Option<Date>,
    /// With this role.
    pub role: Option<PairingRole>,
}

/// Who assists an expert at a site on a day, in brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paired {
    /// The pairing.
    pub pairing: Id,
    /// The assistant.
    pub assistant: Id,
    /// What the assistant is to the expert.
    pub role: PairingRole,
}

/// The pairing. Errors: `RESOURCE_NOT_FOUND`.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Pairings>) -> Result<Pairing> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The pairing, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Pairings>) -> Result<Option<Pairing>> {
    let rows = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_all().await?;
    Ok(assembled(tx, name.programme(), &rows).await?.pop())
}

/// All pairings of these experts, by id.
pub async fn of_experts(tx: &mut Tx<'_>, programme: &Id, experts: &[Id]) -> Result<Vec<Pairing>> {
    let keys: Vec<_> = experts.iter().map(|expert| (programme, expert)).collect();
    let rows = tx.sql(OF_EXPERTS).bind_rows(&keys).fetch_all().await?;
    assembled(tx, programme, &rows).await
}

/// Asks for all pairings of these experts, by id. External ids aren't loaded.
pub fn of_experts_asked(programme: &Id, experts: &[Id]) -> Ask<Vec<Pairing>> {
    let read = Read::of(OF_EXPERTS).bind_rows(&db::keys(programme, experts));
    let programme = programme.clone();
    Ask::rows(read, move |rows| rows.iter().map(|row| pairing(&programme, row, Vec::new())).collect())
}

/// All pairings of an assistant, by id.
pub async fn of_assistant(tx: &mut Tx<'_>, programme: &Id, assistant: &Id) -> Result<Vec<Pairing>> {
    let rows = tx.sql(OF_ASSISTANT).bind(programme).bind(assistant).fetch_all().await?;
    assembled(tx, programme, &rows).await
}

/// The pairings at a site that hold on a day, by id.
pub async fn at_site_on(tx: &mut Tx<'_>, programme: &Id, site: &Id, day: Date) -> Result<Vec<Pairing>> {
    let rows = tx.sql(AT_SITE_ON).bind(programme).bind(site).bind(day).fetch_all().await?;
    assembled(tx, programme, &rows).await
}

/// Who assists each (expert, site) on the day, the primary first; where nobody does, the key is left out.
pub async fn on(
    tx: &mut Tx<'_>,
    programme: &Id,
    wanted: &[(&Id, &Id, Date)],
) -> Result<HashMap<(Id, Id, Date), Vec<Paired>>> {
    let mut paired: HashMap<(Id, Id, Date), Vec<Paired>> = HashMap::new();
    if wanted.is_empty() {
        return Ok(paired);
    }
    let keys: Vec<_> = wanted.iter().map(|(expert, site, day)| (programme, expert, site, day.to_string())).collect();
    for row in tx.sql(ON).bind_rows(&keys).fetch_all().await? {
        let one = Paired { pairing: row.get("pairing")?, assistant: row.get("assistant")?, role: row.code("role")? };
        paired.entry((row.get("expert")?, row.get("site")?, row.get("day")?)).or_default().push(one);
    }
    Ok(paired)
}

/// The pairings that pass, by id: one more than the page holds, where there are that many.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Pairing>> {
    let mut select = LIST.select([programme.into()]);
    let ids =
        [(BY_ID, &filter.id), (BY_EXPERT, &filter.expert), (BY_ASSISTANT, &filter.assistant), (BY_SITE, &filter.site)];
    for (index, id) in ids {
        if let Some(id) = id {
            select.filter(index, [id.into()]);
        }
    }
    if let Some(day) = filter.day {
        select.filter(BY_DAY, [day.into(), day.into()]);
    }
    if let Some(role) = filter.role {
        select.filter(BY_ROLE, [role.code().into()]);
    }
    let rows = tx.select(select.page(page)).await?;
    assembled(tx, programme, &rows).await
}

/// Adds a pairing.
pub async fn insert(tx: &mut Tx<'_>, pairing: &Pairing) -> Result<()> {
    row(tx, INSERT, pairing).await?;
    let (programme, id) = (pairing.name.programme(), pairing.name.id());
    external_ids::insert_all(tx, programme, Pairings::COLLECTION, &[(id, &pairing.external_ids)]).await
}

/// Makes a pairing what it is `after`.
pub async fn update(tx: &mut Tx<'_>, after: &Pairing) -> Result<()> {
    row(tx, UPDATE, after).await?;
    let (programme, id) = (after.name.programme(), after.name.id());
    external_ids::put(tx, programme, Pairings::COLLECTION, id, &after.external_ids).await
}

/// Removes a pairing.
pub async fn delete(tx: &mut Tx<'_>, name: &Name<Pairings>) -> Result<()> {
    external_ids::put(tx, name.programme(), Pairings::COLLECTION, name.id(), &[]).await?;
    tx.sql(DELETE).bind(name.programme()).bind(name.id()).execute().await?;
    Ok(())
}

async fn row(tx: &mut Tx<'_>, sql: Sql, pairing: &Pairing) -> Result<()> {
    let Pairing { name, expert, assistant, site, role, days, external_ids: _, meta } = pairing;
    let stmt = tx.sql(sql).bind(name.programme()).bind(name.id()).bind(expert).bind(assistant).bind(site);
    let stmt = stmt.bind(role.code()).bind(days.from).bind(days.to);
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    Ok(())
}

async fn assembled(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Pairing>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("pairing")).collect::<Result<_>>()?;
    let mut external_ids =
        external_ids::of(tx, programme, Pairings::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let of = |(row, id): (&Row, &Id)| pairing(programme, row, external_ids.remove(id).unwrap_or_default());
    rows.iter().zip(&ids).map(of).collect()
}

fn pairing(programme: &Id, row: &Row, external_ids: Vec<ExternalId>) -> Result<Pairing> {
    Ok(Pairing {
        name: Name::new(programme.clone(), row.get("pairing")?),
        expert: row.get("expert")?,
        assistant: row.get("assistant")?,
        site: row.get("site")?,
        role: row.code("role")?,
        days: Days { from: row.get("from_date")?, to: row.get("to_date")? },
        external_ids,
        meta: row.meta()?,
    })
}

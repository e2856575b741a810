//! The tables of onboarding checklists.
use std::collections::HashMap;

use super::super::{Item, Onboarding, Onboardings};
use crate::db::{self, List, Row, Sql, Tx, Value};
use crate::kernel::{Error, Id, Name, PageRequest, Result};
use crate::rows;

const GET: Sql = Sql::new(
    "SELECT o.programme, o.onboarding, o.expert, o.site, o.revision, o.create_time, o.update_time FROM onboardings o \
     WHERE o.programme = $1 AND o.onboarding = $2",
);
const OF_EXPERT: Sql = Sql::new(
    "SELECT o.programme, o.onboarding, o.expert, o.site, o.revision, o.create_time, o.update_time FROM onboardings o \
     WHERE o.programme = $1 AND o.expert = $2 ORDER BY o.site",
);
const ITEMS: Sql = rows!(
    "SELECT i.onboarding, i.item, i.done_date FROM ",
    "JOIN onboarding_items i ON i.programme = r.value->>0 AND i.onboarding = r.value->>1 ORDER BY i.onboarding, i.ordinal"
);
const INSERT: Sql = Sql::new(
    "INSERT INTO onboardings (programme, onboarding, expert, site, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE onboardings SET expert = $3, revision = $4, update_time = $5 WHERE programme = $1 AND onboarding = $2",
);
const DELETE: Sql = Sql::new("DELETE FROM onboardings WHERE programme = $1 AND onboarding = $2");
const INSERT_ITEMS: Sql = rows!(
    "INSERT INTO onboarding_items (programme, onboarding, ordinal, item, done_date) \
     SELECT r.value->>0, r.value->>1, CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4 FROM ",
    "WHERE TRUE"
);
const DELETE_ITEMS: Sql = Sql::new("DELETE FROM onboarding_items WHERE programme = $1 AND onboarding = $2");
const AT_SITE: Sql = Sql::new(
    "SELECT o.onboarding FROM onboardings o WHERE o.programme = $1 AND o.site = $2 ORDER BY o.onboarding LIMIT 1",
);
const LIST: List = List {
    head: "SELECT o.programme, o.onboarding, o.expert, o.site, o.revision, o.create_time, o.update_time FROM onboardings o \
           WHERE o.programme = ?",
    filters: &[
        "o.expert = ?",
        "o.site = ?",
        "(SELECT 1 FROM onboarding_items i WHERE i.programme = o.programme AND i.onboarding = o.onboarding AND i.done_date IS NULL \
         LIMIT 1) IS NOT NULL",
    ],
    after: "o.onboarding > ?",
    order: "ORDER BY o.onboarding",
};

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("OF_EXPERT", OF_EXPERT),
    ("ITEMS", ITEMS),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("DELETE", DELETE),
    ("INSERT_ITEMS", INSERT_ITEMS),
    ("DELETE_ITEMS", DELETE_ITEMS),
    ("AT_SITE", AT_SITE),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// Which checklists a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this expert.
    pub expert: Option<Id>,
    /// At this site.
    pub site: Option<Id>,
    /// With something still to be done.
    pub open: bool,
}

/// The checklist, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Onboardings>) -> Result<Option<Onboarding>> {
    let rows = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_all().await?;
    Ok(complete(tx, name.programme(), &rows).await?.pop())
}

/// The checklist.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Onboardings>) -> Result<Onboarding> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The checklists of an expert, one a site.
///
/// # Errors
/// A storage error.
pub async fn of_expert(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<Vec<Onboarding>> {
    let rows = tx.sql(OF_EXPERT).bind(programme).bind(expert).fetch_all().await?;
    complete(tx, programme, &rows).await
}

/// The first checklist at a site.
///
/// # Errors
/// A storage error.
pub async fn at_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(AT_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("onboarding")).transpose()
}

/// A page of checklists by id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Onboarding>> {
    let mut select = LIST.select([Value::from(programme)]);
    for (index, id) in [(0, &filter.expert), (1, &filter.site)] {
        if let Some(id) = id {
            select.filter(index, [Value::from(id)]);
        }
    }
    if filter.open {
        select.filter(2, []);
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

/// Writes a new checklist.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, onboarding: &Onboarding) -> Result<()> {
    let (name, meta) = (&onboarding.name, onboarding.meta);
    let stmt = tx.sql(INSERT).bind(name.programme()).bind(name.id()).bind(&onboarding.expert).bind(&onboarding.site);
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    insert_items(tx, onboarding).await
}

/// Writes whose a checklist is, and its items.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, onboarding: &Onboarding) -> Result<()> {
    let (name, meta) = (&onboarding.name, onboarding.meta);
    let stmt = tx.sql(UPDATE).bind(name.programme()).bind(name.id()).bind(&onboarding.expert);
    stmt.bind(meta.revision).bind(meta.update_time).execute().await?;
    tx.sql(DELETE_ITEMS).bind(name.programme()).bind(name.id()).execute().await?;
    insert_items(tx, onboarding).await
}

/// Removes a checklist.
///
/// # Errors
/// A storage error.
pub async fn delete(tx: &mut Tx<'_>, name: &Name<Onboardings>) -> Result<()> {
    for sql in [DELETE_ITEMS, DELETE] {
        tx.sql(sql).bind(name.programme()).bind(name.id()).execute().await?;
    }
    Ok(())
}

async fn insert_items(tx: &mut Tx<'_>, onboarding: &Onboarding) -> Result<()> {
    let (programme, id) = (onboarding.name.programme().as_str(), onboarding.name.id().as_str());
    let row = |(ordinal, item): (usize, &Item)| {
        (programme, id, ordinal, item.item.clone(), item.done.map(|done| done.to_string()))
    };
    let rows: Vec<_> = onboarding.items.iter().enumerate().map(row).collect();
    tx.sql(INSERT_ITEMS).bind_rows(&rows).execute().await?;
    Ok(())
}

async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Onboarding>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("onboarding")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut items: HashMap<Id, Vec<Item>> = HashMap::new();
    for row in tx.sql(ITEMS).bind_rows(&db::keys(programme, &ids)).fetch_all().await? {
        let item = Item { item: row.get("item")?, done: row.get("done_date")? };
        items.entry(row.get("onboarding")?).or_default().push(item);
    }
    let onboarding = |(row, id): (&Row, Id)| {
        Ok(Onboarding {
            expert: row.get("expert")?,
            site: row.get("site")?,
            items: items.remove(&id).unwrap_or_default(),
            meta: row.meta()?,
            name: Name::new(programme.clone(), id),
        })
    };
    rows.iter().zip(ids).map(onboarding).collect()
}

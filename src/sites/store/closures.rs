//! The table `site_closures`: SQL, and rows to closures.

use std::collections::HashMap;

use crate::db::{self, Ask, List, Read, Row, Sql, Tx, Value};
use crate::kernel::{Error, Id, Name, PageRequest, Result, Timestamp, Vocabulary};
use crate::rows;
use crate::sites::{Closure, Closures, Sites};

const GET: Sql = Sql::new(
    "SELECT c.closure, c.site, c.room, c.start_time, c.end_time, c.cause, c.note, c.reopen_time, c.revision, \
     c.create_time, c.update_time FROM site_closures AS c WHERE c.programme = $1 AND c.closure = $2",
);
const OVERLAPPING: Sql = rows!(
    "SELECT c.closure, c.site, c.room, c.start_time, c.end_time, c.cause, c.note, c.reopen_time, c.revision, \
     c.create_time, c.update_time FROM ",
    "JOIN site_closures AS c ON c.programme = r.value->>0 AND c.site = r.value->>1 AND c.start_time < $3 \
     AND (COALESCE(c.reopen_time, c.end_time) IS NULL \
     OR (COALESCE(c.reopen_time, c.end_time) > $2 AND COALESCE(c.reopen_time, c.end_time) > c.start_time)) \
     ORDER BY c.site, c.start_time, c.closure"
);
const OF_SITE: Sql = Sql::new(
    "SELECT c.closure, c.revision FROM site_closures AS c WHERE c.programme = $1 AND c.site = $2 ORDER BY c.closure",
);
const INSERT: Sql = Sql::new(
    "INSERT INTO site_closures (programme, closure, site, room, start_time, end_time, cause, note, revision, \
     create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);
const REOPEN: Sql = Sql::new(
    "UPDATE site_closures SET reopen_time = $3, revision = $4, update_time = $5 WHERE programme = $1 AND closure = $2",
);
const DELETE: Sql = Sql::new("DELETE FROM site_closures WHERE programme = $1 AND site = $2");

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("OVERLAPPING", OVERLAPPING),
    ("OF_SITE", OF_SITE),
    ("INSERT", INSERT),
    ("REOPEN", REOPEN),
    ("DELETE", DELETE),
];

pub(super) static LIST: List = List {
    head: "SELECT c.closure, c.site, c.room, c.start_time, c.end_time, c.cause, c.note, c.reopen_time, c.revision, \
           c.create_time, c.update_time FROM site_closures AS c WHERE c.programme = ?",
    filters: &[
        "c.site = ?",
        "c.start_time < ? AND (COALESCE(c.reopen_time, c.end_time) IS NULL \
         OR (COALESCE(c.reopen_time, c.end_time) > ? AND COALESCE(c.reopen_time, c.end_time) > c.start_time))",
    ],
    after: "(c.start_time, c.closure) > (?, ?)",
    order: "ORDER BY c.start_time, c.closure",
};

/// What a list can be narrowed by; everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this site and its rooms.
    pub site: Option<Id>,
    /// Shutting something at some instant of `[from, to)`.
    pub overlapping: Option<(Timestamp, Timestamp)>,
}

/// A closure, or none.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Closures>) -> Result<Option<Closure>> {
    let row = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_optional().await?;
    row.map(|row| closure(name.programme(), &row)).transpose()
}

/// A closure that must be there.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Closures>) -> Result<Closure> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// Asks for the closures of each of these sites and their rooms that shut something at some instant of `[from, to)`, by start;
/// a site without any isn't in the answer.
pub fn overlapping(programme: &Id, sites: &[Id], from: Timestamp, to: Timestamp) -> Ask<HashMap<Id, Vec<Closure>>> {
    let read = Read::of(OVERLAPPING).bind_rows(&db::keys(programme, sites)).bind(from).bind(to);
    let programme = programme.clone();
    Ask::rows(read, move |rows| {
        let mut closures: HashMap<Id, Vec<Closure>> = HashMap::new();
        for row in &rows {
            let closure = closure(&programme, row)?;
            closures.entry(closure.site.clone()).or_default().push(closure);
        }
        Ok(closures)
    })
}

/// Name and revision of every closure that a site has or had.
///
/// # Errors
/// A storage error.
pub async fn of_site(tx: &mut Tx<'_>, site: &Name<Sites>) -> Result<Vec<(Name<Closures>, i64)>> {
    let rows = tx.sql(OF_SITE).bind(site.programme()).bind(site.id()).fetch_all().await?;
    rows.iter()
        .map(|row| Ok((Name::new(site.programme().clone(), row.get("closure")?), row.get("revision")?)))
        .collect()
}

/// The closures that pass a filter, by start and id: a page and one more.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Closure>> {
    let mut select = LIST.select([Value::from(programme)]);
    if let Some(site) = &filter.site {
        select.filter(0, [site.into()]);
    }
    if let Some((from, to)) = filter.overlapping {
        select.filter(1, [to.into(), from.into()]);
    }
    select.page(page);
    tx.select(&select).await?.iter().map(|row| closure(programme, row)).collect()
}

/// Writes a new closure.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, closure: &Closure) -> Result<()> {
    tx.sql(INSERT)
        .bind(closure.name.programme())
        .bind(closure.name.id())
        .bind(&closure.site)
        .bind(closure.room.clone())
        .bind(closure.start)
        .bind(closure.end)
        .bind(closure.cause.code())
        .bind(&closure.note)
        .bind(closure.meta.revision)
        .bind(closure.meta.create_time)
        .bind(closure.meta.update_time)
        .execute()
        .await?;
    Ok(())
}

/// Writes when a closure ended.
///
/// # Errors
/// A storage error.
pub async fn reopen(tx: &mut Tx<'_>, closure: &Closure) -> Result<()> {
    tx.sql(REOPEN)
        .bind(closure.name.programme())
        .bind(closure.name.id())
        .bind(closure.reopened)
        .bind(closure.meta.revision)
        .bind(closure.meta.update_time)
        .execute()
        .await?;
    Ok(())
}

/// Removes the closures of a site.
pub(super) async fn delete(tx: &mut Tx<'_>, site: &Name<Sites>) -> Result<()> {
    tx.sql(DELETE).bind(site.programme()).bind(site.id()).execute().await?;
    Ok(())
}

fn closure(programme: &Id, row: &Row) -> Result<Closure> {
    Ok(Closure {
        name: Name::new(programme.clone(), row.get("closure")?),
        site: row.get("site")?,
        room: row.get("room")?,
        start: row.get("start_time")?,
        end: row.get("end_time")?,
        cause: row.code("cause")?,
        note: row.get("note")?,
        reopened: row.get("reopen_time")?,
        meta: row.meta()?,
    })
}

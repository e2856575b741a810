//! The tables of announced years and their days. `hospital` is empty in a programme's own rows.
use std::collections::HashMap;

use chrono::Datelike as _;

use crate::calendars::{Calendar, CalendarName, CalendarYear, SpecialDay};
use crate::db::{Ask, List, Read, Row, Sql, Tx, Value};
use crate::kernel::{Date, Error, Id, Meta, PageRequest, Result, Vocabulary as _};
use crate::rows;

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("DAYS_OF_YEARS", DAYS_OF_YEARS),
    ("YEARS_BETWEEN", YEARS_BETWEEN),
    ("DAYS_BETWEEN", DAYS_BETWEEN),
    ("OF_HOSPITAL", OF_HOSPITAL),
    ("PUT", PUT),
    ("DROP_DAYS", DROP_DAYS),
    ("ADD_DAYS", ADD_DAYS),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

const GET: Sql = Sql::new(
    "SELECT y.hospital, y.year, y.source, y.version, y.revision, y.create_time, y.update_time FROM calendar_years y \
     WHERE y.programme = $1 AND y.hospital = $2 AND y.year = $3",
);
const DAYS_OF_YEARS: Sql = rows!(
    "SELECT d.hospital, d.year, d.date, d.kind, d.holiday FROM ",
    "JOIN calendar_days d ON d.programme = r.value->>0 AND d.hospital = r.value->>1 \
     AND d.year = CAST(r.value->>2 AS BIGINT) ORDER BY d.hospital, d.date"
);
const YEARS_BETWEEN: Sql = rows!(
    "SELECT y.hospital, y.year FROM ",
    "JOIN calendar_years y ON y.programme = r.value->>0 AND y.hospital = r.value->>1 AND y.year >= $2 AND y.year <= $3 \
     ORDER BY y.hospital, y.year"
);
const DAYS_BETWEEN: Sql = rows!(
    "SELECT d.hospital, d.date, d.kind, d.holiday FROM ",
    "JOIN calendar_days d ON d.programme = r.value->>0 AND d.hospital = r.value->>1 AND d.date >= $2 AND d.date <= $3 \
     ORDER BY d.hospital, d.date"
);
const OF_HOSPITAL: Sql =
    Sql::new("SELECT y.year FROM calendar_years y WHERE y.programme = $1 AND y.hospital = $2 ORDER BY y.year LIMIT 1");
const PUT: Sql = Sql::new(
    "INSERT INTO calendar_years (programme, hospital, year, source, version, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (programme, hospital, year) DO UPDATE SET \
     source = excluded.source, version = excluded.version, revision = excluded.revision, \
     update_time = excluded.update_time",
);
const DROP_DAYS: Sql = Sql::new("DELETE FROM calendar_days WHERE programme = $1 AND hospital = $2 AND year = $3");
const ADD_DAYS: Sql = rows!(
    "INSERT INTO calendar_days (programme, hospital, date, year, kind, holiday) \
     SELECT r.value->>0, r.value->>1, r.value->>2, CAST(r.value->>3 AS BIGINT), r.value->>4, r.value->>5 FROM ",
    "WHERE TRUE"
);

static LIST: List = List {
    head: "SELECT y.hospital, y.year, y.source, y.version, y.revision, y.create_time, y.update_time \
           FROM calendar_years y WHERE y.programme = ?",
    filters: &["y.hospital = ?"],
    after: "(y.hospital, y.year) > (?, ?)",
    order: "ORDER BY y.hospital, y.year",
};

/// An imported year, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &CalendarName) -> Result<Option<CalendarYear>> {
    let stmt = tx.sql(GET).bind(&name.programme).bind(key(name.hospital.as_ref())).bind(name.year);
    let rows = stmt.fetch_all().await?;
    Ok(assembled(tx, &name.programme, &rows).await?.pop())
}

/// The imported years, by hospital (a programme's own first) and year: one more than the page holds.
pub async fn list(
    tx: &mut Tx<'_>,
    programme: &Id,
    hospital: Option<Option<&Id>>,
    page: &PageRequest,
) -> Result<Vec<CalendarYear>> {
    let mut select = LIST.select([programme.into()]);
    if let Some(hospital) = hospital {
        select.filter(0, [Value::from(key(hospital))]);
    }
    let rows = tx.select(select.page(page)).await?;
    assembled(tx, programme, &rows).await
}

/// Asks what is announced for the days from a first to a last one, both part of it: for everybody, and by each of these
/// hospitals.
pub fn calendar(programme: &Id, hospitals: &[Id], first: Date, last: Date) -> Ask<Calendar> {
    let hospitals = hospitals.iter().map(|hospital| (programme.as_str(), hospital.as_str()));
    let whose: Vec<_> = std::iter::once((programme.as_str(), "")).chain(hospitals).collect();
    let years = Read::of(YEARS_BETWEEN).bind_rows(&whose).bind(first.year()).bind(last.year());
    let years =
        Ask::rows(years, |rows| rows.iter().map(|row| Ok((hospital(row)?, year(row)?))).collect::<Result<Vec<_>>>());
    let days = Read::of(DAYS_BETWEEN).bind_rows(&whose).bind(first).bind(last);
    let days =
        Ask::rows(days, |rows| rows.iter().map(|row| Ok((hospital(row)?, day(row)?))).collect::<Result<Vec<_>>>());
    years.and(days).map(|(years, days)| Ok(Calendar::new(years, days)))
}

/// The first year of a hospital's own calendar.
pub async fn of_hospital(tx: &mut Tx<'_>, programme: &Id, hospital: &Id) -> Result<Option<i32>> {
    let row = tx.sql(OF_HOSPITAL).bind(programme).bind(hospital).fetch_optional().await?;
    row.map(|row| year(&row)).transpose()
}

/// Writes a year, in place of what was there.
pub async fn put(tx: &mut Tx<'_>, year: &CalendarYear, meta: Meta) -> Result<()> {
    let CalendarYear { name, source, version, days, .. } = year;
    let whose = key(name.hospital.as_ref());
    let stmt = tx.sql(PUT).bind(&name.programme).bind(whose).bind(name.year).bind(source).bind(version);
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    tx.sql(DROP_DAYS).bind(&name.programme).bind(whose).bind(name.year).execute().await?;
    let row = |day: &SpecialDay| {
        (
            name.programme.clone(),
            whose.to_owned(),
            day.date.to_string(),
            name.year,
            day.kind.code(),
            day.holiday.clone(),
        )
    };
    let rows: Vec<_> = days.iter().map(row).collect();
    if !rows.is_empty() {
        tx.sql(ADD_DAYS).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

fn key(hospital: Option<&Id>) -> &str {
    hospital.map_or("", Id::as_str)
}

fn hospital(row: &Row) -> Result<Option<Id>> {
    let text: String = row.get("hospital")?;
    if text.is_empty() { Ok(None) } else { row.get("hospital").map(Some) }
}

fn year(row: &Row) -> Result<i32> {
    i32::try_from(row.get::<i64>("year")?).map_err(|_| Error::Internal("a year of a calendar is beyond the calendar"))
}

fn day(row: &Row) -> Result<SpecialDay> {
    Ok(SpecialDay { date: row.get("date")?, kind: row.code("kind")?, holiday: row.get("holiday")? })
}

/// Rows of `calendar_years` with their days, in the rows' order.
async fn assembled(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<CalendarYear>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let name =
        |row: &Row| Ok(CalendarName { programme: programme.clone(), hospital: hospital(row)?, year: year(row)? });
    let names: Vec<CalendarName> = rows.iter().map(name).collect::<Result<_>>()?;
    let keys: Vec<_> = names.iter().map(|name| (programme, key(name.hospital.as_ref()), name.year)).collect();
    let mut days: HashMap<(Option<Id>, i32), Vec<SpecialDay>> = HashMap::new();
    for row in tx.sql(DAYS_OF_YEARS).bind_rows(&keys).fetch_all().await? {
        days.entry((hospital(&row)?, year(&row)?)).or_default().push(day(&row)?);
    }
    let year = |(row, name): (&Row, CalendarName)| {
        let meta = row.meta()?;
        Ok(CalendarYear {
            source: row.get("source")?,
            version: row.get("version")?,
            days: days.remove(&(name.hospital.clone(), name.year)).unwrap_or_default(),
            meta: Some(meta),
            name,
        })
    };
    rows.iter().zip(names).map(year).collect()
}

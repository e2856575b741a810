//! SQL of visits, and rows to types.
use std::collections::{BTreeSet, HashMap};

use super::{Inside, Place, Profile, Visit, VisitState, Visits, discrepancies};
use crate::db::{List, Row, Sql, Tx, Value, external_ids};
use crate::kernel::{
    Collection as _, Error, ExternalId, Id, Name, PageRequest, Result, Specialty, Timestamp, Vocabulary as _,
};
use crate::rows;

/// The tables that this slice writes.
pub const TABLES: &[&str] = &["visits", "visit_sessions"];

const GET: Sql = Sql::new(
    "SELECT v.programme, v.visit, v.expert, v.host_site, v.arrival_time, v.departure_time, v.state, v.zone, v.date, v.site_level, \
     v.home_hospital, v.specialty, v.revision, v.create_time, v.update_time FROM visits v WHERE v.programme = $1 AND v.visit = $2",
);
const INSERT: Sql = Sql::new(
    "INSERT INTO visits (programme, visit, expert, host_site, arrival_time, departure_time, state, zone, date, site_level, \
     home_hospital, specialty, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
);
const UPDATE: Sql = Sql::new(
    "UPDATE visits SET host_site = $3, arrival_time = $4, departure_time = $5, state = $6, zone = $7, date = $8, site_level = $9, \
     home_hospital = $10, specialty = $11, ended_sequence = $12, revision = $13, update_time = $14 \
     WHERE programme = $1 AND visit = $2",
);
const INSERT_SESSIONS: Sql = rows!(
    "INSERT INTO visit_sessions (programme, visit, session) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const DELETE_SESSIONS: Sql = Sql::new("DELETE FROM visit_sessions WHERE programme = $1 AND visit = $2");
const SESSIONS: Sql = rows!(
    "SELECT x.visit, x.session FROM ",
    "JOIN visit_sessions x ON x.programme = r.value->>0 AND x.visit = r.value->>1 ORDER BY x.visit, x.session"
);
// What Session::interval says, and whether the expert leads the session, is beside, or came, without the rest of it.
const INSIDE: Sql = rows!(
    "SELECT r.value->>2 AS expert, s.session, s.state, COALESCE(s.actual_end_time, s.end_time) AS end_time, \
     CASE WHEN s.actual_end_time IS NULL THEN s.start_time ELSE s.actual_start_time END AS start_time, \
     (s.expert = r.value->>2 OR COALESCE(s.credited_expert, '') = r.value->>2 \
     OR (SELECT 1 FROM session_co_experts c WHERE c.programme = s.programme AND c.session = s.session \
     AND c.expert = r.value->>2 LIMIT 1) IS NOT NULL) AS has_expert FROM ",
    "JOIN sessions s ON s.programme = r.value->>0 AND s.session = r.value->>1"
);
const FIRST_AT_SITE: Sql = Sql::new(
    "SELECT v.visit FROM visits v WHERE v.programme = $1 AND v.host_site = $2 ORDER BY v.arrival_time, v.visit LIMIT 1",
);
const FIRST_FROM: Sql =
    Sql::new("SELECT v.visit FROM visits v WHERE v.programme = $1 AND v.home_hospital = $2 ORDER BY v.visit LIMIT 1");
const FIRST_OPEN: Sql = Sql::new(
    "SELECT v.visit FROM visits v WHERE v.programme = $1 AND v.expert = $2 AND v.state = 'OPEN' ORDER BY v.arrival_time, v.visit LIMIT 1",
);
const LIST: List = List {
    head: "SELECT v.programme, v.visit, v.expert, v.host_site, v.arrival_time, v.departure_time, v.state, v.zone, v.date, \
           v.site_level, v.home_hospital, v.specialty, v.revision, v.create_time, v.update_time \
           FROM visits v WHERE v.programme = ?",
    filters: &[
        "v.arrival_time >= ?",
        "v.arrival_time < ?",
        "v.expert = ?",
        "v.host_site = ?",
        "v.state = ?",
        "v.visit = ?",
        // Beside a narrower one: without counts SQLite may take the index of states for it.
        "COALESCE(v.state, '') = ?",
    ],
    after: "(v.arrival_time, v.visit) > (?, ?)",
    order: "ORDER BY v.arrival_time, v.visit",
};

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET", GET),
    ("INSERT", INSERT),
    ("UPDATE", UPDATE),
    ("INSERT_SESSIONS", INSERT_SESSIONS),
    ("DELETE_SESSIONS", DELETE_SESSIONS),
    ("SESSIONS", SESSIONS),
    ("INSIDE", INSIDE),
    ("FIRST_AT_SITE", FIRST_AT_SITE),
    ("FIRST_FROM", FIRST_FROM),
    ("FIRST_OPEN", FIRST_OPEN),
];
/// The lists of this slice.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

/// Which visits a list is about; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Arriving then or later.
    pub arrival_from: Option<Timestamp>,
    /// Arriving before then.
    pub arrival_until: Option<Timestamp>,
    /// Of this expert.
    pub expert: Option<Id>,
    /// Hosted by this site.
    pub host_site: Option<Id>,
    /// In this state.
    pub state: Option<VisitState>,
    /// With this external id.
    pub external_id: Option<ExternalId>,
}

/// The visit, if it is there.
///
/// # Errors
/// A storage error.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Visits>) -> Result<Option<Visit>> {
    let rows = tx.sql(GET).bind(name.programme()).bind(name.id()).fetch_all().await?;
    Ok(complete(tx, name.programme(), &rows).await?.pop())
}

/// The visit.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, or a storage error.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Visits>) -> Result<Visit> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// A page of visits by arrival and id, one more than it holds.
///
/// # Errors
/// A storage error.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Visit>> {
    let mut select = LIST.select([Value::from(programme)]);
    for (index, time) in [(0, filter.arrival_from), (1, filter.arrival_until)] {
        if let Some(time) = time {
            select.filter(index, [Value::from(time)]);
        }
    }
    let is_narrow = filter.expert.is_some() || filter.host_site.is_some();
    let texts = [
        (2, filter.expert.as_ref().map(Id::as_str)),
        (3, filter.host_site.as_ref().map(Id::as_str)),
        (if is_narrow { 6 } else { 4 }, filter.state.map(VisitState::code)),
    ];
    for (index, text) in texts {
        if let Some(text) = text {
            select.filter(index, [Value::from(text)]);
        }
    }
    if let Some(external_id) = &filter.external_id {
        let found = external_ids::find(tx, programme, Visits::COLLECTION, external_id).await?;
        let Some(id) = found else { return Ok(Vec::new()) };
        select.filter(5, [Value::from(id)]);
    }
    let rows = tx.select(select.page(page)).await?;
    complete(tx, programme, &rows).await
}

/// What visits look at in their sessions, by (expert, session); a session that isn't there is left out.
///
/// # Errors
/// A storage error.
pub async fn inside(tx: &mut Tx<'_>, programme: &Id, pairs: &[(&Id, &Id)]) -> Result<HashMap<(Id, Id), Inside>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = pairs.iter().map(|(expert, session)| (programme, session, expert)).collect();
    let rows = tx.sql(INSIDE).bind_rows(&keys).fetch_all().await?;
    let inside = |row: &Row| {
        let session: Id = row.get("session")?;
        let inside = Inside {
            session: session.clone(),
            has_expert: row.get("has_expert")?,
            state: row.code("state")?,
            start: row.get("start_time")?,
            end: row.get("end_time")?,
        };
        Ok(((row.get("expert")?, session), inside))
    };
    rows.iter().map(inside).collect()
}

/// The first visit that a site hosts or hosted.
///
/// # Errors
/// A storage error.
pub async fn first_at_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_AT_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("visit")).transpose()
}

/// A visit whose expert came, or is to come, from a hospital.
///
/// # Errors
/// A storage error.
pub async fn first_from(tx: &mut Tx<'_>, programme: &Id, hospital: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_FROM).bind(programme).bind(hospital).fetch_optional().await?;
    row.map(|row| row.get("visit")).transpose()
}

/// An expert's first visit that is planned or under way.
///
/// # Errors
/// A storage error.
pub async fn first_open(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<Option<Id>> {
    let row = tx.sql(FIRST_OPEN).bind(programme).bind(expert).fetch_optional().await?;
    row.map(|row| row.get("visit")).transpose()
}

/// Writes a new visit.
///
/// # Errors
/// A storage error.
pub async fn insert(tx: &mut Tx<'_>, visit: &Visit) -> Result<()> {
    let (programme, id, profile, place) = (visit.name.programme(), visit.name.id(), &visit.profile, &visit.place);
    let stmt = tx.sql(INSERT).bind(programme).bind(id).bind(&visit.expert).bind(&profile.host_site);
    let stmt = stmt.bind(profile.arrival).bind(profile.departure).bind(visit.state.code()).bind(place.zone.name());
    let stmt = stmt.bind(place.date).bind(place.site_level.code()).bind(place.home_hospital.clone());
    let stmt = stmt.bind(place.specialty.as_ref().map(Specialty::as_str)).bind(visit.meta.revision);
    stmt.bind(visit.meta.create_time).bind(visit.meta.update_time).execute().await?;
    insert_sessions(tx, visit).await?;
    external_ids::insert_all(tx, programme, Visits::COLLECTION, &[(id, &profile.external_ids)]).await
}

/// Writes what can change in a visit; one that has ended counts from the command's first change on.
///
/// # Errors
/// A storage error.
pub async fn update(tx: &mut Tx<'_>, visit: &Visit) -> Result<()> {
    let (programme, id, profile, place) = (visit.name.programme(), visit.name.id(), &visit.profile, &visit.place);
    let ended = visit.leaf().map(|_| tx.sequence());
    let stmt = tx.sql(UPDATE).bind(programme).bind(id).bind(&profile.host_site).bind(profile.arrival);
    let stmt = stmt.bind(profile.departure).bind(visit.state.code()).bind(place.zone.name()).bind(place.date);
    let stmt = stmt.bind(place.site_level.code()).bind(place.home_hospital.clone());
    let stmt = stmt.bind(place.specialty.as_ref().map(Specialty::as_str)).bind(ended);
    stmt.bind(visit.meta.revision).bind(visit.meta.update_time).execute().await?;
    tx.sql(DELETE_SESSIONS).bind(programme).bind(id).execute().await?;
    insert_sessions(tx, visit).await?;
    external_ids::put(tx, programme, Visits::COLLECTION, id, &profile.external_ids).await
}

async fn insert_sessions(tx: &mut Tx<'_>, visit: &Visit) -> Result<()> {
    let (programme, id) = (visit.name.programme().as_str(), visit.name.id().as_str());
    let rows: Vec<_> = visit.profile.sessions.iter().map(|session| (programme, id, session.as_str())).collect();
    if !rows.is_empty() {
        tx.sql(INSERT_SESSIONS).bind_rows(&rows).execute().await?;
    }
    Ok(())
}

/// Rows of `visits`, with what other tables say of them, in the rows' order.
async fn complete(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Visit>> {
    let own = |row: &Row| Ok((row.get("visit")?, row.get("expert")?));
    let (ids, experts): (Vec<Id>, Vec<Id>) = rows.iter().map(own).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = ids.iter().map(|id| (programme.as_str(), id.as_str())).collect();
    let mut named: HashMap<Id, Vec<Id>> = HashMap::new();
    for row in tx.sql(SESSIONS).bind_rows(&keys).fetch_all().await? {
        named.entry(row.get("visit")?).or_default().push(row.get("session")?);
    }
    let of = |(id, expert)| named.get(id).into_iter().flatten().map(move |session| (expert, session));
    let pairs: BTreeSet<(&Id, &Id)> = ids.iter().zip(&experts).flat_map(of).collect();
    let known = inside(tx, programme, &Vec::from_iter(pairs)).await?;
    let mut external = external_ids::of(tx, programme, Visits::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let mut visits = Vec::with_capacity(rows.len());
    for (row, id) in rows.iter().zip(ids) {
        let named = named.remove(&id).unwrap_or_default();
        let mut visit = visit_of(row, named, external.remove(&id).unwrap_or_default())?;
        let inside = |session: &Id| known.get(&(visit.expert.clone(), session.clone())).cloned();
        let inside: Vec<Inside> = visit.profile.sessions.iter().filter_map(inside).collect();
        visit.discrepancies = discrepancies(&visit.profile, &inside);
        visits.push(visit);
    }
    Ok(visits)
}

fn visit_of(row: &Row, sessions: Vec<Id>, external_ids: Vec<ExternalId>) -> Result<Visit> {
    let meta = row.meta()?;
    Ok(Visit {
        name: Name::new(row.get("programme")?, row.get("visit")?),
        expert: row.get("expert")?,
        profile: Profile {
            host_site: row.get("host_site")?,
            arrival: row.get("arrival_time")?,
            departure: row.get("departure_time")?,
            sessions,
            external_ids,
        },
        state: row.code("state")?,
        place: Place {
            zone: row.get("zone")?,
            date: row.get("date")?,
            site_level: row.code("site_level")?,
            home_hospital: row.get("home_hospital")?,
            specialty: row.get("specialty")?,
        },
        discrepancies: Vec::new(),
        meta,
    })
}

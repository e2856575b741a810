//! The tables of offers.
use std::collections::{BTreeMap, HashMap};

use super::widened;
use crate::calendars::{Offer, OfferMode, OfferState, Offers, Shape, WallTime, Weekly};
use crate::db::{self, Ask, List, Read, Row, Sql, Tx, external_ids};
use crate::experts::Consent;
use crate::experts::store::consent_of;
use crate::kernel::{
    Collection as _, Date, Error, ExternalId, Id, Name, PageRequest, Result, Timestamp, Vocabulary as _, Zone,
};
use crate::rows;

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("BY_IDS", BY_IDS),
    ("OF_EXPERTS", OF_EXPERTS),
    ("ALL_OF_EXPERT", ALL_OF_EXPERT),
    ("SITES", SITES),
    ("SITES_OF_EXPERTS", SITES_OF_EXPERTS),
    ("AT_SITE", AT_SITE),
    ("INSERT", INSERT),
    ("ADD_SITES", ADD_SITES),
    ("UPDATE", UPDATE),
];
/// The lists of this file.
pub const LISTS: &[(&str, &List)] = &[("LIST", &LIST)];

const BY_IDS: Sql = rows!(
    "SELECT o.offer, o.expert, o.mode, o.kinds, o.zone, o.weekdays, o.first_date, o.start_minute, o.last_date, \
     o.end_minute, o.except_dates, o.from_time, o.until_time, o.tz_version, o.heard_by, o.medium, o.heard_time, o.words, \
     o.withdraw_time, o.revision, o.create_time, o.update_time FROM ",
    "JOIN offers o ON o.programme = r.value->>0 AND o.offer = r.value->>1 ORDER BY o.offer"
);
const OF_EXPERTS: Sql = rows!(
    "SELECT o.offer, o.expert, o.mode, o.kinds, o.zone, o.weekdays, o.first_date, o.start_minute, o.last_date, \
     o.end_minute, o.except_dates, o.from_time, o.until_time, o.tz_version, o.heard_by, o.medium, o.heard_time, o.words, \
     o.withdraw_time, o.revision, o.create_time, o.update_time FROM ",
    "JOIN offers o ON o.programme = r.value->>0 AND o.expert = r.value->>1 AND o.state = 'OPEN' AND o.from_time < $3 \
     AND (o.until_time IS NULL OR o.until_time > $2) ORDER BY o.offer"
);
const ALL_OF_EXPERT: Sql = Sql::new(
    "SELECT o.offer, o.expert, o.mode, o.kinds, o.zone, o.weekdays, o.first_date, o.start_minute, o.last_date, \
     o.end_minute, o.except_dates, o.from_time, o.until_time, o.tz_version, o.heard_by, o.medium, o.heard_time, o.words, \
     o.withdraw_time, o.revision, o.create_time, o.update_time FROM offers o WHERE o.programme = $1 AND o.expert = $2 \
     ORDER BY o.offer",
);
const SITES: Sql = rows!(
    "SELECT s.offer, s.site FROM ",
    "JOIN offer_sites s ON s.programme = r.value->>0 AND s.offer = r.value->>1 ORDER BY s.offer, s.site"
);
// SQLite would look through the sites of every offer for each expert.
const SITES_OF_EXPERTS: Sql = rows!(
    "SELECT s.offer, s.site FROM ",
    "JOIN offers o ON o.programme = r.value->>0 AND o.expert = r.value->>1 AND o.state = 'OPEN' \
     AND o.from_time < $3 AND (o.until_time IS NULL OR o.until_time > $2) ",
    hint: "CROSS ",
    "JOIN offer_sites s ON s.programme = o.programme AND s.offer = o.offer ORDER BY s.offer, s.site"
);
const AT_SITE: Sql =
    Sql::new("SELECT s.offer FROM offer_sites s WHERE s.programme = $1 AND s.site = $2 ORDER BY s.offer LIMIT 1");
const INSERT: Sql = Sql::new(
    "INSERT INTO offers (programme, offer, expert, mode, state, kinds, zone, weekdays, first_date, start_minute, \
     last_date, end_minute, except_dates, from_time, until_time, tz_version, heard_by, medium, heard_time, words, \
     withdraw_time, revision, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
     $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
);
const ADD_SITES: Sql = rows!(
    "INSERT INTO offer_sites (programme, offer, site) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const UPDATE: Sql = Sql::new(
    "UPDATE offers SET expert = $3, state = $4, withdraw_time = $5, revision = $6, update_time = $7 \
     WHERE programme = $1 AND offer = $2",
);

static LIST: List = List {
    head: "SELECT o.offer, o.expert, o.mode, o.kinds, o.zone, o.weekdays, o.first_date, o.start_minute, o.last_date, \
           o.end_minute, o.except_dates, o.from_time, o.until_time, o.tz_version, o.heard_by, o.medium, o.heard_time, \
           o.words, o.withdraw_time, o.revision, o.create_time, o.update_time FROM offers o WHERE o.programme = ?",
    filters: &[
        "o.offer = ?",
        "o.expert = ?",
        "o.state = ?",
        "o.mode = ?",
        "o.from_time < ? AND (o.until_time IS NULL OR o.until_time > ?)",
        "((SELECT 1 FROM offer_sites s WHERE s.programme = o.programme AND s.offer = o.offer AND s.site = ? LIMIT 1) \
         IS NOT NULL OR (SELECT 1 FROM offer_sites s WHERE s.programme = o.programme AND s.offer = o.offer LIMIT 1) \
         IS NULL)",
    ],
    after: "o.offer > ?",
    order: "ORDER BY o.offer",
};
const BY_ID: usize = 0;
const BY_EXPERT: usize = 1;
const BY_STATE: usize = 2;
const BY_MODE: usize = 3;
const BY_WINDOW: usize = 4;
const BY_SITE: usize = 5;

/// Conditions on offers; all that are set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// This offer.
    pub id: Option<Id>,
    /// Of this expert.
    pub expert: Option<Id>,
    /// In this state.
    pub state: Option<OfferState>,
    /// Of this mode.
    pub mode: Option<OfferMode>,
    /// That begins before the second and ends after the first; between them a weekly one may have no time.
    pub window: Option<(Timestamp, Timestamp)>,
    /// For this site, or for any.
    pub site: Option<Id>,
}

/// The offer. Errors: `RESOURCE_NOT_FOUND`.
pub async fn get(tx: &mut Tx<'_>, name: &Name<Offers>) -> Result<Offer> {
    find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

/// The offer, if it is there.
pub async fn find(tx: &mut Tx<'_>, name: &Name<Offers>) -> Result<Option<Offer>> {
    let rows = tx.sql(BY_IDS).bind_rows(&db::keys(name.programme(), std::slice::from_ref(name.id()))).fetch_all();
    let rows = rows.await?;
    Ok(assembled(tx, name.programme(), &rows).await?.pop())
}

/// Asks for the OPEN offers of each of these experts that can cover an instant of `[from, until)`, by id; who has none is left out.
/// External ids aren't loaded.
pub fn of_experts(programme: &Id, experts: &[Id], from: Timestamp, until: Timestamp) -> Ask<BTreeMap<Id, Vec<Offer>>> {
    let ((from, until), keys) = (widened(from, until), db::keys(programme, experts));
    let read = |sql: Sql| Read::of(sql).bind_rows(&keys).bind(from).bind(until);
    let (offers, sites) = (Ask::rows(read(OF_EXPERTS), Ok), Ask::rows(read(SITES_OF_EXPERTS), sites_of));
    let programme = programme.clone();
    offers.and(sites).map(move |(rows, mut sites)| {
        let mut offers: BTreeMap<Id, Vec<Offer>> = BTreeMap::new();
        for row in &rows {
            let sites = sites.remove(&row.get("offer")?).unwrap_or_default();
            offers.entry(row.get("expert")?).or_default().push(offer(&programme, row, sites, Vec::new())?);
        }
        Ok(offers)
    })
}

/// Every offer that an expert ever made, by id.
pub async fn all_of_expert(tx: &mut Tx<'_>, programme: &Id, expert: &Id) -> Result<Vec<Offer>> {
    let rows = tx.sql(ALL_OF_EXPERT).bind(programme).bind(expert).fetch_all().await?;
    assembled(tx, programme, &rows).await
}

/// The first offer that names a site.
pub async fn at_site(tx: &mut Tx<'_>, programme: &Id, site: &Id) -> Result<Option<Id>> {
    let row = tx.sql(AT_SITE).bind(programme).bind(site).fetch_optional().await?;
    row.map(|row| row.get("offer")).transpose()
}

/// The offers that pass, by id: one more than the page holds, where there are that many.
pub async fn list(tx: &mut Tx<'_>, programme: &Id, filter: &Filter, page: &PageRequest) -> Result<Vec<Offer>> {
    let mut select = LIST.select([programme.into()]);
    if let Some(id) = &filter.id {
        select.filter(BY_ID, [id.into()]);
    }
    if let Some(expert) = &filter.expert {
        select.filter(BY_EXPERT, [expert.into()]);
    }
    if let Some(state) = filter.state {
        select.filter(BY_STATE, [state.code().into()]);
    }
    if let Some(mode) = filter.mode {
        select.filter(BY_MODE, [mode.code().into()]);
    }
    if let Some((from, until)) = filter.window {
        select.filter(BY_WINDOW, [until.into(), from.into()]);
    }
    if let Some(site) = &filter.site {
        select.filter(BY_SITE, [site.into()]);
    }
    let rows = tx.select(select.page(page)).await?;
    assembled(tx, programme, &rows).await
}

/// Adds an offer.
pub async fn insert(tx: &mut Tx<'_>, offer: &Offer) -> Result<()> {
    let (programme, id) = (offer.name.programme(), offer.name.id());
    let flat = Flat::of(offer)?;
    let Consent { heard_by, medium, heard_time, words } = &offer.consent;
    let stmt = tx.sql(INSERT).bind(programme).bind(id).bind(&offer.expert).bind(offer.mode.code());
    let stmt = stmt.bind(offer.state().code()).bind(flat.kinds).bind(flat.zone).bind(flat.weekdays).bind(flat.first);
    let stmt = stmt.bind(flat.start).bind(flat.last).bind(flat.end).bind(flat.except);
    let stmt = stmt.bind(flat.from).bind(flat.until).bind(offer.tz_version.clone());
    let stmt = stmt.bind(heard_by).bind(medium.code()).bind(*heard_time).bind(words).bind(offer.withdrawn);
    let meta = offer.meta;
    stmt.bind(meta.revision).bind(meta.create_time).bind(meta.update_time).execute().await?;
    let sites: Vec<_> = offer.sites.iter().map(|site| (programme, id, site)).collect();
    if !sites.is_empty() {
        tx.sql(ADD_SITES).bind_rows(&sites).execute().await?;
    }
    external_ids::insert_all(tx, programme, Offers::COLLECTION, &[(id, &offer.external_ids)]).await
}

/// Writes whose an offer is and whether it holds; nothing else of it changes.
pub async fn update(tx: &mut Tx<'_>, offer: &Offer) -> Result<()> {
    let stmt = tx.sql(UPDATE).bind(offer.name.programme()).bind(offer.name.id()).bind(&offer.expert);
    let stmt = stmt.bind(offer.state().code()).bind(offer.withdrawn);
    stmt.bind(offer.meta.revision).bind(offer.meta.update_time).execute().await?;
    Ok(())
}

/// An offer's shape as columns.
struct Flat {
    kinds: String,
    zone: Option<&'static str>,
    weekdays: Option<String>,
    first: Option<Date>,
    start: Option<i64>,
    last: Option<Date>,
    end: Option<i64>,
    except: String,
    from: Timestamp,
    until: Option<Timestamp>,
}

impl Flat {
    fn of(offer: &Offer) -> Result<Flat> {
        let (from, until) = offer.shape.reach();
        let flat = Flat {
            kinds: serde_json::to_string(&offer.kinds).map_err(Error::storage)?,
            zone: offer.shape.zone().map(Zone::name),
            weekdays: None,
            first: None,
            start: None,
            last: None,
            end: None,
            except: "[]".to_owned(),
            from,
            until,
        };
        Ok(match &offer.shape {
            Shape::Instants { .. } => flat,
            Shape::Civil { start, end, .. } => Flat {
                first: Some(start.0),
                start: Some(start.1.minutes()),
                last: Some(end.0),
                end: Some(end.1.minutes()),
                ..flat
            },
            Shape::Weekly(Weekly { weekdays, start, end, first, last, except, .. }) => Flat {
                weekdays: Some(serde_json::to_string(weekdays).map_err(Error::storage)?),
                first: Some(*first),
                start: Some(start.minutes()),
                last: *last,
                end: Some(end.minutes()),
                except: serde_json::to_string(&except.iter().map(Date::to_string).collect::<Vec<_>>())
                    .map_err(Error::storage)?,
                ..flat
            },
        })
    }
}

/// Rows of `offers` with everything that hangs on them, in the rows' order.
async fn assembled(tx: &mut Tx<'_>, programme: &Id, rows: &[Row]) -> Result<Vec<Offer>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.get("offer")).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sites = sites_of(tx.sql(SITES).bind_rows(&db::keys(programme, &ids)).fetch_all().await?)?;
    let mut external_ids = external_ids::of(tx, programme, Offers::COLLECTION, &ids.iter().collect::<Vec<_>>()).await?;
    let of = |(row, id): (&Row, &Id)| {
        offer(programme, row, sites.remove(id).unwrap_or_default(), external_ids.remove(id).unwrap_or_default())
    };
    rows.iter().zip(&ids).map(of).collect()
}

fn sites_of(rows: Vec<Row>) -> Result<HashMap<Id, Vec<Id>>> {
    let mut sites: HashMap<Id, Vec<Id>> = HashMap::new();
    for row in &rows {
        sites.entry(row.get("offer")?).or_default().push(row.get("site")?);
    }
    Ok(sites)
}

fn offer(programme: &Id, row: &Row, sites: Vec<Id>, external_ids: Vec<ExternalId>) -> Result<Offer> {
    Ok(Offer {
        name: Name::new(programme.clone(), row.get("offer")?),
        expert: row.get("expert")?,
        kinds: row.json("kinds")?,
        sites,
        mode: row.code("mode")?,
        shape: shape(row)?,
        tz_version: row.get("tz_version")?,
        consent: consent_of(row)?,
        withdrawn: row.get("withdraw_time")?,
        external_ids,
        meta: row.meta()?,
    })
}

fn shape(row: &Row) -> Result<Shape> {
    let Some(zone) = row.get::<Option<Zone>>("zone")? else {
        return Ok(Shape::Instants { start: row.get("from_time")?, end: row.get("until_time")? });
    };
    let (start, end) = (wall(row, "start_minute")?, wall(row, "end_minute")?);
    let first = row.get("first_date")?;
    if row.get::<Option<String>>("weekdays")?.is_none() {
        return Ok(Shape::Civil { zone, start: (first, start), end: (row.get("last_date")?, end) });
    }
    let dates = row.json::<Vec<String>>("except_dates")?;
    let except =
        dates.iter().map(|date| date.parse().map_err(|_| Error::Internal("an offer leaves out what is no day")));
    Ok(Shape::Weekly(Weekly {
        zone,
        weekdays: row.json("weekdays")?,
        start,
        end,
        first,
        last: row.get("last_date")?,
        except: except.collect::<Result<_>>()?,
    }))
}

fn wall(row: &Row, column: &str) -> Result<WallTime> {
    WallTime::new(row.get(column)?).ok_or(Error::Internal("an offer's minutes are beyond the day"))
}
